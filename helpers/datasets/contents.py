"""What `inspect` looks at: an inventory of the images of any kind of data, by the code that `load` reads them with."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.datasets import arrays, dicom, folder, inventories, mat, npz, ranges
from helpers.datasets.errors import DatasetError

DICOM_SIDE = 128  # pixels to which DICOM images are brought, to compare them


@dataclass(frozen=True, eq=False)
class Contents:
    """files : one row an image that can be read (see `inventories.inventory`; `patient` where it is known). skipped :
    rows of what is not read, with path, file, class, problem, kind and format. problems : why `load` would stop, in
    sentences. notes : what was read in a way that one should know of. pixels : which numbers are black and white."""

    files: pd.DataFrame
    skipped: pd.DataFrame
    problems: list
    notes: list
    pixels: str = ""


def of(root, kind):
    """The `Contents` of a folder or file of a kind that `load` reads.

    Raises
    ------
    DatasetError : there is nothing that can be inspected.
    """
    return {"folder": _of_folder, "dicom": _of_dicom}.get(kind, _of_arrays)(root, kind)


def _of_folder(root, _):
    found = inventories.survey(root)
    files, numbers = found.readable()
    problems, said = _decided(lambda: folder.scale_of(files, numbers)) if numbers else ([], "")
    bad = found.files[found.files.problem != ""]
    skipped = pd.concat([bad, found.left_out], ignore_index=True)
    dark = [one for one in numbers if one.kind == "uint8" and one.high == 1]
    if dark:
        found.notes.append(
            f"{len(dark)} images hold nothing but 0 and 1, next to black, such as {dark[0].where}"
        )
    return Contents(files.reset_index(drop=True), skipped, problems, found.notes, said)


def _of_arrays(root, kind):
    pieces, left_out = {"mat": mat, "npz": npz}[kind].pieces(root)
    problems, said = _decided(lambda: ranges.decide([one.numbers for one in pieces]))
    files, _ = arrays.contents(pieces)
    files = files.assign(
        format=kind,
        mode=[one.images.dtype.name for one in pieces for _ in one.images],
        width=[one.images.shape[2] for one in pieces for _ in one.images],
        height=[one.images.shape[1] for one in pieces for _ in one.images],
        sha256=[_checksum(arrays.grey(image)) for one in pieces for image in one.images],
    )
    return Contents(files, inventories.table(left_out), problems, [], said)


def _of_dicom(root, _):
    reading = dicom.read(root, size=DICOM_SIDE, skip_unreadable=True)
    files = reading.files.assign(
        part="" if reading.part is None else reading.part,
        format="dicom",
        mode="grey",
        sha256=[_checksum(image) for image in reading.images],
        patient=reading.groups,
    )
    return Contents(files, reading.skipped, [], list(reading.notes))


def _decided(decide):
    """(problems, what was decided): one of the two is empty."""
    try:
        return [], decide().said
    except DatasetError as error:
        return [str(error)], ""


def _checksum(image):
    return hashlib.sha256(np.ascontiguousarray(image, np.float32).tobytes()).hexdigest()
