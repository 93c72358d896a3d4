"""The first cell: nothing outside Colab; in Colab it installs the course once and leaves Colab's own packages
alone."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest

from course.lessons import colab

ADDRESS = "https://github.com/someone/tiny"


@pytest.fixture
def commands(monkeypatch):
    """The commands that the cell would run."""
    seen = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: seen.append(command))
    return seen


def _run_cell():
    exec(colab.bootstrap_cell(ADDRESS).source, {})


def test_it_does_nothing_outside_colab(commands):
    path = list(sys.path)
    _run_cell()
    assert not commands and sys.path == path


def test_in_colab_it_clones_and_installs_with_the_installed_versions_as_constraints(commands, monkeypatch):
    written = {}
    monkeypatch.setitem(sys.modules, "google.colab", object())
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(Path, "write_text", lambda self, text: written.update({str(self): text}))
    real_version = metadata.version

    def version(name):
        if name == "explainable-imaging":
            raise metadata.PackageNotFoundError
        return real_version(name)

    monkeypatch.setattr(metadata, "version", version)
    _run_cell()
    clone, pip = commands
    assert clone[:2] == ["git", "clone"] and ADDRESS in clone
    assert (
        pip[:4] == [sys.executable, "-m", "pip", "install"]
        and pip[pip.index("-c") + 1] == "/content/constraints.txt"
    )
    constraints = written["/content/constraints.txt"].split("\n")
    assert {line.split("==")[0] for line in constraints} == {
        "numpy",
        "tensorflow",
        "keras",
        "pandas",
        "scipy",
    }
    assert f"numpy=={real_version('numpy')}" in constraints
    assert sys.path[0] == "/content/course"


def test_in_colab_a_second_run_installs_nothing(commands, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    monkeypatch.setattr(sys, "path", ["/content/course", *sys.path])
    monkeypatch.setattr(Path, "exists", lambda self: True)
    _run_cell()  # here the course is installed
    assert not commands and sys.path.count("/content/course") == 1


def test_every_student_notebook_begins_with_badge_and_bootstrap(root):
    from course import project

    address = project.address(root)
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        badge, bootstrap = nbformat.read(path, 4).cells[1:3]
        assert (
            badge.source == colab.badge_cell(path.stem, address).source
            and f"/notebooks/{path.name})" in badge.source
        )
        assert bootstrap.source == colab.bootstrap_cell(address).source
