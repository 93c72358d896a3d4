"""Write a cohort in each of the formats that `load` reads: for exercises, and to test the readers by round trip."""

from pathlib import Path

import h5py
import numpy as np
import pydicom
import scipy.io
from PIL import Image
from pydicom.dataset import Dataset as DicomDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from helpers import windows

FORMATS = ("folder", "mat", "mat73", "npz", "dicom")
PART_FOLDERS = {"train": "train", "validation": "val", "test": "test", "": "."}
SPLIT_FILES = {"train": "Train", "validation": "Val", "test": "Test", "": "all"}


def write(dataset, root, kind, window=windows.ABDOMEN):
    """Write a `Dataset` below `root`.

    Parameters
    ----------
    dataset : official parts (`Dataset.part`) become train, val and test folders or files; where there are none,
        "npz" writes all images as train.
    kind : "folder" (8-bit PNG, `<class>/<class>- (<number>).png`), "mat" (MATLAB 5), "mat73" (MATLAB 7.3, axes
        reversed), "npz" (MedMNIST's layout) or "dicom" (one CT file an image, in a folder per class, int16 with slope
        and intercept; grey values are taken for a `window` in HU).
    """
    root = Path(root)
    root.mkdir(parents=True, exist_ok=True)
    part = np.full(len(dataset), "") if dataset.part is None else dataset.part
    grey = np.round(255 * dataset.images).astype(np.uint8)
    if kind == "folder":
        _write_folder(root, dataset, part, grey)
    elif kind in ("mat", "mat73"):
        for name in np.unique(part):
            chosen = part == name
            path = root / f"{SPLIT_FILES[name]}.mat"
            (_write_mat if kind == "mat" else _write_mat73)(
                path, grey[chosen], dataset.labels[chosen].astype(float)
            )
    elif kind == "npz":
        names = {"train": "train", "validation": "val", "test": "test", "": "train"}
        content = {}
        for name in np.unique(part):
            content[f"{names[name]}_images"] = grey[part == name]
            content[f"{names[name]}_labels"] = dataset.labels[part == name].astype(np.uint8)[:, None]
        np.savez_compressed(root / "cohort.npz", **content)
    elif kind == "dicom":
        for i in range(len(dataset)):
            _write_dicom(root, dataset, i, part[i], window)
    else:
        raise ValueError(f"unknown format {kind!r}; known: {', '.join(FORMATS)}")


def _write_folder(root, dataset, part, grey):
    for i, pixels in enumerate(grey):
        name = dataset.class_names[dataset.labels[i]]
        path = root / PART_FOLDERS[part[i]] / name / f"{name}- ({i + 1}).png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)


def _write_mat(path, grey, labels):
    scipy.io.savemat(path, {"data": grey, "label": labels[None]}, do_compression=True)


def _write_mat73(path, grey, labels):
    """MATLAB 7.3 is HDF5 behind a block of 512 bytes, with the axes in reverse order."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file["data"] = np.transpose(grey)
        file["label"] = labels[:, None]
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + b" " * 8 + b"\x00\x02IM")


def _write_dicom(root, dataset, i, part, window):
    level, width = window
    patient = str(dataset.groups[i])
    file = DicomDataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = CTImageStorage
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = generate_uid(
        entropy_srcs=[patient, str(i)]
    )
    file.StudyInstanceUID = generate_uid(entropy_srcs=[patient, "study"])
    file.SeriesInstanceUID = generate_uid(entropy_srcs=[patient])
    file.PatientID, file.Modality, file.InstanceNumber = patient, "CT", i + 1
    file.Rows, file.Columns = dataset.images.shape[1:]
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 1
    file.RescaleSlope, file.RescaleIntercept = 0.5, -1024
    file.WindowCenter, file.WindowWidth, file.VOILUTFunction = (
        level,
        width,
        "LINEAR_EXACT",
    )  # as windows.to_unit
    hu = level + width * (dataset.images[i] - 0.5)
    file.PixelData = np.round((hu + 1024) / 0.5).astype("<i2").tobytes()
    path = root / PART_FOLDERS[part] / dataset.class_names[dataset.labels[i]] / f"{i + 1:05d}.dcm"
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, file, enforce_file_format=True)
