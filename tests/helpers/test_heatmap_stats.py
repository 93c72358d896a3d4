"""Scores, tests, effect sizes, patients, power, simulation and clusters, against SciPy, statsmodels and brute force."""

import builtins
import itertools
import math
import subprocess
import sys
import warnings
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats
from statsmodels.stats import weightstats
from statsmodels.stats.power import TTestIndPower

from helpers import heatmap_stats
from helpers.heatmap_stats import intervals, wording

CLOSE = {"rtol": 1e-8, "atol": 1e-12}
FEW = {"n_permutations": 99, "n_draws": 50}


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _arms(seed, largest=40):
    """Two groups of different size, mean, spread and shape."""
    rng = np.random.default_rng(seed)
    n_a, n_b = rng.integers(3, largest, 2)
    return rng.normal(rng.normal(), rng.uniform(0.1, 3), n_a), rng.gamma(2, rng.uniform(0.1, 3), n_b)


def _cohort(seed=0, n_patients=8, most=5, effect=0.0):
    """Two arms with patients of unequal numbers of slices: values, values, patients, patients; not in order."""
    rng = np.random.default_rng(seed)
    parts = []
    for arm, shift in (("N", 0.0), ("P", effect)):
        m = rng.integers(1, most + 1, n_patients)
        m[0] = 2
        member = rng.permutation(np.repeat(np.arange(n_patients), m))
        values = shift + rng.normal(size=n_patients)[member] + 0.5 * rng.normal(size=len(member))
        parts.append((values, np.array([f"{arm}{k}" for k in member])))
    (a, groups_a), (b, groups_b) = parts
    return a, b, groups_a, groups_b


# Scores


