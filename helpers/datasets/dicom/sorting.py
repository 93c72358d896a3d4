"""Classes and official parts of a DICOM tree, from its folders; the rule stands in the package's docstring."""

from collections import Counter
from pathlib import Path

from helpers.datasets.base import DatasetError
from helpers.datasets.dicom import names
from helpers.datasets.layout import part_of

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
    folders = _unwrapped([Path(file["path"]).parent.relative_to(root).parts for file in files])
    parts, folders = _parts(root, folders, labels)
    tops = [folder[0] if folder else "" for folder in folders]
    if labels == "none" or not any(tops):
        return [(part, UNLABELLED) for part in parts], []
    if not all(tops):
        loose = Path(files[tops.index("")]["path"]).name
        raise DatasetError(
            f"{root}: {loose} and {tops.count('') - 1} more DICOM files lie beside the folders "
            f"{_tree(tops, files)}. Move them into a folder, or pass labels=\"none\" if no folder is a class."
        )
    classes = labels == "folder" or are_classes(tops, files)
    if classes is None:
        raise DatasetError(
            f"{root}: it cannot be told whether these folders are classes or patients: {_tree(tops, files)}. Pass "
            'labels="folder" if each is a class, or labels="none" if they are patients, studies or series.'
        )
    if classes:
        return list(zip(parts, tops)), []
    note = f"the folders {_tree(tops, files)} are patients, studies or series, no classes"
    return [(part, UNLABELLED) for part in parts], [note]


def _unwrapped(folders):
    """Without the folders that hold everything, as long as they are no official part."""
    while all(folders) and len({folder[0] for folder in folders}) == 1 and not part_of(folders[0][0]):
        folders = [folder[1:] for folder in folders]
    return folders


def _parts(root, folders, labels):
    """The official part of every file ("": none), and its folders without that of the part."""
    for depth in (0, 1):
        named = [part_of(folder[depth]) if len(folder) > depth else "" for folder in folders]
        if all(named):
            rest = [folder[:depth] + folder[depth + 1 :] for folder in folders]
            return named, _unwrapped_in_parts(named, rest)
    named = [part_of(folder[0]) if folder else "" for folder in folders]
    if any(named) and labels is None:
        known = sorted({folder[0] for folder, part in zip(folders, named) if part})
        other = sorted({folder[0] if folder else "files in no folder" for folder, part in zip(folders, named) if not part})
        raise DatasetError(
            f"{root}: {', '.join(known[:4])} look like official parts (train, validation, test), but beside them are "
            f"{', '.join(other[:4])}. Move or rename these; or pass labels=\"folder\" if all are classes, or "
            'labels="none".'
        )
    return [""] * len(folders), folders


def _unwrapped_in_parts(parts, folders):
    """train/train_images/Cyst and test/test_images/Cyst: without a folder that holds all of its part."""
    while all(folders):
        tops = {part: {folder[0] for folder, own in zip(folders, parts) if own == part} for part in set(parts)}
        lone = all(len(names) == 1 for names in tops.values())
        same = len(set.union(*tops.values())) == 1
        if not lone or not (same or all(len(folder) > 1 for folder in folders)):
            break
        folders = [folder[1:] for folder in folders]
    return folders


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
    patients = {top: {file["patient"] for file in own} for top, own in folders.items()}
    if max(map(len, patients.values())) > 1:
        return True
    numbered = all(map(names.is_numbered, folders))
    series = Counter(one for own in folders.values() for one in {file["series"] or file["path"] for file in own})
    if max(series.values()) > 1:  # slices of one series were sorted by what they show
        return None if numbered else True
    if numbered or len(set.union(*patients.values())) == 1:
        return False
    return None


def _tree(tops, files):
    """The first folders with their patients and files."""
    rows = []
    for top in sorted(set(tops) - {""}):
        own = [file for name, file in zip(tops, files) if name == top]
        rows.append(f"{top} ({len({file['patient'] for file in own})} patients, {len(own)} files)")
    return ", ".join(rows[:5]) + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")
