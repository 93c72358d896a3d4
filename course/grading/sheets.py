"""The round trip with the LMS: fill the sheet that Canvas or Moodle exported, and pack feedback for Moodle.

A sheet is never made up here. Only the cells of points change: every other byte, quoted as it was, stays.
"""

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from course.grading.gradebook import safe
from course.grading.roster import words
from course.project import CourseError, write_whole

CELL = r'"(?:[^"]|"")*"|[^{separator}\r\n]*'
MOODLE_FOLDER = re.compile(r"(?:^|/)([^/]+)_(\d+)_assignsubmission_(?:file|onlinetext)")
CANVAS_FILE = re.compile(r"(?:^|/)[^/_]+_(?:LATE_)?(\d+)_\d+_[^/]+$")
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
KEPT = ("EX",)  # excused


@dataclass
class Filled:
    """points : number of cells filled. without_row : students with points whom the sheet does not hold.
    without_points : rows left as they were, by their first cells."""

    path: str
    points: int = 0
    without_row: list = field(default_factory=list)
    without_points: list = field(default_factory=list)

    def tell(self):
        print(f"{self.path}: {self.points} points filled.")
        if self.without_points:
            print(f"  rows left as they were: {', '.join(self.without_points)}")
        if self.without_row:
            print(f"  students with points whom the sheet does not hold: {', '.join(self.without_row)}")


class Sheet:
    """A CSV file as rows of raw cells, which are put together again as they were."""

    def __init__(self, path):
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise CourseError(f"{path}: the sheet cannot be read: {error.strerror}.") from None
        self.path, self.encoding = Path(path), "utf-8-sig" if content[:3] == b"\xef\xbb\xbf" else "utf-8"
        try:
            text = content.decode(self.encoding)
        except UnicodeDecodeError:
            self.encoding = "cp1252"
            text = content.decode(self.encoding)
        self.separator = max(",;\t", key=text.split("\n", 1)[0].count)
        self.rows, self.ends = self._split(text)
        if len(self.rows) < 2 or len(self.rows[0]) < 2:
            raise CourseError(f"{path}: is no sheet with a header and rows.")

    def _split(self, text):
        rows, ends, row, position = [], [], [], 0
        pattern = re.compile(CELL.format(separator=self.separator))
        while position < len(text):
            cell = pattern.match(text, position)
            row.append(cell[0])
            position = cell.end()
            end = re.compile(r"\r\n|\n|\r|$").match(text, position)
            if text[position : position + 1] == self.separator:
                position += 1
                if position == len(text):
                    row.append("")
            elif not end:
                raise CourseError(f"{self.path}: row {len(rows) + 1} has a quote in the middle of a cell.")
            if end or position == len(text):
                rows.append(row)
                ends.append(end[0] if end else "")
                row, position = [], position + (len(end[0]) if end else 0)
        return rows, ends

    def value(self, row, column):
        """The text of a cell; "" where the row is shorter."""
        cell = row[column] if column < len(row) else ""
        return (cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell).strip()

    def put(self, row, column, text):
        quoted = row[column][:1] == '"' or self.separator in text
        row[column] = f'"{text}"' if quoted else text

    def header(self):
        return [self.value(self.rows[0], column) for column in range(len(self.rows[0]))]

    def write(self):
        lines = (self.separator.join(row) + end for row, end in zip(self.rows, self.ends))
        write_whole(self.path, "".join(lines).encode(self.encoding))


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
    keys = _canvas_keys if canvas else _moodle_keys
    by_key, filled, done = keys(standings, entries), Filled(str(path)), set()
    for row in sheet.rows[first:]:
        if not any(cell.strip() for cell in row):
            continue
        one = next((by_key[key] for key in _row_keys(sheet, row, header, canvas) if key in by_key), None)
        if one is None or one.points is None or where >= len(row) or sheet.value(row, where).upper() in KEPT:
            filled.without_points.append(sheet.value(row, 0))
        else:
            sheet.put(row, where, _number(_scaled(one, most, scale, path), sheet, row, header))
            filled.points += 1
        if one:
            done.add(one.student.student_id)
    filled.without_row = [
        one.student.student_id
        for one in standings
        if one.points is not None and one.student.student_id not in done
    ]
    sheet.write()
    return filled


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


def _number(points, sheet, row, header):
    """Points as the sheet writes numbers: with a decimal comma where others there have one."""
    text = f"{points:g}"
    others = [sheet.value(one, k) for one in sheet.rows[1:4] for k in range(len(header))]
    comma = any(re.fullmatch(r"\d+,\d+", other) for other in others) or sheet.separator == ";"
    return text.replace(".", ",") if comma else text


def _row_keys(sheet, row, header, canvas):
    """What may tell whose row it is, the surest first."""
    if canvas:
        names = ("ID", "SIS User ID", "SIS Login ID")
        values = [sheet.value(row, header.index(name)) for name in names if name in header]
        return [value.lower() for value in values if value] + [" ".join(sorted(words(sheet.value(row, 0))))]
    number = re.search(r"(\d+)\s*$", sheet.value(row, 0))
    values = [sheet.value(row, k) for k in range(len(row))]
    mails = [value.lower() for value in values if re.fullmatch(r"\S+@\S+", value)]
    names = [" ".join(sorted(words(value))) for value in values[1:3]]
    return [f"participant {number[1]}"] * bool(number) + mails + names


def _canvas_keys(standings, entries):
    keys = _common_keys(standings)
    by_id = {one.student.student_id: one for one in standings}
    for entry in entries:
        number = CANVAS_FILE.search(entry["file"])
        if number and entry["student"] in by_id:
            keys[number[1]] = by_id[entry["student"]]
    return keys


def _moodle_keys(standings, entries):
    keys = _common_keys(standings)
    by_id = {one.student.student_id: one for one in standings}
    for entry in entries:
        folder = MOODLE_FOLDER.search(entry["file"])
        if folder and entry["student"] in by_id:
            keys[f"participant {folder[2]}"] = by_id[entry["student"]]
    return keys


def _common_keys(standings):
    """id, address, its first part, and name (where nobody else has it) -> standing."""
    keys, names = {}, {}
    for one in standings:
        student = one.student
        names.setdefault(" ".join(sorted(words(student.name))), []).append(one)
        for key in (student.student_id, student.email, student.email.split("@")[0]):
            if key:
                keys.setdefault(key.lower(), one)
    return {name: ones[0] for name, ones in names.items() if name and len(ones) == 1} | keys


def feedback_zip(path, work, standings, entries):
    """Each student's page in the folder that Moodle knows; returns the students whose folder is not known."""
    folders = {}
    for entry in entries:
        found = MOODLE_FOLDER.search(entry["file"])
        if found and entry["student"]:
            folders[entry["student"]] = f"{found[1]}_{found[2]}_assignsubmission_file_"
    unknown = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in standings:
            student = one.student.student_id
            page = work.feedback / f"{safe(student)}.html"
            if student in folders:
                archive.writestr(f"{folders[student]}/feedback.html", page.read_bytes())
            elif one.points is not None:
                unknown.append(student)
    return unknown
