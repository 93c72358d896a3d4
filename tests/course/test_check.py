"""`make check` fails on every kind of drift, names the file, and says the remedy."""

import json

import nbformat
import pytest

from course.lessons import check
from course.project import CourseError

HIDDEN = 'assert weights(np.ones((1, 2, 2, 1))) == 1, "the hidden name"'
STUDENT, SOLUTION, SOURCE = "notebooks/01_tiny.ipynb", "solutions/01_tiny.ipynb", "solutions/01_tiny.py"


def _problems(project):
    with pytest.raises(CourseError) as caught:
        check.check(project)
    return str(caught.value)


def _change(project, file, change):
    path = project / file
    notebook = nbformat.read(path, 4)
    change(notebook)
    nbformat.write(notebook, path)


def _code(notebook, text):
    return next(cell for cell in notebook.cells if cell.cell_type == "code" and text in cell.source)


def test_a_built_project_is_clean(project, capsys):
    check.check(project)
    assert "1 lesson checked" in capsys.readouterr().out


def test_the_course_itself_is_clean(root):
    check.check(root)


def test_an_edited_source_is_drift_of_both_notebooks(project, edit):
    edit(SOURCE, "a lesson for tests", "a lesson that changed")
    problems = _problems(project)
    assert STUDENT in problems and SOLUTION in problems and "make build" in problems


def test_a_hand_edited_solution_cell_is_found(project):
    _change(
        project,
        SOLUTION,
        lambda notebook: setattr(_code(notebook, "area ="), "source", "def weights(g): return 1"),
    )
    assert f"{SOLUTION}: its cells differ from 01_tiny.py (weights)" in _problems(project).replace(
        str(project) + "/", ""
    )


@pytest.mark.parametrize(
    "test, line",
    [
        ('assert weights.__name__ == "weights", "the hidden name"', 4),
        ("other = weights", 4),
        ("assert list(map(weights, [1]))", 4),
        ("assert sorted([2, 1], key=weights)", 4),
        ("assert isinstance(weights, object)", 4),
    ],
)
def test_hidden_tests_that_a_proxy_does_not_stand_are_found(project, edit, test, line):
    edit(SOURCE, HIDDEN, test)
    told = f"the hidden tests in 'weights_tests' use weights otherwise than as a function (line {line})"
    assert told in _problems(project)


def test_a_link_to_a_heading_that_is_not_there_is_found(project, edit):
    edit("README.md", "data/card.md", "data/card.md#a-card")
    check.check(project)
    edit("README.md", "#a-card", "#the-card")
    assert "card.md has no heading for the link to data/card.md#the-card" in _problems(project)


def test_a_moved_cell_is_found(project):
    _change(project, SOLUTION, lambda notebook: notebook.cells.append(notebook.cells.pop(0)))
    assert "(the order)" in _problems(project)


def test_a_hand_edited_student_notebook_is_found(project):
    _change(project, STUDENT, lambda notebook: setattr(notebook.cells[0], "source", "# Other"))
    assert "is not what 01_tiny.py gives" in _problems(project)


def test_an_answer_in_the_student_notebook_is_a_leak(project):
    def leak(notebook):
        _code(notebook, "raise NotImplementedError").source = "area = gradients.shape[1] * gradients.shape[2]"

    _change(project, STUDENT, leak)
    assert "gives away a line of an answer: 'area = gradients" in _problems(project)


def test_an_answer_that_the_lesson_itself_repeats_is_a_leak(project, edit):
    edit(
        SOURCE,
        "# %%\ncheck",
        "# %% [markdown]\n# One way:\n#\n#     return gradients.sum(axis=(1, 2)) / area\n\n# %%\ncheck",
    )
    assert "Take it out of 01_tiny.py" in _problems(project)


def test_a_hidden_test_in_the_student_notebook_is_a_leak(project):
    def leak(notebook):
        _code(notebook, "Graded after").source += f"\n### BEGIN HIDDEN TESTS\n{HIDDEN}"

    _change(project, STUDENT, leak)
    problems = _problems(project)
    assert "holds the marked region of a hidden test" in problems and "the hidden name" in problems


def test_an_output_in_the_student_notebook_is_found(project):
    def execute(notebook):
        _code(notebook, "checks.channel_weights(weights)").outputs = [
            nbformat.v4.new_output("stream", text="hello")
        ]

    _change(project, STUDENT, execute)
    assert "has outputs" in _problems(project)


def test_a_missing_or_doubled_parameters_tag_is_found(project, edit):
    edit(SOURCE, '# %% tags=["parameters", "setup"]', "# %%")
    assert "0 cells are tagged 'parameters'" in _problems(project)
    edit(SOURCE, "# %%\nPROFILE", '# %% tags=["parameters"]\nOTHER = 1\n\n# %% tags=["parameters"]\nPROFILE')
    assert "2 cells are tagged 'parameters'" in _problems(project)


def test_a_missing_parameter_is_named(project, edit):
    edit(SOURCE, "SKIP_UNREADABLE = False\n", "")
    assert "does not set SKIP_UNREADABLE" in _problems(project)


