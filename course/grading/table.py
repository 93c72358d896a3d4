"""Tables of grades: one row per student of the roster."""

import csv
import io
import unicodedata
from collections import defaultdict

from course.grading.collect import ATTENTION, UNMATCHED
from course.project import write_whole

GRADED, MISSING = "graded", "missing"


def rows(work, given):
    """One dict per student: student_id, status, points, max_points, each exercise's points, repairs, flags.

    Points are numbers, or None where nothing was graded: that is no 0.
    """
    looks = defaultdict(list)
    for entry in work.entries():
        if entry["status"] in (ATTENTION, UNMATCHED):
            looks[entry["student"]].append(f"{entry['file']}: {entry['why']}")
            for one in entry["perhaps"]:
                looks[one].append(f"may have handed in {entry['file']}")
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
        if submission:
            row["repairs"], row["flags"] = submission["repairs"], list(submission["flags"])
            row["flags"] += [] if current else ["collected, but not graded yet"]
        if current:
            row["flags"] += result["flags"] + ["graded without a sandbox"] * (not result["confined"])
        yield row


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
