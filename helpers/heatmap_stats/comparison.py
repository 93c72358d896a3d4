"""Compare the scores of two groups of maps, by image and by patient."""

from dataclasses import replace

import numpy as np
from scipy import stats

from helpers.heatmap_stats.arms import (
    check_options,
    exponent,
    patient_means,
    two_arms,
    two_sets_of_patients,
)
from helpers.heatmap_stats.clustering import design_effect, intraclass_correlation, mean_cluster_size
from helpers.heatmap_stats.effects import hedges_correction, standardised_difference, students_t, welchs_t
from helpers.heatmap_stats.intervals import bca_interval, permutation_p
from helpers.heatmap_stats.reporting import Comparison


def compare_groups(
    a,
    b,
    groups_a=None,
    groups_b=None,
    *,
    names=("a", "b"),
    alpha=0.05,
    n_permutations=9999,
    n_draws=2000,
    seed=7,
):
    """Is there a difference between two groups of scores, and how large?

    Signs: difference, d, g and their intervals are b - a; t, Welch's t and U are of a against b (see `Comparison`).

    Without patients every score counts as independent. With them, the result also holds `patients`: the same comparison
    of the patients' means, with as many values as patients. That one is the answer wherever a patient has several images.

    Nothing but means, SDs, the difference and its intervals depends on the unit of the scores, however small or large.

    Parameters
    ----------
    a, b : (n_a,), (n_b,) float: one finite score per image. Read a as the control.
    groups_a, groups_b : (n_a,), (n_b,) patient of each image; both or neither.
    names : of the two groups, for the report.
    alpha : the level, fixed beforehand; all intervals are at 1 - alpha.
    n_permutations, n_draws : of the permutation test and the bootstrap. seed : the same seed gives the same figures.

    Returns
    -------
    Comparison. If one arm is constant it is computed (Welch's t then rests on the other arm alone).

    Raises
    ------
    ValueError : fewer than 2 scores or patients in an arm, no variance in both, NaN or infinite scores, patients for one
        arm only or in another number than scores, a patient in both arms (needs a paired test), arrays not (n,).

    References
    ----------
    Welch 1947 (t), Mann & Whitney 1947 (U, as `scipy.stats.mannwhitneyu`), Phipson & Smyth 2010 (permutation), Hedges
    1981 (g), Efron 1987 (BCa bootstrap): in full beside the functions that compute them.
    """
    options = {"alpha": alpha, "n_permutations": n_permutations, "n_draws": n_draws, "seed": seed}
    check_options(names, **options)
    if (groups_a is None) != (groups_b is None):
        given, lacking = names if groups_b is None else names[::-1]
        raise ValueError(
            f"patients are given for {given}, not for {lacking}: give both groups_a and groups_b, or none"
        )
    a, b = two_arms(a, b, names)
    unit = exponent(a, b)
    a, b = np.ldexp(a, -unit), np.ldexp(b, -unit)
    if groups_a is None:
        return _in_units(_compared(a, b, names, **options), unit)
    patients_a, patients_b = two_sets_of_patients(groups_a, groups_b, (a, b), names)
    means = two_arms(patient_means(a, patients_a), patient_means(b, patients_b), names, "patient means")
    m = mean_cluster_size(patients_a, patients_b)
    icc, effect, notes = (
        None,
        1.0,
        ("Every patient has one image: how alike a patient's images are is unknown.",),
    )
    if m > 1:
        arms = np.repeat([0, 1], [len(a), len(b)])
        icc, notes = intraclass_correlation(np.r_[a, b], np.r_[patients_a, patients_b], arms), ()
        effect = float(design_effect(m, icc))
    images = _compared(a, b, names, **options)
    return replace(
        _in_units(images, unit),
        patients=_in_units(_compared(*means, names, unit="patients", **options), unit),
        icc=icc,
        mean_cluster_size=m,
        design_effect=effect,
        notes=(*images.notes, *notes),
    )


def _compared(a, b, names, alpha, n_permutations, n_draws, seed, unit="images"):
    """All figures for two arms of independent values."""
    means, sds, n = (a.mean(), b.mean()), (a.std(ddof=1), b.std(ddof=1)), (len(a), len(b))
    summary = means[0], sds[0], n[0], means[1], sds[1], n[1]
    student, welch, rank = students_t(*summary), welchs_t(*summary), stats.mannwhitneyu(a, b)
    difference, d, j = _difference(a, b), standardised_difference(a, b), hedges_correction(student.df)
    margin = stats.t.isf(alpha / 2, welch.df) * np.sqrt(sds[0] ** 2 / n[0] + sds[1] ** 2 / n[1])
    drawn, d_interval = (
        bca_interval(statistic, a, b, 1 - alpha, n_draws, seed)
        for statistic in (_difference, standardised_difference)
    )
    undefined = f"No bootstrap interval of {unit}: fewer than 3, or draws without any variance occur."
    figures = {"difference": difference, "d": d, "g": j * d, "u": rank.statistic, "u_p": rank.pvalue}
    figures |= {"t": student.t, "df": student.df, "p": student.p}
    figures |= {"welch_t": welch.t, "welch_df": welch.df, "welch_p": welch.p}
    return Comparison(
        names=tuple(names),
        unit=unit,
        n=n,
        means=_floats(means),
        sds=_floats(sds),
        interval=_floats((difference - margin, difference + margin)),
        bootstrap_interval=drawn,
        d_interval=d_interval,
        g_interval=d_interval and _floats(j * end for end in d_interval),
        permutation_p=permutation_p(a, b, n_permutations, seed),
        alpha=alpha,
        notes=() if drawn and d_interval else (undefined,),
        **dict(zip(figures, _floats(figures.values()))),
    )


def _in_units(comparison, exponent):
    """A comparison of scores that were divided by 2^exponent, in the units of the scores."""

    def back(numbers):
        return None if numbers is None else _floats(np.ldexp(numbers, exponent))

    with np.errstate(over="ignore"):  # an interval may reach beyond what a float64 can hold
        return replace(
            comparison,
            difference=float(np.ldexp(comparison.difference, exponent)),
            **{
                name: back(getattr(comparison, name))
                for name in ("means", "sds", "interval", "bootstrap_interval")
            },
        )


def _difference(a, b):
    return b.mean(axis=-1) - a.mean(axis=-1)


def _floats(numbers):
    return tuple(float(number) for number in numbers)
