"""Read a folder of images with drawn masks.

root/images/10110.png
root/masks/10110.png
"""

from pathlib import Path

import numpy as np
from PIL import Image

from helpers.datasets import folder
from helpers.datasets.base import Dataset, DatasetError, check_memory, existing

LAYOUT = "Expected images and masks of the same names, ROOT/images/1.png and ROOT/masks/1.png."
HOLDS = ("lesion", "organ")


def load_masked(root, *, size, holds, class_names=("all",), card=""):
    """Load images and the masks that somebody drew over them.

    Parameters
    ----------
    root : folder with the folders `images` and `masks`.
    size : pixels along each side.
    holds : what is drawn, "lesion" (becomes `Dataset.masks`) or "organ" (`Dataset.organs`).
    class_names : with k names, the label is the number behind the last underscore of the file's name, 0 .. k - 1, as in
        MCUCXR_0001_0.png; with one name, all images are of that class.

    Returns
    -------
    Dataset; every image is a group of its own. In masks, any pixel that is not black counts as drawn; after resampling,
    pixels that are at least half covered. A mask that would vanish keeps the pixel that is covered most.

    Raises
    ------
    DatasetError : missing folders, images without masks, files that cannot be read, names without a label.
    """
    if holds not in HOLDS:
        raise ValueError(f"holds must be 'lesion' or 'organ', not {holds!r}")
    folder.check_size(size)
    root = existing(root)
    images, masks = (_files(root / name) for name in ("images", "masks"))
    if images.keys() != masks.keys():
        odd = sorted(images.keys() ^ masks.keys())[0]
        raise DatasetError(f"{root}: {odd!r} is not in both folders. {LAYOUT}")
    names = sorted(images, key=folder.natural)
    check_memory(len(names), size, size, str(root))
    labels = np.array([_label(images[name], len(class_names)) for name in names])
    drawn = np.stack([_mask(masks[name], images[name], size) for name in names])
    return Dataset(
        images=np.stack(
            [_read(images[name], lambda path: folder.decode(path, size, size)) for name in names]
        ),
        labels=labels,
        class_names=tuple(class_names),
        groups=np.array(names),
        masks=drawn if holds == "lesion" else None,
        organs=drawn if holds == "organ" else None,
        provenance=f"images and masks of {root.name}; every image is a group of its own",
        card=card,
    )


def _files(path):
    """Name without ending -> path, of the images in a folder."""
    if not path.is_dir():
        raise DatasetError(f"{path}: there is no such folder. {LAYOUT}")
    found = {file.stem: file for file in folder.image_files(path)}
    if not found:
        raise DatasetError(f"{path}: holds no images. {LAYOUT}")
    return found


def _label(path, n_classes):
    if n_classes == 1:
        return 0
    number = path.stem.rpartition("_")[2]
    if not number.isdecimal() or int(number) >= n_classes:
        raise DatasetError(
            f"{path}: its name should end with the number of its class, _0 to _{n_classes - 1}."
        )
    return int(number)


def _mask(path, image_path, size):
    def decode(file):
        with Image.open(file) as mask, Image.open(image_path) as image:
            if mask.size != image.size:
                raise DatasetError(f"{file}: the mask is {mask.size}, its image {image.size} pixels.")
            drawn = np.asarray(mask if mask.mode in ("1", "L", "I", "I;16", "F") else mask.convert("RGB")) > 0
            drawn = drawn if drawn.ndim == 2 else drawn.any(axis=2)
        share = Image.fromarray(drawn.astype(np.float32)).resize((size, size), Image.Resampling.BOX)
        share = np.asarray(share)
        return (share > 0) & (share >= min(0.5, share.max()))

    return _read(path, decode)


def _read(path, decode):
    """`decode(path)`, or `DatasetError` that names the file."""
    try:
        return decode(path)
    except folder.UNREADABLE as error:
        raise DatasetError(
            f"{path}: cannot be read as an image: {folder.reason(Path(path), error)}."
        ) from None
