"""Shared fixtures. Tests, and the kernels they start, import this checkout, and have a cache of their own."""

import os
import tempfile
from pathlib import Path

import pytest

from course import kernels

ROOT = Path(__file__).resolve().parent
_cache = tempfile.TemporaryDirectory(prefix="course-cache-")
os.environ.update(kernels.environment(ROOT, _cache.name))
os.environ["COURSE_PROGRESS"] = "0"
os.environ["COURSE_OFFLINE"] = "1"  # no download of weights


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
