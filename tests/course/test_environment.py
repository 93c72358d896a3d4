"""Set-up: when `.venv` is made anew, by whom, and what is said where it cannot be."""

import ast
import io
import os
import re
import subprocess
import sys
import tomllib

import pytest

from course import environment, installing, machine, python


@pytest.fixture
def place(tmp_path):
    """A folder with a lock and an interpreter in `.venv`."""
    (tmp_path / "requirements.lock").write_text(
        "numpy==2.0\n    # via pandas\nscipy==1.0 ; python_version < '3.12'\n", encoding="utf-8"
    )
    made = environment.interpreter(tmp_path / ".venv")
    made.parent.mkdir(parents=True)
    made.symlink_to(sys.executable)
    return tmp_path


def _stamp(place, text=None):
    (place / ".venv" / environment.STAMP).write_text(
        environment.fingerprint(place) + "\n" if text is None else text, encoding="utf-8"
    )


def test_the_environment_is_redone_when_the_locks_content_changes_not_its_time(place):
    lock, venv = place / "requirements.lock", place / ".venv"
    assert environment.pinned(place) == 2
    assert not environment.is_current(place, venv)  # no stamp: cut short
    _stamp(place)
    assert environment.is_current(place, venv)
    lock.touch()
    assert environment.is_current(place, venv)
    lock.write_text(lock.read_text(encoding="utf-8").replace("2.0", "2.1"), encoding="utf-8")
    assert not environment.is_current(place, venv)


@pytest.mark.parametrize("text", ["", "\n", "3.12", "3.12 abc"])
def test_a_damaged_stamp_is_no_stamp(place, text):
    _stamp(place, text)
    assert not environment.is_current(place, place / ".venv")


def test_a_moved_course_and_another_python_are_redone(place, tmp_path_factory, monkeypatch):
    _stamp(place)
    moved = tmp_path_factory.mktemp("moved") / "course"
    os.rename(place, moved)
    assert not environment.is_current(moved, moved / ".venv")
    _stamp(moved)
    assert environment.is_current(moved, moved / ".venv")
    monkeypatch.setattr(environment.sys, "version_info", (3, 99, 0))
    assert not environment.is_current(moved, moved / ".venv")


@pytest.fixture
def commands(monkeypatch):
    """What set-up would have called, in place of calling it."""
    called = []
    monkeypatch.setattr(environment, "check_call", lambda command, remedy: called.append(command))
    monkeypatch.setattr(installing, "watch", lambda command, *further: called.append(command))
    monkeypatch.setattr(installing, "compile_imports", lambda python, root: called.append("compile"))
    return called


def test_set_up_makes_installs_and_stamps(place, commands):
    environment.set_up(place, place / ".venv")
    create, pins, course, compiled = commands
    assert create[1:4] == ["-m", "venv", "--clear"]
    assert "--no-deps" in pins and str(place / "requirements.lock") in pins
    assert course[-2:] == ["-e", str(place)] and compiled == "compile"
    assert environment.is_current(place, place / ".venv")


def test_a_refresh_keeps_the_environment_and_is_unfinished_until_it_ends(place, commands, monkeypatch):
    _stamp(place, "of another lock")
    environment.set_up(place, place / ".venv")
    assert all("venv" not in command for command in commands) and len(commands) == 3
    _stamp(place, "of another lock")

    def stop(*arguments):
        raise SystemExit("no network")

    monkeypatch.setattr(installing, "watch", stop)
    with pytest.raises(SystemExit):
        environment.set_up(place, place / ".venv")
    assert not (place / ".venv" / environment.STAMP).exists()


def test_uv_is_taken_where_it_is_there_and_pip_otherwise(tmp_path, monkeypatch):
    python = environment.interpreter(tmp_path)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setattr(installing.shutil, "which", lambda name: None)
    assert installing.installer(python)[0][:4] == [str(python), "-m", "pip", "--disable-pip-version-check"]
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\necho '{tmp_path}/kept'\n", encoding="utf-8")
    uv.chmod(0o755)
    monkeypatch.setattr(installing.shutil, "which", lambda name: str(uv))
    command, _ = installing.installer(python)
    assert command == [str(uv), "pip", "install", "--python", str(python), "--no-deps"]
    uv.write_text("#!/bin/sh\necho /dev/null/kept\n", encoding="utf-8")  # a home that cannot be written
    assert installing.installer(python)[0][-1] == "--no-cache"
    monkeypatch.setenv("COURSE_UV", "0")
    assert installing.installer(python)[0][1:3] == ["-m", "pip"]


