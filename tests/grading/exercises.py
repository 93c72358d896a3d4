"""What every lesson's exercises must stand: the solution, the stub, and the table of right and wrong answers.

Tables are in answers/lesson0N.toml, a row for each answer. One kernel runs a lesson's set-up and judges all answers
(verdicts.py); the solutions, the stubs and a sample of the table go through cells of their own as well, as in nbgrader,
whose scoring decides in both cases. The notebooks that are run hold the cells tagged `setup` and the exercises, nothing
else: that is all an answer may need.
"""

import copy
import importlib
import json
import re
import string
import sys
import tempfile
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbgrader.utils import determine_grade, is_grade, is_solution

from course import kernels, project
from course.lessons import build

HERE = Path(__file__).parent
JUDGED = re.compile(
    r"assert checks\.(\w+)\((\w+)\)\.right"
)  # in a graded cell: check, and name of the answer


@dataclass(frozen=True)
class Answer:
    """A row of the table. says : words that the visible check's message holds. hidden : only hidden tests find the
    mistake."""

    exercise: str
    name: str
    code: str
    right: bool
    says: str = ""
    hidden: bool = False


def answers(lesson):
    """Exercise -> its rows."""
    return {name: _rows(name, table) for name, table in _tables(lesson).items()}


def odd(lesson):
    """Exercise -> functions whose results a check must survive."""
    further = _table(lesson).get("odd", ())
    return {
        name: [*ODD, *(eval(code, {"np": np}) for code in (*further, *table.get("odd", ())))]
        for name, table in _tables(lesson).items()
    }


def right(lesson, exercise):
    """The functions of the right answers."""
    return [function(row) for row in answers(lesson)[exercise] if row.right]


def wrong(lesson, exercise, name):
    """The function of one wrong answer."""
    return next(function(row) for row in answers(lesson)[exercise] if row.name == name)


def function(answer):
    """The function that an answer defines."""
    names = {"np": np}
    exec(answer.code, names)
    return names[answer.exercise]


def _table(lesson):
    return tomllib.loads((HERE / "answers" / f"lesson{lesson}.toml").read_text(encoding="utf-8"))


def _tables(lesson):
    return {name: table for name, table in _table(lesson).items() if name != "odd"}


def _rows(exercise, table):
    rows = []
    for kind in ("wrong", "right"):
        for number, row in enumerate(table[kind]):
            code = row.get("code") or _filled(table["template"], table.get("usual", {}) | row)
            name = row.get("mistake", f"right {number}")
            told = row.get("says", ""), row.get("hidden", False)
            rows.append(Answer(exercise, name, code, kind == "right", *told))
    return rows


def _filled(template, texts):
    """The template with its $names replaced; texts may hold $names, too."""
    code = template
    while (filled := string.Template(code).substitute(texts)) != code:
        code = filled
    return code


