"""`python -m course progress`: how far one has come in the course. What is shown was kept on this machine, and stays there."""

import importlib
import time
from dataclasses import dataclass
from pathlib import Path

from course import project
from course.project import shown, write_whole

PAGE = Path(__file__).parent / "page.html.j2"


@dataclass(frozen=True)
class Row:
    """One lesson: its title, points so far and in all, exercises that are not yet right, and its last run in words."""

    number: str
    title: str
    earned: int
    total: int
    open: list
    last_run: str


def add_commands(commands):
    """Add this room's commands to the command line."""
    text = "show your points so far and your last run of each lesson, also as build/progress/index.html"
    commands.add_parser("progress", help=text).set_defaults(do=progress)


def progress(root, options):
    """Print the table, and write it as a page."""
    from helpers import results

    try:
        folder = results.cache() / "results"
    except OSError as error:
        raise project.CourseError(str(error)) from None
    rows = [row(lesson, folder) for lesson in project.lessons(root)]
    print(table(rows))
    page = root / "build" / "progress" / "index.html"
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        write_whole(page, as_html(rows))
    except OSError as error:
        raise project.CourseError(
            f"{shown(page)} cannot be written ({error.strerror}); the table above is all that there is to see."
        ) from None
    print(f"Look at {shown(page)}. Nothing is sent anywhere.")


def row(lesson, folder):
    """The `Row` of a lesson from the files in `folder`."""
    from helpers.checks import score

    points = score.kept(lesson.number)
    possible = points.possible if points else _possible(lesson.number)
    right = [name for name in possible if points and points.states[name] == "right"]
    return Row(
        lesson.number,
        _title(lesson),
        sum(possible[name] for name in right),
        sum(possible.values()),
        [name for name in possible if name not in right],
        _last_run(lesson.number, folder),
    )


def table(rows):
    """The rows as text, with a line for the whole course."""
    width = max(len(one.title) for one in rows)
    lines = [f"{'Lesson':<{width}}  {'Points':>10}  Last run"]
    lines += [f"{one.title:<{width}}  {f'{one.earned} of {one.total}':>10}  {one.last_run}" for one in rows]
    earned, total = sum(one.earned for one in rows), sum(one.total for one in rows)
    lines.append(f"{'The course':<{width}}  {f'{earned} of {total}':>10}")
    lines.append(
        "Points as `checks.score()` counted them last in each notebook; grades come from hidden tests."
    )
    return "\n".join(lines)


def as_html(rows):
    """The rows as one page."""
    import jinja2

    template = jinja2.Environment(autoescape=True).from_string(PAGE.read_text(encoding="utf-8"))
    earned, total = sum(one.earned for one in rows), sum(one.total for one in rows)
    return template.render(rows=rows, earned=earned, total=total, today=_day(time.time()))


def _possible(number):
    """Exercise -> points; empty for a lesson without checks."""
    try:
        return importlib.import_module(f"helpers.checks.lesson{number}").score.points
    except (ModuleNotFoundError, AttributeError):
        return {}


def _title(lesson):
    """The lesson's heading up to its colon."""
    lines = lesson.source.read_text(encoding="utf-8").splitlines()
    heading = next((line[4:] for line in lines if line.startswith("# # ")), lesson.name)
    return heading.partition(":")[0]


def _last_run(number, folder):
    """When a lesson last ran to its end, and how; its results are kept as NN.data.profile.seed.json."""
    runs = {path: path.stat().st_mtime for path in folder.glob(f"{number}.*.*.*.json")}
    if not runs:
        return "never to its end"
    last = max(runs, key=runs.get)
    _, data, profile, *_ = last.name.split(".")
    return f"{_day(runs[last])}, {profile}, {data}"


def _day(seconds):
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
