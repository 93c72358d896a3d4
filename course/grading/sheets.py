"""Back to the LMS: fill the sheet that Canvas or Moodle exported, and say which rows were left, and why.

A sheet is never made up here. Only the cells of points change: every other byte, quoted as it was, stays.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from course.grading import rows
from course.grading.roster import words
from course.grading.sheet import Sheet
from course.grading.table import MISSING, shortened
from course.project import CourseError

POSSIBLE = "points possible"
GRADES = (
    "grade",
    "bewertung",
    "note",
    "calificación",
    "nota",
    "beoordeling",
    "voto",
    "betyg",
    "karakter",
    "valutazione",
)
MAXIMA = ("maximum grade", "beste bewertung", "höchste bewertung", "note maximale", "calificación máxima")
NUMBER = re.compile(r"(?:\d+(?:[.,]\d+)?|-|EX)?", re.IGNORECASE)
KEPT = ("EX",)  # excused
EXCUSED, OPEN, SHORT = "excused", "needs attention, not graded", "without a cell for points"


@dataclass
class Filled:
    """rows : number of rows filled. left : why a row was left as it was -> such rows, by their first cells.
    without_row : students with points whom the sheet does not hold."""

    path: str
    rows: int = 0
    left: dict = field(default_factory=lambda: defaultdict(list))
    without_row: list = field(default_factory=list)

    def tell(self):
        print(f"{self.path}: {self.rows} rows filled, {sum(map(len, self.left.values()))} left as they were.")
        for why, names in self.left.items():
            print(f"  {len(names)} {why}: {shortened(names)}")
        if self.without_row:
            there = len(self.without_row)
            print(f"  {there} with points whom the sheet does not hold: {shortened(self.without_row)}")


def fill(path, standings, entries, title, column=None, scale=False):
    """Put the points into a sheet that Canvas or Moodle exported.

    standings, entries : of the lesson; entries tell which Canvas or Moodle number a student's file bore.
    title : of the lesson. column : name or number (from 1) of the column of points; None: found by its name.
    scale : multiply the points where the sheet's maximum is another.
    """
    sheet = Sheet(path)
    header = sheet.header()
    canvas = header[0].lower() == "student" and "ID" in header
    where = _column(sheet, header, column, canvas, title)
    first = 1
    while canvas and first < len(sheet.rows) and not _is_student(sheet, first):
        first += 1
    most = _maximum(sheet, header, where, canvas, first)
    students = [row for row in sheet.rows[first:] if any(cell.strip() for cell in row)]
    comma = _has_commas(sheet, students, header, where)
    filled, there = Filled(str(path)), set()
    for row, (one, why) in zip(students, rows.owners(sheet, students, canvas, standings, entries)):
        why = why or _why_left(sheet, row, where, one)
        if why:
            name = sheet.value(row, 0)
            filled.left[why].append(f"{name} ({one.student.student_id})" if one else name)
        else:
            sheet.put(row, where, _number(_scaled(one, most, scale, path), comma))
            filled.rows += 1
        there.add(one and one.student.student_id)
    with_points = [one.student.student_id for one in standings if one.points is not None]
    filled.without_row = [student for student in with_points if student not in there]
    sheet.write()
    return filled


def _why_left(sheet, row, where, one):
    """Why this student's row is left as it is; "" if it is filled."""
    if sheet.value(row, where).upper() in KEPT:
        return EXCUSED
    if one.points is None:
        return MISSING if one.status == MISSING else OPEN
    return "" if where < len(row) else SHORT


def _column(sheet, header, column, canvas, title):
    """The number of the column of points."""
    lower = [name.lower() for name in header]
    if column is not None:
        if column in header:
            return header.index(column)
        if column.isdigit() and 1 <= int(column) <= len(header):
            return int(column) - 1
        raise CourseError(f"{sheet.path}: has no column {column!r}. Its columns: {', '.join(header)}.")
    if canvas:
        assignments = [k for k, name in enumerate(header) if re.search(r"\(\d+\)$", name)]
        parts = words(title)
        named = [
            k
            for k in assignments
            if set(parts[:1]) <= set(words(header[k])) or set(parts[1:]) <= set(words(header[k]))
        ]
        found = named if len(named) == 1 else assignments
    else:
        found = [k for k, name in enumerate(lower) if name in GRADES]
    if len(found) != 1:
        raise CourseError(
            f"{sheet.path}: which column holds the points? Name it with --column; there are {', '.join(header)}."
        )
    return found[0]


def _is_student(sheet, k):
    """Canvas puts one or two rows between header and students; they have no ID."""
    row = sheet.rows[k]
    return bool(sheet.value(row, sheet.header().index("ID"))) and sheet.value(row, 0).lower() != POSSIBLE


def _maximum(sheet, header, where, canvas, first):
    """The sheet's largest number of points, if it tells one."""
    text = ""
    if canvas:
        possible = [row for row in sheet.rows[1:first] if sheet.value(row, 0).lower() == POSSIBLE]
        text = sheet.value(possible[0], where) if possible else ""
    else:
        columns = [k for k, name in enumerate(header) if name.lower() in MAXIMA]
        text = sheet.value(sheet.rows[1], columns[0]) if columns else ""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _scaled(one, most, scale, path):
    if most is None or most == one.max_points:
        return one.points
    if not scale:
        raise CourseError(
            f"{path}: its maximum is {most:g} points, the lesson's is {one.max_points:g}. Change it in the LMS, or use "
            "--scale."
        )
    return round(one.points * most / one.max_points, 2)


def _number(points, comma):
    """Points as the sheet writes numbers: with a decimal comma where others there have one."""
    text = f"{points:g}"
    return text.replace(".", ",") if comma else text


def _has_commas(sheet, rows, header, where):
    """Whether numbers have decimal commas there: by the columns of points, else by those of nothing but numbers."""
    if sheet.separator == ";":
        return True
    columns = [[sheet.value(row, k) for row in rows] for k in range(len(header))]
    points = [columns[k] for k, name in enumerate(header) if k == where or name.lower() in MAXIMA]
    numbers = [values for values in columns if all(NUMBER.fullmatch(value) for value in values)]
    for some in (points, numbers):
        written = [value for values in some for value in values if re.fullmatch(r"\d+[.,]\d+", value)]
        if written:
            return all("," in value for value in written)
    return False
