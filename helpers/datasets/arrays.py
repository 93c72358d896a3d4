"""Read arrays of images and labels: MATLAB's .mat (v5 and v7.3) and MedMNIST's .npz.

    Train.mat, Val.mat, Test.mat     each with `data` (n, h, w) and `label` (n,) or (1, n)
    pneumoniamnist.npz               train_images (n, h, w), train_labels (n, 1), val_..., test_...

Nothing in these files is trusted: sizes are read before pixels, and pickled objects are refused.
"""

import math
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import scipy.io
from PIL import Image

from helpers.datasets.base import MEMORY_LIMIT_BYTES, DatasetError, Reading, check_memory
from helpers.datasets.folder import PARTS

MAT_KEYS = "`data` (n, h, w) and `label` (n,)"
NPZ_KEYS = "train_images (n, h, w) and train_labels (n, 1), likewise val_ and test_"


def read_mat(root, size=None):
    """Read one .mat file, or a folder of several that are splits (Train.mat, Val.mat, Test.mat).

    Returns a `Reading`; raises `DatasetError` naming the file.
    """
    root = Path(root)
    paths = (
        [root] if root.is_file() else sorted(path for path in root.iterdir() if path.suffix.lower() == ".mat")
    )
    splits = [path for path in paths if path.stem.casefold() in PARTS]
    paths = (
        splits or paths
    )  # where there are splits, other files (a copy in another version, say) are left alone
    pieces = [(PARTS.get(path.stem.casefold(), ""), path, *_mat_arrays(path)) for path in paths]
    return _reading(pieces, size, root)


def read_npz(path, size=None):
    """Read a .npz file in MedMNIST's layout. Returns a `Reading`; raises `DatasetError` naming the file."""
    path = Path(path)
    if path.is_dir():
        path = next(entry for entry in sorted(path.iterdir()) if entry.suffix.lower() == ".npz")
    pieces = []
    try:
        with zipfile.ZipFile(path) as archive:
            declared = sum(member.file_size for member in archive.infolist())
            if declared > MEMORY_LIMIT_BYTES:
                raise DatasetError(
                    f"{path}: declares {declared / 1e9:.1f} GB of content; the limit is "
                    f"{MEMORY_LIMIT_BYTES / 1e9:.0f} GB. Is this the right file?"
                )
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            for prefix in ("train", "val", "test"):
                if f"{prefix}_images" in members and f"{prefix}_labels" in members:
                    images, labels = (
                        _npy(archive, members[f"{prefix}_{kind}"], path) for kind in ("images", "labels")
                    )
                    pieces.append((PARTS[prefix], path, images, labels))
    except DatasetError:
        raise
    except Exception as error:  # zipfile, zlib, struct and NumPy raise many kinds for damaged files
        raise DatasetError(f"{path}: cannot be read as .npz ({_reason(error)}). Replace the file.") from None
    if not pieces:
        raise DatasetError(f"{path}: holds {_names(members)}; expected {NPZ_KEYS}.")
    return _reading(pieces, size, path)


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


def _mat_arrays(path):
    """`data` and `label` of a .mat file of either version; 7.3 stores axes in reverse order."""
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                _require(path, list(file))
                _limit(path, file["data"].shape, file["data"].dtype)
                return np.transpose(file["data"][()]), np.transpose(file["label"][()])
        with open(path, "rb") as file:
            if not file.read(19).startswith(b"MATLAB"):
                raise DatasetError(f"{path}: is no MATLAB file, whatever its name says. Expected {MAT_KEYS}.")
        held = scipy.io.whosmat(path)
        _require(path, [name for name, _, _ in held])
        _limit(path, next(shape for name, shape, _ in held if name == "data"), np.dtype(float))
        found = scipy.io.loadmat(path, variable_names=["data", "label"])
        return found["data"], found["label"]
    except DatasetError:
        raise
    except MemoryError:
        raise DatasetError(f"{path}: claims more data than fits into memory. Replace the file.") from None
    except Exception as error:  # scipy and h5py raise many kinds for damaged files
        raise DatasetError(f"{path}: cannot be read as .mat ({_reason(error)}). Replace the file.") from None


def _require(path, names):
    if not {"data", "label"} <= set(names):
        raise DatasetError(f"{path}: holds {_names(names)}; expected {MAT_KEYS}.")


def _limit(path, shape, dtype):
    """Refuse arrays whose declared size is beyond reason, before they are read."""
    if math.prod(shape) * dtype.itemsize > 8 * MEMORY_LIMIT_BYTES:
        raise DatasetError(
            f"{path}: declares an array of shape {shape}, far above the limit. Is this the right file?"
        )


