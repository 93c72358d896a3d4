"""What numbers are stored in a file or an array: their kind, the least and the largest."""

from dataclasses import dataclass

import numpy as np

from helpers.datasets.errors import DatasetError


@dataclass(frozen=True)
class Numbers:
    """What was found in one file, or one array of it.

    where : name for messages. kind : "bool", "uint8", "uint16", "int8", "whole" (other whole numbers) or "float";
    of MATLAB files the class in MATLAB, which may keep doubles in a smaller type. low, high : extremes. whole : no
    fractions.
    """

    where: str
    kind: str
    low: float
    high: float
    whole: bool


def measure(pixels, where, kind=None):
    """`Numbers` of an array of any shape, or `DatasetError` if some are NaN or infinite."""
    kind = kind or kind_of(pixels.dtype)
    if odd := not_finite(pixels):
        raise DatasetError(f"{where}: {odd} pixels are NaN or infinite. Mend or leave out the images.")
    whole = pixels.dtype.kind != "f" or bool((pixels == np.rint(pixels)).all())
    return Numbers(str(where), kind, float(pixels.min()), float(pixels.max()), whole)


def not_finite(pixels):
    """How many pixels are NaN or infinite."""
    return int(np.count_nonzero(~np.isfinite(pixels))) if pixels.dtype.kind == "f" else 0


def kind_of(dtype):
    """The kind of `Numbers` of an array's type."""
    dtype = np.dtype(dtype)
    if dtype.name in ("bool", "uint8", "uint16", "int8"):
        return dtype.name
    return "float" if dtype.kind == "f" else "whole"


def of_all(found):
    """The least and the largest number, and the file or array in which the largest, or a negative one, is."""
    least, most = min(found, key=lambda one: one.low), max(found, key=lambda one: one.high)
    return least.low, most.high, (least if least.low < 0 else most).where


def merged(found):
    """Several `Numbers` of one kind as one, named after the largest."""
    low, high, where = of_all(found)
    return Numbers(where, found[0].kind, low, high, all(one.whole for one in found))
