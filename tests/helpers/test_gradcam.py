"""Grad-CAM: what it must get right, each point a test. (DESIGN: each was a bug in a well-known implementation.)"""

import functools
import gc
import warnings
import weakref

import numpy as np
import pytest
import tensorflow as tf

from helpers import gradcam, models, seeds
from helpers.deep import keras
from helpers.gradcam import gradients, plan

layers = keras.layers
FIVE = ("EfficientNetB0", "MobileNetV2", "ResNet50", "InceptionV3", "ViT")


@pytest.fixture(scope="module")
def images():
    return seeds.generator(3).random((33, 32, 32)).astype(np.float32)


@pytest.fixture(scope="module")
def cnn():
    """Convolutions, global average pooling, one dense layer, softmax."""
    seeds.set_seed(5)
    model = models.light_cnn(32, 4)
    kernel, _ = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([3 * kernel, np.array([0.5, -1, 2, 0.1])])
    return model


def _logits(model, images):
    return np.asarray(models.logits(model)(images[..., None]))


def _state(model):
    """What must not change: weights, activations, trainable flags, own attributes of every layer."""
    every = [layer for layer in model._flatten_layers()]
    return (
        [weight.numpy().copy() for weight in model.weights],
        [getattr(layer, "activation", None) for layer in every],
        [layer.trainable for layer in every],
        [sorted(layer.__dict__) for layer in every],
        [layer.__dict__.get("call") for layer in every],
    )


def _quiet(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return gradcam.grad_cam(*arguments, **options)


# The equations


def test_the_maps_sum_is_the_logit_less_its_bias(cnn, images):
    """Exact for global average pooling and one dense layer; it fails for probabilities, or after the ReLU."""
    for class_index in range(4):
        found = gradcam.grad_cam(cnn, images, class_index, relu=False)
        assert found.shape == (33, 4, 4) and found.dtype == np.float32
        expected = (
            _logits(cnn, images)[:, class_index] - cnn.get_layer("logits").get_weights()[1][class_index]
        )
        np.testing.assert_allclose(found.sum(axis=(1, 2)), expected, atol=1e-4)


def _by_hand(model, layer, images, class_index):
    """Feature maps (n, h, w, k) and the logit's gradients, by finite differences of the layers that follow."""
    position = [one.name for one in model.layers].index(layer)
    features = keras.Model(model.input, model.get_layer(layer).output)(images[..., None]).numpy()

    def logit(a):
        for one in model.layers[position + 1 :]:
            if one.name != "probabilities":
                a = one(a)
        return np.asarray(a)[:, class_index]

    gradients, step = np.zeros_like(features), 1e-2
    for place in np.ndindex(features.shape[1:]):
        moved = [features.copy(), features.copy()]
        moved[0][(slice(None), *place)] += step
        moved[1][(slice(None), *place)] -= step
        gradients[(slice(None), *place)] = (logit(moved[0]) - logit(moved[1])) / (2 * step)
    return features, gradients


@pytest.fixture(scope="module")
def places_differ():
    """A network in which gradients differ by place: flattened, with a hidden layer of smooth activation."""
    seeds.set_seed(8)
    inputs = layers.Input((32, 32, 1))
    x = layers.Conv2D(5, 5, 8, "same", activation="relu", name="conv")(inputs)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(7, activation="tanh", name="hidden")(x)
    logits = layers.Dense(3, name="logits")(x)
    return keras.Model(inputs, layers.Softmax(name="probabilities")(logits))


@pytest.fixture(scope="module")
def by_hand(places_differ, images):
    return [x.astype(np.float64) for x in _by_hand(places_differ, "conv", images[:3], 1)]


@pytest.mark.parametrize("method", gradcam.METHODS)
def test_every_method_follows_its_equation(places_differ, by_hand, images, method):
    """Against the papers' formulas in NumPy, with gradients by finite differences."""
    few, (a, g) = images[:3], by_hand
    if method == "gradcam":
        expected = (a * g.mean(axis=(1, 2), keepdims=True)).sum(axis=-1)
    elif method == "gradcam++":
        below = 2 * g**2 + a.sum(axis=(1, 2), keepdims=True) * g**3
        alpha = np.divide(g**2, below, out=np.zeros_like(g), where=g != 0)
        expected = (a * (alpha * np.maximum(g, 0)).sum(axis=(1, 2), keepdims=True)).sum(axis=-1)
    elif method == "hirescam":
        expected = (a * g).sum(axis=-1)
    else:
        expected = (a * np.maximum(g, 0)).sum(axis=-1)
    found = _quiet(places_differ, few, 1, layer="conv", method=method, relu=False)
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())
    positive = _quiet(places_differ, few, 1, layer="conv", method=method)
    np.testing.assert_allclose(positive, np.maximum(found, 0), atol=1e-6)


