"""Focal loss against Keras, class weights against scikit-learn, priors against Bayes, SMOTE against imbalanced-learn."""

import itertools
import subprocess
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from scipy import optimize, stats
from scipy.special import softmax
from sklearn.utils.class_weight import compute_class_weight

from helpers import imbalance, models, seeds, training
from helpers.deep import keras, tf
from helpers.imbalance.losses import FocalLoss

GAMMAS = [0, 0.5, 1, 2, 3, 5]
ALPHAS = [None, "each class its own", 0.25]


def _case(k, alpha=None, n=40, spread=2.0):
    """Labels, logits, probabilities of k classes, and a factor per class where one is asked for."""
    rng = np.random.default_rng([k, n])
    logits = rng.normal(0, spread, (n, k))
    eighths = rng.integers(1, 24, k) / 8  # Keras rounds a list to float32: these stay what they are
    factors = eighths.tolist() if isinstance(alpha, str) else alpha
    return rng.integers(0, k, n), logits, softmax(logits, axis=1), factors


def _theirs(gamma, alpha, **options):
    """Keras's loss; there, an alpha of 1 is none."""
    return keras.losses.CategoricalFocalCrossentropy(1.0 if alpha is None else alpha, gamma, **options)


def _value_and_gradient(loss, labels, inputs, dtype, from_logits):
    """The loss of labels and softmax(logits), or of probabilities as they are; and its derivative by its input."""
    inputs = tf.constant(inputs, dtype)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = loss(labels, tf.nn.softmax(inputs) if from_logits else inputs)
    return np.asarray(value), np.asarray(tape.gradient(value, inputs))


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_values_and_gradients_are_those_of_keras(k, alpha, gamma):
    labels, logits, probabilities, alpha = _case(k, alpha)
    for dtype, tolerance in (("float64", 1e-10), ("float32", 1e-5)):
        ours = FocalLoss(gamma, alpha, reduction=None, dtype=dtype)
        theirs = _theirs(gamma, alpha, reduction=None, dtype=dtype)
        for inputs, from_logits in ((logits, True), (probabilities, False)):
            value, gradient = _value_and_gradient(ours, labels, inputs, dtype, from_logits)
            expected = _value_and_gradient(theirs, np.eye(k)[labels], inputs, dtype, from_logits)
            np.testing.assert_allclose(value, expected[0], rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(gradient, expected[1], rtol=tolerance, atol=tolerance)
            assert value.shape == (40,) and np.abs(gradient).max() > 1e-3
            plain = imbalance.focal_loss(labels, probabilities, gamma, alpha)
            np.testing.assert_allclose(value, plain, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean", None])
def test_reductions_and_weights_of_images_are_those_of_keras(reduction):
    labels, _, probabilities, alpha = _case(3, "each class its own")
    for weight in (None, np.random.default_rng(1).random(40)):
        ours = FocalLoss(2, alpha, reduction=reduction)(labels, probabilities, weight)
        theirs = _theirs(2, alpha, reduction=reduction)(np.eye(3)[labels], probabilities, weight)
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert float(FocalLoss()(labels, probabilities)) == pytest.approx(
        imbalance.focal_loss(labels, probabilities).mean(), rel=1e-5
    ), "gamma is 2, alpha none and the reduction a mean over the images, unless asked otherwise"


def test_three_images_by_hand():
    labels, probabilities = [0, 1, 1], [[0.9, 0.1], [0.5, 0.5], [0.8, 0.2]]
    expected = [0.01 * -np.log(0.9), 0.25 * -np.log(0.5), 0.64 * -np.log(0.2)]
    losses = imbalance.focal_loss(labels, probabilities)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    assert losses.shape == (3,) and losses.dtype == np.float64
    weighted = imbalance.focal_loss(labels, probabilities, alpha=[3, 0.5])
    np.testing.assert_allclose(weighted, np.multiply(expected, [3, 0.5, 0.5]), rtol=1e-12)
    np.testing.assert_allclose(
        imbalance.focal_loss(labels, probabilities, alpha=0.25), np.multiply(expected, 0.25)
    )
    assert imbalance.focal_loss(np.zeros(0, int), np.zeros((0, 2))).shape == (0,)


@pytest.mark.parametrize("k", [2, 5])
def test_gamma_0_is_the_cross_entropy(k):
    labels, _, probabilities, _ = _case(k)
    expected = -np.log(probabilities[np.arange(40), labels])
    np.testing.assert_allclose(imbalance.focal_loss(labels, probabilities, 0), expected, rtol=1e-12)
    theirs = keras.losses.SparseCategoricalCrossentropy(reduction=None)
    np.testing.assert_allclose(
        FocalLoss(0, reduction=None)(labels, probabilities), theirs(labels, probabilities), rtol=1e-5
    )


@pytest.mark.parametrize("gamma", GAMMAS)
def test_certain_answers_have_a_finite_loss_and_gradient(gamma):
    """Quite sure and right; quite sure and wrong."""
    labels, probabilities = np.array([0, 1]), np.array([[1.0, 0, 0], [1.0, 0, 0]])
    right, wrong = imbalance.focal_loss(labels, probabilities, gamma)
    assert right == pytest.approx(1e-7 ** (gamma + 1), rel=1e-6, abs=0), "1 counts as 1 - 1e-7, as in Keras"
    assert wrong == pytest.approx(-np.log(1e-7), rel=1e-5)
    for inputs, from_logits in ((probabilities, False), (400 * probabilities - 200, True)):
        value, gradient = _value_and_gradient(
            FocalLoss(gamma, reduction=None), labels, inputs, "float32", from_logits
        )
        np.testing.assert_allclose(value, [right, wrong], rtol=1e-5, atol=1e-6)
        assert np.isfinite(gradient).all()
        theirs = _value_and_gradient(
            _theirs(gamma, None, reduction=None), np.eye(3)[labels], inputs, "float32", from_logits
        )
        np.testing.assert_allclose(gradient, theirs[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32])
def test_labels_may_come_in_a_column_and_as_floats_in_training(kind):
    labels, _, probabilities, alpha = _case(3, "each class its own")
    expected = imbalance.focal_loss(labels, probabilities, 2, alpha)
    for shaped in (labels, labels[:, None]):
        losses = FocalLoss(2, alpha, reduction=None)(shaped.astype(kind), probabilities)
        np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_the_loss_in_training_refuses_one_hot_labels_and_is_infinite_for_a_label_that_is_no_class():
    probabilities = np.array([[0.2, 0.3, 0.5]])
    with pytest.raises(ValueError, match=r"not one-hot; got shape \(1, 3\)"):
        FocalLoss()([[0, 1, 0]], probabilities)
    assert np.isinf(FocalLoss()([3], probabilities)) and np.isinf(FocalLoss()([-1], probabilities))


@pytest.mark.parametrize("gamma", GAMMAS)
def test_the_gradient_is_that_of_finite_differences_and_never_positive(gamma):
    logit, step = np.linspace(-6, 6, 61), 1e-5

    def loss(shift):  # two classes: the probability of the true one is the logistic function of its logit
        answers = softmax(np.stack([logit + shift, np.zeros(61)], axis=1), axis=1)
        return imbalance.focal_loss(np.zeros(61, int), answers, gamma)

    slope = imbalance.focal_gradient(softmax([logit, np.zeros(61)], axis=0)[0], gamma)
    np.testing.assert_allclose(slope, (loss(step) - loss(-step)) / (2 * step), rtol=1e-6, atol=1e-9)
    grid = np.linspace(1e-6, 1 - 1e-6, 20001)
    assert (imbalance.focal_gradient(grid, gamma) <= 0).all()
    if gamma == 0:
        np.testing.assert_allclose(imbalance.focal_gradient(grid, 0), grid - 1, rtol=1e-12)


def test_the_gradient_is_that_of_the_loss_in_training_with_many_classes():
    labels, logits, probabilities, _ = _case(4)
    gradient = _value_and_gradient(
        FocalLoss(3, reduction=None, dtype="float64"), labels, logits, "float64", True
    )[1]
    rows = np.arange(40), labels
    np.testing.assert_allclose(
        gradient[rows], imbalance.focal_gradient(probabilities[rows], 3.0), rtol=1e-9, atol=1e-12
    )  # fmt: skip
    assert imbalance.focal_gradient(np.full((2, 3), 0.5)).shape == (2, 3)


def test_one_alpha_a_class_is_a_class_weight():
    labels, _, probabilities, alpha = _case(4, "each class its own")
    weights = np.array(alpha)[labels]
    losses = imbalance.focal_loss(labels, probabilities, 2, alpha)
    np.testing.assert_allclose(losses, weights * imbalance.focal_loss(labels, probabilities, 2), rtol=1e-12)
    np.testing.assert_allclose(
        FocalLoss(2, alpha)(labels, probabilities), FocalLoss(2)(labels, probabilities, weights), rtol=1e-5
    )


def _trained(loss, optimizer, steps=8):
    """Weights of a small head after some steps that depend on loss and optimizer alone, and those before."""
    rng, model = np.random.default_rng(4), models.head_model(6, 3, dropout=0)
    labels = rng.integers(0, 3, 90)
    features = rng.normal(0, 1, (90, 6)) + np.eye(3, 6)[labels]
    model.set_weights([rng.normal(0, 0.3, (6, 3)), np.zeros(3)])
    before = model.get_weights()[0]
    model.compile(optimizer, loss)
    model.fit(features, np.eye(3)[labels], batch_size=90, epochs=steps, shuffle=False, verbose=0)
    return model.get_weights()[0] - before


def test_a_scalar_alpha_of_keras_favours_no_class_and_adam_does_not_feel_it(eagerly):
    labels, _, probabilities, _ = _case(3)
    truth, usual = np.eye(3)[labels], keras.losses.CategoricalFocalCrossentropy
    np.testing.assert_allclose(
        usual(reduction=None)(truth, probabilities),
        0.25 * imbalance.focal_loss(labels, probabilities, 2),
        rtol=1e-5,
        atol=1e-8,
    )
    moved = {
        name: [_trained(usual(alpha), optimizer(0.01)) for alpha in (0.25, 1.0)]
        for name, optimizer in (("adam", keras.optimizers.Adam), ("sgd", keras.optimizers.SGD))
    }
    assert np.abs(moved["adam"][0]).max() > 0.05
    np.testing.assert_allclose(moved["adam"][0], moved["adam"][1], atol=1e-4)
    np.testing.assert_allclose(moved["sgd"][0], 0.25 * moved["sgd"][1], rtol=0.05, atol=1e-4)
    different = [_trained(usual(alpha), keras.optimizers.Adam(0.01)) for alpha in ([1, 1, 1], [1, 1, 9])]
    assert np.abs(different[0] - different[1]).max() > 1e-2, "one alpha a class does favour a class"


def test_the_binary_alpha_of_keras_is_ignored_unless_balancing_is_asked_for():
    truth, answers = np.array([[1.0], [0.0]]), np.array([[0.7], [0.4]])
    plain = imbalance.focal_loss([1, 0], np.hstack([1 - answers, answers]), 2)

    def theirs(alpha, balanced):
        loss = keras.losses.BinaryFocalCrossentropy(balanced, alpha, 2.0, reduction=None)
        return np.asarray(loss(truth, answers))

    for alpha in (0.25, 0.9):
        np.testing.assert_allclose(theirs(alpha, False), plain, rtol=1e-5)
        np.testing.assert_allclose(theirs(alpha, True), plain * [alpha, 1 - alpha], rtol=1e-5)


@pytest.mark.parametrize(
    "alpha", [None, 0.5, [1.0, 2.0, 0.5], np.array([1.0, 2.0, 0.5]), np.array([1, 2, 3], np.float32), np.float32(2)]
)  # fmt: skip
def test_a_model_trained_with_focal_loss_is_saved_and_read_back(alpha, tmp_path, eagerly):
    features, labels = np.random.default_rng(6).normal(0, 1, (30, 4)), np.arange(30) % 3
    model = models.head_model(4, 3)
    model.compile("adam", FocalLoss(3, alpha))
    model.fit(features, labels, verbose=0)
    model.save(tmp_path / "focal.keras")
    again = keras.models.load_model(tmp_path / "focal.keras")
    assert isinstance(again.loss, FocalLoss) and again.loss.gamma == 3.0
    assert again.loss.alpha == (alpha.tolist() if hasattr(alpha, "tolist") else alpha)
    assert again.evaluate(features, labels, verbose=0) == pytest.approx(
        imbalance.focal_loss(labels, np.asarray(model(features), float), 3, alpha).mean(), rel=1e-5
    )  # fmt: skip


def test_the_configuration_makes_the_same_loss_again():
    loss = FocalLoss(1.5, np.array([1.0, 2.0]), name="mine", reduction="sum")
    config = loss.get_config()
    assert config["gamma"] == 1.5 and config["alpha"] == [1.0, 2.0] and type(config["alpha"]) is list
    again = FocalLoss.from_config(config)
    assert again.get_config() == config and again.name == "mine" and again.reduction == "sum"


def test_focal_loss_trains_with_the_usual_fit():
    rng = np.random.default_rng(3)
    labels = (rng.random((2, 200)) < 0.2).astype(int)
    parts = [(rng.normal(2.5 * y[:, None], 1.0, (200, 2)), y) for y in labels]
    seeds.set_seed(1)
    history = training.fit(models.head_model(2, 2, dropout=0), *parts, epochs=15, learning_rate=0.1, loss=FocalLoss(2, [1, 3]))  # fmt: skip
    assert history.val_loss.iloc[-1] < 0.8 * history.val_loss.iloc[0] and history.val_recall.iloc[-1] > 0.85


THIRDS = np.full((2, 3), 1 / 3)


@pytest.mark.parametrize(
    ("labels", "probabilities", "options", "because"),
    [
        ([0, 3], THIRDS, {}, r"labels must be whole numbers in 0 \.\. 2; got int64 from 0 to 3"),
        ([-1, 1], THIRDS, {}, r"labels must be whole numbers in 0 \.\. 2; got int64 from -1 to 1"),
        ([0.0, 1.0], THIRDS, {}, r"labels must be whole numbers in 0 \.\. 2; got float64"),
        (
            [0.0, np.nan],
            THIRDS,
            {},
            "labels must be whole numbers in 0 .. 2; got float64, 1 of 2 are missing",
        ),
        (["a", "b"], THIRDS, {}, "labels must be whole numbers .* np.unique"),
        ([0, 1, 2], THIRDS, {}, r"one row per label; got shapes \(3,\) and \(2, 3\)"),
        ([[0], [1]], THIRDS, {}, r"one row per label; got shapes \(2, 1\) and \(2, 3\)"),
        ([0, 1], [0.5, 0.5], {}, r"one row per label; got shapes \(2,\) and \(2,\)"),
        ([0], [[1.2, -0.2]], {}, r"must lie in \[0, 1\]. Are these logits"),
        ([0], [[np.nan, 1.0]], {}, r"must lie in \[0, 1\]"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.4]], {}, "must add up to 1; those of image 1 add up to 0.9"),
        ([0, 1], [[0.9, 0.9], [0.5, 0.5]], {}, "must add up to 1; those of image 0 add up to 1.8"),
        ([0, 1], THIRDS, {"gamma": -0.5}, "gamma must be 0 or more, not -0.5"),
        ([0, 1], THIRDS, {"gamma": np.nan}, "gamma must be 0 or more, not nan"),
        ([0, 1], THIRDS, {"gamma": np.inf}, "gamma must be 0 or more, not inf"),
        ([0, 1], THIRDS, {"alpha": [1, 2]}, "one number of 0 or more for each of the 3 classes"),
        ([0, 1], THIRDS, {"alpha": [1]}, "for each of the 3 classes"),
        ([0, 1], THIRDS, {"alpha": [1, 2, -1]}, "one number of 0 or more"),
        ([0, 1], THIRDS, {"alpha": -0.25}, "one number of 0 or more"),
        ([0, 1], THIRDS, {"alpha": [1, np.nan, 1]}, "one number of 0 or more"),
    ],
)
def test_what_focal_loss_refuses(labels, probabilities, options, because):
    with pytest.raises(ValueError, match=because):
        imbalance.focal_loss(labels, probabilities, **options)
    if options:  # gamma when the loss is made; alpha when the number of classes is known
        with pytest.raises(ValueError, match=because):
            FocalLoss(**options)(labels, probabilities)


