"""What a printed number may have been before it was rounded. The one place that knows rounding; all of it is exact."""

from fractions import Fraction
from numbers import Rational
from typing import NamedTuple

LONGEST = (
    12  # decimals that are believed: beyond, a float's own digits differ from those of the exact fraction
)
ROUNDINGS = ("half up", "half even", "nearest", "truncate", "any")


class Interval(NamedTuple):
    """Exact values between low and high; `low_belongs` and `high_belongs` say whether these do too."""

    low: Fraction
    high: Fraction
    low_belongs: bool = True
    high_belongs: bool = True

    def holds(self, value):
        """Whether an exact value lies inside."""
        above = value > self.low or (self.low_belongs and value == self.low)
        below = value < self.high or (self.high_belongs and value == self.high)
        return above and below

    def whole(self, factor=1):
        """The lowest and the highest whole number m with m / factor inside (low > high where there is none)."""
        low, high = self.low * factor, self.high * factor
        first, last = -(-low // 1), high // 1
        return int(first + (first == low and not self.low_belongs)), int(
            last - (last == high and not self.high_belongs)
        )

    def meets(self, other):
        """The values inside both; None where there is none."""
        low, low_belongs = max(
            (self.low, not self.low_belongs), (other.low, not other.low_belongs)
        )  # the open end is the tighter one
        high, high_belongs = min((self.high, self.high_belongs), (other.high, other.high_belongs))
        both = Interval(low, high, not low_belongs, high_belongs)
        return both if low < high or (low == high and both.holds(low)) else None


def before_rounding(printed, decimals, rounding="nearest"):
    """The exact values that are printed as `printed`.

    "half up": a tie goes away from 0. "half even": a tie goes to the even digit. "nearest": a tie may go either way, as
    where programs print binary fractions (Python prints 0.145 as 0.14, 0.155 as 0.15 and 0.165 as 0.17); it holds both
    others. "truncate": digits are cut off. ("any" is not one rounding, but a question put to a whole table: rounded to
    the nearest throughout, or cut off throughout.)

    Parameters
    ----------
    printed : number, or text such as "0.36", with at most `decimals` decimals. Of a float printed whole (0.36129032258064514)
        only the first 12 are believed, give or take one unit of the last, whatever the rounding.
    rounding : "half up", "half even", "nearest" or "truncate".

    Returns
    -------
    Interval.

    Raises
    ------
    ValueError : another rounding, or more decimals than `decimals`.

    >>> before_rounding(0.36, 2)
    Interval(low=Fraction(71, 200), high=Fraction(73, 200), low_belongs=True, high_belongs=True)
    """
    units = as_units(printed, decimals)
    if decimals > LONGEST:
        units = round(Fraction(units, 10 ** (decimals - LONGEST)))
        return Interval(Fraction(units - 1, 10**LONGEST), Fraction(units + 1, 10**LONGEST))
    if units < 0:
        low, high, low_belongs, high_belongs = before_rounding(
            -Fraction(units, 10**decimals), decimals, rounding
        )
        return Interval(-high, -low, high_belongs, low_belongs)
    if rounding == "truncate":
        low, high, belongs = 2 * units if units else -2, 2 * units + 2, (units > 0, False)
    else:
        even = units % 2 == 0
        ties = {"half up": (units > 0, False), "half even": (even, even), "nearest": (True, True)}
        if rounding not in ties:
            raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS[:4])} here, not {rounding!r}")
        low, high, belongs = 2 * units - 1, 2 * units + 1, ties[rounding]
    scale = 2 * 10 ** int(decimals)
    return Interval(Fraction(low, scale), Fraction(high, scale), *belongs)


def rounds_to(value, printed, decimals, rounding="any"):
    """Whether an exact value is printed as `printed`: bool.

    Parameters
    ----------
    value : int or Fraction; a float is taken at its word (0.145 is a little less than 145 / 1000).
    printed, decimals, rounding : as in `before_rounding`; "any": to the nearest, or cut off.

    >>> [rounds_to(Fraction(69, 234), 0.29, 2, how) for how in ("nearest", "truncate")]  # 0.2949
    [True, True]
    >>> rounds_to(Fraction(1, 8), 0.12, 2, "half even"), rounds_to(Fraction(1, 8), 0.12, 2, "half up")
    (True, False)
    """
    exact = Fraction(value) if isinstance(value, Rational) else Fraction(float(value))
    ways = throughout(rounding)
    return any(before_rounding(printed, decimals, way).holds(exact) for way in ways)


def throughout(rounding):
    """The roundings that a question asks about: "any" asks about two, each throughout a table."""
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, not {rounding!r}")
    return ("nearest", "truncate") if rounding == "any" else (rounding,)


def as_units(printed, decimals):
    """A printed number in units of its last decimal: 0.36 with two decimals is 36."""
    if int(decimals) != decimals or not 0 <= decimals <= 20:
        raise ValueError(f"decimals must be a whole number, 0 to 20, not {decimals!r}")
    try:
        exact = Fraction(printed if isinstance(printed, Rational) else str(printed))
    except (ValueError, OverflowError):
        raise ValueError(f"expected a finite number, got {printed!r}") from None
    scaled, whole = exact.numerator * 10 ** int(decimals), exact.denominator
    units = (2 * scaled + whole) // (2 * whole)  # the nearest
    if abs(scaled - units * whole) * 10**6 > whole:  # 0.1 + 0.2 is let pass
        raise ValueError(f"{printed} has more than {decimals} decimals: set `decimals` to those printed")
    return units


def printed_as(value, decimals, rounding="half even"):
    """An exact value, not negative, as it is printed: a Fraction with `decimals` decimals."""
    scaled = Fraction(value) * 10**decimals
    units = round(scaled)  # Python's round of a Fraction: half even
    if rounding == "truncate":
        units = scaled // 1
    elif rounding == "half up":
        units = (scaled + Fraction(1, 2)) // 1
    return Fraction(units, 10**decimals)
