"""How sure may we be of a figure? Intervals that respect patients."""

from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A figure with its 95 % interval; each field a float, or an array where several figures go together."""

    value: float
    low: float
    high: float


def bootstrap(statistic, groups, n_draws=1000, seed=7, strata=None):
    """A statistic with a 95 % percentile interval from resampling whole groups (patients).

    Slices of one patient are alike: resampling slices would pretend that there are as many independent
    observations as slices. Here patients are drawn with replacement, each with all of its slices.

    Parameters
    ----------
    statistic : function of positions, (m,) int -> number or array, e.g. `lambda index: correct[index].mean()`.
    groups : (n,) patients; two at least.
    strata : (n,) or None; each patient's stratum, e.g. its class. Patients are then drawn within their stratum, so
        that every draw holds as many patients of each as the cohort: needed where a statistic compares classes.

    Returns
    -------
    Estimate : the statistic of all images, and the 2.5th and 97.5th percentile over the draws.

    Raises
    ------
    ValueError : fewer than two groups, a group in two strata, or a draw for which the statistic is not finite.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, chapters 8 and 13.
    """
    groups = np.asarray(groups)
    names, first, member = np.unique(groups, return_index=True, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"an interval by patient needs two groups at least; got {len(names)}")
    positions = [np.flatnonzero(member == k) for k in range(len(names))]
    strata = np.zeros(len(groups), int) if strata is None else np.asarray(strata)
    stratum = strata[first]
    if (stratum[member] != strata).any():
        torn = names[member[stratum[member] != strata][0]]
        raise ValueError(f"group {torn!r} lies in two strata: draws could not hold whole groups of each")
    pools = [np.flatnonzero(stratum == value) for value in np.unique(stratum)]
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(n_draws):
        drawn = np.concatenate([rng.choice(pool, len(pool)) for pool in pools])
        draws.append(statistic(np.concatenate([positions[k] for k in drawn])))
    if not np.isfinite(draws).all():
        undefined = np.count_nonzero(~np.isfinite(draws).reshape(n_draws, -1).all(axis=1))
        raise ValueError(
            f"the statistic is undefined in {undefined} of {n_draws} draws: too few patients of a class?"
        )
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    value = np.asarray(statistic(np.arange(len(groups))), float)
    return Estimate(value[()], low[()], high[()])
