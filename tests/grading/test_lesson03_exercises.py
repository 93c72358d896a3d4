"""Lesson 03's exercises: the table of answers; and whether the checks' own rules are those
of Keras and of scikit-learn."""

from math import ceil, floor

import exercises
import numpy as np
import pytest
from sklearn import calibration, metrics

from helpers.checks import lesson03


class TestLesson03(exercises.ExerciseTests):
    lesson, points = "03", 12


@pytest.mark.parametrize("network", ["MobileNetV2", "InceptionV3", "EfficientNetB0", "ResNet50"])
def test_preparation_is_that_of_keras(network):
    import keras

    module = {
        "MobileNetV2": keras.applications.mobilenet_v2,
        "InceptionV3": keras.applications.inception_v3,
        "EfficientNetB0": keras.applications.efficientnet,
        "ResNet50": keras.applications.resnet50,
    }[network]
    images = np.random.default_rng(1).random((3, 6, 5))
    expected = module.preprocess_input(255 * np.repeat(images[..., None], 3, axis=-1))
    assert np.allclose(lesson03.prepared(images, network), expected, atol=1e-4)


@pytest.mark.parametrize("frozen", [[], ["conv"], ["norm"], ["conv", "norm", "conv_again"], ["logits"]])
def test_parameters_are_those_of_keras(frozen):
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 9, 2)),
            layers.Conv2D(5, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Conv2D(4, (3, 2), use_bias=False, name="conv_again"),
            layers.BatchNormalization(name="norm_again"),
            layers.GlobalAveragePooling2D(name="average"),
            layers.Dense(3, name="logits"),
        ]
    )
    for name in frozen:
        model.get_layer(name).trainable = False
    described = [
        (
            layer.name,
            {"conv": "conv", "norm": "batch_norm"}.get(layer.name[:4], "dense"),
            [tuple(weight.shape) for weight in layer.weights],
        )
        for layer in model.layers
        if layer.weights
    ]
    counts = [
        sum(w.numpy().size for w in ws) for ws in (model.trainable_weights, model.non_trainable_weights)
    ]
    assert lesson03.counted(described, frozen) == tuple(counts)


@pytest.mark.parametrize("seed", range(20))
def test_thresholds_reach_the_sensitivity_and_no_higher_one_does(seed):
    rng = np.random.default_rng(seed)
    positive = rng.permutation(np.arange(31) < 13)
    scores = rng.normal(positive, 1).round(1 + seed % 2)
    wanted = rng.uniform(0.01, 1)
    expected = lesson03.reaching(scores, positive, wanted)
    assert metrics.recall_score(positive, scores >= expected) >= wanted
    assert metrics.recall_score(positive, scores >= np.nextafter(expected, np.inf)) < wanted


def test_no_case_hangs_on_rounding_errors():
    """Multiplying, and counting from either end, give what the definitions give."""
    for scores, positive, wanted, _ in lesson03.threshold_for_sensitivity._cases:
        ours = np.sort(scores[positive])
        expected, n = lesson03.reaching(scores, positive, wanted), len(ours)
        assert ours[n - ceil(wanted * n)] == ours[floor((1 - wanted) * n)] == expected
    for probabilities, _, n_bins, _ in lesson03.reliability._cases:
        by_edges = np.digitize(probabilities, np.linspace(0, 1, n_bins + 1)[1:-1])
        by_product = np.minimum((probabilities * n_bins).astype(int), n_bins - 1)
        places = lesson03.places(probabilities, n_bins)
        assert (by_edges == places).all() and (by_product == places).all()


@pytest.mark.parametrize("n_bins", [1, 3, 10])
def test_bins_are_those_of_scikit_learn(n_bins):
    rng = np.random.default_rng(n_bins)
    probabilities = rng.random(60) ** 3
    positive = rng.random(60) < probabilities
    binned = np.array(lesson03.binned(probabilities, positive, n_bins))
    means, shares, number = binned[:, binned[2] > 0]
    expected_shares, expected_means = calibration.calibration_curve(positive, probabilities, n_bins=n_bins)
    assert np.allclose(means, expected_means) and np.allclose(shares, expected_shares)
    assert number.sum() == 60


@pytest.mark.parametrize("sick", [3, 40, 170])
def test_predictive_values_are_shares_of_counted_people(sick):
    rng = np.random.default_rng(sick)
    positive = np.arange(200) < sick
    called = rng.random(200) < np.where(positive, 0.8, 0.3)
    sensitivity, specificity = called[positive].mean(), (~called)[~positive].mean()
    ppv, npv = lesson03.bayes(sensitivity, specificity, positive.mean())
    assert np.isclose(ppv, metrics.precision_score(positive, called))
    assert np.isclose(npv, metrics.precision_score(~positive, ~called))
