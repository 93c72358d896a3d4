"""Lesson 04, exercise 3: `class_weights`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson04.shared import over


def _share_mistakes(labels, k, wanted):
    """Pairs (what the mistake gives, reason)."""
    n, counts = len(labels), np.bincount(labels, minlength=k)
    share, right = counts / n, wanted * n / counts
    yield (
        n / (k * counts),
        "These weights make all classes count the same: `wanted` is ignored.",
    )
    mean = "The mean weight is to be 1 over the *images*, of which class c has counts[c]. {}"
    yield right / right.mean(), mean.format("The mean of yours is 1 over the classes.")
    yield right / right.sum(), mean.format("Yours add up to 1 over the classes.")
    yield right * k, mean.format("Yours are k times too large: n_classes does not enter.")
    yield right / k, mean.format("Yours are k times too small: n_classes does not enter.")
    yield right / right.max(), mean.format("Your largest weight is 1.")
    yield over(right, right[right > 0].min()), mean.format("Your least weight is 1.")
    yield wanted / counts, mean.format("Multiply by the number of images: yours add up to 1 over the images.")
    yield wanted * counts.max() / counts, mean.format("Multiply by the number of all images.")
    yield wanted * counts.min() / counts, mean.format("Multiply by the number of all images.")
    yield wanted * counts.mean() / counts, mean.format("Multiply by the number of all images.")
    ignored = "`wanted` does not enter."
    yield n / counts, f"These weights are n / counts: {ignored}"
    yield 1 / counts, f"These weights are 1 / counts: {ignored}"
    yield counts.max() / counts, f"These weights are max(counts) / counts: {ignored}"
    yield counts.max() / counts / (counts.max() / counts).mean(), ignored[:-1] + ", nor the images."
    yield (1 / counts) / (1 / counts).sum(), f"These weights are 1 / counts, scaled to a sum of 1: {ignored}"
    yield 1 - share, f"These weights are 1 - share: {ignored}"
    yield share, f"These are the shares of the classes among the labels: {ignored}"
    yield np.ones(k), "All weights are 1: the labels keep their own mix."
    yield (
        wanted,
        "These are the wanted shares. A class with many images needs less weight for each of them: divide by "
        "its share among the labels.",
    )
    divide = "Divide the wanted share by that among the labels; you multiply."
    product = wanted * share
    yield product, divide
    yield wanted * counts, divide
    yield over(product, product.sum()), divide
    yield over(product, (product * share).sum()), divide
    yield wanted * n, "Divide by the number of images of the class."
    yield wanted * k, "The number of images of each class does not enter: divide by its share."
    turned = "Turned round: divide the wanted share by that among the labels."
    with np.errstate(divide="ignore"):
        yield share / wanted, turned
        yield counts / (n * wanted), turned
        yield np.sqrt(right), "No root: the wanted shares would not be reached."
        yield np.log(right), "No logarithm: the wanted shares would not be reached."
    yield over(share, wanted), turned
    yield np.log1p(right), "No logarithm: the wanted shares would not be reached."
    yield wanted - share, "Divide the wanted share by that among the labels; you subtract."
    yield 1 + wanted - share, "Divide the wanted share by that among the labels; you subtract."
    yield right**2, "No square: the wanted shares would not be reached."
    for other in (1, 1e-3, 0.01, 0.1):
        yield (
            np.where(wanted == 0, other, right),
            "A class that is wanted with a share of 0 has the weight 0.",
        )
    for other in (np.nan, np.inf):
        yield (
            np.where(wanted == 0, other, right),
            "A class that is wanted with a share of 0 has the weight 0, not NaN or infinity.",
        )
    order = "The weights stand in the wrong order: weight c belongs to class c."
    appears = np.argsort([np.argmax(labels == c) for c in range(k)], kind="stable")
    yield wanted * n / counts[appears], f"{order} Your counts stand in the order in which classes appear."
    yield wanted * n / np.sort(counts), f"{order} Your counts are sorted by size."
    yield wanted * n / np.sort(counts)[::-1], f"{order} Your counts are sorted by size."
    yield right[appears], f"{order} Yours stand in the order in which the classes appear."
    yield right[::-1], f"{order} Yours are reversed."
    for ranked in (np.argsort(counts, kind="stable"), np.argsort(-counts, kind="stable")):
        yield right[ranked], f"{order} Yours stand in the order of the counts."
    yield np.sort(right), f"{order} Yours are sorted by size."
    yield wanted[::-1] * n / counts, f"{order} Your wanted shares are reversed."
    yield 100 * right, "The mean weight over the images is to be 1, not 100."
    yield wanted * (n // counts), "Do not round: n // counts drops what is behind the point."
    yield np.floor(right), "Do not round the result."
    yield np.round(right), "Do not round the result."
    yield np.round(right, 1), "Do not round the result."
    for added in (1, k):
        yield wanted * n / (counts + added), "Do not add anything to the counts: every class occurs."
        yield wanted * (n + added) / (counts + 1), "Do not add anything to the counts: every class occurs."


def _judge_shares(call, labels, n_classes, wanted, because):
    n, counts = len(labels), np.bincount(labels, minlength=n_classes)
    each = "One weight for each class."
    shapes = [
        ((n,), f"{each} Yours are one for each image."),
        ((), each),
        ((1,), each),
        ((n_classes, 1), f"{each} No further axis."),
        ((1, n_classes), f"{each} No further axis."),
        (
            ((wanted > 0).sum(),),
            f"{each} A class whose wanted share is 0 keeps its place, with the weight 0.",
        ),
        ((n_classes + 1,), f"{each} Classes go from 0 to n_classes - 1."),
        ((n_classes - 1,), f"{each} Classes go from 0 to n_classes - 1."),
        ((2, n_classes), f"{each} Return the weights only."),
        ((n_classes, 2), f"{each} Return the weights only."),
        ((n, n_classes), each),
        ((n_classes, n_classes), each),
    ]
    result = call(labels, n_classes, wanted)
    if isinstance(result, dict):
        raise Wrong(
            "Return an array (k,), not a dictionary. (Keras wants one: dict(enumerate(weights)) makes it.)"
        )
    exact = wanted.astype(float)
    expect(
        result,
        exact * n / counts,
        shapes,
        _share_mistakes(labels.astype(int), n_classes, exact),
        (labels, n_classes, wanted),
        because,
    )


class_weights = Check(
    _judge_shares,
    cases=[
        (
            np.array([0, 2, 1, 1, 0, 1, 1, 2, 1, 1, 0, 1, 1, 1]),
            3,
            np.array([0.5, 0.2, 0.3]),
            "Of 14 images class 0 has 3, class 1 has 9 and class 2 has 2.",
        ),
        (
            np.array([2, 0, 2, 2, 0, 1, 2, 2, 2, 3]),
            4,
            np.full(4, 0.25),
            "Equal shares: count times weight is n / k for each class.",
        ),
        (
            np.array([1, 1, 0, 1, 2, 1, 2]),
            3,
            np.array([0.35, 0.65, 0.0]),
            "Class 2 is not wanted at all: its weight is 0, and the others make up for it.",
        ),
        (
            np.array([1, 0, 1, 1, 1]),
            2,
            np.array([0.2, 0.8]),
            "The labels have the wanted mix already: all weights are 1.",
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
