"""The first cell: nothing outside Colab; in Colab it finds or fetches the course, adds what is missing, and leaves Colab's
own packages alone."""

import functools
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from types import ModuleType, SimpleNamespace

import image
import nbformat
import pytest
from packaging.requirements import Requirement

from course.lessons import colab

ADDRESS = "https://github.com/someone/tiny"
COLAB = image.packages()


def _run_cell(content):
    exec(colab.bootstrap_cell(ADDRESS).source.replace('"/content"', repr(str(content))), {})


@pytest.fixture
def commands(monkeypatch):
    """The commands that the cell would run."""
    seen = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: seen.append(command))
    return seen


def test_it_does_nothing_outside_colab(commands, tmp_path):
    path = list(sys.path)
    _run_cell(tmp_path)
    assert not commands and sys.path == path and not list(tmp_path.iterdir())


@functools.cache
def _installed():
    """What is installed here, read once, as the cell reads it each time."""
    return [
        SimpleNamespace(
            metadata={"Name": one.metadata["Name"]},
            version=one.version,
            files=one.files if one.metadata["Name"] == "pydicom" else None,  # they are many
        )
        for one in metadata.distributions()
    ]


@pytest.fixture
def in_colab(monkeypatch, tmp_path, root):
    """As in Colab: pydicom is missing; `git` and `pip` do what they would, with files of this machine."""
    content, seen, there = tmp_path / "content", [], {"pydicom": False}
    content.mkdir()
    output = SimpleNamespace(enable_custom_widget_manager=lambda: seen.append("widgets"))
    module = ModuleType("google.colab")
    module.output = output
    monkeypatch.setitem(sys.modules, "google.colab", module)
    monkeypatch.setattr(sys, "path", list(sys.path))
    everything = _installed()

    def distributions():
        return [one for one in everything if there["pydicom"] or one.metadata["Name"] != "pydicom"]

    def run(command, check):
        seen.append(command)
        if command[0] == "git":
            _course(root, content / "course")
        else:
            there["pydicom"] = True

    monkeypatch.setattr(metadata, "distributions", distributions)
    monkeypatch.setattr(subprocess, "run", run)
    return SimpleNamespace(content=content, seen=seen)


def _course(root, folder):
    (folder / "helpers").mkdir(parents=True)
    shutil.copy(root / "pyproject.toml", folder)
    shutil.copy(root / "helpers" / "paths.py", folder / "helpers")
    return folder


def test_in_colab_it_clones_and_installs_with_all_that_is_installed_as_constraints(in_colab, root, capsys):
    _run_cell(in_colab.content)
    clone, pip, widgets = in_colab.seen
    course = in_colab.content / "course"
    assert clone == ["git", "clone", "--quiet", "--depth", "1", ADDRESS, str(course)]
    assert pip[:4] == [sys.executable, "-m", "pip", "install"]
    assert pip[pip.index("-c") + 1] == str(in_colab.content / "constraints.txt")
    assert pip[pip.index("-c") + 2 :] == _dependencies(root)
    lines = (in_colab.content / "constraints.txt").read_text(encoding="utf-8").split("\n")
    constraints = dict(line.split("==") for line in lines)
    installed = {image.canonical(package.metadata["Name"]) for package in metadata.distributions()}
    assert set(constraints) == installed - {"pydicom"} and len(installed) > 100
    for name in ("numpy", "tensorflow", "ipython", "traitlets", "psutil", "widgetsnbextension"):
        assert constraints[name] == metadata.version(name)
    assert sys.path[0] == str(course) and widgets == "widgets"
    said = capsys.readouterr().out
    assert re.search(
        rf"Installed beside Colab's own packages: pydicom {metadata.version('pydicom')} \(\d+ MB\)", said
    )
    assert int(re.search(r"\((\d+) MB\)", said)[1]) > 1


def test_a_second_run_installs_nothing_and_says_so(in_colab, capsys):
    _run_cell(in_colab.content)
    _run_cell(in_colab.content)
    assert [command[0] for command in in_colab.seen if command != "widgets"] == ["git", sys.executable]
    assert "Installed beside Colab's own packages: nothing (0 MB)" in capsys.readouterr().out
    assert sys.path.count(str(in_colab.content / "course")) == 1


@pytest.mark.parametrize("top", ["", "course-main/", "one/two/"])
def test_without_a_public_address_an_uploaded_zip_is_found(top, in_colab, root, tmp_path):
    source = _course(root, tmp_path / "source")
    (in_colab.content / "half.zip").write_bytes(b"PK an upload that has not ended")
    with zipfile.ZipFile(in_colab.content / "other.zip", "w") as archive:
        archive.writestr("notes.txt", "not the course")
    with zipfile.ZipFile(in_colab.content / "release.zip", "w") as archive:
        for path in ("pyproject.toml", "helpers/paths.py"):
            archive.write(source / path, top + path)
    if top == "one/two/":  # too deep to be looked for
        _run_cell(in_colab.content)
        assert in_colab.seen[0][0] == "git"
    else:
        _run_cell(in_colab.content)
        assert in_colab.seen[0][0] == sys.executable
        assert sys.path[0] == str(in_colab.content / "release" / top).rstrip("/")
        assert not (in_colab.content / "other").exists()


@pytest.mark.parametrize("place", ["", "unpacked", "MyDrive/unpacked"])
def test_an_unpacked_folder_is_found(place, in_colab, root):
    folder = in_colab.content / place
    _course(root, folder)
    _run_cell(in_colab.content)
    assert in_colab.seen[0][0] == sys.executable and sys.path[0] == str(folder)


