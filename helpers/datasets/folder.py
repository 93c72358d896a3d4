"""Read a folder with one folder of images per class.

root/Cyst/Cyst- (1).jpg
root/Normal/Normal- (1).jpg
"""

import hashlib
import os
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from helpers.datasets.base import MEMORY_LIMIT_BYTES, DatasetError, Reading, check_memory, existing

PARTS = {"train": "train", "training": "train", "val": "validation", "valid": "validation"}
PARTS |= {"validation": "validation", "test": "test", "testing": "test"}
IMAGE_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
THUMBNAIL = 64
LAYOUT = "Expected one folder of images per class, such as ROOT/Cyst/1.jpg and ROOT/Normal/1.jpg."


def class_folders(root):
    """The class folders below `root`, each with the official part it belongs to ("" where there are no parts).

    A download often wraps the data in a folder of the same name: lone folders are entered.

    Returns
    -------
    list of (part, folder), sorted by part and name.

    Raises
    ------
    DatasetError : no such folder, no images, or a single class.
    """
    root = start = existing(root)
    if not root.is_dir():
        raise DatasetError(f"{root}: this is a file, not a folder. {LAYOUT}")
    for _ in range(8):
        folders = [entry for entry in _entries(root) if entry.is_dir()]
        if len(folders) != 1 or image_files(folders[0]):
            break
        root = folders[0]
    parts = {folder: PARTS[folder.name.casefold()] for folder in folders if folder.name.casefold() in PARTS}
    if len(parts) >= 2 and not any(image_files(folder) for folder in parts):
        classes = [
            (part, entry) for folder, part in parts.items() for entry in _entries(folder) if entry.is_dir()
        ]
    else:
        classes = [("", folder) for folder in folders]
    with_images = [(part, folder) for part, folder in classes if image_files(folder)]
    names = {folder.name for _, folder in with_images}
    if not with_images:
        raise DatasetError(f"{start}: no images found in its folders. {LAYOUT}")
    if {name.casefold() for name in names} == {"images", "masks"}:
        raise DatasetError(
            f"{start}: holds images and their masks, not one folder per class. Read it with datasets.load_masked."
        )
    if len(names) == 1:
        raise DatasetError(
            f"{start}: only one class with images, {names.pop()!r}; telling classes apart takes at "
            f"least two. {LAYOUT}"
        )
    return with_images


def inventory(root, decode=True):
    """What lies in an image folder, before anything is assumed about it.

    Parameters
    ----------
    root : folder of class folders.
    decode : also decode the pixels of every file; without it, a file that is cut off behind its header is not
        found out.

    Returns
    -------
    DataFrame, one row a file: path, file, part (official split, or ""), class, format (told by the bytes), mode (L, RGB, RGBA ...), width
    and height in pixels, bytes, sha256 of the bytes, problem ("" or why the file cannot be read). Sorted by
    class, then by name with numbers in numeric order. Never raises for an unreadable file.

    Raises
    ------
    DatasetError : see `class_folders`.
    """
    files = [
        (part, folder.name, path) for part, folder in class_folders(root) for path in image_files(folder)
    ]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        rows = list(pool.map(lambda file: _describe(*file, decode), files))
    return pd.DataFrame(rows)


