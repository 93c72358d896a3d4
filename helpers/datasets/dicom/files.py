"""Which files are DICOM, which of those are images to learn from, and which only claim to be."""

import io
import os
import re
from pathlib import Path

import pydicom
from PIL import Image
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from helpers.datasets.errors import DatasetError
from helpers.datasets.quiet import quiet

ENDINGS = {".dcm", ".dicom", ".dic", ".ima"}
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# Modalities whose objects have no pixels, or pixels that are no image: DICOM PS3.3, C.7.3.1.1.1.
NO_IMAGES = set(
    "RTDOSE RTSTRUCT RTPLAN RTRECORD RTINTENT RTSEGANN RTRAD SEG SR KO PR REG RWV FID DOC PLAN PMAP OSS M3D "
    "ECG HD EPS EEG EMG EOG RESP AU SMR TEXTUREMAP".split()
)
LEFTOVERS = {"__MACOSX", "Thumbs.db", "desktop.ini"}


def below(root):
    """Every file below a folder in order, but hidden ones; links to folders are named, not followed."""

    def refuse(error):
        raise DatasetError(f"{error.filename}: cannot be opened ({error.strerror}). Check its permissions.")

    found = []
    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in LEFTOVERS]
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        names = [name for name in names if not name.startswith(".") and name not in LEFTOVERS]
        found += [Path(folder) / name for name in names + links]
    return sorted(found)


def is_dicom(path):
    """Told by the bytes: "DICM" after a preamble of 128, or, where the preamble is missing, a first element of group
    2 or 8 behind which pydicom finds the class of an object or the size of an image."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(132)
    except OSError:
        return False
    if head[128:] == b"DICM" or head[:4] == b"DICM":
        return True
    if head[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        return False
    try:
        with quiet():
            tags = pydicom.dcmread(
                path, force=True, stop_before_pixels=True, specific_tags=["SOPClassUID", "Rows", "Columns"]
            )
            return bool(tags.get("SOPClassUID") or (tags.get("Rows") and tags.get("Columns")))
    except Exception:  # pydicom raises many kinds for what is no DICOM
        return False


def open_file(path):
    """pydicom's data set of a DICOM file, with a transfer syntax, and the modality of CT, also where it names none."""
    with open(path, "rb") as file:
        bare = file.read(4) == b"DICM"
    source = io.BytesIO(bytes(128) + Path(path).read_bytes()) if bare else path
    dataset = pydicom.dcmread(source, force=True)
    if not dataset.file_meta.get("TransferSyntaxUID"):
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    if not dataset.get("Modality") and "CT Image" in getattr(dataset.get("SOPClassUID"), "name", ""):
        dataset.Modality = "CT"
    return dataset


def why_no_image(dataset):
    """Why a DICOM object is no image to learn from, or ""."""
    kind = dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID") or ""
    name = getattr(kind, "name", "")
    modality = str(dataset.get("Modality") or "")
    if "DirectoryRecordSequence" in dataset or name == "Media Storage Directory Storage":
        return "is a DICOM directory: a list of files, no image"
    if modality in NO_IMAGES:
        return f"is no image to learn from: its modality is {modality}"
    if name.endswith("Storage") and not re.search("Image|US Volume|DICOS", name):
        return f"is no image to learn from, but {name.removesuffix(' Storage')}"
    if name and not any(tag in dataset for tag in PIXELS) and "Image" not in name and "Rows" not in dataset:
        return "is a DICOM file without pixels"
    return ""


def what_else(path, endings):
    """(kind, reason) of a file that is no DICOM; kind is "unreadable" where its name claims that it is one.

    Parameters
    ----------
    endings : of the DICOM files beside it; a file with the same ending claims to be one, unless it is plain text.
    """
    if not os.path.isfile(path):
        return "left out", "is a link or no regular file, which is not followed"
    with open(path, "rb") as file:
        head = file.read(2048)
    web = re.match(rb"\s*<(!doctype|html|\?xml|head|body)", head, re.IGNORECASE)
    text = head and not re.search(rb"[\x00-\x08\x0e-\x1f]", head)
    ending = path.suffix.casefold()
    claims = ending in ENDINGS or (ending in endings and not (text and not web))
    reason = "is empty" if not head else "is a web page" if web else "is text" if text else _format(path)
    return ("unreadable" if claims else "left out"), f"{reason}, no DICOM file"


def _format(path):
    try:
        with Image.open(path) as image:
            return f"is a {image.format} image"
    except Exception:  # Pillow raises many kinds for what is no image
        return "is of an unknown format"
