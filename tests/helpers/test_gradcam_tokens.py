"""Grad-CAM on rows of tokens: the grid is that of the patches, or it is asked for; never a wrong map."""

import warnings

import numpy as np
import pytest

from helpers import gradcam, seeds
from helpers.deep import keras, tf

layers, ops = keras.layers, keras.ops


@keras.saving.register_keras_serializable("test_tokens")
class Patches(layers.Layer):
    """Patches as tokens, made where nobody can look."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(8, 8, 1, 4), initializer="ones")

    def call(self, x):
        x = tf.nn.conv2d(x, self.kernel, 8, "VALID")
        return tf.reshape(x, (tf.shape(x)[0], x.shape[1] * x.shape[2], 4))


class MoreTokens(layers.Layer):
    """Learnt tokens in front of the others, or behind them."""

    def __init__(self, before, behind=0, **options):
        super().__init__(**options)
        self.numbers = before, behind

    def build(self, shape):
        self.table = self.add_weight(shape=(1, sum(self.numbers), shape[-1]), initializer="ones")

    def call(self, x):
        table = tf.repeat(self.table, tf.shape(x)[0], axis=0)
        return tf.concat([table[:, : self.numbers[0]], x, table[:, self.numbers[0] :]], axis=1)


def on_patches(height, width, more=None, patches=None, after=lambda x: x):
    """A network on patches of 8 pixels whose tokens keep their own content: only a patch that is lit can speak."""
    image = layers.Input((height, width, 1))
    if patches is None:
        x = layers.Conv2D(4, 8, 8, use_bias=False, kernel_initializer="ones", name="patches")(image)
        x = layers.Reshape((x.shape[1] * x.shape[2], 4), name="tokens")(x)
    else:
        x = patches(image)
    x = after(x if more is None else more(x))
    x = layers.Dense(4, activation="relu", use_bias=False, kernel_initializer="ones", name="mlp")(x)
    x = layers.Dense(4, use_bias=False, kernel_initializer="ones", name="last")(x)
    return keras.Model(image, layers.Dense(2, kernel_initializer="ones")(layers.GlobalAveragePooling1D()(x)))


def drawn(model, row, column, **options):
    """The map of an image in which one patch is lit."""
    images = np.zeros((1, *model.input_shape[1:]), np.float32)
    images[:, row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return gradcam.grad_cam(model, images, 1, **({"layer": "mlp"} | options))[0]


def check(model, size, **options):
    rows, columns = size
    for row, column in ((0, 0), (rows - 1, 0), (0, columns - 1), (rows - 1, columns - 1), (rows // 2, 1)):
        found = drawn(model, row, column, **options)
        assert found.shape == size
        assert np.argwhere(found > 1e-3 * found.max()).tolist() == [[row, column]] and found.max() > 0


def with_concatenation(before, behind=0):
    """Tokens added as a graph of layers."""

    def more(x):
        start = ops.zeros_like(x[:, : before + behind])
        parts = [start[:, :before]] if before else []
        return layers.Concatenate(axis=1)([*parts, x, *([start[:, before:]] if behind else [])])

    return more


GRIDS = [(4, 4), (4, 9), (9, 4), (2, 8), (8, 2), (1, 16), (3, 12)]


@pytest.mark.parametrize("patches", [None, Patches])
@pytest.mark.parametrize("grid", GRIDS)
def test_tokens_lie_where_their_patches_lie(grid, patches):
    model = on_patches(8 * grid[0], 8 * grid[1], patches=patches and patches())
    check(model, grid)
    check(model, grid, layer=None)
    check(model, grid, grid=grid)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("patches", [None, Patches])
def test_a_class_token_stands_in_front(grid, patches):
    model = on_patches(8 * grid[0], 8 * grid[1], MoreTokens(1, name="class"), patches and patches())
    check(model, grid)


@pytest.mark.parametrize(("before", "behind"), [(5, 0), (1, 4), (0, 1), (8, 0)])
@pytest.mark.parametrize("more", [MoreTokens, with_concatenation])
def test_register_tokens_are_found_by_the_graph(before, behind, more):
    check(on_patches(32, 72, more(before, behind)), (4, 9))


def test_tokens_taken_away_are_found_by_the_graph():
    model = on_patches(32, 72, MoreTokens(5), after=lambda x: x[:, 5:])
    check(model, (4, 9))
    check(on_patches(32, 72, MoreTokens(5), after=lambda x: x[:, 4:]), (4, 9))


def test_register_tokens_that_nobody_sees_need_the_grid():
    hidden = keras.Sequential([Patches(), MoreTokens(4)])

    class Together(layers.Layer):
        def build(self, shape):
            hidden.build(shape)
            self.inside = hidden

        def call(self, x):
            return self.inside(x)

    model = on_patches(32, 72, patches=Together())
    for layer in ("mlp", None):
        with pytest.raises(
            ValueError, match=r"40 tokens .*4x9 \+ 4 further tokens.*give grid=\(rows, columns\)"
        ):
            drawn(model, 0, 0, layer=layer)
    check(model, (4, 9), grid=(4, 9))


def test_a_grid_that_contradicts_the_model_is_told():
    model = on_patches(32, 72)
    with pytest.raises(ValueError, match="has a grid of 4x9 places, not"):
        drawn(model, 0, 0, grid=(6, 6))
    with pytest.raises(ValueError, match="has a grid of 4x9 places, not"):
        drawn(model, 0, 0, layer="patches", grid=(9, 4))
    for bad in (9, (4,), (4.5, 8), (0, 36), "4x9"):
        with pytest.raises(ValueError, match=r"expected grid=\(rows, columns\)"):
            drawn(model, 0, 0, grid=bad)
    with pytest.raises(ValueError, match="possible: 4x9"):
        drawn(on_patches(32, 72, MoreTokens(2), Patches()), 0, 0, grid=(10, 10))


def test_axes_that_are_no_tokens_are_not_drawn():
    """Width and tokens changed places: 4x4 numbers, and none of them lies anywhere. Heads of attention neither."""
    image = layers.Input((32, 32, 1))
    x = layers.Reshape((16, 16), name="tokens")(layers.Conv2D(16, 8, 8, name="patches")(image))
    mixed = layers.Permute((2, 1), name="turned")(x)
    mixed = layers.Dense(16, name="mixed")(mixed)
    heads = layers.Reshape((16, 4, 4), name="heads")(x)
    heads = layers.Reshape((16, 16), name="joined")(ops.transpose(heads, (0, 1, 3, 2)))
    x = layers.Add(name="sum")([x, layers.Permute((2, 1), name="back")(mixed), heads])
    vector = layers.Reshape((4, 4), name="no_place")(layers.Dense(16)(layers.Flatten()(x)))
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(vector)))
    assert [one.path for one in gradcam.candidates(model)] == ["patches", "tokens", "sum"]
    assert gradcam.default_layer(model).path == "sum"


def test_axes_of_tokens_that_nobody_saw_made_are_not_drawn_either():
    image = layers.Input((32, 32, 1))
    x = Patches(name="tokens")(image)
    turned = layers.Dense(16, name="mixed")(layers.Permute((2, 1), name="turned")(x))
    x = layers.Add(name="sum")([x, layers.Permute((2, 1), name="back")(turned)])
    grid = layers.Reshape((4, 4, 4), name="grid")(x)
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(grid)))
    assert [one.path for one in gradcam.candidates(model)] == ["tokens", "sum", "grid"]


def test_a_class_token_after_attention_that_nobody_sees():
    """Blocks as layers of their own: the last through which the patches still speak."""

    class Block(layers.Layer):
        def build(self, shape):
            self.attention = layers.MultiHeadAttention(2, 4)
            self.attention.build(shape, shape)

        def call(self, x):
            return x + self.attention(x, x)

    seeds.set_seed(1)
    image = layers.Input((32, 72, 1))
    x = layers.Reshape((36, 4))(layers.Conv2D(4, 8, 8)(image))
    x = MoreTokens(1, name="class")(x)
    x = Block(name="block2")(Block(name="block1")(x))
    model = keras.Model(image, layers.Dense(3)(layers.LayerNormalization()(x)[:, 0]))
    assert gradcam.default_layer(model).path == "block1"
    found = gradcam.grad_cam(model, seeds.generator(1).random((2, 32, 72)), 1, relu=False)
    assert found.shape == (2, 4, 9) and np.abs(found).max(axis=(1, 2)).min() > 0


def test_tokens_of_any_size():
    image = layers.Input((None, None, 1))
    x = layers.Conv2D(4, 8, 8, use_bias=False, kernel_initializer="ones", name="patches")(image)
    x = layers.Reshape((-1, 4), name="tokens")(x)
    x = layers.Dense(4, activation="relu", use_bias=False, kernel_initializer="ones", name="mlp")(x)
    model = keras.Model(image, layers.Dense(2, kernel_initializer="ones")(layers.GlobalAveragePooling1D()(x)))
    for grid in ((4, 9), (2, 3)):
        images = np.zeros((1, 8 * grid[0], 8 * grid[1]), np.float32)
        images[:, 8:16, :8] = 1
        found = gradcam.grad_cam(model, images, 1)
        assert found.shape[1:] == grid and found[0].argmax() == grid[1]


class CutPatches(layers.Layer):
    """Without weights: patches as rows of pixels, as in Keras's own example of a vision transformer."""

    def __init__(self, turned=False, **options):
        super().__init__(**options)
        self.turned = turned

    def call(self, x):
        x = ops.transpose(x, (0, 2, 1, 3)) if self.turned else x
        x = ops.image.extract_patches(x, 8)
        return ops.reshape(x, (-1, x.shape[1] * x.shape[2], 64))


