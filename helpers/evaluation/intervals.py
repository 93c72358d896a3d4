"""How sure may we be of a figure? Intervals that respect patients."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from helpers import arguments


class Estimate(NamedTuple):
    """A figure with its interval (95 %, unless asked otherwise); each field a float, or an array where several figures
    go together."""

    value: float
    low: float
    high: float


def wilson(hits, n, level=0.95):
    """A share with its interval, for `n` independent images (Wilson's score interval).

    Where images come several from a patient it is too narrow: use `bootstrap`.

    Parameters
    ----------
    hits, n : whole numbers, or arrays (k,) of them, 0 <= hits <= n. level : of confidence, between 0 and 1.

    Returns
    -------
    Estimate; NaN where n is 0.

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927) 209-212.
    """
    hits, n = np.asarray(hits, float), np.asarray(n, float)
    if not ((hits >= 0) & (hits <= n)).all():
        raise ValueError(f"expected 0 <= hits <= n; got {hits} of {n}")
    z2 = stats.norm.isf(_tail(level)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / n
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
        low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    return Estimate(share[()], low[()], high[()])


def paired_difference(values, reference, level=0.95):
    """The mean difference of two ways that were tried on the same repetitions, with its t interval.

    Parameters
    ----------
    values, reference : (r,) float, one figure per repetition (seed), two at least; entry i of both comes from repetition i.
    level : of confidence, between 0 and 1.

    Returns
    -------
    Estimate of the mean of values - reference. Its p-value is that of `scipy.stats.ttest_rel`.

    References
    ----------
    Student, The probable error of a mean, Biometrika 6 (1908) 1-25.
    """
    values, reference = np.asarray(values, float), np.asarray(reference, float)
    if values.ndim != 1 or values.shape != reference.shape or len(values) < 2:
        raise ValueError(
            "expected two figures or more of each way, in pairs; "
            f"got shapes {values.shape} and {reference.shape}"
        )
    if not np.isfinite([values, reference]).all():
        raise ValueError(
            "the figures hold NaN or infinite values: leave such a repetition out of both, and say so"
        )
    difference, r = values - reference, len(values)
    unit = int(np.frexp(np.abs(difference).max())[1])  # squares of what is divided by 2^unit do not overflow
    difference = np.ldexp(difference, -unit)
    mean, half = difference.mean(), stats.t.isf(_tail(level), r - 1) * difference.std(ddof=1) / np.sqrt(r)
    return Estimate(*(float(np.ldexp(figure, unit)) for figure in (mean, mean - half, mean + half)))


def bootstrap(statistic, groups, n_draws=1000, seed=7, strata=None, level=0.95):
    """A statistic with a percentile interval from resampling whole groups (patients).

    Slices of one patient are alike: resampling slices would pretend that there are as many independent
    observations as slices. Here patients are drawn with replacement, each with all of its slices. (`scipy.stats.bootstrap`
    draws single values, and gives an interval also where the statistic was undefined in some draws.)

    Parameters
    ----------
    statistic : function of positions, (m,) int -> number or array, e.g. `lambda index: correct[index].mean()`.
    groups : (n,) patients; two at least, and none missing.
    strata : (n,) or None; each patient's stratum, e.g. its class. Patients are then drawn within their stratum, so
        that every draw holds as many patients of each as the cohort: needed where a statistic compares classes.
    level : of confidence, between 0 and 1.

    Returns
    -------
    Estimate : the statistic of all images, and two percentiles over the draws, the 2.5th and 97.5th for level 0.95.

    Raises
    ------
    ValueError : fewer than two groups, images without one (NaN, None, empty text), a group in two strata, or a draw for which the statistic is not finite.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, chapters 8 and 13.
    """
    groups = arguments.patients(groups)
    names, first, member = np.unique(groups, return_index=True, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"an interval by patient needs two groups at least; got {len(names)}")
    if n_draws < 1:
        raise ValueError(f"n_draws must be 1 or more, not {n_draws}")
    positions = [np.flatnonzero(member == k) for k in range(len(names))]
    strata = (
        np.zeros(len(groups), int) if strata is None else arguments.patients(strata, len(groups), "strata")
    )
    stratum = strata[first]
    if (stratum[member] != strata).any():
        torn = names[member[stratum[member] != strata][0]]
        raise ValueError(f"group {torn!r} lies in two strata: draws could not hold whole groups of each")
    pools = [np.flatnonzero(stratum == value) for value in np.unique(stratum)]
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(n_draws):
        drawn = np.concatenate([rng.choice(pool, len(pool)) for pool in pools])
        draws.append(np.asarray(statistic(np.concatenate([positions[k] for k in drawn])), np.float64))
    if not np.isfinite(draws).all():
        undefined = np.count_nonzero(~np.isfinite(draws).reshape(n_draws, -1).all(axis=1))
        raise ValueError(
            f"the statistic is undefined in {undefined} of {n_draws} draws: too few patients of a class?"
        )
    low, high = np.quantile(draws, [_tail(level), 1 - _tail(level)], axis=0)
    value = np.asarray(statistic(np.arange(len(groups))), float)
    return Estimate(value[()], low[()], high[()])


def _tail(level):
    """What an interval leaves out on either side."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, such as 0.95, not {level!r}")
    return (1 - level) / 2