def test_small_gradients_keep_their_weight_in_gradcam_plus_plus():
    """With gradients g of 1e-5 everywhere and maps that sum up to 1, each alpha is 1 / (2 + g)."""
    a = tf.constant(np.full((1, 4, 4, 2), 1 / 16, np.float32))
    g = tf.constant(np.full((1, 4, 4, 2), 1e-5, np.float32) * [1, 3])
    found = gradcam.METHODS["gradcam++"](a, tf.cast(g, tf.float32))
    np.testing.assert_allclose(found, 16 * 1e-5 / 2 * (1 + 3) / 16, rtol=1e-4)


def test_the_methods_differ_where_gradients_differ_by_place(places_differ, images):
    found = [_quiet(places_differ, images, 1, layer="conv", method=m, relu=False) for m in gradcam.METHODS]
    for i, one in enumerate(found):
        for other in found[:i]:
            assert np.abs(one - other).max() > 0.05 * np.abs(one).max()


# Batches and classes


@pytest.mark.parametrize("method", gradcam.METHODS)
def test_maps_do_not_depend_on_the_batch_size(cnn, images, method):
    found = [_quiet(cnn, images, 1, method=method, batch_size=size, relu=False) for size in (1, 7, 32)]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-5)


def test_each_image_gets_its_own_class(cnn, images):
    classes = np.arange(33) % 4
    found = gradcam.grad_cam(cnn, images, classes, relu=False)
    for class_index in range(4):
        alone = gradcam.grad_cam(cnn, images, class_index, relu=False)
        chosen = classes == class_index
        np.testing.assert_allclose(found[chosen], alone[chosen], atol=1e-6)


def test_without_a_class_the_predicted_one_is_explained(cnn, images):
    predicted = _logits(cnn, images).argmax(axis=1)
    np.testing.assert_allclose(
        gradcam.grad_cam(cnn, images, relu=False),
        gradcam.grad_cam(cnn, images, predicted, relu=False),
        atol=1e-6,
    )


# Heads


def _with_head(activation, units=3, separate=False):
    seeds.set_seed(4)
    inputs = layers.Input((32, 32, 1))
    x = layers.Conv2D(6, 5, 4, activation="relu", name="conv")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    if not separate:
        return keras.Model(inputs, layers.Dense(units, activation=activation)(x))
    x = layers.Dense(units)(x)
    return keras.Model(
        inputs, layers.Softmax()(x) if separate == "softmax" else layers.Activation(activation)(x)
    )


@pytest.mark.parametrize(
    "head",
    [("softmax",), ("sigmoid",), ("softmax", 3, "softmax"), ("softmax", 3, True), ("sigmoid", 3, True)],
)
def test_scores_are_logits_whatever_the_head(images, head):
    """The same weights with a linear head give the same maps."""
    linear, other = _with_head("linear"), _with_head(*head)
    other.set_weights(linear.get_weights())
    a, b = (gradcam.grad_cam(model, images, 2, relu=False) for model in (linear, other))
    np.testing.assert_allclose(a, b, atol=1e-7)
    assert np.abs(a).max() > 1e-4


@pytest.mark.parametrize("activation", ["sigmoid", "linear"])
def test_a_single_output_explains_both_classes(images, activation):
    model = _with_head(activation, units=1)
    one, zero = (gradcam.grad_cam(model, images, k, relu=False) for k in (1, 0))
    np.testing.assert_allclose(one, -zero, atol=1e-7)
    predicted = np.asarray(model(images[..., None]))[:, 0] > (0.5 if activation == "sigmoid" else 0)
    found = gradcam.grad_cam(model, images, relu=False)
    np.testing.assert_allclose(found, np.where(predicted[:, None, None], one, zero), atol=1e-7)


