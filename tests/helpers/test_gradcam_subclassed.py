"""Grad-CAM on subclassed models, whose inside cannot be read."""

import warnings

import numpy as np
import pytest

from helpers import gradcam, seeds
from helpers.deep import keras, tf

layers, ops = keras.layers, keras.ops


@pytest.fixture(scope="module")
def images():
    return seeds.generator(3).random((5, 32, 32)).astype(np.float32)


def _quiet(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return gradcam.grad_cam(*arguments, **options)


def conv(filters=6, stride=1, **options):
    return layers.Conv2D(filters, 3, stride, "same", activation="relu", **options)


class Plain(keras.Model):
    def __init__(self, ends=lambda z: z, activation=None):
        super().__init__()
        self.conv = conv(stride=2, name="conv")
        self.average = layers.GlobalAveragePooling2D()
        self.dense = layers.Dense(3, activation=activation, name="dense")
        self.ends = ends

    def call(self, x):
        return self.ends(self.dense(self.average(self.conv(x))))


@pytest.mark.parametrize(
    "options", [{}, {"ends": tf.nn.softmax}, {"activation": "softmax"}, {"ends": layers.Softmax()}]
)
def test_a_subclassed_model_is_explained_at_the_layers_that_run(options, images):
    seeds.set_seed(3)
    model = Plain(**options)
    with pytest.raises(ValueError, match="not built yet: call it once"):
        gradcam.grad_cam(model, images, 1)
    model(images[..., None])
    expected = model.conv(images[..., None]).numpy() @ model.dense.kernel.numpy()[:, 1] / 256
    for layer in (None, "conv", model.conv):
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            found = gradcam.grad_cam(model, images, 1, layer=layer, relu=False)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-7)
    with pytest.raises(ValueError, match="Candidates: conv"):
        gradcam.grad_cam(model, images, 1, layer="nowhere")


def test_a_subclassed_model_inside_a_functional_one_is_told(images):
    seeds.set_seed(3)
    image = layers.Input((32, 32, 1))
    model = keras.Model(image, Plain(activation="softmax")(conv(1, name="outer")(image)))
    with pytest.warns(UserWarning, match="own output"):
        gradcam.grad_cam(model, images, 1, layer="outer", relu=False)


class Ends(keras.Model):
    """Convolution, anything, average, anything, dense layer, anything."""

    def __init__(self, body=None, before=None, after=None, units=3):
        super().__init__()
        self.conv = conv(stride=2, name="conv")
        self.body, self.before, self.after = body, before, after
        self.average, self.dense = layers.GlobalAveragePooling2D(), layers.Dense(units, name="dense")

    def call(self, x):
        x = self.conv(x)
        x = x if self.body is None else self.body(x)
        return self.head(self.average(x), after=self.after)

    def head(self, x, after=None):
        x = self.dense(x if self.before is None else self.before(x))
        return x if after is None else after(x)


BEFORE = {
    "LayerNormalization": layers.LayerNormalization,
    "UnitNormalization": layers.UnitNormalization,
    "tanh": lambda: layers.Dense(5, activation="tanh"),
    "sigmoid": lambda: layers.Dense(5, activation="sigmoid"),
    "relu": lambda: layers.Dense(5, activation="relu"),
}


@pytest.mark.parametrize("after", [None, tf.nn.softmax, tf.sigmoid])
@pytest.mark.parametrize("before", BEFORE)
def test_the_logits_of_a_subclass_whatever_comes_before_them(before, after, images):
    """Against the gradient by hand; hidden layers with bounds are no reason to warn."""
    seeds.set_seed(3)
    model = Ends(before=BEFORE[before](), after=after)
    model(images[..., None])
    a = model.conv(images[..., None])
    with tf.GradientTape() as tape:
        tape.watch(a)
        score = model.head(tf.reduce_mean(a, (1, 2)))[:, 1]
    weights = np.mean(tape.gradient(score, a), (1, 2), keepdims=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found = gradcam.grad_cam(model, images, 1, relu=False)
    expected = (weights * a.numpy()).sum(axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())


@keras.saving.register_keras_serializable("test_models")
class OwnHead(layers.Layer):
    """Weights and an activation of its own: nothing can be taken off."""

    def __init__(self, activation):
        super().__init__()
        self.squash = activation

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3))

    def call(self, x):
        return self.squash(tf.matmul(x, self.kernel))


