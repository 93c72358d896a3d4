"""Shared fixtures. Tests, and the kernels they start, import this checkout, and have a cache of their own.

nbval repeats the executed solutions, which takes most of the time. One that has passed here is not repeated until its
source, the helpers or the lock change; `make test-all` forgets what has passed, and repeats them all.
"""

import collections
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import settings

from course import kernels
from course.project import write_whole

ROOT = Path(__file__).resolve().parent
_cache = tempfile.TemporaryDirectory(prefix="course-cache-")
os.environ.update(kernels.environment(ROOT, _cache.name))
os.environ["COURSE_PROGRESS"] = "0"
os.environ["COURSE_OFFLINE"] = "1"  # no download of weights
# The same examples on every machine; `make test-all` draws new ones (pytest --hypothesis-profile=default).
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

LONGEST = (
    "solutions/",
    "tests/notebooks/",
    "tests/grading/",
)  # they begin, so that no worker waits at the end
PASSED = ROOT / "build" / "solutions-passed.json"
_passed_cells = collections.Counter()


def pytest_collection_modifyitems(config, items):
    fresh = {name for name, digest in _known().items() if digest == _digest(name)}
    repeated = [item for item in items if _solution(item.nodeid) not in fresh]
    config.hook.pytest_deselected(items=[item for item in items if item not in repeated])
    items[:] = sorted(repeated, key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_runtest_logreport(report):
    if report.when == "call" and report.passed and _solution(report.nodeid):
        _passed_cells[_solution(report.nodeid)] += 1


def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):  # the controller of parallel workers hears of all tests
        return
    whole = {name: _digest(name) for name, count in _passed_cells.items() if count == _code_cells(name)}
    if whole:
        PASSED.parent.mkdir(exist_ok=True)
        write_whole(PASSED, json.dumps(_known() | whole, indent=1) + "\n")


def _solution(nodeid):
    """The notebook's name, for a test that repeats a cell of an executed solution; else None."""
    path = nodeid.split("::")[0]
    return path if path.startswith("solutions/") and path.endswith(".ipynb") else None


def _known():
    """Notebook -> digest of what it depended on when all its cells passed here."""
    try:
        return json.loads(PASSED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _digest(name):
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in (ROOT / name, ROOT / "requirements.lock", *sorted((ROOT / "helpers").rglob("*.py"))):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def _code_cells(name):
    return sum(cell.cell_type == "code" for cell in nbformat.read(ROOT / name, 4).cells)


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
