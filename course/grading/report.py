"""Reports on a lesson: points, a page per student, a page on the class, and files for Gradescope.

WORK/01/feedback/STUDENT.html       for the student: own points, and what the visible check says
WORK/01/report/index.html           for the instructor: pictures, who needs a look, points
WORK/01/report/points.csv           as grades.csv, with what people changed by hand
WORK/01/report/gradescope/STUDENT.json
"""

import base64
import csv
import io
import json
import shutil
import statistics
from collections import Counter
from pathlib import Path

import jinja2
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from course.grading import similarity, standing, table
from course.grading.gradebook import safe
from course.grading.work import Work
from course.project import write_whole
from helpers.plots import COLOURS

PAGES = jinja2.Environment(autoescape=True, loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"))
STATES = {
    "right": "green",
    "wrong": "vermillion",
    "stopped": "purple",
    "not attempted": "grey",
    "missing": "sky",
}
MOST_REASONS = 4


def report(number, folder, with_similarity=False):
    """Write everything; returns the standings and the path of the page on the class."""
    work = Work(folder, number)
    given = work.load_assignment()
    with work.locked():
        standings = standing.all_of(work, given)
        pairs = similarity.pairs(work, given) if with_similarity else None
        _students(work, given, standings)
        work.report.mkdir(exist_ok=True)
        _points(work, given, standings)
        _gradescope(work, standings)
        page = _class(work, given, standings, pairs)
    return standings, page


def _students(work, given, standings):
    """One page each. It tells of no hidden test, shows no output, and runs no script."""
    shutil.rmtree(work.feedback, ignore_errors=True)
    work.feedback.mkdir()
    template = PAGES.get_template("feedback.html.j2")
    for one in standings:
        text = template.render(title=given.heading, standing=one)
        write_whole(work.feedback / f"{safe(one.student.student_id)}.html", text)


def _points(work, given, standings):
    """points.csv: one row per student."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    statuses = [f"{name} status" for name in given.names]
    header = ["student_id", "name", "status", "points", "max_points", *given.names, *statuses]
    writer.writerow([*header, "late", "by_hand", "repairs", "flags"])
    for one in standings:
        marks = {mark.name: mark for mark in one.marks}
        by_hand = "; ".join(mark.name for mark in one.marks if mark.by_hand)
        row = [one.student.student_id, one.student.name, one.status, one.points, one.max_points]
        for value in ("points", "status"):
            row += [getattr(marks.get(name), value, None) for name in given.names]
        row += ["late" if one.late else "", by_hand, "; ".join(one.repairs), "; ".join(one.flags)]
        writer.writerow([table.cell(value) for value in row])
    write_whole(work.report / "points.csv", text.getvalue())


def _gradescope(work, standings):
    """Gradescope's results.json of each student (its autograder documentation, "Output format")."""
    folder = work.report / "gradescope"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for one in standings:
        if one.points is not None:
            tests = [
                {
                    "name": mark.name,
                    "score": mark.points,
                    "max_score": mark.max_points,
                    "status": "passed" if mark.points >= mark.max_points else "failed",
                    "output": "" if mark.status == "right" else mark.message,
                    "output_format": "text",
                    "visibility": "after_published",
                }
                for mark in one.marks
            ]
            content = json.dumps({"score": one.points, "tests": tests}, indent=1) + "\n"
            write_whole(folder / f"{safe(one.student.student_id)}.json", content)


def _class(work, given, standings, pairs):
    """The page for the instructor."""
    graded = [one for one in standings if one.points is not None]
    figures = [_hardest(given, graded), _distribution(given, graded)] if graded else []
    common = {
        name: Counter(
            mark.message.split("\n")[0][:200]
            for one in graded
            for mark in one.marks
            if mark.name == name and mark.status in ("wrong", "stopped")
        ).most_common(MOST_REASONS)
        for name in given.names
    }
    text = PAGES.get_template("class.html.j2").render(
        title=given.heading,
        standings=standings,
        names=given.names,
        counts=Counter(one.status for one in standings),
        middle=statistics.median(one.points for one in graded) if graded else None,
        max_points=given.points,
        figures=figures,
        common=common,
        nobodys=table.nobodys(work.entries()),
        looks=[one for one in standings if one.flags and one.status != table.MISSING],
        missing=[one.student.student_id for one in standings if one.status == table.MISSING],
        confined=all(one.confined for one in standings),
        pairs=pairs,
        alike=similarity.ALIKE,
    )
    write_whole(work.report / "index.html", text)
    return work.report / "index.html"


def _hardest(given, graded):
    """Questions with the shares of right, wrong and open answers, the hardest on top."""
    marks = pd.DataFrame(
        [(mark.name, mark.status) for one in graded for mark in one.marks], columns=["name", "status"]
    )
    shares = pd.crosstab(marks["name"], marks["status"], normalize="index").reindex(
        columns=list(STATES), fill_value=0
    )
    shares = 100 * shares.sort_values("right", ascending=False)
    fig, axis = plt.subplots(figsize=(8.5, 0.5 * len(shares) + 1.2))
    left = 0 * shares["right"]
    for status, colour in STATES.items():
        if shares[status].any():
            axis.barh(shares.index, shares[status], left=left, color=COLOURS[colour], label=status)
            left = left + shares[status]
    axis.set(xlabel="share of the students graded (%)", xlim=(0, 100))
    axis.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.55 / (0.5 * len(shares) + 1.2)), ncols=len(STATES)
    )
    name, share = shares.index[-1], shares["right"].iloc[-1]
    axis.set_title(f"Hardest: {name}, right for {share:.0f} %")
    told = "; ".join(f"{name}: {share:.0f} % right" for name, share in shares["right"][::-1].items())
    return _embedded(fig), f"Bars for each exercise, from the hardest. {told}."


def _distribution(given, graded):
    """How many students have how many points."""
    points = [one.points for one in graded]
    fig, axis = plt.subplots(figsize=(8.5, 2.8))
    sns.histplot(x=points, discrete=True, color=COLOURS["blue"], ax=axis)
    for way in (axis.xaxis, axis.yaxis):
        way.set_major_locator(MaxNLocator(integer=True))
    axis.set(xlabel=f"points of {given.points:g}", ylabel="students", xlim=(-0.6, given.points + 0.6))
    full = sum(one >= given.points for one in points)
    axis.set_title(f"{full} of {len(points)} students have all points")
    return _embedded(
        fig
    ), f"A histogram of the points of {len(points)} students, median {statistics.median(points):g}."


def _embedded(fig):
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor="white")
    plt.close(fig)
    return base64.b64encode(buffer.getvalue()).decode()
