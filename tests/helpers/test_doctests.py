"""The examples in docstrings give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import helpers

ROOT = Path(helpers.__file__).parents[1]
WITH_EXAMPLES = sorted(
    path for path in (ROOT / "helpers").rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")
)


def test_there_are_examples():
    assert len(WITH_EXAMPLES) >= 3


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_examples_hold(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0 and found.failed == 0
