"""Which class and which official part is each class folder? Told by the names of folders, or asked.

root/Cyst/1.jpg            one folder per class; folders below a class folder belong to it
root/train/Cyst/1.jpg      official parts, each with class folders
root/Cyst/train/1.jpg      class folders, each with official parts
"""

from helpers.datasets import unclear
from helpers.datasets.layout import FILLERS, part_of, parts_of


def class_folders(top):
    """The class folders right below a `tree.Folder`, or below its official parts.

    Returns
    -------
    list of (part, class name, Folder); part is "" where there are no official parts. Names that differ only in case
    between parts are one class.

    Raises
    ------
    DatasetError : the folders can be read in two ways; it shows them, and asks.
    """
    filled = top.filled()
    part = parts_of([folder.name for folder in filled])
    parts = [folder for folder in filled if part[folder.name]]
    holding = [folder for folder in parts if folder.filled()]
    if len(parts) >= 2 and len(holding) == len(parts):
        found = _parts_with_classes(top, parts, part)
    elif len(parts) >= 2 or (holding and len(filled) > 1):
        raise unclear.undecided(top, f"{unclear.names_of(parts)} may be an official part or a class")
    elif any(part_of(inner.name) for folder in filled for inner in folder.filled()):
        found = _classes_with_parts(top, filled)
    else:
        unclear.refuse_two_levels(top, filled)
        found = [("", folder.name, folder) for folder in _without_copy(top, filled)]
        unclear.refuse_no_classes(top, [folder for _, _, folder in found])
    return _one_spelling(top, found)


def _parts_with_classes(top, parts, part):
    unclear.refuse_twice(top, parts, part)
    for folder in top.filled():
        if folder not in parts and folder.filled() and not unclear.is_copy(folder, top):
            raise unclear.undecided(
                top, f"{unclear.names_of(parts)} are official parts, and {folder.name} is not known as one"
            )
    found = []
    for folder in parts:
        inside = _unwrapped(folder)
        unclear.refuse_two_levels(inside, inside.filled())
        found += [(part[folder.name], inner.name, inner) for inner in inside.filled()]
    return found


def _unwrapped(folder):
    """The folder of a part, or the one inside that only wraps its class folders: train/train, test/test_images."""
    filled = folder.filled()
    wraps = len(filled) == 1 and filled[0].filled() and not filled[0].images and not folder.images
    if wraps and (
        filled[0].name == folder.name or part_of(filled[0].name) or unclear.key(filled[0].name) in FILLERS
    ):
        return _unwrapped(filled[0])
    return folder


def _without_copy(top, folders):
    """Without a folder that holds all class folders once more; `DatasetError` where it holds others of these names."""
    kept = []
    for folder in folders:
        inside = {unclear.key(one.name) for one in folder.filled()}
        beside = {unclear.key(one.name) for one in folders if one is not folder}
        if folder.images or len(inside) < 2 or not inside <= beside:
            kept.append(folder)
        elif not unclear.is_copy(folder, top):
            raise unclear.undecided(top, f"{folder.name} holds folders named as those beside it")
    return kept


def _classes_with_parts(top, classes):
    for folder in classes:
        odd = [inner.name for inner in folder.filled() if not part_of(inner.name)]
        if folder.images or odd:
            what = f"{folder.name}/{odd[0]}" if odd else f"images right in {folder.name}"
            raise unclear.undecided(top, f"some class folders hold official parts, but {what} belong to none")
        unclear.refuse_twice(top, folder.filled(), parts_of([inner.name for inner in folder.filled()]))
    found = [(part_of(inner.name), folder.name, inner) for folder in classes for inner in folder.filled()]
    lone = len({part for part, _, _ in found}) == 1
    return [("" if lone else part, name, folder) for part, name, folder in found]


def _one_spelling(top, found):
    """Classes under the name that comes first, where parts spell them in different case."""
    spelling, seen = {}, {}
    for part, name, folder in found:
        spelling.setdefault(unclear.key(name), name)
        if other := seen.get((part, unclear.key(name))):
            raise unclear.undecided(
                top, f"{unclear.names_of([other, folder])} differ only in case, and may be one class or two"
            )
        seen[part, unclear.key(name)] = folder
    return [(part, spelling[unclear.key(name)], folder) for part, name, folder in found]
