"""The round trip with the LMS: fill the sheet that Canvas or Moodle exported, and pack feedback for Moodle.

A sheet is never made up here. Only the cells of points change: every other byte, quoted as it was, stays.
"""

import re
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from course.grading.gradebook import safe
from course.grading.roster import handed_in_by, words
from course.project import CourseError, shown, write_whole

CELL = r'"(?:[^"]|"")*"|[^{separator}\r\n]*'
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
            print(f"  rows left as they were: {'; '.join(self.without_points)}")
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
            self.encoding = "latin-1"  # of any bytes, and back to the same
            text = content.decode(self.encoding)
        first = re.sub(r'"[^"]*"', "", text).split("\n", 1)[0]
        self.separator = max(",;\t", key=first.count)
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
    rows = [row for row in sheet.rows[first:] if any(cell.strip() for cell in row)]
    found = [_whose(_row_keys(sheet, row, header, canvas), by_key) for row in rows]
    ranks = defaultdict(list)
    for rank, one in found:
        ranks[one and one.student.student_id].append(rank)
    comma = _has_commas(sheet, rows, header, where)
    for row, (rank, one) in zip(rows, found):
        if one and sum(other <= rank for other in ranks[one.student.student_id]) > 1:
            one = None  # a row that is surer of this student, or just as sure, stands beside it
        if one is None or one.points is None or where >= len(row) or sheet.value(row, where).upper() in KEPT:
            filled.without_points.append(sheet.value(row, 0))
        else:
            sheet.put(row, where, _number(_scaled(one, most, scale, path), comma))
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


def _row_keys(sheet, row, header, canvas):
    """What may tell whose row it is, the surest first; "" where it does not tell."""
    if canvas:
        names = ("ID", "SIS User ID", "SIS Login ID")
        values = [sheet.value(row, header.index(name)) for name in names if name in header]
        values = [f"canvas {values[0]}", *values]
        return [value.lower() for value in values] + [" ".join(sorted(words(sheet.value(row, 0))))]
    number = re.search(r"(\d+)\s*$", sheet.value(row, 0))
    values = [sheet.value(row, k) for k in range(1, len(row))]
    mail = next((value.lower() for value in values if re.fullmatch(r"\S+@\S+", value)), "")
    names = [" ".join(sorted(words(value))) for value in values[:2]]
    return [f"participant {number[1]}" if number else "", mail, *names]


def _whose(keys, by_key):
    """(rank of the key that tells, the standing); keys that tell of different students tell of none."""
    told = [(rank, by_key[key]) for rank, key in enumerate(keys) if key and key in by_key]
    return told[0] if len({one.student.student_id for _, one in told}) == 1 else (len(keys), None)


def _canvas_keys(standings, entries):
    return _common_keys(standings) | _numbers(standings, entries, "canvas")


def _moodle_keys(standings, entries):
    return _common_keys(standings) | _numbers(standings, entries, "moodle", "participant")


def _numbers(standings, entries, lms, word="canvas"):
    """The LMS's numbers of students, as their files bear them; where that is one to one."""
    by_id, found = {one.student.student_id: one for one in standings}, set()
    for entry in entries:
        _, written, number = handed_in_by(entry["file"])
        if written == lms and entry["student"] in by_id:
            found.add((number, entry["student"]))
    numbers, ones = Counter(number for number, _ in found), Counter(one for _, one in found)
    return {f"{word} {number}": by_id[one] for number, one in found if numbers[number] == ones[one] == 1}


def _common_keys(standings):
    """id, address, its first part, and name -> standing; each where nobody else has it, an id before all others."""
    keys = {one.student.student_id.lower(): one for one in standings}
    for key_of in (
        lambda student: student.email.lower(),
        lambda student: student.email.split("@")[0].lower(),
        lambda student: " ".join(sorted(words(student.name))),
    ):
        found = {}
        for one in standings:
            found.setdefault(key_of(one.student), []).append(one)
        keys = {key: ones[0] for key, ones in found.items() if key and len(ones) == 1} | keys
    return keys


def feedback_zip(path, work, standings, entries):
    """Each student's page in the folder that Moodle knows; returns the students whose folder is not known.

    Raises
    ------
    CourseError : no folder is known, as where the submissions came from elsewhere.
    """
    folders = defaultdict(set)
    for entry in entries:
        label, lms, number = handed_in_by(entry["file"])
        if lms == "moodle" and entry["student"]:
            folders[entry["student"]].add(f"{label}_{number}_assignsubmission_file_")
    folders = {one: names.pop() for one, names in folders.items() if len(names) == 1}
    shared = Counter(folders.values())
    folders = {one: name for one, name in folders.items() if shared[name] == 1}
    if not folders:
        raise CourseError(
            f"{path}: not written, for no submission lay in a folder of Moodle's. The pages are in {shown(work.feedback)}."
        )
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