def test_a_duplicate_grade_id_is_found(project, edit):
    edit(SOURCE, '"grade_id": "weights_tests"', '"grade_id": "weights"')
    assert "grade_id 'weights'" in _problems(project)


def test_an_exercise_without_marked_answer_and_hidden_tests_without_check_are_found(project, edit):
    edit(SOURCE, "    ### BEGIN SOLUTION\n", "")
    edit(SOURCE, "    ### END SOLUTION\n", "")
    assert "'weights' has no answer between" in _problems(project)
    edit(SOURCE, "assert checks.channel_weights(weights).right\n", "")
    assert "'weights_tests' do not begin with the visible check" in _problems(project)


def test_a_graded_cell_without_points_is_found(project, edit):
    edit(SOURCE, '"points": 2', '"points": 0')
    assert "has no points" in _problems(project)


def test_errors_stderr_and_figures_without_alt_text_are_found(project):
    def spoil(notebook):
        cell = _code(notebook, "display(")
        cell.outputs[0].metadata = {}
        cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text="a warning"))
        cell.outputs.append(nbformat.v4.new_output("error", ename="KeyError", evalue="x", traceback=[]))

    _change(project, SOLUTION, spoil)
    problems = _problems(project)
    assert (
        "no alt text" in problems
        and "writes to stderr: 'a warning'" in problems
        and "stopped with KeyError" in problems
    )


def test_a_solution_that_was_not_run_from_top_to_bottom_is_found(project):
    _change(project, SOLUTION, lambda notebook: setattr(_code(notebook, "display("), "execution_count", 99))
    assert "not executed from top to bottom" in _problems(project)


def test_a_heavy_solution_is_found(project):
    def grow(notebook):
        _code(notebook, "display(").outputs.append(nbformat.v4.new_output("stream", text="x" * 1_600_000))

    _change(project, SOLUTION, grow)
    assert "at most 1.5" in _problems(project)


def test_another_cover_is_found(project):
    (project / "solutions" / "01_tiny.png").write_bytes(b"other")
    assert "is not the figure of the cell tagged 'cover'" in _problems(project)


@pytest.mark.parametrize("file", [STUDENT, SOLUTION])
def test_missing_and_broken_notebooks_are_found(project, file):
    (project / file).write_text("not a notebook", encoding="utf-8")
    assert f"{file}: is not a notebook" in _problems(project).replace(str(project) + "/", "")
    (project / file).unlink()
    assert "missing. Run `make build`" in _problems(project)


def test_notebooks_without_source_are_found(project):
    (project / "notebooks" / "02_other.ipynb").write_text(
        (project / STUDENT).read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert "02_other.ipynb: there is no source for it" in _problems(project)


def test_broken_links_are_found_in_markdown_and_notebooks(project):
    (project / "README.md").write_text(
        "[x](data/none.md) ![y](data/card.md) [z](https://github.com/someone/tiny/blob/main/none.py)\n",
        encoding="utf-8",
    )
    problems = _problems(project)
    assert (
        "data/none.md leads nowhere" in problems
        and "none.py leads nowhere" in problems
        and "card.md" not in problems
    )
    (project / "data" / "card.md").unlink()
    assert "01_tiny.ipynb: the link to ../data/card.md" in _problems(project)


def test_a_colab_link_to_another_repository_is_found(project, edit):
    edit(
        STUDENT,
        "colab.research.google.com/github/someone/tiny",
        "colab.research.google.com/github/else/where",
    )
    assert "names else/where" in _problems(project)


def test_recorded_figures_that_moved_on_are_found(project):
    results = project / "data" / "results"
    results.mkdir()
    (results / "01.real.json").write_text(json.dumps({"figures": {"accuracy": 0.6}}), encoding="utf-8")

    def show(value):
        def change(notebook):
            data = {"application/vnd.course.recorded+json": value}
            _code(notebook, "results.save").outputs = [nbformat.v4.new_output("display_data", data=data)]

        return change

    _change(project, SOLUTION, show({"accuracy": 0.6}))
    check.check(project)
    _change(project, SOLUTION, show({"accuracy": 0.7}))
    assert "shows accuracy unlike" in _problems(project)
    _change(project, SOLUTION, show({}))
    assert "shows no recorded figures" in _problems(project)


def test_code_that_is_not_formatted_or_does_not_make_sense_is_found(project):
    (project / "pyproject.toml").write_text(
        (project / "pyproject.toml").read_text(encoding="utf-8")
        + '[tool.ruff.lint]\nselect = ["F"]\n[tool.ruff]\nexclude = ["solutions", "*.ipynb"]\n',
        encoding="utf-8",
    )
    check.check(project)
    (project / "some.py").write_text("import os\nx = (1,2)\n", encoding="utf-8")
    problems = _problems(project)
    assert "some.py:1:8: " in problems and "`os` imported but unused" in problems
    assert "some.py: is not formatted. Run `python -m ruff format`." in problems


def test_several_problems_are_told_together(project, edit):
    edit(SOURCE, '"points": 2', '"points": 0')
    (project / "README.md").write_text("[x](none.md)\n", encoding="utf-8")
    assert _problems(project).startswith("4 problems:")
