"""Set-up as it really runs, on a course of one tiny package that lies on this disk: nothing is fetched.

The command is run by an interpreter without site-packages (-S), as by a newcomer's Python.
"""

import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from course import environment, python

PYPROJECT = """\
[build-system]
requires = ["tiny"]
build-backend = "tiny"

[project]
name = "explainable-imaging"
version = "1.0"
"""
# The one pinned package: it is imported, and it builds the course, as setuptools does.
BACKEND = """\
import os
import zipfile

def build_editable(folder, settings=None, metadata=None):
    name = "explainable_imaging-1.0"
    with zipfile.ZipFile(os.path.join(folder, name + "-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("course.pth", os.getcwd())
        wheel.writestr(name + ".dist-info/METADATA", "Metadata-Version: 2.1\\nName: explainable-imaging\\nVersion: 1.0\\n")
        wheel.writestr(name + ".dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(name + ".dist-info/RECORD", "")
    return name + "-py3-none-any.whl"
"""


@pytest.fixture
def clone(tmp_path, root):
    """A clone in a folder with spaces and letters that are not ASCII, and beside it its package."""
    folder = tmp_path / "Kurs für Ärzte, 説明"
    (folder / "solutions").mkdir(parents=True)
    shutil.copytree(root / "course", folder / "course", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (folder / "requirements.lock").write_text("tiny==1.0\n", encoding="utf-8")
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", BACKEND)
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(
            "tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return folder


@pytest.fixture
def variables(tmp_path, monkeypatch):
    """Environment variables with which pip, and through it uv, finds the package and no other."""
    for name in ("PYTHONPATH", "PIP_CONSTRAINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSE_UV", "0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_RETRIES", "0")
    return monkeypatch


@pytest.fixture(params=["uv", "pip"])
def either(request, variables):
    """The same, where uv is there and where it is not."""
    if request.param == "uv":
        uv = pytest.importorskip("uv")
        variables.setenv("PATH", str(Path(uv.find_uv_bin()).parent), prepend=":")
        variables.setenv("COURSE_UV", "1")
    return variables


def _start(clone, interpreter=None):
    command = [interpreter or sys._base_executable, "-S", "-m", "course", "setup"]
    return subprocess.Popen(
        command, cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )


def _said(process):
    said = process.communicate(timeout=300)[0]
    assert process.returncode == 0, said
    return said


def _whereabouts(clone):
    """Where the environment's own interpreter finds the course, and its Python version."""
    code = "import course, sys, tiny; print(course.__path__[0]); print('%d.%d' % sys.version_info[:2])"
    command = [environment.interpreter(clone / ".venv"), "-X", "utf8", "-c", code]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stdout.splitlines()


def _says_what_to_do_offline(clone, variables, folder):
    """Set up where no registry can be reached."""
    variables.delenv("PIP_NO_INDEX")
    variables.delenv("PIP_FIND_LINKS")
    variables.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    variables.setenv("PIP_EXTRA_INDEX_URL", "")
    variables.setenv("UV_HTTP_RETRIES", "0")
    variables.setenv("UV_CACHE_DIR", str(folder / "cache"))
    process = _start(clone)
    said = process.communicate(timeout=300)[0]
    assert process.returncode == 1
    assert "Is a registry of Python packages reachable? Connect this machine" in said
    assert "Traceback" not in said and not (clone / ".venv" / environment.STAMP).exists()


def test_two_at_once_then_again_then_moved_then_another_lock_offline(clone, either, tmp_path):
    either.setenv("HOME", "/dev/null")  # a home folder that cannot be written
    both = [_said(process) for process in [_start(clone), _start(clone)]]
    assert sorted("Setting up .venv" in said for said in both) == [False, True], both
    assert all("The environment is ready" in said for said in both)
    assert _said(_start(clone)) == "The environment is ready.\n"
    assert _whereabouts(clone)[0] == str(clone / "course")
    moved = clone.rename(clone.parent / "elsewhere")
    assert "the place of the course has changed: refreshing" in _said(_start(moved))
    assert _whereabouts(moved)[0] == str(moved / "course")
    assert _said(_start(moved)) == "The environment is ready.\n"
    (moved / "requirements.lock").write_text("tiny==1.1\n", encoding="utf-8")
    _says_what_to_do_offline(moved, either, tmp_path)


def test_offline_at_first_it_says_what_to_do(clone, variables, tmp_path):
    _says_what_to_do_offline(clone, variables, tmp_path)


def _other_python():
    """Another Python that the course can live with, or None."""
    folders = sorted(Path.home().glob(".pyenv/versions/3.*/bin"), reverse=True)
    places = ["", *(f"{folder}/" for folder in folders)]
    commands = [place + command[-1] for place in places for command in python.candidates()]
    usual = [f"python3.{sys.version_info[1]}"]
    return next((one for one in commands if Path(one).name not in usual and python.runs([one])), None)


def test_a_set_up_that_was_killed_is_made_anew_and_so_is_one_of_another_python(clone, variables, tmp_path):
    """What a killed process leaves has no stamp, and its lock is free."""
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "uv").write_text(
        f"#!/bin/sh\n[ $1 = cache ] && exec echo {tmp_path}\necho fetching > {tmp_path}/seen\nexec sleep 60\n",
        encoding="utf-8",
    )
    (slow / "uv").chmod(0o755)
    with pytest.MonkeyPatch.context() as context:
        context.setenv("COURSE_UV", "1")
        context.setenv("PATH", str(slow), prepend=":")
        process = _start(clone)
        while not (tmp_path / "seen").exists():
            assert process.poll() is None
            time.sleep(0.1)
    process.kill()
    process.wait()
    assert not (clone / ".venv" / environment.STAMP).exists()
    said = _said(_start(clone))
    assert "Setting up .venv" in said and "waiting" not in said
    assert _whereabouts(clone)[0] == str(clone / "course")
    other = _other_python()
    if other is None:
        pytest.skip("there is no second Python from 3.11 to 3.13 on this machine")
    assert "Setting up .venv" in _said(_start(clone, other))
    assert _whereabouts(clone)[1] == Path(other).name.removeprefix("python")
