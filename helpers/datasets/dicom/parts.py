"""Official parts (train, validation, test) of a DICOM tree, from its folders."""

from helpers.datasets.errors import DatasetError
from helpers.datasets.layout import part_of, parts_of


def split_off(root, folders, asked):
    """The official part of every file, and the folders that are left to tell its class.

    Parameters
    ----------
    folders : for every file, the names of the folders between `root` and it. asked : refuse what is not clear.

    Returns
    -------
    list of str ("": no part), and `folders` without those that hold everything and that of the part.

    Raises
    ------
    DatasetError : two folders stand for one part, or some are parts and others not.
    """
    folders = _unwrapped(folders)
    for depth in (0, 1):
        named = _named(folders, depth)
        if all(named):
            _refuse_twice(root, folders, depth, named)
            rest = [folder[:depth] + folder[depth + 1 :] for folder in folders]
            return named, _unwrapped_in_parts(named, rest)
    named = _named(folders, 0)
    if any(named) and asked:
        known = sorted({folder[0] for folder, part in zip(folders, named) if part})
        other = sorted(
            {
                folder[0] if folder else "files in no folder"
                for folder, part in zip(folders, named)
                if not part
            }
        )
        raise DatasetError(
            f"{root}: {', '.join(known[:4])} look like official parts (train, validation, test), but beside them are "
            f'{", ".join(other[:4])}. Move or rename these; or pass labels="folder" if all are classes, or '
            'labels="none".'
        )
    return [""] * len(folders), folders


def _named(folders, depth):
    """The official part that the folder at a depth stands for, for every file."""
    parts = parts_of({folder[depth] for folder in folders if len(folder) > depth})
    return [parts[folder[depth]] if len(folder) > depth else "" for folder in folders]


def _refuse_twice(root, folders, depth, named):
    spelled = {}
    for folder, part in zip(folders, named):
        spelled.setdefault((folder[:depth], part), set()).add(folder[depth])
    for same in spelled.values():
        if len(same) > 1:
            raise DatasetError(
                f"{root}: {' and '.join(sorted(same))} stand for the same official part. Merge or rename them."
            )


def _unwrapped_in_parts(parts, folders):
    """train/train_images/Cyst and test/test_images/Cyst: without a folder that holds all of its part."""
    while all(folders):
        tops = {
            part: {folder[0] for folder, own in zip(folders, parts) if own == part} for part in set(parts)
        }
        lone = all(len(names) == 1 for names in tops.values())
        same = len(set.union(*tops.values())) == 1
        if not lone or not (same or all(len(folder) > 1 for folder in folders)):
            break
        folders = [folder[1:] for folder in folders]
    return folders


def _unwrapped(folders):
    """Without the folders that hold everything, as long as they are no official part."""
    while all(folders) and len({folder[0] for folder in folders}) == 1 and not part_of(folders[0][0]):
        folders = [folder[1:] for folder in folders]
    return folders
