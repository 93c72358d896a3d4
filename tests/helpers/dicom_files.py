"""Small DICOM files for the tests of the reader, tag by tag."""

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

DEFAULTS = {
    "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Modality": "CT", "PatientID": "P1",
    "StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.3", "InstanceNumber": 1, "RescaleSlope": 1,
    "RescaleIntercept": -1024,
}  # fmt: skip


def write(path, stored, *, bits=16, allocated=None, signed=0, syntax=ExplicitVRLittleEndian, **tags):
    """A DICOM file of (h, w), (frames, h, w) with NumberOfFrames, or (..., 3) stored numbers; CT with HU + 1024 unless
    tags say otherwise. Tags that are None are left out. Returns its path."""
    stored = np.asarray(stored)
    file, file.file_meta = (made := Dataset()), FileMetaDataset()
    allocated = allocated or (8 if bits <= 8 else 16 if bits <= 16 else 32)
    tags = DEFAULTS | {"BitsAllocated": allocated, "BitsStored": bits, "HighBit": bits - 1} | tags
    file.file_meta.TransferSyntaxUID = syntax
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = tags.pop("sop", CTImageStorage)
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = generate_uid()
    file.PixelRepresentation = signed
    colours = int(tags["SamplesPerPixel"] > 1)
    if "NumberOfFrames" in tags:
        stored = stored.reshape(-1, *stored.shape[-2 - colours :])
    file.Rows, file.Columns = stored.shape[-2 - colours : stored.ndim - colours]
    order = "<" if syntax.is_little_endian else ">"
    for name, value in tags.items():
        if value is not None:
            setattr(file, name, value)
    if tags.get("PixelData", True) is True:
        kind = f"{order}{'i' if signed else 'u'}{allocated // 8}"
        file.add_new("PixelData", "OW" if allocated > 8 else "OB", stored.astype(kind).tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def ramp(low, high):
    """256 numbers from low to high: (16, 16)."""
    return np.linspace(low, high, 256).round().reshape(16, 16)


def item(**tags):
    """A sequence of one item."""
    made = Dataset()
    for name, value in tags.items():
        setattr(made, name, value)
    return pydicom.Sequence([made])


def table(entries, first=0, depth=16, order="<"):
    """A lookup table as it stands in Modality or VOI LUT Sequence, as words."""
    made = Dataset()
    made.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries) % 2**16, first, depth])
    made.add_new("LUTData", "OW", np.asarray(entries).astype(f"{order}u2").tobytes())
    return pydicom.Sequence([made])


def palette(entries, first=0, order="<"):
    """Tags of a PALETTE COLOR table: entries (n, 3) of 16 bits."""
    tags = {}
    for colour, values in zip(("Red", "Green", "Blue"), np.asarray(entries).T):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [len(values) % 2**16, first, 16]
        tags[f"{colour}PaletteColorLookupTableData"] = values.astype(f"{order}u2").tobytes()
    return tags
