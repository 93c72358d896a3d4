"""Confusion matrix, scores, report and ROC curve, against scikit-learn on random cases."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from helpers import evaluation

EXACT = {"rtol": 0, "atol": 1e-12}


@st.composite
def predictions(draw):
    """Labels, predictions and a number of classes; some classes may be absent, or only one present."""
    n_classes, n = draw(st.integers(1, 6)), draw(st.integers(1, 60))
    used = draw(st.lists(st.integers(0, n_classes - 1), min_size=1, max_size=n_classes))
    labels = draw(st.lists(st.sampled_from(used), min_size=n, max_size=n))
    answers = draw(st.lists(st.integers(0, n_classes - 1), min_size=n, max_size=n))
    return np.array(labels), np.array(answers), n_classes


@given(predictions())
@settings(deadline=None, max_examples=200)
def test_scores_agree_with_scikit_learn(case):
    labels, answers, k = case
    classes = range(k)
    confusion = evaluation.confusion_matrix(labels, answers, k)
    assert np.array_equal(confusion, metrics.confusion_matrix(labels, answers, labels=classes))
    expected = metrics.precision_recall_fscore_support(labels, answers, labels=classes, zero_division=0)
    np.testing.assert_allclose(evaluation.per_class(confusion), expected[:3], **EXACT)
    macro = metrics.precision_recall_fscore_support(
        labels, answers, labels=classes, average="macro", zero_division=0
    )[:3]
    np.testing.assert_allclose(
        evaluation.scores(confusion), (metrics.accuracy_score(labels, answers), *macro), **EXACT
    )


@given(predictions())
@settings(deadline=None, max_examples=100)
def test_the_report_agrees_with_scikit_learn(case):
    labels, answers, k = case
    names = [f"class {number}" for number in range(k)]
    table = evaluation.report(evaluation.confusion_matrix(labels, answers, k), names)
    expected = metrics.classification_report(
        labels, answers, labels=range(k), target_names=names, output_dict=True, zero_division=0
    )
    expected |= {
        "macro average": expected["macro avg"],
        "weighted average": expected["weighted avg"],
    }
    assert list(table.index) == [*names, "macro average", "weighted average"]
    for name, row in table.iterrows():
        np.testing.assert_allclose(
            row[["precision", "recall", "F1", "support"]].astype(float),
            [expected[name][key] for key in ("precision", "recall", "f1-score", "support")],
            **EXACT,
        )
    assert table.recall["weighted average"] == pytest.approx((labels == answers).mean())


@st.composite
def rankings(draw):
    """Scores with ties, and which of the images are positive: at least one of either kind."""
    n = draw(st.integers(2, 50))
    scores = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    positive = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda p: 0 < sum(p) < len(p)))
    return np.array(scores) / 4, np.array(positive)


@given(rankings())
@settings(deadline=None, max_examples=200)
def test_the_roc_curve_and_its_area_agree_with_scikit_learn(case):
    scores, positive = case
    mine = evaluation.roc_curve(scores, positive)
    for ours, theirs in zip(mine, metrics.roc_curve(positive, scores, drop_intermediate=False), strict=True):
        np.testing.assert_allclose(ours, theirs, **EXACT)
    assert evaluation.auc(scores, positive) == pytest.approx(metrics.roc_auc_score(positive, scores))
    assert np.trapezoid(mine[1], mine[0]) == pytest.approx(evaluation.auc(scores, positive))


def test_scores_keep_leading_axes_as_epochs():
    epochs = np.random.default_rng(3).integers(0, 20, (5, 4, 4))
    scores = evaluation.scores(epochs)
    assert scores.f1.shape == (5,)
    for epoch, confusion in enumerate(epochs):
        np.testing.assert_allclose([field[epoch] for field in scores], evaluation.scores(confusion))
    assert isinstance(evaluation.scores(epochs[0]).accuracy, float)


def test_one_class_only_and_absent_classes():
    confusion = evaluation.confusion_matrix([2, 2, 2], [2, 2, 0], 4)
    precision, recall, f1 = evaluation.per_class(confusion)
    assert recall.tolist() == [0, 0, pytest.approx(2 / 3), 0] and precision.tolist() == [0, 0, 1, 0]
    assert f1.tolist() == [0, 0, pytest.approx(0.8), 0]
    assert evaluation.scores(evaluation.confusion_matrix([0], [0], 1)) == (1, 1, 1, 1)


INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]


@pytest.mark.parametrize("kind", INTEGERS)
def test_narrow_and_unsigned_labels_do_not_overflow(kind):
    labels, answers = np.array([19, 3], kind), np.array([0, 19], kind)
    for n_classes in (20, np.uint8(20), kind(20)):
        counts = evaluation.confusion_matrix(labels, answers, n_classes)
        assert counts.dtype == np.int64 and counts[19, 0] == counts[3, 19] == 1 and counts.sum() == 2
    mixed = evaluation.confusion_matrix(labels, answers.astype(np.uint64), 20)
    assert np.array_equal(mixed, counts)
    recall = evaluation.recall_by_class(labels, labels, 20, [1, 2])
    assert recall.value[19] == 1


@pytest.mark.parametrize("kind", [*INTEGERS, np.float16, np.float32, float])
def test_narrow_counts_do_not_overflow(kind):
    """Sums of the counts lie beyond int8, uint8 and, times 30, beyond float16."""
    counts = np.array([[100, 50], [30, 90]])
    assert evaluation.scores(counts.astype(kind)) == pytest.approx(evaluation.scores(counts), rel=1e-12)
    precision, recall, f1 = evaluation.per_class(counts.astype(kind))
    np.testing.assert_allclose(precision, [100 / 130, 90 / 140], **EXACT)
    np.testing.assert_allclose(recall, [100 / 150, 90 / 120], **EXACT)
    np.testing.assert_allclose(f1, [200 / 280, 180 / 260], **EXACT)
    table = evaluation.report(counts.astype(kind), ["a", "b"])
    assert table.support.tolist() == [150, 120, 270, 270]
    assert evaluation.wilson(np.array(100, kind), np.array(120, kind)).value == pytest.approx(100 / 120)
    many = np.full((40, 40), 100, kind)
    assert evaluation.scores(many).accuracy == pytest.approx(1 / 40, rel=1e-12)


def test_truth_values_count_as_labels_and_one_hot_rows_do_not():
    assert evaluation.confusion_matrix([True, False], [True, True], 2).tolist() == [[0, 1], [0, 1]]
    with pytest.raises(ValueError, match="one prediction per label"):
        evaluation.confusion_matrix(np.eye(2), [0, 1], 2)
    with pytest.raises(ValueError, match="holds counts: finite numbers; got <U"):
        evaluation.scores([["1", "2"], ["3", "4"]])


@pytest.mark.parametrize(
    ("labels", "answers", "because"),
    [
        ([], [], "no images to evaluate"),
        ([0, 1], [0], "one prediction per label"),
        ([0, 4], [0, 1], r"labels must be whole numbers in 0 \.\. 3"),
        ([0, 1], [0, -1], "predictions must be whole numbers"),
        ([0, 1], [0.1, 0.9], "predictions must be whole .* argmax"),
        ([0.5, 1], [0, 1], "labels must be whole numbers"),
        ([0, np.nan], [0, 1], "labels .* 1 of 2 are missing"),
        ([0, 1], [0, None], "predictions .* 1 of 2 are missing"),
        (["a", "b"], [0, 1], "labels .* Names become numbers"),
        ([[0], [1]], [[0], [1]], "one prediction per label"),
    ],
)
def test_predictions_that_cannot_be_counted(labels, answers, because):
    with pytest.raises(ValueError, match=because):
        evaluation.confusion_matrix(labels, answers, 4)


@pytest.mark.parametrize(
    ("confusion", "because"),
    [
        (np.zeros((3, 3), int), "without any image"),
        (np.ones((2, 3)), "square"),
        (np.zeros((0, 0)), "square"),
        ([[1, -1], [0, 2]], "none of them negative"),
        ([[1, np.nan], [0, 2]], "finite"),
        (np.stack([np.eye(2), np.zeros((2, 2))]), "without any image"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(confusion, because):
    with pytest.raises(ValueError, match=because):
        evaluation.scores(confusion)
    if np.ndim(confusion) == 2:
        with pytest.raises(ValueError, match=because):
            evaluation.report(confusion, [str(number) for number in range(len(confusion))])


def test_a_report_needs_a_name_for_every_class():
    with pytest.raises(ValueError, match="3 class names"):
        evaluation.report(np.eye(2), ["a", "b", "c"])


@pytest.mark.parametrize(
    ("scores", "positive", "because"),
    [
        ([], [], "needs positives and negatives; got 0 and 0"),
        ([0.1, 0.2], [True, True], "got 2 and 0"),
        ([0.1, np.nan], [True, False], "not finite"),
        ([0.1, 0.2, 0.3], [True, False], "one score per image"),
    ],
)
def test_rankings_without_a_curve(scores, positive, because):
    with pytest.raises(ValueError, match=because):
        evaluation.roc_curve(scores, positive)


TRUTH = [True, False, True, True, False]
NO_TRUTH = [
    ([-1, 1, -1, 1, 1], "got -1, 1"),
    (np.array(["0", "1", "0", "1", "1"]), "got 0, 1 .<U1"),
    (["True", "False", "True", "True", "False"], "got False, True"),
    ([0, 1, 2, 2, 1], "got 0, 1, 2"),
    ([1, 2, 1, 2, 2], "got 1, 2"),
    ([0, 1, np.nan, 1, 0], "got 0.0, 1.0, nan"),
    ([0, 1, None, 1, 0], "None"),
    ([0, 0.5, 1, 1, 0], "got 0.0, 0.5, 1.0"),
    (np.array([0, 255, 0, 255, 0], np.uint8), "got 0, 255"),
]
TAKES_TRUTH = [
    evaluation.auc,
    evaluation.roc_curve,
    evaluation.reliability,
    evaluation.expected_calibration_error,
]


@pytest.mark.parametrize("measure", TAKES_TRUTH)
@pytest.mark.parametrize(("positive", "shown"), NO_TRUTH)
def test_what_is_no_truth_value_is_shown_with_the_remedy(measure, positive, shown):
    with pytest.raises(ValueError, match=f"positive must hold truth values.*{shown}.*labels == 1"):
        measure([0.1, 0.2, 0.3, 0.4, 0.9], positive)


@pytest.mark.parametrize("measure", TAKES_TRUTH)
@pytest.mark.parametrize("kind", [int, np.uint8, np.int8, float, np.float16, object, list])
def test_zeros_and_ones_are_truth_values(measure, kind):
    scores = [0.1, 0.2, 0.3, 0.4, 0.9]
    given = TRUTH if kind is list else np.array(TRUTH).astype(kind)
    np.testing.assert_array_equal(measure(scores, given), measure(scores, np.array(TRUTH)))


@pytest.mark.parametrize("missing", [None, np.nan, "", "  ", "nan", "None", pd.NA, pd.NaT])
def test_images_without_a_patient_are_no_patient(missing):
    patients = np.array(["a", "a", "b", missing, "c", missing], object)
    said = "2 of 6 images have no entry in groups .* the first is image 3: together they would count as one"
    for groups in (patients, patients.tolist(), pd.Series(patients)):
        with pytest.raises(ValueError, match=said):
            evaluation.bootstrap(np.mean, groups)
        with pytest.raises(ValueError, match=said):
            evaluation.recall_by_class([0, 1, 0, 1, 0, 1], [0] * 6, 2, groups)
    with pytest.raises(ValueError, match="1 of 3 images have no entry in strata"):
        evaluation.bootstrap(np.mean, ["a", "b", "c"], strata=["x", missing, "x"])


def test_patients_may_be_numbers_texts_or_dates_and_one_for_each_image():
    values = np.arange(6.0)
    found = [
        evaluation.bootstrap(lambda index: values[index].mean(), groups, 50)
        for groups in (
            [0, 0, 1, 1, 2, 2],
            np.array([0, 0, 1, 1, 2, 2], np.float32),
            list("aabbcc"),
            pd.Series(list("aabbcc"), dtype="category"),
            pd.Series([0, 0, 1, 1, 2, 2], dtype="Int64"),
            pd.to_datetime(
                ["2020-01-01", "2020-01-01", "2020-01-02", "2020-01-02", "2020-01-03", "2020-01-03"]
            ),
        )
    ]
    assert all(one == found[0] for one in found)
    with pytest.raises(ValueError, match="1 of 2 images have no entry"):
        evaluation.bootstrap(np.mean, pd.to_datetime(["2020-01-01", None]))
    with pytest.raises(ValueError, match=r"groups, one for each of the 3 images; got shape \(2,\)"):
        evaluation.recall_by_class([0, 1, 0], [0, 1, 1], 2, ["a", "b"])
    with pytest.raises(ValueError, match=r"got shape \(2, 1\)"):
        evaluation.bootstrap(np.mean, [["a"], ["b"]])


def test_the_bootstrap_takes_several_figures_at_once(kidney):
    rng = np.random.default_rng(5)
    answers = np.where(rng.random(len(kidney)) < 0.7, kidney.labels, rng.integers(0, 4, len(kidney)))

    def scores(index):
        return evaluation.scores(evaluation.confusion_matrix(kidney.labels[index], answers[index], 4))

    together = evaluation.bootstrap(scores, kidney.groups, 50, 3)
    for number, name in enumerate(("accuracy", "precision", "recall", "f1")):
        alone = evaluation.bootstrap(
            lambda index, name=name: getattr(scores(index), name), kidney.groups, 50, 3
        )
        assert tuple(field[number] for field in together) == pytest.approx(tuple(alone))
        assert alone.low < alone.value < alone.high


def test_strata_keep_every_class_in_every_draw():
    """Two patients of class 1 among many: without strata some draws would hold neither."""
    labels = np.repeat([0, 1], [40, 4])
    groups = np.array([f"P{number // 2}" for number in range(44)])
    seen = []
    evaluation.bootstrap(
        lambda index: seen.append(np.bincount(labels[index], minlength=2)) or 0.0,
        groups,
        200,
        7,
        strata=labels,
    )
    assert (np.array(seen) == [40, 4]).all()


@given(rankings(), st.integers(1, 12))
@settings(deadline=None, max_examples=100)
def test_reliability_agrees_with_scikit_learn(case, n_bins):
    scores, positive = case
    probabilities = (scores + 0.75) / 1.5
    mean, share, count = evaluation.reliability(probabilities, positive, n_bins)
    filled = count > 0
    assert count.sum() == len(scores) and np.isnan(mean[~filled]).all() and np.isnan(share[~filled]).all()
    edges = np.linspace(0, 1, n_bins + 1)
    inside = [(probabilities >= a) & ((probabilities < b) | (b == 1)) for a, b in zip(edges, edges[1:])]
    if np.abs(probabilities[:, None] - edges[1:-1]).min(initial=1) > 1e-9:  # none on an edge
        np.testing.assert_allclose(mean[filled], [probabilities[i].mean() for i in inside if i.any()])
        theirs = calibration_curve(positive, probabilities, n_bins=n_bins)
        np.testing.assert_allclose((share[filled], mean[filled]), theirs)


def test_bins_hold_their_lower_edge_and_the_last_one_both():
    mean, share, count = evaluation.reliability([0, 0.25, 0.5, 1.0], [False, True, True, True], 4)
    assert (
        count.tolist() == [1, 1, 1, 1]
        and mean.tolist() == [0, 0.25, 0.5, 1]
        and share.tolist() == [0, 1, 1, 1]
    )


@pytest.mark.parametrize(
    ("probabilities", "positive"), [([], []), ([0.1], [True, False]), ([1.1], [True]), ([np.nan], [True])]
)
def test_what_is_no_probability_is_refused(probabilities, positive):
    with pytest.raises(ValueError, match="one probability per image|lie in"):
        evaluation.reliability(probabilities, positive)
    with pytest.raises(ValueError, match="n_bins must be 1 or more, not 0"):
        evaluation.reliability([0.5], [True], 0)


def test_predictive_values_are_those_of_a_population():
    """1,000 people, 200 of them diseased: 180 found, 80 healthy called diseased."""
    assert evaluation.predictive_values(0.9, 0.9, 0.2) == pytest.approx((180 / 260, 720 / 740))
    positive, negative = evaluation.predictive_values(0.8, 1.0, np.array([0, 0.5, 1]))
    np.testing.assert_allclose(positive, [np.nan, 1, 1])
    np.testing.assert_allclose(negative, [1, 5 / 6, 0])
    with pytest.raises(ValueError, match="must lie in"):
        evaluation.predictive_values(90, 0.9, 0.2)
    with pytest.raises(ValueError, match="must lie in"):
        evaluation.predictive_values(0.9, [0.9, np.nan], 0.2)
