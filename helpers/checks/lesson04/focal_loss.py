"""Lesson 04, exercise 1: `focal_loss`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson04.shared import SMALLEST, answered, focal

_OTHER_LIMITS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, np.finfo(float).eps, 1e-300)


def _loss_mistakes(labels, probabilities, gamma):
    """Pairs (what the mistake gives, reason)."""
    n, k = probabilities.shape
    p = probabilities[np.arange(n), labels]
    entropy, weight, right = focal(p, 0), (1 - p) ** gamma, focal(p, gamma)
    yield -right, "The minus is missing: ln p is not positive, the loss not negative."
    natural = "Take the natural logarithm, np.log."
    yield right / np.log(10), f"This is the logarithm to the base 10. {natural}"
    yield right / np.log(2), f"This is the logarithm to the base 2. {natural}"
    yield (
        p**gamma * entropy,
        "You weight with p^gamma: that favours what is answered well already. The factor is (1 - p)^gamma.",
    )
    yield entropy, "This is the cross-entropy: the factor (1 - p)^gamma is missing."
    power = "The factor is 1 - p to the power gamma"
    yield gamma * (1 - p) * entropy, f"{power}, not gamma times 1 - p."
    yield (1 - p**gamma) * entropy, f"{power}, not 1 - p^gamma."
    yield ((1 - p) * entropy) ** gamma, f"{power}; the logarithm has no power."
    yield entropy**gamma, f"{power}; the logarithm has no power."
    yield (1 - p) ** (gamma + 1) * entropy, f"{power}, not gamma + 1."
    for other in (1, 2, 3, 5):
        yield (1 - p) ** other * entropy, f"{power}; your power is always {other}."
    yield weight + entropy, "Multiply the factor by the cross-entropy; you add them."
    yield weight, "This is the factor (1 - p)^gamma alone. Multiply it by -ln p."
    yield weight * (1 - p), "This has no logarithm: multiply (1 - p)^gamma by -ln p."
    alpha = "A further weight alpha is in your loss. None is asked for: it is what Keras adds."
    for constant in (0.25, 0.5, 0.75):
        yield constant * right, alpha
        for c in range(k):
            yield right * np.where(labels == c, constant, 1 - constant), alpha
    with np.errstate(divide="ignore"):
        yield (
            -weight * np.log(p),
            "A probability of 0 makes the loss infinite: where p is below 1e-7, take the logarithm of 1e-7.",
        )
    for other in _OTHER_LIMITS:
        kept = f"{other:.0e} is not the limit: where p is below 1e-7, take the logarithm of 1e-7."
        yield -weight * np.log(np.maximum(p, other)), kept
        yield (
            -weight * np.log(p + other),
            f"{other:.0e} is added to p. Leave p as it is, unless it is below 1e-7: np.maximum(p, 1e-7).",
        )
    yield (
        -weight * np.log(p + SMALLEST),
        "You add 1e-7, which changes small probabilities. Only what is below 1e-7 changes: "
        "np.maximum(p, 1e-7).",
    )
    for nothing in (p < SMALLEST, p == 0):
        yield (
            np.where(nothing, 0, right),
            "Where p is 0 your loss is 0: the worst answer would cost nothing.",
        )
    true = "p is the probability of the *true* class, that which `labels` names"
    yield focal(probabilities.max(axis=1), gamma), f"You take the largest probability of each row; {true}."
    yield focal(probabilities.min(axis=1), gamma), f"You take the least probability of each row; {true}."
    for column in range(k):
        yield focal(probabilities[:, column], gamma), f"You take column {column} for all images; {true}."
    yield focal(probabilities[np.arange(n), labels - 1], gamma), f"{true}. Classes are counted from 0."
    yield (
        focal(probabilities[np.arange(n), k - 1 - labels], gamma),
        f"The classes are in reverse order; {true}.",
    )
    if labels.max() < n <= k:
        yield (
            focal(probabilities[labels, np.arange(n)], gamma),
            "Rows and columns are swapped: a row is an image, a column a class.",
        )
    yield focal(1 - p, gamma), f"You take 1 - p for p; {true}."
    with np.errstate(divide="ignore", invalid="ignore"):
        yield -weight * np.log(1 - p), "The logarithm is that of p, not of 1 - p."
        yield -(p**gamma) * np.log(1 - p), f"You take 1 - p for p; {true}."
    of_all = focal(probabilities, gamma)
    only = "Only the true class counts."
    yield of_all.sum(axis=1), f"You add up the losses of all classes. {only}"
    yield of_all.mean(axis=1), f"You average over all classes. {only}"
    yield (
        entropy * ((1 - probabilities) ** gamma).sum(axis=1),
        f"You add up (1 - p)^gamma over all classes. {only}",
    )
    is_true = np.arange(k) == labels[:, None]
    single = np.where(is_true, probabilities, 1 - probabilities)
    each = f"You treat every class as a yes-no question of its own and add up their losses. {only}"
    yield focal(single, gamma).sum(axis=1), each
    yield focal(single, gamma).mean(axis=1), each
    numbered = "A label is the name of a class, not a number to multiply by."
    yield labels * right, numbered
    powers = np.exp(probabilities)
    again = (powers / powers.sum(axis=1, keepdims=True))[np.arange(n), labels]
    yield focal(again, gamma), "These are probabilities already: no softmax."
    own = "Return each image's own loss."
    yield right / n, f"You divide by the number of images. {own}"
    yield np.full(n, right.mean()), f"You return the mean for all. {own}"
    yield np.cumsum(right), f"You add up the images. {own}"
    yield right / max(weight.sum(), 1e-12), f"The factors have been scaled to a sum of 1. {own}"
    yield np.round(right), "Do not round the result."


def _judge_loss(call, labels, probabilities, gamma, because):
    n, k = probabilities.shape
    exact = probabilities.astype(float)
    each = "One loss for each image:"
    chosen = (
        "take of each row the probability of the true class only, probabilities[np.arange(len(labels)), "
        "labels]."
    )
    shapes = [
        ((), f"{each} no mean and no sum over the images."),
        ((1,), f"{each} no mean and no sum over the images."),
        ((n, 1), f"{each} no keepdims."),
        ((1, n), f"{each} no keepdims."),
        ((n, k), f"{each} {chosen}"),
        ((n, n), f"{each} {chosen}"),
        ((k,), f"{each} keep the images apart, not the classes."),
        ((k, n), f"{each} {chosen}"),
    ]
    expect(
        call(labels, probabilities, gamma),
        focal(exact[np.arange(n), labels], gamma),
        shapes,
        _loss_mistakes(labels.astype(int), exact, gamma),
        (labels, probabilities, gamma),
        because,
    )


focal_loss = Check(
    _judge_loss,
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
    praise="The worse the answer, the larger the loss; what is answered well hardly counts.",
    hints=[
        "Three steps: of each row the probability p of the true class, then its logarithm, then the factor.",
        "probabilities[np.arange(len(labels)), labels] takes from row 0 the column labels[0], from row 1 the "
        "column labels[1], and so on.",
        "np.maximum(p, 1e-7) is p, but never below 1e-7: take the logarithm of that.",
        "The loss is -(1 - p) ** gamma times the logarithm. No mean.",
    ],
)
