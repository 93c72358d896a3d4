"""Look a data set over before it is trusted: what would spoil a result?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.datasets import contents, kinds, patients
from helpers.datasets.errors import existing
from helpers.datasets.findings import UNKNOWN, judge


@dataclass(frozen=True)
class Inspection:
    """What was found.

    kind : "folder", "mat", "npz" or "dicom". counts : images by class (rows) and part (columns). formats : files by
    format, mode and size. unreadable : files that claim to be images and cannot be read, with their problem. left_out :
    files that are no images for this purpose, with the reason as problem. duplicates : one row per pair of equal images, with
    part and class of both. shared_patients : patients that are in several parts, with their files. patients : how
    they are known. pixels : which stored numbers are black and white. problems : what would spoil a result, in sentences.
    remarks : what one should know.
    """

    kind: str
    counts: pd.DataFrame
    formats: pd.DataFrame
    unreadable: pd.DataFrame
    left_out: pd.DataFrame
    duplicates: pd.DataFrame
    shared_patients: pd.DataFrame
    patients: str
    pixels: str
    problems: list
    remarks: list


def inspect(root):
    """Inspect a folder or file of any kind that `load` reads.

    Raises
    ------
    DatasetError : there is nothing that can be inspected.
    """
    root = existing(root)
    kind = kinds.of(root)
    found = contents.of(root, kind)
    ids, how = _patients(found.files)
    files = found.files.assign(patient=ids)
    unreadable, left_out = (found.skipped[found.skipped.kind == name] for name in ("unreadable", "left out"))
    counts = files.groupby(["class", "part"]).size().unstack(fill_value=0)
    formats = files.groupby(["format", "mode", "width", "height"]).size().rename("images").reset_index()
    parts = counts, formats, unreadable, left_out, _duplicates(files), _shared(files)
    problems, remarks = judge(*parts, files, known=how != UNKNOWN)
    return Inspection(
        kind,
        *parts,
        how,
        found.pixels,
        found.problems + problems,
        [f"{note}." for note in found.notes] + remarks,
    )


def _patients(files):
    """Patient of every file, where names or tags tell: (n,) str, and how."""
    if "patient" in files:
        return files["patient"].to_numpy(str), "read from the DICOM files"
    found = [patients.CHEST_NAME.match(str(name)) for name in files["file"]]
    if sum(map(bool, found)) > len(files) / 2:
        ids = [match[0] if match else str(name) for match, name in zip(found, files["file"])]
        return np.array(ids), f"read from {sum(map(bool, found))} of {len(files)} file names"
    return np.arange(len(files)).astype(str), UNKNOWN


def _duplicates(files):
    """Pairs of equal images: each further one with the first."""
    kept = ["path", "part", "class", "file", "patient"]
    pairs = []
    for _, same in files[files.sha256.duplicated(keep=False)].groupby("sha256", sort=False):
        rows = same[kept].to_numpy(str).tolist()
        pairs += [rows[0] + other for other in rows[1:]]
    return pd.DataFrame(pairs, columns=kept + [f"other {name}" for name in kept])


def _shared(files):
    """Patients with images in several parts: one row a patient and part, with the number of images."""
    parts = files.groupby("patient")["part"].transform("nunique")
    shared = files[parts > 1]
    return shared.groupby(["patient", "part"])["file"].agg(images="size", example="first").reset_index()
