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


def over(above, below):
    """above / below, 0 where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)
