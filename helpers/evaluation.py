"""How sure may we be of a figure? Intervals that respect patients."""

from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A mean with its 95 % interval, in the unit of the values."""

    mean: float
    low: float
    high: float


def bootstrap_mean(values, groups, n_draws=2000, seed=7):
    """Mean of `values` with a 95 % percentile interval from resampling whole groups (patients).

    Slices of one patient are alike: resampling slices would pretend that there are as many independent observations as
    slices. Here patients are drawn with replacement, each with all of its slices.

    Parameters
    ----------
    values : (n,) numbers, e.g. 1 for a correct prediction and 0 for a wrong one. groups : (n,) patients; two at least.

    Returns
    -------
    Estimate.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, chapters 8 and 13.
    """
    values = np.asarray(values, float)
    names, member = np.unique(groups, return_inverse=True)
    if len(values) != len(member) or len(names) < 2:
        raise ValueError(f"needs one group for each of the {len(values)} values, and two groups at least; got {len(names)} groups")
    sums, sizes = np.bincount(member, values), np.bincount(member)
    drawn = np.random.default_rng(seed).integers(len(names), size=(n_draws, len(names)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(values.mean()), float(low), float(high))
