"""How many does one need? Power of the two-sample t-test."""

import numpy as np
from scipy import stats


def power(d, n, alpha=0.05):
    """Power of the two-sided two-sample t-test with n independent values a group, for a true effect d.

    t then follows a noncentral t distribution with df = 2 n - 2 and noncentrality d sqrt(n / 2); power is its share
    beyond the critical values on either side. Computed as the share of t^2, which is noncentral F with 1 and df degrees of
    freedom, beyond the critical value's square: the same number, and SciPy's noncentral t, which statsmodels' `TTestIndPower` takes, is NaN in
    its far tail.

    Parameters
    ----------
    d : Cohen's d of the populations; its sign does not matter. n : 2 or more, a group. alpha : in (0, 1).
        Numbers, or arrays that are broadcast against each other.

    Returns
    -------
    float in [alpha, 1], or an array.

    References
    ----------
    J. Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, chapter 2.
    """
    d, n, alpha = np.abs(np.asarray(d, float)), np.asarray(n, float), _share(alpha)
    if not np.isfinite(d).all() or not (np.isfinite(n) & (n >= 2)).all():
        raise ValueError("power needs a finite effect d, and n of 2 or more in each group")
    df, noncentrality = 2 * n - 2, d * np.sqrt(n / 2)
    critical = stats.t.isf(alpha / 2, df)
    squared = np.maximum(noncentrality**2, 1e-12)  # SciPy 1.17's noncentral F goes wrong at exactly 0
    return stats.ncf.sf(critical**2, 1, df, squared)[()]


_power = power  # required_n has a parameter of this name


def required_n(d, power=0.8, alpha=0.05):
    """The smallest whole number of independent values *a group* whose `power` for a true effect d is at least `power`.

    Parameters
    ----------
    d : one number, not 0 (no n finds an effect that is not there). power : in (alpha, 1).

    Returns
    -------
    int, 2 or more. Slices of one patient count as one (or see `design_effect`).
    """
    if not np.isfinite(d) or d == 0 or not _share(alpha) < power < 1:
        raise ValueError(
            f"expected an effect other than 0 and a power in (alpha, 1); got d = {d}, power = {power}"
        )
    too_few, enough = 1, 2
    while _power(d, enough, alpha) < power:
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:  # power grows with n: halve the gap
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if _power(d, middle, alpha) >= power else (middle, enough)
    return enough


def _share(alpha):
    if not np.all((np.asarray(alpha) > 0) & (np.asarray(alpha) < 1)):
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    return np.asarray(alpha, float)
