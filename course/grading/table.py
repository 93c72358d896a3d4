"""Tables of grades: one row per student of the roster."""

import csv
import io
import unicodedata
from collections import Counter, defaultdict

from course.grading.collect import ATTENTION, UNMATCHED
from course.project import shown, write_whole

GRADED, MISSING = "graded", "missing"
MOST_NAMES = 8  # in a line for the terminal


def rows(work, given):
    """One dict per student: student_id, status, points, max_points, each exercise's points, repairs, flags.

    Points are numbers, or None where nothing was graded: that is no 0.
    """
    entries = work.entries()
    looks, lost = _looks(entries), len(nobodys(entries))
    for student in work.roster():
        submission, result = work.submission(student.student_id), work.result(student.student_id)
        row = {
            "student_id": student.student_id,
            "status": MISSING,
            "points": None,
            "max_points": given.points,
        }
        row |= dict.fromkeys(given.names)
        row |= {"repairs": [], "flags": [] if submission else looks[student.student_id]}
        current = bool(submission and result) and result["of"] == [submission["sha256"], given.digest]
        if current and result["verdicts"]:
            row |= {"status": GRADED, "points": result["points"]}
            row |= {verdict["name"]: verdict["points"] for verdict in result["verdicts"]}
        elif submission or row["flags"]:
            row["status"] = ATTENTION
        elif lost:
            told = f"{_files(lost)} nobody's and may be this student's"
            row["flags"] = [f"{told}: see {work.number}/manifest.json"]
        if submission:
            row["repairs"], row["flags"] = submission["repairs"], list(submission["flags"])
            row["flags"] += [] if current else ["collected, but not graded yet"]
        if current:
            row["flags"] += result["flags"] + ["graded without a sandbox"] * (not result["confined"])
        yield row


def _looks(entries):
    """Student -> reasons to look at what came of them and does not count."""
    found = defaultdict(list)
    for entry in entries:
        if entry["status"] in (ATTENTION, UNMATCHED):
            found[entry["student"]].append(f"{entry['file']}: {entry['why']}")
            for one in entry["perhaps"]:
                found[one].append(f"may have handed in {entry['file']}")
    return found


def nobodys(entries):
    """Entries of files whose student is not known. Any of them may be of a student who is missing."""
    return [entry for entry in entries if entry["status"] == UNMATCHED and not entry["student"]]


def _files(count):
    return f"{count} file is" if count == 1 else f"{count} files are"


def tell(work, given):
    """How the class stands, for the terminal: statuses, flags, and the files that those who are missing may have sent."""
    found, lost = list(rows(work, given)), nobodys(work.entries())
    counts = Counter(row["status"] for row in found)
    flagged = sum(bool(row["flags"]) for row in found if row["status"] != MISSING)
    told = ", ".join(f"{counts[status]} {status}" for status in (GRADED, ATTENTION, MISSING))
    print(f"Of the roster: {told}; {flagged} with flags, for a person to look.")
    if lost and counts[MISSING]:
        missing = shortened([row["student_id"] for row in found if row["status"] == MISSING])
        print(
            f"Missing: {missing}. But {_files(len(lost))} nobody's: {shortened([one['file'] for one in lost])}."
        )
        print(
            f"  Why, stands in {shown(work.manifest)}. Mend the roster or the files' names, and collect again."
        )
    print(f"Grades: {shown(work.grades)}")


def shortened(names):
    """The names in one line, shortened where there are many.

    >>> shortened(["a", "b"])
    'a; b'
    >>> shortened([str(k) for k in range(20)])
    '0; 1; 2; 3; 4; 5; 6; 7; and 12 more'
    """
    more = [f"and {len(names) - MOST_NAMES} more"] * (len(names) > MOST_NAMES)
    return "; ".join([*names[:MOST_NAMES], *more])


def write(work, given):
    """grades.csv."""
    text = io.StringIO(newline="")
    header = ["student_id", "status", "points", "max_points", *given.names, "repairs", "flags"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows(work, given):
        row |= {name: "; ".join(row[name]) for name in ("repairs", "flags")}
        writer.writerow([cell(row[name]) for name in header])
    write_whole(work.grades, text.getvalue())


def cell(value):
    """A value as a cell of CSV: no spreadsheet takes it for a formula.

    >>> cell("=1+1"), cell(2.0), cell(None)
    ("'=1+1", '2', '')
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return f"{value:g}"
    first = unicodedata.normalize("NFKC", value.lstrip()[:1])  # of =, the wide form too
    return f"'{value}" if first in ("=", "+", "-", "@") or value[:1] in ("\t", "\r", "\n") else value