def test_scores_of_a_map_by_hand():
    maps = np.array([[[1, 3], [0, 4]], [[0, 0], [0, 0]], [[2, 2], [2, 2]]], np.float32)
    np.testing.assert_array_equal(heatmap_stats.mean_raw(maps), [2, 0, 2])
    np.testing.assert_array_equal(heatmap_stats.mean_max_normalised(maps), [0.5, np.nan, 1])
    np.testing.assert_array_equal(heatmap_stats.mean_minmax_normalised(maps + 1), [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(heatmap_stats.empty(maps), [False, True, False])
    np.testing.assert_allclose(
        heatmap_stats.centroid(maps), [[0.5, (1 * 0.25 + 7 * 0.75) / 8], [np.nan] * 2, [0.5, 0.5]]
    )
    for score in (heatmap_stats.mean_raw, heatmap_stats.mean_max_normalised, heatmap_stats.centroid):
        assert score(maps).dtype == np.float64


@given(st.integers(0, 10**6), st.floats(0.01, 100))
@settings(deadline=None, max_examples=50)
def test_what_each_score_does_not_see(seed, factor):
    """Strength is not seen by normalised scores, place by no mean, size by no score."""
    maps = np.random.default_rng(seed).random((4, 5, 7)) + 0.1
    moved, larger = np.roll(maps, (2, 3), axis=(1, 2)), maps.repeat(3, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(heatmap_stats.mean_raw(factor * maps), factor * heatmap_stats.mean_raw(maps))
    for score in (
        heatmap_stats.mean_max_normalised,
        heatmap_stats.mean_minmax_normalised,
        heatmap_stats.centroid,
    ):
        np.testing.assert_allclose(score(factor * maps), score(maps))
        np.testing.assert_allclose(score(larger), score(maps))
    np.testing.assert_allclose(
        heatmap_stats.mean_max_normalised(moved), heatmap_stats.mean_max_normalised(maps)
    )
    by_scipy = [ndimage.center_of_mass(heat) for heat in maps]
    np.testing.assert_allclose(heatmap_stats.centroid(maps), (np.array(by_scipy) + 0.5) / (5, 7))


@pytest.mark.parametrize(
    ("maps", "because"),
    [
        (np.zeros((3, 3)), r"\(n, h, w\)"),
        (np.zeros((0, 3, 3)), "one at least"),
        (np.full((2, 3, 3), np.nan), "2 of 2 maps hold NaN"),
        (np.full((1, 3, 3), -1.0), "relu=True"),
    ],
)
def test_maps_that_have_no_score(maps, because):
    for name in ("mean_raw", "mean_max_normalised", "mean_minmax_normalised", "centroid", "empty"):
        with pytest.raises(ValueError, match=because):
            getattr(heatmap_stats, name)(maps)


# Two groups


@pytest.mark.parametrize("seed", range(25))
def test_a_comparison_agrees_with_scipy_and_statsmodels(seed):
    a, b = _arms(seed)
    alpha = (0.05, 0.1)[seed % 2]
    found = heatmap_stats.compare_groups(a, b, alpha=alpha, **FEW)
    student, welch = stats.ttest_ind(a, b), stats.ttest_ind(a, b, equal_var=False)
    np.testing.assert_allclose(
        (found.t, found.df, found.p), (student.statistic, student.df, student.pvalue), **CLOSE
    )
    np.testing.assert_allclose(
        (found.welch_t, found.welch_df, found.welch_p), (welch.statistic, welch.df, welch.pvalue), **CLOSE
    )
    for usevar, mine in (
        ("pooled", (found.t, found.p, found.df)),
        ("unequal", (found.welch_t, found.welch_p, found.welch_df)),
    ):
        np.testing.assert_allclose(mine, weightstats.ttest_ind(a, b, usevar=usevar), **CLOSE)
    both = weightstats.CompareMeans(weightstats.DescrStatsW(b), weightstats.DescrStatsW(a))
    np.testing.assert_allclose(found.interval, both.tconfint_diff(alpha, usevar="unequal"), **CLOSE)
    rank = stats.mannwhitneyu(a, b)
    assert (found.u, found.u_p) == (rank.statistic, rank.pvalue)
    assert found.n == (len(a), len(b)) and found.difference == pytest.approx(b.mean() - a.mean(), rel=1e-12)
    np.testing.assert_allclose(found.means + found.sds, (a.mean(), b.mean(), a.std(ddof=1), b.std(ddof=1)))
    assert np.sign(found.d) == -np.sign(found.t) == np.sign(found.difference)
    assert found.d == pytest.approx(-found.t * (1 / len(a) + 1 / len(b)) ** 0.5, rel=1e-8)
    assert found.d == heatmap_stats.cohens_d(a, b) and found.g == pytest.approx(heatmap_stats.hedges_g(a, b))


def test_document_004_from_scores_with_its_summary():
    rng = np.random.default_rng(4)
    normal, pneumonia = (
        mean + sd * stats.zscore(rng.normal(size=30), ddof=1)
        for mean, sd in ((0.215205, 0.018152), (0.242184, 0.020368))
    )
    found = heatmap_stats.compare_groups(normal, pneumonia, names=("Normal", "Pneumonia"))
    assert (found.t, found.d, found.g) == pytest.approx((-5.416, 1.3985, 1.380), abs=1e-3)
    said = found.sentence()
    assert said.startswith(
        "Pneumonia (n = 30, M = 0.242, SD = 0.020) exceeded Normal (n = 30, M = 0.215, SD = 0.018): difference 0.027 "
        "(Pneumonia - Normal), 95 % CI [0.017, 0.037], Welch t(57.2) = -5.42 (Normal - Pneumonia), p < .001 (1.3e-6), "
        "Hedges' g = 1.38, 95 % CI ["
    )


def test_hedges_correction_is_the_exact_one():
    assert heatmap_stats.hedges_correction(2) == pytest.approx(
        1 / np.sqrt(np.pi), rel=1e-12
    )  # Gamma(1) / Gamma(1/2)
    assert heatmap_stats.hedges_correction(4) == pytest.approx(np.sqrt(2 / np.pi), rel=1e-12)
    df = np.arange(10, 400)
    assert np.abs(heatmap_stats.hedges_correction(df) - (1 - 3 / (4 * df - 1))).max() < 4e-4
    rng = np.random.default_rng(1)
    g = [heatmap_stats.hedges_g(*arms) for arms in rng.normal([[0], [0.8]], 1, (20_000, 2, 4))]
    assert np.mean(g) == pytest.approx(0.8, abs=4 * np.std(g) / 20_000**0.5)  # d would be at 0.92


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_bca_intervals_agree_with_scipy(seed, level):
    a, b = _arms(seed + 100, 25)
    if seed > 1:  # ties among the draws
        a, b = np.round(a), np.round(b)

    def d(a, b, axis=-1):
        pooled = (a.shape[axis] - 1) * a.var(axis, ddof=1) + (b.shape[axis] - 1) * b.var(axis, ddof=1)
        return (b.mean(axis) - a.mean(axis)) / np.sqrt(pooled / (a.shape[axis] + b.shape[axis] - 2))

    found = heatmap_stats.compare_groups(a, b, alpha=1 - level, seed=seed)
    for statistic, mine in (
        (d, found.d_interval),
        (lambda a, b, axis=-1: b.mean(axis) - a.mean(axis), found.bootstrap_interval),
    ):
        theirs = stats.bootstrap(
            (a, b),
            statistic,
            n_resamples=2000,
            vectorized=True,
            confidence_level=level,
            rng=np.random.default_rng(seed),
        )
        np.testing.assert_allclose(mine, theirs.confidence_interval, rtol=1e-8)
    j = heatmap_stats.hedges_correction(found.df)
    np.testing.assert_allclose(found.g_interval, np.multiply(j, found.d_interval))


@pytest.mark.parametrize("seed", range(6))
def test_permutation_p_agrees_with_all_relabellings(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 6, 5) / 10, rng.integers(1, 8, 4) / 10  # ties
    values, extreme = np.r_[a, b], []
    for chosen in itertools.combinations(range(9), 4):
        rest = np.setdiff1d(range(9), chosen)
        difference = values[list(chosen)].mean() - values[rest].mean()
        extreme.append(abs(difference) >= abs(b.mean() - a.mean()) - 1e-12)
    exact = np.mean(extreme)
    found = intervals.permutation_p(a, b, 19_999, seed)
    assert abs(found - exact) < 4 * (exact * (1 - exact) / 20_000) ** 0.5 + 1e-4
    theirs = stats.permutation_test(
        (a, b), lambda a, b, axis: np.abs(a.mean(axis) - b.mean(axis)), vectorized=True, alternative="greater"
    )
    assert theirs.pvalue == pytest.approx(exact)


def test_permutation_p_is_never_0_and_counts_the_labels_as_they_are():
    a, b = np.arange(20.0), 1000 + np.arange(20.0)
    found = heatmap_stats.compare_groups(a, b, n_permutations=9999)
    assert found.permutation_p == pytest.approx(1 / 10_000, rel=1e-12)
    assert type(intervals.permutation_p(a, b, 9)) is type(found.permutation_p) is float
    assert intervals.permutation_p(a, a[::-1], 99) == 1
    large = np.random.default_rng(0).normal(size=2 * 600_000)  # more values than fit in one go
    assert 0 < intervals.permutation_p(large[:600_000], large[600_000:], 3) <= 1


def test_the_same_seed_gives_the_same_figures_and_another_seed_others():
    cohort = _cohort(3, effect=1.0)
    first, same, other = (heatmap_stats.compare_groups(*cohort, seed=seed) for seed in (1, 1, 2))
    assert first == same and asdict(first) == asdict(same)
    assert first.permutation_p != other.permutation_p and first.d_interval != other.d_interval
    assert (first.t, first.g) == (other.t, other.g)


@pytest.mark.parametrize(
    ("a", "b", "because"),
    [
        ([1.0], [1.0, 2.0], "Normal: a comparison needs 2 values or more in each arm, got 1"),
        ([1.0, 2.0], [], "Sick: a comparison needs 2 values or more in each arm, got 0"),
        ([0.1] * 7, [0.3] * 5, "neither Normal nor Sick has any variance"),
        ([0.1 + 0.2, 0.3], [0.3, 0.3], "variance"),
        (
            [1.0, np.nan, np.nan],
            [1.0, 2.0],
            "Normal: 2 of 3 scores are NaN .* counted and left out explicitly",
        ),
        ([1.0, 2.0], [1.0, np.inf], "Sick: 1 of 2 scores are NaN or infinite"),
        ([[1.0, 2.0]], [1.0, 2.0], r"Normal: expected one score for each image, \(n,\); got shape \(1, 2\)"),
    ],
)
def test_scores_that_cannot_be_compared(a, b, because):
    with pytest.raises(ValueError, match=because):
        heatmap_stats.compare_groups(a, b, names=("Normal", "Sick"))
    with pytest.raises(ValueError):
        heatmap_stats.cohens_d(a, b)
    with pytest.raises(ValueError):
        heatmap_stats.hedges_g(a, b)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"names": ("x", "x")}, "two different names"),
        ({"alpha": 0}, "alpha"),
        ({"n_permutations": 0}, "1 or more permutations"),
        ({"n_draws": 0}, "draws"),
    ],
)
def test_options_that_make_no_sense(change, because):
    with pytest.raises(ValueError, match=because):
        heatmap_stats.compare_groups([1, 2], [2, 3], **change)


