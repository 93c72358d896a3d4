"""Read DICOM files and trees: grey values by pydicom, classes from folders, patients from tags.

root/Cyst/*.dcm and root/Normal/*.dcm            one folder per class; patients or series may be folders below it
root/train/Cyst/*.dcm, root/Cyst/train/*.dcm     official parts
root/*.dcm, root/TCGA-01/study/series/*.dcm      no classes: every image gets the class "unlabelled"

Folders that hold everything are looked through. Then the folders of the first level are

1. classes, where one of them is named after a diagnosis ("Normal", "Cyst", "benign");
2. patients, studies or series, where each is named after such a tag of all its files, or has the form of one
   ("patient_07", a UID, a date);
3. classes, where one of them holds several patients, or where a series is spread over several of them;
4. patients, studies or series, where each holds one patient and has a number in its name, or all are of one patient.

Where patients hold folders named after a diagnosis, those are the classes. Where none of this holds, the signs
contradict each other, or the names are of another kind ("part_1", "masks", the same patients in "T1" and "T2"), it cannot be told: a `DatasetError` shows the folders and asks for labels="folder" or "none".

Objects that are no images to learn from (dose, segmentation, report, DICOMDIR) and files of other kinds are listed in
`Reading.skipped`. What claims to be an image and cannot be read stops the run, unless skip_unreadable=True.
"""

from helpers.datasets.dicom.files import is_dicom
from helpers.datasets.dicom.reading import DEFAULT_WINDOW, read
from helpers.datasets.dicom.shortcuts import window_shortcut
from helpers.datasets.dicom.sorting import UNLABELLED
from helpers.datasets.dicom.voi import as_window

__all__ = ["DEFAULT_WINDOW", "UNLABELLED", "as_window", "is_dicom", "read", "window_shortcut"]
