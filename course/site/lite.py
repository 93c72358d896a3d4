"""The exercises in a browser, with nothing to install: JupyterLite, whose Python is Pyodide.

    build/site/lite/notebooks/index.html?path=NN_exercises.ipynb      the exercises of each lesson
    build/site/lite/notebooks/index.html?path=01_data_exploration.ipynb and 07_audit.ipynb, which need no network

The folder holds JupyterLite, the notebooks and the course's own wheel. Pyodide and its packages come from public servers (a
content delivery network; seaborn from the index of Python packages) when a notebook first runs.
"""

import copy
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from course import project
from course.lessons import build as lessons
from course.lessons import exercises
from course.project import CourseError, write_whole

WHOLE = ("01", "07")  # lessons that need no Keras
KERNEL = "@jupyterlite/pyodide-kernel-extension"
METADATA = {
    "kernelspec": {"display_name": "Python (Pyodide)", "language": "python", "name": "python"},
    "language_info": {"name": "python"},
}
# What the whole lessons import beside what exercises need: pictures in files, DICOM, and where files are kept.
MORE_PACKAGES = ("pillow", "pydicom", "pooch", "requests", "platformdirs", "tqdm")
ABOUT = (
    "**In the browser.** Python itself runs in this page. It and its packages are fetched from public servers when the first "
    "cell runs (a content delivery network; tens of megabytes, once), and the course's own code from this site. What you write "
    "stays in this browser's storage: to keep it, or to hand it in, download the notebook (*File*, *Download*)."
)
NOT_COPIED = (".*", "build", "dist", "*.egg-info", "__pycache__", "node_modules")


def build(root, folder, pyodide=None, wheels=()):
    """Write JupyterLite with the exercises to `folder`, which is replaced; returns it.

    Parameters
    ----------
    root : of the repository. folder : Path. pyodide, wheels : a folder of Pyodide, and wheels, to ship with the site; what is not
    there is fetched by whoever opens a notebook.

    Raises
    ------
    CourseError : the wheel or JupyterLite could not be built.
    """
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        contents = scratch / "contents"
        write_notebooks(root, contents)
        wheel = build_wheel(root, scratch / "wheel")
        output = scratch / "lite"
        if pyodide:
            shutil.copytree(pyodide, scratch / "static" / "pyodide")  # where JupyterLite looks for one
        (scratch / "jupyter_lite_config.json").write_text(
            json.dumps(_settings(contents, [wheel, *wheels], output)), encoding="utf-8"
        )
        _run("JupyterLite", [sys.executable, "-m", "jupyterlite_core", "build"], scratch)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(output, folder)
    return folder


def write_notebooks(root, folder):
    """Write the notebooks of the site to `folder`: every lesson's exercises, and lessons 01 and 07 whole."""
    folder.mkdir(parents=True)
    address = project.address(root)
    for lesson in project.lessons(root):
        _write(folder / f"{lesson.number}_exercises.ipynb", exercises.student(lesson, address))
        if lesson.number in WHOLE:
            _write(folder / f"{lesson.name}.ipynb", whole(lesson, address))


def whole(lesson, address):
    """The student notebook of a lesson, with the browser's first cell in the place of Colab's."""
    notebook = copy.copy(lessons.student(lessons.read(lesson, address), lesson.source))
    install = exercises.install_cell((*exercises.PACKAGES, *MORE_PACKAGES))
    notebook.cells = [
        install if cell.id == "colab-bootstrap" else cell
        for cell in notebook.cells
        if cell.id != "colab-badge"
    ]
    return exercises.with_links(notebook, address)


def build_wheel(root, folder):
    """Build the course's wheel from a copy of its sources, where nothing of earlier builds lies; returns its path."""
    with tempfile.TemporaryDirectory() as sources:
        sources = Path(sources) / "course"
        shutil.copytree(root, sources, ignore=shutil.ignore_patterns(*NOT_COPIED))
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
        _run(
            "the wheel",
            [sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder), str(sources)],
            root,
        )
    (wheel,) = folder.glob("*.whl")
    return wheel


def _write(path, notebook):
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.cells[0].source += f"\n\n{ABOUT}"
    write_whole(path, lessons.to_text(notebook))


def _settings(contents, wheels, output):
    """JupyterLite's settings: of the environment's extensions only the kernel, no source maps."""
    kernel = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / KERNEL
    return {
        "LiteBuildConfig": {
            "apps": ["notebooks", "tree"],
            "contents": [str(contents)],
            "output_dir": str(output),
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(kernel)],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        },
        "PipliteAddon": {"piplite_urls": [str(wheel) for wheel in wheels]},
    }


def _run(what, command, folder):
    """Run a command; its last words are told where it fails."""
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    if run.returncode:
        said = "\n".join((run.stdout + run.stderr).strip().splitlines()[-8:])
        raise CourseError(f"{what} could not be built:\n{said}")