def test_stated_limits_one_constant_arm_and_very_few_values():
    found = heatmap_stats.compare_groups([2.0] * 6, [1.0, 2.0, 4.0, 5.0, 3.5, 2.5], **FEW)
    assert (
        found.welch_df == 5
        and np.isfinite([found.t, found.welch_p, found.u_p, found.g, *found.interval]).all()
    )
    few = heatmap_stats.compare_groups([1.0, 2.0], [5.0, 6.0])
    assert few.d_interval is few.g_interval is few.bootstrap_interval is None
    assert (
        "No bootstrap interval" in str(few) and "[not defined]" in str(few) and "nan" not in str(few).lower()
    )
    assert few.sentence().endswith("Hedges' g = 3.19.")
    three = heatmap_stats.compare_groups([1.0, 1.0, 2.0], [5.0, 5.0, 5.0])
    assert three.d_interval is None and three.notes and three.bootstrap_interval is not None


# A unit of any size

FIGURES = (
    "t",
    "df",
    "p",
    "welch_t",
    "welch_df",
    "welch_p",
    "u",
    "u_p",
    "permutation_p",
    "d",
    "d_interval",
    "g",
    "icc",
)


@pytest.mark.parametrize("power_of_two", [-1000, -565, -300, 300, 664, 1000])
def test_nothing_but_the_scores_own_figures_depends_on_their_unit(power_of_two):
    """A unit that is a power of two leaves no rounding: t, d and p are the same bit for bit."""
    a, b, groups_a, groups_b = _cohort(4, effect=1.0)
    here = heatmap_stats.compare_groups(a, b, groups_a, groups_b, **FEW)
    unit = 2.0**power_of_two
    there = heatmap_stats.compare_groups(unit * a, unit * b, groups_a, groups_b, **FEW)
    for one, other in ((here, there), (here.patients, there.patients)):
        assert [getattr(one, name) for name in FIGURES] == [getattr(other, name) for name in FIGURES]
        for name in ("means", "sds", "difference", "interval", "bootstrap_interval"):
            np.testing.assert_allclose(np.divide(getattr(other, name), unit), getattr(one, name), rtol=1e-12)
    assert heatmap_stats.cohens_d(unit * a, unit * b) == heatmap_stats.cohens_d(a, b)
    assert heatmap_stats.hedges_g(unit * a, unit * b) == heatmap_stats.hedges_g(a, b)
    icc = heatmap_stats.intraclass_correlation(unit * a, groups_a)
    assert icc == heatmap_stats.intraclass_correlation(a, groups_a)


