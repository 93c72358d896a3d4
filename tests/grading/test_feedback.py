"""The general message of checks: what was expected, what was returned, and where they differ first."""

import subprocess
import sys

import numpy as np
import pytest

from helpers.checks import lesson02
from helpers.checks.feedback import Wrong, expect_close


def _told(result, expected):
    with pytest.raises(Wrong) as caught:
        expect_close(result, expected, (3,), "Because.")
    return str(caught.value)


def test_few_numbers_are_shown():
    assert _told([1, 2], [1.0, 3.0]) == (
        "For (3) expected [1., 3.], but your function returned [1., 2.]. Because."
    )


def test_of_many_numbers_the_first_that_differ_are_shown():
    expected = np.arange(20.0).reshape(4, 5)
    result = expected.copy()
    result[1, 2], result[3, 3] = 70, np.nan
    assert _told(result, expected) == (
        "2 of 20 numbers differ. The first is at [1, 2]: expected 7, but your function returned 70. Because."
    )


def test_shapes_and_what_is_no_number():
    assert "Expected a single number for (3)" in _told([1.0], 1.0)
    assert "Expected numbers, but your function returned 'x'" in _told("x", 1.0)
    assert "[[1], [2, 3]]" in _told([[1], [2, 3]], 1.0)


def test_nan_is_right_only_where_it_is_expected():
    expect_close([1.0, np.nan], [1.0, np.nan], ())
    assert "nan" in _told([np.nan, 1.0], [1.0, 1.0])
    assert "inf" in _told([np.inf, 1.0], [1.0, 1.0])


def test_checks_need_no_tensorflow():
    code = "import sys; from helpers.checks import {}; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    lessons = ", ".join(f"lesson0{number}" for number in range(1, 8))
    assert subprocess.run([sys.executable, "-c", code.format(lessons)], check=False).returncode == 0


def test_an_answer_that_returns_nothing_is_told_so_and_no_more():
    told = lesson02.conv_stack(lambda *arguments: None).message
    assert told == "Your function returns nothing. Does it end with `return`?"
