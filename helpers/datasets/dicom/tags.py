"""What the tags of a DICOM file say of one frame: its patient, its series, where it lies, how it is shown."""

import re

import numpy as np
from pydicom import Dataset
from pydicom.multival import MultiValue

SHOWN = (
    "Modality BitsAllocated BitsStored PixelRepresentation PhotometricInterpretation RescaleSlope RescaleIntercept "
    "RescaleType Units ModalityLUTSequence VOILUTSequence WindowCenter WindowWidth VOILUTFunction "
    "PresentationLUTShape PixelPaddingValue PixelPaddingRangeLimit ImagePositionPatient ImageOrientationPatient"
).split() + [
    f"{kind}{colour}PaletteColorLookupTable{what}"
    for colour in ("Red", "Green", "Blue")
    for kind, what in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
]

# Enhanced objects keep these for all frames (shared) or for each (per frame): DICOM PS3.3, C.7.6.16.
MACROS = (
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
)
# What anonymisers and test objects write in place of a patient's number.
PLACEHOLDER = re.compile(
    r"(anon[a-z]*|de-?identified|removed|redacted|unknown|none|null|nan|n/?a|no ?(id|name)|patient ?id|patient|"
    r"test|dummy|hidden|masked|empty|not ?available|[x?*0._ -]*)",
    re.IGNORECASE,
)
IDENTITIES = (
    "PatientID PatientName StudyInstanceUID SeriesInstanceUID AccessionNumber StudyID StudyDate SeriesDate "
    "SeriesNumber SeriesDescription Modality"
).split()


def of_frame(dataset, number):
    """What decides how one frame is shown; functional groups stand in place of the tags of the root."""
    tags = Dataset()
    tags.file_meta = dataset.file_meta
    for name in SHOWN:
        if name in dataset:
            tags[name] = dataset[name]
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    groups = list(dataset.get("SharedFunctionalGroupsSequence") or [])[:1] + list(
        per_frame[number : number + 1]
    )
    for group in groups:
        for macro in MACROS:
            for item in list(group.get(macro) or [])[:1]:
                for element in item:
                    tags[element.tag] = element
    return tags


def describe(dataset, path):
    """What holds for every frame of a file: patient, how the patient is known, modality, study, series, number."""
    patient = str(dataset.get("PatientID") or "").strip()
    study, series = (str(dataset.get(tag) or "") for tag in ("StudyInstanceUID", "SeriesInstanceUID"))
    known = not PLACEHOLDER.fullmatch(patient)
    return {
        "patient": patient if known else study or series or str(path),
        "patient_tag": "PatientID" if known else "study" if study else "series" if series else "file",
        "modality": str(dataset.get("Modality") or ""),
        "study": study,
        "series": series,
        "instance": _instance(dataset),
    }


def _instance(dataset):
    try:
        return int(dataset.get("InstanceNumber") or 0)
    except (TypeError, ValueError):  # only the order depends on it
        return 0


def identities(dataset):
    """The file's identities that a folder may be named after, in lower case, letters and digits only."""
    return {plain(str(dataset.get(tag) or "")) for tag in IDENTITIES} - {""}


def plain(text):
    """
    >>> plain("TCGA-01_a")
    'tcga01a'
    """
    return re.sub(r"[\W_]+", "", text.casefold())


def position(tags):
    """Where a frame lies along the normal of its plane, in mm: (P x) . normal; z where no orientation is given."""
    place, axes = tags.get("ImagePositionPatient"), tags.get("ImageOrientationPatient")
    if not place or len(place) != 3:
        return 0.0
    normal = np.array([0.0, 0.0, 1.0])
    if axes and len(axes) == 6:
        normal = np.cross(*np.array(axes, float).reshape(2, 3))
    along = float(np.dot(np.array(place, float), normal))
    return along if np.isfinite(along) else 0.0


def number(tags, name):
    """The first number of a tag, or None."""
    value = tags.get(name)
    value = value[0] if isinstance(value, MultiValue | list) and len(value) else value
    return None if value in (None, "", []) else float(value)