def test_uv_is_told_of_the_registries_that_pip_uses():
    listed = (
        "global.index-url='https://one.example/simple'\n"
        "global.extra-index-url='https://two.example/simple\\nhttps://three.example/simple'\n"
        "install.find-links='/a/b'\n"
        ":env:.index-url='https://four.example/simple'\n"
        "global.timeout='60'\n"
    )
    options, variables = installing.uv_settings(listed, {"PATH": "/bin"})
    assert not options and variables == {
        "PATH": "/bin",
        "UV_DEFAULT_INDEX": "https://four.example/simple",
        "UV_INDEX": "https://two.example/simple https://three.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/a/b",
    }
    assert installing.uv_settings("", {"PATH": "/bin"}) == ([], {"PATH": "/bin"})
    own = {"UV_DEFAULT_INDEX": "https://own.example/simple"}
    assert installing.uv_settings("global.index-url='https://one.example'", own) == ([], own)
    assert installing.uv_settings(":env:.no-index='1'\nglobal.no-index='0'\n", {}) == (["--no-index"], {})


@pytest.mark.parametrize(
    ("computer", "lacking"),
    [
        (("linux-x86_64", "x86_64", "glibc", "2.28"), None),
        (("linux-aarch64", "aarch64", "glibc", "2.39"), None),
        (("win-amd64", "AMD64", "", ""), None),
        (("macosx-11.0-arm64", "arm64", "", ""), None),
        (("macosx-10.13-universal2", "arm64", "", ""), None),
        (("macosx-10.13-universal2", "x86_64", "", ""), "Macs with Intel"),
        (("macosx-10.9-x86_64", "x86_64", "", ""), "Macs with Intel"),
        (("win-arm64", "ARM64", "", ""), "Windows on ARM"),
        (("win32", "AMD64", "", ""), "32-bit"),
        (("linux-x86_64", "x86_64", "", ""), "Alpine"),
        (("linux-x86_64", "x86_64", "musl", "1.2.5"), "Alpine"),
        (("linux-x86_64", "x86_64", "glibc", "2.17"), "glibc 2.17"),
        (("linux-armv7l", "armv7l", "glibc", "2.31"), "Linux on armv7l"),
    ],
)
def test_machines_without_packages_are_told_before_anything_is_fetched(computer, lacking, place, monkeypatch):
    said = machine.unsupported(*computer)
    assert (said is None) == (lacking is None) and (lacking or "") in (said or "")
    monkeypatch.setattr(machine, "unsupported", lambda *computer: said)
    monkeypatch.setattr(environment, "is_installed", lambda: False)
    monkeypatch.setattr(environment.subprocess, "call", lambda command: 0)
    monkeypatch.setattr(environment, "set_up", lambda *arguments: None)
    with pytest.raises(SystemExit) as stopped:
        environment.ensure(place)
    assert (stopped.value.code == 0) if lacking is None else (lacking in stopped.value.code)


def test_a_clone_that_lies_too_deep_is_told_on_windows(monkeypatch):
    monkeypatch.setattr(machine, "unsupported", lambda *computer: None)
    monkeypatch.setattr(machine.os, "name", "nt")
    monkeypatch.setattr(machine, "long_paths", lambda: False)
    machine.check("C:" + 69 * "x")
    with pytest.raises(SystemExit, match="72 characters long; at most 71 .*shorter name"):
        machine.check("C:" + 70 * "x")
    monkeypatch.setattr(machine, "long_paths", lambda: True)
    machine.check("C:" + 70 * "x")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(place):
    place.chmod(0o500)
    try:
        with pytest.raises(SystemExit, match="cannot be written.*folder of your own"):
            environment.check_writable(place)
    finally:
        place.chmod(0o700)


def test_a_folder_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="cannot be written"):
        environment.check_writable(tmp_path / "file")


