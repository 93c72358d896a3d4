"""Grad-CAM in three dimensions, and the values of another implementation."""

import warnings

import numpy as np
import pytest

from helpers import gradcam, seeds
from helpers.deep import keras

layers = keras.layers


def _quiet(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return gradcam.grad_cam(*arguments, **options)


def flat_and_deep():
    """The same network for images, and for volumes of one slice."""
    seeds.set_seed(4)
    image, volume = layers.Input((16, 16, 1)), layers.Input((1, 16, 16, 1))
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    x = layers.Dense(6, activation="tanh", name="hidden")(layers.Flatten()(x))
    flat = keras.Model(image, layers.Dense(3, activation="softmax", name="logits")(x))
    x = layers.Conv3D(4, (1, 3, 3), activation="relu", name="conv")(volume)
    x = layers.Dense(6, activation="tanh", name="hidden")(layers.Flatten()(x))
    deep = keras.Model(volume, layers.Dense(3, activation="softmax", name="logits")(x))
    weights = flat.get_weights()
    deep.set_weights([weights[0][None], *weights[1:]])
    return flat, deep


@pytest.mark.parametrize("method", gradcam.METHODS)
def test_a_volume_of_one_slice_is_an_image(method):
    flat, deep = flat_and_deep()
    images = seeds.generator(1).random((4, 16, 16)).astype(np.float32)
    expected = _quiet(flat, images, 1, method=method, relu=False)
    found = _quiet(deep, images[:, None], 1, method=method, relu=False)
    assert found.shape == (4, 1, 14, 14)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-4, atol=1e-7)
    assert np.abs(expected).max() > 1e-4


@pytest.mark.parametrize("method", gradcam.METHODS)
def test_every_method_follows_its_equation_in_three_dimensions(method):
    """Gradients by finite differences of what follows the feature map; sums and means over all places."""
    seeds.set_seed(8)
    volume = layers.Input((6, 8, 10, 1))
    x = layers.Conv3D(3, 2, 2, activation="relu", name="conv")(volume)
    hidden, logits = layers.Dense(5, activation="tanh"), layers.Dense(2, activation="softmax")
    model = keras.Model(volume, logits(hidden(layers.Flatten()(x))))
    volumes = seeds.generator(2).random((2, 6, 8, 10)).astype(np.float32)
    a = (
        keras.Model(model.input, model.get_layer("conv").output)(volumes[..., None])
        .numpy()
        .astype(np.float64)
    )

    def logit(features):
        z = np.tanh(features.reshape(2, -1) @ hidden.kernel.numpy() + hidden.bias.numpy())
        return z @ logits.kernel.numpy()[:, 1]

    g = np.zeros_like(a)
    for place in np.ndindex(a.shape[1:]):
        step = np.zeros_like(a)
        step[(slice(None), *place)] = 1e-4
        g[(slice(None), *place)] = (logit(a + step) - logit(a - step)) / 2e-4
    axes = (1, 2, 3)
    below = 2 * g**2 + a.sum(axis=axes, keepdims=True) * g**3
    alpha = np.divide(g**2, below, out=np.zeros_like(g), where=g != 0)
    expected = {
        "gradcam": (a * g.mean(axis=axes, keepdims=True)).sum(axis=-1),
        "gradcam++": (a * (alpha * np.maximum(g, 0)).sum(axis=axes, keepdims=True)).sum(axis=-1),
        "hirescam": (a * g).sum(axis=-1),
        "layercam": (a * np.maximum(g, 0)).sum(axis=-1),
    }[method]
    found = _quiet(model, volumes, 1, method=method, relu=False)
    assert found.shape == (2, 3, 4, 5)
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())
    np.testing.assert_allclose(_quiet(model, volumes, 1, method=method), np.maximum(found, 0))


def test_the_map_of_a_volume_sums_up_to_the_logit():
    seeds.set_seed(8)
    volume = layers.Input((None, None, None, 2))
    x = layers.Conv3D(5, 3, 2, "same", activation="relu")(volume)
    x = x + layers.Conv3D(5, 3, padding="same")(x)
    model = keras.Model(volume, layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling3D()(x)))
    volumes = seeds.generator(2).random((3, 8, 6, 10, 2)).astype(np.float32)
    found = _quiet(model, volumes, 1, relu=False, batch_size=2)
    assert found.shape == (3, 4, 3, 5)
    p = model.predict(volumes, verbose=0)[:, 0]
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), np.log(p / (1 - p)), rtol=1e-3, atol=1e-4)


