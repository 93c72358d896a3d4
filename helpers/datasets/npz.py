"""Read a .npz file in MedMNIST's layout.

    pneumoniamnist.npz      train_images (n, h, w), train_labels (n, 1), val_..., test_...

Nothing in these files is trusted: sizes are read before pixels, and pickled objects are refused.
"""

import math
import zipfile

import numpy as np

from helpers.datasets import arrays
from helpers.datasets.array_files import find, names, reason
from helpers.datasets.errors import MEMORY_LIMIT_BYTES, DatasetError
from helpers.datasets.inventories import left_out_row
from helpers.datasets.layout import parts_of

KEYS = "train_images (n, h, w) and train_labels (n, 1), likewise val_ and test_"


def read(root, size=None, value_range=None):
    """Read a .npz file, or the one in a folder. Returns a `Reading`; raises `DatasetError` naming the file."""
    return arrays.read(*pieces(root), root, size, value_range)


def pieces(root):
    """The parts of a .npz file, a list of `arrays.Piece`; and rows on what was left out."""
    paths, left_out = find(root, "npz")
    if len(paths) > 1:
        raise DatasetError(
            f"{root}: holds {len(paths)} .npz files, {names(path.name for path in paths)}; one with all parts is "
            "expected. Pass the path of one as root=."
        )
    path = paths[0]
    try:
        with zipfile.ZipFile(path) as archive:
            found, unread = _pieces(archive, path)
    except DatasetError:
        raise
    except Exception as error:  # zipfile, zlib, struct and NumPy raise many kinds for damaged files
        raise DatasetError(f"{path}: cannot be read as .npz ({reason(error)}). Replace the file.") from None
    return found, left_out + unread


def _pieces(archive, path):
    declared = sum(member.file_size for member in archive.infolist())
    if declared > MEMORY_LIMIT_BYTES:
        raise DatasetError(
            f"{path}: declares {declared / 1e9:.1f} GB of content; the limit is "
            f"{MEMORY_LIMIT_BYTES / 1e9:.0f} GB. Is this the right file?"
        )
    members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
    pairs = {name.removesuffix("_images"): name for name in members if name.endswith("_images")}
    pairs = {prefix: name for prefix, name in pairs.items() if f"{prefix}_labels" in members}
    parts = parts_of(pairs)
    if not any(parts.values()):
        raise DatasetError(f"{path}: holds {names(members)}; expected {KEYS}.")
    _refuse_unclear(path, parts)
    found = [
        arrays.piece(part, path, *(_npy(archive, members[f"{prefix}_{kind}"], path) for kind in ("images", "labels")),
                     name=pairs[prefix])
        for prefix, part in parts.items()
    ]  # fmt: skip
    read = {f"{prefix}_{kind}" for prefix in parts for kind in ("images", "labels")}
    unread = [name for name in members if name not in read]
    return found, [_unread(path, name) for name in unread]


def _refuse_unclear(path, parts):
    unknown = [prefix for prefix, part in parts.items() if not part]
    if unknown:
        raise DatasetError(
            f"{path}: {unknown[0]}_images and {unknown[0]}_labels are of no known part; expected {KEYS}. Rename the "
            "arrays, or save the file without them."
        )
    if len(set(parts.values())) < len(parts):
        raise DatasetError(f"{path}: {' and '.join(parts)} stand for the same official part more than once.")


def _unread(path, name):
    images = name.endswith("images")
    why = "images without labels of the same name" if images else "an array that is no part of the layout"
    return left_out_row(path, "", "array" if images else "", why, inside=name)


def _npy(archive, member, path):
    """One array of a .npz, after its header has been found to agree with its declared size."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = header(file)
    if dtype.hasobject:
        raise DatasetError(
            f"{path}: {member.filename} holds Python objects, which are not read. Expected numbers."
        )
    if math.prod(shape) * dtype.itemsize > member.file_size:
        raise DatasetError(f"{path}: {member.filename} claims more pixels than it holds. Replace the file.")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
