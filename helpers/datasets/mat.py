"""Read MATLAB files of versions 5, 7 and 7.3.

    Train.mat, Val.mat, Test.mat     each with `data` (n, h, w) and `label` (n,) or (1, n)

Nothing in these files is trusted: sizes are read before pixels. MATLAB keeps whole numbers of class double in the
smallest type that holds them: what counts is the class, not the type.
"""

import math

import numpy as np
import scipy.io

from helpers.datasets import arrays, kinds
from helpers.datasets.array_files import find, names, reason
from helpers.datasets.errors import MEMORY_LIMIT_BYTES, DatasetError
from helpers.datasets.inventories import left_out_row
from helpers.datasets.layout import parts_of

KEYS = "`data` (n, h, w) and `label` (n,)"
# Classes of MATLAB as kinds of `extremes.Numbers`.
KINDS = {"logical": "bool", "double": "float", "single": "float"}


def read(root, size=None, value_range=None):
    """Read one .mat file, or a folder of several that are splits (Train.mat, Val.mat, Test.mat).

    Returns a `Reading`; raises `DatasetError` naming the file. Where two or more names are those of official parts,
    other files (a copy in another version, say) are left out; where only one is, that is refused.
    """
    return arrays.read(*pieces(root), root, size, value_range)


def pieces(root):
    """The parts of a set, a list of `arrays.Piece`; and rows on what was left out."""
    paths, left_out = find(root, "mat")
    named = parts_of([path.stem for path in paths])
    parts = {path: named[path.stem] for path in paths}
    known = [part for part in parts.values() if part]
    if len(set(known)) < len(known) or (len(known) == 1 and len(paths) > 1):
        raise DatasetError(
            f"{root}: holds {names(path.name for path in paths)}; expected one file, or one for each official part, "
            "such as Train.mat, Val.mat and Test.mat. Rename or move the others, or pass the path of one as root=."
        )
    chosen = [path for path in paths if parts[path] or not known]
    found = []
    for path in chosen:
        images, labels, kind, others = _arrays(path)
        found.append(arrays.piece(parts[path], path, images, labels, kind=kind))
        left_out += [
            left_out_row(path, "", "", "a variable that is not read", inside=name) for name in others
        ]
    return found, left_out + [_not_read(path, found) for path in paths if path not in chosen]


def _not_read(path, found):
    """The row of a file beside those of official parts: a copy of one of them, or something else."""
    why = "its name is that of no official part, those of others are"
    try:
        images, labels, *_ = _arrays(path)
    except DatasetError:
        return left_out_row(path, "", "mat", why)
    for one in found:
        if np.array_equal(images, one.images) and np.array_equal(np.ravel(labels), one.labels):
            return left_out_row(path, "", "", f"a copy of {one.path.name}")
    return left_out_row(path, "", "mat", why)


def _arrays(path):
    """`data` and `label`, the kind of the numbers in `data`, and the names of other variables."""
    import h5py  # a large library that no other format needs

    try:
        if h5py.is_hdf5(path):
            return _version73(path)
        if kinds.is_matlab4(path):
            raise DatasetError(
                f"{path}: is a MATLAB 4 file, which cannot hold `data` (n, h, w). In MATLAB, save it anew: "
                "save('name.mat', 'data', 'label', '-v7')."
            )
        with open(path, "rb") as file:
            if not file.read(19).startswith(b"MATLAB"):
                raise DatasetError(f"{path}: is no MATLAB file, whatever its name says. Expected {KEYS}.")
        return _version5(path)
    except DatasetError:
        raise
    except MemoryError:
        raise DatasetError(f"{path}: claims more data than fits into memory. Replace the file.") from None
    except Exception as error:  # scipy and h5py raise many kinds for damaged files
        raise DatasetError(f"{path}: cannot be read as .mat ({reason(error)}). Replace the file.") from None


def _version73(path):
    """7.3 is HDF5, with the axes in reverse order."""
    import h5py

    with h5py.File(path, "r") as file:
        _require(path, list(file))
        data = file["data"]
        _limit(path, data.shape, data.dtype)
        name = data.attrs.get("MATLAB_class", b"")
        name = name.decode() if isinstance(name, bytes) else str(name)
        others = [other for other in file if other not in ("data", "label") and not other.startswith("#")]
        return np.transpose(data[()]), np.transpose(file["label"][()]), KINDS.get(name), others


def _version5(path):
    held = {name: (shape, kind) for name, shape, kind in scipy.io.whosmat(path)}
    _require(path, held)
    shape, kind = held["data"]
    _limit(path, shape, np.dtype(float))
    found = scipy.io.loadmat(path, variable_names=["data", "label"])
    others = [name for name in held if name not in ("data", "label")]
    return found["data"], found["label"], KINDS.get(kind), others


def _require(path, held):
    if not {"data", "label"} <= set(held):
        raise DatasetError(f"{path}: holds {names(held)}; expected {KEYS}.")


def _limit(path, shape, dtype):
    """Refuse arrays whose declared size is beyond reason, before they are read."""
    if math.prod(shape) * dtype.itemsize > 8 * MEMORY_LIMIT_BYTES:
        raise DatasetError(
            f"{path}: declares an array of shape {shape}, far above the limit. Is this the right file?"
        )
