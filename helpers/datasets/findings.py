"""What an inspection found, in sentences: problems would spoil a result, remarks are what one should know."""

import numpy as np

from helpers.datasets import dicom
from helpers.datasets.shortcuts import format_shortcut

UNKNOWN = "not known from the files"
DATA = (
    "image",
    "dicom",
    "mat",
    "npz",
    "array",
    "folder",
)  # formats of what changes the data set if it is left out


def judge(counts, formats, unreadable, left_out, duplicates, shared, files, known):
    """Problems and remarks: two lists of sentences.

    Parameters
    ----------
    counts, formats, unreadable, left_out, duplicates, shared : tables of `inspection.Inspection`. files : one row an
    image, with its patient. known : whether patients are known.
    """
    problems = _of_files(unreadable, left_out) + _of_parts(counts, duplicates, shared)
    if sentence := dicom.window_shortcut(files):
        problems.append(sentence)
    remarks = []
    for reason, some in left_out[~_is_data(left_out)].groupby("problem", sort=False):
        remarks.append(f"{len(some)} left out, such as {some.path.iloc[0]}: {reason}.")
    remarks += _of_images(counts, duplicates, known)
    if len(formats) > 1:
        shortcut = format_shortcut(files)
        remarks.append(
            f"{len(formats)} combinations of format, mode and size: "
            + (shortcut or "they were not found to go with a class.")
        )
    return problems, remarks


def _is_data(left_out):
    if "format" not in left_out:
        return np.zeros(len(left_out), bool)
    return left_out["format"].isin(DATA).to_numpy()


def _of_files(unreadable, left_out):
    problems = []
    if len(unreadable):
        problems.append(
            f"{len(unreadable)} files cannot be read, such as {unreadable.file.iloc[0]}: {unreadable.problem.iloc[0]}."
        )
    for reason, some in left_out[_is_data(left_out)].groupby("problem", sort=False):
        problems.append(f"{len(some)} left out of the data set, such as {some.path.iloc[0]}: {reason}.")
    return problems


def _of_parts(counts, duplicates, shared):
    problems = []
    across = duplicates[duplicates["part"] != duplicates["other part"]]
    conflicting = duplicates[duplicates["class"] != duplicates["other class"]]
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
    return problems


def _of_images(counts, duplicates, known):
    remarks = []
    within = np.count_nonzero(duplicates["part"] == duplicates["other part"])
    renamed = np.count_nonzero(duplicates["patient"] != duplicates["other patient"])
    if renamed and known:
        remarks.append(f"{renamed} pairs of equal images have different patient ids.")
    if within:
        remarks.append(f"{within} images are equal to another one of the same part.")
    totals = counts.sum(axis=1)
    if len(totals) and totals.max() > 1.5 * totals.min():
        remarks.append(
            f"the largest class has {totals.max() / totals.min():.1f} times as many images as the smallest."
        )
    return remarks
