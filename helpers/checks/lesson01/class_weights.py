"""Lesson 01, exercise 2: `class_weights`."""

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from helpers.checks.feedback import Check, Wrong, expect, expect_close


def _judge(call, labels):
    counts = np.bincount(labels)
    try:
        ratio, weights = call(labels)
    except (TypeError, ValueError):
        raise Wrong(
            "Return two things, `return ratio, weights`: first the ratio, then the weights."
        ) from None
    if np.ndim(ratio) or np.shape(weights) != counts.shape:
        raise Wrong(f"Return the ratio first, a single number, then an array of {len(counts)} weights.")
    right = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    over_classes = "The mean of your weights is 1 over the classes. It should be 1 over the images."
    expect_close(ratio, counts.max() / counts.min(), (labels,), "The ratio: largest count over smallest.")
    expect(
        weights, right, [], [(right / right.mean(), over_classes)], (labels,), "Is count times weight n / k?"
    )


class_weights = Check(
    _judge,
    cases=[(np.array([0, 0, 0, 1]),), (np.array([2, 0, 1, 0, 2, 2, 1, 0, 2, 2]),)],
    praise="Rare classes weigh more, and the mean weight over all images is 1.",
    hints=[
        "np.bincount(labels) counts how often each class occurs.",
        "If weight times count is the same for every class, and the weights' mean over the images is 1, "
        "what is weight times count?",
        "weights = n / (k * counts), with n labels and k classes.",
    ],
)
