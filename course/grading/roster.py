"""The class: who is in it, and whose a file is, by its name."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from itertools import takewhile

from course.project import CourseError

COLUMNS = ("student_id", "name", "email")
MOODLE = re.compile(r"(.+)_(\d+)_assignsubmission_(?:file|onlinetext)")
MOODLE_SHORT = re.compile(r"(\S+ .+)_(\d+)$")  # a folder, where the rest is left out
CANVAS = re.compile(r"(.+?)_(?:LATE_)?(\d+)_\d+_.")
ENDING = re.compile(r"\.(?:ipynb|zip)$", re.IGNORECASE)


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
        text = _text(path.read_bytes()).lstrip("\r\n")
    except OSError as error:
        raise CourseError(f"{path}: the roster cannot be read: {error.strerror}.") from None
    separator = max(",;\t", key=re.split(r"[\r\n]", text, maxsplit=1)[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        students = list(_students(path, rows))
    except csv.Error as error:
        raise CourseError(
            f"{path}: line {rows.line_num + 1} of the roster cannot be read: {error}."
        ) from None
    ids = [student.student_id for student in students]
    if not ids:
        raise CourseError(f"{path}: the roster holds no student.")
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise CourseError(f"{path}: the student_id {twice[0]!r} stands twice in the roster.")
    return students


def _students(path, rows):
    header = [name.strip().lower() for name in rows.fieldnames or ()]
    if COLUMNS[0] not in header:
        raise CourseError(
            f"{path}: the roster has no column {COLUMNS[0]!r}; it has {', '.join(header)}. Expected student_id, name, email."
        )
    for row in rows:
        values = {
            (key or "").strip().lower(): value.strip() for key, value in row.items() if isinstance(value, str)
        }
        student = Student(*(values.get(name, "") for name in COLUMNS))
        if student.student_id:
            yield student
        elif student.name or student.email:
            raise CourseError(f"{path}: line {rows.line_num} has no student_id.")


def _text(content):
    """As Excel and others save it: UTF-8 with a byte order mark or without, UTF-16, Windows-1252."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _by_id(student, part):
    return _holds(part, student.student_id)


def _by_email(student, part):
    return _holds(part, student.email)


def _by_name(student, part):
    return _is_name(part, student.name)


def _by_first_part(student, part):
    return _holds(part, student.email.split("@")[0])


def _is_first_part(student, part):
    return bool(student.email) and part.lower() == student.email.split("@")[0].lower()


# In each step, what tells as much as the others. A label is a full name or a login, of which one word may be another's.
SURE = ("student_id, email or name", (_by_id, _by_email, _by_name))
ANYWHERE = (SURE, ("email's first part", (_by_first_part,)))
LABEL = (SURE, ("email's first part", (_is_first_part,)))


class Owners:
    """Finds whose a file is: by student_id, email or name, anywhere in its path.

    What the LMS wrote of who handed it in counts first, for a student chooses all that stands behind it. A path that
    names two students is nobody's: a person must look.

    title : the released notebook's name, which says nothing of a student.

    >>> owners = Owners([Student("s1", "Zoë van Dam", "zoe@x.org"), Student("s10", "Ann Lee", "ann@x.org")])
    >>> owners.of("Zoe van Dam_4711_assignsubmission_file_/Copy of 01 (1).ipynb")
    (Student(student_id='s1', name='Zoë van Dam', email='zoe@x.org'), '', [])
    >>> owners.of("leeann_LATE_12_345_s1.ipynb")[0].student_id
    's10'
    >>> owners.of("s10/s1.ipynb")
    (None, 'the names in its path fit several students: s1, s10', ['s1', 's10'])
    """

    def __init__(self, students, title=""):
        self.students, self.title = students, title

    def of(self, file):
        """(student, "", []) or (None, why not, ids of those whose it may be)."""
        parts = file.replace("\\", "/").split("/")
        label, _, _ = handed_in_by(file)
        if label:
            same = [one for one in self.students if _same(label, one.name)]
            student, why, several = (same[0], "", []) if len(same) == 1 else self._named([label], LABEL)
            if student or several:
                outer, _, _ = self._named(list(takewhile(lambda part: not part.startswith(label), parts)))
                return (student, why, several) if outer in (None, student) else self._named(parts)
        names = [part.replace(self.title or "\0", " ").removeprefix(label) for part in parts]
        student, why, several = self._named(names)
        if student and "_assignsubmission_" in file and _another(label, student):
            return None, f"{student.student_id} is named in it, but for Moodle it is of {label}", []
        return student, why, several

    def _named(self, parts, steps=ANYWHERE):
        for what, rules in steps:
            found = [one for one in self.students if any(rule(one, part) for rule in rules for part in parts)]
            if len(found) > 1:
                ids = [student.student_id for student in found]
                where = f"the {what} in its name fits" if len(parts) == 1 else "the names in its path fit"
                return None, f"{where} several students: {', '.join(ids[:4])}", ids
            if found:
                return found[0], "", []
        return None, "nobody of the roster is named in it", []


def handed_in_by(file):
    """What the LMS wrote in a path: (its label of the student, "moodle" or "canvas", its number of the student).

    The outermost part that looks like it counts; those within are of the student's making.
    """
    *folders, name = file.replace("\\", "/").split("/")
    for part in (*folders, name):
        for lms, pattern in (("moodle", MOODLE), ("canvas", CANVAS)):
            found = pattern.match(part) or (lms == "moodle" and part is not name and MOODLE_SHORT.match(part))
            if found:
                return found[1], lms, found[2]
    return "", "", ""


def _same(label, name):
    """Whether a label is this name and nothing else: in any order, or run together as Canvas does."""
    there, parts = words(label), words(name)
    return bool(parts) and (
        sorted(there) == sorted(parts) or (len(there) == 1 and there[0] in _together(parts))
    )


def _together(parts):
    """A name run together as Canvas does, its surname first; of how many words that is, nobody knows.

    >>> sorted(_together(["zoe", "van", "dam"]))
    ['damzoevan', 'vandamzoe', 'zoevandam']
    """
    return {"".join(parts[k:] + parts[:k]) for k in range(len(parts))}


def _another(label, student):
    """Whether Moodle's label is a full name, and not this student's."""
    there, name = words(label), set(words(student.name))
    return len(there) > 1 and bool(name) and not name & set(there)


def _holds(part, value):
    """Whether a file's name holds this id or address as a word of its own; of one character, if it is nothing else."""
    if len(value) < 2:
        return bool(value) and ENDING.sub("", part).strip().lower() == value.lower()
    return re.search(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", part, re.IGNORECASE) is not None


def _is_name(part, name):
    """Whether a file's name holds the full name, in any order (lee_ann), or run together (Canvas: leeann)."""
    parts, there = words(name), words(ENDING.sub("", part))
    if len("".join(parts)) < 4:
        return bool(parts) and there == parts
    return (len(parts) > 1 and set(parts) <= set(there)) or bool(_together(parts) & set(there))


def words(text):
    """Words without accents and case.

    >>> words("Łucja Groß-Øster")
    ['lucja', 'gross', 'oster']
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ł", "l"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", plain.replace("'", "").replace("’", ""))