def test_saturated_probabilities_do_not_empty_the_map(images):
    """Where a probability is 1 up to rounding its gradient is 0; the logit's is not."""
    model = _with_head("softmax")
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias + np.array([0, 0, 200.0])])
    np.testing.assert_allclose(model(images[..., None])[:, 2], 1, atol=1e-6)
    assert np.abs(gradcam.grad_cam(model, images, 2, relu=False)).max(axis=(1, 2)).min() > 1e-4


# Models


def _sequential():
    seeds.set_seed(6)
    return keras.Sequential(
        [
            layers.Input((32, 32, 1)),
            layers.Conv2D(6, 3, 2, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Conv2D(8, 3, 2, activation="relu", name="last_conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


@functools.cache
def _trunk():
    """Built once; each test has a classifier of its own, and so a record and compiled functions of its own."""
    return models.backbone("MobileNetV2-0.35", "course", size=64)


def _nested():
    return models.classifier(_trunk(), 3)


@pytest.mark.parametrize("build", [_sequential, _nested])
def test_a_reloaded_model_gives_the_same_maps(build, tmp_path, eagerly):
    model = build()
    x = seeds.generator(1).random((3, *model.input_shape[1:3])).astype(np.float32)
    before = _quiet(model, x, 1, relu=False)
    model.save(tmp_path / "model.keras")
    after = _quiet(keras.models.load_model(tmp_path / "model.keras"), x, 1, relu=False)
    np.testing.assert_allclose(after, before, atol=1e-6)
    assert np.abs(before).max() > 1e-4


def test_dropout_and_batch_normalisation_are_in_inference_mode(images):
    model = _sequential()
    found = gradcam.grad_cam(model, images, 1, relu=False)
    np.testing.assert_allclose(found, gradcam.grad_cam(model, images, 1, relu=False), atol=1e-7)
    features = keras.Model(model.inputs[0], model.get_layer("last_conv").output)(
        images[..., None], training=False
    )
    kernel = model.layers[-1].get_weights()[0][:, 1]
    np.testing.assert_allclose(found, (features.numpy() @ kernel) / 49, atol=1e-6)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_backbone_two_levels_deep(frozen, eagerly):
    inner = models.classifier(_trunk(), 3, frozen=frozen)
    outer = keras.Sequential([layers.Input((64, 64, 1)), inner])
    x = seeds.generator(2).random((3, 64, 64)).astype(np.float32)
    found = gradcam.grad_cam(outer, x, 2, relu=False)
    bias = inner.get_layer("logits").get_weights()[1][2]
    np.testing.assert_allclose(found.sum(axis=(1, 2)), _logits(inner, x)[:, 2] - bias, atol=1e-4)
    assert np.abs(found).max() > 1e-3


@functools.cache
def _built(name, size):
    """The network inside a backbone, built once for grey images and for colours."""
    seeds.set_seed(7)
    return models.BACKBONES[name].build(
        include_top=False, weights=None, input_shape=(size, size, 3), name=name.lower()
    )


@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_five_backbones_of_the_audited_table(name, channels, monkeypatch, request):
    if channels == 3:
        request.getfixturevalue("eagerly")  # traced for grey images
    size = 128 if name == "InceptionV3" else 64
    network = _built(name, size)
    kind = models.BACKBONES[name]._replace(build=lambda **options: network)
    monkeypatch.setitem(models.BACKBONES, name, kind)
    seeds.set_seed(7)
    model = models.classifier(models.backbone(name, None, size=size, channels=channels), 3)
    shape = (2, size, size) if channels == 1 else (2, size, size, 3)
    x = seeds.generator(2).random(shape).astype(np.float32)
    found = _quiet(model, x, 1, relu=False)
    assert found.shape[1] > 1 and np.isfinite(found).all()
    logits = np.asarray(models.logits(model)(x.reshape(2, size, size, channels)))[:, 1]
    bias = model.get_layer("logits").get_weights()[1][1]
    np.testing.assert_allclose(found.sum(axis=(1, 2)), logits - bias, atol=1e-4 + 1e-4 * np.abs(logits).max())


def _vit_with_class_token():
    """Two blocks; the answer is read from the class token."""
    seeds.set_seed(9)
    image = layers.Input((32, 32, 1))
    tokens = layers.Reshape((16, 12))(layers.Conv2D(12, 8, 8, name="patches")(image))
    start = layers.Dense(12, name="class_token")(layers.Lambda(lambda x: 0 * x[:, :1] + 1)(tokens))
    tokens = layers.Concatenate(axis=1, name="tokens")([start, tokens])
    for block in (1, 2):
        x = layers.LayerNormalization(name=f"block{block}_norm")(tokens)
        x = layers.MultiHeadAttention(2, 6, name=f"block{block}_attention")(x, x)
        tokens = layers.Add(name=f"block{block}_add")([tokens, x])
    tokens = layers.LayerNormalization(name="last_norm")(tokens)
    return keras.Model(image, layers.Dense(3, activation="softmax")(tokens[:, 0]))


def test_a_class_token_is_read_before_the_last_attention(images, eagerly):
    """Behind it, nothing flows from the other tokens to the answer: the map would be empty."""
    model = _vit_with_class_token()
    assert gradcam.default_layer(model).path == "block2_norm"
    found = gradcam.grad_cam(model, images, 1, relu=False)
    assert found.shape == (33, 4, 4) and np.abs(found).max(axis=(1, 2)).min() > 1e-6
    with pytest.warns(UserWarning, match="33 of 33 maps are empty"):
        behind = gradcam.grad_cam(model, images, 1, layer="last_norm", relu=False)
    assert (behind == 0).all()


@pytest.mark.parametrize("class_token", [False, True])
def test_tokens_lie_in_the_grid_where_their_patches_lie(class_token, monkeypatch, eagerly):
    """A change of one patch changes the map of the tokens, before any attention, at that place only."""
    monkeypatch.setitem(gradcam.METHODS, "gradcam", lambda a, g: tf.reduce_sum(a, axis=-1))
    model = (
        _vit_with_class_token()
        if class_token
        else models.classifier(models.backbone("ViT", None, size=64), 3)
    )
    side = model.input_shape[1] // 4
    x = np.zeros((2, 4 * side, 4 * side), np.float32)
    x[1, side : 2 * side, 2 * side : 3 * side] = 1
    before, after = gradcam.grad_cam(model, x, 1, layer="tokens", relu=False)
    moved = np.abs(after - before)
    assert before.shape == (4, 4) and moved[1, 2] > 1e-3 and (np.delete(moved.ravel(), 6) < 1e-6).all()


def test_mixed_precision_gives_finite_float32_maps(images, eagerly):
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = models.light_cnn(32, 3)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    same = models.light_cnn(32, 3)
    same.set_weights(model.get_weights())
    found, expected = (_quiet(one, images, 1, relu=False) for one in (model, same))
    assert found.dtype == np.float32 and np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())


@pytest.mark.parametrize("build", [_sequential, _nested, _vit_with_class_token])
@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_was(build, fails, monkeypatch, request):
    if fails:
        request.getfixturevalue("eagerly")  # traced where it does not fail
    model = build()
    x = seeds.generator(1).random((3, *model.input_shape[1:3])).astype(np.float32)
    answer, before = model(x[..., None]), _state(model)
    if fails:
        monkeypatch.setitem(gradcam.METHODS, "gradcam", lambda a, g: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            gradcam.grad_cam(model, x, 1)
    else:
        _quiet(model, x, 1)
    for part, now in zip(before, _state(model), strict=True):
        assert all(
            np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b
            for a, b in zip(part, now, strict=True)
        )
    np.testing.assert_allclose(model(x[..., None]), answer, atol=1e-6)


def test_a_second_call_does_not_compile_again(images, monkeypatch):
    model, compiled = _sequential(), []
    original = gradients._compile
    monkeypatch.setattr(gradients, "_compile", lambda *given: compiled.append(given[2]) or original(*given))
    for method in ("gradcam", "gradcam", "hirescam", "gradcam"):
        for part in (images, images[:5]):  # other numbers of images neither
            _quiet(model, part, 1, method=method)
    assert len(compiled) == 2
    for function in plan.record(model).compiled.values():
        assert function.experimental_get_tracing_count() == 1


def test_training_on_changes_the_next_maps(images):
    model = _sequential()
    before = gradcam.grad_cam(model, images, 1, relu=False)
    model.set_weights([2 * weight for weight in model.get_weights()])
    assert np.abs(gradcam.grad_cam(model, images, 1, relu=False) - before).max() > 1e-3


def test_a_model_that_is_no_longer_used_is_freed(images):
    model = _sequential()
    gradcam.grad_cam(model, images[:2], 1)
    gone = weakref.ref(model)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert gone() is None


# Layers


def test_the_layer_is_chosen_and_told_once(capsys, images):
    model = _sequential()
    gradcam.grad_cam(model, images, 1)
    assert capsys.readouterr().out == "Grad-CAM at layer 'last_conv', 7x7 places\n"
    gradcam.grad_cam(model, images, 2)
    gradcam.grad_cam(model, images, 2, layer="last_conv")
    assert capsys.readouterr().out == ""


def test_layers_are_found_by_name_path_and_object(eagerly):
    model = _nested()
    path = gradcam.default_layer(model).path
    assert path == "mobilenetv2-035_backbone/mobilenetv2-035/out_relu"
    x = seeds.generator(1).random((2, 64, 64)).astype(np.float32)
    inside = model.layers[1].layers[-1].get_layer("out_relu")
    found = [
        gradcam.grad_cam(model, x, 1, layer=layer, relu=False) for layer in (None, "out_relu", path, inside)
    ]
    for one in found[1:]:
        np.testing.assert_allclose(one, found[0], atol=1e-6)
    assert gradcam.grad_cam(model, x, 1, layer="block_6_expand_relu", method="layercam").shape == (2, 8, 8)


def test_equal_names_in_two_models_ask_for_the_path():
    inputs = layers.Input((32, 32, 1))
    x = inputs
    for name in ("left", "right"):
        image = layers.Input((None, None, 1) if name == "left" else (32, 32, 1))
        x = keras.Model(image, layers.Conv2D(1, 3, padding="same", name="conv")(image), name=name)(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    model.get_layer("left").get_layer("conv")
    paths = [one.path for one in gradcam.candidates(model)]
    assert "right/conv" in paths
    x = np.ones((1, 32, 32), np.float32)
    assert _quiet(model, x, 1, layer="right/conv").shape == (1, 32, 32)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (
            "out_relux",
            r"'out_relux' .* does not exist. Candidates: .*mobilenetv2-035_backbone/mobilenetv2-035/out_relu,",
        ),
        ("average", "'average' .* has no spatial or token grid. Candidates"),
    ],
)
def test_wrong_layers_are_answered_with_the_candidates(layer, said):
    with pytest.raises(ValueError, match=said):
        gradcam.grad_cam(_nested(), np.zeros((1, 64, 64)), 1, layer=layer)


# Bad input


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"images": np.zeros((2, 30, 32))}, r"\(30, 32, 1\), the model takes \(32, 32, 1\)"),
        ({"images": np.zeros((2, 32, 32, 3))}, r"\(32, 32, 3\), the model takes \(32, 32, 1\)"),
        ({"images": np.zeros((0, 32, 32))}, "n >= 1"),
        ({"images": np.zeros((32, 32))}, "expected images"),
        ({"images": np.full((2, 32, 32), np.nan)}, "2 of 2 images hold NaN"),
        ({"class_index": 4}, "goes from 4 to 4; the model knows 0 .. 3"),
        ({"class_index": -1}, "goes from -1"),
        ({"class_index": [0, 1, 2]}, "one whole number, or 2 of them"),
        ({"class_index": 1.0}, "one whole number"),
        ({"class_index": "cat"}, "one whole number"),
        ({"method": "scorecam"}, "known: gradcam, gradcam"),
        ({"batch_size": 0}, "at least 1"),
        ({"batch_size": 2.5}, "a whole number of at least 1, not 2.5"),
        ({"batch_size": None}, "a whole number of at least 1, not None"),
        (
            {"images": ["a.png", "b.png"]},
            r"images \(n, 32, 32, 1\) as an array of real numbers, all of one size, got list",
        ),
        ({"images": [np.zeros((32, 32)), np.zeros((30, 32))]}, "all of one size, got list"),
        ({"images": tf.data.Dataset.range(2)}, "array of real numbers"),
        ({"images": keras.Input((32, 32, 1))}, "array of real numbers"),
        ({"images": np.zeros((2, 32, 32), complex)}, "got ndarray of complex128"),
        ({"images": None}, "expected images"),
        ({"method": ["gradcam"]}, "unknown method"),
        ({"layer": ["conv"]}, "layer .* must be a name or a layer"),
        ({"layer": -1}, "layer .* must be a name or a layer"),
        ({"output": [0]}, "output must be a name or a position"),
        ({"layer": "nowhere"}, "Candidates"),
        ({"model": "model.keras"}, "expected a built keras.Model"),
    ],
)
def test_bad_input_is_told(cnn, change, said):
    given = {"model": cnn, "images": np.zeros((2, 32, 32)), "class_index": 1} | change
    with pytest.raises(ValueError, match=said):
        gradcam.grad_cam(**given)