def test_patches_of_volumes():
    volume = layers.Input((8, 16, 24, 1))
    x = layers.Conv3D(4, 8, 8, use_bias=False, kernel_initializer="ones")(volume)
    x = layers.Reshape((6, 4))(x)
    x = layers.Dense(4, activation="relu", use_bias=False, kernel_initializer="ones", name="mlp")(x)
    model = keras.Model(
        volume, layers.Dense(2, kernel_initializer="ones")(layers.GlobalAveragePooling1D()(x))
    )
    lit = np.zeros((1, 8, 16, 24), np.float32)
    lit[0, :, 8:, 8:16] = 1
    found = _quiet(model, lit, 1)
    assert found.shape == (1, 1, 2, 3) and np.argwhere(found[0] > 0).tolist() == [[0, 1, 1]]


def test_the_rank_of_the_model_decides_what_images_are():
    """(n, h, w) are images of one channel; (n, d, h, w) volumes of one channel, or images that do not fit."""
    flat, deep = flat_and_deep()
    assert _quiet(flat, np.ones((16, 16, 16)), 1).shape == (16, 14, 14)
    assert _quiet(deep, np.ones((2, 1, 16, 16, 1)), 1).shape == (2, 1, 14, 14)
    with pytest.raises(ValueError, match=r"expected images \(n, 1, 16, 16, 1\)"):
        gradcam.grad_cam(deep, np.ones((2, 16, 16)), 1)
    with pytest.raises(ValueError, match=r"takes \(16, 16, 1\)"):
        gradcam.grad_cam(flat, np.ones((2, 1, 16, 16)), 1)


def test_maps_of_volumes_are_resized_and_scaled():
    maps = seeds.generator(1).random((2, 3, 4, 5)).astype(np.float32)
    assert gradcam.upsample(maps, (6, 8, 10)).shape == (2, 6, 8, 10)
    assert gradcam.upsample(maps, 7).shape == (2, 7, 7, 7)
    np.testing.assert_allclose(gradcam.upsample(maps, (3, 4, 5)), maps, rtol=1e-6)
    one = gradcam.upsample(maps[:, :1].repeat(3, axis=1), (5, 8, 10))
    np.testing.assert_allclose(one[:, 2], gradcam.upsample(maps[:, 0], (8, 10)), atol=1e-6)
    np.testing.assert_allclose(gradcam.normalise(maps).max(axis=(1, 2, 3)), 1)
    np.testing.assert_allclose(gradcam.normalise(maps, "all"), maps / maps.max(), rtol=1e-6)
    with pytest.raises(ValueError):
        gradcam.upsample(maps, (6, 8))


# captum's own test values (its tests of layer Grad-CAM), for its network of one convolution


def one_convolution(last_relu):
    """Kernels of ones and biases -50 and -75; the first five features, channel by channel, count for, three against."""
    image = layers.Input((4, 4, 1))
    x = layers.Conv2D(2, 3, kernel_initializer="ones", name="conv1")(image)
    x = layers.ReLU(name="relu1")(x)
    x = layers.Flatten()(layers.Permute((3, 1, 2), name="channels_first")(x))
    x = layers.Dense(4, name="fc1")(x)
    model = keras.Model(image, layers.ReLU(name="relu2")(x) if last_relu else x)
    model.get_layer("conv1").set_weights([np.ones((3, 3, 1, 2)), np.array([-50.0, -75.0])])
    model.get_layer("fc1").set_weights([np.repeat([1.0] * 5 + [-1.0] * 3, 4).reshape(8, 4), np.zeros(4)])
    return model


@pytest.mark.parametrize("last_relu", [False, True])
@pytest.mark.parametrize(
    ("layer", "added", "expected"),
    [
        ("conv1", 0, [[11.25, 13.5], [20.25, 22.5]]),
        ("relu1", 0, [[0, 4], [28, 32.5]]),
        ("conv1", 1, [[14.5, 19.0], [32.5, 37.0]]),
    ],
)
def test_captums_values(layer, added, expected, last_relu):
    """captum explains what comes out of the last ReLU, which is open here: the same map, and a word on it."""
    image = np.arange(16, dtype=np.float32).reshape(1, 4, 4) + added
    model = one_convolution(last_relu)
    if last_relu:
        with pytest.warns(UserWarning, match="own output"):
            found = gradcam.grad_cam(model, image, 0, layer=layer, relu=False)
    else:
        found = gradcam.grad_cam(model, image, 0, layer=layer, relu=False)
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


def test_slices_read_one_after_another_keep_their_places():
    """A CNN for each slice, then a recurrent layer: the feature maps of slices are drawn, not their averages."""
    seeds.set_seed(4)
    volume = layers.Input((8, 16, 16, 1))
    x = layers.TimeDistributed(layers.Conv2D(4, 3, 2, activation="relu"), name="slices")(volume)
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D(), name="average")(x)
    model = keras.Model(volume, layers.Dense(2)(layers.LSTM(4)(x)))
    found = gradcam.default_layer(model)
    assert (found.path, found.grid) == ("slices", (8, 7, 7))
