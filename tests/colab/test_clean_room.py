"""Every student notebook as Colab runs it: Colab's Python packages, its own kernel, `google.colab` simulated, no course.

Makes an environment of 2 GB and runs for some minutes, so it is asked for: COURSE_CLEAN_ROOM=1 python -m pytest
tests/colab/test_clean_room.py -s (with COURSE_CLEAN_ROOM_LESSONS="01 05" only these lessons).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import image
import nbformat
import pytest
from nbclient import NotebookClient

from course import kernels, project

pytestmark = pytest.mark.skipif(
    os.environ.get("COURSE_CLEAN_ROOM") != "1",
    reason="COLAB'S CLEAN ROOM is built only with COURSE_CLEAN_ROOM=1 (2 GB, some minutes)",
)
LESSONS = [
    lesson
    for lesson in project.lessons(project.find_root(__file__))
    if lesson.number in os.environ.get("COURSE_CLEAN_ROOM_LESSONS", lesson.number).split()
]
COLAB_MODULE = """
class output:
    @staticmethod
    def enable_custom_widget_manager():
        print("widget manager enabled")
"""
KERNEL = "import google.colab; from ipykernel import kernelapp; kernelapp.launch_new_instance()"


def _python():
    """Python of Colab's version, else the one that runs now."""
    places = [f"python{image.PYTHON}", *Path.home().glob(f".pyenv/versions/{image.PYTHON}.*/bin/python")]
    found = [path for path in map(shutil.which, map(str, places)) if path]
    works = [path for path in found if not subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL)]
    return works[0] if works else sys.executable


def _frozen(python):
    command = [sys.executable, "-m", "uv", "pip", "freeze", "--python", python]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return image.parse(done.stdout)


@pytest.fixture(scope="module")
def room(root, tmp_path_factory):
    """An environment with what the list of Colab's image names, as far as the course and the kernel touch it."""
    folder = tmp_path_factory.mktemp("colab")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([_python(), "-m", "venv", folder / "venv"], check=True)
    packages = "\n".join(f"{name}=={version}" for name, version in image.packages().items())
    (folder / "image.txt").write_text(packages, encoding="utf-8")
    options = "--quiet --no-config --no-deps".split()
    install = [sys.executable, "-m", "uv", "pip", "install", *options, "--python", python]
    subprocess.run([*install, "-r", folder / "image.txt"], check=True)
    (folder / "stubs" / "google" / "colab").mkdir(parents=True)
    (folder / "stubs" / "google" / "colab" / "__init__.py").write_text(COLAB_MODULE, encoding="utf-8")
    kernel = folder / "jupyter" / "kernels" / "colab" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    argv = [str(python), "-c", KERNEL, "-f", "{connection_file}"]
    kernel.write_text(
        json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}), encoding="utf-8"
    )
    (folder / "content").mkdir()
    print(
        f"\n{subprocess.run([python, '-V'], capture_output=True, text=True).stdout.strip()}, {len(_frozen(python))} packages"
    )
    return folder


def _executed(notebook, room, root):
    """All outputs of a notebook, run in the room; `git clone` finds the course in this checkout."""
    address = project.address(root)
    variables = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MPLBACKEND")
    }
    variables |= {
        "PYTHONPATH": str(room / "stubs"),
        "JUPYTER_PATH": str(room / "jupyter"),
        "COURSE_CACHE": str(room / "cache"),
    }
    variables |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{root}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }
    for cell in notebook.cells:
        cell.source = cell.source.replace('"/content"', repr(str(room / "content")))
    with pytest.MonkeyPatch.context() as context:
        context.setenv("JUPYTER_PATH", str(room / "jupyter"))
        client = NotebookClient(
            notebook,
            kernel_name="colab",
            timeout=kernels.CELL_LIMIT,
            extra_arguments=kernels.QUIET,
            resources={"metadata": {"path": str(room / "content")}},
        )
        client.execute(env=variables)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def _text(outputs):
    return "".join(output.get("text", "") for output in outputs)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_a_student_notebook_runs_and_nothing_of_colabs_moves(lesson, room, root, capsys):
    """In smoke; then the first cell again in a fresh kernel, which installs nothing."""
    python = room / "venv" / "bin" / "python"
    before = _frozen(python)
    notebook = nbformat.read(lesson.student, 4)
    (place,) = [k for k, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell('PROFILE = "smoke"'))
    outputs = _executed(notebook, room, root)
    with capsys.disabled():
        print(
            "\n" + next(line for line in _text(outputs).splitlines() if line.startswith("The course is in"))
        )
    assert "widget manager enabled" in _text(outputs)
    assert not [output for output in outputs if output.output_type == "error"]
    after = _frozen(python)
    assert {name: after.get(name) for name in before} == before, "a version that was installed has moved"
    assert set(after) - set(before) <= {"jedi", "pydicom"}
    first = nbformat.v4.new_notebook(cells=[cell for cell in nbformat.read(lesson.student, 4).cells[:3]])
    assert "Installed beside Colab's own packages: nothing (0 MB)" in _text(_executed(first, room, root))
    assert _frozen(python) == after
