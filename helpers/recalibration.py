"""Move predicted probabilities so that they mean what they say: a temperature, or an intercept and a slope."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

SMALLEST = 1e-7  # a probability of 0 or 1 has no logit


class Line(NamedTuple):
    """logit of the new probability = intercept + slope * logit of the old one. A temperature T is the line 0, 1 / T."""

    intercept: float
    slope: float


def logit(probabilities):
    """log(p / (1 - p)) of probabilities (n,) in [0, 1], cut off near 0 and 1."""
    safe = np.clip(np.asarray(probabilities, float), SMALLEST, 1 - SMALLEST)
    return np.log(safe / (1 - safe))


def moved(probabilities, line):
    """Probabilities (n,) after the `Line`."""
    return 1 / (1 + np.exp(-(line.intercept + line.slope * logit(probabilities))))


def cross_entropy(probabilities, positive):
    """Mean of minus the logarithm of the probability given to what is true; probabilities (n,), positive (n,) bool."""
    given = np.where(positive, probabilities, 1 - np.asarray(probabilities, float))
    return float(-np.log(np.clip(given, SMALLEST, 1)).mean())


def temperature(probabilities, positive):
    """The `Line` without intercept of lowest cross-entropy on these images: logits divided by one number.

    References
    ----------
    C. Guo et al., On calibration of modern neural networks, arXiv 1706.04599.
    """
    best = minimize_scalar(
        lambda log: cross_entropy(moved(probabilities, Line(0.0, np.exp(-log))), positive),
        bounds=(-2, 2),
        method="bounded",
    )
    return Line(0.0, float(np.exp(-best.x)))


def intercept_and_slope(probabilities, positive):
    """The `Line` of lowest cross-entropy on these images. Perfect probabilities have intercept 0 and slope 1.

    A slope below 1: too sure in both directions. An intercept below 0 (at slope 1): too high on the whole. A penalty too
    small to be seen keeps the line finite where the scores separate the classes.

    References
    ----------
    D. R. Cox, Two further applications of a model for binary regression, Biometrika 45 (1958) 562-565.
    B. Van Calster et al., Calibration: the Achilles heel of predictive analytics, BMC Medicine 17 (2019) 230.
    """
    fitted = LogisticRegression(C=1e4, max_iter=1000).fit(logit(probabilities)[:, None], positive)
    return Line(float(fitted.intercept_[0]), float(fitted.coef_[0, 0]))
