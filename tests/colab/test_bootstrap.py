"""The first cell: nothing outside Colab; in Colab it installs the course once and leaves Colab's own packages
alone."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from packaging.requirements import Requirement

from course.lessons import colab

ADDRESS = "https://github.com/someone/tiny"

# What a kernel of Colab has loaded, or is likely to, when the first cell runs: as Google publishes it in
# googlecolab/backend-info, 19 August 2026. Its Python is 3.12.
COLAB = {
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "ipywidgets": "7.7.1",
    "keras": "3.13.2",
    "numpy": "2.1.3",
    "pandas": "2.2.3",
    "psutil": "5.9.5",
    "scipy": "1.16.3",
    "tensorflow": "2.20.0",
    "tornado": "6.5.1",
    "traitlets": "5.7.1",
    "widgetsnbextension": "3.6.10",
}


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


@pytest.fixture
def in_colab(monkeypatch):
    """As in Colab, the course not yet installed; what the cell writes, by file name."""
    written, real_version = {}, metadata.version

    def version(name):
        if name == "explainable-imaging":
            raise metadata.PackageNotFoundError
        return real_version(name)

    monkeypatch.setitem(sys.modules, "google.colab", object())
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(Path, "write_text", lambda self, text: written.update({str(self): text}))
    return written


def _canonical(name):
    return re.sub("[-_.]+", "-", name).lower()


def test_in_colab_it_clones_and_installs_with_all_that_is_installed_as_constraints(commands, in_colab):
    _run_cell()
    clone, pip = commands
    assert clone[:2] == ["git", "clone"] and ADDRESS in clone
    assert (
        pip[:4] == [sys.executable, "-m", "pip", "install"]
        and pip[pip.index("-c") + 1] == "/content/constraints.txt"
        and pip[pip.index("-e") + 1] == "/content/course"
    )
    constraints = dict(line.split("==") for line in in_colab["/content/constraints.txt"].split("\n"))
    installed = {_canonical(package.metadata["Name"]) for package in metadata.distributions()}
    assert set(constraints) == installed and len(installed) > 100
    for name in ("numpy", "tensorflow", "ipython", "traitlets", "psutil", "widgetsnbextension"):
        assert constraints[name] == metadata.version(name)
    assert sys.path[0] == "/content/course"


def test_constraints_are_lines_that_pip_can_read(commands, in_colab, monkeypatch):
    """Of two copies the one that is imported; no names that are missing, no versions that are none (Debian's own packages)."""
    given = [
        ("Zope.Interface", "5.0"),
        ("torch", "2.6.0+cu124"),
        ("numpy", "2.1.3"),
        ("NumPy", "1.21.5"),
        ("python-apt", "2.4.0ubuntu4"),
        ("distro-info", "1.1+ubuntu0.2"),
        ("beta", "1.0rc1.post2.dev3"),
        (None, "1.0"),
        ("broken", None),
    ]
    packages = [SimpleNamespace(metadata={"Name": name}, version=version) for name, version in given]
    monkeypatch.setattr(metadata, "distributions", lambda: packages)
    _run_cell()
    assert in_colab["/content/constraints.txt"].split("\n") == [
        "beta==1.0rc1.post2.dev3",
        "distro-info==1.1+ubuntu0.2",
        "numpy==2.1.3",
        "torch==2.6.0+cu124",
        "zope-interface==5.0",
    ]
    for line in in_colab["/content/constraints.txt"].split("\n"):
        assert Requirement(line).specifier


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("clone", f"could not be fetched from {ADDRESS}. Is there a network, and is the repository public"),
        ("install", "could not be installed beside Colab's own packages, none of which it may replace"),
    ],
)
@pytest.mark.parametrize("error", [FileNotFoundError("no git"), subprocess.CalledProcessError(128, "git")])
def test_a_command_that_fails_gets_a_sentence(fails, said, error, in_colab, monkeypatch):
    def run(command, check):
        if fails in command:
            raise error

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RuntimeError, match=re.escape(said)):
        _run_cell()


# Nothing that Colab has loaded moves


def _dependencies(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


def test_what_colab_has_is_enough_for_the_course(root):
    wanted = {_canonical(one.name): one for one in map(Requirement, _dependencies(root))}
    assert {"ipython", "ipywidgets", "keras", "numpy", "pandas", "scipy", "tensorflow"} <= set(wanted)
    for name in set(wanted) & set(COLAB):
        assert wanted[name].specifier.contains(COLAB[name]), f"pip would replace {name} {COLAB[name]}"


def _resolved(dependencies, folder):
    """Versions that a resolver finds for Colab's Python, all of `COLAB` fixed, by name; None if there are none."""
    (folder / "wanted.txt").write_text("\n".join(dependencies), encoding="utf-8")
    (folder / "colab.txt").write_text(
        "\n".join(f"{name}=={version}" for name, version in COLAB.items()), encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--no-config",
        "--no-python-downloads",
    ]
    command += ["--no-header", "--no-annotate", "--python-version", "3.12", "--python-platform", "linux"]
    command += [
        "--only-binary",
        ":all:",
        "--constraints",
        str(folder / "colab.txt"),
        str(folder / "wanted.txt"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        return None
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", done.stdout))


def test_a_resolver_finds_all_that_the_course_needs_beside_colabs_packages(root, tmp_path):
    pytest.importorskip("uv")
    if _resolved(["platformdirs"], tmp_path) is None:
        pytest.skip("no package registry can be reached, so nothing can be resolved")
    found = _resolved(_dependencies(root), tmp_path)
    assert found is not None, "something that the course needs wants to replace a package of Colab"
    assert {name: found[name] for name in set(found) & set(COLAB)} == {
        name: version for name, version in COLAB.items() if name in found
    }
    assert {"ipython", "traitlets", "widgetsnbextension", "tensorflow"} <= set(found)
    too_new = [*_dependencies(root), "ipython>=8.20"]
    assert _resolved(too_new, tmp_path) is None, "and it would tell if it were otherwise"


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
