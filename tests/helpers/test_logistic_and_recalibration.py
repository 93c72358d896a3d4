"""Logistic regression as baseline and as the end of a head's training; recalibration; tables of frozen networks."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import comparing, evaluation, logistic, recalibration


def _task(n=240, d=6, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(3, [1, 2, 5, 0.1, 1, 1], (n, d))
    y = (rng.random(n) < expit((x[:, 0] - 3) + 10 * (x[:, 3] - 3))).astype(int)
    return x, y


def test_thumbnails_are_means_of_tiles():
    images = np.arange(2 * 4 * 6, dtype=float).reshape(2, 4, 6)
    expected = [[image[a : a + 2, b : b + 3].mean() for a in (0, 2) for b in (0, 3)] for image in images]
    assert np.allclose(logistic.thumbnails(images, 2), expected)
    with pytest.raises(ValueError, match="do not divide into 4x4 equal tiles"):
        logistic.thumbnails(images, 4)


def test_the_penalty_of_lowest_validation_loss_is_taken():
    x, y = _task()
    train, validation = (x[:120], y[:120]), (x[120:], y[120:])
    chosen = logistic.fit(train, validation)
    losses = {
        c: -np.log(logistic.fit(train, strengths=(c,)).predict_proba(x[120:])[np.arange(120), y[120:]]).mean()
        for c in logistic.STRENGTHS
    }
    assert chosen[-1].C == min(losses, key=losses.get)
    with pytest.raises(ValueError, match="nothing to choose by"):
        logistic.fit(train)


def test_balanced_counts_the_classes_alike():
    x, y = _task()
    rare = np.r_[np.flatnonzero(y == 1)[:10], np.flatnonzero(y == 0)]
    plain, even = (
        logistic.fit((x[rare], y[rare]), balanced=b, strengths=(1.0,)).predict_proba(x)[:, 1].mean()
        for b in (False, True)
    )
    assert even > plain + 0.2


def test_a_dense_layer_with_these_weights_gives_the_same_probabilities():
    x, y = _task()
    fitted = logistic.fit((x, y), strengths=(0.1,))
    kernel, bias = logistic.dense_weights(fitted)
    assert kernel.shape == (6, 2) and bias.shape == (2,)
    assert np.allclose(softmax(x @ kernel + bias, axis=1), fitted.predict_proba(x), atol=1e-10)
    with pytest.raises(ValueError, match="two classes; this one has 3"):
        logistic.dense_weights(logistic.fit((x, np.arange(240) % 3), strengths=(1.0,)))


@pytest.mark.parametrize(("shift", "low", "high"), [(0.0, 0.35, 0.65), (2.0, 0.85, 1.0)])
def test_what_is_alike_cannot_be_told_apart(shift, low, high):
    rng = np.random.default_rng(4)
    first, second = rng.normal(0, 1, (150, 5)), rng.normal([shift, 0, 0, 0, 0], 1, (90, 5))
    patients = np.arange(240) // 2
    score, source, groups = logistic.told_apart((first, patients[:150]), (second, patients[150:]), 7)
    assert low < evaluation.auc(score, source) < high
    assert source.sum() == 90 and (groups == patients).all() and 0 <= score.min() and score.max() < 1
    with pytest.raises(ValueError, match="patient 74 is in both sets"):
        logistic.told_apart((first, patients[:150]), (second, patients[148:238]), 7)


def test_recalibration_finds_the_line_by_which_probabilities_were_spoilt():
    rng = np.random.default_rng(2)
    right = rng.uniform(0.02, 0.98, 60_000)
    positive = rng.random(60_000) < right
    spoilt = recalibration.moved(right, recalibration.Line(0.8, 2.0))
    line = recalibration.intercept_and_slope(spoilt, positive)
    assert line == pytest.approx((-0.4, 0.5), abs=0.03)
    assert np.allclose(recalibration.moved(spoilt, line), right, atol=0.02)
    cooled = recalibration.temperature(recalibration.moved(right, recalibration.Line(0.0, 3.0)), positive)
    assert cooled.intercept == 0 and cooled.slope == pytest.approx(1 / 3, abs=0.02)


def test_cross_entropy_and_logits_stay_finite():
    assert recalibration.cross_entropy(np.array([1.0, 0.25]), np.array([True, False])) == pytest.approx(
        -np.log([1, 0.75]).mean()
    )
    assert np.isfinite(recalibration.cross_entropy(np.array([0.0]), np.array([True])))
    assert np.isfinite(recalibration.logit(np.array([0.0, 1.0]))).all()
    separated = recalibration.intercept_and_slope(
        np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1], bool)
    )
    assert np.isfinite(separated).all()


def test_repeated_scores_keep_patients_whole_or_do_not():
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(40), 4)
    labels = rng.integers(0, 2, 40)[patients]  # random: only the patient can be recognised
    features = rng.normal(0, 1, (40, 30))[patients] + rng.normal(0, 0.1, (160, 30))
    by_patient, by_image = (
        comparing.repeated(features, labels, 2, comparing.halves(labels, patients, 7, by=by))
        for by in ("group", "image")
    )
    assert list(by_patient) == list(comparing.MEASURES) and len(by_patient) == 5
    assert by_patient.accuracy.mean() < 0.65 and by_image.accuracy.mean() > 0.7
    text = comparing.summary(by_image)
    assert text["accuracy"] == "{:.0f} ({:.0f} to {:.0f})".format(
        *(
            100 * value
            for value in (by_image.accuracy.mean(), by_image.accuracy.min(), by_image.accuracy.max())
        )
    )


def test_the_penalised_regression_is_scikit_learns():
    x, y = _task()
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    expected = LogisticRegression(C=0.1, max_iter=3000).fit(scaled, y).predict_proba(scaled)
    assert np.allclose(logistic.fit((x, y), strengths=(0.1,)).predict_proba(x), expected, atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_so_it_is_where_there_are_fewer_inputs_than_numbers_in_each(n_classes):
    """Two searches for one minimum, ours with scikit-learn's usual tolerance: probabilities to within 0.002."""
    x, y = _task()
    noise = np.random.default_rng(2).normal(0, 1, (300, 500))
    x, new = np.hstack([x, noise[:240]]), np.hstack([x[:60] + 1, noise[240:]])
    y = y if n_classes == 2 else y + (x[:, 4] > 4)
    expected = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=3000, tol=1e-8)).fit(x, y)
    found = logistic.fit((x, y), strengths=(0.1,))
    assert np.allclose(found.predict_proba(new), expected.predict_proba(new), atol=2e-3)
    assert found[-1].coef_.shape == expected[-1].coef_.shape
