"""A file that holds a table, as rows of text: encodings, separators, comments. What the cells mean is read elsewhere."""

import re
from dataclasses import dataclass

from course.audit.splitting import SEPARATORS, split
from course.project import CourseError

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 1_000_000, 1000, 100
OTHER_FILES = {
    b"PK\x03\x04": "an Excel workbook or another archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
SETTINGS = ("title", "source", "classes", "averaging", "rounding", "values", "rows", "measure", "note")


class Unreadable(CourseError):
    """A table that cannot be read, in one sentence."""


class NothingKnown(Unreadable):
    """A table none of whose columns is known; in a document of several tables it is passed over, and named."""


@dataclass(frozen=True)
class Grid:
    """Rows of text.

    name : of the file. header : names of columns. rows : (line number, cells), as many cells as the header has.
    settings : "# key: value" lines, name -> list of values. remarks : how it was read, sentences.
    """

    name: str
    header: list
    rows: list
    settings: dict
    remarks: list


def read(path):
    """The tables of a file: a list of `Grid`, one for CSV, one for each table of a Markdown document.

    Raises
    ------
    Unreadable : there is no such file, or it holds no table.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}. Give the path of a CSV file.") from None
    return from_bytes(content, path.name)


def from_bytes(content, name):
    """The same, of a file's content."""
    for magic, what in OTHER_FILES.items():
        if content.startswith(magic):
            raise Unreadable(f"{name} is {what}, not text: save the table as CSV.")
    if len(content) > MOST_BYTES:
        raise Unreadable(
            f"{name} has more than {MOST_BYTES / 1e6:.0f} MB; a table of a paper is far smaller."
        )
    text, remarks = _decoded(content, name)
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" ,;\t|")]
    if not name.casefold().endswith((".md", ".markdown")):
        return [_grid(lines, name, remarks)]
    tables = _tables_of(lines)
    names = [f"{name}, table {i}" for i in range(1, len(tables) + 1)] if len(tables) > 1 else [name]
    if not tables:
        raise Unreadable(f"{name} holds no table: expected lines that begin with a bar (|).")
    return [_grid(lines, name, remarks) for lines, name in zip(tables, names)]


def _tables_of(lines):
    """The tables of a Markdown document, each with the settings that stand between it and the one before."""
    tables, settings, last = [], [], -1
    for number, line in lines:
        if line.lstrip().startswith("|"):
            if number != last + 1:
                tables.append(settings)
                settings = []
            tables[-1].append((number, line))
            last = number
        elif _setting(line):
            settings.append((number, line))
    return [table for table in tables if sum(line.lstrip().startswith("|") for _, line in table) > 2]


def _setting(line):
    """(key, value) of a line "# key: value" or "<!-- key: value -->" whose key is known; else None."""
    found = re.fullmatch(r"\s*(?:#+\s*(.*?)|<!--\s*(.*?)\s*-->)\s*", line)
    key, colon, value = ((found[1] or found[2] or "") if found else "").partition(":")
    return (key.strip().casefold(), value.strip()) if colon and key.strip().casefold() in SETTINGS else None


def _grid(lines, name, remarks):
    """One table from its numbered lines; comments above it are taken away."""
    settings = {}
    while lines and re.match(r"\s*#\s*(?![,;|\t])|sep=.\s*$|\s*<!--", lines[0][1]):
        if setting := _setting(lines[0][1]):
            settings.setdefault(setting[0], []).append(setting[1])
        lines = lines[1:]
    if len(lines) < 2:
        raise Unreadable(
            f"{name} holds no table: expected a line of column names, and at least one row below it."
        )
    if len(lines) > MOST_ROWS:
        raise Unreadable(f"{name} has {len(lines)} rows; tables of up to {MOST_ROWS} are read.")
    separator, rows = split(lines)
    rows = [
        (line, cells) for line, cells in rows if not all(re.fullmatch(r":?-{2,}:?|", cell) for cell in cells)
    ]
    while len(rows) > 2 and sum(map(bool, rows[0][1])) == 1 and sum(map(bool, rows[1][1])) > 1:
        settings.setdefault("title", []).append(
            next(filter(None, rows.pop(0)[1]))
        )  # a caption above the names
    header = rows[0][1]
    while (
        header and not header[-1] and all(len(cells) < len(header) or not cells[-1] for _, cells in rows[1:])
    ):
        header, rows = header[:-1], [(line, cells[: len(header) - 1]) for line, cells in rows]
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"{name} has {len(header)} columns; tables of up to {MOST_COLUMNS} are read.")
    rows = [(line, _fitted(cells, header, line, name)) for line, cells in rows[1:]]
    return Grid(name, header, rows, settings, [f"columns are separated by {SEPARATORS[separator]}", *remarks])


def _decoded(content, name):
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            break
    else:
        encoding = "utf-8"
    try:
        text, remarks = content.decode(encoding), []
    except UnicodeDecodeError:
        text, remarks = content.decode("cp1252", "replace"), ["the file is not UTF-8: read as Windows-1252"]
    if "\0" in text:
        raise Unreadable(f"{name} is no text: save the table as CSV.")
    return "".join(
        letter for letter in text if letter.isprintable() or letter in "\n\r\t\u00a0\u2009\u202f"
    ), remarks


def _fitted(cells, header, line, name):
    """A row with as many cells as the header."""
    while len(cells) > len(header) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > len(header):
        raise Unreadable(
            f"{name}, line {line}: {len(cells)} cells below {len(header)} column names. Where numbers have decimal commas, "
            "separate columns by semicolons, or put the numbers in quotes."
        )
    return cells + [""] * (len(header) - len(cells))
