"""Execute the series with the parameters that were given (papermill sets them), and write what came out to build/run."""

import copy
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from papermill.inspection import inspect_notebook
from papermill.parameterize import parameterize_notebook

from course import kernels, project
from course.lessons import build
from course.project import CourseError, shown, write_whole
from course.series import page
from course.series.timing import Timing
from helpers.results import SAVED_MIME


@dataclass
class Outcome:
    """One lesson's run."""

    lesson: project.Lesson
    notebook: Path
    seconds: float
    results: dict = field(default_factory=dict)
    error: str = ""


def run(
    root,
    only=None,
    profile="quick",
    data="phantom",
    data_root="",
    skip_unreadable=False,
    parameters=None,
    record=False,
    output=None,
    cell_limit=None,
):
    """Execute lessons; returns the list of `Outcome`, and raises `CourseError` at the end if one stopped.

    Parameters
    ----------
    profile, data, data_root, skip_unreadable : the lessons' parameters of these names.
    parameters : further parameters, name -> value.
    record : keep the results as the figures that lessons quote (real data only).
    output : folder for what comes out; default build/run, and build/run/real for real data.
    cell_limit : seconds that one cell may take; None: an hour, and no limit for the profile "full".
    """
    if record and (data != "real" or profile == "smoke"):
        raise CourseError(
            "--record keeps figures of real data: use it with --data real, and not with --profile smoke."
        )
    data_root = str(Path(data_root).expanduser().resolve()) if str(data_root).strip() else ""
    given = {
        "PROFILE": profile,
        "DATA": data,
        "DATA_ROOT": data_root,
        "SKIP_UNREADABLE": skip_unreadable,
        **{name: _absolute(name, value) for name, value in (parameters or {}).items()},
    }
    folder = Path(output).resolve() if output else root / "build" / "run" / ("real" if data == "real" else "")
    notebooks = {lesson: build.read(lesson, project.address(root)) for lesson in project.lessons(root, only)}
    for lesson, notebook in notebooks.items():  # before anything is written
        check_parameter_names(lesson, notebook, given)
    if cell_limit is None and profile != "full":
        cell_limit = kernels.CELL_LIMIT

    folder.mkdir(parents=True, exist_ok=True)
    timing = Timing(folder / "timing.json", notebooks.values(), key=f"{data}.{profile}")
    outcomes = []
    with timing.bar() as bar:
        for lesson, notebook in notebooks.items():
            bar.set_description(lesson.name)
            notebook = with_parameters(notebook, given)
            outcome = run_one(
                lesson, notebook, folder, root, cell_limit, lambda cell: bar.update(timing.weight(cell))
            )
            outcomes.append(outcome)
            if not bar.disable or outcome.error:
                bar.write(
                    f"{lesson.name}: {'stopped' if outcome.error else 'done'} after {outcome.seconds:.0f} s"
                )
            elif bar.disable:
                print(f"{lesson.name}: done after {outcome.seconds:.0f} s", flush=True)
    timing.save()
    index = page.write(root, folder, outcomes, given)
    if record and not any(outcome.error for outcome in outcomes):
        keep(root, outcomes)
    print(f"Look at {shown(index)}")
    if stopped := [outcome.error for outcome in outcomes if outcome.error]:
        raise CourseError("\n".join(stopped))
    return outcomes


def _absolute(name, value):
    """A path that was given as a parameter, independent of the working directory; anything else as it is."""
    is_path = isinstance(value, str) and name.endswith(("_ROOT", "WEIGHTS")) and value.strip()
    return str(Path(value).expanduser().resolve()) if is_path and Path(value).expanduser().exists() else value


def check_parameter_names(lesson, notebook, given):
    """An unknown parameter name is an error that lists the names; papermill would only warn."""
    with tempfile.TemporaryDirectory() as folder:  # papermill inspects files
        path = Path(folder) / f"{lesson.name}.ipynb"
        path.write_text(build.to_text(notebook), encoding="utf-8")
        known = inspect_notebook(path)
    if unknown := sorted(set(given) - set(known)):
        raise CourseError(f"{lesson.name} has no parameter {', '.join(unknown)}; it has {', '.join(known)}")


def with_parameters(notebook, given):
    """A copy of the notebook with a cell below the one tagged `parameters` that sets what was given."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])  # papermill expects them
    notebook.metadata["papermill"] = {}
    return parameterize_notebook(notebook, given)


def run_one(lesson, notebook, folder, root, cell_limit, on_cell):
    """Execute a lesson's notebook in `folder`, and write it there as far as it came; what stopped it becomes `Outcome.error`."""
    target, started, error, results = folder / f"{lesson.name}.ipynb", time.perf_counter(), "", {}
    try:
        kernels.execute(notebook, root, folder, cell_limit=cell_limit, on_cell=on_cell)
        results = results_in(notebook, target)
    except kernels.Stopped as stop:
        told = stop.value if stop.name in ("DatasetError", "ValueError") else f"{stop} (see {shown(target)})"
        error = f"{lesson.name}: {told}"
    except CourseError as missing:
        error = str(missing)
    seconds = time.perf_counter() - started
    write_whole(target, build.to_text(notebook))
    if results:
        write_whole(folder / f"{lesson.name}.results.json", json.dumps(results, indent=1) + "\n")
    return Outcome(lesson, target, seconds, results, error)


def saved_results(path):
    """What the lesson in an executed notebook's file handed to `results.save`."""
    return results_in(nbformat.read(path, as_version=4), path)


def results_in(notebook, path):
    """What the lesson handed to `results.save`; `path` names it in the error."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if SAVED_MIME in output.get("data", {}):
                return output["data"][SAVED_MIME]
    raise CourseError(f"{path}: the lesson saved no results. Its last cell should call results.save(...).")


def keep(root, outcomes):
    """Record results of real data in data/results."""
    folder = root / "data" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        path = folder / f"{outcome.lesson.number}.real.json"
        write_whole(path, json.dumps(outcome.results, indent=1) + "\n")
        print(f"recorded {shown(path)}")
