"""What several exercises of lesson 05 share."""

import numpy as np


def over(above, below):
    """above / below, 0 where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)


def practice(seed, *shape):
    """Numbers of both signs."""
    return np.random.default_rng(seed).normal(0.1, 0.6, shape)


def heated(seed, number, shape, empty=()):
    """Maps (number, h, w), zero in a part of the places, and lesion masks; the maps named in `empty` are zero everywhere."""
    rng = np.random.default_rng(seed)
    maps = rng.random((number, *shape)) ** 2 * (rng.random((number, *shape)) < 0.7)
    masks = np.zeros(maps.shape, bool)
    for mask in masks:
        y, x = rng.integers(shape[0] - 2), rng.integers(shape[1] - 3)
        mask[y : y + rng.integers(2, 4), x : x + rng.integers(2, 5)] = True
    maps[list(empty)] = 0
    return maps, masks