@pytest.mark.parametrize("squash", [tf.nn.softmax, tf.sigmoid, tf.nn.softplus])
def test_what_cannot_be_taken_off_a_subclass_is_told(squash, images):
    seeds.set_seed(3)
    model = Ends(after=OwnHead(squash))
    model(images[..., None])
    with pytest.warns(UserWarning, match="own output"):
        gradcam.grad_cam(model, images, 1, relu=False)


class BlockModel(keras.Model):
    def __init__(self):
        super().__init__(name="block")
        self.inner = conv(name="inner")

    def call(self, x):
        return self.inner(x) + x


class BlockLayer(layers.Layer):
    def __init__(self):
        super().__init__(name="block")
        self.inner = conv(name="inner")

    def call(self, x):
        return self.inner(x) + x


class Shortcut(Ends):
    """The sum has no name: the last place through which all flows is before it."""

    def __init__(self):
        super().__init__()
        self.branch = conv(name="branch")

    def call(self, x):
        x = self.conv(x)
        return self.head(self.average(x + self.branch(x)))


class Beside(Ends):
    """A layer that runs last and has no part in the answer."""

    def __init__(self):
        super().__init__()
        self.side = conv(name="side")

    def call(self, x):
        x = self.conv(x)
        answer = self.head(self.average(x))
        self.side(x)
        return answer


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: Ends(BlockModel()), "block"),
        (lambda: Ends(BlockLayer()), "block"),
        (Shortcut, "conv"),
        (Beside, "conv"),
    ],
)
def test_the_default_of_a_subclass_is_a_place_through_which_all_flows(build, name, images):
    seeds.set_seed(3)
    model = build()
    model(images[..., None])
    assert gradcam.default_layer(model).path == name
    found = _quiet(model, images, 1, relu=False)
    np.testing.assert_allclose(found, _quiet(model, images, 1, layer=name, relu=False), rtol=1e-6)
    if name == "block":  # average and one dense layer: the map sums up to the logit
        logits = model(images[..., None]).numpy()[:, 1]
        np.testing.assert_allclose(found.sum(axis=(1, 2)), logits, rtol=1e-3, atol=1e-5)


def test_an_output_of_a_subclass_by_its_key(images):
    class Two(Ends):
        def call(self, x):
            z = self.head(self.average(self.conv(x)))
            return {"first": z, "other": ops.softmax(-z)}

    seeds.set_seed(3)
    model = Two()
    model(images[..., None])
    first, other = (
        gradcam.grad_cam(model, images, 1, output=name, relu=False) for name in ("first", "other")
    )
    np.testing.assert_allclose(other, -first, rtol=1e-3, atol=1e-7)
    np.testing.assert_array_equal(gradcam.grad_cam(model, images, 1, output=np.int64(0), relu=False), first)
    with pytest.raises(ValueError, match=r"2 outputs \(first, other\): choose one"):
        gradcam.grad_cam(model, images, 1)


@pytest.mark.parametrize("class_token", [False, True])
@pytest.mark.parametrize("grid", [(4, 9), (6, 6)])
def test_a_subclassed_transformer_that_counts_its_tokens_itself(grid, class_token):
    class Patches(keras.Model):
        def __init__(self):
            super().__init__()
            self.patches = layers.Conv2D(4, 8, 8, use_bias=False, kernel_initializer="ones")
            self.mlp = layers.Dense(4, use_bias=False, kernel_initializer="ones", name="mlp")
            self.dense = layers.Dense(2, kernel_initializer="ones")

        def call(self, x):
            x = self.patches(x)
            x = ops.reshape(x, (ops.shape(x)[0], -1, 4))
            x = ops.concatenate([ops.zeros_like(x[:, :1]), x], axis=1) if class_token else x
            return self.dense(ops.mean(self.mlp(x), axis=1))

    model = Patches()
    lit = np.zeros((1, 8 * grid[0], 8 * grid[1], 1), np.float32)
    lit[:, 8:16, 16:24] = 1
    model(lit)
    for options in ({}, {"grid": grid}, {"layer": "mlp"}):
        found = gradcam.grad_cam(model, lit, 1, **options)
        assert found.shape[1:] == grid
        assert np.argwhere(found[0] > 0).tolist() == [[1, 2]]
