"""What several exercises of lesson 05 share."""

import numpy as np


def over(above, below):
    """above / below, 0 where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)


def practice(seed, *shape):
    """Numbers of both signs."""
    return np.random.default_rng(seed).normal(0.1, 0.6, shape)
