"""Arrays of images and labels, as .mat and .npz files hold them, become a `Reading`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.datasets import decoding, extremes, ranges
from helpers.datasets.base import Reading, check_memory, check_size
from helpers.datasets.errors import DatasetError
from helpers.datasets.inventories import table

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R 601


@dataclass(frozen=True, eq=False)
class Piece:
    """One part of a set: what one .mat file or one pair of arrays in a .npz file holds.

    part : official split, or "". path : of the file. images : (n, h, w) or (n, h, w, channels), numbers as stored.
    labels : (n,) int. numbers : `extremes.Numbers` of the images.
    """

    part: str
    path: Path
    images: np.ndarray
    labels: np.ndarray
    numbers: extremes.Numbers


def piece(part, path, images, labels, name="", kind=None):
    """A `Piece`, or `DatasetError` that names the file. `name` : of the array. `kind` : of `Numbers`, if known."""
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
        last = " The images seem to lie along the last axis." if len(labels) == images.shape[-1] else ""
        raise DatasetError(
            f"{path}: {len(labels)} labels for {len(images)} images; expected one an image, images first.{last}"
        )
    odd = labels[~(np.isfinite(labels) & (labels == np.round(labels)) & (np.abs(labels) < 1e6))]
    if odd.size:
        raise DatasetError(
            f"{path}: {odd.size} labels are no whole numbers, such as {odd[0]}; expected 0, 1, 2 ..."
        )
    where = f"{path}[{name}]" if name else path
    return Piece(part, path, images, labels.astype(int), extremes.measure(images, where, kind))


def read(pieces, left_out, root, size=None, value_range=None):
    """The `Reading` of `Piece`s, and of rows on what was left out (see `inventories.left_out_row`).

    Raises
    ------
    DatasetError : a single class, different sizes and no `size`, unclear range of the pixels, too much memory.
    """
    shapes = {one.images.shape[1:3] for one in pieces}
    if size is None and len(shapes) > 1:
        raise DatasetError(
            f"{root}: images of different sizes, {sorted(shapes)}. Give size=, for example size=96."
        )
    if size is not None:
        check_size(size)
    height, width = (size, size) if size is not None else shapes.pop()
    check_memory(sum(len(one.images) for one in pieces), height, width, str(root))
    files, values = contents(pieces)
    classes, labels = np.unique(values, return_inverse=True)
    if len(classes) < 2:
        raise DatasetError(
            f"{root}: all {len(values)} labels are {classes[0]}; telling classes apart takes at least two."
        )
    scale = ranges.decide([one.numbers for one in pieces], value_range)
    part = files["part"].to_numpy(str)
    return Reading(
        np.concatenate([to_unit(one, height, width, scale) for one in pieces]), labels,
        tuple(str(value) for value in classes), files, table(left_out),
        part=part if (part != "").all() else None, notes=(scale.said,),
    )  # fmt: skip


def contents(pieces):
    """One row an image (path, file, part, class), and the labels as they are stored."""
    rows = [
        (str(one.path), f"{one.path.name}[{i}]", one.part) for one in pieces for i in range(len(one.images))
    ]
    values = np.concatenate([one.labels for one in pieces])
    return pd.DataFrame(rows, columns=["path", "file", "part"]).assign(
        **{"class": values.astype(str)}
    ), values


def grey(image):
    """One image of a `Piece`, (h, w) or (h, w, channels), as (h, w) float32 in the numbers in which it is stored."""
    image = np.asarray(image, np.float32)
    return image if image.ndim == 2 else image @ LUMA if image.shape[2] == 3 else image[..., 0]


def to_unit(one, height, width, scale):
    """The images of a `Piece` as (n, height, width) float32 in [0, 1]."""
    out = np.empty((len(one.images), height, width), np.float32)
    for i, image in enumerate(one.images):
        out[i] = scale.to_unit(decoding.resized(grey(image), height, width), one.numbers.kind)
    return out