@pytest.mark.parametrize("unit", [1e-310, 1e-300, 1e-170, 1e-12, 1e12, 1e200, 1e305])
def test_scores_of_any_size_have_the_same_sentence(unit):
    a, b = _arms(3)
    here, there = (heatmap_stats.compare_groups(k * a, k * b, **FEW) for k in (1, unit))
    np.testing.assert_allclose([there.t, there.d, there.welch_p], [here.t, here.d, here.welch_p], rtol=1e-6)
    said = there.sentence()
    assert len(said) < 600 and "nan" not in said and "inf" not in said and "0.00" not in said
    assert said.split("Welch t")[1] == here.sentence().split("Welch t")[1]
    assert f"M = {there.means[0]:.1e}"[:7] in said and "inf" not in str(there)


@pytest.mark.parametrize(
    ("value", "sd", "said"),
    [
        (0.21520, 0.018, "0.215"),
        (1234.5, 40.0, "1234"),
        (-1e-9, 0.1, "0.00"),
        (7.76e-171, 5.9e-171, "7.8e-171"),
        (1.44e-170, 5.9e-171, "1.44e-170"),
        (1.23456789e-3, 1e-8, "1.234568e-03"),
        (0.0, 1e-200, "0.0e+00"),
        (8.9756e200, 5.9e200, "9.0e+200"),
        (np.inf, 1e300, "inf"),
    ],
)
def test_figures_have_two_digits_of_their_standard_deviation(value, sd, said):
    assert wording.number(value, sd) == said


@pytest.mark.parametrize("unit", [1e-170, 1.0, 1e200])
def test_constant_arms_single_scores_and_infinite_ones_are_told_in_any_unit(unit):
    for a, b, because in (
        ([unit] * 4, [2 * unit] * 3, "neither a nor b has any variance"),
        ([unit], [unit, 2 * unit], "a: a comparison needs 2 values or more"),
        ([unit, np.inf], [unit, 2 * unit], "a: 1 of 2 scores are NaN or infinite"),
    ):
        with pytest.raises(ValueError, match=because):
            heatmap_stats.compare_groups(a, b)
    one_constant = heatmap_stats.compare_groups(
        [2 * unit] * 6, np.multiply(unit, [1.0, 2, 4, 5, 3.5, 2.5]), **FEW
    )
    assert one_constant.welch_df == pytest.approx(5) and one_constant.sds[0] < 1e-12 * unit


@pytest.mark.parametrize("unit", [2.0**-700, 2.0**700])
def test_tests_from_summaries_do_not_depend_on_the_unit(unit):
    from helpers.heatmap_stats import effects

    here = np.array([0.215, 0.018, 30, 0.242, 0.020, 25])
    there = here * [unit, unit, 1, unit, unit, 1]
    for test in (effects.students_t, effects.welchs_t):
        assert test(*here) == test(*there)
    theirs = stats.ttest_ind_from_stats(*here, equal_var=False)
    np.testing.assert_allclose(effects.welchs_t(*here)[::2], (theirs.statistic, theirs.pvalue), rtol=1e-9)


def test_clusters_do_not_depend_on_the_unit_of_the_maps():
    pytest.importorskip("mne")
    a, b = _two_groups_of_maps()
    here, there = (
        heatmap_stats.cluster_permutation(unit * a, unit * b, n_permutations=30) for unit in (1.0, 2.0**-600)
    )
    np.testing.assert_array_equal(here.statistic, there.statistic)
    np.testing.assert_array_equal(here.p_values, there.p_values)


# The report


def test_the_table_holds_the_figures_and_the_rule_of_signs():
    found = heatmap_stats.compare_groups(*_cohort(5, effect=2.0), names=("<Normal>", "Sick"), **FEW)
    text, page = str(found), found._repr_html_()
    for piece in (
        "by image",
        "by patient",
        "n = 8,",
        f"{found.t:.4f}",
        f"{found.patients.welch_t:.4f}",
        f"{found.g:.4f}",
    ):
        assert piece in text and piece in page
    assert "Signs: t is of <Normal> - Sick; difference, d and g are of Sick - <Normal>." in text
    assert f"{found.icc:.3f}; {found.design_effect:.2f}" in text
    assert "&lt;Normal&gt;" in page and "<Normal>" not in page
    assert "by patient" not in str(replace(found, patients=None))


def test_no_difference_shown_is_not_called_equal():
    rng = np.random.default_rng(2)
    found = heatmap_stats.compare_groups(rng.normal(size=20), rng.normal(size=20), **FEW)
    assert found.welch_p > 0.05
    assert found.sentence().startswith("No difference was shown between b (n = 20")
    assert "not to say that there is none" in found.sentence() and "exceeded" not in found.sentence()
    below = heatmap_stats.compare_groups([5.0, 6.0, 7.0], [1.0, 2.0, 3.0], **FEW)
    assert below.sentence().startswith("b (n = 3, M = 2.0, SD = 1.0) lay below a (n = 3")


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0, "p < .001 (below 1e-307)"),
        (1.7e-6, "p < .001 (1.7e-6)"),
        (3e-120, "p < .001 (3.0e-120)"),
        (0.0321, "p = .032"),
        (0.05, "p = .050"),
        (0.04996, "p = .04996"),
        (0.9996, "p > .999"),
        (0.25, "p = .250"),
    ],
)
def test_p_is_never_printed_as_0_nor_rounded_to_alpha(p, said):
    assert wording.p_value(p, 0.05) == said


def test_no_negative_zero_is_printed():
    for shift in (1e-9, -1e-9):
        found = heatmap_stats.compare_groups([1.0, 2.0, 3.0], [1.0, 2.0, 3.0 + shift], **FEW)
        assert "-0.0 " not in found.sentence() and "-0.00" not in found.sentence()


