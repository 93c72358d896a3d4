"""Where the names of folders can be read in two ways, or name no classes: refused, with the folders drawn."""

import unicodedata

from helpers.datasets.dicom.names import is_diagnosis
from helpers.datasets.errors import DatasetError
from helpers.datasets.layout import is_portion, is_unlabelled
from helpers.datasets.outline import draw

ASK = "Rename or move the folders so that one of these layouts is left, or read a folder further down by itself."


def refuse_no_classes(top, folders):
    """Folders named as portions of a download, or as if their images had no label."""
    if len(folders) > 1 and all(is_portion(folder.name) for folder in folders):
        raise undecided(
            top, f"{names_of(folders)} are named as parts of a download or patients, not as classes"
        )
    if unlabelled := [folder for folder in folders if is_unlabelled(folder.name)]:
        raise undecided(top, f"{names_of(unlabelled)} is named as if its images had no label")


def refuse_twice(top, folders, part):
    """Folders that stand for the same official part."""
    parts = [part[folder.name] for folder in folders]
    twice = [folder for folder in folders if parts.count(part[folder.name]) > 1]
    if twice:
        raise undecided(top, f"{names_of(twice)} stand for the same official part")


def refuse_two_levels(top, folders):
    """Folders of the same names below all, or below most of many: either level may be that of the classes.

    Not where those above are named after diagnoses and those below are not, or where those below are portions.
    """
    if len(folders) < 2 or any(folder.images for folder in folders):
        return
    inner = [{key(one.name) for one in folder.filled()} for folder in folders]
    below = set.union(*inner)
    if all(map(is_portion, below)) or (
        any(is_diagnosis(folder.name) for folder in folders) and not any(map(is_diagnosis, below))
    ):
        return
    shared = {name for name in below if 2 * sum(name in names for names in inner) > len(inner)}
    numbered = any(character.isdigit() for name in shared for character in name)
    few = len(folders) > len(below)  # more patients than classes
    if len(shared) >= 2 and (not numbered or few or all(names == shared for names in inner)):
        raise undecided(top, f"either {names_of(folders)} or the folders below may be the classes")


def is_copy(folder, top):
    """Whether all images below a folder lie beside it once more, under the same names and of the same sizes."""
    inside = _signature(folder, folder.path)
    beside = set().union(*(_signature(other, top.path) for other in top.filled() if other is not folder))
    return inside <= beside


def _signature(folder, start):
    return {(path.relative_to(start), path.stat().st_size) for path in folder.all_images() if path.exists()}


def key(name):
    """A name without what spelling may change: case, spaces at the ends, forms of accents."""
    return unicodedata.normalize("NFC", name).strip().casefold()


def names_of(folders):
    """The names of up to four folders, for messages."""
    return " and ".join(folder.name for folder in folders[:4])


def undecided(top, why):
    """The error that shows the folders, and asks."""
    return DatasetError(f"{top.path}: {why}. These are the folders:\n{draw(top)}\n{ASK}")