@pytest.mark.parametrize(
    ("true", "gamma", "because"),
    [
        (0.0, 2, "both excluded"), (1.0, 2, "both excluded"), ([0.5, np.nan], 2, "both excluded"),
        (0.5, -1, "gamma must be 0 or more, not -1"), (0.5, np.nan, "gamma must be 0 or more"),
    ],
)  # fmt: skip
def test_what_its_gradient_refuses(true, gamma, because):
    with pytest.raises(ValueError, match=because):
        imbalance.focal_gradient(true, gamma)


@pytest.mark.parametrize("alpha", [{0: 3, 1: 0.5}, {1: 0.5, 0: 3}, pd.Series([0.5, 3], index=[1, 0])])
def test_alpha_goes_by_its_class_whatever_its_order(alpha):
    labels, probabilities = [0, 1, 1], [[0.9, 0.1], [0.5, 0.5], [0.8, 0.2]]
    expected = imbalance.focal_loss(labels, probabilities, alpha=[3, 0.5])
    np.testing.assert_allclose(imbalance.focal_loss(labels, probabilities, alpha=alpha), expected, rtol=1e-12)
    loss = FocalLoss(2, alpha, reduction=None)
    np.testing.assert_allclose(loss(np.array(labels), np.array(probabilities)), expected, rtol=1e-5)
    assert loss.get_config()["alpha"] == [3, 0.5], "as a list, which JSON keeps as it is"
    with pytest.raises(ValueError, match="every class as a key"):
        imbalance.focal_loss(labels, probabilities, alpha={1: 1, 2: 1})