def test_two_set_ups_wait_for_each_other(tmp_path, root):
    """The second process is held until the first lets go; it says so."""
    code = (
        "import sys; from course import environment\n"
        "with environment.only_one(sys.argv[1]):\n    print('inside', flush=True)"
    )
    with environment.only_one(tmp_path / "lock"):
        waiting = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "lock")], cwd=root, stdout=subprocess.PIPE, text=True
        )
        assert "waiting for it" in waiting.stdout.readline()
        assert waiting.poll() is None
    assert waiting.communicate(timeout=60)[0] == "inside\n"


def test_ensure_restarts_in_the_environment_that_is_current(place, monkeypatch):
    _stamp(place)
    called = []
    monkeypatch.setattr(environment, "is_installed", lambda: False)
    monkeypatch.setattr(environment.subprocess, "call", lambda command: called.append(command) or 3)
    monkeypatch.setattr(environment, "set_up", lambda *arguments: pytest.fail("it is current"))
    with pytest.raises(SystemExit) as stopped:
        environment.ensure(place)
    assert stopped.value.code == 3
    assert called[0][:3] == [str(environment.interpreter(place / ".venv")), "-m", "course"]


def test_ensure_leaves_an_interpreter_that_has_the_course(place, monkeypatch):
    monkeypatch.setattr(environment, "is_installed", lambda: True)
    environment.ensure(place)


def test_an_unsuitable_python_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(python, "runs", lambda command: False)
    with pytest.raises(SystemExit, match="needs Python 3.11 to 3.13, and this is Python 3.9"):
        python.require((3, 9, 1))
    called = []
    monkeypatch.setattr(python, "runs", lambda command: command[-1].endswith("3.12"))
    monkeypatch.setattr(python.subprocess, "call", lambda command: called.append(command) or 0)
    with pytest.raises(SystemExit):
        python.require((2, 7, 18))
    assert called[0][-2:] == ["-m", "course"] or called[0][1:3] == ["-m", "course"]
    assert any(part.endswith("3.12") for part in called[0])
    python.require((3, 11, 0))


def test_a_dead_shim_is_not_taken_for_a_python(tmp_path):
    shim = tmp_path / "python3.12"
    shim.write_text(
        "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n", encoding="utf-8"
    )
    shim.chmod(0o755)
    assert not python.runs([str(shim)]) and not python.runs([str(tmp_path / "nothing")])
    assert python.runs([sys.executable])


@pytest.mark.parametrize("name", ["python.py", "__main__.py", "__init__.py"])
def test_what_an_old_python_meets_first_it_can_read(root, name):
    tree = ast.parse((root / "course" / name).read_text(encoding="utf-8"), feature_version=(3, 4))
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr))
        assert not (isinstance(node, ast.keyword) and node.arg == "flush")
        if isinstance(node, (ast.Import, ast.ImportFrom)) and name == "python.py":
            assert {alias.name for alias in node.names} <= {"os", "sys", "subprocess"}


def test_conda_and_mamba_can_read_what_pip_installs(root, tmp_path):
    """mamba hands pip a file that lies elsewhere, from the clone: `-r` would be looked for beside that file."""
    yaml = pytest.importorskip("yaml")
    wanted = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (lines,) = [entry["pip"] for entry in wanted if isinstance(entry, dict)]
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (line,) = lines
    assert set(re.findall(r"\w+", line)[1:]) == set(declared["optional-dependencies"]) - {"gpu"}
    assert "python=3.12" in wanted and not [one for one in lines if one.startswith(("-r", "-c"))]
    (tmp_path / "pip.txt").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "-r", tmp_path / "pip.txt"], cwd=root, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0 and "explainable-imaging" in done.stdout, done.stderr


def test_the_progress_moves_and_what_fails_is_told(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", shown := Terminal())
    code = (
        "import time; print('Collecting numpy', flush=True); print('WARNING: x', flush=True); time.sleep(2.5)"
    )
    command = [sys.executable, "-c", code]
    installing.watch(command, "packages", 3, "a remedy", None)
    lines = shown.getvalue().split("\r")
    assert len(lines) >= 3 and any("[1/3] Collecting numpy" in line for line in lines[1:-1])
    assert lines[-1].startswith("  packages installed in ")
    with pytest.raises(SystemExit, match="no such package\n\na remedy"):
        command = [sys.executable, "-c", "import sys; print('no such package'); sys.exit(1)"]
        installing.watch(command, "packages", 3, "a remedy", None)
