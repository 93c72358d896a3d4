"""A student's own points so far in a lesson: what the checks said last, kept for `python -m course progress`.

They are kept in the cache folder of this machine and sent nowhere. Grades come from hidden tests, which go further.
"""

import importlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from helpers.checks.feedback import COLOURS

NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True)
class Points:
    """Points of one lesson.

    lesson : its number, such as "05". states : exercise -> "right", "wrong" or "not attempted".
    possible : exercise -> points for a right answer. trouble : why they could not be kept; "" if they are.
    """

    lesson: str
    states: dict
    possible: dict
    trouble: str = ""

    @property
    def earned(self):
        """Points of the exercises that are right."""
        return sum(points for name, points in self.possible.items() if self.states[name] == "right")

    @property
    def total(self):
        """Points of the whole lesson."""
        return sum(self.possible.values())

    def __str__(self):
        lines = [
            f"Lesson {self.lesson}: {self.earned} of {self.total} points so far, by the checks that you see."
        ]
        lines += [f"{name}: {self.states[name]}, {self._of(name)}" for name in self.possible]
        return "\n".join([*lines, *filter(None, [self.trouble])])

    __repr__ = __str__

    def _repr_html_(self):
        rows = "".join(
            f'<tr><td style="text-align:left"><code>{name}</code></td>'
            f'<td style="text-align:left;border-left:4px solid {COLOURS[self.states[name]]}">{self.states[name]}</td>'
            f"<td>{self._of(name)}</td></tr>"
            for name in self.possible
        )
        first, *_ = str(self).splitlines()
        return f"<p><b>{first}</b></p><table>{rows}</table>" + (
            f"<p>{self.trouble}</p>" if self.trouble else ""
        )

    def _of(self, name):
        points = self.possible[name]
        return f"{points if self.states[name] == 'right' else 0} of {points}"


class Score:
    """`checks.score()` of one lesson.

    Parameters
    ----------
    lesson : its number, such as "05".
    points : exercise, by the name of its check -> points for a right answer.
    """

    def __init__(self, lesson, points):
        self.lesson, self.points = lesson, dict(points)

    def __call__(self):
        """The `Points` so far: what each check said last, in this session or in an earlier one.

        Nothing is kept where the environment variable COURSE_POINTS is 0: the answers of the course are not a student's own.
        """
        checks = importlib.import_module(f"helpers.checks.lesson{self.lesson}")
        trouble, path = "", None
        if os.environ.get("COURSE_POINTS") != "0":
            try:
                path = _path(self.lesson)
            except (OSError, ImportError) as error:
                trouble = f"These points are not kept. {error}"
        before = read(path).get("states", {}) if path else {}
        states = {
            name: getattr(checks, name).state or before.get(name, NOT_ATTEMPTED) for name in self.points
        }
        if path:
            content = {"lesson": self.lesson, "states": states, "possible": self.points}
            try:
                _write(path, content)
            except OSError as error:
                trouble = f"These points are not kept: {path} cannot be written ({error.strerror})."
        return Points(self.lesson, states, self.points, trouble)


def kept(lesson):
    """The `Points` that `checks.score()` kept last in a lesson; None if it never did."""
    content = read(_path(lesson))
    return Points(**content) if content else None


def read(path):
    """The content of a file of points; empty where there is none, or where it is damaged."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return content if set(content["possible"]) == set(content["states"]) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _path(lesson):
    """The file of a lesson's points; OSError where its folder cannot be written."""
    from helpers import results  # checks are also imported where its packages are not wanted: in the grader

    return results.cache() / "results" / f"{lesson}.points.json"


def _write(path, content):
    from helpers import results

    results.write_json(path, content)