def test_mixes_may_be_counted_by_class():
    answers = [[0.5, 0.5], [0.2, 0.8]]
    expected = imbalance.correct_prior(answers, [1, 3], [3, 1])
    for trained, wanted in ((Counter([1, 0, 1, 1]), {1: 1, 0: 3}), (np.array([1, 3], np.uint8), [3, 1])):
        np.testing.assert_allclose(imbalance.correct_prior(answers, trained, wanted), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint64, bool])
def test_labels_of_small_types_are_the_same_labels(kind):
    labels = np.r_[np.zeros(200, int), np.ones(40, int)]
    given = labels.astype(kind)
    np.testing.assert_allclose(imbalance.balanced_weights(given, 2), [240 / 400, 240 / 80], rtol=1e-12)
    np.testing.assert_allclose(imbalance.balanced_weights(given, np.int8(2)), [0.6, 3], rtol=1e-12)
    assert np.array_equal(imbalance.oversample(given, 2), imbalance.oversample(labels, 2))
    answers = np.tile([0.7, 0.3], (240, 1))
    np.testing.assert_array_equal(
        imbalance.focal_loss(given, answers, alpha=[1, 2]),
        imbalance.focal_loss(labels, answers, alpha=[1, 2]),
    )
    features = np.random.default_rng(0).normal(size=(240, 2))
    points, classes = imbalance.smote(features, given)
    assert np.array_equal(points, imbalance.smote(features, labels)[0]) and classes.tolist().count(1) == 200


