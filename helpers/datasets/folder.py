"""Read a folder with one folder of images per class.

root/Cyst/Cyst- (1).jpg
root/Normal/Normal- (1).jpg
"""

import numpy as np
import pandas as pd

from helpers.datasets import decoding
from helpers.datasets.arrangement import LAYOUT
from helpers.datasets.base import MEMORY_LIMIT_BYTES, Reading, check_memory, check_size
from helpers.datasets.errors import DatasetError
from helpers.datasets.inventories import survey


def read(root, size=None, skip_unreadable=False, memory_limit=MEMORY_LIMIT_BYTES, value_range=None):
    """Decode every image of a folder.

    Parameters
    ----------
    root : folder of class folders.
    size : pixels along each side; images are resampled (and stretched, if not square) with an antialiasing
        filter. None: as they are, if all have one size.
    skip_unreadable : leave out files that cannot be read, and list them, instead of stopping at the first.
    memory_limit : bytes that the pixels may take as float32.
    value_range : (low, high), the stored numbers that are black and white; None: see `ranges.decide`.

    Returns
    -------
    Reading, with thumbnails; groups are left open.

    Raises
    ------
    DatasetError : naming the file or folder, and what to do.
    """
    found = survey(root, decode=False)  # headers; the pixels follow below
    files = found.files
    refuse(files, skip_unreadable)
    readable = files[files.problem == ""]
    height, width = _common_size(readable, size, root)
    check_memory(len(readable), height, width, str(root), memory_limit)
    decoded = decoding.read_all(readable.path, height, width, thumbnails=True)
    # A header can be sound where the pixels are cut off: only decoding tells.
    files.loc[readable.index, "problem"] = [problem for *_, problem in decoded]
    files["kind"] = np.where(files.problem == "", "", "unreadable")
    refuse(files, skip_unreadable)
    kept, bad = (files[good].reset_index(drop=True) for good in (files.problem == "", files.problem != ""))
    refuse_one_class(root, kept, len(files))
    images, thumbnails, numbers, _ = zip(*(one for one in decoded if not one[3]))
    scale = scale_of(kept, numbers, value_range)
    class_names, labels = np.unique(kept["class"].to_numpy(str), return_inverse=True)
    part = kept["part"].to_numpy(str)
    return Reading(
        decoding.to_unit(images, numbers, scale), labels, tuple(class_names.tolist()),
        kept.drop(columns=["problem", "kind"]), pd.concat([bad, found.left_out], ignore_index=True),
        part=part if (part != "").all() else None, thumbnails=decoding.to_unit(thumbnails, numbers, scale),
        notes=(scale.said, *found.notes),
    )  # fmt: skip


def scale_of(files, numbers, value_range=None):
    """The one `Scale` of the files of an inventory: parts and classes are compared, images are not."""
    return decoding.scale_of(numbers, zip(files["part"], files["class"]), value_range)


def refuse(files, skip_unreadable):
    """Stop at the first unreadable file, unless they are to be skipped."""
    bad = files[files.problem != ""]
    if skip_unreadable or bad.empty:
        return
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    raise DatasetError(
        f"{bad.path.iloc[0]}: cannot be read as an image{more}: {bad.problem.iloc[0]}. "
        "Remove or replace it, or pass skip_unreadable=True (--skip-unreadable) to leave such files out "
        "and have them listed."
    )


def refuse_one_class(root, kept, n_files):
    """Stop unless the readable files are of at least two classes."""
    if kept.empty:
        raise DatasetError(f"{root}: none of its {n_files} images can be read. {LAYOUT}")
    if kept["class"].nunique() < 2:
        raise DatasetError(f"{root}: only one class has readable images, {kept['class'].iloc[0]!r}. {LAYOUT}")


def _common_size(files, size, root):
    """(height, width) to which every image is brought."""
    if size is not None:
        check_size(size)
        return int(size), int(size)
    sizes = files.groupby(["height", "width"]).size()
    if len(sizes) == 1:
        return sizes.index[0]
    if sizes.empty:
        raise DatasetError(f"{root}: none of its images can be read. {LAYOUT}")
    shown = ", ".join(f"{w}x{h} ({count})" for (h, w), count in sizes.nlargest(3).items())
    raise DatasetError(
        f"{root}: the images have {len(sizes)} different sizes, among them {shown}. Give size=, for "
        "example size=96."
    )
