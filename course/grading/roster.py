"""The class: who is in it, and whose a file is, by its name."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass

from course.project import CourseError

COLUMNS = ("student_id", "name", "email")


@dataclass(frozen=True)
class Student:
    student_id: str
    name: str = ""
    email: str = ""


def read(path):
    """The students of a roster: a CSV file with the columns student_id, name, email, separated by , ; or tabs.

    Raises
    ------
    CourseError : the file cannot be read, a column is missing, an id is empty or stands twice.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CourseError(f"{path}: the roster cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        text = path.read_bytes().decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    header = [(name or "").strip().lower() for name in first.strip().split(separator)]
    if missing := [name for name in COLUMNS[:1] if name not in header]:
        raise CourseError(
            f"{path}: the roster has no column {missing[0]!r}; it has {', '.join(header)}. Expected student_id, name, email."
        )
    students = []
    for row in rows:
        values = {
            (key or "").strip().lower(): (value or "").strip()
            for key, value in row.items()
            if isinstance(value, str)
        }
        student = Student(*(values.get(name, "") for name in COLUMNS))
        if any((student.student_id, student.name, student.email)):
            students.append(student)
    _check(path, students)
    return students


def _check(path, students):
    ids = [student.student_id for student in students]
    if not ids:
        raise CourseError(f"{path}: the roster holds no student.")
    if "" in ids:
        raise CourseError(f"{path}: line {ids.index('') + 2} has no student_id.")
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise CourseError(f"{path}: the student_id {twice[0]!r} stands twice in the roster.")


class Owners:
    """Finds whose a file is: by student_id, then email, then name, from the file's own name outwards.

    >>> owners = Owners([Student("s1", "Zoë van Dam", "zoe@x.org"), Student("s10", "Ann Lee", "ann@x.org")])
    >>> owners.of("Zoe van Dam_4711_assignsubmission_file_/Copy of 01 (1).ipynb")
    (Student(student_id='s1', name='Zoë van Dam', email='zoe@x.org'), '')
    >>> owners.of("leeann_LATE_12_345_01.ipynb")[0].student_id
    's10'
    """

    def __init__(self, students):
        self.students = students
        self.rules = (
            ("student_id", lambda student, part: _holds(part, student.student_id)),
            ("email", lambda student, part: _holds(part, student.email)),
            ("email's first part", lambda student, part: _holds(part, student.email.split("@")[0])),
            ("name", lambda student, part: _is_name(part, student.name)),
        )

    def of(self, file):
        """(student, "") or (None, why not)."""
        for part in reversed(file.replace("\\", "/").split("/")):
            for what, rule in self.rules:
                found = [student for student in self.students if rule(student, part)]
                if len(found) > 1:
                    names = ", ".join(student.student_id for student in found[:4])
                    return None, f"the {what} in its name fits several students: {names}"
                if found:
                    return found[0], ""
        return None, "nobody of the roster is named in it"


def _holds(part, value):
    """Whether a file's name holds this id or address as a word of its own."""
    if len(value) < 2:
        return False
    return re.search(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", part, re.IGNORECASE) is not None


def _is_name(part, name):
    """Whether a file's name holds the full name, in any order (lee_ann), or run together (Canvas: leeann)."""
    parts = words(name)
    if len("".join(parts)) < 4:
        return False
    there = words(re.sub(r"\.(ipynb|zip)$", "", part))
    together = {"".join(parts), "".join(parts[-1:] + parts[:-1])}
    return (len(parts) > 1 and set(parts) <= set(there)) or bool(together & set(there))


def words(text):
    """Words without accents and case."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", plain.replace("'", "").replace("’", ""))