@pytest.mark.parametrize("bad", [[0, np.nan] * 6, [0, 0.5] * 6, ["a", "b"] * 6, [0, -1] * 6, [0, None] * 6])
def test_smote_wants_labels(bad):
    with pytest.raises(ValueError, match="labels must be whole numbers from 0"):
        imbalance.smote(np.random.default_rng(0).normal(size=(12, 2)), bad)


@pytest.mark.parametrize("kind", [int, np.uint8, list])
def test_balanced_weights_are_those_of_scikit_learn(kind):
    rng = np.random.default_rng(8)
    for k in (1, 2, 3, 7):
        labels = np.r_[np.arange(k), rng.integers(0, k, 5 * k) * rng.integers(0, 2, 5 * k)]
        given = labels.tolist() if kind is list else labels.astype(kind)
        weights = imbalance.balanced_weights(given, k)
        expected = compute_class_weight("balanced", classes=np.arange(k), y=labels)
        np.testing.assert_allclose(weights, expected, rtol=1e-12)
        assert weights.shape == (k,) and weights[labels].mean() == pytest.approx(1)
    np.testing.assert_allclose(imbalance.balanced_weights([0, 0, 0, 1], 2), [4 / 6, 2])


@pytest.mark.parametrize("function", [imbalance.balanced_weights, imbalance.oversample])
@pytest.mark.parametrize(
    ("labels", "because"),
    [
        ([0, 0, 2], "class 1 has no image"),
        ([0, 1], "class 2 has no image"),
        ([0, 1, 3], r"labels must be whole numbers in 0 \.\. 2; got int64 from 0 to 3"),
        ([-1, 0, 1, 2], r"labels must be whole numbers in 0 \.\. 2; got int64 from -1 to 2"),
        ([0.0, 1.0, 2.0], r"labels must be whole numbers in 0 \.\. 2; got float64 .*labels\.astype\(int\)"),
        ([0, 0.5, 1], r"labels must be whole numbers in 0 \.\. 2; got float64 from 0 to 1"),
        ([0, np.nan, 1, 2], "1 of 4 are missing .* leave images without a label out"),
        ([0, None, 1, 2], "1 of 4 are missing"),
        (["a", "b", "c"], "for example 'a'. Names become numbers"),
        (np.eye(3), r"got shape \(3, 3\). One-hot rows become labels by labels.argmax\(axis=1\)"),
        ([[0], [1], [2]], r"got shape \(3, 1\). Take the column"),
        ([[0, 1, 2]], r"got shape \(1, 3\)"),
        ([], r"got shape \(0,\)"),
    ],
)
def test_labels_that_cannot_be_counted(function, labels, because):
    with pytest.raises(ValueError, match=because):
        function(labels, 3)


