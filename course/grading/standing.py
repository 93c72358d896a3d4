"""Where each student stands: automatic points, what people changed by hand, repairs and flags."""

from dataclasses import dataclass

from course.grading import gradebook, table


@dataclass(frozen=True)
class Mark:
    """One exercise of one student. points : by hand where a person has entered some. status, message : the judge's.
    comment : a person's."""

    name: str
    points: float
    max_points: float
    status: str
    message: str
    comment: str
    by_hand: bool


@dataclass(frozen=True)
class Standing:
    """status : "graded", "needs attention" or "missing". points : None if not graded. confined : in a sandbox."""

    student: object
    status: str
    points: float | None
    max_points: float
    marks: list
    repairs: list
    flags: list
    late: bool
    confined: bool


def all_of(work, given):
    """The `Standing` of every student of the roster, in its order."""
    students = {student.student_id: student for student in work.roster()}
    entered = gradebook.manual(work, given)
    found = []
    for row in table.rows(work, given):
        one = row["student_id"]
        result, submission = work.result(one) or {}, work.submission(one) or {}
        marks = [] if row["points"] is None else list(_marks(result["verdicts"], entered.get(one, {})))
        points = sum(mark.points for mark in marks) if marks else None
        found.append(
            Standing(
                students[one], row["status"], points, given.points, marks, row["repairs"], row["flags"],
                submission.get("late", False), result.get("confined", True),
            )
        )  # fmt: skip
    return found


def _marks(verdicts, entered):
    for verdict in verdicts:
        points, extra, comment = entered.get(verdict["name"], (None, 0, ""))
        total = (verdict["points"] if points is None else points) + extra
        verdict = {name: verdict[name] for name in ("name", "max_points", "status", "message")}
        yield Mark(**verdict, points=total, comment=comment, by_hand=points is not None or bool(extra))
