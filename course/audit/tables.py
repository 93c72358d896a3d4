"""From rows of text to a table of numbers: which column is what, in which unit, printed with how many decimals."""

from dataclasses import dataclass, field

from course.audit import columns, layout, printed
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


@dataclass(frozen=True)
class Row:
    """A row. kind : "" for a class, a model, a comparison; else what `columns.total` says. model : of a class's row.

    cells : role -> Cell; a role is text, or (measure, average), or (moment, group). printed : column -> text as printed.
    """

    name: str
    where: str
    kind: str = ""
    model: str = ""
    cells: dict = field(default_factory=dict)
    printed: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table that was read.

    kind : key of `layout.KINDS`. units : column -> how it was read, a few words. left_out : columns that no check knows.
    support : {class: images} as the file or the command line states it. remarks : sentences on how it was read.
    """

    name: str
    kind: str
    rows: list
    units: dict
    left_out: list
    support: dict
    groups: list
    settings: dict
    remarks: list


def understand(grid):
    """What a `reading.Grid` says: a `Table`; raises `Unreadable` with what stands where, and what was expected."""
    laid = layout.arrange(grid)
    used = [
        (i, column) for i, column in enumerate(laid.header) if column.role and i not in laid.names.values()
    ]
    decimal_comma = _decimal_comma(
        grid.name, [(where, column.name, cells[i]) for where, cells in laid.rows for i, column in used]
    )
    found = []
    for where, cells in laid.rows:
        name, model = (cells[laid.names[key]] if key in laid.names else "" for key in ("class", "model"))
        row = {"name": printed.clean(name), "model": printed.clean(model), "where": where}
        found.append(
            row
            | {
                "cells": {
                    i: _parse(grid.name, where, column.name, cells[i], decimal_comma) for i, column in used
                }
            }
        )
    rows = _filled(laid, found)
    units = {i: _unit(grid.name, column, rows, i) for i, column in used}
    _all_alike(grid.name, laid.header, units)
    return Table(
        name=grid.name,
        kind=laid.kind,
        rows=[_row(grid.name, laid, row, units) for row in rows if any(row["cells"].values())],
        units={laid.header[i].name: _told(laid.header[i], unit, rows, i) for i, unit in units.items()},
        left_out=[
            column.name or f"column {i + 1}"
            for i, column in enumerate(laid.header)
            if not column.role and i not in laid.names.values()
        ],
        support=_stated_support(grid.name, grid.settings),
        groups=laid.groups,
        settings=grid.settings,
        remarks=[*grid.remarks, *laid.remarks, *(["the comma is the decimal sign"] if decimal_comma else [])],
    )


def parse_support(text):
    """ "Normal=234, Pneumonia=390" as {"Normal": 234, "Pneumonia": 390}; raises ValueError with a sentence."""
    support = {}
    for part in filter(None, (part.strip() for part in text.replace(";", ",").split(","))):
        name, sign, count = part.rpartition("=" if "=" in part else ":")
        count = count.strip().replace(" ", "")
        if not sign or not name.strip() or not count.isdecimal() or not int(count):
            raise ValueError(f"{part!r}: expected class=images, such as Normal=234, Pneumonia=390")
        support[name.strip()] = int(count)
    if len(support) < 2:
        raise ValueError(f"{text!r}: expected two classes or more, such as Normal=234, Pneumonia=390")
    return support


def _stated_support(name, settings):
    try:
        return parse_support(", ".join(settings["classes"])) if "classes" in settings else {}
    except ValueError as error:
        raise Unreadable(f"{name}, line '# classes': {error}.") from None


def _decimal_comma(name, cells):
    """Whether the table writes 0,54; raises where one cell shows a comma and another a dot."""
    shown = {True: None, False: None}
    for where, column, cell in cells:
        sign = printed.has_decimal_comma(cell)
        if sign is not None and shown[sign] is None:
            shown[sign] = f"{cell!r} ({where}, {column})"
    if shown[True] and shown[False]:
        raise Unreadable(
            f"{name}: {shown[True]} has a decimal comma and {shown[False]} a decimal dot; write all in one way."
        )
    return bool(shown[True])


def _parse(name, where, column, cell, decimal_comma):
    try:
        return printed.parse(cell, decimal_comma)
    except printed.NoNumber:
        raise Unreadable(
            f"{name}, {where}, {column}: {cell!r} is no number that is understood; write the number as printed, such as 0.54, "
            "99.57 % or 0.95 (0.90 to 0.98), or leave the cell empty."
        ) from None


def _filled(laid, found):
    """Names of models that stand only once, in the first row of each, are handed down."""
    if set(laid.names) == {"class", "model"}:
        last = ""
        for row in found:
            last = row["model"] = row["model"] or last
    return found


def _unit(name, column, rows, i):
    """ "percent", "share", "count" or "as printed"."""
    if column.role not in RATES:
        return (
            "count"
            if column.role in COUNTS or (isinstance(column.role, tuple) and column.role[0] == "n")
            else "as printed"
        )
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


def _numbers(number):
    """A `Printed` and those inside it."""
    return [] if number is None else [number, *(part for part in (number.low, number.high) if part)]


def _all_alike(name, header, units):
    """The bounds of an interval have the unit of what they bound."""
    rates = {units[i] for i in units if header[i].role == "accuracy"}
    bounds = {units[i] for i in units if header[i].role in columns.INTERVALS}
    if rates and bounds and rates != bounds:
        raise Unreadable(
            f"{name}: accuracy is given in {rates.pop()} and its interval in {bounds.pop()}; use one unit."
        )


def _row(name, laid, row, units):
    kind = columns.total(row["name"]) if laid.kind == "classes" else None
    cells = {}
    for i, number in row["cells"].items():
        column = laid.header[i]
        if number is None or (kind in ("accuracy", "test accuracy") and column.role == "n"):
            continue  # scikit-learn's data frame repeats the accuracy below "support"
        role = (column.role, column.average) if column.average else column.role
        cells[role] = _cell(number, units[i], f"{name}, {row['where']}, {column.name}")
    title = row["name"] or row["model"] or row["where"]
    texts = {laid.header[i].name: number.text for i, number in row["cells"].items() if number}
    return Row(title, row["where"], kind or "", row["model"] if row["name"] else "", cells, texts)


def _cell(number, unit, where):
    """A `Cell` from a `printed.Printed`; raises where the number cannot be what its column says."""
    percent = number.percent or unit == "percent"
    inside = {
        part: _cell(getattr(number, part), unit, where) for part in ("low", "high") if getattr(number, part)
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


def _scaled(number, percent):
    if number.value is None or not percent:
        return number.value, number.decimals
    return round(number.value / 100, number.decimals + 2), number.decimals + 2


def _told(column, unit, rows, i):
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
