"""Calibration error, intervals of shares and of paired differences, recall by class: by hand and against statsmodels."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from helpers import evaluation

EXACT = {"rtol": 0, "atol": 1e-12}


def _calibrated(n, seed=0):
    """Probabilities of all sizes, and answers that are right as often as these say."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.8, 0.8, n)
    return probabilities, rng.random(n) < probabilities


def _naive(probabilities, positive, n_bins):
    """The calibration error, bin by bin."""
    total = 0.0
    for number in range(n_bins):
        inside = [
            i
            for i, p in enumerate(probabilities)
            if number / n_bins <= p and (p < (number + 1) / n_bins or number == n_bins - 1)
        ]
        if inside:
            gap = np.mean([positive[i] for i in inside]) - np.mean([probabilities[i] for i in inside])
            total += len(inside) / len(probabilities) * abs(gap)
    return total


def test_five_images_by_hand():
    """Bins of 0.1: two images about 0.2 of which one is right, one of 0.55 that is wrong, two about 0.9, both right."""
    probabilities, right = [0.22, 0.28, 0.55, 0.92, 0.98], [True, False, False, True, True]
    expected = 2 / 5 * abs(0.5 - 0.25) + 1 / 5 * 0.55 + 2 / 5 * abs(1 - 0.95)
    error = evaluation.expected_calibration_error(probabilities, right)
    assert error == pytest.approx(expected, abs=1e-12) and isinstance(error, float)
    assert evaluation.expected_calibration_error(probabilities, right, 1) == pytest.approx(0.6 - 0.59)


@pytest.mark.parametrize("n_bins", [1, 2, 7, 10, 15])
@pytest.mark.parametrize("n", [1, 5, 200])
def test_the_calibration_error_is_that_of_a_loop_over_the_bins(n, n_bins):
    rng = np.random.default_rng([n, n_bins])
    probabilities, positive = rng.random(n), rng.random(n) < 0.4
    if n > 2:
        probabilities[:2] = 0, 1
    error = evaluation.expected_calibration_error(probabilities, positive, n_bins)
    assert error == pytest.approx(_naive(probabilities, positive, n_bins), abs=1e-12)


def test_the_extremes_of_the_calibration_error():
    assert evaluation.expected_calibration_error([0, 0, 1], [False, False, True]) == 0
    assert evaluation.expected_calibration_error([0, 0, 1], [True, True, False]) == 1
    assert evaluation.expected_calibration_error(*_calibrated(200_000)) < 0.005
    probabilities, positive = _calibrated(200_000)
    sharpened = probabilities**2 / (probabilities**2 + (1 - probabilities) ** 2)
    assert evaluation.expected_calibration_error(sharpened, positive) > 0.05, "too sure of itself"


@pytest.mark.parametrize(
    ("probabilities", "positive"), [([], []), ([0.1], [True, False]), ([1.1], [True]), ([np.nan], [True])]
)
def test_the_calibration_error_wants_probabilities(probabilities, positive):
    with pytest.raises(ValueError, match="one probability per image|lie in"):
        evaluation.expected_calibration_error(probabilities, positive)
    if len(probabilities) != 1 or not probabilities[0] == 0.1:
        with pytest.raises(ValueError, match="one probability per image|lie in"):
            evaluation.calibration_floor(probabilities)


def test_the_calibration_floor_is_the_mean_error_of_calibrated_answers():
    for n in (40, 400):
        probabilities, _ = _calibrated(n)
        rng = np.random.default_rng(99)
        errors = [_naive(probabilities, rng.random(n) < probabilities, 10) for _ in range(200)]
        spread = np.std(errors) / np.sqrt(200)
        floor = evaluation.calibration_floor(probabilities)
        assert floor == pytest.approx(np.mean(errors), abs=4 * np.sqrt(2) * spread)
        assert isinstance(floor, float) and floor > 5 * spread


def test_the_calibration_floor_of_one_bin_is_that_of_the_binomial():
    n, p = 12, 0.3
    expected = np.sum(stats.binom.pmf(np.arange(n + 1), n, p) * np.abs(np.arange(n + 1) / n - p))
    assert evaluation.calibration_floor(np.full(n, p), n_draws=20_000) == pytest.approx(expected, rel=0.03)


def test_the_calibration_floor_falls_with_the_number_of_images_and_is_0_for_certain_answers():
    floors = [evaluation.calibration_floor(_calibrated(n)[0], n_draws=50) for n in (30, 120, 480, 1920, 7680)]
    ratios = np.divide(floors[1:], floors[:-1])
    assert (ratios < 0.75).all() and ratios[-1] == pytest.approx(0.5, abs=0.1), "as the root of the number"
    assert evaluation.calibration_floor([0, 1, 1, 0]) == 0
    one, same, other = (evaluation.calibration_floor(_calibrated(50)[0], seed=seed) for seed in (7, 7, 8))
    assert one == same == evaluation.calibration_floor(_calibrated(50)[0]) and one != other
    assert evaluation.calibration_floor(_calibrated(50)[0], 2) < one, "fewer bins, less noise in each"


