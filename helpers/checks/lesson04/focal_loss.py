"""Lesson 04, exercise 1: `focal_loss`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson04.shared import SMALLEST, answered, focal, one_each


def _mistakes(labels, probabilities, gamma):
    """Pairs (what the mistake gives, reason)."""
    p = probabilities[np.arange(len(labels)), labels]
    entropy, weight, right = focal(p, 0), (1 - p) ** gamma, focal(p, gamma)
    yield -right, "The minus is missing: ln p is not positive, the loss not negative."
    yield (
        p**gamma * entropy,
        "You weight with p^gamma: that favours what is predicted well already. The factor is (1 - p)^gamma.",
    )
    yield entropy, "This is the cross-entropy: the factor (1 - p)^gamma is missing."
    yield gamma * (1 - p) * entropy, "The factor is 1 - p to the power gamma, not gamma times 1 - p."
    yield (
        focal(probabilities.max(axis=1), gamma),
        "You take the largest probability of each row; p is that of the *true* class, which `labels` names.",
    )
    of_all = focal(probabilities, gamma)
    for over_classes in (of_all.sum(axis=1), of_all.mean(axis=1)):
        yield over_classes, "You add up the losses of all classes. Only the true class counts."
    yield 0.25 * right, "A further weight alpha is in your loss. None is asked for: it is what Keras adds."
    with np.errstate(divide="ignore"):
        yield (
            -weight * np.log(p),
            "A probability of 0 makes the loss infinite: where p is below 1e-7, take the logarithm of 1e-7.",
        )
    lower = -weight * np.log(np.maximum(p, 1e-12))
    yield lower, "1e-12 is not the limit: where p is below 1e-7, take the logarithm of 1e-7."
    yield (
        -weight * np.log(p + SMALLEST),
        "You add 1e-7, which changes all small probabilities. Write np.maximum(p, 1e-7).",
    )


def _judge(call, labels, probabilities, gamma, because):
    n, k = probabilities.shape
    exact, chosen = probabilities.astype(float), "take the probability of its true class only."
    expect(
        call(labels, probabilities, gamma),
        focal(exact[np.arange(n), labels], gamma),
        one_each(n, "image", [((n, k), chosen), ((n, n), chosen), ((k,), "keep the images apart.")]),
        _mistakes(labels.astype(int), exact, gamma),
        (labels, probabilities, gamma),
        because,
    )


focal_loss = Check(
    _judge,
    cases=[
        (*answered(81, 6, 3), 2, "For each image take its true class, and (1 - p)^2 times -ln p."),
        (*answered(82, 5, 2), 0, "gamma = 0 is the cross-entropy, -ln p."),
        (*answered(83, 5, 4), 3, "gamma may be any number from 0 on."),
        (*answered(84, 4, 3), 0.5, "gamma may be any number from 0 on."),
        (
            np.array([0, 1, 1, 0]),
            np.array([[0.0, 1.0], [0.0, 1.0], [1 - 2e-7, 2e-7], [1e-9, 1 - 1e-9]]),
            2,
            "With p = 0 the loss is -ln(1e-7) = 16.1; with p = 1 it is 0.",
        ),
    ],
    praise="The worse the prediction, the larger the loss; what is predicted well hardly counts.",
    hints=[
        "Three steps: of each row the probability p of the true class, then its logarithm, then the factor.",
        "probabilities[np.arange(len(labels)), labels] takes from row 0 the column labels[0], from row 1 the "
        "column labels[1], and so on.",
        "np.maximum(p, 1e-7) is p, but never below 1e-7: take the logarithm of that.",
        "The loss is -(1 - p) ** gamma times the logarithm. No mean.",
    ],
)