class ExerciseTests:
    """Tests of one lesson's exercises. lesson : its number, such as "01". points : of all exercises together."""

    lesson = points = None

    def pytest_generate_tests(self, metafunc):
        table = answers(self.lesson)
        if "answer" in metafunc.fixturenames:
            rows = [answer for rows in table.values() for answer in rows]
            metafunc.parametrize("answer", rows, ids=lambda answer: f"{answer.exercise}-{answer.name}")
        elif "name" in metafunc.fixturenames:
            metafunc.parametrize("name", list(table))

    def test_answer(self, judged, answer):
        verdict, (earned, possible) = judged.verdicts[answer], judged.scores[answer]
        assert earned == (possible if answer.right else 0), verdict
        assert verdict["state"] == ("right" if answer.right or answer.hidden else "wrong"), verdict
        assert len(verdict["message"]) > 20 and answer.says in verdict["message"]
        assert "could not be read" not in verdict["message"]
        assert not verdict["warned"]  # on stderr a warning would cost a right answer its points

    def test_there_are_four_to_six_exercises_with_a_table_each(self, source):
        table = answers(self.lesson)
        assert set(_exercises(source)) == set(table) and 4 <= len(table) <= 6
        for rows in table.values():
            assert any(row.right for row in rows) and sum(not row.right for row in rows) >= 4
            assert len({row.name for row in rows}) == len({row.code for row in rows}) == len(rows)

    def test_setup_and_solutions_alone_earn_full_marks_in_nbgrader(self, judged):
        scores = judged.rounds["solutions"]
        assert all(earned == possible > 0 for earned, possible in scores.values()), scores
        assert sum(possible for _, possible in scores.values()) == self.points

    def test_stubs_earn_nothing_in_nbgrader(self, judged):
        scores = judged.rounds["stubs"]
        assert len(scores) == len(answers(self.lesson)) and {earned for earned, _ in scores.values()} == {0}

    @pytest.mark.parametrize("sample", ["first", "last", "right"])
    def test_nbgrader_scores_a_sample_alike(self, judged, sample):
        assert judged.rounds[sample] == {
            name: judged.scores[row] for name, row in _sample(answers(self.lesson), sample).items()
        }

    def test_checks_take_less_than_a_second(self, judged):
        for name, rows in answers(self.lesson).items():
            seconds = [judged.verdicts[row]["seconds"] for row in rows if row.right]
            assert sum(seconds) < len(seconds), (name, seconds)  # of processor time

    def test_checks_display_and_never_raise(self, name, capfd):
        check = getattr(_checks(self.lesson), name)
        assert check(_stub).state == "not attempted"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "careful")
            for number, answer in enumerate(odd(self.lesson)[name]):
                feedback = check(answer)
                assert feedback.state == "wrong" and "Wrong." in feedback._repr_html_(), number
        told = capfd.readouterr()
        assert told.out == "" and told.err == ""

    def test_hints_go_further_and_begin_again(self, name):
        check = getattr(_checks(self.lesson), name)
        count = len(check._hints)
        hints = [check.hint().message for _ in range(2 * count)]
        assert count >= 3 and len(set(hints)) == count and hints[:count] == hints[count:]


class Judged:
    """What a lesson's answers earn. verdicts : answer -> what verdicts.py tells. scores : answer -> (earned, possible).
    rounds : name -> exercise -> (earned, possible), of answers that were cells of the notebook."""

    def __init__(self, source, lesson):
        self._source, table = source, answers(lesson)
        stubs = _exercises(build.student(source, f"lesson {lesson}"))
        assert all("raise NotImplementedError()" in stub for stub in stubs.values())
        samples = {
            which: {name: row.code for name, row in _sample(table, which).items()}
            for which in ("first", "last", "right")
        }
        rows = [answer for rows in table.values() for answer in rows]
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder, "answers.json"), Path(folder, "verdicts.json")
            files[0].write_text(json.dumps([self._described(row) for row in rows]), encoding="utf-8")
            rounds = {"solutions": {}, "stubs": stubs, **samples}
            self.rounds = self._run(rounds, _judging(table, *files), folder)
            told = json.loads(files[1].read_text(encoding="utf-8"))
        self.verdicts = dict(zip(rows, told, strict=True))
        self.scores = {row: self._score(row, verdict) for row, verdict in self.verdicts.items()}

    def _cell(self, name):
        return next(cell for cell in self._source.cells if cell.id == name)

    def _described(self, answer):
        """The answer for verdicts.py; where the check is of something else, a locked cell of that name makes it."""
        graded = self._cell(f"{answer.exercise}_tests").source
        check, argument = JUDGED.search(graded).groups()
        cells = [answer.code] if argument == answer.exercise else [answer.code, self._cell(argument).source]
        return {"check": check, "cells": cells, "graded": graded}

    def _score(self, answer, verdict):
        """(earned, possible), as nbgrader reads them from a graded cell's outputs."""
        cell, new = copy.deepcopy(self._cell(f"{answer.exercise}_tests")), nbformat.v4.new_output
        cell.outputs = [new("error", ename=verdict["error"])] if verdict["error"] else []
        cell.outputs += [new("stream", name="stderr", text=verdict["stderr"])] if verdict["stderr"] else []
        return determine_grade(cell)

    def _run(self, rounds, judging, folder):
        """Points of each exercise, (earned, possible), for each round of answers (exercise -> code) in place of the
        solutions. One kernel runs all rounds; the first has the lesson's own order of cells, then comes `judging`."""
        notebook, graded = copy.deepcopy(self._source), {}
        notebook.cells = []
        for number, (name, codes) in enumerate(rounds.items()):
            cells = [copy.deepcopy(cell) for cell in self._source.cells if _needed(cell, first=number == 0)]
            for cell in cells:
                if "parameters" in cell.metadata.get("tags", []):
                    cell.source += '\nPROFILE = "smoke"'
                cell.source = codes.get(cell.id, cell.source)
            graded[name] = {cell.id.removesuffix("_tests"): cell for cell in cells if is_grade(cell)}
            for cell in cells:
                cell.id = f"{cell.id}-{number}"
            notebook.cells += cells if number else [*cells, nbformat.v4.new_code_cell(judging)]
        kernels.execute(notebook, project.find_root(__file__), folder, allow_errors=True)
        for cell in notebook.cells:  # elsewhere than in a graded cell, an error would hide what is tested
            errors = [out for out in cell.get("outputs", ()) if out.output_type == "error"]
            assert is_grade(cell) or not errors, (cell.source, errors)
        return {
            name: {id: determine_grade(cell) for id, cell in cells.items()} for name, cells in graded.items()
        }


