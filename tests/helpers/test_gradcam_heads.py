"""Grad-CAM explains logits, however a softmax or sigmoid is written; or it says that it cannot."""

import functools
import warnings

import numpy as np
import pytest

from helpers import gradcam, seeds
from helpers.deep import keras, tf
from helpers.gradcam.activations import KNOWN, recognise

layers, ops = keras.layers, keras.ops


@pytest.fixture(scope="module")
def images():
    return seeds.generator(3).random((6, 32, 32)).astype(np.float32)


def network(head, units=3, activation=None, dense=True):
    """The same weights every time; `head` turns logits (or, dense=False, features) into the answer."""
    seeds.set_seed(5)
    image = layers.Input((32, 32, 1))
    x = layers.Conv2D(8, 3, 2, activation="relu", name="conv")(image)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(
        image, head(layers.Dense(units, activation=activation, name="logits")(x) if dense else x)
    )


def explained(model, images, class_index=1):
    """The map before the ReLU; any warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return gradcam.grad_cam(model, images, class_index, layer="conv", relu=False)


@pytest.fixture(scope="module")
def linear(images):
    """units -> the map of the network that ends with its logits."""
    return functools.cache(lambda units=3: explained(network(lambda z: z, units), images))


@keras.saving.register_keras_serializable("test_heads")
class OnlySoftmax(layers.Layer):
    def call(self, z):
        return tf.nn.softmax(z)


@keras.saving.register_keras_serializable("test_heads")
class Head(layers.Layer):
    """Dense and softmax in one layer: nothing can be taken off."""

    def __init__(self, units=3, **options):
        super().__init__(**options)
        self.dense = layers.Dense(units)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        return tf.nn.softmax(self.dense(x)) if self.dense.units > 1 else tf.sigmoid(self.dense(x))


class SoftDense(layers.Dense):
    def call(self, x):
        return tf.nn.softmax(super().call(x))


def by_hand(z):
    e = ops.exp(z - ops.max(z, axis=-1, keepdims=True))
    return e / ops.sum(e, axis=-1, keepdims=True)


SOFTMAX = {
    "Softmax": layers.Softmax(),
    "axis": layers.Softmax(axis=1),
    "Activation": layers.Activation("softmax"),
    "tf.nn": layers.Activation(tf.nn.softmax),
    "Lambda": layers.Lambda(tf.nn.softmax),
    "lambda": layers.Lambda(lambda z: tf.nn.softmax(z, axis=1)),
    "keras.ops": ops.softmax,
    "keras.activations": keras.activations.softmax,
    "own layer": OnlySoftmax(),
    "by hand": by_hand,
    "cast": lambda z: layers.Activation("linear", dtype="float32")(ops.softmax(z)),
    "ops.cast": lambda z: ops.cast(layers.Softmax()(z), "float32"),
    "dropout": lambda z: layers.Dropout(0.5)(layers.Softmax()(z)),
    "identity": lambda z: layers.Identity()(layers.Softmax()(z)),
    "reshape": lambda z: layers.Flatten()(layers.Softmax()(layers.Reshape((1, 1, 3))(z))),
    "percent": lambda z: layers.Rescaling(100.0)(layers.Softmax()(z)),
    "clipped": lambda z: ops.clip(layers.Softmax()(z), 1e-7, 1 - 1e-7),
    "nested": lambda z: keras.Sequential([layers.Softmax()])(z),
    "log_softmax": ops.log_softmax,
    "log of softmax": lambda z: ops.log(ops.softmax(z) + 1e-8),
    "twice": lambda z: layers.Softmax()(layers.Softmax()(z)),
}
SIGMOID = {
    "Activation": layers.Activation("sigmoid"),
    "tf.sigmoid": layers.Activation(tf.sigmoid),
    "tf.math": layers.Lambda(tf.math.sigmoid),
    "keras.ops": ops.sigmoid,
    "cast": lambda z: ops.cast(layers.Activation(tf.sigmoid)(z), "float32"),
    "by hand": lambda z: 1 / (1 + ops.exp(-z)),
    "hard": layers.Activation("hard_sigmoid"),
    "tanh": layers.Activation("tanh"),
    "log": layers.Activation("log_sigmoid"),
}


@pytest.mark.parametrize("head", SOFTMAX)
def test_every_softmax_is_taken_off(head, images, linear):
    model = network(SOFTMAX[head])
    np.testing.assert_allclose(explained(model, images), linear(), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(
    "activation", ["softmax", tf.nn.softmax, lambda z: tf.nn.softmax(z), tf.sigmoid, "log_softmax"]
)
def test_every_activation_of_the_last_layer_is_taken_off(activation, images, linear):
    model = network(lambda z: z, activation=activation)
    np.testing.assert_allclose(explained(model, images), linear(), rtol=1e-3, atol=1e-7)
    assert model.get_layer("logits").activation is keras.activations.get(activation)


@pytest.mark.parametrize("head", SIGMOID)
@pytest.mark.parametrize("shift", [-3.0, 3.0])
def test_one_sigmoid_unit_explains_the_predicted_class(head, shift, images, linear):
    """All images are predicted negative, or all positive."""
    found = explained(network(lambda z: SIGMOID[head](z + shift), 1), images, None)
    np.testing.assert_allclose(found, np.sign(shift) * linear(1), rtol=1e-3, atol=1e-7)


def test_one_logit_for_two_probabilities(images, linear):
    """1 - p and p: class 0 by minus the logit."""
    model = network(lambda z: layers.Concatenate()([1 - ops.sigmoid(z), ops.sigmoid(z)]), 1)
    for class_index, sign in ((0, -1), (1, 1)):
        found = explained(model, images, class_index)
        np.testing.assert_allclose(found, sign * linear(1), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_behind_a_temperature_the_logit_is_what_enters_the_softmax(temperature, images, linear):
    for head in (
        lambda z: ops.softmax(z / temperature),
        layers.Lambda(lambda z: tf.nn.softmax(z / temperature)),
    ):
        np.testing.assert_allclose(
            explained(network(head), images) * temperature, linear(), rtol=2e-3, atol=1e-7
        )


def test_heads_in_mixed_precision(images, linear):
    expected = linear()
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        models = [network(head) for head in (ops.softmax, OnlySoftmax(), by_hand, SOFTMAX["ops.cast"])]
        models.append(
            network(lambda z: layers.Activation("linear", dtype="float32")(z), activation="softmax")
        )
    finally:
        keras.mixed_precision.set_global_policy("float32")
    for model in models:
        np.testing.assert_allclose(explained(model, images), expected, atol=0.02 * np.abs(expected).max())


@pytest.mark.parametrize("head", ["tf.nn", "keras.ops", "own layer", "cast", "nested"])
def test_heads_of_reloaded_models(head, images, tmp_path):
    model = network(SOFTMAX[head])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", custom_objects={"softmax_v2": tf.nn.softmax})
    np.testing.assert_allclose(explained(again, images), explained(model, images), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(
    "head",
    [
        Head(),
        SoftDense(3),
        layers.Dense(3, activation="softplus"),
        lambda x: layers.Average()([layers.Dense(3, activation="softmax")(x) for _ in range(2)]),
    ],
    ids=["own layer", "own dense", "softplus", "mean of two softmaxes"],
)
def test_what_cannot_be_taken_off_is_told(head, images):
    with pytest.warns(UserWarning, match="the model's own output, not of logits"):
        gradcam.grad_cam(network(head, dense=False), images, 1, layer="conv", relu=False)


@pytest.mark.parametrize(
    "head",
    [
        layers.Dense(3),
        lambda x: layers.Dense(3)(layers.Dense(9, activation="relu")(x)),
        lambda x: layers.Add()([layers.Dense(3)(x), layers.Dense(3)(x)]),
        lambda x: layers.Dense(3, kernel_initializer="zeros")(x) + layers.Dense(3)(x) * 2,
    ],
)
def test_logits_are_not_warned_of(head, images):
    explained(network(head, dense=False), images)


def test_a_probability_that_stays_is_not_taken_for_a_logit(images):
    """p = 0.3 is class 0, though it is above 0; class 0 is explained by minus p."""
    head = Head(1)
    model = network(head, dense=False)
    kernel, _ = head.get_weights()
    head.set_weights([kernel, np.array([-0.85])])
    p = np.asarray(model(images[..., None]))
    assert (p > 0.1).all() and (p < 0.45).all()
    with pytest.warns(UserWarning, match="own output"):
        predicted = gradcam.grad_cam(model, images, layer="conv", relu=False)
    with pytest.warns(UserWarning, match="own output"):
        one = gradcam.grad_cam(model, images, 1, layer="conv", relu=False)
    np.testing.assert_allclose(predicted, -one, atol=1e-9)
    assert np.abs(one).max() > 1e-6


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.3, 0.7), (-2.0, 0.0)])
def test_activations_are_known_by_what_they_do(name, scale, shift):
    z = seeds.generator(1).normal(size=(32, 4)) * 6
    found = recognise(z, KNOWN[name][0](scale * z + shift).astype(np.float32))
    assert found[1] == pytest.approx(scale, rel=0.01)
    if "softmax" not in name:
        np.testing.assert_allclose(found[2], shift, atol=0.02)


@pytest.mark.parametrize(
    "function", [lambda z: z, lambda z: np.maximum(z, 0), np.exp, np.sin, lambda z: 0 * z, abs]
)
def test_what_is_no_squashing_is_not_taken_for_one(function):
    z = seeds.generator(1).normal(size=(32, 4)) * 2
    assert recognise(z, function(z)) is None
