"""Claims of lessons, with other seeds and other settings of TensorFlow."""

import os

import pytest

from course import cli
from course.project import CourseError
from course.series import SETTINGS, claims

STATED = """
# %%
import os

results.claims(
    {
        "The seed is below ten.": SEED < 10,
        "Nobody switched oneDNN off.": "TF_ENABLE_ONEDNN_OPTS" not in os.environ,
    }
)
"""


@pytest.fixture
def stating(project, monkeypatch):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    source = next((project / "solutions").glob("01_*.py"))
    source.write_text(source.read_text(encoding="utf-8") + STATED, encoding="utf-8")
    return project


def test_each_seed_and_setting_is_run_and_counted(stating, capsys):
    claims.hold(stating, seeds=(3, 4))
    told = capsys.readouterr().out
    assert "01, seed 3, default: 2 of 2 claims hold" in told
    assert "01, seed 4, default: 2 of 2 claims hold" in told
    assert (stating / "build" / "claims" / "default" / "cache").is_dir()


def test_a_claim_that_does_not_hold_is_named_with_seed_and_setting(stating):
    names = ("COURSE_CACHE", "TF_ENABLE_ONEDNN_OPTS")
    before = [os.environ.get(name) for name in names]
    with pytest.raises(CourseError) as caught:
        claims.hold(stating, seeds=(11,), settings=("default", "no-onednn"))
    assert str(caught.value).splitlines()[1:] == [
        "01, seed 11, default: The seed is below ten.",
        "01, seed 11, no-onednn: Nobody switched oneDNN off.",
        "01, seed 11, no-onednn: The seed is below ten.",
    ]
    assert [os.environ.get(name) for name in names] == before


def test_a_lesson_that_states_nothing_is_an_error(project):
    with pytest.raises(CourseError, match="states nothing"):
        claims.hold(project, seeds=(7,))


def test_the_command_knows_the_settings():
    options = cli.parser().parse_args(["claims", "--only", "04", "--seeds", "7", "--settings", *SETTINGS])
    assert options.seeds == [7] and options.settings == ["default", "one-thread", "no-onednn"]