def _posterior(x, prior):
    """Bayes' rule for three Gaussian classes of different width."""
    density = stats.norm.pdf(x[:, None], [-1, 0.5, 2], [1.0, 0.7, 1.5])
    return density * prior / (density * prior).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("wanted", [[1 / 3, 1 / 3, 1 / 3], [0.9, 0.09, 0.01], [0.5, 0.5, 0.0]])
def test_a_corrected_posterior_is_the_one_of_the_other_mix(wanted):
    x, trained = np.linspace(-5, 7, 200), [0.2, 0.7, 0.1]
    corrected = imbalance.correct_prior(_posterior(x, trained), trained, wanted)
    np.testing.assert_allclose(corrected, _posterior(x, wanted), rtol=0, atol=1e-12)
    np.testing.assert_allclose(corrected.sum(axis=1), 1, rtol=1e-12)
    counts = imbalance.correct_prior(_posterior(x, trained), [40, 140, 20], np.multiply(wanted, 1e4))
    np.testing.assert_allclose(counts, corrected, rtol=0, atol=1e-12)
    if min(wanted) > 0:
        back = imbalance.correct_prior(corrected, wanted, trained)
        np.testing.assert_allclose(back, _posterior(x, trained), rtol=0, atol=1e-12)
    else:
        assert (corrected[:, 2] == 0).all()


