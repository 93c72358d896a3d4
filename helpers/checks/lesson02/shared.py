"""What several exercises of lesson 02 share."""

import numpy as np

from helpers.checks.feedback import Wrong, expect_close, numbers


def pair_of_numbers(result, names):
    """The two things that an answer returns."""
    try:
        first, second = result
    except (TypeError, ValueError):
        raise Wrong(f"Return two things, `return {names}`.") from None
    return first, second


def expect(result, expected, mistakes, arguments, because):
    """`Wrong` unless `result` is `expected`; with a reason of its own where it is one of the `mistakes`.

    mistakes : pairs (what the mistake gives, reason).
    """
    array = numbers(result)
    if array is not None and not same(array, expected):
        for mistaken, reason in mistakes:
            if same(array, mistaken):
                raise Wrong(reason)
    expect_close(result, expected, arguments, because)


def same(array, other):
    return array.shape == np.shape(other) and np.allclose(array, other, rtol=1e-6, atol=1e-6)
