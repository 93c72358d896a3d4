"""What several exercises of lesson 04 share."""

import numpy as np

SMALLEST = 1e-7  # of a probability, before its logarithm is taken


def focal(p, gamma):
    """The focal loss of probabilities of the true class."""
    return -((1 - p) ** gamma) * np.log(np.maximum(p, SMALLEST)) + 0.0  # + 0.0: not -0


def answered(seed, n, k):
    """Labels (n,) in which every class occurs, and probabilities (n, k), none near 0."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % k)
    return labels, (rng.dirichlet(np.ones(k), n) + 0.05) / (1 + 0.05 * k)


def one_each(m, what, others=()):
    """Shapes that a mistake gives where (m,) is expected, each with its reason; `others`: further pairs."""
    return [
        ((), f"One number for each {what}: no mean and no sum over them."),
        ((m, 1), f"One number for each {what}: no further axis, no keepdims."),
        ((1, m), f"One number for each {what}: no further axis, no keepdims."),
        *((shape, f"One number for each {what}: {reason}") for shape, reason in others),
    ]
