"""Lesson 02, exercise 4: `confusion_matrix`."""

import numpy as np
from sklearn import metrics

from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson02.shared import expect


def _judge(call, labels, predictions, n_classes, because):
    expected = metrics.confusion_matrix(labels, predictions, labels=np.arange(n_classes))
    array = numbers(result := call(labels, predictions, n_classes))
    if array is not None and array.ndim == 2 and array.shape != expected.shape:
        raise Wrong(
            f"Expected {n_classes} rows and columns, not {array.shape}: take the size from n_classes."
        )
    if array is not None and array.shape == expected.shape and (array != np.round(array)).any():
        raise Wrong("Return counts, whole numbers, not shares: they can be turned into shares later.")
    mistakes = [
        (expected.T, "Rows and columns are swapped: rows are the truth, columns the predictions."),
        (np.minimum(expected, 1), "Repeats are lost: `m[labels, predictions] += 1` counts a pair once only."),
    ]
    expect(result, expected, mistakes, (labels, predictions, n_classes), because)


confusion_matrix = Check(
    _judge,
    cases=[
        (np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2]), 3, "Entry [i, j] counts the images of class i that were predicted as j."),
        (np.array([1, 0, 1, 1, 0]), np.array([1, 2, 2, 2, 0]), 4, "Classes that never occur keep a row and a column of zeros."),
    ],
    praise="Rows are the truth, columns the predictions, and every image is counted once.",
    hints=[
        "Start from np.zeros((n_classes, n_classes), dtype=int). Which entry does one image add to?",
        "for label, prediction in zip(labels, predictions): add 1 to matrix[label, prediction].",
        "Without a loop: np.add.at(matrix, (labels, predictions), 1).",
    ],
)  # fmt: skip
