"""Who is the patient? Read from file names where they tell, inferred from pixels where they do not."""

import re

import numpy as np

from helpers.datasets import scans

# The chest X-ray set of Kermany et al. numbers bacterial and viral pneumonia apart, and has two series of normal
# images: "person12_virus_48" and "person12_bacteria_46" are two patients, "IM-0115" and "NORMAL2-IM-0115" too.
CHEST_NAME = re.compile(r"(person\d+_(?:bacteria|virus))|((?:NORMAL\d+-)?IM-\d+)")


def groups(name, reading):
    """The patient (or scan) of every image of a `Reading`, and one line that tells how it is known.

    Parameters
    ----------
    name : data set, e.g. "kidney_ct", "chest_xray".

    Returns
    -------
    (n,) str, and a text.
    """
    if reading.groups is not None:
        return reading.groups, "groups are patients, as the files tell"
    names = reading.files["file"]
    if name == "kidney_ct" and reading.thumbnails is not None:
        inferred = scans.infer_scans(names, reading.labels, reading.thumbnails)
        return inferred, "groups are scans inferred from file numbers and jumps between slices"
    if name == "chest_xray":
        found = [CHEST_NAME.match(str(file)) for file in names]
        if any(found):
            ids = [match[0] if match else str(file) for match, file in zip(found, names)]
            return np.array(
                ids
            ), f"groups are patients, read from {sum(map(bool, found))} of {len(ids)} file names"
    return np.arange(len(names)).astype(str), "patients are not known: every image is a group of its own"
