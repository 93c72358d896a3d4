"""One source, two notebooks: what the builder keeps, removes and refuses."""

import json

import nbformat
import pytest

from course import project as course_project
from course.lessons import build
from course.project import CourseError


def _lesson(root):
    return course_project.lessons(root)[0]


def _read(root):
    return build.read(_lesson(root), course_project.address(root))


def test_student_notebook_has_no_answers_no_tests_no_outputs(project):
    text = (project / "notebooks" / "01_tiny.ipynb").read_text(encoding="utf-8")
    for secret in ("area = gradients", "the hidden name", "BEGIN", '"image/png"'):
        assert secret not in text
    notebook = nbformat.reads(text, 4)
    nbformat.validate(notebook)
    assert "raise NotImplementedError()" in next(
        cell.source for cell in notebook.cells if cell.id == "weights"
    )
    assert all(
        not cell.outputs and cell.execution_count is None
        for cell in notebook.cells
        if cell.cell_type == "code"
    )


def test_student_notebook_is_the_same_bytes_every_time(project):
    texts = {build.to_text(build.student(_read(project), "x")) for _ in range(3)}
    assert texts == {(project / "notebooks" / "01_tiny.ipynb").read_text(encoding="utf-8")}


def test_solution_is_executed_with_answers_and_without_timing(project):
    notebook = nbformat.read(project / "solutions" / "01_tiny.ipynb", 4)
    assert any("area = gradients" in cell.source for cell in notebook.cells)
    assert any("Right." in str(cell.get("outputs")) for cell in notebook.cells)
    assert not any("execution" in cell.metadata for cell in notebook.cells)
    assert notebook.metadata == build.NOTEBOOK_METADATA
    assert (project / "solutions" / "01_tiny.png").read_bytes().startswith(b"\x89PNG")


def test_cell_ids_come_from_grade_ids_or_the_text_and_survive_edits_elsewhere(project, edit):
    before = [cell.id for cell in _read(project).cells]
    assert {"weights", "weights_tests", "colab-bootstrap"} <= set(before)
    edit("solutions/01_tiny.py", "a lesson for tests", "another title")
    after = [cell.id for cell in _read(project).cells]
    assert [a == b for a, b in zip(before, after)].count(False) == 1


def test_equal_cells_get_different_ids(project):
    source = project / "solutions" / "01_tiny.py"
    source.write_text(
        source.read_text(encoding="utf-8") + "\n# %%\nprint(1)\n\n# %%\nprint(1)\n", encoding="utf-8"
    )
    ids = [cell.id for cell in _read(project).cells]
    assert len(set(ids)) == len(ids)


def test_the_address_comes_from_pyproject_only(project, edit):
    edit("pyproject.toml", "someone/tiny", "another/place")
    text = build.to_text(_read(project))
    assert "another/place" in text and "someone/tiny" not in text


def test_two_cells_with_one_grade_id_are_refused(project, edit):
    edit("solutions/01_tiny.py", '"grade_id": "weights_tests"', '"grade_id": "weights"')
    with pytest.raises(CourseError, match="grade_id 'weights'.*Give each"):
        build.build(project)


def test_an_answer_without_end_is_refused_with_the_files_name(project, edit):
    edit("solutions/01_tiny.py", "    ### END SOLUTION\n", "")
    with pytest.raises(CourseError, match="01_tiny.py.*no end solution"):
        build.build(project)


def test_a_failing_cell_stops_the_build_with_its_error(project, edit):
    edit("solutions/01_tiny.py", 'if DATA_ROOT == "explode"', "if True")
    with pytest.raises(CourseError, match="RuntimeError: as asked"):
        build.build(project)


def test_a_lesson_without_cover_is_refused(project, edit):
    edit("solutions/01_tiny.py", '# %% tags=["cover", "hide-input"]', "# %%")
    with pytest.raises(CourseError, match="tagged 'cover'"):
        build.build(project)


def test_only_known_lessons_can_be_picked(project):
    assert [lesson.name for lesson in course_project.lessons(project, ["1"])] == ["01_tiny"]
    with pytest.raises(CourseError, match="no lesson 09; there are 01"):
        course_project.lessons(project, ["09"])


def test_the_root_is_found_from_below_and_missed_with_a_sentence(project, tmp_path_factory):
    assert course_project.find_root(project / "solutions") == project.resolve()
    with pytest.raises(CourseError, match="not inside the course"):
        course_project.find_root(tmp_path_factory.mktemp("elsewhere"))


def test_jupytext_settings_ask_for_no_pairing(root):
    settings = (root / "solutions" / "jupytext.toml").read_text(encoding="utf-8")
    assert "formats" not in settings and 'cell_metadata_filter = "tags,nbgrader,-all"' in settings


def test_committed_student_notebooks_hold_only_what_the_format_needs(root):
    lessons = course_project.lessons(root)
    assert len(lessons) >= 6
    for lesson in lessons:
        notebook = json.loads(lesson.student.read_text(encoding="utf-8"))
        assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
        assert all(
            set(cell["metadata"]) <= {"tags", "nbgrader", "jupyter", "cellView", "deletable", "editable"}
            for cell in notebook["cells"]
        )


def test_every_package_is_declared(root):
    """A folder of helpers without __init__.py, or outside the pattern of pyproject.toml, would be missing from an install."""
    import tomllib

    pattern = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "packages"
    ]["find"]["include"]
    assert pattern == ["helpers*", "course*"]
    folders = {path.parent for room in ("helpers", "course") for path in (root / room).rglob("*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)