# Patients


@pytest.mark.parametrize("seed", range(5))
def test_the_comparison_by_patient_is_that_of_patient_means(seed):
    a, b, groups_a, groups_b = _cohort(seed)
    found = heatmap_stats.compare_groups(a, b, groups_a, groups_b, names=("N", "P"), **FEW)
    means = [[x[g == name].mean() for name in sorted(set(g))] for x, g in ((a, groups_a), (b, groups_b))]
    expected = replace(heatmap_stats.compare_groups(*means, names=("N", "P"), **FEW), unit="patients")
    for name, value in asdict(found.patients).items():
        if name in ("names", "unit", "notes", "patients", "icc", "mean_cluster_size", "design_effect"):
            assert value == getattr(expected, name)
        else:
            np.testing.assert_allclose(value, getattr(expected, name), rtol=1e-9, err_msg=name)
    shifted = heatmap_stats.compare_groups(a, b + 100, groups_a, groups_b, **FEW)
    assert shifted.icc == pytest.approx(found.icc)  # within the arms
    assert found.patients.n == (8, 8) and found.n == (len(a), len(b)) and "8 patients" in found.sentence()
    naive = heatmap_stats.compare_groups(a, b, names=("N", "P"), **FEW)
    assert replace(found, patients=None, icc=None, mean_cluster_size=None, design_effect=None) == naive


def test_the_design_effect_is_that_of_the_variance_of_the_difference():
    """Exchangeable values of variance 1 in patients of unequal sizes: the variance of b - a by summing covariances."""
    sizes, icc = ((1, 2, 6), (4, 4, 1, 1)), 0.4
    variance = naive = 0
    groups = []
    for arm, m in zip("ab", sizes):
        member = np.repeat(np.arange(len(m)), m)
        same = member[:, None] == member
        covariance = np.where(np.eye(len(member), dtype=bool), 1, icc * same)
        variance, naive = variance + covariance.mean(), naive + 1 / len(member)
        groups.append(np.array([f"{arm}{k}" for k in member]))
    rng = np.random.default_rng(0)
    found = heatmap_stats.compare_groups(rng.normal(size=9), rng.normal(size=10), *groups, **FEW)
    assert heatmap_stats.design_effect(found.mean_cluster_size, icc) == pytest.approx(variance / naive)
    assert found.design_effect == heatmap_stats.design_effect(found.mean_cluster_size, found.icc)


@pytest.mark.parametrize(
    ("groups", "because"),
    [
        ((["p1", "p1", "p2"], None), "given for N, not for S"),
        ((None, ["p1", "p1", "p2"]), "given for S, not for N"),
        ((["p1", "p2"], ["q1", "q2", "q3"]), "N: expected a patient for each of the 3 scores"),
        ((["p1", "p2", "p3"], ["q1", "q1", "q1"]), "S: all 3 scores are of one patient, 'q1'"),
        ((["p1", "p2", "p3"], ["q1", "p2", "q3"]), "patients in both arms: 1, the first is 'p2'.*paired"),
        ((["p1", None, np.nan], ["q1", "q2", "q3"]), "N: 2 of 3 scores have no patient"),
        ((["p1", "p2", "p2"], ["q1", "q2", " "]), "S: 1 of 3 scores have no patient"),
        ((["p1", "p2", pd.NA], ["q1", "q2", "q3"]), "N: 1 of 3 scores have no patient"),
        ((["p1", "p2", "nan"], ["q1", "q2", "q3"]), "N: 1 of 3 scores have no patient"),
        ((["p1", "p2", "p3"], [1.0, 2.0, np.nan]), "S: 1 of 3 scores have no patient"),
    ],
)
def test_patients_that_do_not_fit(groups, because):
    with pytest.raises(ValueError, match=because):
        heatmap_stats.compare_groups([1.0, 2.0, 4.0], [2.0, 3.0, 5.0], *groups, names=("N", "S"))


def test_patient_means_without_variance_are_refused():
    with pytest.raises(ValueError, match="among its patient means"):
        heatmap_stats.compare_groups([1, 3, 3, 1.0], [2, 5, 5, 2.0], list("ppqq"), list("rrss"))


def test_one_image_a_patient_is_no_clustering():
    a, b = _arms(1)
    groups = [[f"{arm}{k}" for k in range(len(x))] for arm, x in (("a", a), ("b", b))]
    found = heatmap_stats.compare_groups(a, b, *groups, **FEW)
    assert found.icc is None and found.design_effect == found.mean_cluster_size == 1
    assert found.patients.n == found.n and "one image" in str(found)


def _icc_of_equal_sizes(table):
    """ICC(1) from a table (patients, slices), by the sums of squares of a one-way ANOVA as SciPy gives them."""
    f = stats.f_oneway(*table).statistic
    return (f - 1) / (f + table.shape[1] - 1)


@pytest.mark.parametrize("seed", range(5))
def test_intraclass_correlation_against_the_f_of_an_anova(seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(6, 1)) * rng.uniform(0, 2) + rng.normal(size=(6, 4))
    groups = np.repeat(np.arange(6), 4)
    order = rng.permutation(24)
    found = heatmap_stats.intraclass_correlation(table.ravel()[order], groups[order])
    assert found == pytest.approx(_icc_of_equal_sizes(table), rel=1e-10)


