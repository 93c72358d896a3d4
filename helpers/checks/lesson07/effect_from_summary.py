"""Lesson 07, exercise 5: `effect_from_summary`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, numbers, same


def _effect(mean_a, sd_a, n_a, mean_b, sd_b, n_b, sd_ddof):
    """t of a - b, and d of b - a."""
    squares = sum(sd**2 * (n - sd_ddof) for sd, n in ((sd_a, n_a), (sd_b, n_b)))
    pooled = np.sqrt(squares / (n_a + n_b - 2))
    d = (mean_b - mean_a) / pooled
    return np.array([-d / np.sqrt(1 / n_a + 1 / n_b), d])


def _mistakes(mean_a, sd_a, n_a, mean_b, sd_b, n_b, ddof):
    """Pairs (what the mistake gives, reason)."""
    difference, root = mean_b - mean_a, np.sqrt(1 / n_a + 1 / n_b)
    right = _effect(mean_a, sd_a, n_a, mean_b, sd_b, n_b, ddof)
    signs = "t is of a - b, d of b - a: they have opposite signs."
    yield right * [-1, 1], f"The sign of t is turned. {signs}"
    yield right * [1, -1], f"The sign of d is turned. {signs}"
    yield -right, f"Both signs are turned. {signs}"
    yield (
        _effect(mean_a, sd_a, n_a, mean_b, sd_b, n_b, 1 - ddof),
        "The other SD: with sd_ddof 1 the squares are SD^2 (n - 1), with sd_ddof 0 they are SD^2 n.",
    )
    yield (
        _effect(mean_a, sd_a, n_a, mean_b, sd_b, n_b, 1),
        "You do not use sd_ddof: with 0 the squares are SD^2 n.",
    )
    yield (
        _effect(mean_a, sd_a, n_a, mean_b, sd_b, n_b, 0),
        "You do not use sd_ddof: with 1 the squares are SD^2 (n - 1).",
    )
    a, b = (sd * np.sqrt(n / (n - 1 + ddof)) for sd, n in ((sd_a, n_a), (sd_b, n_b)))
    plain = difference / np.sqrt((a**2 + b**2) / 2)
    yield (
        np.array([-plain / root, plain]),
        "You average the two variances. Pool them: each group's sum of squares, together divided by n_a + n_b - 2.",
    )
    welch = difference / np.sqrt(a**2 / n_a + b**2 / n_b)
    yield np.array([-welch, right[1]]), "This t is Welch's. Here both groups share the pooled variance."
    yield np.array([right[0], -right[0]]), "d is not divided by the root of 1 / n_a + 1 / n_b: that is t."
    yield (
        np.array([-right[1], right[1]]),
        "t is d divided by the root of 1 / n_a + 1 / n_b, with the sign turned.",
    )
    for digits in (1, 2, 3):
        yield right.round(digits), "Do not round the results."


def _judge(call, *case):
    *arguments, because = case
    result, right = call(*arguments), _effect(*arguments)
    array = numbers(result)
    if array is not None and array.shape == (2,) and not same(array, right) and same(array[::-1], right):
        raise Wrong("The two are swapped: first t, then d.")
    shapes = [
        ((), "Return two numbers, t and d."),
        ((3,), "Return two numbers, t and d."),
        ((5,), "Only t and d."),
    ]
    expect(result, right, shapes, _mistakes(*arguments), tuple(arguments), because)


effect_from_summary = Check(
    _judge,
    cases=[
        (2.0, 1.0, 3, 5.0, 2.5820, 4, 1, "Sample SDs, divided by n - 1 already."),
        (
            2.0,
            0.8165,
            3,
            5.0,
            2.2361,
            4,
            0,
            "The same groups, whose SDs were divided by n: t and d are the same.",
        ),
        (
            0.40,
            0.10,
            12,
            0.31,
            0.05,
            40,
            1,
            "Here b is smaller: t is positive, d negative. The groups differ in size.",
        ),
        (0.40, 0.10, 12, 0.31, 0.05, 40, 0, "As before, with SDs that were divided by n."),
    ],
    praise="A printed mean, SD and n hold a whole t-test. Two printed numbers that follow from them must agree.",
    hints=[
        "First the sums of squares: SD^2 times what it had been divided by, n - sd_ddof.",
        "The pooled variance is both sums of squares together, divided by n_a + n_b - 2, whatever sd_ddof is.",
        "d = (mean_b - mean_a) / pooled SD. t = (mean_a - mean_b) / (pooled SD * np.sqrt(1 / n_a + 1 / n_b)).",
    ],
)
