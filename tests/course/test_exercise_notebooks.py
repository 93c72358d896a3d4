"""The exercises as notebooks of their own: the lesson's cells, and right where Keras and TensorFlow are missing."""

import asyncio
import copy
import functools
import sys
import types

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade, is_grade, is_solution

from course import kernels, project
from course.lessons import build, check, exercises

ROOT = project.find_root(__file__)
ADDRESS = project.address(ROOT)
LESSONS = {lesson.number: lesson for lesson in project.lessons(ROOT)}
NEED_KERAS = {"02": {"build_network"}}  # lesson -> exercises that no browser can try
# Packages of the course that are neither in Pyodide nor asked for by the first cell.
BLOCKED = "h5py imblearn ipywidgets keras mne platformdirs pooch pydicom requests tensorflow tqdm mlscorecheck".split()
BLOCK = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {set(BLOCKED)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

for name in [name for name in sys.modules if name.split(".")[0] in {set(BLOCKED)!r}]:
    del sys.modules[name]  # the kernel's own
sys.meta_path.insert(0, Blocked())
"""


@functools.cache
def _student(number):
    """The exercise notebook of a lesson as students get it; tests leave it as it is."""
    return exercises.student(LESSONS[number], ADDRESS)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The cells of all exercise notebooks, by (kind, number): as students get them, then with answers and hidden tests; run
    one after the other in one kernel without those packages, which forgets in between what was defined."""
    notebooks = {("untouched", number): _student(number) for number in LESSONS}
    notebooks |= {
        ("answered", number): exercises.derive(lesson, ADDRESS) for number, lesson in LESSONS.items()
    }
    together = copy.copy(_student("01"))
    together.cells = [new_code_cell(BLOCK)]
    cells = {}
    for (kind, number), notebook in notebooks.items():
        cells[kind, number] = copy.deepcopy(notebook.cells)
        for cell in cells[kind, number]:
            cell.id = f"{kind}-{number}-{cell.id}"[:64]
        if (kind, number) == ("answered", "01"):
            together.cells.append(new_code_cell("%reset -f"))
        together.cells += cells[kind, number]
    kernels.execute(together, ROOT, tmp_path_factory.mktemp("executed"), allow_errors=True)
    return cells


def _errors(cells):
    return [
        (cell.id, out.ename, out.evalue)
        for cell in cells
        for out in cell.get("outputs", [])
        if out.output_type == "error"
    ]


def _texts(cells):
    found = []
    for cell in cells:
        for out in cell.get("outputs", []):
            found.append(out.get("text", "") or out.get("data", {}).get("text/plain", ""))
    return found


@pytest.mark.parametrize("number", LESSONS)
def test_right_answers_earn_all_points_without_keras(number, executed):
    answered = executed["answered", number]
    scores = {
        cell.id.removeprefix(f"answered-{number}-").removesuffix("_tests"): determine_grade(cell)
        for cell in answered
        if is_grade(cell)
    }
    assert {name for name, (earned, possible) in scores.items() if earned < possible} == NEED_KERAS.get(
        number, set()
    ), _errors(answered)
    graded = [cell for cell in nbformat.read(LESSONS[number].student, 4).cells if is_grade(cell)]
    assert sum(possible for _, possible in scores.values()) == sum(c.metadata.nbgrader.points for c in graded)
    elsewhere = [cell for cell in answered if not is_grade(cell)]
    assert _errors(elsewhere) == []


@pytest.mark.parametrize("number", LESSONS)
def test_an_untouched_notebook_runs_to_its_end_and_says_what_needs_keras(number, executed):
    cells = executed["untouched", number]
    assert _errors(cells) == []
    texts = _texts(cells)
    stubs = [cell for cell in cells if is_solution(cell)]
    assert len([text for text in texts if text.startswith("Not attempted.")]) == len(stubs) >= 4
    told = [text for text in texts if text.startswith(exercises.NEEDS_KERAS)]
    assert len(told) == len(NEED_KERAS.get(number, ()))
    assert all("pip install 'explainable-imaging[deep]'" in text for text in told)


@pytest.mark.parametrize("number", LESSONS)
def test_its_cells_are_those_of_the_lesson_and_give_nothing_away(number):
    lesson = LESSONS[number]
    notebook, whole = _student(number), nbformat.read(lesson.student, 4)
    marked = {cell.id: cell.source for cell in whole.cells if "nbgrader" in cell.metadata}
    assert {cell.id: cell.source for cell in notebook.cells if "nbgrader" in cell.metadata} == marked
    source = build.read(lesson, ADDRESS)
    lines = {line.strip() for cell in notebook.cells for line in cell.source.splitlines()}
    for marker in check.REGIONS.values():
        assert not lines & check._secret_lines(source, marker)
    texts = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert texts.startswith(f"# {number} ") and "## Key points" in texts and "**What is graded.**" in texts
    assert notebook.cells[-1].source == "checks.score()"
    assert texts.count("### Exercise ") == len([cell for cell in notebook.cells if is_solution(cell)])
    assert texts.count(".hint()`") == texts.count("### Exercise ")
    assert not [cell for cell in notebook.cells if cell.get("outputs")]
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_set_up_is_what_exercises_use_and_no_more():
    cells = {cell.id: cell.source for cell in exercises.derive(LESSONS["02"], ADDRESS).cells}
    assert cells["exercises-set-up"].split("\n") == [
        "import matplotlib.pyplot as plt",
        "import numpy as np",
        "import pandas as pd",
        "",
        "from helpers.checks import lesson02 as checks",
    ]
    assert "from helpers.deep import keras" in cells["exercises-keras-2"]
    assert "layers = keras.layers" in cells["exercises-keras-2"]
    assert [name for name in cells if name.startswith("exercises-keras")] == ["exercises-keras-2"]


def test_names_are_told_from_outside_and_from_inside():
    refers, binds = exercises._names(
        "import math as m\nk = 2\ndef f(a, b=c):\n    d = a\n    return d + e + k + len(b) + m.pi"
    )
    assert refers == {"c", "e", "len"} and binds == {"m", "k", "f"}


def test_the_first_cell_installs_the_course_in_pyodide_without_its_dependencies(monkeypatch):
    asked = []

    async def install(requirements, deps=True):
        asked.append((requirements, deps))

    monkeypatch.setitem(sys.modules, "piplite", types.SimpleNamespace(install=install))
    source = exercises.install_cell(exercises.PACKAGES).source
    body = "async def cell():\n" + "\n".join(f"    {line}" for line in source.splitlines())
    names = {}
    exec(body, names)
    asyncio.run(names["cell"]())
    assert asked == []  # this is no browser
    monkeypatch.setattr(sys, "platform", "emscripten")
    asyncio.run(names["cell"]())
    assert asked == [(list(exercises.PACKAGES), True), ("explainable-imaging", False)]


def test_links_lead_into_the_repository():
    for number in LESSONS:
        for cell in _student(number).cells:
            if cell.cell_type == "markdown":
                assert "](../" not in cell.source and "](0" not in cell.source
                for target in cell.source.split(f"]({ADDRESS}/blob/main/")[1:]:
                    assert (ROOT / target.split(")")[0].split("#")[0]).is_file()


def test_they_are_written_below_build(tmp_path):
    paths = exercises.build_all(ROOT, ["01"], tmp_path / "there")
    assert [path.name for path in paths] == ["01_exercises.ipynb"]
    assert is_solution(nbformat.read(paths[0], 4).cells[4])


def test_an_exercise_without_a_heading_is_told():
    whole = build.read(LESSONS["01"], ADDRESS)
    for cell in whole.cells:
        cell.source = cell.source.replace("### Exercise", "### Task")
    with pytest.raises(project.CourseError, match="'window_hu' has no heading"):
        exercises._groups(whole, LESSONS["01"])
