"""Account for every file below a folder: an image of a class, or left out with the reason."""

from helpers.datasets import tree
from helpers.datasets.classes import class_folders
from helpers.datasets.errors import DatasetError, existing
from helpers.datasets.layout import part_of
from helpers.datasets.mask_names import without_masks
from helpers.datasets.outline import draw
from helpers.datasets.unclear import is_copy

LAYOUT = "Expected one folder of images per class, such as ROOT/Cyst/1.jpg and ROOT/Normal/1.jpg."


def arrange(root):
    """Every file below `root`, in its place.

    A download often wraps the data in a folder of the same name: lone folders are entered. Drawn masks, told by the
    name of their folder or by a file of the same name and "_mask", are not taken for images.

    Returns
    -------
    images : list of (part, class, path), as the folders are sorted. left_out : list of (path, class, kind, reason),
    where kind is "image", "mask", "dicom", "mat", "npz", "folder" (one that might be a class and is empty) or "".
    notes : sentences on what was read in a way that one should know of.

    Raises
    ------
    DatasetError : no such folder, no images, a single class, or a layout that can be read in two ways.
    """
    root = existing(root)
    if not root.is_dir():
        raise DatasetError(f"{root}: this is a file, not a folder. {LAYOUT}")
    whole = tree.scan(root)
    bare = without_masks(whole)
    top = _entered(bare)
    if not top.filled():
        others = [other for folder in whole.below() for other in folder.others]
        found = f" (found: {others[0][0].name}: {others[0][2]})" if others else ""
        raise DatasetError(f"{root}: no images found in its folders{found}. {LAYOUT}")
    classes = class_folders(top)
    images = [(part, name, path) for part, name, folder in classes for path in folder.all_images()]
    _refuse_one_class(root, top, {name for _, name, _ in images}, masks=whole.count > bare.count)
    return images, _left_out(whole, bare, top, classes), _notes(top, classes)


def _entered(folder):
    """The folder itself, or the one inside that the data lie in, where it only wraps that."""
    filled = folder.filled()
    if len(filled) == 1 and filled[0].filled() and (not filled[0].images or part_of(filled[0].name)):
        return _entered(filled[0])
    return folder


def _refuse_one_class(root, top, names, masks):
    if len(names) > 1:
        return
    if masks and names <= {"image", "images", "Images", "imgs"}:
        raise DatasetError(
            f"{root}: holds images and their masks, not one folder per class. Read it with datasets.load_masked."
        )
    raise DatasetError(
        f"{root}: only one class with images, {names.pop()!r}; telling classes apart takes at least two. {LAYOUT}\n"
        f"These are the folders:\n{draw(top)}"
    )


def _left_out(whole, bare, top, classes):
    """(path, class, kind, reason) of all that is no image of a class."""
    taken = {path for _, _, folder in classes for path in folder.all_images()}
    unmasked = set(bare.all_images())
    copies = [folder.path for folder in top.filled() if not _within(classes, folder) and is_copy(folder, top)]
    rows = []
    for folder in whole.below():
        rows += [(path, kind, what) for path, kind, what in folder.others]
        for path in (path for path in folder.images if path not in taken):
            if path not in unmasked:
                rows.append((path, "mask", "a drawn mask, by its name or the name of its folder"))
            elif any(path.is_relative_to(copy) for copy in copies):
                rows.append((path, "", "a copy of an image that is read, by its name and size"))
            else:
                rows.append((path, "image", "lies outside the class folders"))
        rows += [(inner.path, "", "an empty folder") for inner in folder.folders if inner.is_empty()]
    rows = [(path, "folder" if _is_empty_class(path, classes) else kind, what) for path, kind, what in rows]
    return [(path, _class_of(path, classes), kind, what) for path, kind, what in rows]


def _is_empty_class(path, classes):
    """Whether a folder lies where class folders, or official parts, do."""
    beside = [folder for _, _, folder in classes if path.parent in folder.path.parents]
    return bool(beside) and path.is_dir() and not path.is_symlink()


def _within(classes, folder):
    return any(one.path.is_relative_to(folder.path) for _, _, one in classes)


def _class_of(path, classes):
    return next((name for _, name, folder in classes if path.is_relative_to(folder.path)), "")


def _notes(top, classes):
    notes = {}
    for _, name, folder in classes:
        for inner in folder.below()[1:]:
            if inner.images:
                where = inner.path.relative_to(top.path)
                notes.setdefault(name, f"{where}: images below a class folder are read as class {name}")
    return list(notes.values())