def test_constraints_are_lines_that_pip_can_read(in_colab, monkeypatch):
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
    packages = [
        SimpleNamespace(metadata={"Name": name}, version=version, files=None) for name, version in given
    ]
    monkeypatch.setattr(metadata, "distributions", lambda: packages)
    _run_cell(in_colab.content)
    lines = (in_colab.content / "constraints.txt").read_text(encoding="utf-8").split("\n")
    assert lines == [
        "beta==1.0rc1.post2.dev3",
        "distro-info==1.1+ubuntu0.2",
        "numpy==2.1.3",
        "torch==2.6.0+cu124",
        "zope-interface==5.0",
    ]
    for line in lines:
        assert Requirement(line).specifier


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (
            "git",
            f"could not be fetched from {ADDRESS}. Is there a network, and is the repository public? If not, upload",
        ),
        (sys.executable, "could not be installed beside Colab's own packages, none of which it may replace"),
    ],
)
@pytest.mark.parametrize("error", [FileNotFoundError("no git"), subprocess.CalledProcessError(128, "git")])
def test_a_command_that_fails_gets_a_sentence(fails, said, error, in_colab, monkeypatch):
    usual = subprocess.run

    def run(command, check):
        if command[0] == fails:
            raise error
        usual(command, check)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RuntimeError, match=re.escape(said)):
        _run_cell(in_colab.content)


# Nothing that Colab has loaded moves


def _dependencies(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["deep"]]


def test_the_list_is_that_of_colab():
    assert COLAB["ipython"].startswith("7.34") and {"tensorflow", "numpy", "traitlets", "psutil"} <= set(
        COLAB
    )
    assert "jedi" not in COLAB and "pydicom" not in COLAB
    freeze = "# comment\nIPython==7.34.0\ntorch==2.6.0+cu124\ngoogle-colab @ file:///colabtools/dist.tar.gz\nZope.x==1\n"
    assert image.parse(freeze) == {"ipython": "7.34.0", "zope-x": "1"}


def test_what_colab_has_is_enough_for_the_course(root):
    wanted = {image.canonical(one.name): one for one in map(Requirement, _dependencies(root))}
    assert {"ipython", "ipywidgets", "keras", "numpy", "pandas", "scipy", "tensorflow"} <= set(wanted)
    for name in set(wanted) & set(COLAB):
        assert wanted[name].specifier.contains(COLAB[name]), f"pip would replace {name} {COLAB[name]}"


def _resolved(dependencies, folder):
    """Versions that a resolver finds for Colab's Python, all of `COLAB` fixed, by name; None if there are none."""
    (folder / "wanted.txt").write_text("\n".join(dependencies), encoding="utf-8")
    fixed = "\n".join(f"{name}=={version}" for name, version in COLAB.items())
    (folder / "colab.txt").write_text(fixed, encoding="utf-8")
    command = [sys.executable, *"-m uv pip compile --quiet --no-config --no-python-downloads".split()]
    command += ["--no-header", "--no-annotate", "--python-version", image.PYTHON, "--only-binary", ":all:"]
    command += ["--python-platform", "x86_64-manylinux_2_28", "--constraints", folder / "colab.txt"]
    done = subprocess.run([*command, folder / "wanted.txt"], capture_output=True, text=True, timeout=300)
    if done.returncode:
        return None
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", done.stdout))


def test_a_resolver_finds_all_that_the_course_needs_beside_colabs_packages(root, tmp_path):
    pytest.importorskip("uv")
    if _resolved(["platformdirs"], tmp_path) is None:
        pytest.skip("NO REGISTRY of packages can be reached, so nothing was resolved")
    found = _resolved(_dependencies(root), tmp_path)
    assert found is not None, "something that the course needs wants to replace a package of Colab"
    assert {name: found[name] for name in set(found) & set(COLAB)} == {
        name: version for name, version in COLAB.items() if name in found
    }
    assert {"ipython", "traitlets", "widgetsnbextension", "tensorflow"} <= set(found)
    assert set(found) - set(COLAB) == {"jedi", "pydicom"}, "what is added"
    too_new = [*_dependencies(root), "ipython>=8.20"]
    assert _resolved(too_new, tmp_path) is None, "and it would tell if it were otherwise"


# The notebooks


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
        assert bootstrap.metadata["cellView"] == "form"


def test_parameters_are_fields_of_a_form(root):
    source = (
        '# words\nDATA = "phantom"  # "phantom" or "real"\nROOT = ""  # a folder, or "auto"\n'
        "SKIP = False  # True: leave out\nSEED = 7\n"
    )
    assert colab.as_form(source).splitlines() == [
        "# words",
        'DATA = "phantom"  # @param ["phantom", "real"]',
        '# @markdown `ROOT`: a folder, or "auto"',
        'ROOT = ""  # @param {type:"string"}',
        "# @markdown `SKIP`: True: leave out",
        'SKIP = False  # @param {type:"boolean"}',
        'SEED = 7  # @param {type:"integer"}',
    ]
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        (cell,) = [
            one for one in nbformat.read(path, 4).cells if "parameters" in one.metadata.get("tags", [])
        ]
        lines = [line for line in cell.source.splitlines() if line and not line.startswith("# @markdown ")]
        assert len(lines) >= 5 and all("  # @param " in line for line in lines), path
