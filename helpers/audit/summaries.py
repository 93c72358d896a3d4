"""Two groups' published means and standard deviations: t, d and g that follow from them."""

from typing import NamedTuple

import numpy as np

from helpers.heatmap_stats.effects import hedges_correction, pooled_sd, students_t


class Effect(NamedTuple):
    """t of a - b, df, two-sided p; d and g of b - a, so that they are positive where b is larger (and t negative)."""

    t: float
    df: int
    p: float
    d: float
    g: float


def effect_from_summary(mean_a, sd_a, n_a, mean_b, sd_b, n_b, *, sd_ddof):
    """Student's t, Cohen's d and Hedges' g from published means, SDs and numbers of two independent groups.

    Papers seldom say by what their SD was divided. If by n (`sd_ddof=0`, NumPy's default), the sample SD, which t, d and
    g need, is SD sqrt(n / (n - 1)). There is no default here: try both, and see which gives the published t.

    Signs: t is of a - b, as in `scipy.stats.ttest_ind(a, b)`; d and g are of b - a: how far b lies above a.

    Parameters
    ----------
    mean_a, sd_a, n_a, mean_b, sd_b, n_b : numbers; SDs not negative, not both 0; n whole, 2 or more.
    sd_ddof : 0, SDs of the numbers at hand, divided by n; or 1, sample SDs, divided by n - 1.

    Returns
    -------
    Effect(t, df, p, d, g).

    Raises
    ------
    ValueError : numbers outside these ranges. TypeError : no sd_ddof.

    References
    ----------
    J. Cohen 1988 (d), L. V. Hedges 1981 (g): in full in `helpers.heatmap_stats.effects`.
    """
    if sd_ddof not in (0, 1):
        raise ValueError(f"sd_ddof must be 0 (SD divided by n) or 1 (by n - 1), got {sd_ddof!r}")
    if not np.isfinite([mean_a, sd_a, n_a, mean_b, sd_b, n_b]).all():
        raise ValueError("means, SDs and numbers must be finite")
    if min(n_a, n_b) < 2 or n_a != int(n_a) or n_b != int(n_b):
        raise ValueError(f"each group needs a whole number of values, 2 or more; got {n_a} and {n_b}")
    if min(sd_a, sd_b) < 0 or sd_a == sd_b == 0:
        raise ValueError(
            f"SDs must not be negative, nor both be 0 (t and d would be x / 0); got {sd_a} and {sd_b}"
        )
    mean_a, sd_a, n_a, mean_b, sd_b, n_b = map(float, (mean_a, sd_a, n_a, mean_b, sd_b, n_b))
    if sd_ddof == 0:
        sd_a, sd_b = sd_a * np.sqrt(n_a / (n_a - 1)), sd_b * np.sqrt(n_b / (n_b - 1))
    t, df, p = students_t(mean_a, sd_a, n_a, mean_b, sd_b, n_b)
    d = (mean_b - mean_a) / pooled_sd(sd_a, n_a, sd_b, n_b)
    return Effect(float(t), int(df), float(p), float(d), float(hedges_correction(df) * d))
