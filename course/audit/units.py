"""Units and decimals: from numbers as printed to shares, counts and values."""

from dataclasses import dataclass

from course.audit import columns, printed
from course.audit.reading import Unreadable

RATES = set(columns.RATES) | set(columns.INTERVALS)
COUNTS = set(columns.COUNTS) | {"n"}


@dataclass(frozen=True)
class Cell:
    """A printed number in the unit of the checks: rates as shares in [0, 1], everything else as printed.

    decimals : of `value`: 99.57 % is 0.9957 and has 4. low, high, spread : in the same unit, or None. parts : (numerator,
    denominator), or None. bound : "<" or ">" where that stands before it. text : as printed.
    """

    text: str
    value: float | None
    decimals: int | None = None
    low: "Cell | None" = None
    high: "Cell | None" = None
    spread: "Cell | None" = None
    parts: tuple[int, int] | None = None
    bound: str = ""


def uses_decimal_comma(name, cells):
    """Whether the table writes 0,54; None where no cell shows it; raises where one shows a comma and another a dot."""
    shown = {True: None, False: None}
    for where, column, cell in cells:
        sign = printed.has_decimal_comma(cell)
        if sign is not None and shown[sign] is None:
            shown[sign] = f"{cell!r} ({where}, {column})"
    if shown[True] and shown[False]:
        raise Unreadable(
            f"{name}: {shown[True]} has a decimal comma and {shown[False]} a decimal dot; write all in one way."
        )
    return bool(shown[True]) if any(shown.values()) else None


def is_count(column):
    """Does a column hold whole numbers?"""
    return column.role in COUNTS or (isinstance(column.role, tuple) and column.role[0] == "n")


def unit_of(name, column, rows, i):
    """ "percent", "share", "count" or "as printed"."""
    if column.role not in RATES:
        return "count" if is_count(column) else "as printed"
    if column.percent:
        return "percent"
    plain = [
        (number.value, row["where"], number.text)
        for row in rows
        for number in _numbers(row["cells"][i])
        if number.value is not None and not number.percent
    ]
    small = [entry for entry in plain if 0 < entry[0] <= 1]
    large = [entry for entry in plain if entry[0] > 1]
    if small and large:
        raise Unreadable(
            f"{name}, column {column.name}: {small[0][2]!r} ({small[0][1]}) looks like a share and {large[0][2]!r} ({large[0][1]}) "
            "like per cent; use one unit, or write the % signs."
        )
    if large:
        return "percent"
    return "share" if small or not any(row["cells"][i] for row in rows) or plain else "percent"


def check_alike(name, header, units):
    """The bounds of an interval have the unit of what they bound."""
    rates = {units[i] for i in units if header[i].role == "accuracy"}
    bounds = {units[i] for i in units if header[i].role in columns.INTERVALS}
    if rates and bounds and rates != bounds:
        raise Unreadable(
            f"{name}: accuracy is given in {rates.pop()} and its interval in {bounds.pop()}; use one unit."
        )


def cell_of(number, unit, where):
    """A `Cell` from a `printed.Printed`; raises where the number cannot be what its column says."""
    percent = number.percent or unit == "percent"
    inside = {
        part: cell_of(getattr(number, part), unit, where) for part in ("low", "high") if getattr(number, part)
    }
    value, decimals = _scaled(number, percent and unit != "as printed")
    if value is not None and (unit in ("percent", "share") and not 0 <= value <= 1):
        raise Unreadable(f"{where}: {number.text!r} is no share; expected 0 to 1, or 0 to 100 %.")
    if unit == "count" and (value is None or value < 0 or value != int(value) or percent):
        raise Unreadable(f"{where}: {number.text!r} is no number of images; expected a whole number.")
    if number.spread:
        spread, more = _scaled(number.spread, percent and unit != "as printed")
        inside["spread"] = Cell(number.spread.text, spread, more)
    if number.parts and not 0 <= number.parts[0] <= number.parts[1] != 0:
        raise Unreadable(
            f"{where}: {number.text!r} is no share of a whole; expected a smaller number above a larger one."
        )
    return Cell(number.text, value, decimals, parts=number.parts, bound=number.bound, **inside)


def told(column, unit, rows, i):
    """How a column was read: "per cent, 2 decimals"."""
    numbers = [number for row in rows for number in _numbers(row["cells"][i]) if number.value is not None]
    if unit == "count" or not numbers:
        return "whole numbers" if unit == "count" else "empty"
    decimals = sorted({number.decimals for number in numbers})
    signs = {number.percent for number in numbers}
    words = (
        "shares and per cent"
        if unit == "share" and len(signs) == 2
        else {"percent": "per cent", "share": "shares"}.get(unit, unit)
    )
    printed_decimals = f"{decimals[0]}" if len(decimals) == 1 else f"{decimals[0]} to {decimals[-1]}"
    return f"{words}, {printed_decimals} decimal{'s' if printed_decimals != '1' else ''}"


def _scaled(number, percent):
    if number.value is None or not percent:
        return number.value, number.decimals
    return round(number.value / 100, number.decimals + 2), number.decimals + 2


def _numbers(number):
    """A `Printed` and those inside it."""
    return [] if number is None else [number, *(part for part in (number.low, number.high) if part)]
