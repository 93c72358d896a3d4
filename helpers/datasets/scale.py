"""Black and white of every kind of stored numbers, and what somebody says about them."""

from dataclasses import dataclass

import numpy as np

from helpers.datasets.errors import DatasetError


@dataclass(frozen=True)
class Scale:
    """What was decided: for every kind of numbers that occurs, (black, white); and that in words."""

    ends: dict
    said: str

    def to_unit(self, pixels, kind):
        """Numbers of a kind as float32 in [0, 1]; what lies beyond black and white is clipped."""
        low, high = self.ends[kind]
        return np.clip((np.asarray(pixels, np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)


def _checked(value_range):
    try:
        low, high = (float(value) for value in value_range)
    except (TypeError, ValueError):
        low = high = 0.0
    if not (np.isfinite([low, high]).all() and low < high):
        raise DatasetError(
            f"value_range must be (low, high), two numbers with low < high, not {value_range!r}."
        )
    return low, high


def told(found, value_range):
    """The `Scale` that somebody asks for: (low, high) for all numbers that were found."""
    low, high = _checked(value_range)
    beyond = [one for one in found if one.low < low or one.high > high]
    clipped = ""
    if beyond:
        least, most = min(one.low for one in beyond), max(one.high for one in beyond)
        clipped = f", and those from {least:g} to {most:g} clipped"
    kinds = dict.fromkeys(one.kind for one in found)
    return Scale(
        dict.fromkeys(kinds, (low, high)),
        f"pixels {low:g} to {high:g} taken as black to white, as told{clipped}",
    )
