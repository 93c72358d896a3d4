"""What a printed number may have been before it was rounded. The one place that knows rounding; all of it exact."""

from fractions import Fraction
from typing import NamedTuple

ROUNDINGS = ("half up", "half even", "nearest", "truncate", "any")


class Interval(NamedTuple):
    """Exact values from low to high; `closed` says of both ends whether they belong to it."""

    low: Fraction
    high: Fraction
    closed: tuple[bool, bool]


def before_rounding(printed, decimals, rounding="nearest"):
    """The exact values that are printed as `printed`.

    "half up": a tie goes up. "half even": a tie goes to the even digit. "nearest": a tie may go either way, as it does
    where programs print binary fractions (Python prints 0.145 as 0.14 and 0.165 as 0.17); it holds both others.
    "truncate": digits are cut off. "any" is no rounding but a question put to whole tables: nearest throughout, or
    truncated throughout.

    Parameters
    ----------
    printed : number with at most `decimals` decimals. rounding : one of ROUNDINGS but "any".

    Returns
    -------
    Interval.
    """
    raise NotImplementedError


def rounds_to(value, printed, decimals, rounding="any"):
    """Whether an exact value (int, Fraction, float taken at its word) is printed as `printed`; "any": in some rounding."""
    raise NotImplementedError
