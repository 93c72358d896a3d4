"""Which files of arrays below a folder are read, and which are left out."""

from pathlib import Path

from helpers.datasets import tree
from helpers.datasets.errors import DatasetError
from helpers.datasets.inventories import left_out_row


def find(root, kind):
    """The files of a kind that are to be read.

    Parameters
    ----------
    root : a file, or a folder: read are the files in it, else those in the nearest folder below that holds some.
    kind : "mat" or "npz"; told by the bytes or the ending.

    Returns
    -------
    paths, sorted as people count; and a row for each file that is left out (see `inventories.left_out_row`).

    Raises
    ------
    DatasetError : there is none, or several folders hold some.
    """
    root = Path(root)
    if root.is_file():
        return [root], []
    whole = tree.scan(root)
    holding = {
        folder.path: [path for path, found, _ in folder.others if kind in (found, path.suffix.lower()[1:])]
        for folder in whole.below()
    }
    depths = [len(folder.relative_to(root).parts) for folder, paths in holding.items() if paths]
    nearest = [
        folder for folder, paths in holding.items()
        if paths and len(folder.relative_to(root).parts) == min(depths)
    ]  # fmt: skip
    if len(nearest) != 1:
        held = " and ".join(str(folder.relative_to(root)) for folder in nearest[:4]) or "nothing of the kind"
        raise DatasetError(
            f"{root}: expected .{kind} files in one folder, found {held}. Pass that folder as root=."
        )
    chosen = holding[nearest[0]]
    return chosen, _left_out(whole, set(chosen), kind)


def _left_out(whole, chosen, kind):
    rows = []
    for folder in whole.below():
        rows += [left_out_row(path, "", "image", f"an image beside .{kind} files") for path in folder.images]
        for path, found, reason in folder.others:
            if path not in chosen:
                rows.append(
                    left_out_row(path, "", found, reason if found != kind else "lies in a deeper folder")
                )
    return rows


def names(held):
    """Up to six names, for messages."""
    return ", ".join(sorted(map(str, held))[:6]) or "nothing"


def reason(error):
    """An error of another library in one line."""
    return " ".join(str(error).split())[:160] or type(error).__name__
