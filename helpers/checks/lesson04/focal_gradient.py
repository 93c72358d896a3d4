"""Lesson 04, exercise 2: `focal_gradient`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson04.shared import focal


def _slope(p, gamma):
    """The derivative of the focal loss with respect to the true class's logit."""
    return (1 - p) ** gamma * (gamma * p * np.log(p) - (1 - p))


def _slope_mistakes(p, gamma):
    """Pairs (what the mistake gives, reason)."""
    q, log, right, n = 1 - p, np.log(p), _slope(p, gamma), len(p)
    power, entropy = gamma * p * q**gamma * log, -(q ** (gamma + 1))  # the two terms
    by_p = gamma * q ** (gamma - 1) * log - q**gamma / p
    loss = focal(p, gamma)
    yield -right, "The sign is turned. L = -(1 - p)^gamma ln p begins with a minus."
    yield (
        entropy,
        "This is the gradient of the cross-entropy, times (1 - p)^gamma. But the factor depends on p too: "
        "the product rule gives a second term, with ln p.",
    )
    yield -entropy, "The product rule gives a second term, with ln p; and the sign is turned."
    both = "The product rule gives two terms; the one of the {} is missing."
    yield power, both.format("derivative of ln p")
    yield -power, both.format("derivative of ln p") + " And the sign is turned."
    yield p - 1, "This is the gradient of the cross-entropy: gamma does not enter."
    inner = (
        "Check the inner derivative: that of (1 - p)^gamma is -gamma (1 - p)^(gamma - 1), with a minus. The "
        "two terms get the same sign."
    )
    yield entropy - power, inner
    yield power - entropy, inner
    step = "This is dL / dp. One step is left: times dp / dz = p (1 - p)."
    yield by_p, step
    yield -by_p, f"{step} And the sign is turned."
    yield -(q**gamma) / p, f"{step} And the product rule gives a second term, with ln p."
    yield gamma * q ** (gamma - 1) * log, f"{step} And the term of the derivative of ln p is missing."
    yield -1 / p, f"{step} And the factor (1 - p)^gamma is missing."
    softmax = "dp / dz is p (1 - p): you multiplied by {}."
    yield by_p * p, softmax.format("p only")
    yield by_p * q, softmax.format("1 - p only")
    yield by_p * p * p, softmax.format("p^2")
    yield by_p * q * q, softmax.format("(1 - p)^2")
    yield -by_p * p * q, "The sign is turned."
    yield by_p * (p * q) ** 2, softmax.format("it twice")
    yield by_p / (p * q), "Multiply dL / dp by dp / dz = p (1 - p); you divide."
    yield by_p + p * q, "Multiply dL / dp by dp / dz = p (1 - p); you add."
    yield (
        q * power + entropy,
        "The derivative of (1 - p)^gamma has the power gamma - 1, one less.",
    )
    yield (
        p * q**gamma * log + entropy,
        "The derivative of (1 - p)^gamma has the factor gamma; it is missing.",
    )
    yield (
        q**gamma * (gamma * log - q),
        "In the term with ln p a factor is missing: dp / dz = p (1 - p) multiplies both terms.",
    )
    yield (
        q**gamma * (gamma * p * log - 1),
        "In the term without ln p a factor is missing: dp / dz = p (1 - p) multiplies both terms.",
    )
    yield gamma * p * log - q, "The common factor (1 - p)^gamma is missing."
    yield p**gamma * (gamma * p * log - q), "The common factor is (1 - p)^gamma, not p^gamma."
    yield p**gamma * (p - 1), "The factor of the focal loss is (1 - p)^gamma; and it depends on p."
    yield p**gamma * (gamma * q * np.log(q) - p), "p and 1 - p are swapped: p belongs to the true class."
    yield q**gamma * (gamma * p * np.log(q) - q), "The logarithm is that of p, not of 1 - p."
    for base, name in ((10, "10"), (2, "2")):
        natural = f"Your logarithm has the base {name}. Take the natural one, np.log."
        yield power / np.log(base) + entropy, natural
        yield right / np.log(base), natural
    yield loss, "This is the loss itself. Its derivative is asked for."
    yield -loss, "This is the loss itself, without its minus. Its derivative is asked for."
    yield q**gamma, "This is the factor of the loss. The loss's derivative is asked for."
    yield p * q, "This is dp / dz alone. Multiply it by dL / dp."
    yield right / n, "You divide by the number of images. Return the derivative of each image's own loss."
    yield np.full(n, right.mean()), "You return the mean for all. Each image has a derivative of its own."
    for alpha in (0.25, 0.75):
        yield alpha * right, "A further weight alpha is in your gradient. None is asked for."
    if n > 1:
        with np.errstate(all="ignore"):
            yield (
                np.gradient(loss, p),
                "np.gradient between these few p is far too coarse, and gives dL / dp. Derive a formula.",
            )
            yield (
                np.gradient(loss),
                "np.gradient knows nothing of the distances between the p. Derive a formula.",
            )
    logit = np.log(p / q)
    coarse = "This is a finite difference, and not near enough. Use it to test the formula that you derive."
    for h in (1.0, 0.5, 0.1, 0.05, 0.01, 1e-3, 1e-4):
        above, below = (1 / (1 + np.exp(-logit - shift)) for shift in (h, -h))
        up, down = focal(above, gamma), focal(below, gamma)
        yield (up - loss) / h, coarse
        yield (loss - down) / h, coarse
        yield (up - down) / (2 * h), coarse
        yield (up - down) / h, f"{coarse} (Divide by 2 h: both ends are moved.)"
        yield up - down, f"{coarse} (Divide by 2 h.)"
    for digits in (0, 1, 2):
        yield np.round(right, digits), "Do not round the result."


def _judge_slope(call, p, gamma, because):
    n, exact = len(p), p.astype(float)
    each = "One derivative for each image:"
    shapes = [
        ((), f"{each} no mean and no sum."),
        ((1,), f"{each} no mean and no sum."),
        ((n, 1), f"{each} no further axis."),
        ((1, n), f"{each} no further axis."),
        ((n, n), f"{each} images have nothing to do with each other here."),
        ((n - 1,), f"{each} no differences between images."),
        ((2, n), f"{each} add the two terms."),
    ]
    expect(
        call(p, gamma),
        _slope(exact, gamma),
        shapes,
        _slope_mistakes(exact, gamma),
        (p, gamma),
        because,
    )


_SOME_P = np.array([0.08, 0.3, 0.5, 0.74, 0.95])


focal_gradient = Check(
    _judge_slope,
    cases=[
        (_SOME_P, 2, "Two terms, one with ln p and one without."),
        (_SOME_P, 0, "gamma = 0 is the cross-entropy: p - 1."),
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
