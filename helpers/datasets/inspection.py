"""Look a data set over before it is trusted: what would spoil a result?"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.datasets import arrays, dicom, folder, kinds, patients
from helpers.datasets.base import existing


UNKNOWN = "not known from the files"


@dataclass(frozen=True)
class Inspection:
    """What was found.

    kind : "folder", "mat", "npz" or "dicom". counts : images by class (rows) and part (columns). formats : files by
    format, mode and size. unreadable : files with their problem. duplicates : one row per pair of equal images, with
    part and class of both. shared_patients : patients that are in several parts, with their files. patients : how
    they are known. problems : what would spoil a result, in sentences. remarks : what one should know.
    """

    kind: str
    counts: pd.DataFrame
    formats: pd.DataFrame
    unreadable: pd.DataFrame
    duplicates: pd.DataFrame
    shared_patients: pd.DataFrame
    patients: str
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
    files = folder.inventory(root) if kind == "folder" else _contents(root, kind)
    unreadable, good = files[files.problem != ""], files[files.problem == ""].reset_index(drop=True)
    ids, how = _patients(good)
    good = good.assign(patient=ids)
    duplicates, shared = _duplicates(good), _shared(good)
    counts = good.groupby(["class", "part"]).size().unstack(fill_value=0)
    formats = good.groupby(["format", "mode", "width", "height"]).size().rename("images").reset_index()
    problems, remarks = _judge(counts, formats, unreadable, duplicates, shared, how != UNKNOWN)
    return Inspection(kind, counts, formats, unreadable, duplicates, shared, how, problems, remarks)


def _contents(root, kind):
    """An inventory of images inside .mat, .npz or DICOM files; equal pixels have equal checksums."""
    if kind == "dicom":
        reading = dicom.read(root, size=128, skip_unreadable=True)
    else:
        reading = {"mat": arrays.read_mat, "npz": arrays.read_npz}[kind](root)
    files = reading.files.assign(
        part="" if reading.part is None else reading.part,
        format=kind,
        mode="grey",
        sha256=[hashlib.sha256(image.tobytes()).hexdigest() for image in reading.images],
        problem="",
    )
    if kind != "dicom":
        files = files.assign(width=reading.images.shape[2], height=reading.images.shape[1])
    if reading.groups is not None:
        files = files.assign(patient=reading.groups)
    return pd.concat([files, reading.skipped]).fillna({"part": "", "sha256": ""}).reset_index(drop=True)


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


def _judge(counts, formats, unreadable, duplicates, shared, known):
    problems, remarks = [], []
    across = duplicates[duplicates["part"] != duplicates["other part"]]
    conflicting = duplicates[duplicates["class"] != duplicates["other class"]]
    within = len(duplicates) - len(across)
    if len(unreadable):
        problems.append(
            f"{len(unreadable)} files cannot be read, such as {Path(unreadable.path.iloc[0]).name}: {unreadable.problem.iloc[0]}."
        )
    if len(shared):
        problems.append(
            f"{shared.patient.nunique()} patients are in several parts: the test would know them."
        )
    if len(across):
        problems.append(f"{len(across)} images are in two parts: the test would know them.")
    if len(conflicting):
        problems.append(f"{len(conflicting)} equal images have different labels.")
    for part in counts.columns:
        for name in counts.index[counts[part] == 0]:
            problems.append(f"class {name} has no images in part {part!r}.")
    if len(counts) < 2:
        problems.append("there is only one class.")
    renamed = np.count_nonzero(duplicates["patient"] != duplicates["other patient"])
    if renamed and known:
        remarks.append(f"{renamed} pairs of equal images have different patient ids.")
    if within:
        remarks.append(f"{within} images are equal to another one of the same part.")
    totals = counts.sum(axis=1)
    if totals.max() > 1.5 * totals.min():
        remarks.append(
            f"the largest class has {totals.max() / totals.min():.1f} times as many images as the smallest."
        )
    if len(formats) > 1:
        remarks.append(
            f"{len(formats)} combinations of format, mode and size: does one of them go with a class?"
        )
    return problems, remarks