@pytest.mark.parametrize("n", [1, 2, 7, 32, 1000, 100_000])
def test_wilsons_interval_is_that_of_statsmodels(n):
    hits = np.unique(np.round(np.linspace(0, n, 33)).astype(int))
    value, low, high = evaluation.wilson(hits, np.full(len(hits), n))
    expected = proportion_confint(hits, n, 0.05, "wilson")
    np.testing.assert_allclose(value, hits / n, **EXACT)
    np.testing.assert_allclose((low, high), expected, **EXACT)
    assert (0 <= low).all() and (high <= 1).all() and value.shape == low.shape == high.shape == hits.shape
    np.testing.assert_allclose(evaluation.wilson(n - hits, n).low, 1 - high, **EXACT)
    for number, k in enumerate(hits):
        np.testing.assert_allclose(
            evaluation.wilson(k, n), (value[number], low[number], high[number]), **EXACT
        )


def test_24_of_32_and_none_and_all():
    estimate = evaluation.wilson(24, 32)
    assert estimate.value == 0.75 and np.round(estimate[1:], 3).tolist() == [0.579, 0.867]
    assert all(np.ndim(field) == 0 for field in estimate)
    none, every = evaluation.wilson(0, 10), evaluation.wilson(10, 10)
    z2 = stats.norm.ppf(0.975) ** 2
    np.testing.assert_allclose(none, (0, 0, z2 / (10 + z2)), **EXACT)
    np.testing.assert_allclose(every, (1, 10 / (10 + z2), 1), **EXACT)


def test_a_share_of_nothing_is_not_a_number():
    with np.errstate(all="raise"):
        assert np.isnan(evaluation.wilson(0, 0)).all()
    value, low, high = evaluation.wilson([3, 0], [4, 0])
    assert value[0] == 0.75 and 0 < low[0] < 0.75 < high[0] < 1
    assert np.isnan([value[1], low[1], high[1]]).all()


@pytest.mark.parametrize(("hits", "n"), [(5, 4), (-1, 4), (np.nan, 4), ([1, 5], [4, 4]), (0, -1), (1, 0)])
def test_shares_beyond_0_and_1(hits, n):
    with pytest.raises(ValueError, match="expected 0 <= hits <= n; got"):
        evaluation.wilson(hits, n)


def test_wilsons_interval_covers_the_truth_as_often_as_it_says():
    hits = np.arange(41)
    _, low, high = evaluation.wilson(hits, 40)
    for share in (0.1, 0.5, 0.8):
        covered = stats.binom.pmf(hits, 40, share)[(low <= share) & (share <= high)].sum()
        assert covered == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize("r", [2, 5, 30])
