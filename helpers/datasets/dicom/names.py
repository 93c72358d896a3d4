"""What the name of a folder says: a class, a patient, or nothing."""

import re

from helpers.datasets.dicom.tags import plain

DIAGNOSES = set(
    "normal abnormal healthy control controls benign malignant cancer tumor tumors tumour tumours cyst cysts stone "
    "stones calculus lesion lesions nodule nodules mass positive negative pos neg disease diseased sick infected "
    "infection pneumonia covid viral bacterial bacteria virus tuberculosis tb opacity effusion edema oedema fracture "
    "fractured hemorrhage haemorrhage bleeding bleed stroke infarct ischemia ischemic ischaemic glioma meningioma "
    "pituitary metastasis metastases hcc aneurysm fibrosis emphysema yes no".split()
)
GRADES = re.compile(r"class|label|grade|stage|birads|category|group|type|cohort", re.IGNORECASE)
PEOPLE = re.compile(
    r"(patient|pat|pt|p|subject|subj|sub|person|case|study|st|series|serie|se|scan|ct|mr|exam|visit|session|ses|id)"
    r"[\W_]*\d+",
    re.IGNORECASE,
)
DRAWINGS = set(
    "mask masks label labels annotation annotations segmentation segmentations contour contours roi rois".split()
)
UID = re.compile(r"\d+(\.\d+){3,}")
DATE = re.compile(r"(19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d|[0-3]?\d[-_.][0-3]?\d[-_.](19|20)\d\d")


def is_diagnosis(name):
    """
    >>> is_diagnosis("Normal"), is_diagnosis("COVID-19"), is_diagnosis("Tumor_003"), is_diagnosis("Smith")
    (True, True, False, False)
    """
    text = re.sub(r"covid[\W_]*19", "covid", name.casefold())
    return not re.search(r"\d", text) and bool(set(re.split(r"[\W_]+", text)) & DIAGNOSES)


def is_person(name):
    """A patient, study or series by its form: a number after such a word, a UID or a date.

    >>> is_person("patient_07"), is_person("1.2.840.113619.2"), is_person("2019-03-01"), is_person("0")
    (True, True, True, False)
    """
    return any(form.fullmatch(name) for form in (PEOPLE, UID, DATE))


def is_drawing(name):
    """What is drawn over images, or says what they show.

    >>> is_drawing("labels"), is_drawing("Liver_Masks"), is_drawing("Tumor")
    (True, True, False)
    """
    return bool(set(re.split(r"[\W_\d]+", name.casefold())) & DRAWINGS)


def is_numbered(name):
    """A number that is not that of a class, such as "AB-0012"; one digit alone may be either.

    >>> is_numbered("AB-0012"), is_numbered("grade2"), is_numbered("Tumor_003"), is_numbered("1")
    (True, False, False, False)
    """
    words = set(re.split(r"[\W_\d]+", name.casefold()))
    return (
        bool(re.search(r"\d", name)) and len(name) > 1 and not GRADES.search(name) and not words & DIAGNOSES
    )


def is_named_after(name, identities):
    """The folder's name is that of a patient, study or series in every one of its files.

    identities : a set of texts as `plain` gives them, one set a file.
    """
    return all(plain(name) in found for found in identities)
