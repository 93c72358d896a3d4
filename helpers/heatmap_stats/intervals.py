"""Resampling: the bias-corrected and accelerated bootstrap, and the permutation test of a difference of means.

`scipy.stats.bootstrap` and `permutation_test` compute the same, and the tests compare. They are not called because the first
gives NaN and a warning where this gives None, and the second takes two shuffles for tied only if they agree to 100 roundings
of the difference itself: where values are large beside their difference, ties are lost.
"""

import numpy as np
from scipy import stats


def bca_interval(statistic, a, b, level=0.95, n_draws=2000, seed=7):
    """Bootstrap interval of a statistic of two groups, bias-corrected and accelerated (BCa).

    Percentiles alone would not do for d: in draws it lies too far from 0, and its spread grows with its size. BCa moves
    the two percentiles by the bias z0 and the acceleration c:

        Phi(z0 + (z0 + z) / (1 - c (z0 + z)))    for z = the normal quantiles of (1 - level) / 2 and (1 + level) / 2

    z0 from the share of draws below the estimate (ties count half), c from leaving out one value at a time. Kelley found
    BCa the best of the bootstrap intervals of d.

    Parameters
    ----------
    statistic : function of two arrays (..., n_a), (..., n_b) -> (...), whose leading axes it broadcasts.
    a, b : (n_a,), (n_b,) float; each group is drawn from itself, with replacement.

    Returns
    -------
    (low, high) floats, or None where the statistic is undefined in a draw (fewer than 3 values, or too many equal ones).

    References
    ----------
    B. Efron, Better bootstrap confidence intervals, JASA 82 (1987) 171-185; several samples: B. Efron, R. J. Tibshirani,
    An Introduction to the Bootstrap, 1993, chapter 14. K. Kelley, The effects of nonnormal distributions on confidence
    intervals around the standardized mean difference, Educ. Psychol. Meas. 65 (2005) 51-69.
    """
    if min(len(a), len(b)) < 3:
        return None
    rng = np.random.default_rng(seed)
    drawn_a, drawn_b = (x[rng.integers(0, len(x), (n_draws, len(x)))] for x in (a, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        draws, value = statistic(drawn_a, drawn_b), statistic(a, b)
        without_a, without_b = statistic(_without_each(a), b), statistic(a, _without_each(b))
    if not all(np.isfinite(x).all() for x in (draws, without_a, without_b)):
        return None
    below = (np.count_nonzero(draws < value) + np.count_nonzero(draws <= value)) / (2 * n_draws)
    influence = [(len(x) - 1) * (x.mean() - x) for x in (without_a, without_b)]
    square, cube = (sum((u**k).sum() / len(u) ** k for u in influence) for k in (2, 3))
    if not 0 < below < 1 or square == 0:
        return None
    bias, acceleration = stats.norm.ppf(below), cube / (6 * square**1.5)
    z = bias + stats.norm.ppf([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(draws, stats.norm.cdf(bias + z / (1 - acceleration * z)))
    return float(low), float(high)


def _without_each(values):
    """The values (n,) without the first, without the second, and so on: (n, n - 1)."""
    n = len(values)
    return np.tile(values, (n, 1))[~np.eye(n, dtype=bool)].reshape(n, n - 1)


def permutation_p(a, b, n_permutations=9999, seed=7):
    """Two-sided permutation p of the difference of means: the labels of all values are shuffled at random.

        p = (1 + number of shuffles with |mean(b*) - mean(a*)| >= |mean(b) - mean(a)|) / (1 + n_permutations)

    The 1 counts the labels as they are: p is never 0, and the test never rejects too often.

    Parameters
    ----------
    a, b : (n_a,), (n_b,) float; independent of each other: images of one patient are not exchangeable.

    Returns
    -------
    float in (0, 1].

    References
    ----------
    B. Phipson, G. K. Smyth, Permutation p-values should never be zero, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39.
    """
    rng = np.random.default_rng(seed)
    values = np.r_[a, b] - np.r_[a, b].mean()
    tie = 1e-12 * np.abs(values).max()  # sums in another order differ by rounding
    observed, as_extreme = abs(b.mean() - a.mean()), 0
    rows = max(1, 1_000_000 // len(values))  # at a time, for the memory
    for start in range(0, n_permutations, rows):
        shuffled = np.tile(values, (min(rows, n_permutations - start), 1))
        rng.permuted(shuffled, axis=1, out=shuffled)
        difference = shuffled[:, len(a) :].mean(axis=1) - shuffled[:, : len(a)].mean(axis=1)
        as_extreme += np.count_nonzero(np.abs(difference) >= observed - tie)
    return float((1 + as_extreme) / (1 + n_permutations))
