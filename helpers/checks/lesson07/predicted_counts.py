"""Lesson 07, exercise 4: `predicted_counts`."""

import numpy as np

from helpers.checks.feedback import Check, expect


def _counts(precision, recall, support):
    found = recall > 0
    counts = np.zeros(len(support))
    counts[found] = np.round(recall[found] * support[found] / precision[found])
    counts[~found] = support.sum() - counts.sum()  # one class at most
    return counts


def _mistakes(precision, recall, support):
    """Pairs (what the mistake gives, reason)."""
    n, hits, found = support.sum(), recall * support, recall > 0
    right = _counts(precision, recall, support)
    yield (
        support.astype(float),
        "This is the truth, how many images each class *has*. How many were called so?",
    )
    yield (
        hits,
        "These are the true positives. Of the images called so, precision is the share that was right.",
    )
    yield (
        np.round(hits),
        "These are the true positives. Of the images called so, precision is the share that was right.",
    )
    yield hits * precision, "Divide by precision: true positives are precision times predicted."
    yield np.round(hits * precision), "Divide by precision: true positives are precision times predicted."
    yield (
        np.round(np.divide(support * precision, recall, out=np.zeros(len(support)), where=found)),
        "Precision and recall are swapped: recall is a share of the support, precision of the predicted.",
    )
    for shown in (n * recall, np.round(n * recall)):
        yield (
            shown,
            "n times recall is only *about* right, and only where labels and predictions are unrelated. Precision gives "
            "the exact number.",
        )
    for shown in (n * precision, np.round(n * precision)):
        yield (
            shown,
            "In a shuffled report precision is about the class's share of the *labels*. Divide hits by it.",
        )
    nothing = np.divide(hits, precision, out=np.zeros(len(support)), where=found)
    least = (
        "A class without a hit has 0 / 0: how many were called so is what the others leave of all n images."
    )
    yield np.where(found, np.round(nothing), np.nan), least
    yield np.where(found, np.round(nothing), 0), least
    yield np.where(found, nothing, right), "Round to whole numbers: images are counted."
    yield nothing, "Round to whole numbers: images are counted."
    yield np.floor(nothing), "Round to the nearest whole number; `int` and `//` cut off."
    yield right / n, "These are shares. Return numbers of images."


def _judge(call, precision, recall, support, because):
    arguments = precision, recall, support
    with np.errstate(all="ignore"):
        expect(call(*arguments), _counts(*arguments), (), _mistakes(*arguments), arguments, because)


def report_of(confusion, digits=4):
    """Precision and recall, printed to `digits` decimals, and support of a confusion matrix (rows: truth)."""
    confusion = np.asarray(confusion)
    hits = np.diag(confusion)
    precision = np.divide(hits, confusion.sum(axis=0), out=np.zeros(len(hits)), where=hits > 0)
    return precision.round(digits), (hits / confusion.sum(axis=1)).round(digits), confusion.sum(axis=1)


predicted_counts = Check(
    _judge,
    cases=[
        (*report_of([[8, 2], [4, 6]]), "12 were called the first class, 8 the second."),
        (
            *report_of([[2, 9, 1], [7, 30, 5], [4, 19, 2]]),
            "A shuffled report of three classes: 13, 58 and 8.",
        ),
        (
            *report_of([[5, 3, 2], [2, 8, 3], [1, 2, 0]]),
            "The last class has no hit, and 5 images were called so.",
        ),
        (*report_of([[0, 10], [0, 20]]), "The first class was never called: 0 remain."),
        (
            *report_of(
                [[1310, 1930, 26, 443], [1790, 2660, 35, 592], [490, 720, 9, 158], [805, 1190, 16, 272]]
            ),
            "Four classes, 12,446 images.",
        ),
    ],
    praise="A shuffle destroys the matrix, and keeps how often each class was called. So two models can be compared even by "
    "reports that are worth nothing else.",
    hints=[
        "recall x support is the number of hits. precision is the share of the images called so that were hits.",
        "So predicted = recall * support / precision, rounded to a whole number: np.round.",
        "Where recall is 0 that is 0 / 0. At most one class has no hit: what do the others leave of sum(support)?",
        "found = recall > 0; counts[found] = np.round(...); counts[~found] = support.sum() - counts.sum()",
    ],
)
