"""From one text file per lesson to its two notebooks.

    solutions/NN_name.py  ->  solutions/NN_name.ipynb   executed, with answers: what instructors read and
    nbval compares
                          ->  solutions/NN_name.png     the lesson's cover, the figure of the cell tagged
                          "cover" ->  notebooks/NN_name.ipynb   no answers, no hidden tests, no outputs: what
                          students get

The same source gives the same student notebook, byte for byte: cell ids come from nbgrader's grade_id or from
the cell's text.
"""

import base64
import copy
import hashlib
import tempfile

import jupytext
import nbformat
from traitlets.config import Config

from course import kernels, project
from course.lessons import colab
from course.lessons.skeleton import FOLDED
from course.project import CourseError, write_whole

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
STUDENT_STEPS = (  # of nbgrader.preprocessors
    "LockCells",
    "ClearSolutions",
    "ClearOutput",
    "CheckCellMetadata",
    "ClearHiddenTests",
    "ClearMarkScheme",
    "ComputeChecksums",
    "CheckCellMetadata",
)


def read(lesson, address):
    """A lesson's source as a notebook: with its badge and Colab cell, stable cell ids, and no stray
    metadata."""
    notebook = jupytext.read(lesson.source, fmt="py:percent")
    notebook.cells[1:1] = [colab.badge_cell(lesson.name, address), colab.bootstrap_cell(address)]
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    used = {}
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in ("tags", "nbgrader", "jupyter")}
        )
        if FOLDED in cell.metadata.get("tags", []):  # JupyterLab's and Colab's words for the same
            cell.metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        fixed = cell.id if cell.id.startswith("colab-") else None
        cell.id = grade_id or fixed or _hash_id(cell, used)
        if cell.id in used and grade_id:
            raise CourseError(
                f"{lesson.source}: two cells have the grade_id {grade_id!r}. Give each exercise cell its own."
            )
        used[cell.id] = True
    return notebook


def _hash_id(cell, used):
    """An id from the cell's text; equal texts are told apart by their order."""
    digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
    return next(name for name in (digest, *(f"{digest}-{i}" for i in range(2, 1000))) if name not in used)


def student(notebook, where):
    """The notebook that students get, made by nbgrader's own steps; `where` names the source in errors."""
    from nbgrader import preprocessors  # half a second, which only this step is worth

    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = colab.as_form(cell.source)
    for step in STUDENT_STEPS:
        try:
            notebook, _ = getattr(preprocessors, step)(config=Config()).preprocess(notebook, {})
        except Exception as error:  # nbgrader raises plain RuntimeErrors and its own kinds
            raise CourseError(f"{where}: nbgrader's {step} says: {error}") from error
    return notebook


def to_text(notebook):
    """A notebook file's content."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def execute(notebook, root, where):
    """Run all cells in a fresh kernel and an empty folder; the notebook is changed and returned."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            kernels.execute(notebook, root, folder, cache=root / "build" / "cache")
        except kernels.Stopped as stop:
            raise CourseError(f"{where}: {stop}\n{stop.detail}".rstrip()) from None
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    return notebook


def cover_image(notebook):
    """The PNG bytes of the cell tagged "cover"; None if there is none."""
    for cell in notebook.cells:
        if "cover" in cell.metadata.get("tags", []):
            for output in cell.get("outputs", []):
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output["data"]["image/png"])
    return None


def build(root, only=None):
    """Write both notebooks of each lesson. All lessons are tried; errors are told together."""
    failures = []
    for lesson in project.lessons(root, only):
        try:
            notebook = read(lesson, project.address(root))
            text = to_text(student(notebook, lesson.source))
            lesson.student.parent.mkdir(exist_ok=True)
            write_whole(lesson.student, text)
            print(f"{lesson.name}: student notebook written, executing the solution ...", flush=True)
            executed = execute(notebook, root, lesson.source)
            cover = cover_image(executed)
            if cover is None:
                raise CourseError(
                    f"{lesson.source}: no cell tagged 'cover' shows a PNG figure. Tag the figure that "
                    "stands for the lesson."
                )
            write_whole(lesson.executed, to_text(executed))
            write_whole(lesson.cover, cover)
            print(f"{lesson.name}: solution executed, {lesson.executed.stat().st_size / 1e6:.2f} MB")
        except CourseError as error:
            failures.append(str(error))
    if failures:
        raise CourseError("\n".join(failures))
