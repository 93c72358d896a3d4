"""The class: who is in it, and whose a file is, by its name."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass

from course.project import CourseError

COLUMNS = ("student_id", "name", "email")
MOODLE = re.compile(r"(.+)_(\d+)_assignsubmission_(?:file|onlinetext)")
CANVAS = re.compile(r"([^_]+)_(?:LATE_)?(\d+)_\d+_.")


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
    """Finds whose a file is: by student_id, email or name, anywhere in its path.

    What the LMS wrote of who handed it in counts first, for a student chooses all that stands behind it. A path that
    names two students is nobody's: a person must look.

    >>> owners = Owners([Student("s1", "Zoë van Dam", "zoe@x.org"), Student("s10", "Ann Lee", "ann@x.org")])
    >>> owners.of("Zoe van Dam_4711_assignsubmission_file_/Copy of 01 (1).ipynb")
    (Student(student_id='s1', name='Zoë van Dam', email='zoe@x.org'), '')
    >>> owners.of("leeann_LATE_12_345_s1.ipynb")[0].student_id
    's10'
    >>> owners.of("s10/s1.ipynb")
    (None, 'the names in its path fit several students: s1, s10')
    """

    def __init__(self, students):
        self.students = students
        self.rules = (  # in each step, what tells as much as the others
            ("student_id, email or name", (_by_id, _by_email, _by_name)),
            ("email's first part", (_by_first_part,)),
        )

    def of(self, file):
        """(student, "") or (None, why not)."""
        label, _, _ = handed_in_by(file)
        if label:
            same = [one for one in self.students if _same(label, one.name)]
            if len(same) == 1:
                return same[0], ""
            student, why = self._named([label])
            if student or "several" in why:
                return student, why
        return self._named(file.replace("\\", "/").split("/"))

    def _named(self, parts):
        for what, rules in self.rules:
            found = [one for one in self.students if any(rule(one, part) for rule in rules for part in parts)]
            if len(found) > 1:
                names = ", ".join(student.student_id for student in found[:4])
                where = f"the {what} in its name fits" if len(parts) == 1 else "the names in its path fit"
                return None, f"{where} several students: {names}"
            if found:
                return found[0], ""
        return None, "nobody of the roster is named in it"


def handed_in_by(file):
    """What the LMS wrote in a path: (its label of the student, "moodle" or "canvas", its number of the student).

    The outermost part that looks like it counts; those within are of the student's making.
    """
    for part in file.replace("\\", "/").split("/"):
        for lms, pattern in (("moodle", MOODLE), ("canvas", CANVAS)):
            if found := pattern.match(part):
                return found[1], lms, found[2]
    return "", "", ""


def _by_id(student, part):
    return _holds(part, student.student_id)


def _by_email(student, part):
    return _holds(part, student.email)


def _by_name(student, part):
    return _is_name(part, student.name)


def _by_first_part(student, part):
    return _holds(part, student.email.split("@")[0])


def _same(label, name):
    """Whether a label is this name and nothing else: in any order, or run together as Canvas does."""
    there, parts = words(label), words(name)
    together = {"".join(parts), "".join(parts[-1:] + parts[:-1])}
    return bool(parts) and (sorted(there) == sorted(parts) or (len(there) == 1 and there[0] in together))


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
    """Words without accents and case.

    >>> words("Łucja Groß-Øster")
    ['lucja', 'gross', 'oster']
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ł", "l"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", plain.replace("'", "").replace("’", ""))
