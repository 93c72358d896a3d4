"""`python -m course progress`: points and runs of each lesson, from what was kept on this machine."""

import json
import os
import time

import pytest

from course import progress
from course.project import CourseError


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """The folder of kept results; empty."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "results"
    folder.mkdir(parents=True)
    return folder


def _page(root):
    return (root / "build" / "progress" / "index.html").read_text(encoding="utf-8")


def test_at_first_nothing_is_done(project, kept, capsys):
    progress.progress(project, None)
    told = capsys.readouterr().out
    assert "01 Tiny" in told and "0 of 12" in told and "never to its end" in told
    assert "0 of 12 points" in _page(project) and "<code>shortcut_auc</code>" in _page(project)


def test_points_and_the_newest_run_are_shown(project, kept, capsys):
    states = {"window_hu": "right", "shortcut_auc": "wrong"}
    points = {"lesson": "01", "states": states, "possible": {"window_hu": 2, "shortcut_auc": 3}}
    (kept / "01.points.json").write_text(json.dumps(points), encoding="utf-8")
    for number, name in enumerate(("01.phantom.smoke.7", "01.real.quick.11", "02.phantom.full.7")):
        path = kept / f"{name}.json"
        path.write_text("{}", encoding="utf-8")
        os.utime(path, (1.7e9 + 86400 * number,) * 2)
    progress.progress(project, None)
    told = capsys.readouterr().out
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(1.7e9 + 86400))
    assert f"{'2 of 5':>10}  {day}, quick, real" in told and "smoke" not in told and "full" not in told
    page = _page(project)
    assert '<progress value="2" max="5"' in page and f"{day}, quick, real" in page
    assert "<code>shortcut_auc</code>" in page and "<code>window_hu</code>" not in page


def test_a_page_that_cannot_be_written_is_told_below_the_table(project, kept, capsys):
    (project / "build").mkdir(exist_ok=True)
    (project / "build" / "progress").touch()
    with pytest.raises(CourseError, match="index.html cannot be written"):
        progress.progress(project, None)
    assert "01" in capsys.readouterr().out


def test_where_nothing_can_be_kept_it_says_what_to_set(project, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CourseError, match="COURSE_CACHE"):
        progress.progress(project, None)
