"""CT windows: which Hounsfield units (HU) the grey scale shows.

A CT value runs from -1024 HU to several thousand; a screen has 256 greys. A window of level L and width W
shows L - W/2 as black and L + W/2 as white, and cuts off what lies beyond.
"""

from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """Level (centre) and width, in HU."""

    level: float
    width: float


ABDOMEN = Window(40, 400)
BRAIN = Window(40, 80)
BONE = Window(400, 1800)
LUNG = Window(-600, 1500)


def to_unit(hu, level, width):
    """Map Hounsfield units to [0, 1]: (hu - (level - width / 2)) / width, clipped.

    Parameters
    ----------
    hu : array of any shape, HU. level, width : HU; the width is positive.

    Returns
    -------
    float32 array of the same shape, in [0, 1].
    """
    if not width > 0:
        raise ValueError(f"a window's width must be positive, not {width!r}")
    return np.clip((np.asarray(hu, np.float32) - np.float32(level - width / 2)) / np.float32(width), 0, 1)
