"""Which images are drawn masks, by the name of their folder or by their own."""

import re
from dataclasses import replace

MASK_FOLDERS = {"mask", "masks", "segmentation", "segmentations", "annotation", "annotations", "groundtruth"}
MASK_FILE = re.compile(
    r"(.+?)[ _-]*mask([ _-]?\d+)?", re.IGNORECASE
)  # of "1.png": "1_mask.png", "1_mask_2.png"


def without_masks(folder):
    """A `tree.Folder` without the drawn masks in it."""
    stems = {path.stem for path in folder.images}
    images = tuple(path for path in folder.images if not _is_mask(path, stems))
    kept = (inner for inner in folder.folders if inner.name.casefold() not in MASK_FOLDERS)
    return replace(folder, images=images, folders=tuple(without_masks(inner) for inner in kept))


def _is_mask(path, stems):
    match = MASK_FILE.fullmatch(path.stem)
    return bool(match) and match[1] in stems
