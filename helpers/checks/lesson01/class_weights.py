"""Lesson 01, exercise 2: `class_weights`."""

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from helpers.checks.feedback import Check, Wrong, expect_close


def _judge_weights(call, labels, because):
    counts = np.bincount(labels)
    result = call(labels)
    try:
        ratio, weights = result
    except (TypeError, ValueError):
        raise Wrong(
            "Return two things, `return ratio, weights`: the imbalance ratio, and one weight per class."
        ) from None
    if np.ndim(ratio) or np.shape(weights) != counts.shape:
        raise Wrong(
            f"Return the ratio first, a single number, then the {len(counts)} weights; "
            f"your function returned things of shape {np.shape(ratio)} and {np.shape(weights)}."
        )
    expect_close(
        ratio, counts.max() / counts.min(), (labels,), "The ratio is the largest count over the smallest."
    )
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    if np.allclose(weights, expected / expected.mean()) and not np.allclose(expected.mean(), 1):
        raise Wrong("The mean of your weights is 1 over the classes. It should be 1 over the images.")
    expect_close(weights, expected, (labels,), because)


class_weights = Check(
    _judge_weights,
    cases=[
        (
            np.array([0, 0, 0, 1]),
            "Every class should weigh the same in all: count times weight is n / k for each.",
        ),
        (
            np.array([2, 0, 1, 0, 2, 2, 1, 0, 2, 2]),
            "Count times weight should be n / k for each of the k classes.",
        ),
    ],
    praise="Rare classes weigh more, and the mean weight over all images is 1.",
    hints=[
        "np.bincount(labels) counts how often each class occurs.",
        "If weight times count is the same for every class, and the weights' mean over the images is 1, "
        "what is weight times count?",
        "weights = n / (k * counts), with n labels and k classes.",
    ],
)