def test_a_model_without_places_is_told():
    model = keras.Sequential([layers.Input((32, 32, 1)), layers.Flatten(), layers.Dense(2)])
    with pytest.raises(ValueError, match="no layer with a spatial or token grid"):
        gradcam.grad_cam(model, np.zeros((1, 32, 32)), 1)


def test_an_empty_map_is_flagged_and_never_nan(images, eagerly):
    model = _with_head("softmax")
    model.layers[-1].set_weights([np.zeros((6, 3)), np.zeros(3)])
    for method in gradcam.METHODS:
        with pytest.warns(UserWarning, match="33 of 33 maps are empty"):
            found = gradcam.grad_cam(model, images, 1, method=method)
        assert (found == 0).all()


# Resizing and scaling


def test_upsampling_keeps_constants_places_and_the_ends(images):
    np.testing.assert_allclose(gradcam.upsample(np.full((2, 3, 3), 0.7), 50), 0.7, rtol=1e-6)
    spot = np.zeros((1, 4, 6))
    spot[0, 1, 4] = 1
    large = gradcam.upsample(spot, (32, 48))
    assert large.shape == (1, 32, 48) and large.dtype == np.float32
    rows, columns = np.nonzero(large[0] > 0.8)
    assert rows.mean() == pytest.approx(11.5) and columns.mean() == pytest.approx(35.5)  # the cell's centre
    maps = images[:3, :5, :7]
    expected = keras.ops.image.resize(maps[..., None], (64, 64), interpolation="bilinear")
    np.testing.assert_allclose(gradcam.upsample(maps, 64), expected[..., 0], atol=1e-5)


def test_scaling_by_image_and_by_all():
    maps = np.array([[[1.0, 2]], [[0, 8]], [[0, 0]]])
    np.testing.assert_allclose(gradcam.normalise(maps), [[[0.5, 1]], [[0, 1]], [[0, 0]]])
    np.testing.assert_allclose(gradcam.normalise(maps, "all"), [[[0.125, 0.25]], [[0, 1]], [[0, 0]]])
    assert (gradcam.normalise(np.zeros((2, 3, 3)), "all") == 0).all()
    for bad, by in ((-maps, "image"), (maps[0], "image"), (maps, "patient")):
        with pytest.raises(ValueError):
            gradcam.normalise(bad, by)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_maps_that_are_not_finite_are_told_not_emptied(broken):
    maps = np.ones((2, 3, 3), np.float32)
    maps[1, 1, 1] = broken
    for by in ("image", "all"):
        with pytest.raises(ValueError, match="NaN or infinite"):
            gradcam.normalise(maps, by)


@pytest.mark.parametrize("size", [8.5, "8", None, (8, 8.5), True])
def test_sizes_are_whole_numbers(size):
    with pytest.raises(ValueError, match="size of whole numbers"):
        gradcam.upsample(np.ones((1, 3, 3)), size)
