"""Which t, d, g and p can follow from a rounded summary of two groups, and by which standard deviation."""

import numpy as np

from helpers.audit.rounding import before_rounding
from helpers.heatmap_stats.effects import hedges_correction, pooled_sd, students_t, welchs_t

SLACK = 1e-9


def possible_effects(mean_a, sd_a, n_a, mean_b, sd_b, n_b, decimals):
    """Ranges of |t|, |d|, |g| and p that the printed summary allows, by the divisor of the SDs.

    Each falls as an SD grows and as the means come closer, so its ends lie at the ends of the intervals that the printed
    numbers were rounded from.

    Parameters
    ----------
    decimals : {"mean_a", "sd_a", "mean_b", "sd_b": printed decimals}.

    Returns
    -------
    {0 | 1: {name: [(low, high), ...]}} : for each divisor (n, n - 1) and name the ranges of the usual formulas: t and p of
    Student and Welch, p two-sided and one-sided; d by the pooled SD and by the root mean square of both; g exactly and by Hedges' approximation.
    """
    ends = {
        name: _ends(value, decimals[name])
        for name, value in (("mean_a", mean_a), ("sd_a", sd_a), ("mean_b", mean_b), ("sd_b", sd_b))
    }
    nearest = max(0.0, ends["mean_b"][0] - ends["mean_a"][1], ends["mean_a"][0] - ends["mean_b"][1])
    farthest = max(ends["mean_b"][1] - ends["mean_a"][0], ends["mean_a"][1] - ends["mean_b"][0])
    found = {}
    for ddof in (0, 1):
        grow = [1.0 if ddof else np.sqrt(n / (n - 1)) for n in (n_a, n_b)]
        low = _effects(nearest, *(max(ends[sd][1], 0) * g for sd, g in zip(("sd_a", "sd_b"), grow)), n_a, n_b)
        high = _effects(
            farthest, *(max(ends[sd][0], 0) * g for sd, g in zip(("sd_a", "sd_b"), grow)), n_a, n_b
        )
        found[ddof] = {name: [tuple(sorted(both)) for both in zip(low[name], high[name])] for name in low}
    return found


def explained_by(groups, printed, decimals):
    """{name: the divisors of the SD, a set within {0, 1}, by which a printed t, d, g or p may follow from the summary}.

    Parameters
    ----------
    groups : mean_a, sd_a, n_a, mean_b, sd_b, n_b. printed : {"t" | "d" | "g" | "p": number}; signs do not count.
    decimals : {name: printed decimals}, of the summary's numbers and of the printed effects.
    """
    ranges = possible_effects(*groups, decimals)
    found = {}
    for name, value in printed.items():
        low, high = _ends(abs(value), decimals[name])
        found[name] = {
            ddof
            for ddof, allowed in ranges.items()
            if any(
                high >= a - SLACK * max(1, abs(a)) and low <= b + SLACK * max(1, abs(b))
                for a, b in allowed[name]
            )
        }
    return found


def excluded(groups, printed, decimals):
    """Whether no one standard deviation gives all printed effects."""
    explained = explained_by(groups, printed, decimals)
    return not set.intersection({0, 1}, *explained.values())


def decimals_as_written(value):
    """Decimals of a number as it is written: text "0.0000" has 4, the float 0.215205 has 6."""
    text = value if isinstance(value, str) else np.format_float_positional(float(value), trim="-")
    return len(text.partition(".")[2])


def _effects(difference, sd_a, sd_b, n_a, n_b):
    """|t|, |d|, |g|, p of the usual formulas, from sample SDs."""
    if max(sd_a, sd_b) == 0:
        infinite = np.inf if difference else 0.0
        return {
            "t": [infinite] * 2,
            "d": [infinite] * 2,
            "g": [infinite] * 3,
            "p": [0.0 if difference else 1.0] * 4,
        }
    student, welch = (f(difference, sd_a, n_a, 0.0, sd_b, n_b) for f in (students_t, welchs_t))
    df = n_a + n_b - 2
    d = [difference / pooled_sd(sd_a, n_a, sd_b, n_b), difference / np.sqrt((sd_a**2 + sd_b**2) / 2)]
    return {
        "t": [float(student.t), float(welch.t)],
        "d": [float(one) for one in d],
        "g": [float(j * one) for j in (hedges_correction(df), 1 - 3 / (4 * df - 1)) for one in d],
        "p": [float(p * share) for p in (student.p, welch.p) for share in (1, 0.5)],  # two-sided, one-sided
    }


def _ends(value, decimals):
    """The lowest and highest number printed so, to the nearest or cut off, as floats."""
    ways = [before_rounding(value, decimals, way) for way in ("nearest", "truncate")]
    return float(min(one.low for one in ways)), float(max(one.high for one in ways))
