"""Windows of interest: the file's own, and how a window makes grey."""

import numpy as np
from pydicom import Dataset
from pydicom.pixels import apply_windowing

from helpers import windows
from helpers.datasets.dicom.tags import number


def own_window(tags):
    """The first (level, width) that a file names, or None; a width of 0 or less is no window."""
    level, width = (number(tags, name) for name in ("WindowCenter", "WindowWidth"))
    return None if level is None or width is None or width <= 0 else windows.Window(level, width)


def has_table(tags):
    items = tags.get("VOILUTSequence") or []
    return bool(items) and all(items[0].get(tag) is not None for tag in ("LUTDescriptor", "LUTData"))


def apply_window(values, level, width, function):
    """Grey in [0, 1] by pydicom's windowing, whose output is the range of the stored type: here that of one bit."""
    plain = Dataset()
    plain.PhotometricInterpretation, plain.BitsStored, plain.PixelRepresentation = "MONOCHROME2", 1, 0
    plain.WindowCenter, plain.WindowWidth = level, width
    # LINEAR spreads width - 1; a smaller width than 1 can only be meant as it stands.
    plain.VOILUTFunction = "LINEAR_EXACT" if function.upper() == "LINEAR" and width < 1 else function
    return apply_windowing(values, plain)


def as_window(window):
    """(level, width) as a `windows.Window`, None as None, or `ValueError`."""
    if window is None:
        return None
    try:
        level, width = (float(number) for number in window)
    except (TypeError, ValueError):
        raise ValueError(f"window must be (level, width) in HU, such as (40, 80), not {window!r}") from None
    if not (np.isfinite(level) and np.isfinite(width) and width > 0):
        raise ValueError(f"window must be a finite level and a positive width in HU, not {window!r}")
    return windows.Window(level, width)
