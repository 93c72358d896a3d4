"""Grading lesson 01 against `nbgrader autograde` on the same files, and against set-up and exercises in one kernel each.

Submissions are some dozens of distinct ones, right, partly right and wrong, multiplied. All roads see the same files, on
the same machine, one after another: ours all of them with one worker per processor; nbgrader, which runs whole notebooks,
and the kernels, only a few, for they take long. What is compared is submissions per minute. Scores must be equal. Run by
`make bench`; `--submissions 1000` shows how cost and memory grow.
"""

import argparse
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
from nbgrader.utils import determine_grade, is_grade

from course import kernels, project
from course.grading import assignment, collect, grade, work
from course.lessons import build

ROOT = project.find_root(__file__)
WRONG = {
    "window_hu": ["return (x - center) / width", "return 0 * x", "raise ValueError(x)"],
    "class_weights": ["return [1] * classes", "pass"],
    "shortcut_auc": ["return 0.5", "return 1.0"],
}
WANTED = {"nbgrader": 15, "kernel": 4}


def submissions(given):
    """Label -> exercise -> source: right and wrong answers of three exercises, crossed."""
    right = {question.name: question.solution for question in given.questions}
    choices = {
        name: [right[name], *(_with_body(right[name], body) for body in bodies)]
        for name, bodies in WRONG.items()
    }
    for k, combination in enumerate(itertools.product(*choices.values())):
        yield f"{k:03d}", right | dict(zip(choices, combination))


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


def ours(folder, given):
    """Seconds for all submissions, points by student, and what a worker's sandbox took at most."""
    begun = time.perf_counter()
    collect.collect(ROOT, folder / "in", given.number, folder / "roster.csv", folder / "work")
    grade.grade(ROOT, given.number, folder / "work", os.cpu_count())
    seconds = time.perf_counter() - begun
    place = work.Work(folder / "work", given.number)
    with open(place.grades, newline="", encoding="utf-8") as file:
        points = {row["student_id"]: float(row["points"]) for row in csv.DictReader(file)}
    return seconds, points, max(place.result(one)["memory"] for one in points)


def by_nbgrader(folder, given, few):
    """Seconds and points of `nbgrader autograde`, whole notebooks."""
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
        subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=course, env=environment, check=True)

    run("generate_assignment", given.title)
    for one in few:
        (course / "submitted" / one).mkdir(parents=True)
        (course / "submitted" / one / given.title).symlink_to(folder / "in" / one, target_is_directory=True)
    begun = time.perf_counter()
    run("autograde", given.title)
    seconds = time.perf_counter() - begun
    run("export")
    with open(course / "grades.csv", newline="", encoding="utf-8") as file:
        return seconds, {row["student_id"]: float(row["score"] or 0) for row in csv.DictReader(file)}


def by_kernel(given, answers):
    """Seconds and points of set-up and exercises alone, in a kernel for each submission."""
    (lesson,) = project.lessons(ROOT, [given.number])
    source = build.read(lesson, project.address(ROOT))
    source.cells = [
        cell
        for cell in source.cells
        if "setup" in cell.metadata.get("tags", []) or "nbgrader" in cell.metadata
    ]
    begun, points = time.perf_counter(), {}
    for one, sources in answers.items():
        notebook = nbformat.from_dict(source.copy())
        for cell in notebook.cells:
            cell.source = sources.get(cell.id, cell.source)
        with tempfile.TemporaryDirectory() as folder:
            kernels.execute(notebook, ROOT, folder, allow_errors=True)
        points[one] = sum(determine_grade(cell)[0] for cell in notebook.cells if is_grade(cell))
    return time.perf_counter() - begun, points


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--few", type=int, default=3, help="submissions for nbgrader and for kernels")
    options = parser.parse_args()
    given = assignment.of(ROOT, "01")
    notebook = nbformat.read(ROOT / "notebooks" / f"{given.title}.ipynb", 4)
    distinct = list(submissions(given))
    with tempfile.TemporaryDirectory() as folder:
        folder, answers = Path(folder), {}
        for k in range(options.submissions):
            answers[f"s{k:04d}"] = distinct[k % len(distinct)][1]
            write(folder / "in" / f"s{k:04d}", given, notebook, answers[f"s{k:04d}"])
        rows = [f"{one},Student {one},{one}@uni.org" for one in answers]
        (folder / "roster.csv").write_text("\n".join(["student_id,name,email", *rows]), encoding="utf-8")
        seconds, points, memory = ours(folder, given)
        rate = 60 * len(answers) / seconds
        mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"ours: {len(answers)} submissions ({len(distinct)} distinct) in {seconds:.0f} s, {rate:.0f} a minute"
        )
        print(f"memory: a sandbox at most {memory / 2**20:.0f} MB, the coordinator {mine:.0f} MB")
        if options.few:
            few = dict(list(answers.items())[: options.few])
            for name, (theirs, told) in (
                ("nbgrader", by_nbgrader(folder, given, few)),
                ("kernel", by_kernel(given, few)),
            ):
                their_rate = 60 * len(few) / theirs
                same = all(points[one] == told[one] for one in few)
                print(
                    f"{name}: {their_rate:.1f} a minute; ours / {name} {rate / their_rate:.1f}, wanted at least "
                    f"{WANTED[name]}; scores {'equal' if same else 'DIFFER'}"
                )


if __name__ == "__main__":
    main()
