"""The cells of a notebook as students hand it in: any encoding, any version, damaged in any way that can be mended.

Only text is looked at; nothing runs. Outputs are not read.
"""

import json
from typing import NamedTuple

MOST_CELLS = 20_000
LONGEST = 2_000_000  # characters of one cell


class Unreadable(Exception):
    """Why a file needs a person's attention."""


class Cell(NamedTuple):
    """kind : "code", "markdown" ... grade_id : nbgrader's, or None. id : the cell's own, or None. source : text."""

    kind: str
    grade_id: str | None
    id: str | None
    source: str


def read(content):
    """The cells of a notebook file, and what had to be mended.

    Returns
    -------
    list of `Cell`, list of str.

    Raises
    ------
    Unreadable : no JSON, no notebook, too many cells.
    """
    repairs = []
    notebook = _parsed(content, repairs)
    if not isinstance(notebook, dict):
        raise Unreadable("is no notebook: its JSON is no object")
    cells = _cells(notebook, repairs)
    if not isinstance(cells, list):
        raise Unreadable("is no notebook: it has no list of cells")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"has {len(cells)} cells; at most {MOST_CELLS}")
    kernel = _dictionary(_dictionary(notebook.get("metadata")).get("kernelspec")).get("name")
    if isinstance(kernel, str) and kernel not in ("python3", "python"):
        repairs.append("another kernel was named; taken as Python")
    read = [_cell(cell, repairs) for cell in cells]
    return [cell for cell in read if cell], list(dict.fromkeys(repairs))


def _parsed(content, repairs):
    """The JSON of the bytes."""
    text = _text(content, repairs)
    if "\x00" in text:
        text = text.replace("\x00", "")
        repairs.append("NUL bytes removed")
    if not text.strip():
        raise Unreadable("is empty")
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise Unreadable("is JSON nested too deeply") from None
    except ValueError as error:
        cut = text.lstrip()[0] == "{" and text.rstrip()[-1] != "}"
        what = "is not JSON: it ends in the middle; ask for it again" if cut else "is not JSON"
        raise Unreadable(f"{what} ({str(error)[:80]})") from None


def _text(content, repairs):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        repairs.append("read as UTF-16")
        return content.decode("utf-16", errors="replace")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        repairs.append("read as Windows-1252")
        return content.decode("cp1252", errors="replace")
    if content[:3] == b"\xef\xbb\xbf":
        repairs.append("byte order mark removed")
    return text


def _cells(notebook, repairs):
    """The list of cells; those of nbformat 3 lie in worksheets."""
    worksheets = notebook.get("worksheets")
    if isinstance(notebook.get("cells"), list) or not isinstance(worksheets, list):
        return notebook.get("cells")
    repairs.append("upgraded from nbformat 3")
    lists = [_dictionary(worksheet).get("cells") for worksheet in worksheets]
    return [cell for cells in lists if isinstance(cells, list) for cell in cells]


def _cell(cell, repairs):
    """One cell; None if it holds no text."""
    cell = _dictionary(cell)
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or len(source) > LONGEST:
        repairs.append("a cell without readable text left out")
        return None
    marks = _dictionary(_dictionary(cell.get("metadata")).get("nbgrader"))
    if "\r" in source:
        repairs.append("line ends made \\n")
        source = source.replace("\r\n", "\n").replace("\r", "\n")
    return Cell(
        _string(cell.get("cell_type")) or "", _string(marks.get("grade_id")), _string(cell.get("id")), source
    )


def _dictionary(value):
    return value if isinstance(value, dict) else {}


def _string(value):
    return value if isinstance(value, str) else None
