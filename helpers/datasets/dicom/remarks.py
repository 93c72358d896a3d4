"""What the tags of the files left open, in sentences."""

import numpy as np


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
