"""Read a folder of images with drawn masks.

root/images/10110.png
root/masks/10110.png
"""

from pathlib import Path

import numpy as np
from PIL import Image

from helpers.datasets import decoding, drawn, mask_files, opening, pixels
from helpers.datasets.base import Dataset, check_memory, check_size
from helpers.datasets.errors import DatasetError
from helpers.datasets.inventories import table
from helpers.datasets.mask_pairs import label_of, pairs

HOLDS = ("lesion", "organ")


def load_masked(root, *, size, holds, class_names=("all",), card="", value_range=None):
    """Load images and the masks that somebody drew over them.

    Parameters
    ----------
    root : folder with the folders `images` and `masks`; in both, files of one name belong together, also in folders
        below.
    size : pixels along each side.
    holds : what is drawn, "lesion" (becomes `Dataset.masks`) or "organ" (`Dataset.organs`).
    class_names : with k names, the label is the number behind the last underscore of the file's name, 0 .. k - 1, as in
        MCUCXR_0001_0.png; with one name, all images are of that class.
    value_range : (low, high), the stored numbers of the images that are black and white; None: see `ranges.decide`.

    Returns
    -------
    Dataset; every image is a group of its own. In clean masks (few numbers), any pixel that is not black counts as drawn;
    in masks with greys from JPEG or smoothed borders, what is above half of white; where the alpha channel is the mask,
    likewise (see `drawn.threshold`). `provenance` says which. After resampling, pixels that are at least half covered
    are drawn. A mask that would vanish keeps the pixel that is covered most.

    Raises
    ------
    DatasetError : missing folders, images without masks, several files of one name, files that cannot be read, names
    without a label, pictures in the place of masks, masks that seem inverted.
    """
    if holds not in HOLDS:
        raise ValueError(f"holds must be 'lesion' or 'organ', not {holds!r}")
    check_size(size)
    root, images, masks, left_out = pairs(root)
    check_memory(len(images), size, size, str(root))
    labels = np.array([label_of(path, len(class_names)) for path in images.values()])
    for name, path in masks.items():
        _refuse_other_size(path, images[name])
    marked, said = _drawn(list(masks.values()), size)
    decoded = decoding.read_all(images.values(), size, size)
    for path, (*_, problem) in zip(images.values(), decoded):
        if problem:
            raise DatasetError(f"{path}: cannot be read as an image: {problem}.")
    grey, _, numbers, _ = zip(*decoded)
    scale = decoding.scale_of(numbers, labels, value_range)
    return Dataset(
        images=decoding.to_unit(grey, numbers, scale),
        labels=labels,
        class_names=tuple(class_names),
        groups=np.array(list(images)),
        masks=marked if holds == "lesion" else None,
        organs=marked if holds == "organ" else None,
        provenance=f"images and masks of {root.name}; {scale.said}; {said}; every image is a group of its own",
        card=card,
        skipped=table(left_out),
    )


def _drawn(paths, size):
    """(n, size, size) bool, and what was decided in words."""
    found, by_alpha = mask_files.survey(paths, lambda path: _read(path, mask_files.channels))
    above, said = drawn.threshold(found)
    masks, full = [], []
    for path in paths:
        colour, alpha, _ = _read(path, mask_files.channels)
        mask = (alpha if by_alpha else mask_files.on_black(colour, alpha)) > above
        full.append((mask.mean(), mask[[0, 0, -1, -1], [0, -1, 0, -1]].all()))
        masks.append(_resized(mask, size))
    mask_files.refuse_inverted(full, found.where)
    return np.stack(masks), f"{said}, by the alpha channel" if by_alpha else said


def _resized(mask, size):
    share = Image.fromarray(mask.astype(np.float32)).resize((size, size), Image.Resampling.BOX)
    share = np.asarray(share)
    return (share > 0) & (share >= min(0.5, share.max()))


def _refuse_other_size(mask, image):
    sizes = [_read(path, _upright_size) for path in (mask, image)]
    if sizes[0] != sizes[1]:
        raise DatasetError(f"{mask}: the mask is {sizes[0]}, its image {sizes[1]} pixels.")


def _upright_size(path):
    content = path.read_bytes()
    with opening.opened(content) as image:
        return opening.upright_size(image, content)[0]


def _read(path, decode):
    """`decode(path)`, or `DatasetError` that names the file."""
    try:
        return decode(path)
    except pixels.UNREADABLE as error:
        raise DatasetError(
            f"{path}: cannot be read as an image: {opening.reason(Path(path), error)}."
        ) from None