def _reading(pieces, size, root):
    """Pieces (part, path, images, labels) as one `Reading`."""
    checked = [(part, path, *_check(path, images, labels)) for part, path, images, labels in pieces]
    shapes = {images.shape[1:3] for _, _, images, _ in checked}
    if size is None and len(shapes) > 1:
        raise DatasetError(
            f"{root}: images of different sizes, {sorted(shapes)}. Give size=, for example size=96."
        )
    height, width = (size, size) if size else shapes.pop()
    check_memory(sum(len(images) for _, _, images, _ in checked), height, width, str(root))
    images = np.concatenate([to_unit(path, images, height, width) for _, path, images, _ in checked])
    values = np.concatenate([labels for *_, labels in checked])
    classes, labels = np.unique(values, return_inverse=True)
    if len(classes) < 2:
        raise DatasetError(
            f"{root}: all {len(values)} labels are {classes[0]}; telling classes apart takes at least two."
        )
    rows = [(str(path), f"{path.name}[{i}]", part) for part, path, one, _ in checked for i in range(len(one))]
    files = pd.DataFrame(rows, columns=["path", "file", "part"])
    files["class"] = values.astype(str)
    part = files["part"].to_numpy(str)
    return Reading(
        images, labels, tuple(str(value) for value in classes), files, files.iloc[:0],
        part=part if (part != "").all() else None,
    )  # fmt: skip


def _check(path, images, labels):
    """Images (n, h, w[, channels]) and integer labels (n,) of one file, or `DatasetError`."""
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype.kind not in "buif" or images.ndim not in (3, 4) or 0 in images.shape:
        raise DatasetError(
            f"{path}: images of shape {images.shape}, type {images.dtype}; expected numbers (n, h, w)."
        )
    if images.ndim == 4 and images.shape[3] not in (1, 3):
        raise DatasetError(f"{path}: images of shape {images.shape}; expected 1 or 3 channels, last.")
    if labels.dtype.kind not in "buif" or labels.size != max(labels.shape, default=0):
        raise DatasetError(
            f"{path}: labels of shape {labels.shape}, type {labels.dtype}; expected one number an image."
        )
    labels = labels.ravel()
    if len(labels) != len(images):
        raise DatasetError(f"{path}: {len(labels)} labels for {len(images)} images; expected one an image.")
    odd = labels[~(np.isfinite(labels) & (labels == np.round(labels)) & (np.abs(labels) < 1e6))]
    if odd.size:
        raise DatasetError(
            f"{path}: {odd.size} labels are no whole numbers, such as {odd[0]}; expected 0, 1, 2 ..."
        )
    return images, labels.astype(int)


def to_unit(path, images, height, width):
    """Images of any numeric type as (n, height, width) float32 in [0, 1].

    Whole numbers are divided by the largest value of their type (255, 65535); floating point must lie in [0, 1] or
    [0, 255].
    """
    if images.ndim == 4:
        weights = np.array([0.299, 0.587, 0.114]) if images.shape[3] == 3 else np.ones(1)
        top = 255 if images.dtype == np.uint8 else 1
        images = (images / top) @ weights  # ITU-R 601 luma
    if images.dtype.kind == "f":
        if not np.isfinite(images).all():
            raise DatasetError(
                f"{path}: {np.count_nonzero(~np.isfinite(images))} pixels are NaN or infinite. Mend or leave out the images."
            )
        low, high = float(images.min()), float(images.max())
        if low < 0 or high > 255:
            raise DatasetError(
                f"{path}: pixels from {low:g} to {high:g}; expected 0 to 1 or 0 to 255. Scale them first."
            )
        scale = 1.0 if high <= 1 else 255.0
    else:
        scale = 1.0 if images.dtype.kind == "b" else float(np.iinfo(images.dtype).max)
        if images.dtype.kind == "i" and images.min() < 0:
            raise DatasetError(
                f"{path}: negative pixels in {images.dtype}; expected 0 to {scale:g}. Scale them first."
            )
    out = np.empty((len(images), height, width), np.float32)
    for i, image in enumerate(images):
        grey = np.asarray(image, np.float32) / np.float32(scale)
        if grey.shape != (height, width):
            grey = np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BILINEAR))
        out[i] = np.clip(grey, 0, 1)
    return out


def _names(names):
    shown = ", ".join(sorted(map(str, names))[:6])
    return shown or "nothing"


def _reason(error):
    return " ".join(str(error).split())[:160] or type(error).__name__
