"""Lesson 04, exercise 2: `focal_gradient`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson04.shared import focal, one_each


def _slope(p, gamma):
    """The derivative of the focal loss with respect to the true class's logit."""
    return (1 - p) ** gamma * (gamma * p * np.log(p) - (1 - p))


def _mistakes(p, gamma):
    """Pairs (what the mistake gives, reason)."""
    q, log, loss = 1 - p, np.log(p), focal(p, gamma)
    with_log, without = gamma * p * q**gamma * log, -(q ** (gamma + 1))  # the two terms
    by_p = gamma * q ** (gamma - 1) * log - q**gamma / p
    yield -with_log - without, "The sign is turned. L = -(1 - p)^gamma ln p begins with a minus."
    yield (
        without,
        "This is the gradient of the cross-entropy, times (1 - p)^gamma. But the factor depends on p too: the "
        "product rule gives a second term, with ln p.",
    )
    yield with_log, "The product rule gives two terms; the one of the derivative of ln p is missing."
    yield p - 1, "This is the gradient of the cross-entropy: gamma does not enter."
    for turned in (without - with_log, with_log - without):
        yield (
            turned,
            "Check the inner derivative: that of (1 - p)^gamma is -gamma (1 - p)^(gamma - 1), with a minus. The "
            "two terms get the same sign.",
        )
    yield by_p, "This is dL / dp. One step is left: times dp / dz = p (1 - p)."
    for factor, name in ((p, "p only"), (q, "1 - p only")):
        yield by_p * factor, f"dp / dz is p (1 - p): you multiplied by {name}."
    yield loss, "This is the loss itself. Its derivative is asked for."
    if len(p) > 1:
        with np.errstate(all="ignore"):
            yield (
                np.gradient(loss, p),
                "np.gradient between these few p is far too coarse, and gives dL / dp. Derive a formula.",
            )


def _judge(call, p, gamma, because):
    n, exact = len(p), p.astype(float)
    others = [((n - 1,), "no differences between images."), ((2, n), "add the two terms.")]
    expect(
        call(p, gamma),
        _slope(exact, gamma),
        one_each(n, "image", others),
        _mistakes(exact, gamma),
        (p, gamma),
        because,
    )


focal_gradient = Check(
    _judge,
    cases=[
        (np.array([0.08, 0.3, 0.5, 0.74, 0.95]), 2, "Two terms, one with ln p and one without."),
        (np.array([0.08, 0.3, 0.5, 0.74, 0.95]), 0, "gamma = 0 is the cross-entropy: p - 1."),
        (np.array([0.2, 0.65, 0.4]), 0.5, "gamma may be any number from 0 on."),
        (
            np.array([1e-5, 0.03, 0.5, 1 - 1e-5]),
            3,
            "Where p is near 0 the gradient is nearly -1, and where p is near 1 it is nearly 0.",
        ),
        (
            np.array([0.1, 0.45, 0.85], np.float32),
            1.5,
            "These p are 32-bit numbers, as a network returns them: what is divided by tiny steps or "
            "probabilities drowns in their rounding, your formula should not.",
        ),
    ],
    praise="It is never positive: raising the true class's logit lowers the loss, whatever gamma. Where p is "
    "small it is even larger, in size, than that of the cross-entropy.",
    hints=[
        "L is a product of -(1 - p)^gamma and ln p. Its derivative by p has two terms: derive the first "
        "factor and keep the second, then the other way round.",
        "The derivative of (1 - p)^gamma by p is -gamma (1 - p)^(gamma - 1); that of ln p is 1 / p.",
        "dL / dp = gamma (1 - p)^(gamma - 1) ln p - (1 - p)^gamma / p. Multiply both terms by p (1 - p).",
        "The powers of 1 - p can be put in front: (1 - p)^gamma times (gamma p ln p - ...). What is left of "
        "the second term?",
    ],
)
