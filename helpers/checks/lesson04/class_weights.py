"""Lesson 04, exercise 3: `class_weights`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson04.shared import one_each


def _mistakes(labels, k, wanted):
    """Pairs (what the mistake gives, reason)."""
    n, counts = len(labels), np.bincount(labels, minlength=k)
    share, right = counts / n, wanted * n / counts
    mean = "The mean weight is to be 1 over the *images*, of which class c has counts[c]. {}"
    yield n / (k * counts), "These weights make all classes count the same: `wanted` is ignored."
    yield right / right.mean(), mean.format("The mean of yours is 1 over the classes.")
    yield right / right.sum(), mean.format("Yours add up to 1 over the classes.")
    yield right / k, mean.format("Yours are k times too small: n_classes does not enter.")
    yield wanted / counts, mean.format("Multiply by the number of images: yours add up to 1 over the images.")
    yield n / counts, "These weights are n / counts: `wanted` does not enter."
    yield wanted, "These are the wanted shares. Divide them by the shares among the labels."
    for product in (wanted * share, wanted * counts):
        yield product, "Divide the wanted share by that among the labels; you multiply."
    with np.errstate(divide="ignore"):
        yield share / wanted, "Turned round: divide the wanted share by that among the labels."
    for other in (1, np.nan):
        yield (
            np.where(wanted == 0, other, right),
            "A class that is wanted with a share of 0 has the weight 0.",
        )
    yield right[::-1], "The weights stand in the wrong order: weight c belongs to class c."


def _judge(call, labels, n_classes, wanted, because):
    n, k, exact = len(labels), n_classes, wanted.astype(float)
    result = call(labels, n_classes, wanted)
    if isinstance(result, dict):
        raise Wrong(
            "Return an array (k,), not a dictionary. (Keras wants one: dict(enumerate(weights)) makes it.)"
        )
    others = [
        ((n,), "yours are one for each image."),
        (((wanted > 0).sum(),), "a class whose wanted share is 0 keeps its place, with the weight 0."),
        ((k + 1,), "classes go from 0 to n_classes - 1."),
    ]
    expect(
        result,
        exact * n / np.bincount(labels, minlength=k),
        one_each(k, "class", others),
        _mistakes(labels.astype(int), k, exact),
        (labels, n_classes, wanted),
        because,
    )


class_weights = Check(
    _judge,
    cases=[
        (np.repeat([0, 1, 2], [3, 9, 2]), 3, np.array([0.5, 0.2, 0.3]), "The counts are 3, 9 and 2."),
        (
            np.array([2, 0, 2, 2, 0, 1, 2, 2, 2, 3]),
            4,
            np.full(4, 0.25),
            "Count times weight is n / k for each.",
        ),
        (np.array([1, 1, 0, 1, 2, 1, 2]), 3, np.array([0.35, 0.65, 0.0]), "Class 2 has the weight 0."),
        (
            np.array([1, 0, 1, 1, 1]),
            2,
            np.array([0.2, 0.8]),
            "The labels have the wanted mix: all weights are 1.",
        ),
    ],
    praise="Weighted like this, every class has the wanted share of the loss, and the mean weight over the "
    "images is 1.",
    hints=[
        "Which share do the images of a class have without weights? By which factor must it change?",
        "np.bincount(labels, minlength=n_classes) counts the images of each class, in the order of the "
        "classes.",
        "counts * weights, divided by n, is to be `wanted`: solve for the weights. Then their mean over the "
        "images is 1 by itself, because the wanted shares add up to 1.",
    ],
)
