"""What a reading says beside its images: what the tags left open, and what was not taken."""

from pathlib import Path

import numpy as np
import pandas as pd


def of(found, default_window):
    """CT without window, windows that differ, patients that are not known: a list of sentences.

    Parameters
    ----------
    found : list of `grey.Frame` with their rows. default_window : (level, width) in HU.
    """
    rows, notes = [frame.row for frame in found], []
    by_default = sum(frame.by_default for frame in found)
    if by_default:
        level, width = default_window
        notes.append(f"{by_default} CT images name no window: level {level:g}, width {width:g} HU is taken")
    applied = {frame.window for frame in found if np.isfinite(frame.window[0])}
    if len(applied) > 1:
        notes.append(f"the windows of the files differ: {len(applied)} levels and widths")
    flat = [
        frame.row["file"] for frame in found if np.isfinite(frame.window[0]) and np.ptp(frame.values) == 0
    ]
    if flat:
        notes.append(f"{len(flat)} images are all of one grey in their window, such as {flat[0]}")
    unknown = [row["patient_tag"] for row in rows if row["patient_tag"] != "PatientID"]
    if unknown:
        notes.append(
            f"PatientID is missing or a placeholder in {len(unknown)} of {len(rows)} images: there a group is a "
            + " or ".join(sorted(set(unknown)))
        )
    patients, studies = ({row[name] for row in rows} for name in ("patient", "study"))
    if not unknown and len(patients) == 1 and len(studies) > 1:
        notes.append(f"all {len(studies)} studies have the PatientID {patients.pop()}: one group")
    return notes


def skipped_table(skipped, found):
    """The table of what is no image of the set; the class is that of the images in the same folder, if any."""
    classes = {str(Path(frame.row["path"]).parent): frame.row["class"] for frame in found}
    rows = [
        (str(path), path.name, classes.get(str(path.parent), ""), kind, problem, _format(problem))
        for path, kind, problem in skipped
    ]
    return pd.DataFrame(rows, columns=["path", "file", "class", "kind", "problem", "format"])


def _format(problem):
    """As in the inventory of image folders: images that are left out change the data set."""
    return "image" if problem.endswith("image, no DICOM file") else ""


def reasons(skipped):
    """The first reasons why nothing was taken, for an error."""
    told = [f"{path.name} {reason}" for path, _, reason in skipped[:3]]
    more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    return (
        f" Not taken: {'; '.join(told)}{more}."
        if told
        else " Expected files that begin with a DICOM preamble."
    )
