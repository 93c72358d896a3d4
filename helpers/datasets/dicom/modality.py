"""From stored numbers to those that the modality means: a table, or slope and intercept."""

import numpy as np
from pydicom import Dataset
from pydicom.pixels import apply_modality_lut

from helpers.datasets.dicom import tables
from helpers.datasets.dicom.tags import number


def rescale(stored, tags, little):
    """Stored numbers to those that the modality means (HU for CT): float64, by table or slope and intercept."""
    if tags.get("ModalityLUTSequence"):
        return tables.modality(stored, tags, little, limits(tags)[1])
    slope, intercept = (number(tags, name) for name in ("RescaleSlope", "RescaleIntercept"))
    if slope is None and intercept is None:
        return np.asarray(stored, float)
    if slope == 0:
        raise ValueError("its Rescale Slope is 0, which makes all pixels equal")
    plain = Dataset()
    plain.RescaleSlope = 1 if slope is None else slope
    plain.RescaleIntercept = 0 if intercept is None else intercept
    return apply_modality_lut(stored, plain)


def is_rescaled(tags):
    """Whether a table, or slope and intercept, leads from stored numbers to those that the modality means."""
    slope, intercept = (number(tags, name) for name in ("RescaleSlope", "RescaleIntercept"))
    return bool(tags.get("ModalityLUTSequence")) or slope is not None or intercept is not None


def limits(tags):
    """The smallest and largest number that the stored type can hold."""
    bits = int(tags.get("BitsStored") or tags.BitsAllocated)
    half = 2 ** (bits - 1)
    return (-half, half - 1) if tags.get("PixelRepresentation") == 1 else (0, 2 * half - 1)


def reach(tags, little):
    """The smallest and largest number that the modality can make of what is stored."""
    low, high = limits(tags)
    whole = tags.get("ModalityLUTSequence") and high - low < 2**16
    numbers = rescale(np.arange(low, high + 1) if whole else np.array([low, high]), tags, little)
    return float(numbers.min()), float(numbers.max())
