"""What students get of a lesson, and what graders keep; only after both have been tried.

OUTPUT/students/01_name.zip      the notebook, the helpers, the data, the pages that it links; no solutions, no hidden tests
OUTPUT/students/01_name.ipynb    the notebook alone, for an LMS
OUTPUT/graders/01.json           hidden tests and set-up: keep it, and collect with --release
"""

import io
import re
import zipfile
from pathlib import Path

from course import project
from course.grading import answers, assignment, judge, notebooks, preflight
from course.lessons import build, check
from course.project import CourseError, write_whole

BESIDE = ("pyproject.toml", "requirements.lock", "environment.yml", "LICENSE", "LICENSE-TEXT")
PAGE = re.compile(rb"\]\(\.\./(docs/[^)#]+)")  # a link in a notebook
README = """# One lesson of a course on explainable deep learning for medical images

The lesson is the notebook in `notebooks/`. To open it, with Python 3.11, 3.12 or 3.13, in a new environment (of `venv` or
conda) that is activated, and in this folder:

```
python -m pip install --no-deps -r requirements.lock
python -m pip install --no-deps -e .
python -m jupyter lab notebooks
```

In Colab: upload the zip in the folder pane as it is, open the notebook, and run its first cell.

Write your answers in the cells that say `YOUR CODE HERE`. The check below each names the mistake. Hand in the notebook.
"""
DATE = (2020, 1, 1, 0, 0, 0)  # of every file in the zip: the same content gives the same bytes


def release(root, number, output, private=None, confined=True):
    """Try a lesson, then write what students get and what graders keep; returns the paths of the three files."""
    (lesson,) = project.lessons(root, [number])
    source = build.read(lesson, project.address(root))
    student = build.student(source, lesson.source)
    if problems := check.check_source(lesson, source) + check.check_student(lesson, source, student):
        raise CourseError("The lesson is not ready to be released:\n" + "\n".join(problems))
    given = assignment.of(root, number, private)
    if confined:
        preflight.prove(root)
    _try(root, given, lesson.student.read_bytes(), confined)
    students, graders = Path(output) / "students", Path(output) / "graders"
    for folder in (students, graders):
        folder.mkdir(parents=True, exist_ok=True)
    written = [
        students / f"{given.title}.zip",
        students / f"{given.title}.ipynb",
        graders / f"{given.number}.json",
    ]
    write_whole(written[0], _zip(root, lesson))
    write_whole(written[1], lesson.student.read_bytes())
    write_whole(written[2], assignment.to_json(given))
    return written


def _try(root, given, student_notebook, confined):
    """The right answers earn full marks, the untouched notebook none, in the sandbox that students' code will have."""
    trusted = judge.Trusted(given)
    right = {question.name: question.solution for question in given.questions}
    graded = judge.Session(trusted, right, [], root / "helpers", confined=confined).grade()
    lost = [f"{v.name} ({v.trouble or v.message})" for v in graded.verdicts if v.points < v.max_points]
    if lost or graded.flags:
        raise CourseError(
            f"{given.title}: the solution does not earn full marks: {'; '.join(lost + graded.flags)}."
        )
    cells, _ = notebooks.read(student_notebook)
    found = answers.find(cells, given)
    graded = judge.Session(trusted, found.sources, found.own, root / "helpers", confined=confined).grade()
    won = [verdict.name for verdict in graded.verdicts if verdict.points]
    if won or found.repairs or found.flags != [answers.UNTOUCHED]:
        told = [*(f"{name} earns points" for name in won), *found.repairs, *found.flags]
        raise CourseError(
            f"{given.title}: the untouched notebook is not what it should be: {'; '.join(told)}."
        )


def _zip(root, lesson):
    """The zip's bytes."""
    pages = sorted({name.decode() for name in PAGE.findall(lesson.student.read_bytes())})
    paths = [lesson.student, *(root / name for name in (*BESIDE, *pages))]
    for folder in ("helpers", "data"):
        paths += [
            path
            for path in sorted((root / folder).rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
        ]
    contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}
    # The course's own README tells of commands that are not in the zip.
    contents["README.md"] = README.encode("utf-8")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
