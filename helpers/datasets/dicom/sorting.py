"""Classes and official parts of a DICOM tree, from its folders; the rule stands in the package's docstring."""

from collections import Counter
from pathlib import Path

from helpers.datasets.dicom import names, parts
from helpers.datasets.errors import DatasetError
from helpers.datasets.layout import is_portion, is_unlabelled

UNLABELLED = "unlabelled"
CHOICES = (None, "folder", "none")


def sort(root, files, labels=None):
    """Part and class of every file.

    Parameters
    ----------
    root : Path. files : list of dicts with path, patient, series and identities. labels : see `dicom.read`.

    Returns
    -------
    list of (part, class), and the decisions as a list of sentences.

    Raises
    ------
    DatasetError : the folders may be classes or patients, or some are parts and others not.
    """
    if not root.is_dir():
        return [("", UNLABELLED)] * len(files), []
    folders = [Path(file["path"]).parent.relative_to(root).parts for file in files]
    official, folders = parts.split_off(root, folders, asked=labels is None)
    tops = [folder[0] if folder else "" for folder in folders]
    if labels == "none" or not any(tops):
        return [(part, UNLABELLED) for part in official], []
    if not all(tops):
        loose = Path(files[tops.index("")]["path"]).name
        raise DatasetError(
            f"{root}: {_some(tops.count(''), 'DICOM file')}, such as {loose}, beside the folders "
            f'{_tree(tops, files)}. Move them into a folder, or pass labels="none" if no folder is a class.'
        )
    classes = labels == "folder" or are_classes(tops, files)
    within = [folder[1] if len(folder) > 1 else "" for folder in folders]
    if classes is False and all(within) and any(map(names.is_diagnosis, within)):
        tops, classes = within, True  # patients hold a folder for each class
    if classes is None:
        raise DatasetError(
            f"{root}: it cannot be told whether these folders are classes or patients: {_tree(tops, files)}. Pass "
            'labels="folder" if each is a class, or labels="none" if they are patients, studies or series.'
        )
    if classes:
        return list(zip(official, _one_spelling(tops))), []
    note = f"the folders {_tree(tops, files)} are patients, studies or series, no classes"
    return [(part, UNLABELLED) for part in official], [note]


def are_classes(tops, files):
    """True, False, or None where it cannot be told.

    tops : the folder of every file. files : as in `sort`.
    """
    folders = {}
    for top, file in zip(tops, files):
        folders.setdefault(top, []).append(file)
    if any(map(names.is_diagnosis, folders)):
        return True
    if all(names.is_named_after(top, [file["identities"] for file in own]) for top, own in folders.items()):
        return False
    if all(map(names.is_person, folders)):
        return False
    if all(map(is_portion, folders)) or any(
        names.is_drawing(name) or is_unlabelled(name) for name in folders
    ):
        return None
    patients = {top: {file["patient"] for file in own} for top, own in folders.items()}
    series = Counter(
        one for own in folders.values() for one in {file["series"] or file["path"] for file in own}
    )
    if max(map(len, patients.values())) > 1:
        # The same patients in each, and every series in one: these may be modalities, sequences or visits.
        everywhere = len({frozenset(some) for some in patients.values()}) == 1
        return None if everywhere and max(series.values()) == 1 else True
    numbered = all(map(names.is_numbered, folders))
    if max(series.values()) > 1:  # slices of one series were sorted by what they show
        return None if numbered else True
    if numbered or len(set.union(*patients.values())) == 1:
        return False
    return None


def _one_spelling(tops):
    """Classes under the name that comes first, where parts spell them in different case."""
    spelling = {}
    for top in sorted(set(tops)):
        spelling.setdefault(top.casefold(), top)
    return [spelling[top.casefold()] for top in tops]


def _tree(tops, files):
    """The first folders with their patients and files."""
    rows = []
    for top in sorted(set(tops) - {""}):
        own = [file for name, file in zip(tops, files) if name == top]
        patients = len({file["patient"] for file in own})
        rows.append(f"{top} ({_some(patients, 'patient')}, {_some(len(own), 'file')})")
    return ", ".join(rows[:5]) + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")


def _some(number, thing):
    return f"{number} {thing}" + "s" * (number != 1)
