"""What kind of data lies under a path? Told by bytes and layout, not by names."""

import os
import struct
import zipfile
from pathlib import Path

from helpers.datasets import dicom, opening
from helpers.datasets.errors import DatasetError, existing

LOOKED_AT = 500  # files that are looked at before a folder's kind is decided
NAMES = {"image": "an image", "mat": "a MATLAB file", "npz": "a .npz file", "dicom": "a DICOM file"}
NAMES[""] = "not an image"


def of_file(path):
    """ "image", "mat", "npz", "dicom", or "" for anything else (other archives and what is no regular file, too)."""
    try:
        if not os.path.isfile(path):
            return ""
        with open(path, "rb") as file:
            head = file.read(132)
    except OSError:
        return ""
    if dicom.is_dicom(path):
        return "dicom"
    if head.startswith(b"MATLAB") or head.startswith(b"\x89HDF\r\n\x1a\n") or is_matlab4(path):
        return "mat"
    if head.startswith(b"PK\x03\x04"):
        return "npz" if _holds_arrays(path) else ""
    return "image" if opening.is_image(path) else ""


def is_matlab4(path):
    """MATLAB 4 files begin with the type of the first array, its size, whether it is complex, and its name."""
    with open(path, "rb") as file:
        head = file.read(84)
    for order in "<>":
        kind, rows, columns, complex_, name = struct.unpack(order + "5i", head[:20].ljust(20, b"\xff"))
        if 0 <= kind < 5000 and min(rows, columns) > 0 and complex_ in (0, 1) and 1 < name <= 64:
            return kind % 100 // 10 <= 5 and head[20 : 20 + name].endswith(b"\x00")
    return False


def _holds_arrays(path):
    """Whether a zip archive is one of NumPy's, or too damaged to tell and named like one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())
    except Exception:  # zipfile raises many kinds for damaged archives
        return Path(path).suffix.lower() == ".npz"


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
