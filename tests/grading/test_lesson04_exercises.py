"""Lesson 04's exercises: the table of answers; and whether the checks' own rules are those
of the helpers, of libraries, and of what the equations mean."""

import exercises
import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.class_weight import compute_class_weight

from helpers import imbalance
from helpers.checks import lesson04


class TestLesson04(exercises.ExerciseTests):
    lesson, points = "04", 12


def _rows(seed, n, k):
    rng = np.random.default_rng(seed)
    return rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)


@pytest.mark.parametrize("gamma", [0, 0.5, 2, 3])
def test_losses_are_those_of_the_helper_and_of_keras(gamma):
    import keras

    labels, probabilities = _rows(1, 40, 4)
    labels[:2], probabilities[:2] = (0, 1), [1, 0, 0, 0]
    losses = lesson04.focal(probabilities[np.arange(40), labels], gamma)
    assert np.allclose(losses, imbalance.focal_loss(labels, probabilities, gamma), atol=1e-6)
    loss = keras.losses.CategoricalFocalCrossentropy(alpha=1, gamma=gamma, reduction=None)
    assert np.allclose(losses, loss(np.eye(4)[labels], probabilities), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("gamma", [0, 0.5, 2, 3])
def test_gradients_are_those_of_the_helper_and_of_a_softmax_whose_logit_is_moved(gamma):
    logits, h = np.random.default_rng(2).normal(0, 2, (30, 4)), 1e-5

    def loss(moved):
        powers = np.exp(logits + np.array([moved, 0, 0, 0]))
        return lesson04.focal(powers[:, 0] / powers.sum(axis=1), gamma)

    p = np.exp(logits[:, 0]) / np.exp(logits).sum(axis=1)
    slopes = lesson04.slope(p, gamma)
    assert np.allclose(slopes, (loss(h) - loss(-h)) / (2 * h), atol=1e-8)
    assert np.allclose(slopes, imbalance.focal_gradient(p, gamma)) and (slopes < 0).all()


@pytest.mark.parametrize("gamma", [0.2, 1, 2, 5])
def test_the_gradient_is_larger_than_that_of_the_cross_entropy_where_p_is_small(gamma):
    """What the praise says."""
    times = lesson04.slope(np.array([0.001, 0.01, 0.05, 0.6, 0.9]), gamma) / np.array(
        [-0.999, -0.99, -0.95, -0.4, -0.1]
    )
    assert (times[:3] > 1).all() and (times[3:] < 1).all()


@pytest.mark.parametrize("case", lesson04.class_weights._cases)
def test_weighted_labels_have_the_wanted_mix(case):
    labels, k, wanted, _ = case
    answer = exercises.right("04", "class_weights")[0]
    weights = answer(labels, k, wanted)
    weighted = np.bincount(labels, weights=weights[labels], minlength=k)
    assert np.allclose(weighted / weighted.sum(), wanted) and np.isclose(weights[labels].mean(), 1)
    equal = answer(labels, k, np.full(k, 1 / k))
    assert np.allclose(equal, compute_class_weight("balanced", classes=np.arange(k), y=labels))


@pytest.mark.parametrize("case", lesson04.smote_sample._cases)
def test_neighbours_are_those_of_scikit_learn_and_none_is_nearly_as_near(case):
    rare, i, nth, gap, _ = case
    apart, order = NearestNeighbors(n_neighbors=len(rare)).fit(rare).kneighbors(rare[[i]])
    assert order[0, 0] == i and np.diff(apart[0])[nth - 1 : nth + 1].min() > 0.01
    expected = (1 - gap) * rare[i] + gap * rare[order[0, nth]]
    assert np.allclose(lesson04.smote(rare, i, nth, gap), expected)


def test_samples_are_among_those_of_imbalanced_learn():
    rng = np.random.default_rng(3)
    rare, common = rng.normal(0, 1, (8, 3)), rng.normal(4, 1, (14, 3))
    made, _ = imbalance.smote(np.concatenate([rare, common]), np.repeat([0, 1], [8, 14]), n_neighbours=3)
    for sample in made[22:]:
        near = []
        for i in range(8):
            for nth in (1, 2, 3):
                way = lesson04.smote(rare, i, nth, 1) - rare[i]
                gap = (sample - rare[i]) @ way / (way @ way)
                near.append(np.allclose(lesson04.smote(rare, i, nth, gap), sample) and 0 <= gap <= 1)
        assert any(near)


@pytest.mark.parametrize("true", [[180, 20, 50], [1, 0, 3], [300, 300, 300]])
def test_corrected_answers_are_those_of_bayes_rule_under_the_true_shares(true):
    """Classes whose densities are known: the answer under any shares can be written down."""
    x, trained, true = np.linspace(-3, 5, 60)[:, None], np.array([100, 80, 120]), np.array(true)
    density = np.exp(-((x - np.array([0, 1.5, 2])) ** 2) / 2)
    answers = [density * shares / (density @ shares)[:, None] for shares in (trained, true)]
    assert np.allclose(lesson04.under(answers[0], trained, true), answers[1])
    assert np.allclose(imbalance.correct_prior(answers[0], trained, true), answers[1])
