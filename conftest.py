"""Shared fixtures, and the order of the tests. Tests, and the kernels they start, import this checkout, and have a cache
of their own; only trainings and features, which are known by all they depend on, stay from run to run.

A test that runs a whole lesson says so by the mark `runs_lesson`; the cells of executed solutions, which nbval repeats,
need no mark. These tests take most of the time. Those that have passed here are not repeated until something changes on
which they depend (`course.passed`), and the summary says which; `make test-all` repeats all.
"""

import collections
import functools
import os
import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import settings

from course import kernels, passed

ROOT = Path(__file__).resolve().parent
_cache = tempfile.TemporaryDirectory(prefix="course-cache-")
passed.keep_trainings(ROOT, Path(_cache.name))
os.environ.update(kernels.environment(ROOT, _cache.name))
os.environ["COURSE_PROGRESS"] = "0"
os.environ["COURSE_OFFLINE"] = "1"  # no download of weights
# The same examples on every machine; `make test-all` draws new ones (pytest --hypothesis-profile=default).
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

MARKS = (
    "slow: left out by `make test-fast`",
    "runs_lesson(*files): runs a whole lesson: slow, and not repeated until these files, the helpers, the data or the lock "
    "change",
)
# Beginnings of further ids that `make test-fast` leaves out: what runs lessons or sandboxes, sets something up, opens a
# browser, or trains networks.
SLOW = (
    "solutions/",
    "tests/grading/test_lesson",
    *(
        f"tests/course/{name}"
        for name in (
            "grading/test_cluster grading/test_grade grading/test_hostile grading/test_judge grading/test_release "
            "lab/test_lab.py site/test_in_browser site/test_lite test_bench test_claims test_documents "
            "test_executed_solutions test_exercise_notebooks test_platforms test_pretrain test_run test_set_up test_wheel"
        ).split()
    ),
    *(
        f"tests/helpers/test_{name}"
        for name in (
            "audit_reports backbones cross_validation deep gradcam.py gradcam_models gradcam_subclassed imbalance.py "
            "inspection kidney_phantom localization models_and_training several_devices small_helpers streaming "
            "without_tensorflow"
        ).split()
    ),
)
# They begin, so that no worker waits at the end.
LONGEST = ("solutions/", "tests/notebooks/", "tests/grading/", "tests/course/")
SINGLY = "tests/notebooks/"  # files are dealt to the workers whole, and from here each test by itself
RUNNING = ("course/kernels.py", "course/series/*.py", "course/lessons/build.py")  # what runs a lesson
_passed, _left_out = collections.Counter(), set()


def pytest_configure(config):
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


def pytest_collection_modifyitems(config, items):
    known, left_out = passed.known(ROOT), []
    for item in items:
        unit = _unit(item)
        if unit or item.nodeid.startswith(SLOW):
            item.add_marker("slow")
        if unit and known.get(unit[0]) == unit[2]:
            left_out.append(item)
            _left_out.add(unit[0])
        elif unit:
            item.user_properties.append(("unit", unit))
    config.hook.pytest_deselected(items=left_out)
    repeated = set(items).difference(left_out)
    items[:] = sorted(
        filter(repeated.__contains__, items), key=lambda item: not item.nodeid.startswith(LONGEST)
    )


def _unit(item):
    """Of a test that runs a lesson: its name, how many tests make it up, and a digest of what it depends on. Else None."""
    file = item.nodeid.split("::")[0]
    if file.startswith("solutions/"):  # one of its cells; what counts is the notebook as a whole
        return _notebook(file)
    if mark := item.get_closest_marker("runs_lesson"):
        images = os.environ.get("COURSE_REAL_DATA") if "real_data" in item.fixturenames else None
        files = (*mark.args, file, "tests/notebooks/claims.py", "tests/notebooks/conftest.py", *RUNNING)
        return item.nodeid, 1, passed.digest(ROOT, files, Path(images) if images else None)
    return None


@functools.cache
def _notebook(file):
    cells = nbformat.read(ROOT / file, 4).cells
    return file, sum(cell.cell_type == "code" for cell in cells), passed.digest(ROOT, [file])


def pytest_runtest_logreport(report):
    if report.when == "call" and report.passed:
        for name, value in report.user_properties:
            if name == "unit":
                _passed[tuple(value)] += 1


def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):  # the controller hears of all tests
        session.config.workeroutput["left_out"] = sorted(_left_out)
    elif whole := {name: digest for (name, count, digest), found in _passed.items() if found == count}:
        passed.add(ROOT, whole)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    _left_out.update(getattr(node, "workeroutput", {}).get("left_out", ()))


def pytest_terminal_summary(terminalreporter):
    if _left_out:
        terminalreporter.section("not repeated")
        terminalreporter.write_line(
            f"{len(_left_out)} of the runs of lessons passed here before, and nothing on which they depend has changed since; "
            "`make test-all` repeats all:"
        )
        for name in sorted(_left_out):
            terminalreporter.write_line(f"  {name}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    scheduler = LoadFileScheduling(config, log)
    whole_file = scheduler._split_scope
    scheduler._split_scope = lambda nodeid: nodeid if nodeid.startswith(SINGLY) else whole_file(nodeid)
    return scheduler


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def real_data():
    """The folder of real images that `COURSE_REAL_DATA` names."""
    folder = os.environ.get("COURSE_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("COURSE_REAL_DATA does not name a folder of real images")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def kidney():
    """The default kidney cohort."""
    from helpers import datasets

    return datasets.load("kidney_ct")


@pytest.fixture
def eagerly():
    """TensorFlow without graphs, for tests of a few steps of training: to trace the steps takes longer than to do them."""
    from helpers.deep import tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
