"""Random numbers: the one place that seeds anything."""

import numbers
import random
import sys

import numpy as np

_last_seed = None


def set_seed(seed):
    """Seed Python, NumPy and, where it is in use, Keras (and through it TensorFlow).

    Keras is not imported for this: if it is imported later through `helpers.deep`, it is seeded then.

    Raises
    ------
    ValueError : `seed` is no whole number, or below 0.
    """
    global _last_seed
    _last_seed = _whole(seed)
    random.seed(_last_seed)
    np.random.seed(_last_seed % 2**32)
    if "keras" in sys.modules:
        seed_keras()


def seed_keras():
    """Hand the seed of the last `set_seed` to Keras; nothing happens if there was none."""
    if _last_seed is not None:
        import keras

        keras.utils.set_random_seed(_last_seed % 2**32)


def generator(seed, *keys):
    """A NumPy generator for one purpose; different keys (integers) give independent streams of the same
    seed. ValueError for a seed or key that is no whole number, or below 0."""
    return np.random.default_rng([_whole(number) for number in (seed, *keys)])


def _whole(number):
    if isinstance(number, bool) or not isinstance(number, numbers.Integral) or number < 0:
        raise ValueError(f"a seed is a whole number, 0 or above, not {number!r}")
    return int(number)