def test_intraclass_correlation_of_unequal_sizes_and_arms():
    """Patients of 2, 3 and 1 slices by hand; Shrout and Fleiss' own table; a shift between arms is no correlation."""
    values, groups = [1, 3, 4, 5, 6, 9], list("aabbbc")
    between = (2 * (2 - 14 / 3) ** 2 + 3 * (5 - 14 / 3) ** 2 + (9 - 14 / 3) ** 2) / 2
    within, n0 = (2 + 2) / 3, (6 - 14 / 6) / 2
    expected = (between - within) / (between + (n0 - 1) * within)
    assert heatmap_stats.intraclass_correlation(values, groups) == pytest.approx(expected)
    table = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    assert round(heatmap_stats.intraclass_correlation(table.ravel(), np.repeat(range(6), 4)), 2) == 0.17
    rng = np.random.default_rng(0)
    values, groups, arms = rng.normal(size=4000), np.repeat(np.arange(1000), 4), np.repeat([0, 1], 2000)
    shifted = values + 3 * arms
    assert abs(heatmap_stats.intraclass_correlation(shifted, groups, arms)) < 0.06
    assert heatmap_stats.intraclass_correlation(shifted, groups) > 0.6
    assert heatmap_stats.intraclass_correlation([1, -1, 1, -1], list("aabb")) == -1


@pytest.mark.parametrize(
    ("values", "groups", "because"),
    [
        ([1, 2, 3], list("aaa"), "single patient"),
        ([1, 2, 3], list("abc"), "no patient has two values"),
        ([1, 1, 1, 1], list("aabb"), "no variance"),
        ([1, np.nan, 2, 3], list("aabb"), "NaN"),
        ([1, 2, 3], list("ab"), "lengths differ"),
        ([1, 2, 3, 5], ["a", "a", None, None], "2 of 4 images have no entry in groups"),
        ([1, 2, 3, 5], [1.0, 1.0, np.nan, np.nan], "2 of 4 images have no entry in groups"),
        ([1, 2, 3, 5], ["a", "a", "b", ""], "1 of 4 images have no entry in groups"),
    ],
)
def test_where_there_is_no_intraclass_correlation(values, groups, because):
    with pytest.raises(ValueError, match=because):
        heatmap_stats.intraclass_correlation(values, groups)


def test_the_pooled_icc_recovers_the_truth():
    icc, m, rng = 0.3, 5, np.random.default_rng(8)
    found = []
    for _ in range(200):
        u, e = rng.normal(size=(2, 20, 1)), rng.normal(size=(2, 20, m))
        a, b = (icc**0.5 * u + (1 - icc) ** 0.5 * e).reshape(2, -1) + [[0], [5]]
        groups = [np.repeat([f"{arm}{k}" for k in range(20)], m) for arm in "ab"]
        arms = np.repeat([0, 1], len(a))
        found.append(heatmap_stats.intraclass_correlation(np.r_[a, b], np.concatenate(groups), arms))
    assert np.mean(found) == pytest.approx(icc, abs=0.03)


# Power


@given(st.floats(-3, 3), st.integers(2, 3000), st.floats(0.001, 0.3))
@settings(deadline=None, max_examples=60)
def test_power_agrees_with_statsmodels(d, n, alpha):
    found = heatmap_stats.power(d, n, alpha)
    theirs = TTestIndPower().power(abs(d), n, alpha)
    if np.isfinite(theirs):  # its far tail can be NaN
        assert found == pytest.approx(theirs, rel=1e-8)
    assert abs(d) * (n / 2) ** 0.5 > 4 or np.isfinite(theirs)
    assert alpha * (1 - 1e-9) <= found <= 1 + 1e-12


def test_power_in_tables_and_in_bulk():
    """Cohen 1988, table 2.3: 64 a group for d = 0.5 and 80 %; 26 for 0.8; 393 for 0.2."""
    assert [heatmap_stats.required_n(d) for d in (0.5, 0.8, 0.2, -0.5)] == [64, 26, 394, 64]
    grid = heatmap_stats.power(np.array([[0.2], [0.5], [5.0]]), np.array([10, 64, 1000]))
    assert grid.shape == (3, 3) and np.isfinite(grid).all() and (np.diff(grid, axis=1) >= -1e-12).all()
    assert grid[1, 1] == heatmap_stats.power(0.5, 64) and isinstance(float(grid[1, 1]), float)
    assert heatmap_stats.power([0, 1e-200, 1e-8], 30, 0.07) == pytest.approx(0.07)


def test_power_and_effect_are_those_of_r_statsmodels_and_pingouin():
    """R's pwr.t.test as in statsmodels' test_power.py; d of R's effsize, power and n of pwr, as in pingouin's tests."""
    assert heatmap_stats.power(1, 30) == pytest.approx(0.967708258242517, rel=1e-9)
    assert heatmap_stats.power(0.1, 20) == pytest.approx(0.06095912465411235, rel=1e-9)
    assert heatmap_stats.power(0.5, 20) == pytest.approx(0.337939, abs=5e-7)
    assert heatmap_stats.power(0.9091587, 20) == pytest.approx(0.8, abs=1e-4), "R stops its search early"
    assert heatmap_stats.power(0.5, 63.76561) == pytest.approx(0.8, abs=1e-6)
    assert heatmap_stats.required_n(0.5, 0.8) == 64, "whole patients: the next number above 63.76561"
    a, b = [3.2, 6.4, 1.8, 2.4, 5.8, 6.5], [2.4, 3.2, 3.2, 1.4, 2.8, 3.5]
    assert heatmap_stats.cohens_d(b, a) == pytest.approx(1.002549, abs=5e-7)
    assert heatmap_stats.compare_groups(a, b, **FEW).t == pytest.approx(1.736465, abs=5e-7)
    approximate = 1.002549 * (1 - 3 / (4 * 12 - 9))
    assert approximate == pytest.approx(0.9254296, abs=1e-6), "pingouin's g, by Hedges' approximation"
    exact = 1.002549 * math.gamma(5) / (math.sqrt(5) * math.gamma(4.5))
    assert heatmap_stats.hedges_g(b, a) == pytest.approx(exact, abs=1e-6) != approximate, (
        "by the exact correction"
    )


