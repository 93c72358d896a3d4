"""Lesson 06, exercise 3: `permutation_p`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson06.shared import drawn_scores


def _shuffled(a, b, shuffles):
    """Scores of both groups in each shuffle, (m, n_a) and (m, n_b)."""
    moved = np.concatenate([a, b])[shuffles]
    return moved[:, : len(a)], moved[:, len(a) :]


def _differences(a, b, shuffles):
    """Difference of the means of each shuffle (m,), the observed one, and how close two are equal but for rounding."""
    first, rest = _shuffled(a, b, shuffles)
    tie = 1e-12 * np.abs(np.concatenate([a, b])).max()
    return rest.mean(axis=1) - first.mean(axis=1), b.mean() - a.mean(), tie


def _as_extreme(a, b, shuffles):
    """Number of shuffles whose |difference of means| is at least as large as the observed one."""
    difference, observed, tie = _differences(a, b, shuffles)
    return np.count_nonzero(np.abs(difference) >= abs(observed) - tie)


def _mistakes(a, b, shuffles):
    """Pairs (what the mistake gives, reason)."""
    difference, observed, tie = _differences(a, b, shuffles)
    count, m, size = _as_extreme(a, b, shuffles), len(shuffles), np.abs(difference)
    yield count / m, "The scores as they are count as one more shuffle: add 1 above and below."
    yield 2 * (1 + count) / (1 + m), "Do not double p: differences without their signs are two-sided already."
    yield 1 - (1 + count) / (1 + m), "This is 1 - p. Return p itself."
    sides = "Two-sided: compare the sizes of the differences, without their signs: np.abs."
    counts = {
        "You count only shuffles whose difference is larger. One that is *as* large counts, too: >=.": size
        > abs(observed) + tie,
        f"You count one side only. {sides}": difference >= observed - tie,
        f"You count one side only, of a - b. {sides}": difference <= observed + tie,
        "Turned round: count the shuffles whose difference is as large as the observed one.": size
        <= abs(observed) + tie,
        "Ties were lost to rounding: the same scores, added up in another order, may differ in the last digit. "
        "Compare with a little less, by 1e-12 of the largest score.": size >= abs(observed),
    }
    for reason, counted in counts.items():
        number = np.count_nonzero(counted)
        if number != count:
            yield (1 + number) / (1 + m), reason
            yield number / m, f"{reason} And add 1 above and below."


def _judge(call, a, b, shuffles, because):
    exact, m = (a.astype(float), b.astype(float)), len(shuffles)
    p = np.asarray((1 + _as_extreme(*exact, shuffles)) / (1 + m))
    shapes = [(shape, "Return one number, p.") for shape in ((m,), (2,), (1,))]
    expect(call(a, b, shuffles), p, shapes, _mistakes(*exact, shuffles), (a, b, shuffles), because)


def _permutations(seed, m, n):
    """m permutations of n positions."""
    return np.random.default_rng(seed).permuted(np.tile(np.arange(n), (m, 1)), axis=1)


permutation_p = Check(
    _judge,
    cases=[
        (
            np.array([0.32, 0.268, 0.375, 0.442, 0.514]),
            np.array([0.492, 0.359, 0.313, 0.62, 0.797, 0.525, 0.223, 0.278]),
            _permutations(1005, 199, 13),
            "Count, then add 1 above and below.",
        ),
        (
            drawn_scores(324, 11, 5, 1),
            drawn_scores(325, 7, 4.2, 2),
            _permutations(326, 150, 18),
            "Here a is larger on average.",
        ),
        (
            np.array([3.0, 1, 4, 1, 5]),
            np.array([6.0, 2, 7, 4, 3, 5]),
            _permutations(327, 300, 11),
            "Many differences are exactly as large as the observed one: they count.",
        ),
        (
            np.array([0.7, 0.8, 0.1, 0.8, 0.5, 0.5]),
            np.array([0.6, 0.3, 0.9, 0.1, 0.3, 0.4]),
            _permutations(2005, 300, 12),
            "Many differences are equal but for rounding: they count, too.",
        ),
        (
            np.array([1.0, 1.2, 1.1, 0.9]),
            np.array([7.0, 7.7, 8.1, 7.2, 7.4]),
            np.array([[0, 4, 2, 3, 1, 5, 6, 7, 8], [8, 1, 5, 2, 0, 3, 4, 7, 6], [4, 5, 6, 2, 1, 0, 3, 8, 7]]),
            "No shuffle reaches the observed difference: p = 1 / 4, not 0.",
        ),
    ],
    praise="It needs no bell curve, only that labels could be dealt anew: so not slices of one patient. "
    "And p cannot fall below 1 / (1 + m).",
    hints=[
        "Four steps: the observed difference; the two groups of each shuffle; their differences; a count.",
        "np.concatenate([a, b])[shuffles] holds the shuffled scores, one row a shuffle. Its first len(a) "
        "columns are group a.",
        "Means over axis 1 give the differences (m,). Compare np.abs of them with abs(observed).",
        "Count with >= and a tolerance for rounding: np.abs(differences) >= abs(observed) - tie, with tie = "
        "1e-12 times the largest np.abs of the scores.",
        "Return (1 + count) / (1 + len(shuffles)).",
    ],
)