def test_a_paired_difference_is_that_of_the_paired_t_test(r):
    rng = np.random.default_rng(r)
    seeds = rng.normal(0, 1, r)
    values, reference = 0.7 + seeds + rng.normal(0, 0.1, r), 0.6 + seeds + rng.normal(0, 0.1, r)
    test = stats.ttest_rel(values, reference)
    interval = test.confidence_interval(0.95)
    estimate = evaluation.paired_difference(values, reference)
    np.testing.assert_allclose(estimate, ((values - reference).mean(), *interval), rtol=1e-10, atol=1e-12)
    assert (test.pvalue < 0.05) == (estimate.low > 0 or estimate.high < 0)
    assert all(type(field) is float for field in estimate)
    mirrored = evaluation.paired_difference(list(reference), list(values))
    np.testing.assert_allclose(mirrored, [-estimate.value, -estimate.high, -estimate.low], **EXACT)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_a_paired_difference_does_not_depend_on_the_unit(unit):
    here = evaluation.paired_difference([2.0, 4.0, 5.0], [1.0, 2.0, 4.0])
    there = evaluation.paired_difference(unit * np.array([2.0, 4.0, 5.0]), unit * np.array([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(np.divide(there, unit), here, rtol=1e-12)


def test_a_difference_that_is_always_the_same_has_no_spread():
    assert evaluation.paired_difference([2.0, 3.0, 5.0], [1.0, 2.0, 4.0]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("values", "reference"),
    [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([], []), ([[1.0, 2.0]], [[1.0, 2.0]]), (1.0, 2.0)],
)
def test_figures_that_are_not_in_pairs(values, reference):
    with pytest.raises(ValueError, match="two figures or more of each way, in pairs; got shapes"):
        evaluation.paired_difference(values, reference)


def test_repetitions_without_a_figure_are_not_averaged_away():
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="leave such a repetition out of both"):
            evaluation.paired_difference([1.0, bad, 2.0], [1.0, 1.0, 1.0])


def _answers():
    """Three classes of which a network gets 9, 6 and 3 of 10 patients right, whose 4 slices mostly agree; one class is absent."""
    rng = np.random.default_rng(12)
    labels = np.repeat([0, 1, 2], 40)
    groups = np.array([f"P{number // 4:02d}" for number in range(120)])
    right = np.repeat(np.arange(30) % 10 < np.repeat([9, 6, 3], 10), 4) ^ (rng.random(120) < 0.05)
    order = rng.permutation(120)
    return labels[order], np.where(right, labels, (labels + 1) % 3)[order], groups[order]


def test_recall_of_independent_images_has_wilsons_interval():
    labels, answers, _ = _answers()
    estimate = evaluation.recall_by_class(labels, answers, 4)
    hits = [np.count_nonzero((labels == k) & (answers == k)) for k in range(4)]
    assert hits[0] > hits[1] > hits[2] > 0
    np.testing.assert_array_equal(estimate, evaluation.wilson(hits, [40, 40, 40, 0]))
    assert np.isnan([field[3] for field in estimate]).all() and not np.isnan(estimate.low[:3]).any()
    np.testing.assert_allclose(
        estimate.value[:3], evaluation.per_class(evaluation.confusion_matrix(labels, answers, 4))[1][:3]
    )
    again = evaluation.recall_by_class(labels.tolist(), answers.tolist(), 4)
    np.testing.assert_array_equal(again, estimate)


def test_recall_by_patient_is_the_bootstrap_of_each_class():
    labels, answers, groups = _answers()
    estimate = evaluation.recall_by_class(labels, answers, 4, groups, n_draws=300, seed=5)
    alone = evaluation.recall_by_class(labels, answers, 4)
    for k in range(3):
        own = labels == k
        right = (answers == k)[own]
        expected = evaluation.bootstrap(lambda index, right=right: right[index].mean(), groups[own], 300, 5)
        np.testing.assert_allclose([field[k] for field in estimate], expected, **EXACT)
        assert estimate.value[k] == pytest.approx(alone.value[k])
        assert estimate.low[k] < estimate.value[k] < estimate.high[k]
        wider = (estimate.high - estimate.low)[k] / (alone.high - alone.low)[k]
        assert 1.3 < wider < 2.2, "slices of one patient tell the same: 10 observations, not 40"
    assert all(np.isnan(field[3]) for field in estimate) and estimate.value.shape == (4,)


def test_recall_by_patient_draws_as_often_as_asked_from_the_seed():
    labels, answers, groups = _answers()
    one, same, other = (
        evaluation.recall_by_class(labels, answers, 3, groups, n_draws=50, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one.low, other.low) and np.array_equal(one.value, other.value)
    usual = evaluation.recall_by_class(labels, answers, 3, groups)
    np.testing.assert_array_equal(
        usual, evaluation.recall_by_class(labels, answers, 3, groups, n_draws=1000, seed=7)
    )


def test_one_patient_of_a_class_gives_a_recall_without_an_interval():
    labels, answers = [0, 0, 0, 1, 1], [0, 1, 0, 1, 1]
    estimate = evaluation.recall_by_class(labels, answers, 3, ["a", "b", "c", "d", "d"])
    np.testing.assert_allclose(estimate.value, [2 / 3, 1, np.nan])
    assert np.isnan(estimate.low[1:]).all() and np.isnan(estimate.high[1:]).all()
    assert 0 <= estimate.low[0] <= 2 / 3 <= estimate.high[0] <= 1
    wilson = evaluation.recall_by_class(labels, answers, 3)
    assert wilson.value[1] == 1 and 0.3 < wilson.low[1] < 0.4


@pytest.mark.parametrize(
    ("labels", "answers", "because"),
    [([], [], "no images"), ([0, 3], [0, 1], "labels must be whole numbers"), ([0, 1], [0], "one prediction per label")],
)  # fmt: skip
def test_recall_wants_classes(labels, answers, because):
    for groups in (None, ["a"] * len(labels)):
        with pytest.raises(ValueError, match=because):
            evaluation.recall_by_class(labels, answers, 3, groups)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_intervals_of_other_levels_are_those_of_scipy(level):
    theirs = stats.binomtest(24, 32).proportion_ci(level, method="wilson")
    assert evaluation.wilson(24, 32, level)[1:] == pytest.approx(tuple(theirs))
    one, other = np.random.default_rng(4).normal(0, 1, (2, 9))
    theirs = stats.ttest_rel(one, other).confidence_interval(level)
    assert evaluation.paired_difference(one, other, level)[1:] == pytest.approx(tuple(theirs))
    scores = np.random.default_rng(5).normal(0, 1, 40)
    narrow, wide = (
        evaluation.bootstrap(lambda index: scores[index].mean(), np.arange(40), 400, level=chosen)
        for chosen in (level, 0.995)
    )
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, np.nan])
def test_a_level_is_a_share(level):
    for call in (
        lambda: evaluation.wilson(3, 4, level),
        lambda: evaluation.paired_difference([1.0, 2.0], [0.0, 2.0], level),
        lambda: evaluation.bootstrap(lambda index: 1.0, np.arange(4), 5, level=level),
    ):
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            call()