@given(st.floats(0.05, 6), st.floats(0.1, 0.99), st.sampled_from([0.01, 0.05]))
@settings(deadline=None, max_examples=40)
def test_required_n_is_the_smallest_that_suffices(d, wanted, alpha):
    n = heatmap_stats.required_n(d, wanted, alpha)
    assert isinstance(n, int) and heatmap_stats.power(d, n, alpha) >= wanted
    assert n == 2 or heatmap_stats.power(d, n - 1, alpha) < wanted


@pytest.mark.parametrize(
    "call",
    [
        lambda: heatmap_stats.power(0.5, 1),
        lambda: heatmap_stats.power(np.nan, 10),
        lambda: heatmap_stats.power(0.5, 10, 1.5),
        lambda: heatmap_stats.required_n(0),
        lambda: heatmap_stats.required_n(0.5, 1.0),
        lambda: heatmap_stats.required_n(0.5, 0.01),
        lambda: heatmap_stats.design_effect(0.5, 0.3),
        lambda: heatmap_stats.design_effect(5, 1.3),
        lambda: heatmap_stats.naive_false_positive_rate(5, -0.25),
        lambda: heatmap_stats.naive_false_positive_rate(5, 0.3, 0),
        lambda: heatmap_stats.null_experiments(10, 1, 5, 0.3),
        lambda: heatmap_stats.null_experiments(10, 5, 0, 0.3),
        lambda: heatmap_stats.null_experiments(10, 5, 5, 1.0),
        lambda: heatmap_stats.holm([]),
        lambda: heatmap_stats.holm([0.1, np.nan]),
        lambda: heatmap_stats.holm([0.1, 1.1]),
        lambda: heatmap_stats.holm([0.1], 2),
    ],
)
def test_plans_that_make_no_sense(call):
    with pytest.raises(ValueError, match="expected|needs|must|no such"):
        call()


# False positives


def test_the_formula_gives_the_known_rates():
    assert heatmap_stats.design_effect(5, 0.3) == pytest.approx(2.2)
    assert heatmap_stats.design_effect(1, 0.9) == 1
    assert heatmap_stats.naive_false_positive_rate(5, 0.3) == pytest.approx(0.19, abs=0.005)
    assert heatmap_stats.naive_false_positive_rate(2, 0.5) == pytest.approx(0.11, abs=0.005)
    rates = heatmap_stats.naive_false_positive_rate(np.array([1, 2, 9]), 0.0, 0.01)
    np.testing.assert_allclose(rates, 0.01)


@pytest.mark.parametrize(
    ("m", "icc"), [(1, 0.5), (2, 0.5), (5, 0.0), (5, 0.3), (5, 0.8), (10, 0.1), (10, 0.5)]
)
def test_simulated_false_positives_follow_the_formula(m, icc):
    found = heatmap_stats.null_experiments(10_000, 25, m, icc)
    assert found.naive_rate == pytest.approx(heatmap_stats.naive_false_positive_rate(m, icc), abs=0.02)
    assert found.patient_rate == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / 10_000) ** 0.5)
    assert found.naive_p.shape == found.patient_p.shape == (10_000,)
    assert found.naive_rate == (found.naive_p < 0.05).mean()
    if icc == 0:  # both tests see all slices
        assert np.corrcoef(found.naive_p, found.patient_p)[0, 1] > 0.9
    if m == 1:
        np.testing.assert_allclose(found.naive_p, found.patient_p)
    else:
        assert stats.kstest(found.patient_p, "uniform").pvalue > 1e-4  # exact at every level


def test_null_experiments_are_as_described_and_repeatable():
    first = heatmap_stats.null_experiments(2000, 30, 5, 0.3, alpha=0.1, seed=1)
    again = heatmap_stats.null_experiments(np.int16(2000), np.int8(30), np.int8(5), 0.3, alpha=0.1, seed=1)
    np.testing.assert_array_equal(first.naive_p, again.naive_p)
    assert first.patient_rate == (first.patient_p < 0.1).mean() > 0.07
    assert (heatmap_stats.null_experiments(2000, 30, 5, 0.3, seed=2).naive_p != first.naive_p).any()


# Many tests


@pytest.mark.parametrize("seed", range(10))  # few: every call of statsmodels collects garbage
def test_holm_by_hand(seed):
    rng = np.random.default_rng(seed)
    p_values, alpha = np.round(rng.random(rng.integers(1, 12)) ** 4, 2), (0.05, 0.2)[seed % 2]
    expected, highest = np.empty(len(p_values)), 0.0
    for k, position in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1, p_values[position] * (len(p_values) - k)))
        expected[position] = highest
    rejected, adjusted = heatmap_stats.holm(p_values, alpha)
    np.testing.assert_allclose(adjusted, expected, rtol=1e-12)
    np.testing.assert_array_equal(rejected, expected <= alpha)
    assert rejected.dtype == bool


