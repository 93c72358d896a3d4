"""Lesson 07, exercise 3: `majority_row`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, numbers, same


def _row(p):
    return np.array([p**2, p, 2 * p**2 / (1 + p), p])


def _mistakes(support):
    """Pairs (what the mistake gives, reason)."""
    p, k = support.max() / support.sum(), len(support)
    first, least = support[0] / support.sum(), support.min() / support.sum()
    yield (
        np.array([p / k, 1 / k, 2 * p / (1 + p) / k, p]),
        "These are macro averages, where every class weighs the same. Weigh each class by its share of the images.",
    )
    yield (
        np.array([p, 1, 2 * p / (1 + p), p]),
        "These are the figures of the largest class alone. Average over all classes; the others have 0.",
    )
    yield (
        np.array([p] * 4),
        "These are micro averages. Weigh each class's own figure by its share of the images.",
    )
    yield _row(first), "You take the first class. The row always names the *largest*."
    yield _row(least), "You take the smallest class. The row always names the *largest*."
    yield 100 * _row(p), "Return shares in [0, 1], not percentages."
    yield (
        np.array([p**2, 1, 2 * p**2 / (1 + p), p]),
        "The largest class has recall 1, the others have 0: weighed by their shares that is p, not 1.",
    )
    yield (
        np.array([p**2, p, 2 * p / (1 + p), p]),
        "F1 is averaged as well: the largest class's F1, 2 p / (1 + p), times its share.",
    )
    for digits in (2, 3, 4):
        yield _row(p).round(digits), "Do not round the results."


def _judge(call, support, because):
    result, right = call(support), _row(support.max() / support.sum())
    array = numbers(result)
    if (
        array is not None
        and array.shape == (4,)
        and not same(array, right)
        and same(np.sort(array), np.sort(right))
    ):
        raise Wrong("The figures are right, but not in order: precision, recall, F1, accuracy.")
    shapes = [((3,), "Four numbers: precision, recall, F1 and accuracy."), ((), "Four numbers, not one.")]
    expect(result, right, shapes, _mistakes(support), (support,), because)


majority_row = Check(
    _judge,
    cases=[
        (np.array([60, 40]), "p = 0.6: precision 0.36, recall 0.6, F1 0.45, accuracy 0.6."),
        (np.array([10, 20, 70]), "The largest class is the last."),
        (np.array([3709, 5077, 1377, 2283]), "The kidney data set: compare with the first row of the table."),
        (np.array([25, 25, 25, 25]), "Equal classes: naming any of them gives 1 / 4."),
    ],
    praise="Look for these four numbers first in every table of results: a model that has learnt nothing prints them.",
    hints=[
        "Of the largest class, all images are found: its recall is 1. Of all images called so, a share p is right: its "
        "precision is p.",
        "All other classes are never called: their precision, recall and F1 count 0.",
        "A weighted average multiplies each class's figure by its share. One class is left: p x p, p x 1, and p x F1.",
        "p = max(support) / sum(support); return p**2, p, 2 * p**2 / (1 + p), p",
    ],
)
