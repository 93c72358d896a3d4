"""Which stored numbers are black and white? Decided once, for a whole set, and said.

A type is not a range: int64 is what NumPy makes of any whole numbers, and MATLAB's double may hold 0 to 1, 0 to 255 or
0 to 4095. Only bool and uint8 tell their range. For everything else the numbers themselves are looked at, all of the
set at once: an image or a part must not get a scale of its own.
"""

from helpers.datasets import extremes
from helpers.datasets.errors import DatasetError
from helpers.datasets.scale import Scale, told

OVERSHOOT = 0.01  # of the range: what resampling and rounding add beyond either end, and what is clipped
DEPTHS = (255, 4095, 65535)  # white of 8, 12 and 16 bits
FULL = (1023, 16383)  # of 10 and 14 bits: only if just this number is the largest
FAR = 15  # parts or classes whose largest numbers are so many times smaller are on another scale
NAMES = {"bool": "binary", "uint8": "8-bit", "uint16": "16-bit", "free": "other"}
REMEDY = "Say which numbers are black and white: value_range=(low, high)."


def decide(found, value_range=None):
    """Black and white for a whole set.

    Parameters
    ----------
    found : list of `extremes.Numbers`, one for each part, or each part of a class.
    value_range : (low, high), the numbers that are black and white, if somebody knows; what lies beyond is clipped.

    Returns
    -------
    Scale. bool is 0 to 1, uint8 0 to 255. uint16 and other whole numbers: white is 255, 4095 or 65535, the first that
    no number exceeds; 1023 or 16383 if just that is the largest; 1 if none is larger (not for uint16). Floating point:
    0 to 1 or 0 to 255, up to 1 % beyond either end is clipped; whole ones beyond 255 as whole numbers.

    Raises
    ------
    DatasetError : where that is not clear, with the extremes that were found: negative numbers, floating point between
    1 and 2, fractions that stay below 128 or exceed 255, uint8 or uint16 of nothing but 0 and 1, uint8 up to 17, int8, some `found` on
    another scale than others (0 to 1 and 0 to 255), and all beyond 65535.
    """
    if value_range is not None:
        return told(found, value_range)
    ends, said = {}, {}
    free = [one for one in found if one.kind in ("whole", "float")]
    for kind in ("bool", "uint8", "uint16", "int8"):
        if same := [one for one in found if one.kind == kind]:
            white, words = _typed(kind, same)
            ends[kind] = (0, white)
            said[kind] = words
    if free:
        white, words = _free(free)
        ends |= {"whole": (0, white), "float": (0, white)}
        said["free"] = words
    if len(set(said.values())) == 1:
        return Scale(ends, next(iter(said.values())))
    return Scale(ends, "; ".join(f"{NAMES[kind]} {words}" for kind, words in said.items()))


def _typed(kind, found):
    """White, and words, of numbers whose type tells their range, or most of it."""
    low, high, where = extremes.of_all(found)
    if kind == "int8":
        raise DatasetError(
            f"{where}: pixels from {low:g} to {high:g} in int8, which holds no 0 to 255. {REMEDY}"
        )
    if kind != "bool" and (only := [one for one in found if one.high == 1]):
        raise DatasetError(
            f"{only[0].where}: pixels from {low:g} to 1 in {kind}; nothing but 0 and 1 is next to black. {REMEDY}"
        )
    if kind == "uint8" and 0 < high <= 255 / FAR:
        raise DatasetError(f"{where}: pixels from {low:g} to {high:g} in uint8, all next to black. {REMEDY}")
    if kind == "uint16":
        _refuse_two_scales(found, _depth(high))
    return _said({"bool": 1, "uint8": 255}.get(kind) or _depth(high), low, high)


def _free(found):
    """White, and words, of numbers whose type tells nothing."""
    low, high, where = extremes.of_all(found)
    whole = all(one.whole for one in found)
    top = 1 if high <= 1 + OVERSHOOT else 255 if not whole else _depth(high)
    message = f"{where}: pixels from {low:g} to {high:g}; expected 0 to 1 or 0 to 255"
    if low < (0 if whole else -OVERSHOOT * top):
        raise DatasetError(f"{message}, and no negative pixels. {REMEDY}")
    if top is None or (not whole and top == 255 and not 128 <= high <= 255 * (1 + OVERSHOOT)):
        raise DatasetError(f"{message}. {REMEDY}")
    if top > 1:
        _refuse_two_scales(found, top)
    return _said(top, low, high)


def _refuse_two_scales(found, white):
    """Parts or classes that end at 255 beside others that end at 4095, and the like, are not one set of numbers."""
    last = max(found, key=lambda one: one.high)
    if 0 < last.high <= white / FAR:
        raise DatasetError(
            f"{last.where}: pixels from {last.low:g} to {last.high:g}; expected 0 to 1 or 0 to 255. {REMEDY}"
        )
    for one in found:
        if 0 < one.high <= white / FAR:
            raise DatasetError(
                f"{one.where}: pixels end at {one.high:g}, in {last.where} at {last.high:g}: not one scale. {REMEDY}"
            )


def _depth(high):
    """The least usual white that whole numbers do not exceed; None beyond 65535."""
    return int(high) if high in FULL else next((white for white in DEPTHS if high <= white), None)


def _said(top, low, high):
    words = f"pixels 0 to {top} taken as black to white"
    if low < 0 or high > top:
        words += f", those from {low:g} to {high:g} clipped"
    elif top > 255:
        words += f" (the largest is {high:g})"
    return top, words