def test_a_mix_that_stays_changes_nothing_and_one_image_by_hand():
    answers = softmax(np.random.default_rng(2).normal(0, 2, (30, 4)), axis=1)
    same = imbalance.correct_prior(answers, [1, 2, 3, 4], [10, 20, 30, 40])
    np.testing.assert_allclose(same, answers, rtol=1e-12)
    # Balanced training answers one half; one in 100 is ill: one in 100 it is.
    np.testing.assert_allclose(imbalance.correct_prior([[0.5, 0.5]], [1, 1], [99, 1]), [[0.99, 0.01]])


HALVES = [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("probabilities", "trained", "wanted", "because"),
    [
        ([0.5, 0.5], [1, 1], [1, 1], r"got shapes \(2,\), \(2,\) and \(2,\)"),
        (HALVES, [1, 1, 1], [1, 1], r"got shapes \(1, 2\), \(3,\) and \(2,\)"),
        (HALVES, [1, 1], [1, 1, 1], r"got shapes \(1, 2\), \(2,\) and \(3,\)"),
        (HALVES, 1, [1, 1], "got shapes"),
        ([[0.5, 0.4]], [1, 1], [1, 1], "must lie in .* and add up to 1"),
        ([[1.5, -0.5]], [1, 1], [1, 1], "must lie in .* and add up to 1"),
        ([[np.nan, 1]], [1, 1], [1, 1], "must lie in .* and add up to 1"),
        (HALVES, [1, 0], [1, 1], "those trained with above 0"),
        (HALVES, [1, -1], [1, 1], "those trained with above 0"),
        (HALVES, [1, 1], [1, -1], "not negative"),
        (HALVES, [1, 1], [0, 0], "those trained with above 0"),
        (HALVES, [1, 1], [np.nan, 1], "must be finite"),
        (HALVES, [1, 1], [np.inf, 1], "must be finite"),
        (HALVES, [np.inf, 1], [1, 1], "must be finite"),
        ([[0.5, 0.5], [0, 1]], [1, 1], [1, 0], "image 1: all its probability lies on classes whose wanted share is 0"),
    ],
)  # fmt: skip
def test_mixes_that_cannot_be_corrected(probabilities, trained, wanted, because):
    with pytest.raises(ValueError, match=because):
        imbalance.correct_prior(probabilities, trained, wanted)


