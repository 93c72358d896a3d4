"""Cross-validation of a network: nobody is predicted by a network that saw him, and trainings do not touch each other."""

import numpy as np
import pytest

from helpers import cross_validation, plots, seeds
from helpers.deep import keras
from helpers.plots import networks

LAYERS = keras.layers


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))


def _network(compiled=True):
    seeds.set_seed(1)
    network = keras.Sequential(
        [LAYERS.Input((2,)), LAYERS.Dense(8, "relu"), LAYERS.Dense(2, activation="softmax")]
    )
    if compiled:
        network.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    return network


def _data(n=90):
    rng = np.random.default_rng(3)
    images = rng.normal(size=(n, 2)).astype(np.float32)
    return images, (images[:, 0] > 0).astype(int), np.arange(n) % 3


def test_what_can_be_learnt_is_learnt_and_what_is_random_is_not():
    images, labels, folds = _data()
    network, options = _network(), {"epochs": 10, "batch_size": 8, "seed": 5}
    learnt = cross_validation.out_of_fold(network, images, labels, folds, **options)
    assert learnt.shape == (90, 2) and np.allclose(learnt.sum(axis=1), 1, atol=1e-5)
    assert (learnt.argmax(axis=1) == labels).mean() > 0.9
    coins = np.random.default_rng(4).integers(0, 2, 90)  # labels that nobody can know
    tossed = cross_validation.out_of_fold(network, images, coins, folds, **options)
    assert (tossed.argmax(axis=1) == coins).mean() < 0.7


def test_a_fold_is_predicted_by_a_network_that_never_saw_its_labels():
    images, labels, folds = _data()
    other, network = np.where(folds == 1, 1 - labels, labels), _network()
    first, second = (
        cross_validation.out_of_fold(network, images, given, folds, epochs=2, batch_size=8)
        for given in (labels, other)
    )
    assert np.array_equal(first[folds == 1], second[folds == 1])
    assert not np.allclose(first[folds == 0], second[folds == 0], atol=1e-3)


def test_the_same_seed_gives_the_same_whatever_was_trained_before(monkeypatch):
    monkeypatch.setattr(cross_validation, "compiled", lambda *parts: None)  # nothing is kept
    images, labels, folds = _data()
    network, options = _network(), {"epochs": 1, "batch_size": 15}
    first = cross_validation.out_of_fold(network, images, labels, folds, seed=7, **options)
    other = cross_validation.out_of_fold(network, images, labels, folds, seed=8, **options)
    again = cross_validation.out_of_fold(network, images, labels, folds, seed=7, **options)
    fresh = cross_validation.out_of_fold(_network(), images, labels, folds, seed=7, **options)
    assert np.allclose(first, again, atol=1e-6) and np.allclose(first, fresh, atol=1e-6)
    assert not np.allclose(first, other, atol=1e-3)


def test_the_same_call_is_computed_once(monkeypatch):
    images, labels, folds = _data()
    options = {"epochs": 1, "batch_size": 15}
    network, other = _network(), _network()
    first = cross_validation.out_of_fold(network, images, labels, folds, **options)
    monkeypatch.setattr(keras.Model, "fit", None)
    again = cross_validation.out_of_fold(other, images, labels, folds, **options)
    assert np.array_equal(first, again)
    for one, same in zip(network.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(one, same)
    other.optimizer.learning_rate = 0.01
    for changed in (lambda: labels[::-1], lambda: labels):  # other labels; another learning rate
        with pytest.raises(TypeError):
            cross_validation.out_of_fold(other, images, changed(), folds, **options)


@pytest.mark.parametrize(
    ("compiled", "images", "folds", "words"),
    [
        (False, 90, 90, "not compiled"),
        (True, 80, 90, "one label for each image; got 90 for 80"),
        (True, 90, 1, "two folds at least"),
    ],
)
def test_what_does_not_go_together_is_told(compiled, images, folds, words):
    given, labels, numbers = _data()
    numbers = numbers if folds == 90 else np.zeros(90, int)
    with pytest.raises(ValueError, match=words):
        cross_validation.out_of_fold(_network(compiled), given[:images], labels, numbers, epochs=1)


def _texts(figure):
    return [text.get_text() for axis in figure.axes for text in axis.texts if text.get_text()]


def test_the_picture_of_a_network_names_every_layer_with_shape_and_parameters():
    model = keras.Sequential(
        [
            LAYERS.Input((8, 8, 1)),
            LAYERS.Conv2D(4, 3, padding="same", activation="relu"),
            LAYERS.MaxPooling2D(),
            LAYERS.Flatten(),
            LAYERS.Dropout(0.5, name="a_dropout"),
            LAYERS.Dense(3),
        ]
    )
    texts = _texts(networks.network_diagram(model, "title"))
    assert texts == [
        "convolution, relu\n8 x 8 x 4\n40 parameters",
        "max pooling\n4 x 4 x 4",
        "flatten\n64",
        "a_dropout\n64",
        "dense\n3\n195 parameters",
    ]
    plots.show(networks.network_diagram(model), "five boxes")


def test_the_chart_of_accuracies_has_one_interval_for_each_rule():
    from helpers.evaluation import Estimate

    rules = {
        "network": (0.99, Estimate(0.6, 0.5, 0.7), [0.58, 0.62]),
        "largest": (0.41, Estimate(0.4, 0.3, 0.5), [0.4, 0.4]),
    }
    figure = networks.accuracy_chart(rules, ("known", "new"), 0.9957)
    (axis,) = figure.axes
    assert _texts(figure) == ["60 % (50 % to 70 %)", "40 % (30 % to 50 %)"]
    wide = [line.get_xdata() for line in axis.lines if line.get_linewidth() == 7]
    assert np.allclose(wide, [[50, 70], [30, 50]])
    assert sum(len(points.get_offsets()) for points in axis.collections) == 4
