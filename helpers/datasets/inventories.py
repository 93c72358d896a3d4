"""What lies in a folder with one folder of images per class: a table, before anything is assumed about it."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd

from helpers.datasets import decoding, opening, pixels
from helpers.datasets.arrangement import arrange

COLUMNS = {"path": "", "file": "", "part": "", "class": "", "format": "", "mode": "", "width": 0, "height": 0}
COLUMNS |= {"orientation": 1, "bytes": 0, "sha256": "", "problem": "", "kind": ""}


def inventory(root, decode=True):
    """What lies in an image folder, before anything is assumed about it.

    Parameters
    ----------
    root : folder of class folders.
    decode : also decode the pixels of every file; without it, a file that is cut off behind its header is not
        found out.

    Returns
    -------
    DataFrame, one row for each file that is an image or claims to be one: path, file, part (official split, or ""),
    class, format (told by the bytes), mode (L, RGB, RGBA ...), width and height in pixels (upright), orientation (of
    EXIF, 1: upright), bytes, sha256 of the bytes, problem ("" or why the file cannot be read), kind ("" or
    "unreadable"). Sorted by part and class, then by name with numbers in numeric order. Never raises for an unreadable
    file.

    Raises
    ------
    DatasetError : see `arrangement.arrange`.
    """
    return survey(root, decode).files


@dataclass(frozen=True, eq=False)
class Survey:
    """What lies in an image folder.

    files : as of `inventory`. numbers : one `extremes.Numbers` a file; None where it was not decoded or cannot be read.
    left_out : table with the same columns; kind is "left out", problem the reason, format what it is ("image", "mask",
    "dicom", "mat", "npz", "folder" or ""). notes : sentences on what was read in a way that one should know of.
    """

    files: pd.DataFrame
    numbers: list
    left_out: pd.DataFrame
    notes: list

    def readable(self):
        """The rows of files without a problem, and their `Numbers`."""
        good = self.files.problem == ""
        return self.files[good], [one for one, kept in zip(self.numbers, good, strict=True) if kept]


def survey(root, decode=True):
    """A `Survey` of an image folder; parameters and errors as of `inventory`."""
    images, left_out, notes = arrange(root)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = list(pool.map(lambda image: _describe(*image, decode), images))
    rows = [left_out_row(path, name, kind, reason) for path, name, kind, reason in left_out]
    return Survey(table([row for row, _ in found]), [numbers for _, numbers in found], table(rows), notes)


def table(rows):
    """Rows of `COLUMNS` as a DataFrame, also if there are none."""
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {name: type(value) for name, value in COLUMNS.items()}
    )


def _row(path, name, **known):
    return COLUMNS | {"path": str(path), "file": path.name, "class": name} | known


def left_out_row(path, name, kind, reason, inside=""):
    """The row of what is not read: a file, or an array `inside` one."""
    file = f"{path.name}[{inside}]" if inside else path.name
    return _row(path, name, file=file, format=kind, problem=reason, kind="left out")


def _describe(part, name, path, decode):
    """The row of one image file, and its `Numbers`."""
    row, numbers = _row(path, name, part=part), None
    try:
        content = path.read_bytes()
        row |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        with opening.opened(content) as image:
            (width, height), turn = opening.upright_size(image, content)
            row |= {"format": image.format, "mode": image.mode, "width": width, "height": height}
            row["orientation"] = turn
        if decode:
            numbers = decoding.measure(path, content)
    except pixels.UNREADABLE as error:
        row |= {"problem": opening.reason(path, error), "kind": "unreadable"}
    return row, numbers
