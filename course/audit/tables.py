"""From rows of text to a table of numbers: which column is what, in which unit, printed with how many decimals."""

import re
from dataclasses import dataclass, field

from course.audit import columns, layout, printed
from course.audit.reading import Unreadable
from course.audit.units import cell_of, check_alike, is_count, told, unit_of, uses_decimal_comma


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
    measures = [(i, column) for i, column in enumerate(laid.header) if i not in laid.names.values()]
    used = [(i, column) for i, column in measures if column.role]
    decimal_comma = uses_decimal_comma(
        grid.name, [(where, column.name, cells[i]) for where, cells in laid.rows for i, column in used]
    )
    found = []
    for where, cells in laid.rows:
        name, model = (cells[laid.names[key]] if key in laid.names else "" for key in ("class", "model"))
        numbers = {i: _parse(grid.name, where, column, cells[i], decimal_comma) for i, column in used}
        found.append(
            {"name": printed.clean(name), "model": printed.clean(model), "where": where, "cells": numbers}
        )
    rows = _filled(laid, found)
    units = {i: unit_of(grid.name, column, rows, i) for i, column in used}
    check_alike(grid.name, laid.header, units)
    return Table(
        name=grid.name,
        kind=laid.kind,
        rows=[_row(grid.name, laid, row, units) for row in rows if any(row["cells"].values())],
        units={laid.header[i].name: told(laid.header[i], unit, rows, i) for i, unit in units.items()},
        left_out=[column.name or f"column {i + 1}" for i, column in measures if not column.role],
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


def _parse(name, where, column, cell, decimal_comma):
    if (
        decimal_comma is None
        and not is_count(column)
        and re.fullmatch(r"[+-]?[1-9]\d?\d?,\d{3}", printed.clean(cell))
    ):
        raise Unreadable(
            f"{name}, {where}, {column.name}: {cell!r} may be {cell.replace(',', '.')} or {cell.replace(',', '')}; write it so."
        )
    try:
        return printed.parse(cell, bool(decimal_comma))
    except printed.NoNumber:
        raise Unreadable(
            f"{name}, {where}, {column.name}: {cell!r} is no number that is understood; write the number as printed, such as "
            "0.54, 99.57 % or 0.95 (0.90 to 0.98), or leave the cell empty."
        ) from None


def _filled(laid, found):
    """Names of models that stand only once, in the first row of each, are handed down."""
    if set(laid.names) == {"class", "model"}:
        last = ""
        for row in found:
            last = row["model"] = row["model"] or last
    return found


def _row(name, laid, row, units):
    kind = columns.total(row["name"]) if laid.kind == "classes" else None
    cells = {}
    for i, number in row["cells"].items():
        column = laid.header[i]
        if number is None or (kind in ("accuracy", "test accuracy") and column.role == "n"):
            continue  # scikit-learn's data frame repeats the accuracy below "support"
        role = (column.role, column.average) if column.average else column.role
        cells[role] = cell_of(number, units[i], f"{name}, {row['where']}, {column.name}")
    title = row["name"] or row["model"] or row["where"]
    texts = {laid.header[i].name: number.text for i, number in row["cells"].items() if number}
    return Row(title, row["where"], kind or "", row["model"] if row["name"] else "", cells, texts)