def _checks(lesson):
    return importlib.import_module(f"helpers.checks.lesson{lesson}")


def _exercises(notebook):
    return {cell.id: cell.source for cell in notebook.cells if is_solution(cell)}


def _needed(cell, first):
    return "nbgrader" in cell.metadata or (first and "setup" in cell.metadata.get("tags", []))


def _judging(table, *files):
    """The cell that judges all answers of the table."""
    return (
        f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport verdicts\n"
        f"verdicts.judge(globals(), {list(table)}, *{tuple(map(str, files))})"
    )


def _sample(table, which):
    """Exercise -> its first or last wrong answer, or its last right one."""
    return {
        name: [row for row in rows if row.right == (which == "right")][0 if which == "first" else -1]
        for name, rows in table.items()
    }


def _stub(*arguments):
    raise NotImplementedError()


def _leaves(*arguments):
    raise SystemExit(3)


def _chatters(*arguments):
    warnings.warn("careful", stacklevel=1)
    print("here")
    print("there", file=sys.stderr)


def _spoils(array, *rest):
    array[...] = 0
    return 0


class _Odd:
    def __repr__(self):
        raise RuntimeError


class _NoArray:
    def __array__(self, *arguments, **options):
        raise RuntimeError("no array")


ODD = (
    _leaves,
    _chatters,
    _spoils,
    None,
    3,
    lambda: 0,
    lambda *a: "text",
    lambda *a: _Odd(),
    lambda *a: np.nan,
    lambda *a: [[1], [2, 3]],
    lambda *a: _NoArray(),
    lambda *a: {},
    lambda *a: np.array([]),
    lambda *a: ((), ()),
    lambda *a: (None, None),
    lambda *a: (np.nan, np.nan),
    lambda *a: (np.inf, -np.inf),
    lambda *a: ("low", "high"),
    lambda *a: (_Odd(), _NoArray()),
    lambda *a: ([[1], [2, 3]], "text"),
    lambda *a: (k for k in range(2)),
    lambda *a: 1j,
    lambda *a: a,
    lambda *a: 10**400,
    lambda *a: np.array(["2020-01-01"], dtype="datetime64[D]"),
)
