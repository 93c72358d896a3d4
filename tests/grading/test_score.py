"""`checks.score()`: the points of a lesson as its source gives them, added up from what the checks said, and kept."""

import errno
import importlib
import json
import os

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course import kernels, project
from course.lessons import build
from helpers.checks import lesson01, score

LESSONS = project.lessons(project.find_root(__file__))


@pytest.fixture
def new_session(monkeypatch, tmp_path):
    """Forget what the checks of lesson 01 said, as a new kernel does; the cache stays."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))

    def begin():
        for name in lesson01.score.points:
            monkeypatch.setattr(getattr(lesson01, name), "state", None)

    begin()
    return begin


def _right(hu, level, width):
    return (hu - (level - width / 2)).clip(0, width) / width


def _wrong(hu, level, width):
    return hu * 0.5


def _stub(*arguments):
    raise NotImplementedError()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_points_are_those_of_the_source(lesson):
    source = build.read(lesson, "https://example.org")
    marks = [cell.metadata.get("nbgrader", {}) for cell in source.cells]
    points = {mark["grade_id"].removesuffix("_tests"): mark["points"] for mark in marks if mark.get("points")}
    checks = importlib.import_module(f"helpers.checks.lesson{lesson.number}")
    assert checks.score.points == points and checks.score.lesson == lesson.number


def test_points_follow_the_answers(new_session):
    assert str(lesson01.score()).startswith("Lesson 01: 0 of 12 points so far")
    lesson01.window_hu(_right)
    lesson01.class_weights(_wrong)
    points = lesson01.score()
    assert points.earned == 2 and points.total == 12
    assert "window_hu: right, 2 of 2" in str(points) and "class_weights: wrong, 0 of 2" in str(points)
    assert "2 of 12 points so far" in points._repr_html_() and "<code>find_duplicates" in points._repr_html_()
    lesson01.window_hu(_wrong)
    assert lesson01.score().earned == 0


def test_points_of_an_earlier_session_count_until_the_exercise_is_checked_again(new_session):
    lesson01.window_hu(_right)
    lesson01.score()
    new_session()
    assert lesson01.score().earned == 2 and score.kept("01").earned == 2
    lesson01.window_hu(_stub)
    assert lesson01.score().states["window_hu"] == "not attempted" and score.kept("01").earned == 0


def test_a_hint_changes_no_points(new_session):
    lesson01.window_hu(_right)
    lesson01.window_hu.hint()
    assert lesson01.score().earned == 2


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"lesson": "01"}', '{"states": 3, "possible": {"a": 1}}']
)
def test_a_damaged_file_is_as_none(new_session, tmp_path, content):
    path = tmp_path / "results" / "01.points.json"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    assert score.kept("01") is None
    assert lesson01.score().earned == 0
    assert json.loads(path.read_text(encoding="utf-8"))["states"]["window_hu"] == "not attempted"


def test_points_are_shown_where_they_cannot_be_kept(new_session, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_CACHE", os.fspath(tmp_path / "file"))
    lesson01.window_hu(_right)
    points = lesson01.score()
    assert points.earned == 2
    assert "These points are not kept." in str(points) and "COURSE_CACHE" in points._repr_html_()


def test_on_a_full_disk_the_points_of_before_are_left_whole(new_session, monkeypatch, tmp_path):
    lesson01.window_hu(_right)
    lesson01.score()
    path = tmp_path / "results" / "01.points.json"
    before = path.read_bytes()

    def full(*paths):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    lesson01.class_weights(_wrong)
    points = lesson01.score()
    assert "These points are not kept" in points.trouble and "No space left" in points.trouble
    assert path.read_bytes() == before and [one.name for one in path.parent.iterdir()] == [path.name]


def test_answers_of_the_course_are_not_kept_as_a_students(new_session, monkeypatch):
    lesson01.window_hu(_right)
    monkeypatch.setenv("COURSE_POINTS", "0")
    points = lesson01.score()
    assert points.earned == 2 and points.trouble == "" and score.kept("01") is None


def test_lessons_that_the_course_runs_keep_no_points(root, tmp_path):
    cell = new_code_cell("from helpers.checks import lesson01\nlesson01.score()")
    kernels.execute(new_notebook(cells=[cell]), root, tmp_path, cache=tmp_path)
    assert "0 of 12 points" in cell.outputs[0].data["text/plain"]
    assert not list(tmp_path.rglob("*.points.json"))
