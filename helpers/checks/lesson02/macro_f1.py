"""Lesson 02, exercise 3: `macro_f1`."""

import numpy as np
from sklearn import metrics

from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson02.shared import expect


def _judge_f1(call, confusion, because):
    truth, predicted = np.indices(confusion.shape).reshape(2, -1).repeat(confusion.ravel(), axis=1)
    classes = np.arange(len(confusion))
    expected = metrics.f1_score(truth, predicted, labels=classes, average="macro", zero_division=0)
    result = call(confusion)
    array = numbers(result)
    if array is not None and array.shape == classes.shape:
        raise Wrong("Return one number, the mean of the classes' F1, not one per class.")
    if array is not None and np.isnan(array).any():
        raise Wrong("Your function returns NaN. A class whose F1 is 0 / 0 counts as 0.")
    hits, actual, named = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)

    def ratio(above, below, empty=0.0):
        return np.divide(above, below, out=np.full(len(classes), empty), where=below > 0)

    f1 = ratio(2 * hits, actual + named)
    recall, precision = ratio(hits, actual), ratio(hits, named)
    both = max(recall.mean() + precision.mean(), 1e-12)
    left_out = "A class whose F1 is 0, or 0 / 0, stays in the mean as 0: do not leave classes out."
    twice = "The true positives count twice, above and below: 2 TP / (2 TP + FP + FN)."
    mistakes = [
        (
            f1 @ actual / actual.sum(),
            "Your mean weighs classes by their images. Every class should weigh the same.",
        ),
        (
            hits.sum() / confusion.sum(),
            "This is the accuracy (F1 from counts summed over the classes). Take each class's F1 first, "
            "then the mean.",
        ),
        (
            2 * recall.mean() * precision.mean() / both,
            "This is the F1 of mean precision and mean recall. Take each class's F1 first, then the mean.",
        ),
        (f1[actual + named > 0].mean(), left_out),
        (f1[actual > 0].mean(), left_out),
        (f1[hits > 0].mean() if hits.any() else np.inf, left_out),
        (recall.mean(), "This is the mean recall. F1 counts false positives too."),
        (precision.mean(), "This is the mean precision. F1 counts false negatives too."),
        (ratio(hits, actual + named - hits).mean(), twice),
        (ratio(hits, actual + named).mean(), twice),
        (100 * expected, "Return a share in [0, 1], not a percentage."),
    ]
    expect(result, expected, mistakes, (confusion,), because)


macro_f1 = Check(
    _judge_f1,
    cases=[
        (
            np.array([[3, 1, 0], [0, 40, 2], [1, 0, 5]]),
            "False negatives are a row without its diagonal, false positives a column.",
        ),
        (np.array([[8, 2, 0], [3, 6, 0], [2, 4, 0]]), "Class 2 is never predicted: its F1 is 0."),
        (
            np.array([[8, 1, 1, 0], [2, 5, 1, 0], [0, 3, 4, 0], [0, 0, 0, 0]]),
            "Class 3 is neither there nor predicted: 0 / 0 counts as 0.",
        ),
    ],
    praise="Every class weighs the same, however rare it is.",
    hints=[
        "np.diag(confusion) holds the true positives. Row sums count a class's images, column sums its "
        "predictions.",
        "2 TP + FP + FN is a class's row sum plus its column sum.",
        "np.divide(2 * tp, total, out=np.zeros(len(tp)), where=total > 0) leaves 0 where the total is 0. "
        "Then take the mean.",
    ],
)
