"""From stored numbers to grey: modality table or rescale, then VOI table or window, then MONOCHROME1.

What has a window or a VOI table is grey in [0, 1] after it. What has none keeps its rescaled numbers, with the range
that these can have; `ranges` finds black and white for all frames of one kind together, so that they remain comparable.
"""

from dataclasses import dataclass, field

import numpy as np

from helpers import windows
from helpers.datasets.dicom import modality, tables, voi
from helpers.datasets.dicom.tags import number

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass
class Frame:
    """One frame, on its way to grey.

    values : (h, w) float32, less `offset`: a sliver far from 0 would be lost in 32 bits.
    padding : (h, w) bool, what is no image; None where there is none.
    kind : frames of one kind share black and white; None: the values are grey already.
    possible : (low, high) that the stored type can hold, rescaled; None where that says nothing.
    found : (low, high) in this frame. inverted : MONOCHROME1.
    window : (level, width) that was applied, NaN where none was. by_default : the file names none.
    row : what the table of files tells of it.
    """

    values: np.ndarray
    offset: float = 0.0
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
    window : (level, width) for CT, in place of the file's own. default : for CT in HU without window or VOI table;
    unsigned numbers that nothing rescales are no HU.
    """
    if stored.ndim == 3:
        return Frame(np.float32(stored @ LUMA / (2.0 ** int(tags.BitsStored) - 1)))
    if tags.PhotometricInterpretation == "PALETTE COLOR":
        return Frame(np.float32(tables.palette(stored, tags, little) @ LUMA))
    frame = Frame(
        modality.rescale(stored, tags, little), padding=_padding(stored, tags), inverted=_inverted(tags)
    )
    own, ct = voi.own_window(tags), tags.get("Modality") == "CT"
    in_hu = ct and (modality.is_rescaled(tags) or modality.limits(tags)[0] < 0)  # air is -1000 HU
    if ct and window:
        _show(frame, window)
    elif voi.has_table(tags):
        frame.values = tables.voi(frame.values, tags, little, modality.reach(tags, little)[1])
    elif own:
        _show(frame, own, str(tags.get("VOILUTFunction") or "LINEAR"))
    elif in_hu:
        _show(frame, default)
        frame.by_default = True
    else:
        _keep_numbers(frame, tags, little)
    if frame.padding is not None:
        frame.values = np.where(frame.padding, 0, frame.values)
    frame.values = np.asarray(frame.values, np.float32)
    return frame


def _show(frame, window, function="LINEAR_EXACT"):
    frame.values, frame.window = voi.apply_window(frame.values, *window, function), window


def _inverted(tags):
    shape = str(tags.get("PresentationLUTShape") or "").upper()
    return tags.PhotometricInterpretation == "MONOCHROME1" or shape == "INVERSE"


def _padding(stored, tags):
    """Where a frame is filled up with Pixel Padding Value (up to Pixel Padding Range Limit), which is no image."""
    value, limit = (number(tags, f"PixelPadding{name}") for name in ("Value", "RangeLimit"))
    if value is None or stored.dtype.kind == "f":
        return None
    size, (low, high) = 2 ** int(tags.BitsAllocated), modality.limits(tags)
    ends = [value, value if limit is None else limit]
    # Written as signed where the pixels are unsigned, or the other way round.
    ends = sorted(
        end + size if end < 0 <= low else end - size if low < 0 and end > high else end for end in ends
    )
    padding = (stored >= ends[0]) & (stored <= ends[1])
    return padding if padding.any() else None


def _keep_numbers(frame, tags, little):
    """No window, no table: note what is needed to find black and white for all frames of this kind."""
    seen = frame.values if frame.padding is None else frame.values[~frame.padding]
    low, high = modality.limits(tags)
    bits = int(tags.BitsAllocated)
    frame.found = (float(seen.min()), float(seen.max())) if seen.size else None
    frame.offset = frame.found[0] if frame.found else 0.0
    frame.values = frame.values - frame.offset
    if low == 0 and high < 2**16 and bits <= 16:
        frame.possible = modality.reach(tags, little)
    unit = str(tags.get("Units") or tags.get("RescaleType") or "")
    frame.kind = (str(tags.get("Modality") or ""), unit, high - low, low < 0)
