"""What is released holds no answer and no hidden test; what cannot be graded is not released."""

import io
import json
import zipfile

import nbformat
import pytest

from course.grading import assignment as assignments
from course.grading import collect, one, release
from course.project import CourseError


@pytest.fixture(scope="module")
def released(root, tmp_path_factory, can_confine):
    folder = tmp_path_factory.mktemp("released")
    (folder / "private").mkdir()
    (folder / "private" / "01.py").write_text(
        "# %% [markdown]\n# Kept from the public.\n\n# %% window_hu\n"
        "assert float(window_hu(np.array([4711.0]), 0, 10000)[0]) == pytest_secret\n".replace(
            "pytest_secret", "0.9711"
        ),
        encoding="utf-8",
    )
    paths = release.release(root, "01", folder / "out", folder / "private")
    return folder, paths


def test_students_get_the_notebook_the_helpers_and_the_data_and_no_answers(root, released):
    _, (zipped, notebook, graders) = released
    with zipfile.ZipFile(zipped) as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names)
        assert archive.read("notebooks/01_data_exploration.ipynb") == notebook.read_bytes()
    assert {"helpers/datasets/loading.py", "data/kidney_ct.md", "pyproject.toml", "requirements.lock"} <= set(
        names
    )
    assert not [name for name in names if name.startswith(("solutions", "tests", "course", "private"))]
    readme = zipfile.ZipFile(zipped).read("README.md").decode("utf-8")
    assert "jupyter lab notebooks" in readme and "make" not in readme and "-m course" not in readme
    given = assignments.from_json(graders.read_text(encoding="utf-8"))
    for question in given.questions:
        hidden = [
            line
            for line in question.test.splitlines()
            if len(line) > 30 and not line.startswith(("#", "assert checks"))
        ]
        assert hidden and not any(line.strip().encode() in everything for line in hidden)
    assert nbformat.read(io.StringIO(notebook.read_text(encoding="utf-8")), 4).cells


def test_the_same_content_gives_the_same_bytes(root, released):
    folder, paths = released
    again = release.release(root, "01", folder / "again", folder / "private", confined=False)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_private_cases_grade(root, released, tmp_path):
    _, (_, notebook, graders) = released
    given = assignments.from_json(graders.read_text(encoding="utf-8"))
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        for question in given.questions:
            if cell["id"] == question.name:
                cell["source"] = question.solution
            if cell["id"] == "window_hu" == question.name:
                cell["source"] += (
                    "\n_right = window_hu\ndef window_hu(x, *a):\n    return 0 * x if 4711 in x else _right(x, *a)"
                )
    (tmp_path / "x.ipynb").write_text(json.dumps(content), encoding="utf-8")
    assert one.grade_one(root, tmp_path / "x.ipynb", "01", graders)["points"] == 10
    assert one.grade_one(root, tmp_path / "x.ipynb", "01")["points"] == 12


def test_a_private_cell_of_no_exercise_is_refused(root, tmp_path):
    (tmp_path / "01.py").write_text("# %% windo_hu\nassert True\n", encoding="utf-8")
    with pytest.raises(CourseError, match="a cell is headed 'windo_hu'. Head each with the exercise"):
        assignments.of(root, "01", tmp_path)


@pytest.mark.parametrize(
    "test, told",
    [
        ("assert False", "the solution does not earn full marks: window_hu"),
        ("import os; assert os.path.exists('/nowhere')", "the solution does not earn full marks"),
    ],
)
def test_what_does_not_grade_is_not_released(root, tmp_path, test, told, can_confine):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "01.py").write_text(f"# %% window_hu\n{test}\n", encoding="utf-8")
    with pytest.raises(CourseError, match=told):
        release.release(root, "01", tmp_path / "out", tmp_path / "private")
    assert not (tmp_path / "out").exists()


def test_what_was_released_is_what_grades_later(root, released, roster, tmp_path):
    """Collecting by a release keeps its tests, also when the next collection names none."""
    _, (_, notebook, graders) = released
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "s1.ipynb").write_bytes(notebook.read_bytes())
    for named in (graders, None):
        collect.collect(root, tmp_path / "in", "01", roster, tmp_path / "work", named)
        kept = (tmp_path / "work" / "01" / "assignment.json").read_text(encoding="utf-8")
        assert kept == graders.read_text(encoding="utf-8") and "4711" in kept
    with pytest.raises(CourseError, match="is of lesson 01, not 02"):
        collect.collect(root, tmp_path / "in", "02", roster, tmp_path / "work", graders)
