"""Read DICOM files and series with pydicom: rescale to HU, window, MONOCHROME1, missing tags.

root/Cyst/*.dcm and root/Normal/*.dcm      one folder per class, or
root/*.dcm, root/series/*.dcm              no classes: every image gets the class "unlabelled"
"""

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from PIL import Image
from pydicom.pixels import apply_rescale

from helpers import windows
from helpers.datasets.base import DatasetError, Reading, check_memory

UNLABELLED = "unlabelled"
DEFAULT_WINDOW = windows.ABDOMEN


def is_dicom(path):
    """Told by the bytes: "DICM" after a preamble of 128."""
    try:
        with open(path, "rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def read(root, size=None, skip_unreadable=False, window=None):
    """Read a DICOM file, or all below a folder, ordered by series and position.

    Parameters
    ----------
    size : pixels along each side; None: as they are, if all have one size.
    skip_unreadable : leave out and list what cannot be read.
    window : (level, width) in HU for CT; None: the file's own, or the abdominal one (level 40, width 400).

    Returns
    -------
    Reading; groups are `PatientID`, else the series, else the file.

    Raises
    ------
    DatasetError : naming the file, and what to do.
    """
    root = Path(root)
    rows, grey = [], []
    for path in [root] if root.is_file() else _files(root):
        row = {"path": str(path), "file": path.name, "class": _class(root, path), "problem": ""}
        try:
            tags, frames = _pixels(path, window)
        except DatasetError as error:
            if not skip_unreadable:
                raise
            rows.append(row | {"problem": str(error)})
            continue
        for number, frame in enumerate(frames):
            rows.append(row | tags | {"frame": number, "height": frame.shape[0], "width": frame.shape[1]})
            grey.append(frame)
    if not grey:
        raise DatasetError(
            f"{root}: no DICOM file with pixels found. Expected files that begin with a DICOM preamble."
        )
    table = pd.DataFrame(rows)
    files = table[table.problem == ""].reset_index(drop=True)
    order = files.sort_values(["class", "series", "position", "instance", "file", "frame"]).index
    files, grey = files.loc[order].reset_index(drop=True), [grey[i] for i in order]

    shapes = {frame.shape for frame in grey}
    if size is None and len(shapes) > 1:
        raise DatasetError(
            f"{root}: images of different sizes, {sorted(shapes)}. Give size=, for example size=96."
        )
    height, width = (size, size) if size else shapes.pop()
    check_memory(len(grey), height, width, str(root))
    resized = [Image.fromarray(frame).resize((width, height), Image.Resampling.BILINEAR) for frame in grey]
    class_names, labels = np.unique(files["class"].to_numpy(str), return_inverse=True)
    return Reading(
        np.clip(np.stack([np.asarray(image, np.float32) for image in resized]), 0, 1), labels,
        tuple(class_names.tolist()), files.drop(columns="problem"), table[table.problem != ""].reset_index(drop=True),
        groups=files["patient"].to_numpy(str),
    )  # fmt: skip


def _files(root):
    """The DICOM files below a folder; links to folders are not followed, so that no loop is."""
    found = [
        Path(folder) / name
        for folder, _, names in os.walk(root)
        for name in names
        if not name.startswith(".")
    ]
    return sorted(path for path in found if is_dicom(path))


def _class(root, path):
    """The folder right below `root`, or "unlabelled" for a file that lies in `root` itself."""
    parts = path.relative_to(root).parts if root.is_dir() else ()
    return parts[0] if len(parts) > 1 else UNLABELLED


def _pixels(path, window):
    """Tags, and the frames as float32 grey in [0, 1]: a list of (h, w)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd but readable files
            dataset = pydicom.dcmread(path)
            if "PixelData" not in dataset:
                raise DatasetError(
                    f"{path}: is a DICOM file without pixels. Leave it out (--skip-unreadable)."
                )
            check_memory(
                int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns), str(path)
            )
            frames = _grey(dataset, window)
            tags = _tags(dataset, path)
    except DatasetError:
        raise
    except MemoryError:
        raise DatasetError(f"{path}: claims more pixels than fit into memory. Replace the file.") from None
    except Exception as error:  # pydicom and its decoders raise many kinds for damaged files
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise DatasetError(
            f"{path}: cannot be read as DICOM ({reason}). Replace it, or leave it out."
        ) from None
    if not all(frame.size and np.isfinite(frame).all() for frame in frames):
        raise DatasetError(f"{path}: its pixels are empty, NaN or infinite. Replace it, or leave it out.")
    return tags, frames


def _grey(dataset, window):
    """Modality rescale and window for CT; the stored range, or the file's window, for everything else."""
    stored = dataset.pixel_array
    if dataset.get("SamplesPerPixel", 1) == 3:
        stored = np.asarray(stored, np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    values = np.asarray(
        apply_rescale(stored, dataset), np.float32
    )  # the stored values where tags are missing
    own = _window(dataset)
    if dataset.get("Modality") == "CT":
        unit = windows.to_unit(values, *(window or own or DEFAULT_WINDOW))
    elif own:
        unit = windows.to_unit(values, *own)
    else:
        bits = int(dataset.get("BitsStored", 8))
        low, high = (
            (0, 2**bits - 1) if dataset.get("PixelRepresentation", 0) == 0 else (values.min(), values.max())
        )
        unit = np.clip((values - low) / max(high - low, 1), 0, 1).astype(np.float32)
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        unit = 1 - unit
    return list(unit.reshape(-1, *unit.shape[-2:]))


def _window(dataset):
    """The first (level, width) that a file names, or None."""
    level, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    if level in (None, "") or width in (None, ""):
        return None
    level, width = (
        float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)
        for value in (level, width)
    )
    return windows.Window(level, width) if width > 0 else None


def _tags(dataset, path):
    series = str(dataset.get("SeriesInstanceUID") or "")
    position = dataset.get("ImagePositionPatient")
    return {
        "patient": str(dataset.get("PatientID") or series or path),
        "modality": str(dataset.get("Modality") or ""),
        "series": series,
        "position": float(position[2]) if position and len(position) == 3 else 0.0,
        "instance": int(dataset.get("InstanceNumber") or 0),
    }
