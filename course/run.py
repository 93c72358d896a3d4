"""Execute the series with papermill, and write what came out to build/run."""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import papermill
from papermill.engines import NBClientEngine, papermill_engines
from papermill.inspection import inspect_notebook
from tqdm import tqdm

from course import build, index, project
from course.project import CourseError
from helpers.results import SAVED_MIME


@dataclass
class Outcome:
    """One lesson's run."""

    lesson: project.Lesson
    notebook: Path
    seconds: float
    results: dict = field(default_factory=dict)
    error: str = ""


class SeriesEngine(NBClientEngine):
    """Papermill's own engine, which also moves the bar of the whole series after each cell."""

    on_cell = staticmethod(lambda cell: None)

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        complete = nb_man.cell_complete

        def complete_and_tell(cell, *args, **kwargs):
            complete(cell, *args, **kwargs)
            cls.on_cell(cell)

        nb_man.cell_complete = complete_and_tell
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register("series", SeriesEngine)


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
):
    """Execute lessons; returns the list of `Outcome`, and raises `CourseError` at the end if one stopped.

    Parameters
    ----------
    profile, data, data_root, skip_unreadable : the lessons' parameters of these names.
    parameters : further parameters, name -> value.
    record : keep the results as the figures that lessons quote (real data only).
    output : folder for what comes out; default build/run, and build/run/real for real data.
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
    folder.mkdir(parents=True, exist_ok=True)
    notebooks = {lesson: build.read(lesson, project.address(root)) for lesson in project.lessons(root, only)}
    for lesson, notebook in notebooks.items():
        target = folder / f"{lesson.name}.ipynb"
        target.write_text(build.to_text(notebook), encoding="utf-8")
        check_parameter_names(lesson, target, given)

    timing = Timing(folder / "timing.json", notebooks, key=f"{data}.{profile}")
    outcomes = []
    with timing.bar() as bar:
        for lesson, notebook in notebooks.items():
            bar.set_description(lesson.name)
            SeriesEngine.on_cell = staticmethod(lambda cell: bar.update(timing.weight(cell)))
            outcome = run_one(lesson, given, folder)
            outcomes.append(outcome)
            if not bar.disable or outcome.error:
                bar.write(
                    f"{lesson.name}: {'stopped' if outcome.error else 'done'} after {outcome.seconds:.0f} s"
                )
            elif bar.disable:
                print(f"{lesson.name}: done after {outcome.seconds:.0f} s", flush=True)
    timing.save()
    page = index.write(folder, outcomes, given)
    if record and not any(outcome.error for outcome in outcomes):
        keep(root, outcomes)
    print(f"Look at {os.path.relpath(page)}")
    if stopped := [outcome.error for outcome in outcomes if outcome.error]:
        raise CourseError("\n".join(stopped))
    return outcomes


def _absolute(name, value):
    """A path that was given as a parameter, independent of the working directory; anything else as it is."""
    is_path = isinstance(value, str) and name.endswith(("_ROOT", "WEIGHTS")) and value.strip()
    return str(Path(value).expanduser().resolve()) if is_path and Path(value).expanduser().exists() else value


def check_parameter_names(lesson, path, given):
    """An unknown parameter name is an error that lists the names; papermill would only warn."""
    known = inspect_notebook(path)
    if unknown := sorted(set(given) - set(known)):
        raise CourseError(f"{lesson.name} has no parameter {', '.join(unknown)}; it has {', '.join(known)}")


def run_one(lesson, parameters, folder):
    """Execute a lesson's notebook in `folder`, in place; an error in a cell becomes `Outcome.error`."""
    target, started, error = folder / f"{lesson.name}.ipynb", time.perf_counter(), ""
    try:
        papermill.execute_notebook(
            target,
            target,
            parameters=parameters,
            engine_name="series",
            progress_bar=False,
            cwd=folder,
            autosave_cell_every=0,
            extra_arguments=build.QUIET_KERNEL,
        )
    except papermill.PapermillExecutionError as stop:
        if stop.ename in ("DatasetError", "ValueError"):
            error = f"{lesson.name}: {stop.evalue}"
        else:
            error = f"{lesson.name}: cell {stop.exec_count} stopped with {stop.ename}: {stop.evalue} (see {os.path.relpath(target)})"
    outcome = Outcome(lesson, target, time.perf_counter() - started, error=error)
    if not error:
        outcome.results = saved_results(target)
        (folder / f"{lesson.name}.results.json").write_text(
            json.dumps(outcome.results, indent=1) + "\n", encoding="utf-8"
        )
    return outcome


def saved_results(path):
    """What the lesson handed to `results.save`."""
    for cell in nbformat.read(path, as_version=4).cells:
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
        path.write_text(json.dumps(outcome.results, indent=1) + "\n", encoding="utf-8")
        print(f"recorded {os.path.relpath(path)}")


class Timing:
    """How long cells took last time: it makes the bar's estimate honest from the second run on."""

    def __init__(self, path, notebooks, key):
        self.path, self.key = path, key
        self.known = json.loads(path.read_text()) if path.is_file() else {}
        self.cells = [cell for notebook in notebooks.values() for cell in notebook.cells]
        self.last = time.perf_counter()
        self.seen = {}

    def weight(self, cell):
        """Seconds the cell took last time (1 if unknown); notes how long it took now."""
        now = time.perf_counter()
        self.seen[cell.id], self.last = round(now - self.last, 3), now
        return self.expected(cell.id)

    def expected(self, cell_id):
        return self.known.get(self.key, {}).get(cell_id, 1.0)

    def bar(self):
        total = sum(self.expected(cell.id) for cell in self.cells)
        shape = "{desc:<24} {percentage:3.0f}% |{bar:30}| {elapsed} gone, about {remaining} to go"
        return tqdm(total=total, bar_format=shape, disable=None, leave=False)

    def save(self):
        self.known[self.key] = self.known.get(self.key, {}) | self.seen
        self.path.write_text(json.dumps(self.known, indent=0))
