"""Slices of one patient are alike: how alike, and what that does to a test that counts them as independent."""

import numpy as np
from scipy import stats

from helpers import arguments
from helpers.heatmap_stats.arms import exponent


def design_effect(m, icc):
    """How much clustering inflates the variance of a mean: 1 + (m - 1) icc.

    n slices are worth n / design effect independent values.

    Parameters
    ----------
    m : slices a patient, 1 or more; where patients differ in number, sum m^2 / sum m. icc : intra-class correlation, 1 at
        most. Numbers, or arrays that are broadcast.

    Raises
    ------
    ValueError : m below 1, icc above 1, NaN.

    References
    ----------
    L. Kish, Survey Sampling, 1965, section 5.4; A. Donner, N. Birkett, C. Buck, Randomization by cluster, Am. J.
    Epidemiol. 114 (1981) 906-914.
    """
    m, icc = np.asarray(m, float), np.asarray(icc, float)
    if not (m >= 1).all() or not (icc <= 1).all():
        raise ValueError(f"expected m of 1 or more and icc of 1 at most; got m = {m}, icc = {icc}")
    return (1 + (m - 1) * icc)[()]


def naive_false_positive_rate(m, icc, alpha=0.05):
    """How often a two-sided test that takes slices for patients rejects a true null: 2 Phi(-z / sqrt(design effect)).

    z is the normal quantile of 1 - alpha / 2. The naive standard error is too small by sqrt(design effect). For many
    patients; against `null_experiments` (equal m) it is within 2 points from about 10 patients a group, too low below.

    Parameters as in `design_effect`; alpha in (0, 1). The design effect must be above 0.

    Returns
    -------
    float in (0, 1), or an array; alpha itself where m is 1 or icc is 0.
    """
    effect = design_effect(m, icc)
    if not np.all(effect > 0):
        raise ValueError(f"no such clustering exists: 1 + (m - 1) icc must be above 0, got {effect}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    return 2 * stats.norm.cdf(-stats.norm.isf(alpha / 2) / np.sqrt(effect))


def mean_cluster_size(patients_a, patients_b):
    """sum m^2 / sum m of each arm, weighted as the arms' variances are in that of the difference: by 1 / n."""
    counts = [np.unique(patients, return_counts=True)[1] for patients in (patients_a, patients_b)]
    weights = [1 / m.sum() for m in counts]
    return float(sum(w * (m**2).sum() / m.sum() for w, m in zip(weights, counts)) / sum(weights))


def intraclass_correlation(values, groups, arms=None):
    """Intra-class correlation ICC(1): the share of the variance that patients, and not their slices, make.

    One-way analysis of variance, patients of unequal numbers m_i of slices, N in all, k patients:

        ICC = (MSB - MSW) / (MSB + (n0 - 1) MSW),    n0 = (N - sum m_i^2 / N) / (k - 1)

    MSB and MSW are the mean squares between (df k - 1) and within patients (df N - k).

    Parameters
    ----------
    values : (n,) float. groups : (n,) patients, none missing.
    arms : (n,) or None; each value's arm. Then patients are compared within arms only, and sums and degrees of freedom
        pooled over the arms: a difference between the arms is not taken for one between patients.

    Returns
    -------
    float up to 1; below 0 where patients differ less than their slices would by chance (reported as it is).

    Raises
    ------
    ValueError : values without a patient, an arm of one patient, no patient with two values, no variance, NaN, lengths that differ.

    References
    ----------
    P. E. Shrout, J. L. Fleiss, Psychological Bulletin 86 (1979) 420-428; n0: S. R. Searle, Linear Models, 1971, ch. 9-11.
    """
    values = np.asarray(values, float)
    arms = np.zeros(values.shape, int) if arms is None else np.asarray(arms)
    if (
        values.ndim != 1
        or not values.shape == np.shape(groups) == arms.shape
        or not np.isfinite(values).all()
    ):
        raise ValueError(
            "expected finite values (n,), and for each its patient (and arm): lengths differ, or NaN occur"
        )
    groups, values = arguments.patients(groups).astype(str), np.ldexp(values, -exponent(values))
    between = within = n0 = 0.0
    df_between = df_within = 0
    for arm in np.unique(arms):
        of_arm, patient = values[arms == arm], np.unique(groups[arms == arm], return_inverse=True)[1]
        m = np.bincount(patient)
        if len(m) < 2:
            raise ValueError("an arm holds a single patient: patients cannot be told from their slices")
        means = np.bincount(patient, of_arm) / m
        between += (m * (means - of_arm.mean()) ** 2).sum()
        within += ((of_arm - means[patient]) ** 2).sum()
        n0 += m.sum() - (m**2).sum() / m.sum()
        df_between += len(m) - 1
        df_within += len(of_arm) - len(m)
    if not df_within:
        raise ValueError("no patient has two values: how alike they are cannot be known")
    between, within, n0 = between / df_between, within / df_within, n0 / df_between
    if between + (n0 - 1) * within == 0:
        raise ValueError("the values have no variance: their intra-class correlation is 0 / 0")
    return float((between - within) / (between + (n0 - 1) * within))
