"""What several exercises of lesson 06 share."""

import numpy as np

SAMPLE = (
    "Take sample standard deviations, np.std(..., ddof=1): NumPy divides by n, not by n - 1, unless told."
)


def sds(a, b, ddof=1):
    return np.std(a, ddof=ddof), np.std(b, ddof=ddof)


def pooled_sd(a, b):
    """The pooled sample standard deviation."""
    squares = ((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()
    return np.sqrt(squares / (len(a) + len(b) - 2))


def drawn_scores(seed, n, mean, spread):
    """Scores whose mean and sample standard deviation are nearly those named."""
    return np.random.default_rng(seed).normal(mean, spread, n)


FIVE, EIGHT = (
    np.array([0.31, 0.42, 0.25, 0.38, 0.4]),
    np.array([0.5, 0.81, 0.33, 0.72, 0.2, 0.9, 0.44, 0.64]),
)
