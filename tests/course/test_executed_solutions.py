"""Executed solutions, and tests marked `runs_lesson`, are repeated when something they depend on has changed, and not
otherwise."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course import passed

TESTS = """\
import pytest


@pytest.mark.runs_lesson("notebooks/01_*.ipynb")
def test_a_run():
    pass


def test_quick():
    pass
"""


@pytest.fixture
def scratch(tmp_path, root):
    """A project of one executed solution with two cells, of a test that runs a lesson, and of one that does not."""
    for folder in ("solutions", "notebooks", "tests", "helpers"):
        (tmp_path / folder).mkdir()
    shutil.copy(root / "conftest.py", tmp_path)
    notebook = new_notebook(cells=[new_code_cell("one = 1"), new_code_cell("two = 2 * one")])
    nbformat.write(notebook, tmp_path / "solutions" / "01_tiny.ipynb")
    for name, text in {
        "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["solutions", "tests"]\n',
        "requirements.lock": "numpy==2.0\n",
        "helpers/__init__.py": "",
        "helpers/some.py": "A = 1\n",
        "notebooks/01_tiny.ipynb": "{}\n",
        "tests/test_tiny.py": TESTS,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def repeated(scratch):
    """Run pytest on the scratch project: the tests that passed, those that failed, and what was said."""

    def run(*options):
        command = [sys.executable, "-m", "pytest", "-p", "nbval.plugin", "--nbval-lax", "-rA", *options]
        variables = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the others take half of the time
        said = subprocess.run(command, cwd=scratch, env=variables, capture_output=True, text=True).stdout
        found, failed = (
            set(re.findall(rf"(?m)^{word} \S+::(Cell \d|test_\w+)", said)) for word in ("PASSED", "FAILED")
        )
        return found, failed, said

    return run


CELLS, RUN, QUICK = {"Cell 0", "Cell 1"}, {"test_a_run"}, {"test_quick"}


def test_what_has_passed_is_repeated_only_after_a_change(scratch, repeated):
    assert repeated("solutions/01_tiny.ipynb::Cell 0")[0] == {"Cell 0"}
    workers = ("-p", "xdist.plugin", "-n", "1", "--dist", "loadfile")
    assert repeated(*workers)[:2] == (CELLS | RUN | QUICK, set()), "one cell is not the whole solution"
    found, failed, said = repeated()
    assert (found, failed) == (QUICK, set())
    assert "2 of the runs of lessons passed here before" in said and "make test-all" in said
    assert "\n  solutions/01_tiny.ipynb\n" in said and "\n  tests/test_tiny.py::test_a_run\n" in said

    solution = scratch / "solutions" / "01_tiny.ipynb"
    solution.write_text(
        solution.read_text(encoding="utf-8").replace("2 * one", "undefined"), encoding="utf-8"
    )
    (scratch / "notebooks" / "01_tiny.ipynb").write_text("[]\n", encoding="utf-8")
    assert repeated("-m", "not slow")[:2] == (QUICK, set()), "make test-fast runs no lesson"
    assert repeated()[:2] == ({"Cell 0"} | RUN | QUICK, {"Cell 1"})
    found, failed, said = repeated(*workers)
    assert (found, failed) == ({"Cell 0"} | QUICK, {"Cell 1"}), "what failed is repeated"
    assert "1 of the runs of lessons passed here before" in said


@pytest.mark.parametrize(
    "changed",
    [
        "requirements.lock",
        "helpers/__init__.py",
        "helpers/some.py",
        "helpers/deep/within.py",
        "data/new.json",
        "solutions/01_a.py",
        "threads",
    ],
)
def test_a_run_depends_on_its_lesson_the_helpers_it_imports_the_data_the_lock_and_the_threads(
    scratch, monkeypatch, changed
):
    def digest():
        passed._common.cache_clear()
        passed._imported.cache_clear()
        return passed.digest(scratch, ["solutions/01_*.py"])

    for file, text in {
        "solutions/01_a.py": "from helpers import some\n",
        "helpers/some.py": "def some():\n    from helpers.deep import within\n",
        "helpers/deep/__init__.py": "",
        "helpers/deep/within.py": "A = 1\n",
    }.items():
        (scratch / file).parent.mkdir(exist_ok=True)
        (scratch / file).write_text(text, encoding="utf-8")
    before = digest()
    for file in ("solutions/02_b.py", "helpers/other.py", "helpers/deep/other.py"):
        (scratch / file).write_text("b = 2\n", encoding="utf-8")
        assert digest() == before, file
    if changed == "threads":
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "64")
    else:
        (scratch / changed).parent.mkdir(exist_ok=True)
        (scratch / changed).write_text("c = 3\n", encoding="utf-8")
    assert digest() != before


def test_a_run_depends_on_the_names_and_sizes_of_real_images(tmp_path):
    def digest():
        passed._listing.cache_clear()
        return passed.digest(tmp_path, [], tmp_path / "images")

    (tmp_path / "images" / "A").mkdir(parents=True)
    found = [digest()]
    for name, content in (("A/1.png", b"1"), ("A/1.png", b"22"), ("A/2.png", b"1")):
        (tmp_path / "images" / name).write_bytes(content)
        found.append(digest())
    assert len(set(found)) == 4


@pytest.mark.skipif(os.name == "nt", reason="links to folders are a privilege there")
@pytest.mark.parametrize("kind", ["solutions/01_a.ipynb", "notebooks/01_a.ipynb"])
def test_a_notebook_depends_on_what_its_lesson_imports(scratch, kind):
    (scratch / "solutions" / "01_a.py").write_text("import helpers.some\n", encoding="utf-8")
    (scratch / kind).write_text("{}\n", encoding="utf-8")
    before = passed.digest(scratch, [kind])
    (scratch / "helpers" / "some.py").write_text("A = 2\n", encoding="utf-8")
    assert passed.digest(scratch, [kind]) != before


def test_a_lesson_that_cannot_be_read_is_repeated(scratch):
    (scratch / "solutions" / "01_a.py").write_text("import\n", encoding="utf-8")
    assert passed.digest(scratch, ["solutions/01_a.py"])


def test_what_networks_learned_stays_from_run_to_run_until_all_is_forgotten(tmp_path):
    for cache in ("one", "another"):
        (tmp_path / cache).mkdir()
        passed.keep_trainings(tmp_path, tmp_path / cache)
    for kind in ("trainings", "features"):
        (tmp_path / "one" / kind / "known").write_bytes(b"learned")
        assert (tmp_path / "another" / kind / "known").read_bytes() == b"learned"
    passed.add(tmp_path, {"a run": "digest"})
    passed.forget(tmp_path)
    assert passed.known(tmp_path) == {}
    assert not list((tmp_path / "build").iterdir())


def test_these_tests_share_what_networks_learned(root):
    """The kernels of lessons get the same `COURSE_CACHE` as this process."""
    cache = Path(os.environ["COURSE_CACHE"])
    assert root not in cache.parents, "points and results of before are not seen"
    if os.name != "nt":
        assert (cache / "trainings").resolve() == root / "build" / "trainings"
