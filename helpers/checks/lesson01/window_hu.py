"""Lesson 01, exercise 1: `window_hu`."""

import numpy as np

from helpers import windows
from helpers.checks.feedback import Check, Wrong, expect_close


def _judge(call, hu, level, width, because):
    result = call(hu, level, width)
    if np.asarray(result).dtype.kind != "f":
        raise Wrong(f"The result should be floating point in [0, 1], not {np.asarray(result).dtype}.")
    expect_close(result, windows.to_unit(hu, level, width), (hu, level, width), because, tolerance=1e-5)


window_hu = Check(
    _judge,
    cases=[
        (np.array([-160.0, 40.0, 240.0]), 40, 400, "The window's ends are 0 and 1, its level is the middle."),
        (np.array([-1000.0, 3000.0]), 40, 400, "What lies beyond the window is cut off."),
        (np.array([[0, 20], [400, 1000]]), 300, 1500, "Any window, any shape, whole numbers too."),
        (np.array([38.0, 40.0, 41.0]), 40, 3, "Half of an odd width is no whole number: width / 2, not //."),
    ],
    praise="Values below the window are black, values above are white, and the level is mid-grey.",
    hints=[
        "Which HU value should become 0, and which 1? Write both with level and width.",
        "The lower end is level - width / 2. Subtract it, then divide so that the upper end becomes 1.",
        "np.clip(values, 0, 1) cuts off what lies beyond the window.",
    ],
)
