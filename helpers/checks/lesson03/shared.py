"""What several exercises of lesson 03 share."""

import numpy as np

from helpers.checks.feedback import Wrong, expect_close, numbers


def parts_of(result, names):
    """The things that an answer returns, as many as there are names."""
    try:
        parts = tuple(result)
    except TypeError:
        parts = ()
    if len(parts) != len(names):
        number = {2: "two", 3: "three"}[len(names)]
        raise Wrong(f"Return {number} things, `return {', '.join(names)}`.")
    return parts


def same(array, other, tolerance=1e-6):
    return array.shape == np.shape(other) and np.allclose(
        array, other, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def expect(result, expected, mistakes, arguments, because):
    """`Wrong` unless `result` is `expected`, NaN where that is NaN; with a reason of its own where it is one
    of the `mistakes`.

    mistakes : pairs (what the mistake gives, reason).
    """
    array = numbers(result)
    if array is not None:
        if same(array, expected):
            return
        for mistaken, reason in mistakes:
            if same(array, mistaken):
                raise Wrong(reason)
    expect_close(result, expected, arguments, because)
