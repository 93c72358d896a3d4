"""Running: parameters, results, the page that is left, errors that a person can read."""

import json
import subprocess
import sys

import pytest

from course import cli, environment, run
from course.project import CourseError


def test_a_run_leaves_page_figures_results_and_times(project, capsys):
    outcomes = run.run(project, profile="smoke", parameters={"SEED": 4})
    folder = project / "build" / "run"
    assert json.loads((folder / "01_tiny.results.json").read_text())["figures"] == {"n": 1, "seed_twice": 8}
    page = (folder / "index.html").read_text()
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
    assert outcomes[0].seconds > 0 and "01_tiny: done" in capsys.readouterr().out
    assert all(
        seconds >= 0 for seconds in json.loads((folder / "timing.json").read_text())["phantom.smoke"].values()
    )


def test_real_data_has_its_own_folder_and_can_be_recorded(project):
    run.run(project, data="real", data_root=str(project), profile="quick", record=True)
    assert (project / "build" / "run" / "real" / "01_tiny.results.json").is_file()
    assert json.loads((project / "data" / "results" / "01.real.json").read_text())["figures"]["n"] == 2


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


def test_a_stopped_lesson_is_told_and_the_page_is_still_written(project):
    with pytest.raises(CourseError, match="01_tiny: cell .* stopped with RuntimeError: as asked"):
        run.run(project, data="real", data_root="x", parameters={"DATA_ROOT": "explode"})
    assert "as asked" in (project / "build" / "run" / "real" / "index.html").read_text()


def _course(arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "course", *arguments], cwd=cwd, capture_output=True, text=True
    )


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


def test_mistakes_on_the_command_line_are_told_in_a_sentence(root, tmp_path):
    outside = _course(["check"], tmp_path)
    assert (
        outside.returncode == 1
        and "not inside the course" in outside.stderr
        and "Traceback" not in outside.stderr
    )
    unknown = _course(["run", "--only", "99"], root)
    assert unknown.returncode == 1 and "no lesson 99" in unknown.stderr
    choice = _course(["run", "--profile", "fast"], root)
    assert choice.returncode == 2 and "smoke" in choice.stderr


def test_values_on_the_command_line_are_numbers_truths_or_text():
    assert [cli._value(text) for text in ("11", "0.5", "True", "two words", "'x'")] == [
        11,
        0.5,
        True,
        "two words",
        "x",
    ]


def test_every_command_is_there():
    commands = cli.parser()._subparsers._group_actions[0].choices
    assert set(commands) == set(cli.COMMANDS)


def test_the_environment_is_redone_when_the_locks_content_changes_not_its_time(tmp_path):
    lock, venv = tmp_path / "requirements.lock", tmp_path / ".venv"
    lock.write_text("numpy==2.0\n    # via pandas\nscipy==1.0 ; python_version < '3.12'\n")
    assert environment.pinned(tmp_path) == 2
    python = environment.interpreter(venv)
    python.parent.mkdir(parents=True)
    python.touch()
    assert not environment.is_current(tmp_path, venv)  # no stamp: cut short
    (venv / environment.STAMP).write_text(f"3.12 {environment.fingerprint(tmp_path, ('3', '12'))}\n")
    assert environment.is_current(tmp_path, venv)
    lock.touch()
    assert environment.is_current(tmp_path, venv)
    lock.write_text(lock.read_text().replace("2.0", "2.1"))
    assert not environment.is_current(tmp_path, venv)


def test_an_unsuitable_python_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="needs Python 3.11 to 3.13, and this is Python 3.9"):
        environment.require_python()
    called = []
    monkeypatch.setattr(
        environment.shutil, "which", lambda name: "/bin/" + name if name == "python3.12" else None
    )
    monkeypatch.setattr(environment.subprocess, "call", lambda command: called.append(command) or 0)
    with pytest.raises(SystemExit):
        environment.require_python()
    assert called[0][:3] == ["/bin/python3.12", "-m", "course"]


def test_the_lock_pins_every_declared_package_and_names_no_host(root):
    import tomllib

    lock = (root / "requirements.lock").read_text()
    declared = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for requirement in declared["dependencies"] + sum(declared["optional-dependencies"].values(), []):
        assert f"\n{requirement.split('>=')[0]}==" in "\n" + lock
    assert "://" not in lock