def read(root, size=None, skip_unreadable=False, memory_limit=MEMORY_LIMIT_BYTES):
    """Decode every image of a folder.

    Parameters
    ----------
    root : folder of class folders.
    size : pixels along each side; images are resampled (and stretched, if not square) with an antialiasing
        filter. None: as they are, if all have one size.
    skip_unreadable : leave out files that cannot be read, and list them, instead of stopping at the first.
    memory_limit : bytes that the pixels may take as float32.

    Returns
    -------
    Reading, with thumbnails; groups are left open.

    Raises
    ------
    DatasetError : naming the file or folder, and what to do.
    """
    files = inventory(root, decode=False)  # headers; the pixels follow below
    refuse(files, skip_unreadable)
    readable = files[files.problem == ""]
    height, width = _common_size(readable, size, root)
    check_memory(len(readable), height, width, str(root), memory_limit)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        decoded = list(pool.map(lambda path: _decode(path, height, width), readable.path))
    # A header can be sound where the pixels are cut off: only decoding tells.
    files.loc[readable.index, "problem"] = [problem for _, _, problem in decoded]
    refuse(files, skip_unreadable)
    good = [(pixels, thumbnail) for pixels, thumbnail, problem in decoded if not problem]
    if not good:
        raise DatasetError(f"{root}: none of its {len(files)} images can be read. {LAYOUT}")
    images, thumbnails = (np.stack(stack) for stack in zip(*good))
    bad = files.problem != ""
    kept, skipped = files[~bad].reset_index(drop=True), files[bad].reset_index(drop=True)
    if kept["class"].nunique() < 2:
        raise DatasetError(f"{root}: only one class has readable images, {kept['class'].iloc[0]!r}. {LAYOUT}")
    class_names, labels = np.unique(kept["class"].to_numpy(str), return_inverse=True)
    part = kept["part"].to_numpy(str)
    return Reading(
        images, labels, tuple(class_names.tolist()), kept.drop(columns="problem"), skipped,
        part=part if (part != "").all() else None, thumbnails=thumbnails,
    )  # fmt: skip


def check_size(size):
    """`DatasetError` unless `size` is a whole number of pixels."""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise DatasetError(f"size must be a whole number of pixels, at least 1, not {size!r}.")


def to_grey(image):
    """A PIL image of any mode as float32 grey in [0, 1]: (h, w).

    16-bit images are divided by 65535, transparent pixels are laid on black, colours are weighted as ITU-R
    601 luma.
    """
    if image.mode.startswith("I") or image.mode == "F":
        pixels = np.asarray(image, np.float32)
        top = 65535 if pixels.max(initial=0) > 255 or image.mode.startswith("I;16") else 255
        return np.clip(pixels / top, 0, 1)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return np.asarray(image.convert("L"), np.float32) / 255


def _entries(folder):
    """What a folder holds, sorted as people count ("2" before "10"); hidden files and archive leftovers left
    out."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "__"))]
    return sorted(entries, key=lambda entry: natural(entry.name))


def natural(name):
    """Sort key: text and numbers alternate, and numbers count as numbers."""
    return [int(part) if i % 2 else part.casefold() for i, part in enumerate(re.split(r"(\d+)", name))], name


def image_files(folder):
    """The image files in a folder, by their endings, sorted as people count."""
    return [entry for entry in _entries(folder) if entry.suffix.lower() in IMAGE_SUFFIXES and entry.is_file()]


def _describe(part, class_name, path, decode):
    row = {"path": str(path), "file": path.name, "part": part, "class": class_name, "format": "", "mode": ""}
    row |= {"width": 0, "height": 0, "bytes": 0, "sha256": "", "problem": ""}
    try:
        content = path.read_bytes()
        row |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        with _open(path) as image:
            row |= {"format": image.format, "mode": image.mode, "width": image.width, "height": image.height}
            if decode:
                image.load()
    except UNREADABLE as error:
        row["problem"] = reason(path, error)
    return row


def decode(path, height, width):
    """One image file as grey (height, width) float32 in [0, 1]; raises what Pillow raises."""
    with _open(path) as image:
        return _resize(Image.fromarray(to_grey(image)), height, width)


def _decode(path, height, width):
    """(pixels, thumbnail, problem) of one file."""
    try:
        with _open(path) as image:
            grey = Image.fromarray(to_grey(image))
    except UNREADABLE as error:
        return None, None, reason(Path(path), error)
    return _resize(grey, height, width), _resize(grey, THUMBNAIL, THUMBNAIL), ""


# What Pillow raises for files that are damaged, hostile, or no images at all.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def _open(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(path)


def _resize(grey, height, width):
    if grey.size != (width, height):
        grey = grey.resize((width, height), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(grey, np.float32), 0, 1)


def reason(path, error):
    """What is wrong with an image file, in words."""
    if path.is_file() and path.stat().st_size == 0:
        return "the file is empty"
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image, whatever its name says"
    if "truncated" in str(error):
        return "the file is cut off: " + str(error)
    return str(error) or type(error).__name__


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
