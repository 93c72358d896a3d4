"""Grading lesson 01 against `nbgrader autograde` on the same files, and against set-up and exercises in one kernel each.

Submissions are some dozens of distinct ones, right, partly right and wrong, multiplied. All roads see the same files, on
the same machine, one after another: ours all of them with one worker per processor; nbgrader, which runs whole notebooks,
and the kernels, only a few, for they take long. What is compared is seconds a submission. Scores must be equal. The short
form grades 60 submissions, and one by the others; the long one 200, and three. `python -m benchmarks.grading --long
--submissions 1000` shows how cost and memory grow.
"""

import contextlib
import csv
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from course import kernels, project
from course.bench import measure, table
from course.grading import assignment, collect, grade, work
from course.lessons import build

ROOT = project.find_root(__file__)
WRONG = {
    "window_hu": ["return (x - center) / width", "return 0 * x", "raise ValueError(x)"],
    "class_weights": ["return [1] * classes", "pass"],
    "shortcut_auc": ["return 0.5", "return 1.0"],
}
WANTED = {"nbgrader": 15, "a kernel": 4}


def distinct_answers(given):
    """Exercise -> source: right and wrong answers of three exercises, crossed."""
    right = {question.name: question.solution for question in given.questions}
    choices = {
        name: [right[name], *(_with_body(right[name], body) for body in bodies)]
        for name, bodies in WRONG.items()
    }
    for combination in itertools.product(*choices.values()):
        yield right | dict(zip(choices, combination))


def _with_body(source, body):
    """A function with another body, and any names for its arguments that the body wants."""
    name = source.split("def ", 1)[1].split("(")[0]
    return f"def {name}(x, center=0, width=1, classes=2, *more):\n    {body}"


def write(folder, given, notebook, answers):
    """A student's notebook with these answers."""
    notebook = nbformat.from_dict(notebook.copy())
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = answers[cell.id]
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{given.title}.ipynb")


def now():
    """The clock, and the processor's seconds of this process and of its children that have ended."""
    return time.perf_counter(), sum(os.times()[:4])


def times(begun, n):
    """`measure.Times` of a submission, of `n` since `begun`."""
    clock, processor = ((end - start) / n for start, end in zip(begun, now()))
    return measure.Times(clock, processor, clock)


def ours(folder, given, n):
    """Times of a submission, points by student, and what a worker's sandbox took at most."""
    begun = now()
    with contextlib.redirect_stdout(sys.stderr):
        collect.collect(ROOT, folder / "in", given.number, folder / "roster.csv", folder / "work")
        grade.grade(ROOT, given.number, folder / "work", os.cpu_count())
    spent = times(begun, n)
    place = work.Work(folder / "work", given.number)
    with open(place.grades, newline="", encoding="utf-8") as file:
        points = {row["student_id"]: float(row["points"]) for row in csv.DictReader(file)}
    return spent, points, max(place.result(one)["memory"] for one in points)


def by_nbgrader(folder, given, few):
    """Times of a submission, and points, of `nbgrader autograde`, whole notebooks."""
    course = folder / "nbgrader"
    source = course / "source" / given.title
    source.mkdir(parents=True)
    (lesson,) = project.lessons(ROOT, [given.number])
    nbformat.write(build.read(lesson, project.address(ROOT)), source / f"{given.title}.ipynb")
    (course / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(course)!r}\nc.ExecutePreprocessor.timeout = 3600\n",
        encoding="utf-8",
    )
    environment = kernels.environment(ROOT)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])

    def run(*words):
        command = [sys.executable, "-m", "nbgrader", *words]
        subprocess.run(command, cwd=course, env=environment, check=True, capture_output=True, text=True)

    run("generate_assignment", given.title)
    for one in few:
        (course / "submitted" / one).mkdir(parents=True)
        (course / "submitted" / one / given.title).symlink_to(folder / "in" / one, target_is_directory=True)
    begun = now()
    run("autograde", given.title)
    spent = times(begun, len(few))
    run("export")
    with open(course / "grades.csv", newline="", encoding="utf-8") as file:
        return spent, {row["student_id"]: float(row["score"] or 0) for row in csv.DictReader(file)}


def by_kernel(folder, given, answers):
    """Times of a submission, and points, of set-up and exercises alone, in a kernel for each."""
    from nbgrader.utils import determine_grade, is_grade

    (lesson,) = project.lessons(ROOT, [given.number])
    source = build.read(lesson, project.address(ROOT))
    source.cells = [
        cell
        for cell in source.cells
        if "setup" in cell.metadata.get("tags", []) or "nbgrader" in cell.metadata
    ]
    begun, points = now(), {}
    for one, sources in answers.items():
        notebook = nbformat.from_dict(source.copy())
        for cell in notebook.cells:
            cell.source = sources.get(cell.id, cell.source)
        with tempfile.TemporaryDirectory() as place:
            kernels.execute(notebook, ROOT, place, allow_errors=True)
        points[one] = sum(determine_grade(cell)[0] for cell in notebook.cells if is_grade(cell))
    return times(begun, len(answers)), points


def rows(long=False, submissions=None):
    """A row for each opponent."""
    given = assignment.of(ROOT, "01")
    notebook = nbformat.read(ROOT / "notebooks" / f"{given.title}.ipynb", 4)
    distinct = list(distinct_answers(given))
    with tempfile.TemporaryDirectory() as folder:
        folder, answers = Path(folder), {}
        for k in range(submissions or (200 if long else 60)):
            answers[f"s{k:04d}"] = distinct[k % len(distinct)]
            write(folder / "in" / f"s{k:04d}", given, notebook, answers[f"s{k:04d}"])
        people = [f"{one},Student {one},{one}@uni.org" for one in answers]
        (folder / "roster.csv").write_text("\n".join(["student_id,name,email", *people]), encoding="utf-8")
        mine, points, memory = ours(folder, given, len(answers))
        coordinator = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = f"{len(answers)} submissions, {60 / mine.clock:.0f} a minute; peak of a sandbox beside, "
        told += f"of the coordinator {coordinator:.0f} MB; "
        few = dict(list(answers.items())[: 3 if long else 1])
        for name, grade_by in (("nbgrader", by_nbgrader), ("a kernel", by_kernel)):
            try:
                other, theirs = grade_by(folder, given, few)
                same = all(points[one] == theirs[one] for one in few)
                note = f"{told}{len(few)} by {name}; scores {'equal' if same else 'DIFFER'}"
            except (ImportError, kernels.Stopped, subprocess.CalledProcessError) as error:
                other, note = measure.missing(name, error), told
            yield table.compare(
                f"grading lesson 01: {name} / ours",
                mine,
                other,
                "s a submission",
                1,
                ("at least", WANTED[name]),
                memory=memory / 2**20,
                note=note,
            )


if __name__ == "__main__":
    table.main(rows, submissions=int)
