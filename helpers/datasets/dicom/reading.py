"""`read`: a DICOM file or a tree of them becomes a `Reading`."""

from pathlib import Path

import numpy as np
import pandas as pd

from helpers import windows
from helpers.datasets.base import Reading
from helpers.datasets.dicom import files, one_file, ranges, remarks, sorting, voi
from helpers.datasets.errors import DatasetError, check_memory

DEFAULT_WINDOW = windows.ABDOMEN
ORDER = ["part", "class", "series", "position", "instance", "file", "frame"]


def read(root, size=None, skip_unreadable=False, window=None, default_window=DEFAULT_WINDOW, labels=None):
    """Read a DICOM file, or all below a folder, ordered by series and position.

    Parameters
    ----------
    size : pixels along each side; None: as they are, if all have one size.
    skip_unreadable : leave out and list what claims to be an image and cannot be read, instead of stopping.
    window : (level, width) in HU for all CT; None: the file's own window or VOI table.
    default_window : (level, width) in HU for CT files that have neither.
    labels : "folder": each folder is a class; "none": no folder is; None: told from folders and patients, see the
        package.

    Returns
    -------
    Reading; `files` has one row per frame, with patient, modality, study, series, position (mm), and the window that
    was applied (NaN: none). `skipped` has the columns path, file, class, kind and problem; kind is "unreadable" for
    what claims to be an image, and "left out" for what is none. `groups` are `PatientID`; where it is missing or a
    placeholder the study, else the series, else the file. `part` is the official split of folders such as train.

    Raises
    ------
    DatasetError : naming the file or folder, and what to do. ValueError : a window or labels of another form.
    """
    root, window = Path(root), voi.as_window(window)
    if labels not in sorting.CHOICES:
        raise ValueError(f'labels must be "folder", "none" or None, not {labels!r}')
    found, skipped = _frames(root, size, skip_unreadable, window, default_window)
    if not found:
        raise DatasetError(f"{root}: no DICOM file with an image found.{remarks.reasons(skipped)}")
    if window and not any(frame.row["modality"] == "CT" for frame in found):
        raise DatasetError(
            f"{root}: a window was given, but none of the {len(found)} images is CT. Leave it out."
        )
    notes = _label(root, found, labels)
    found.sort(key=lambda frame: [frame.row[name] for name in ORDER])
    chosen, decided = ranges.shared(found)
    notes += decided + remarks.of(found, default_window)

    shapes = {frame.values.shape for frame in found}
    if len(shapes) > 1:
        raise DatasetError(
            f"{root}: images of different sizes, {sorted(shapes)}. Give size=, for example size=96."
        )
    table = pd.DataFrame([frame.row for frame in found])
    class_names, numbers = np.unique(table["class"].to_numpy(str), return_inverse=True)
    part = table["part"].to_numpy(str)
    return Reading(
        images=np.stack([ranges.to_unit(frame, chosen) for frame in found]),
        labels=numbers,
        class_names=tuple(class_names.tolist()),
        files=table,
        skipped=remarks.skipped_table(skipped, found),
        groups=table["patient"].to_numpy(str),
        part=part if any(part) else None,
        notes=tuple(notes),
    )


def _frames(root, size, skip_unreadable, window, default):
    """All frames below root, and what is none: (path, kind, problem)."""
    paths = [root] if root.is_file() else files.below(root)
    dicom = {path: files.is_dicom(path) for path in paths}
    endings = {path.suffix.casefold() for path in paths if dicom[path]}
    found, skipped = [], []
    for path in paths:
        kind = "left out"
        try:
            if dicom[path]:
                frames, reason = one_file.frames(path, size, window, default)
                found += frames
            else:
                kind, reason = files.what_else(path, endings)
                if kind == "unreadable" or root.is_file():
                    raise DatasetError(f"{path}: {reason}. Replace it, or leave it out (--skip-unreadable).")
        except DatasetError as error:
            if not skip_unreadable:
                raise
            kind, reason = "unreadable", str(error).removeprefix(f"{path}: ").rstrip(".")
        if reason:
            skipped.append((path, kind, reason))
        elif found:
            check_memory(len(found), *found[-1].values.shape, str(root))
    return found, skipped


def _label(root, found, choice):
    """Put part and class into every frame's row. Returns what was decided."""
    by_path = {frame.row["path"]: frame.row for frame in found}
    sorted_files, notes = sorting.sort(root, list(by_path.values()), choice)
    placed = dict(zip(by_path, sorted_files))
    for frame in found:
        frame.row["part"], frame.row["class"] = placed[frame.row["path"]]
        del frame.row["identities"]
    return notes
