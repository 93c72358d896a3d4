"""How sure may we be of a figure? Intervals that respect patients."""

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def bootstrap(statistic, groups, n_draws=1000, seed=7, strata=None):
    """A statistic with a 95 % percentile interval from resampling whole groups (patients).

    Slices of one patient are alike: resampling slices would pretend that there are as many independent
    observations as slices. Here patients are drawn with replacement, each with all of its slices.

    Parameters
    ----------
    statistic : function of positions, (m,) int -> number, e.g. `lambda index: correct[index].mean()`.
    groups : (n,) patients; two at least.
    strata : (n,) or None; each patient's stratum, e.g. its class. Patients are then drawn within their stratum, so
        that every draw holds as many patients of each as the cohort: needed where a statistic compares classes.

    Returns
    -------
    Estimate : the statistic of all images, and the 2.5th and 97.5th percentile over the draws.

    Raises
    ------
    ValueError : fewer than two groups, or a draw for which the statistic is not finite.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, chapters 8 and 13.
    """
    groups = np.asarray(groups)
    names, first, member = np.unique(groups, return_index=True, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"an interval by patient needs two groups at least; got {len(names)}")
    positions = [np.flatnonzero(member == k) for k in range(len(names))]
    stratum = np.zeros(len(names)) if strata is None else np.asarray(strata)[first]
    pools = [np.flatnonzero(stratum == value) for value in np.unique(stratum)]
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(n_draws):
        drawn = np.concatenate([rng.choice(pool, len(pool)) for pool in pools])
        draws.append(statistic(np.concatenate([positions[k] for k in drawn])))
    if not np.isfinite(draws).all():
        undefined = np.count_nonzero(~np.isfinite(draws))
        raise ValueError(
            f"the statistic is undefined in {undefined} of {n_draws} draws: too few patients of a class?"
        )
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(float(statistic(np.arange(len(groups)))), float(low), float(high))


def auc(scores, positive):
    """Area under the ROC curve: the chance that a positive scores higher than a negative; a tie counts one half.

    The Mann-Whitney statistic over the number of pairs, from ranks.

    Parameters
    ----------
    scores : (n,) float. positive : (n,) bool.

    Returns
    -------
    float in [0, 1]; NaN if one kind is missing.

    References
    ----------
    J. A. Hanley, B. J. McNeil, The meaning and use of the area under a ROC curve, Radiology 143 (1982) 29-36.
    """
    positive = np.asarray(positive, bool)
    n_positive, n_negative = np.count_nonzero(positive), np.count_nonzero(~positive)
    if not n_positive or not n_negative:
        return float("nan")
    rank_sum = rankdata(scores)[positive].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))
