"""How a table is laid out: which way it is turned, which column names its rows, and what a row is."""

from dataclasses import dataclass

from course.audit import columns, printed
from course.audit.reading import NothingKnown, Unreadable

KINDS = {
    "classes": "one row a class",
    "models": "one row a model",
    "effects": "one row a comparison of two groups",
    "groups": "one row a group of a comparison",
    "means": "one row a mean",
}
KNOWN = "class, model, precision, recall, specificity, f1, accuracy, n, mean_a, sd_a, n_a, mean_b, sd_b, n_b, t, p, d"
OF_BOTH_KINDS = {"low", "high", "interval", "n", "patients"}


@dataclass(frozen=True)
class Layout:
    """A table with its parts named.

    kind : key of KINDS. header : of `columns.Column`; those whose role is None are left out. names : "class" or "model" ->
    number of that column. rows : (where it stands, cells). groups : the two groups of a comparison, in order.
    """

    kind: str
    header: list
    names: dict
    rows: list
    groups: list
    remarks: list


def arrange(grid):
    """The layout of a `reading.Grid`; raises `Unreadable` where names do not tell it."""
    remarks, header = [], grid.header
    rows = [(f"line {line}", cells) for line, cells in grid.rows]
    if measure := of_one_measure(header, rows, grid.settings):
        header, rows = stacked(header, rows, measure)
        remarks.append(f"every number is of one measure: {measure}")
    elif measures_in_rows(header, rows):
        header, rows = turned(header, rows)
        remarks.append("measures stand in rows: the table was turned")
    read = [columns.read(name) for name in header]
    groups = two_groups(read)
    read = [column if is_known(column, groups) else columns.Column(column.name) for column in read]
    names = naming_columns(read, rows)
    roles = {column.role for i, column in enumerate(read) if column.role and i not in names.values()}
    if not roles:
        raise NothingKnown(
            f"{grid.name}: no column has a name that is known; it has {listed(header)}. Known names: {KNOWN}."
        )
    if kind := _kind(roles, groups, grid.settings):
        names = {"model": i for i in names.values()} if len(names) < 2 else names
    elif None in names:
        kind = _kind_of_rows(grid, header, names, rows)
        names = {{"classes": "class", "models": "model"}[kind]: names[None]}
    else:
        kind = "classes" if "class" in names else "models"
    return Layout(kind, _without_doubles(grid.name, read, names), names, rows, groups, remarks)


def measures_in_rows(header, rows):
    """Do the measures stand in the first column, below each other?"""
    below = _measures(cells[0] for _, cells in rows)
    return below >= 2 and below > _measures(header[1:])


def of_one_measure(header, rows, settings):
    """The measure that all numbers of a two-way table are of: stated, or named in its corner; "" for other tables."""
    if "measure" in settings:
        return settings["measure"][-1]
    named = columns.read(header[0]).role in columns.RATES and not any(
        _is_number(cells[0]) for _, cells in rows
    )
    return header[0] if named and not any(columns.read(name).role for name in header[1:]) else ""


def stacked(header, rows, measure):
    """A two-way table with a row for each of its cells."""
    found = []
    for where, cells in rows:
        below = zip(header[1:], cells[1:])
        found += [(where, [f"{cells[0]}, {name}", cell]) for name, cell in below if name and cell]
    return ["model", measure], found


def turned(header, rows):
    """Rows and columns changed places."""
    names = [header[0], *(cells[0] for _, cells in rows)]
    return names, [
        (f"column {name or i!r}", [name, *(cells[i] for _, cells in rows)])
        for i, name in enumerate(header[1:], 1)
        if name
    ]


def two_groups(read):
    """The groups of which mean and SD are given, where they are exactly two: ["a", "b"]."""
    found = {}
    for column in read:
        if isinstance(column.role, tuple):
            moment, group = column.role
            found.setdefault(group, set()).add(moment)
    whole = [group for group, moments in found.items() if {"mean", "sd"} <= moments]
    return whole if len(whole) == 2 else []


def is_known(column, groups):
    """Is this a column that checks use? Moments of anything but the two groups are not."""
    return column.role is not None and not (isinstance(column.role, tuple) and column.role[1] not in groups)


def naming_columns(read, rows):
    """The columns that name rows: {"class": i, "model": j}, or {None: 0} for a first column of text whose name does not tell."""
    names = {}
    for i, column in enumerate(read):
        if column.role in ("class", "model"):
            names.setdefault(column.role, i)
    cells = [cells[0] for _, cells in rows if cells[0]]
    if not names and cells and not any(_is_number(cell) for cell in cells):
        names[None] = 0
    return names


def listed(names):
    """Names in quotes, parted by commas."""
    return ", ".join(repr(name) for name in names if name) or "none"


def _kind(roles, groups, settings):
    """What a row is, where the measures tell it; "" where only the names of rows can."""
    if groups:
        return "effects"
    if {"mean", "sd"} <= roles:
        return "groups"
    return "means" if "mean" in roles and not roles & set(columns.RATES) else ""


def _kind_of_rows(grid, header, names, rows):
    """Classes or models, told by a line "# rows: model" or by rows such as "macro avg"; otherwise a person has to say it."""
    stated = columns.read(grid.settings.get("rows", [""])[-1]).role
    if stated in ("class", "model"):
        return {"class": "classes", "model": "models"}[stated]
    if any(columns.total(cells[names[None]]) in ("accuracy", *columns.AVERAGES) for _, cells in rows):
        return "classes"
    raise Unreadable(
        f"{grid.name}: the first column, {header[0]!r}, does not tell what a row is. Call it class (a row for each class of "
        "one model) or model (a row for each model)."
    )


def _without_doubles(name, read, names):
    seen = {}
    for i, column in enumerate(read):
        key = column.role, column.average
        if column.role and i not in names.values() and key in seen:
            raise Unreadable(
                f"{name}: the columns {seen[key]!r} and {column.name!r} mean the same; remove or rename one."
            )
        seen[key] = column.name
    return read


def _measures(names):
    """How many of these names are of measures."""
    return sum(columns.read(name).role in columns.MEASURES for name in names)


def _is_number(cell):
    try:
        return printed.parse(cell) is not None
    except printed.NoNumber:
        return False