@pytest.mark.parametrize("kind", [int, np.uint8, list])
@pytest.mark.parametrize("counts", [[40, 13, 1], [5, 5], [1, 9, 9, 3], [6]])
def test_oversampling_keeps_every_image_and_repeats_those_of_small_classes(counts, kind):
    k, labels = len(counts), np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts))
    positions = imbalance.oversample(labels.tolist() if kind is list else labels.astype(kind), k)
    assert np.array_equal(np.bincount(labels[positions], minlength=k), [max(counts)] * k)
    times = np.bincount(positions, minlength=len(labels))
    assert len(times) == len(labels) and times.min() >= 1
    assert (times[labels == np.argmax(counts)] == 1).all(), "the largest class is not drawn from again"
    if len(positions) > 10:
        assert (np.diff(labels[positions]) != 0).any() or k == 1
        assert not np.array_equal(positions[: len(labels)], np.arange(len(labels))), "in random order"


def test_oversampling_draws_evenly_and_as_the_seed_says():
    labels = np.repeat([0, 1], [1010, 10])
    one, same, other = (imbalance.oversample(labels, 2, seed) for seed in (3, 3, 4))
    assert np.array_equal(one, same) and not np.array_equal(np.sort(one), np.sort(other))
    assert np.array_equal(imbalance.oversample(labels, 2), imbalance.oversample(labels, 2, 7))
    times = np.bincount(one)[1010:]
    assert times.sum() == 1010 and 60 < times.min() and times.max() < 145


def _clouds(counts=(60, 20, 9), d=4, kind=np.float64):
    rng = np.random.default_rng(11)
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    return (rng.normal(20 * labels[:, None], 8, (len(labels), d)) + 60).astype(kind), labels


@pytest.mark.parametrize("n_neighbours", [1, 3, 5])
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.uint8])
def test_smote_draws_points_between_an_image_and_a_neighbour_of_its_class(kind, n_neighbours):
    features, labels = _clouds(kind=kind)
    new, new_labels = imbalance.smote(features, labels, n_neighbours=n_neighbours)
    assert np.array_equal(new[: len(labels)], features) and np.array_equal(new_labels[: len(labels)], labels)
    assert np.bincount(new_labels).tolist() == [60, 60, 60] and new.shape == (180, 4)
    assert new.dtype == (kind if np.issubdtype(kind, np.floating) else np.float64)
    fractional = 0
    for point, label in zip(new[len(labels) :].astype(float), new_labels[len(labels) :]):
        own = features[labels == label].astype(float)
        distance = np.linalg.norm(own[:, None] - own, axis=-1)
        near = np.argsort(distance, axis=1, kind="stable")[:, 1 : n_neighbours + 1]
        start, end = np.repeat(np.arange(len(own)), n_neighbours), near.ravel()
        way = own[end] - own[start]
        share = np.sum((point - own[start]) * way, axis=1) / np.sum(way**2, axis=1)
        off = np.linalg.norm(own[start] + np.clip(share, 0, 1)[:, None] * way - point, axis=1)
        assert off.min() < 1e-4 * 60
        fractional += (np.abs(point - np.round(point)) > 1e-3).any()
    assert fractional > 80, "points between, not copies of images"


def test_smote_agrees_with_imbalanced_learn_and_with_its_seed():
    features, labels = _clouds()
    for seed in (7, 8):
        expected = SMOTE(k_neighbors=5, random_state=seed).fit_resample(features, labels)
        for ours, theirs in zip(imbalance.smote(features, labels, seed=seed), expected, strict=True):
            assert np.array_equal(ours, theirs)
    (one, _), (two, _) = imbalance.smote(features, labels), imbalance.smote(features, labels, seed=8)
    assert np.array_equal(one, imbalance.smote(features.tolist(), labels.tolist())[0])
    assert not np.array_equal(one, two)
    assert len(imbalance.smote(features, labels, seed=-1)[0]) == len(one)


def test_smote_needs_neighbours_in_small_classes_only():
    for counts, n_neighbours in (((6, 6), 9), ((20, 6), 5), ((20, 2), 1)):
        features, labels = _clouds(counts)
        new, new_labels = imbalance.smote(features, labels, n_neighbours=n_neighbours)
        assert np.bincount(new_labels).tolist() == [max(counts)] * 2
        assert np.array_equal(new[: len(labels)], features)


