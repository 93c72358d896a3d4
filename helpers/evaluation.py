"""How sure may we be of a figure? Intervals that respect patients."""

from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def bootstrap(statistic, groups, n_draws=1000, seed=7):
    """A statistic with a 95 % percentile interval from resampling whole groups (patients).

    Slices of one patient are alike: resampling slices would pretend that there are as many independent
    observations as slices. Here patients are drawn with replacement, each with all of its slices.

    Parameters
    ----------
    statistic : function of positions, (m,) int -> number, e.g. `lambda index: correct[index].mean()`.
    groups : (n,) patients; two at least.

    Returns
    -------
    Estimate : the statistic of all images, and the 2.5th and 97.5th percentile over the draws.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, chapters 8 and 13.
    """
    groups = np.asarray(groups)
    names, member = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"an interval by patient needs two groups at least; got {len(names)}")
    positions = [np.flatnonzero(member == k) for k in range(len(names))]
    rng = np.random.default_rng(seed)
    draws = [
        statistic(np.concatenate([positions[k] for k in rng.integers(len(names), size=len(names))]))
        for _ in range(n_draws)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(float(statistic(np.arange(len(groups)))), float(low), float(high))
