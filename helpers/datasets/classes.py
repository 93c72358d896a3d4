"""Which class and which official part is each class folder? Told by the names of folders, or asked.

root/Cyst/1.jpg            one folder per class; folders below a class folder belong to it
root/train/Cyst/1.jpg      official parts, each with class folders
root/Cyst/train/1.jpg      class folders, each with official parts
"""

import unicodedata

from helpers.datasets.errors import DatasetError
from helpers.datasets.layout import FILLERS, is_portion, is_unlabelled, part_of, parts_of
from helpers.datasets.tree import draw

ASK = "Rename or move the folders so that one of these layouts is left, or read a folder further down by itself."


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
        raise _undecided(top, f"{_names(parts)} may be an official part or a class")
    elif any(part_of(inner.name) for folder in filled for inner in folder.filled()):
        found = _classes_with_parts(top, filled)
    else:
        _refuse_two_levels(top, filled)
        found = [("", folder.name, folder) for folder in _without_copy(top, filled)]
        _refuse_no_classes(top, [folder for _, _, folder in found])
    return _one_spelling(top, found)


def _parts_with_classes(top, parts, part):
    _refuse_twice(top, parts, part)
    for folder in top.filled():
        if folder not in parts and folder.filled() and not is_copy(folder, top):
            raise _undecided(
                top, f"{_names(parts)} are official parts, and {folder.name} is not known as one"
            )
    found = []
    for folder in parts:
        inside = _unwrapped(folder)
        _refuse_two_levels(inside, inside.filled())
        found += [(part[folder.name], inner.name, inner) for inner in inside.filled()]
    return found


def _unwrapped(folder):
    """The folder of a part, or the one inside that only wraps its class folders: train/train, test/test_images."""
    filled = folder.filled()
    wraps = len(filled) == 1 and filled[0].filled() and not filled[0].images and not folder.images
    if wraps and (filled[0].name == folder.name or part_of(filled[0].name) or _key(filled[0].name) in FILLERS):
        return _unwrapped(filled[0])
    return folder


def _without_copy(top, folders):
    """Without a folder that holds all class folders once more; `DatasetError` where it holds others of these names."""
    kept = []
    for folder in folders:
        inside = {_key(one.name) for one in folder.filled()}
        beside = {_key(one.name) for one in folders if one is not folder}
        if folder.images or len(inside) < 2 or not inside <= beside:
            kept.append(folder)
        elif not is_copy(folder, top):
            raise _undecided(top, f"{folder.name} holds folders named as those beside it")
    return kept


def _refuse_no_classes(top, folders):
    if len(folders) > 1 and all(is_portion(folder.name) for folder in folders):
        raise _undecided(top, f"{_names(folders)} are named as parts of a download or patients, not as classes")
    if unlabelled := [folder for folder in folders if is_unlabelled(folder.name)]:
        raise _undecided(top, f"{_names(unlabelled)} is named as if its images had no label")


def _classes_with_parts(top, classes):
    for folder in classes:
        odd = [inner.name for inner in folder.filled() if not part_of(inner.name)]
        if folder.images or odd:
            what = f"{folder.name}/{odd[0]}" if odd else f"images right in {folder.name}"
            raise _undecided(top, f"some class folders hold official parts, but {what} belong to none")
        _refuse_twice(top, folder.filled(), parts_of([inner.name for inner in folder.filled()]))
    found = [(part_of(inner.name), folder.name, inner) for folder in classes for inner in folder.filled()]
    lone = len({part for part, _, _ in found}) == 1
    return [("" if lone else part, name, folder) for part, name, folder in found]


def _refuse_twice(top, folders, part):
    parts = [part[folder.name] for folder in folders]
    twice = [folder for folder in folders if parts.count(part[folder.name]) > 1]
    if twice:
        raise _undecided(top, f"{_names(twice)} stand for the same official part")


def _refuse_two_levels(top, folders):
    """Folders of the same names below all, or below most of many: either level may be that of the classes."""
    if len(folders) < 2 or any(folder.images for folder in folders):
        return
    inner = [{_key(one.name) for one in folder.filled()} for folder in folders]
    shared = {name for name in set.union(*inner) if 2 * sum(name in names for names in inner) > len(inner)}
    numbered = any(character.isdigit() for name in shared for character in name)
    few = len(folders) > len(set.union(*inner))  # more patients than classes
    if len(shared) >= 2 and (not numbered or few or all(names == shared for names in inner)):
        raise _undecided(top, f"either {_names(folders)} or the folders below may be the classes")


def _one_spelling(top, found):
    """Classes under the name that comes first, where parts spell them in different case."""
    spelling, seen = {}, {}
    for part, name, folder in found:
        spelling.setdefault(_key(name), name)
        if other := seen.get((part, _key(name))):
            raise _undecided(
                top, f"{_names([other, folder])} differ only in case, and may be one class or two"
            )
        seen[part, _key(name)] = folder
    return [(part, spelling[_key(name)], folder) for part, name, folder in found]


def is_copy(folder, top):
    """Whether all images below a folder lie beside it once more, under the same names and of the same sizes."""
    inside = _signature(folder, folder.path)
    beside = set().union(*(_signature(other, top.path) for other in top.filled() if other is not folder))
    return inside <= beside


def _signature(folder, start):
    return {(path.relative_to(start), path.stat().st_size) for path in folder.all_images() if path.exists()}


def _key(name):
    return unicodedata.normalize("NFC", name).strip().casefold()


def _names(folders):
    return " and ".join(folder.name for folder in folders[:4])


def _undecided(top, why):
    return DatasetError(f"{top.path}: {why}. These are the folders:\n{draw(top)}\n{ASK}")
