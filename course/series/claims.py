"""Does what the lessons state in fixed sentences hold with other seeds, and with other settings of TensorFlow?

Threads and oneDNN change the order in which numbers are added, and over a training that becomes another network.
"""

import contextlib
import os

import nbformat

from course.project import CourseError
from course.series import SETTINGS, run
from helpers.results import CLAIMS_MIME


def hold(root, only=None, seeds=(7, 11, 23), settings=("default",)):
    """Run lessons with each seed in each setting, in the quick profile, and print a line for each run.

    Every setting has a cache of its own in build/claims: a network that was kept would be one trained in another.

    Raises
    ------
    CourseError : with each claim that did not hold, or the lesson that stopped.
    """
    problems = []
    for setting in settings:
        for seed in seeds:
            folder = root / "build" / "claims" / setting / str(seed)
            cache = {"COURSE_CACHE": str(folder.with_name("cache"))}
            with _environment(SETTINGS[setting] | cache):
                outcomes = run.run(root, only, parameters={"SEED": seed}, output=folder)
            for outcome in outcomes:
                stated = claims(outcome.notebook)
                failed = [sentence for sentence, holds in stated.items() if not holds]
                where = f"{outcome.lesson.number}, seed {seed}, {setting}"
                print(f"{where}: {len(stated) - len(failed)} of {len(stated)} claims hold", flush=True)
                problems += [f"{where}: {sentence}" for sentence in failed]
    if problems:
        raise CourseError("these claims do not hold:\n" + "\n".join(problems))


def claims(notebook):
    """Sentence -> whether it held, of all tables of claims in an executed notebook.

    Raises
    ------
    CourseError : the notebook states nothing.
    """
    stated = {
        sentence: holds
        for cell in nbformat.read(notebook, 4).cells
        for output in cell.get("outputs", [])
        for sentence, holds in output.get("data", {}).get(CLAIMS_MIME, {}).items()
    }
    if not stated:
        raise CourseError(f"{notebook}: states nothing; its lesson should call results.claims(...).")
    return stated


@contextlib.contextmanager
def _environment(changes):
    """These environment variables for a while."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
