"""The notebooks as students run them: untouched, with other parameters, from an empty folder."""

import nbformat
import papermill
import pytest

from course import kernels, project

LESSONS = project.lessons(project.find_root(__file__))
RUN = [
    pytest.param(lesson, marks=pytest.mark.runs_lesson(f"notebooks/{lesson.name}.ipynb"), id=lesson.number)
    for lesson in LESSONS
]


def _outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("lesson", RUN)
def test_an_untouched_notebook_runs_to_its_end(lesson, tmp_path):
    """One smoke run: student notebook, other parameters, an empty working directory."""
    target = tmp_path / "executed.ipynb"
    papermill.execute_notebook(
        lesson.student,
        target,
        {"PROFILE": "smoke", "SEED": 11},
        cwd=tmp_path,
        progress_bar=False,
        extra_arguments=kernels.QUIET,
    )
    notebook = nbformat.read(target, 4)
    outputs = _outputs(notebook)
    assert not [
        output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"
    ]
    exercises = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    feedback = [
        output
        for output in outputs
        if output.get("data", {}).get("text/plain", "").startswith("Not attempted.")
    ]
    assert len(feedback) == len(exercises) >= 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["executed.ipynb"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_figures_have_alt_text_and_charts_are_png(lesson):
    pictures = [
        output
        for output in _outputs(nbformat.read(lesson.executed, 4))
        if {"image/png", "image/jpeg"} & set(output.get("data", {}))
    ]
    assert len(pictures) >= 5
    for output in pictures:
        (mime,) = {"image/png", "image/jpeg"} & set(output.data)
        assert len(output.metadata[mime]["alt"]) > 35
