"""Lesson 02, exercise 2: `confusion_matrix`."""

import numpy as np
from sklearn import metrics

from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson02.shared import expect


def _judge_confusion(call, labels, predictions, n_classes, because):
    expected = metrics.confusion_matrix(labels, predictions, labels=np.arange(n_classes))
    result = call(labels, predictions, n_classes)
    array = numbers(result)
    if array is not None and array.ndim == 2 and array.shape[0] == array.shape[1] != n_classes:
        raise Wrong(
            f"Expected {n_classes} rows and columns, but your function returned {array.shape[0]}. A class "
            f"that does not occur keeps its row and column of zeros: take the size from n_classes."
        )
    if array is not None and array.shape == expected.shape and (array != np.round(array)).any():
        raise Wrong("Return counts, whole numbers, not shares: they can be turned into shares later.")
    mistakes = [
        (expected.T, "Rows and columns are swapped: rows are the truth, columns the predictions."),
        (
            np.minimum(expected, 1),
            "Repeats are lost: `m[labels, predictions] += 1` adds 1 to each cell once, however often the "
            "pair occurs.",
        ),
    ]
    expect(result, expected, mistakes, (labels, predictions, n_classes), because)


confusion_matrix = Check(
    _judge_confusion,
    cases=[
        (
            np.array([0, 0, 0, 1, 1, 2]),
            np.array([0, 0, 1, 1, 2, 2]),
            3,
            "Entry [i, j] counts the images of class i that were predicted as j.",
        ),
        (
            np.array([1, 0, 1, 1, 0]),
            np.array([1, 2, 2, 2, 0]),
            4,
            "Classes that never occur keep a row and a column of zeros.",
        ),
    ],
    praise="Rows are the truth, columns the predictions, and every image is counted once.",
    hints=[
        "Start from np.zeros((n_classes, n_classes), dtype=int). Which entry does one image add to?",
        "for label, prediction in zip(labels, predictions): add 1 to matrix[label, prediction].",
        "Without a loop: np.add.at(matrix, (labels, predictions), 1). (`matrix[labels, predictions] += 1` "
        "counts a pair that occurs twice only once.)",
    ],
)