@pytest.mark.parametrize("grid", GRIDS)
def test_patches_cut_by_a_layer_without_weights(grid):
    model = on_patches(8 * grid[0], 8 * grid[1], patches=CutPatches())
    check(model, grid)
    check(model, grid, layer=None)


class CountedPatches(layers.Layer):
    """The number of tokens is known only when the layer runs."""

    def __init__(self, learnt, **options):
        super().__init__(**options)
        self.patches = layers.Conv2D(4, 8, 8, use_bias=False, kernel_initializer="ones") if learnt else None

    def call(self, x):
        x = self.patches(x) if self.patches else ops.image.extract_patches(x, 8)
        return tf.reshape(x, (tf.shape(x)[0], -1, x.shape[-1]))


@pytest.mark.parametrize("learnt", [True, False])
@pytest.mark.parametrize("grid", [(4, 9), (6, 6)])
def test_tokens_that_are_counted_while_the_model_runs(grid, learnt):
    model = on_patches(8 * grid[0], 8 * grid[1], patches=CountedPatches(learnt))
    check(model, grid)
    check(model, grid, layer=None)
    check(model, grid, grid=grid)
    assert gradcam.default_layer(model).grid == grid


def test_patches_cut_column_by_column_are_not_drawn():
    with pytest.raises(ValueError, match="no spatial or token grid"):
        drawn(on_patches(32, 72, patches=CutPatches(turned=True)), 0, 0)
