"""Two groups' means and standard deviations: Student's t, Welch's t, Cohen's d, Hedges' g.

Signs: t is of a - b, as in `scipy.stats.ttest_ind(a, b)`; d and g are of b - a, how far b lies above a. So t and d have
opposite signs. (Read a as the control, b as what is compared with it.)

The t-tests are those of `scipy.stats.ttest_ind_from_stats`, which tells no degrees of freedom and overflows where scores are
very large or small. The audit of printed tables rests on them, so the formulas stand here to be read.
"""

from typing import NamedTuple

import numpy as np
from scipy import special, stats

from helpers.heatmap_stats.arms import exponent, two_arms


class TTest(NamedTuple):
    """t of a - b, its degrees of freedom, two-sided p: floats, or arrays where several tests go together."""

    t: float
    df: float
    p: float


def students_t(mean_a, sd_a, n_a, mean_b, sd_b, n_b):
    """Student's t-test of a - b, from sample SDs (ddof 1); one variance for both groups.

    t = (mean_a - mean_b) / (s sqrt(1 / n_a + 1 / n_b)), s the pooled SD; df = n_a + n_b - 2.

    Parameters
    ----------
    Numbers, or arrays that are broadcast. SDs not both 0, else t is undefined.
    """
    error = pooled_sd(sd_a, n_a, sd_b, n_b) * np.sqrt(1 / n_a + 1 / n_b)
    return _two_sided((mean_a - mean_b) / error, n_a + n_b - 2)


def welchs_t(mean_a, sd_a, n_a, mean_b, sd_b, n_b):
    """Welch's t-test of a - b, from sample SDs (ddof 1); each group keeps its own variance.

    t = (mean_a - mean_b) / sqrt(e_a + e_b), e = SD^2 / n;
    df = (e_a + e_b)^2 / (e_a^2 / (n_a - 1) + e_b^2 / (n_b - 1)).

    References
    ----------
    B. L. Welch, The generalization of Student's problem when several different population variances are involved,
    Biometrika 34 (1947) 28-35; df: F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.
    """
    sd_a, sd_b, unit = _near_1(sd_a, sd_b)
    error_a, error_b = sd_a**2 / n_a, sd_b**2 / n_b
    df = (error_a + error_b) ** 2 / (error_a**2 / (n_a - 1) + error_b**2 / (n_b - 1))
    return _two_sided(np.ldexp(mean_a - mean_b, -unit) / np.sqrt(error_a + error_b), df)


def pooled_sd(sd_a, n_a, sd_b, n_b):
    """sqrt(((n_a - 1) sd_a^2 + (n_b - 1) sd_b^2) / (n_a + n_b - 2)), from sample SDs (ddof 1)."""
    sd_a, sd_b, unit = _near_1(sd_a, sd_b)
    return np.ldexp(np.sqrt(((n_a - 1) * sd_a**2 + (n_b - 1) * sd_b**2) / (n_a + n_b - 2)), unit)


def hedges_correction(df):
    """J, which takes the small-sample bias from Cohen's d; the exact one.

    J(df) = Gamma(df / 2) / (sqrt(df / 2) Gamma((df - 1) / 2)), close to 1 - 3 / (4 df - 1) (at df 58: 0.98700 and
    0.98701).

    Parameters
    ----------
    df : n_a + n_b - 2; above 1 (at 1, J is 0 and there is no unbiased estimate).

    References
    ----------
    L. V. Hedges, Distribution theory for Glass's estimator of effect size and related estimators, Journal of
    Educational Statistics 6 (1981) 107-128, equation 6e.
    """
    half = np.asarray(df, float) / 2
    return (np.exp(special.gammaln(half) - special.gammaln(half - 0.5)) / np.sqrt(half))[()]


def cohens_d(a, b):
    """Cohen's d: (mean(b) - mean(a)) / pooled sample SD. Positive where b is larger; t, of a - b, is then negative.

    Parameters
    ----------
    a, b : (n_a,), (n_b,) finite numbers, two at least in each; not both constant.

    Returns
    -------
    float, in standard deviations.

    Raises
    ------
    ValueError : fewer than two values, NaN, another shape, or no variance in both groups.

    References
    ----------
    J. Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, equations 2.2.1 and 2.5.2.
    """
    arms = two_arms(a, b)
    unit = exponent(*arms)
    return float(standardised_difference(*(np.ldexp(values, -unit) for values in arms)))


def hedges_g(a, b):
    """Hedges' g: J(n_a + n_b - 2) d, Cohen's d without its small-sample bias. All else as in `cohens_d`."""
    return float(hedges_correction(len(a) + len(b) - 2) * cohens_d(a, b))


def standardised_difference(a, b):
    """Cohen's d along the last axis: (..., n_a), (..., n_b) -> (...). Nothing is checked."""
    pooled = pooled_sd(a.std(axis=-1, ddof=1), a.shape[-1], b.std(axis=-1, ddof=1), b.shape[-1])
    return (b.mean(axis=-1) - a.mean(axis=-1)) / pooled


def _near_1(sd_a, sd_b):
    """Two SDs divided by 2^e, so that their squares neither overflow nor vanish, and e: division by 2^e is exact."""
    unit = np.frexp(np.maximum(sd_a, sd_b))[1]
    return np.ldexp(sd_a, -unit), np.ldexp(sd_b, -unit), unit


def _two_sided(t, df):
    return TTest(t, df, 2 * stats.t.sf(np.abs(t), df))
