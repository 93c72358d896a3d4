"""Lesson 02, exercise 5: `macro_f1`."""

import numpy as np

from helpers import evaluation
from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson02.shared import expect


def _judge(call, confusion, because):
    precision, recall, f1 = evaluation.per_class(confusion)
    array = numbers(result := call(confusion))
    if array is not None and array.shape == f1.shape:
        raise Wrong("Return one number, the mean of the classes' F1, not one per class.")
    if array is not None and np.isnan(array).any():
        raise Wrong("Your function returns NaN. A class whose F1 is 0 / 0 counts as 0.")
    hits, images = np.diag(confusion), confusion.sum(axis=1)
    both = max(recall.mean() + precision.mean(), 1e-12)
    mistakes = [
        (f1 @ images / images.sum(), "Your mean weighs classes by their images. Every class should weigh the same."),
        (hits.sum() / confusion.sum(), "This is the accuracy. Take each class's F1 first, then the mean."),
        (2 * recall.mean() * precision.mean() / both, "This is the F1 of mean precision and mean recall. Take each class's F1 first."),
        (f1.sum() / max((f1 > 0).sum(), 1), "A class whose F1 is 0, or 0 / 0, stays in the mean as 0: do not leave classes out."),
        (recall.mean(), "This is the mean recall. F1 counts false positives too."),
        (precision.mean(), "This is the mean precision. F1 counts false negatives too."),
        (f1.mean() / 2, "The true positives count twice, above and below: 2 TP / (2 TP + FP + FN)."),
        (100 * f1.mean(), "Return a share in [0, 1], not a percentage."),
    ]  # fmt: skip
    expect(result, f1.mean(), mistakes, (confusion,), because)


macro_f1 = Check(
    _judge,
    cases=[
        (np.array([[3, 1, 0], [0, 40, 2], [1, 0, 5]]), "True positives count twice; false negatives are a row without its diagonal, false positives a column."),
        (np.array([[8, 2, 0], [3, 6, 0], [2, 4, 0]]), "Class 2 is never predicted: its F1 is 0. Do not leave classes out."),
        (np.array([[8, 1, 1, 0], [2, 5, 1, 0], [0, 3, 4, 0], [0, 0, 0, 0]]), "Class 3 is neither there nor predicted: 0 / 0 counts as 0. Do not leave classes out."),
    ],
    praise="Every class weighs the same, however rare it is.",
    hints=[
        "np.diag(confusion) holds the true positives; row sums count images, column sums predictions.",
        "2 TP + FP + FN is a class's row sum plus its column sum.",
        "np.divide(2 * tp, total, out=np.zeros(len(tp)), where=total > 0) leaves 0 where the total is 0.",
    ],
)  # fmt: skip
