"""Lines as rows of cells: the separator is the one that shows most names that are known."""

import csv
import io
import re

from course.audit import columns

SEPARATORS = {
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    ",": "commas",
    "  ": "spaces",
    " ": "single spaces",
}


def split(lines):
    """The separator that shows most names that are known, and the rows it gives."""
    found = {separator: _rows(lines, separator) for separator in SEPARATORS}

    def known(separator):
        rows = found[separator]
        names = rows[0][1], [cells[0] for _, cells in rows if cells]
        roles = [sum(columns.read(name).role is not None for name in some) for some in names]
        return max(roles), separator != " ", len(rows[0][1])

    if all(line.lstrip().startswith("|") for _, line in lines):
        return "|", found["|"]
    best = max(found, key=known)
    return best, found[best]


def _rows(lines, separator):
    if separator == "  ":
        return _printed_report([(number, re.split(r"\s{2,}|\t", line.strip())) for number, line in lines])
    if separator == " ":  # copied from a PDF: what stands before the last cells is the name
        lines = [(number, re.sub(r"(?<=\d) %", "%", line.strip())) for number, line in lines]
        last = len(lines[0][1].split()) - 1
        return [(number, line.rsplit(None, last)) for number, line in lines]
    if separator == "|":
        return [
            (number, [cell.strip() for cell in line.strip().strip("|").split("|")]) for number, line in lines
        ]
    numbers = [number for number, _ in lines]
    reader = csv.reader(
        io.StringIO("\n".join(line for _, line in lines)), delimiter=separator, skipinitialspace=True
    )
    try:
        return [
            (numbers[min(reader.line_num, len(numbers)) - 1], [cell.strip() for cell in row])
            for row in reader
        ]
    except csv.Error:
        return [(number, [line.strip()]) for number, line in lines]


def _printed_report(rows):
    """A report as a terminal shows it: the names of rows have no name, and blank cells leave only space, numbers stand right."""
    width = max(len(cells) for _, cells in rows)
    (first, header), *below = rows
    header = [*[""] * (width - len(header)), *header] if len(header) == width - 1 else header
    below = [(line, [cells[0], *[""] * (width - len(cells)), *cells[1:]]) for line, cells in below]
    return [(first, header), *below]