@pytest.mark.parametrize(
    ("counts", "n_neighbours", "because"),
    [
        ((60, 5), 5, r"^class 1 has 5 images: too few for 5 neighbours each\. Take n_neighbours=4 or less, or more images\.$"),
        ((3, 60, 30), 5, r"^class 0 has 3 images: too few for 5 neighbours each\. Take n_neighbours=2 or less, or more images\.$"),
        ((60, 20, 1), 5, r"^class 2 has 1 images: too few for 5 neighbours each\.$"),
        ((60,), 5, "two classes at least; all 60 labels are"),
        ((60, 20), 0, "n_neighbours must be at least 1, not 0"),
        ((60, 20), -2, "n_neighbours must be at least 1, not -2"),
    ],
)  # fmt: skip
def test_classes_too_small_for_smote(counts, n_neighbours, because):
    features, labels = _clouds(counts)
    with pytest.raises(ValueError, match=because):
        imbalance.smote(features, labels, n_neighbours=n_neighbours)


def test_features_smote_cannot_use():
    features, labels = _clouds()
    for bad in (np.nan, np.inf):
        broken = features.copy()
        broken[[3, 3, 8], [0, 1, 2]] = bad
        with pytest.raises(ValueError, match="2 images have features that are not finite"):
            imbalance.smote(broken, labels)
    with pytest.raises(ValueError, match=r"got shapes \(89, 2, 2\) and \(89,\). Flatten images first"):
        imbalance.smote(features.reshape(-1, 2, 2), labels)
    for wrong in (labels[:-1], labels[:, None], np.eye(3)[labels]):
        with pytest.raises(ValueError, match=r"expected features \(n, d\) and labels \(n,\)"):
            imbalance.smote(features, wrong)


def test_oversampled_points_are_inside_their_class_and_smote_leaves_what_it_was_given():
    features, labels = _clouds()
    before = features.copy(), labels.copy()
    imbalance.smote(features, labels), imbalance.oversample(labels, 3)
    assert all(np.array_equal(a, b) for a, b in zip(before, (features, labels)))


def test_the_helpers_do_not_import_tensorflow_but_the_loss_for_training():
    code = "import sys; import helpers.imbalance; print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == "[]\n" and run.stderr == ""


def test_easy_images_lose_weight_faster_with_a_higher_gamma():
    """Relative to the cross-entropy, the loss is (1 - p)^gamma: higher gammas lower the loss of every image, and most so where p is high."""
    true = np.linspace(0.05, 0.95, 19)
    answers = np.stack([true, 1 - true], axis=1)
    losses = [imbalance.focal_loss(np.zeros(19, int), answers, gamma) for gamma in GAMMAS]
    for lower, higher in itertools.pairwise(losses):
        share = higher / lower
        assert (share < 1).all() and (np.diff(share) < 0).all()


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2, 3, 5])
@pytest.mark.parametrize("shares", [(0.96, 0.04), (0.5, 0.3, 0.2), (0.7, 0.2, 0.07, 0.03)])
def test_undoing_the_focal_loss_gives_back_the_shares_that_its_minimum_hides(gamma, shares):
    shares = np.array(shares)

    def expected_loss(logits):
        answers = np.exp(logits - logits.max())
        answers /= answers.sum()
        labels = np.arange(len(shares))
        return shares @ imbalance.focal_loss(labels, np.tile(answers, (len(shares), 1)), gamma)

    lowest = optimize.minimize(expected_loss, np.zeros(len(shares)), method="BFGS", tol=1e-12).x
    answers = np.exp(lowest - lowest.max())
    answers /= answers.sum()
    assert gamma == 0 or answers.max() < shares.max() - 0.01, "the minimum is under-confident"
    np.testing.assert_allclose(imbalance.undo_focal(answers[None], gamma)[0], shares, atol=2e-4)


def test_undoing_the_focal_loss_stays_finite_and_keeps_the_order():
    rows = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.2, 0.3, 0.5]])
    undone = imbalance.undo_focal(rows, 3.0)
    np.testing.assert_allclose(undone.sum(axis=1), 1)
    assert undone[0, 0] > 0.999 and (np.diff(undone[2]) > 0).all()
    with pytest.raises(ValueError, match="add up to 1"):
        imbalance.undo_focal(rows[:, :2], 3.0)
    with pytest.raises(ValueError, match="gamma must be 0 or more"):
        imbalance.undo_focal(rows, -1)
