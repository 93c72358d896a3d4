"""From stored numbers to grey: modality table or rescale, then VOI table or window, then MONOCHROME1.

What has a window or a VOI table is grey in [0, 1] after it. What has none keeps its rescaled numbers, with the range
that these can have; `ranges` finds black and white for all frames of one kind together, so that they remain comparable.
"""

from dataclasses import dataclass, field

import numpy as np
from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels import apply_modality_lut, apply_windowing

from helpers import windows
from helpers.datasets.dicom import tables

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass
class Frame:
    """values : (h, w) float32. padding : (h, w) bool, what is no image; None where there is none.
    kind : frames of one kind share black and white; None: the values are grey already.
    possible : (low, high) that the stored type can hold, rescaled; None where that says nothing.
    found : (low, high) in this frame. window : (level, width) that was applied, NaN where none was.
    """

    values: np.ndarray
    padding: np.ndarray | None = None
    kind: tuple | None = None
    possible: tuple | None = None
    found: tuple | None = None
    inverted: bool = False
    window: tuple = (np.nan, np.nan)
    by_default: bool = False
    row: dict = field(default_factory=dict)


def to_frame(stored, tags, little, window=None, default=windows.ABDOMEN):
    """One frame of a file.

    Parameters
    ----------
    stored : (h, w) or (h, w, 3) as it lies in the file. tags : the data set as it holds for this frame.
    little : the file's numbers are little endian.
    window : (level, width) for CT, in place of the file's own. default : for CT without window or VOI table.
    """
    if stored.ndim == 3:
        return Frame(np.float32(stored @ LUMA / (2.0 ** int(tags.BitsStored) - 1)))
    if tags.PhotometricInterpretation == "PALETTE COLOR":
        return Frame(np.float32(tables.palette(stored, tags, little) @ LUMA))
    values = rescale(stored, tags, little)
    frame = Frame(values, _padding(stored, tags), inverted=_inverted(tags))
    ct = tags.get("Modality") == "CT"
    own = _own_window(tags)
    if ct and window:
        frame.window = window
    elif _has_table(tags):
        frame.values = tables.voi(values, tags, little, _reach(tags, little)[1])
    elif own or ct:
        frame.window, frame.by_default = own or default, not own
    if np.isfinite(frame.window[0]):
        function = str(tags.get("VOILUTFunction") or "LINEAR") if own and frame.window is own else "LINEAR_EXACT"
        frame.values = apply_window(values, *frame.window, function)
    elif not _has_table(tags):
        _keep_numbers(frame, tags, little)
    frame.values = np.asarray(frame.values, np.float32)
    return frame


def rescale(stored, tags, little):
    """Stored numbers to those that the modality means (HU for CT): float64, by table or slope and intercept."""
    if tags.get("ModalityLUTSequence"):
        return tables.modality(stored, tags, little, _limits(tags)[1])
    slope, intercept = (_number(tags, name) for name in ("RescaleSlope", "RescaleIntercept"))
    if slope is None and intercept is None:
        return np.asarray(stored, float)
    if slope == 0:
        raise ValueError("its Rescale Slope is 0, which makes all pixels equal")
    plain = Dataset()
    plain.RescaleSlope = 1 if slope is None else slope
    plain.RescaleIntercept = 0 if intercept is None else intercept
    return apply_modality_lut(stored, plain)


def apply_window(values, level, width, function):
    """Grey in [0, 1] by pydicom's windowing, whose output is the range of the stored type: here that of one bit."""
    plain = Dataset()
    plain.PhotometricInterpretation, plain.BitsStored, plain.PixelRepresentation = "MONOCHROME2", 1, 0
    plain.WindowCenter, plain.WindowWidth = level, width
    # LINEAR spreads width - 1; a smaller width than 1 can only be meant as it stands.
    plain.VOILUTFunction = "LINEAR_EXACT" if function.upper() == "LINEAR" and width < 1 else function
    return apply_windowing(values, plain)


def _number(tags, name):
    """The first number of a tag, or None."""
    value = tags.get(name)
    value = value[0] if isinstance(value, MultiValue | list) and len(value) else value
    return None if value in (None, "", []) else float(value)


def _own_window(tags):
    """The first (level, width) that a file names, or None; a width of 0 or less is no window."""
    level, width = (_number(tags, name) for name in ("WindowCenter", "WindowWidth"))
    return None if level is None or width is None or width <= 0 else windows.Window(level, width)


def _has_table(tags):
    items = tags.get("VOILUTSequence") or []
    return bool(items) and all(items[0].get(tag) is not None for tag in ("LUTDescriptor", "LUTData"))


def _inverted(tags):
    shape = str(tags.get("PresentationLUTShape") or "").upper()
    return tags.PhotometricInterpretation == "MONOCHROME1" or shape == "INVERSE"


def _limits(tags):
    """The smallest and largest number that the stored type can hold."""
    bits = int(tags.get("BitsStored") or tags.BitsAllocated)
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if tags.get("PixelRepresentation") == 1 else (0, 2**bits - 1)


def _reach(tags, little):
    """The smallest and largest number that the modality can make of what is stored."""
    low, high = _limits(tags)
    whole = tags.get("ModalityLUTSequence") and high - low < 2**16
    numbers = rescale(np.arange(low, high + 1) if whole else np.array([low, high]), tags, little)
    return float(numbers.min()), float(numbers.max())


def _padding(stored, tags):
    """Where a frame is filled up with Pixel Padding Value (up to Pixel Padding Range Limit), which is no image."""
    value = tags.get("PixelPaddingValue")
    if value is None or stored.dtype.kind == "f":
        return None
    size, (low, high) = 2 ** int(tags.BitsAllocated), _limits(tags)
    ends = [int(value), int(tags.get("PixelPaddingRangeLimit") or value)]
    # Written as signed where the pixels are unsigned, or the other way round.
    ends = sorted(end + size if end < 0 <= low else end - size if low < 0 and end > high else end for end in ends)
    padding = (stored >= ends[0]) & (stored <= ends[1])
    return padding if padding.any() else None


def _keep_numbers(frame, tags, little):
    """No window, no table: note what is needed to find black and white for all frames of this kind."""
    seen = frame.values if frame.padding is None else frame.values[~frame.padding]
    low, high = _limits(tags)
    bits = int(tags.BitsAllocated)
    frame.found = (float(seen.min()), float(seen.max())) if seen.size else None
    if low == 0 and high < 2**16 and bits <= 16:
        frame.possible = _reach(tags, little)
    unit = str(tags.get("Units") or tags.get("RescaleType") or "")
    frame.kind = (str(tags.get("Modality") or ""), unit, high - low, low < 0)
    if frame.padding is not None and frame.found:
        frame.values = np.where(frame.padding, frame.found[0], frame.values)
