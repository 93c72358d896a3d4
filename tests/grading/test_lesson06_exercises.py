"""Lesson 06's exercises: the table of answers; and whether the checks' own rules are those
of the helpers, of SciPy, and of what the equations mean."""

import itertools

import exercises
import numpy as np
import pytest
from scipy import stats

from helpers import heatmap_stats
from helpers.checks import lesson06
from helpers.heatmap_stats import arms, intervals


class TestLesson06(exercises.ExerciseTests):
    lesson, points = "06", 12


def _two(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 40, 2)
    return rng.normal(0.4, 0.1, n), rng.normal(0.5, rng.uniform(0.02, 0.5), m)


@pytest.mark.parametrize("seed", range(8))
def test_d_and_t_are_those_of_the_helper_and_of_scipy(seed):
    a, b = _two(seed)
    assert np.isclose(lesson06.d(a, b), heatmap_stats.cohens_d(a, b))
    theirs = stats.ttest_ind(a, b, equal_var=False)
    assert np.allclose(lesson06.welch(a, b), (theirs.statistic, theirs.df))
    ours = heatmap_stats.compare_groups(a, b, n_permutations=9, n_draws=9)
    assert np.allclose(lesson06.welch(a, b), (ours.welch_t, ours.welch_df))
    assert np.sign(lesson06.d(a, b)) == -np.sign(lesson06.welch(a, b)[0])


@pytest.mark.parametrize("decimals", [1, 9])
def test_p_is_that_of_the_helper_with_the_shuffles_that_it_draws(decimals):
    for seed in range(6):
        a, b = (values.round(decimals) for values in _two(seed))
        shuffles = lesson06.permutations(seed, 300, len(a) + len(b))
        p = lesson06.permuted(a, b, shuffles)
        assert np.isclose(p, intervals.permutation_p(a, b, n_permutations=300, seed=seed))


def test_p_of_all_permutations_is_that_of_scipy():
    a, b = np.array([0.3, 0.1, 0.4]), np.array([0.5, 0.9, 0.2, 0.6])
    shuffles = np.array(list(itertools.permutations(range(7))))[1:]  # the first is no shuffle
    theirs = stats.permutation_test((a, b), lambda x, y: x.mean() - y.mean(), n_resamples=np.inf)
    assert np.isclose(lesson06.permuted(a, b, shuffles), theirs.pvalue)


@pytest.mark.parametrize("case", lesson06.permutation_p._cases)
def test_no_difference_is_nearly_but_not_quite_a_tie(case):
    """So that any sensible tolerance, absolute or relative, gives the same count."""
    a, b, shuffles, _ = case
    assert (np.sort(shuffles, axis=1) == np.arange(len(a) + len(b))).all()
    difference, observed, _ = lesson06.shuffled(a, b, shuffles)
    apart = np.abs(np.abs(difference) - abs(observed))
    assert ((apart < 1e-14) | (apart > 1e-5)).all()


@pytest.mark.parametrize("case", lesson06.patient_means._cases)
def test_patient_means_are_those_of_the_helper_in_another_order(case):
    scores, patients, _ = case
    names, _ = lesson06.appearing(patients)
    assert list(names) == list(dict.fromkeys(patients.tolist()))
    means = lesson06.means(scores, patients)
    assert np.allclose(means[np.argsort(names)], arms.patient_means(scores, patients))


def test_rates_are_those_of_the_helper():
    m, icc = np.arange(1, 30)[:, None], np.linspace(0, 1, 21)
    rates = lesson06.rate(m, icc)
    assert np.allclose(rates, heatmap_stats.naive_false_positive_rate(m, icc))
    assert np.allclose(rates[:, 0], 0.05) and np.allclose(rates[0], 0.05)
    assert (np.diff(rates[:, 1:], axis=0) > 0).all()  # what the praise says


@pytest.mark.parametrize(("m", "icc", "told"), [(5, 0.3, 0.186), (2, 0.5, 0.110)])
def test_the_example_is_near_what_a_simulation_finds(m, icc, told):
    assert round(lesson06.rate(m, icc), 3) == told
    assert abs(heatmap_stats.null_experiments(4000, 40, m, icc).naive_rate - told) < 0.02


@pytest.mark.parametrize(("m", "icc"), [(5, 0.3), (2, 0.5), (7, 0.0), (3, 1.0)])
def test_the_design_effect_is_what_the_covariances_add_up_to(m, icc):
    patients = 4
    of_one = icc + (1 - icc) * np.eye(m)
    covariance = np.kron(np.eye(patients), of_one)
    n = patients * m
    assert np.isclose(covariance.sum() / n**2, (1 + (m - 1) * icc) / n)
