"""Running: parameters, results, the page that is left, errors that a person can read."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import helpers
from course import cli, kernels, series
from course import project as project_module
from course.project import CourseError
from course.series import run

SQUARE = 'display({"image/png": square.getvalue()}'
DRAWN = """\
import matplotlib.pyplot as plt
from helpers import plots

plots.show(plt.figure(figsize=(2, 1)), "An empty square.")
"""


@pytest.fixture(scope="module")
def ran(_built, tmp_path_factory):
    """The tiny project, its figure drawn as lessons do, run once: its root, the outcome, and what was said."""
    project, said = shutil.copytree(_built, tmp_path_factory.mktemp("ran") / "project"), io.StringIO()
    source = project / "solutions" / "01_tiny.py"
    before, _, after = source.read_text(encoding="utf-8").partition(SQUARE)
    source.write_text(before + DRAWN + after.partition("\n")[2], encoding="utf-8")
    with contextlib.redirect_stdout(said):
        (outcome,) = run.run(project, profile="smoke", parameters={"SEED": 4})
    return project, outcome, said.getvalue()


def test_a_run_leaves_page_figures_results_and_times(ran):
    project, outcome, said = ran
    folder = project / "build" / "run"
    assert json.loads((folder / "01_tiny.results.json").read_text(encoding="utf-8"))["figures"] == {
        "n": 1,
        "seed_twice": 8,
    }
    page = (folder / "index.html").read_text(encoding="utf-8")
    for expected in (
        "01 Tiny: a lesson for tests",
        'alt="An empty square."',
        "seed_twice",
        "PROFILE = smoke",
        "SEED = 4",
        "ran to its end",
    ):
        assert expected in page
    assert (folder / "figures" / "01_tiny_01.png").is_file() and (folder / "01_tiny.html").is_file()
    assert outcome.seconds > 0 and "01_tiny: done" in said
    times = json.loads((folder / "timing.json").read_text(encoding="utf-8"))["phantom.smoke"]
    assert times and all(seconds >= 0 for seconds in times.values())


def test_real_data_has_its_own_folder_and_can_be_recorded(project):
    run.run(project, data="real", data_root=str(project), profile="quick", record=True)
    assert (project / "build" / "run" / "real" / "01_tiny.results.json").is_file()
    assert (
        json.loads((project / "data" / "results" / "01.real.json").read_text(encoding="utf-8"))["figures"][
            "n"
        ]
        == 2
    )


@pytest.mark.parametrize("options", [{"data": "phantom"}, {"data": "real", "profile": "smoke"}])
def test_only_real_data_is_recorded(project, options):
    with pytest.raises(CourseError, match="--record"):
        run.run(project, record=True, **options)


def test_an_unknown_parameter_name_lists_the_names(project):
    with pytest.raises(
        CourseError, match="no parameter SEEDS; it has PROFILE, DATA, DATA_ROOT, SKIP_UNREADABLE, SEED"
    ):
        run.run(project, parameters={"SEEDS": 4})


def test_an_unknown_parameter_value_lists_the_choices(project):
    with pytest.raises(CourseError, match="PROFILE = 'fast'.*'smoke'.*'quick'.*'full'"):
        run.run(project, profile="fast")


def test_a_typing_error_in_a_name_leaves_what_an_earlier_run_wrote(ran):
    project = ran[0]
    folder = project / "build" / "run"
    before = (folder / "01_tiny.ipynb").read_bytes(), (folder / "index.html").read_bytes()
    with pytest.raises(CourseError, match="no parameter SEEDS"):
        run.run(project, profile="smoke", parameters={"SEEDS": 4})
    assert before == ((folder / "01_tiny.ipynb").read_bytes(), (folder / "index.html").read_bytes())


@pytest.mark.parametrize("content", ["", "{", "[]", '{"phantom.smoke": 3}', '{"phantom.smoke": {"x": "y"}}'])
def test_a_damaged_file_of_times_costs_only_the_estimate(project, content, monkeypatch):
    executed = {cell.id: cell for cell in nbformat.read(project / "solutions" / "01_tiny.ipynb", 4).cells}

    def execute(notebook, *places, on_cell, **more):
        """No kernel: the outputs of before."""
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = executed.get(cell.id, cell).outputs
                on_cell(cell)

    monkeypatch.setattr(kernels, "execute", execute)
    times = project / "build" / "run" / "timing.json"
    times.parent.mkdir(parents=True)
    times.write_text(content, encoding="utf-8")
    run.run(project, profile="smoke")
    kept = json.loads(times.read_text(encoding="utf-8"))["phantom.smoke"]
    assert len(kept) > 5 and all(isinstance(seconds, float) for seconds in kept.values())


def _stopping(project, code):
    source = project / "solutions" / "01_tiny.py"
    source.write_text(source.read_text(encoding="utf-8") + f"\n# %%\n{code}\n", encoding="utf-8")


def test_a_dying_kernel_is_that_lessons_error_and_the_page_is_written(project):
    shutil.copy(project / "solutions" / "01_tiny.py", project / "solutions" / "02_tiny.py")
    _stopping(project, "import os\n\nos._exit(1)")
    with pytest.raises(CourseError, match="01_tiny: cell 11: the kernel died.*memory") as caught:
        run.run(project, profile="smoke")
    assert "02_tiny" not in str(caught.value)
    folder = project / "build" / "run"
    assert "the kernel died" in (folder / "index.html").read_text(encoding="utf-8")
    assert (folder / "02_tiny.results.json").is_file() and not (folder / "01_tiny.results.json").exists()
    assert "seed_twice" in (folder / "01_tiny.ipynb").read_text(encoding="utf-8"), "what ran before is kept"


def test_a_cell_that_takes_too_long_is_stopped(project, edit):
    """The cells before it, badge, parameters and those that are given, take no time on a busy machine either."""
    edit("solutions/01_tiny.py", "import numpy as np", "import time\n\ntime.sleep(60)")
    with pytest.raises(CourseError, match="cell 4: it took longer than 5 s, the limit for one cell"):
        run.run(project, profile="smoke", cell_limit=5)


def test_kernels_import_the_checkout_that_runs_them_whatever_is_installed(project):
    """The tiny project brings a package `helpers` of its own in place of the installed one."""
    shutil.copytree(Path(helpers.__file__).parent, project / "helpers")
    _stopping(project, "import helpers\n\nprint('imported', helpers.__file__)")
    run.run(project, profile="smoke")
    text = (project / "build" / "run" / "01_tiny.ipynb").read_text(encoding="utf-8")
    assert f"imported {project.resolve() / 'helpers' / '__init__.py'}" in text


def test_a_stopped_lesson_is_told_and_the_page_is_still_written(project):
    with pytest.raises(CourseError, match="01_tiny: cell .* stopped with RuntimeError: as asked"):
        run.run(project, data="real", data_root="x", parameters={"DATA_ROOT": "explode"})
    assert "as asked" in (project / "build" / "run" / "real" / "index.html").read_text(encoding="utf-8")


def test_a_relative_path_that_is_given_means_the_same_in_the_lessons_folder(project, monkeypatch):
    (project / "images").mkdir()
    monkeypatch.chdir(project)
    assert run._absolute("CHEST_ROOT", "images") == str(project.resolve() / "images")
    assert run._absolute("WEIGHTS", "images") == str(project.resolve() / "images")
    for name, value in (("SEED", "images"), ("CHEST_ROOT", ""), ("WEIGHTS", "imagenet"), ("STRESS_ROOT", 3)):
        assert run._absolute(name, value) == value
    outcomes = run.run(project, profile="smoke", data="real", data_root="images")
    assert f'DATA_ROOT = "{project.resolve() / "images"}"' in outcomes[0].notebook.read_text(
        encoding="utf-8"
    ).replace('\\"', '"')


def test_a_path_on_another_drive_is_shown_whole(monkeypatch):
    assert project_module.shown(Path.cwd() / "build") == "build"

    def no_way(path):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(project_module.os.path, "relpath", no_way)
    assert project_module.shown(Path("build")) == "build"


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "kept.json"
    project_module.write_whole(path, "first")
    with pytest.raises(TypeError):
        project_module.write_whole(path, 3)
    assert path.read_text(encoding="utf-8") == "first" and list(tmp_path.iterdir()) == [path]


def test_help_is_readable_without_anything_installed(root):
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from course import cli; cli.main(['run', '--help'])"
    )
    told = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True
    )  # -S: no site-packages
    assert told.returncode == 0 and not told.stderr
    for expected in ("--only NN", "smoke: seconds", "--data-root DIR", "--skip-unreadable"):
        assert expected in told.stdout


def test_mistakes_on_the_command_line_are_told_in_a_sentence(root, tmp_path, monkeypatch, capsys):
    outside = subprocess.run(
        [sys.executable, "-m", "course", "check"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (
        outside.returncode == 1
        and "not inside the course" in outside.stderr
        and "Traceback" not in outside.stderr
    )
    monkeypatch.chdir(root)
    with pytest.raises(SystemExit, match="^error: no lesson 99"):  # written to stderr, with 1 as exit code
        cli.main(["run", "--only", "99"])
    with pytest.raises(SystemExit) as choice:
        cli.main(["run", "--profile", "fast"])
    assert choice.value.code == 2 and "smoke" in capsys.readouterr().err


def test_values_on_the_command_line_are_numbers_truths_or_text():
    assert [series.value_of(text) for text in ("11", "0.5", "True", "two words", "'x'")] == [
        11,
        0.5,
        True,
        "two words",
        "x",
    ]


def test_every_command_says_what_it_does():
    commands = cli.parser()._subparsers._group_actions[0].choices
    assert {"run", "data", "build", "check", "test", "lab", "bench", "lock", "setup", "pretrain"} <= set(
        commands
    )
    for name, command in commands.items():
        if name != "data":
            assert callable(command.get_default("do")), name


def test_the_lock_pins_every_declared_package_and_names_no_host(root):
    import re
    import tomllib

    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        name: wanted for name, wanted in declared["optional-dependencies"].items() if name != "gpu"
    }  # see course/tools.py
    for requirement in declared["dependencies"] + sum(extras.values(), []):
        assert f"\n{re.split('[>=]=', requirement)[0]}==" in "\n" + lock
    assert "://" not in lock