def _two_groups_of_maps(seed=0, shape=(9, 11), n=(12, 10), effect=2.0):
    """Noise; in b a bright block, in a another: pixels of both signs. One column is constant."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n[0], *shape)), rng.normal(size=(n[1], *shape))
    b[:, 1:4, 1:4] += effect
    a[:, 6:8, 6:9] += effect
    a[..., -1] = b[..., -1] = rng.random(shape[0])
    return a, b


def test_clusters_against_brute_force():
    pytest.importorskip("mne")
    a, b = _two_groups_of_maps()
    found = heatmap_stats.cluster_permutation(a, b, n_permutations=400)
    assert found.threshold == pytest.approx(stats.t.ppf(0.995, 20))
    inside = np.s_[:, :, :-1]
    np.testing.assert_allclose(
        found.statistic[:, :-1], stats.ttest_ind(a[inside], b[inside]).statistic, rtol=1e-8
    )
    assert (found.statistic[:, -1] == 0).all() and found.statistic[2, 2] < 0 < found.statistic[7, 7]

    def clusters(t):
        for sign in (1, -1):
            labels, count = ndimage.label(sign * t > found.threshold)
            yield from (labels == k for k in range(1, count + 1))

    expected = list(clusters(found.statistic))
    assert len(expected) == len(found.clusters) == len(found.p_values) >= 2
    for mine in found.clusters:
        assert mine.shape == (9, 11) and mine.dtype == bool and any((mine == one).all() for one in expected)
    rng, both = np.random.default_rng(3), np.concatenate([a, b])[inside]
    heaviest = []
    for _ in range(400):
        order = rng.permutation(22)
        t = stats.ttest_ind(both[order[:12]], both[order[12:]]).statistic
        heaviest.append(max((abs(t[one].sum()) for one in clusters(t)), default=0))
    for mine, p in zip(found.clusters, found.p_values):
        exact = (1 + np.sum(np.array(heaviest) >= abs(found.statistic[mine].sum()))) / 401
        assert p >= 1 / 400 and abs(p - exact) < 4 * (2 * max(exact, 0.01) / 400) ** 0.5
    assert (np.diff(found.p_values) >= 0).all() and (found.p_values[:2] < 0.05).all()
    assert found.clusters[0][2, 2] != found.clusters[0][7, 7]  # signs do not mix


def test_clusters_do_not_join_at_corners_and_their_threshold_is_free():
    pytest.importorskip("mne")
    a, b = np.random.default_rng(1).normal(size=(2, 8, 6, 6)) / 10
    b[:, 1, 1] += 5
    b[:, 2, 2] += 5
    found = heatmap_stats.cluster_permutation(a, b, threshold=10.0, n_permutations=50)
    assert sorted(cluster.sum() for cluster in found.clusters) == [1, 1] and found.threshold == 10
    none = heatmap_stats.cluster_permutation(a, b, threshold=1e6, n_permutations=50)
    assert none.clusters == [] and none.p_values.shape == (0,) and none.statistic.shape == (6, 6)


def test_clusters_repeat_and_say_nothing(capfd):
    pytest.importorskip("mne")
    a, b = _two_groups_of_maps(1)
    first, same = (heatmap_stats.cluster_permutation(a, b, n_permutations=100, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.p_values, same.p_values)
    many = heatmap_stats.cluster_permutation(b, a, n_permutations=100, threshold=1.0)
    weights = [abs(many.statistic[cluster].sum()) for cluster in many.clusters]
    assert (
        len(weights) > 5 and weights == sorted(weights, reverse=True) and (np.diff(many.p_values) >= 0).all()
    )
    heatmap_stats.cluster_permutation(a, a, n_permutations=20)
    said = capfd.readouterr()
    assert said.out == said.err == ""


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"maps_a": np.zeros((3, 3))}, "expected maps"),
        ({"maps_a": np.zeros((3, 4, 4))}, "of one size"),
        ({"maps_b": np.zeros((1, 9, 11))}, "2 maps or more"),
        ({"maps_b": np.full((3, 9, 11), np.nan)}, "NaN"),
        ({"threshold": 0}, "threshold above 0"),
        ({"n_permutations": 0}, "permutation"),
    ],
)
def test_maps_that_cannot_be_clustered(change, because):
    a, b = _two_groups_of_maps()
    with pytest.raises(ValueError, match=because):
        heatmap_stats.cluster_permutation(**({"maps_a": a, "maps_b": b} | change))


def test_without_mne_it_is_said_what_to_install(monkeypatch):
    real = builtins.__import__

    def without_mne(name, *rest, **options):
        if name.split(".")[0] == "mne":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without_mne)
    with pytest.raises(ModuleNotFoundError, match="pip install mne"):
        heatmap_stats.cluster_permutation(*_two_groups_of_maps())


def test_the_package_needs_neither_tensorflow_nor_mne_to_be_imported():
    code = "import sys, helpers.heatmap_stats, helpers.audit; print({'tensorflow', 'keras', 'mne'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()" and not done.stderr
    assert all(hasattr(heatmap_stats, name) for name in heatmap_stats.__all__)
