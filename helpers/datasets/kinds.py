"""What kind of data lies under a path? Told by bytes and layout, not by names."""

import os
from pathlib import Path

from PIL import Image

from helpers.datasets.base import DatasetError, existing

LOOKED_AT = 500  # files that are looked at before a folder's kind is decided


def of_file(path):
    """ "image", "mat", "npz", "dicom", or "" for anything else."""
    try:
        with open(path, "rb") as file:
            head = file.read(132)
    except OSError:
        return ""
    if head[128:] == b"DICM":
        return "dicom"
    if head.startswith(b"MATLAB") or head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "mat"
    if head.startswith(b"PK\x03\x04"):
        return "npz"
    try:
        with Image.open(path):
            return "image"
    except Exception:  # Pillow raises many kinds for what is no image
        return ""


def of(root):
    """The source of `load` that reads `root`: "folder", "mat", "npz" or "dicom".

    A folder is of the kind that most of its files are. Links to folders are not followed.

    Raises
    ------
    DatasetError : no such path, or nothing in it that can be read.
    """
    root = existing(root)
    if root.is_file():
        kind = of_file(root)
        if kind in ("mat", "npz", "dicom"):
            return kind
        raise DatasetError(
            f"{root}: this is {'an image' if kind else 'a file of no known kind'}, not a folder. Expected a folder of "
            "images with one folder per class, or a .mat, .npz or DICOM file."
        )
    counts = {}
    for path in _some_files(root):
        kind = of_file(path)
        counts[kind] = counts.get(kind, 0) + 1
    counts.pop("", None)
    if not counts:
        return "folder"  # whose reader says what it expects
    kind = max(counts, key=counts.get)
    return "folder" if kind == "image" else kind


def _some_files(root):
    """Up to `LOOKED_AT` files, some from every folder."""
    looked = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(name for name in names if not name.startswith("."))[:20]:
            yield Path(folder) / name
            looked += 1
            if looked >= LOOKED_AT:
                return
