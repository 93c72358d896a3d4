"""Which mask belongs to which image, and which class an image is of: by the names of files."""

from helpers.datasets import tree
from helpers.datasets.errors import DatasetError, existing
from helpers.datasets.inventories import left_out_row

LAYOUT = "Expected images and masks of the same names, ROOT/images/1.png and ROOT/masks/1.png."


def pairs(root):
    """The images and masks of a folder.

    Returns
    -------
    root : its path. images, masks : name without ending -> path, sorted as people count; names of files in folders
    below begin with those. left_out : a row for each other file (see `inventories.left_out_row`).

    Raises
    ------
    DatasetError : missing folders, files of one name, images without masks or masks without images.
    """
    root = existing(root)
    images, masks = (_scan(root / name) for name in ("images", "masks"))
    left_out = [
        left_out_row(path, "", kind, what) for found in (images, masks) for path, kind, what in _others(found)
    ]
    if root.is_dir():
        beside = [entry for entry in tree.scan(root).below() if _beside(entry.path, root)]
        left_out += [
            left_out_row(path, "", "image", "lies outside the folders images and masks")
            for entry in beside for path in entry.images
        ]  # fmt: skip
        left_out += [
            left_out_row(path, "", kind, what) for entry in beside for path, kind, what in entry.others
        ]
    images, masks = _by_name(images), _by_name(masks)
    if odd := sorted(images.keys() ^ masks.keys()):
        more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
        raise DatasetError(f"{root}: {odd[0]!r}{more} is not in both folders. {LAYOUT}")
    names = sorted(images, key=tree.natural)
    return root, {name: images[name] for name in names}, {name: masks[name] for name in names}, left_out


def label_of(path, n_classes):
    """The class of an image: the number behind the last underscore of its name."""
    if n_classes == 1:
        return 0
    number = path.stem.rpartition("_")[2]
    if not number.isdecimal() or int(number) >= n_classes:
        raise DatasetError(
            f"{path}: its name should end with the number of its class, _0 to _{n_classes - 1}."
        )
    return int(number)


def _scan(path):
    if not path.is_dir():
        raise DatasetError(f"{path}: there is no such folder. {LAYOUT}")
    found = tree.scan(path)
    if not found.count:
        raise DatasetError(f"{path}: holds no images. {LAYOUT}")
    return found


def _others(found):
    return [other for folder in found.below() for other in folder.others]


def _beside(path, root):
    return not any(path.is_relative_to(root / name) for name in ("images", "masks"))


def _by_name(found):
    named = {}
    for path in found.all_images():
        name = path.relative_to(found.path).with_suffix("").as_posix()
        if name in named:
            raise DatasetError(
                f"{path}: {named[name].name} has the same name; one file of a name is expected. Rename or remove one."
            )
        named[name] = path
    return named
