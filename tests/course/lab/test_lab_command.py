"""`python -m course lab` without a browser: what it starts, as whom, with which settings."""

import argparse
import json
import os
import sys
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_config_path

from course import lab


@pytest.fixture
def started(monkeypatch):
    """A function that starts JupyterLab as a user (by number), and returns its command and environment."""
    seen = []
    monkeypatch.setattr(lab.os, "execve", lambda path, command, variables: seen.append((command, variables)))
    monkeypatch.setattr(lab.os, "name", "posix")

    def start(root, user, *further):
        monkeypatch.setattr(lab.os, "geteuid", lambda: user, raising=False)
        lab.lab(root, argparse.Namespace(further=list(further)))
        return seen.pop()

    return start


def test_it_starts_in_the_course_with_the_courses_settings_first(project, started, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/elsewhere")
    command, variables = started(project, 1000, "--port", "8890")
    assert command[:3] == [sys.executable, "-m", "jupyterlab"] and command[-2:] == ["--port", "8890"]
    assert f"--ServerApp.root_dir={project}" in command
    assert variables["JUPYTER_CONFIG_PATH"] == f"{lab.SETTINGS}{os.pathsep}/elsewhere"
    assert variables["PYTHONPATH"].split(os.pathsep)[0] == str(project)


def test_root_is_told_what_to_do_and_let_in(project, started, capfd):
    assert "--allow-root" in started(project, 0)[0]
    assert "--ip 0.0.0.0" in capfd.readouterr().out
    assert "--allow-root" not in started(project, 1000)[0]
    assert capfd.readouterr().out == ""


def test_what_a_student_left_open_is_left(project, started):
    started(project, 1000)
    (workspace,) = (project / "build" / "lab").iterdir()
    content = json.loads(workspace.read_text(encoding="utf-8"))
    assert content["data"]["layout-restorer:data"]["main"]["current"] == "notebook:notebooks/01_tiny.ipynb"
    content["data"]["kept"] = True
    workspace.write_text(json.dumps(content), encoding="utf-8")
    started(project, 1000)
    assert json.loads(workspace.read_text(encoding="utf-8"))["data"]["kept"]


def test_all_server_extensions_of_nbgrader_are_switched_off():
    settings = json.loads((lab.SETTINGS / "jupyter_server_config.json").read_text(encoding="utf-8"))
    off = settings["ServerApp"]["jpserver_extensions"]
    (installed,) = [
        path
        for folder in jupyter_config_path()
        if (path := Path(folder) / "jupyter_server_config.d" / "nbgrader.json").is_file()
    ]
    names = json.loads(installed.read_text(encoding="utf-8"))["ServerApp"]["jpserver_extensions"]
    assert names and {name: False for name in names}.items() <= off.items()
