"""nbgrader's gradebook beside our results, for its formgrader: points and comments that people give by hand live there.

    WORK/nbgrader/                 open JupyterLab or `nbgrader formgrader` here
    WORK/nbgrader/gradebook.db
    WORK/nbgrader/autograded/STUDENT/01_name/01_name.ipynb     the answers, without anything else of the student's

Only automatic points are written here, in one session; what a person has entered survives every regrading.
"""

import json
import os
import sys
import warnings
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook, MissingEntry, Student
from sqlalchemy.exc import SAWarning

from course.project import write_whole

CONFIG = '''\
"""nbgrader's settings: written by `python -m course grade`."""

import os

c = get_config()
c.CourseDirectory.course_id = ""
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
'''


def folder(work):
    return work.folder / "nbgrader"


def safe(student_id):
    """A student's id as a folder's name and a key that nbgrader's pages can link to."""
    return (
        quote(student_id, safe="@+ ,").replace("%", "_") if student_id.strip(".") else f"_{len(student_id)}"
    )


def write(work, given):
    """Bring the gradebook up to date with the results; notebooks for formgrader are written where they changed."""
    place = folder(work)
    place.mkdir(parents=True, exist_ok=True)
    _keep(place / "nbgrader_config.py", CONFIG)
    _notebook(place / "source" / given.title / f"{given.title}.ipynb", given, {}, [])
    with _open(work) as book:
        _structure(book, given)
        known = {student.id for student in book.db.query(Student)}
        for student in work.roster():
            one = safe(student.student_id)
            if one not in known:
                first, _, last = student.name.rpartition(" ")
                book.db.add(Student(id=one, first_name=first, last_name=last, email=student.email))
        book.db.commit()
        for student in work.roster():
            submission, result = work.submission(student.student_id), work.result(student.student_id)
            if submission and result and result["verdicts"]:
                _scores(book, given, safe(student.student_id), result["verdicts"])
                path = place / "autograded" / safe(student.student_id) / given.title / f"{given.title}.ipynb"
                _notebook(path, given, submission["sources"], submission["own"])
        book.db.commit()


def manual(work, given):
    """What people entered: student_id -> exercise -> (points or None, extra points, comment)."""
    if not (folder(work) / "gradebook.db").is_file():
        return {}
    entered = {}
    with _open(work) as book:
        for student in work.roster():
            try:
                notebook = book.find_submission(given.title, safe(student.student_id)).notebooks[0]
            except MissingEntry:
                continue
            comments = {comment.name: comment.manual_comment or "" for comment in notebook.comments}
            entered[student.student_id] = {
                name: (grade.manual_score, grade.extra_credit or 0, comments.get(name, ""))
                for grade in notebook.grades
                for name in [grade.name.removesuffix("_tests")]
                if grade.manual_score is not None or grade.extra_credit or comments.get(name)
            }
    return {one: exercises for one, exercises in entered.items() if exercises}


def _open(work):
    """The gradebook. nbgrader asks `alembic` of this environment for its version when it makes a new one."""
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        return Gradebook(f"sqlite:///{folder(work) / 'gradebook.db'}")
    finally:
        os.environ["PATH"] = path


def _structure(book, given):
    """The assignment, its notebook and its cells."""
    book.update_or_create_assignment(given.title)
    book.update_or_create_notebook(given.title, given.title)
    for question in given.questions:
        test = {"max_score": question.points, "cell_type": "code"}
        book.update_or_create_grade_cell(f"{question.name}_tests", given.title, given.title, **test)
        book.update_or_create_solution_cell(question.name, given.title, given.title)
    for kind, grade_id, source in given.given:
        if grade_id:
            cell = {"cell_type": kind, "source": source, "locked": grade_id not in given.names}
            book.update_or_create_source_cell(grade_id, given.title, given.title, **cell)


def _scores(book, given, student, verdicts):
    """Automatic points of one student; a person's stay as they are."""
    try:
        submission = book.find_submission(given.title, student)
    except MissingEntry:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, about its own order of steps
            now = datetime.now(timezone.utc).isoformat()
            submission = book.add_submission(given.title, student, timestamp=now)
    points = {f"{verdict['name']}_tests": verdict["points"] for verdict in verdicts}
    for grade in submission.notebooks[0].grades:
        grade.auto_score = points[grade.name]
        grade.needs_manual_grade = False


def _notebook(path, given, sources, own):
    """What formgrader shows: the released exercises with the answers put in, and the student's further code.

    No output and no text of the student's: it is shown in the instructor's browser.
    """
    notebook = new_notebook()
    questions = {question.name: question for question in given.questions}
    points = {f"{name}_tests": question.points for name, question in questions.items()}
    for k, (kind, grade_id, source) in enumerate(given.given):
        follows = [one for _, one, _ in given.given[k + 1 : k + 2]]
        if not grade_id and not (kind == "markdown" and set(follows) & set(questions)):
            continue  # only exercises, and the text right above each
        cell = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
        cell.id = grade_id or f"text-{k}"
        if grade_id in questions:
            cell.source = sources.get(grade_id, source)
        if grade_id:
            marks = {"schema_version": 3, "grade_id": grade_id, "task": False, "cell_type": kind}
            marks |= {
                "solution": grade_id in questions,
                "locked": grade_id not in questions,
                "grade": grade_id in points,
            }
            if grade_id in points:
                marks["points"] = points[grade_id]
            cell.metadata["nbgrader"] = marks
        notebook.cells.append(cell)
    if own:
        notebook.cells.append(new_markdown_cell("## Further code of the student's"))
        notebook.cells += [new_code_cell(source, id=f"own-{k}") for k, source in enumerate(own)]
    text = nbformat.writes(notebook)
    _keep(path, json.dumps(json.loads(text), indent=1) + "\n")


def _keep(path, text):
    """Write where the content is another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text)
