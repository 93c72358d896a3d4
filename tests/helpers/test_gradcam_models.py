"""Grad-CAM on models as people write them: operators, nested structures, any size, segmentation."""

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


def pooled(body, shape=(32, 32, 1), **options):
    """`body` of an image, then global average pooling and one dense layer "logits"."""
    seeds.set_seed(1)
    image = layers.Input(shape)
    x = layers.GlobalAveragePooling2D(name="average")(body(image))
    return keras.Model(image, layers.Dense(3, name="logits", **options)(x))


def conv(filters=6, stride=1, **options):
    return layers.Conv2D(filters, 3, stride, "same", activation="relu", **options)


def check_sums(model, images, **options):
    """For global average pooling and one dense layer, the map sums up to the logit less its bias."""
    found = _quiet(model, images, 1, relu=False, **options)
    logits = keras.Model(model.input, model.get_layer("average").output)(images[..., None]).numpy()
    expected = logits @ model.get_layer("logits").kernel.numpy()[:, 1]
    np.testing.assert_allclose(found.sum(axis=(1, 2)), expected, rtol=1e-3, atol=1e-5)
    return found


# Operators


def _gated(x):
    a = conv(stride=2)(x)
    gate = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(a))
    return a * gate


def _residual(x):
    a = conv(stride=2)(x)
    return a + conv()(a)


BODIES = {
    "residual by +": (_residual, "add"),
    "gate by *": (_gated, "multiply"),
    "keras.ops": (lambda x: ops.relu(layers.Conv2D(6, 3, 2)(x)), "relu"),
    "ops.add": (lambda x: ops.add(conv(stride=2, name="stem")(x), 1.0), "add"),
    "Add": (
        lambda x: layers.Add(name="joined")([conv(stride=2, name="stem")(x), conv(stride=2)(x)]),
        "joined",
    ),
    "mean of two": (lambda x: (conv(stride=2)(x) + conv(stride=2)(x)) / 2, "true_divide"),
}


@pytest.mark.parametrize("body", BODIES)
def test_the_default_is_the_last_tensor_through_which_all_flows(body, images):
    build, name = BODIES[body]
    model = pooled(build, activation="softmax")
    chosen = gradcam.default_layer(model)
    assert chosen.path.rsplit("_", 1)[0] == name or chosen.path == name
    found = check_sums(model, images)
    for layer in (chosen.path, chosen.layer):
        np.testing.assert_allclose(_quiet(model, images, 1, layer=layer, relu=False), found, atol=1e-7)


def test_a_branch_beside_does_not_become_the_default(images):
    """The last layer with places holds only a part of the answer; the one before the branches holds all."""

    seeds.set_seed(1)
    image = layers.Input((32, 32, 1))
    stem = conv(stride=2, name="stem")(image)
    side = layers.GlobalAveragePooling2D()(conv(stride=2, name="side")(stem))
    both = layers.Concatenate()([layers.GlobalAveragePooling2D()(stem), side])
    model = keras.Model(image, layers.Dense(3)(both))
    assert gradcam.default_layer(model).path == "stem"


def test_convnext_ends_at_its_last_sum():
    model = keras.applications.ConvNeXtTiny(weights=None, input_shape=(64, 64, 3), classes=3)
    chosen = gradcam.default_layer(model)
    assert chosen.grid == (2, 2) and type(chosen.layer).__name__ == "Add"


# Structures


def test_nested_lists_and_dictionaries(images):
    model = pooled(conv(stride=2, name="conv"), activation="softmax")
    expected = _quiet(model, images, 1, relu=False)
    answer = model.outputs[0]
    for inputs, outputs in (
        (model.inputs, [model.outputs]),
        ([model.inputs], {"class": answer}),
        ({model.inputs[0].name: model.inputs[0]}, {"head": [answer]}),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            found = gradcam.grad_cam(keras.Model(inputs, outputs), images, 1, layer="conv", relu=False)
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_one_of_several_outputs_is_chosen(images):
    seeds.set_seed(2)
    image = layers.Input((32, 32, 1))
    x = layers.GlobalAveragePooling2D()(conv(stride=2, name="conv")(image))
    one = layers.Dense(3, activation="softmax", name="kind")(x)
    two = layers.Dense(1, activation="sigmoid", name="severe")(x)
    listed, named = keras.Model(image, [one, two]), keras.Model(image, {"b": one, "a": two})
    with pytest.raises(ValueError, match=r"2 outputs \(kind, severe\): choose one by output="):
        gradcam.grad_cam(listed, images, 1)
    for wanted, choices in {
        one: ((listed, "kind"), (listed, 0), (named, "b")),
        two: ((listed, "severe"), (listed, 1), (named, "a")),
    }.items():
        expected = _quiet(keras.Model(image, wanted), images, 1, relu=False)
        for model, output in choices:
            np.testing.assert_allclose(
                _quiet(model, images, 1, output=output, relu=False), expected, atol=1e-7
            )
    with pytest.raises(ValueError, match="not 'c'"):
        gradcam.grad_cam(named, images, 1, output="c")


def test_several_inputs_are_refused(images):
    left, right = layers.Input((32, 32, 1), name="left"), layers.Input((32, 32, 1), name="right")
    model = keras.Model([left, right], layers.Dense(2)(layers.Flatten()(left + right)))
    with pytest.raises(ValueError, match="has 2: left, right"):
        gradcam.grad_cam(model, images, 1)


@pytest.mark.parametrize("shape", [(None, None), (1, 1), (1,), ()])
def test_scores_of_other_ranks(shape, images):
    """(n, 1, 1, k), (n, 1) and (n,) are class scores; (n, t, k) are told."""
    seeds.set_seed(1)
    image = layers.Input((32, 32, 1))
    x = conv(stride=2, name="conv")(image)
    z = layers.Dense(1, name="logit")(layers.GlobalAveragePooling2D()(x))
    plain = _quiet(keras.Model(image, z), images, layer="conv", relu=False)
    if shape == (None, None):
        model = keras.Model(image, layers.Reshape((4, 3))(layers.Dense(12)(layers.Flatten()(x))))
        with pytest.raises(ValueError, match=r"expected class scores \(n, k\)"):
            gradcam.grad_cam(model, images, 1)
        return
    outputs = z[:, 0] if shape == () else layers.Reshape((*shape, 1))(z) if len(shape) == 2 else z
    found = _quiet(keras.Model(image, ops.sigmoid(outputs)), images, layer="conv", relu=False)
    np.testing.assert_allclose(found, plain, atol=1e-7)


# Sizes


def test_an_input_of_any_size(images):
    """The grid is that of the images; what is 1x1 for them is no map."""

    def body(x):
        x = conv(stride=2, name="first")(x)
        x = layers.MaxPooling2D(name="pool")(x)
        return layers.AveragePooling2D(8, padding="same", name="to_one")(x)

    model = pooled(body, (None, None, 1), activation="softmax")
    fixed = pooled(body, (32, 32, 1), activation="softmax")
    assert gradcam.default_layer(model, (32, 32, 1)).path == gradcam.default_layer(fixed).path == "pool"
    assert gradcam.default_layer(model, (64, 48, 1))[:3:2] == ("to_one", (2, 2))
    np.testing.assert_allclose(check_sums(model, images), check_sums(fixed, images), atol=1e-6)
    assert _quiet(model, np.ones((1, 64, 48), np.float32), 1).shape == (1, 2, 2)
    assert _quiet(model, np.ones((1, 64, 48), np.float32), 1, layer="first").shape == (1, 32, 24)


def test_a_backbone_without_an_input_size(capsys, images):
    seeds.set_seed(4)
    inner = layers.Input((None, None, 1))
    trunk = keras.Model(inner, conv(stride=2, name="conv")(conv(stride=2)(inner)), name="trunk")
    model = pooled(trunk, activation="softmax")
    check_sums(model, images)
    assert capsys.readouterr().out == "Grad-CAM at layer 'trunk/conv', 8x8 places\n"
    with pytest.raises(ValueError, match="'trunk' is a model inside .* its last one is 'trunk/conv'"):
        gradcam.grad_cam(model, images, 1, layer="trunk")


def test_a_fully_convolutional_head(images):
    """A class map, its mean, softmax: the map of the class is that class's places."""
    seeds.set_seed(1)
    image = layers.Input((32, 32, 1))
    scores = layers.Conv2D(3, 1, name="scores")(conv(stride=2, name="conv")(image))
    mean = layers.GlobalAveragePooling2D(name="average")(scores)
    model = keras.Model(image, layers.Activation(tf.nn.softmax)(mean))
    expected = keras.Model(image, scores)(images[..., None]).numpy()[..., 1] / 256
    np.testing.assert_allclose(_quiet(model, images, 1, relu=False), expected, atol=1e-7)


def test_a_mean_of_probabilities_is_told(images):
    seeds.set_seed(1)
    image = layers.Input((32, 32, 1))
    scores = layers.Conv2D(3, 1, activation="softmax")(conv(stride=2, name="conv")(image))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(scores))
    with pytest.warns(UserWarning, match="own output"):
        gradcam.grad_cam(model, images, 1, layer="conv", relu=False)


def test_an_unbuilt_sequential_is_told_and_stays_unbuilt(images):
    model = keras.Sequential([conv(name="conv"), layers.GlobalAveragePooling2D(), layers.Dense(3)])
    with pytest.raises(ValueError, match="is not built yet: .*Input"):
        gradcam.grad_cam(model, images, 1)
    assert not model.built
    model(images[..., None])
    assert _quiet(model, images[:2], 1).shape == (2, 32, 32)


def test_channels_first_is_told(images):
    image = layers.Input((1, 32, 32))
    x = layers.Conv2D(4, 3, data_format="channels_first", name="conv")(image)
    model = keras.Model(
        image, layers.Dense(2)(layers.GlobalAveragePooling2D(data_format="channels_first")(x))
    )
    with pytest.raises(ValueError, match="'conv' takes channels before the places"):
        gradcam.grad_cam(model, images, 1)


# Changes


def test_another_last_layer_gives_other_maps(images):
    seeds.set_seed(6)
    model = keras.Sequential(
        [layers.Input((32, 32, 1)), conv(name="conv"), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    )
    before = _quiet(model, images, 1, relu=False)
    model.pop()
    model.add(layers.Dense(3))
    kernel = model.layers[-1].kernel.numpy()[:, 1]
    features = keras.Model(model.inputs[0], model.get_layer("conv").output)(images[..., None]).numpy()
    found = _quiet(model, images, 1, relu=False)
    np.testing.assert_allclose(found, features @ kernel / 1024, atol=1e-7)
    assert np.abs(found - before).max() > 1e-5


def test_another_activation_inside_gives_other_maps(images):
    model = pooled(conv(stride=2, name="conv"))
    first = _quiet(model, images, 1, relu=False)
    model.get_layer("conv").activation = keras.activations.linear
    assert np.abs(check_sums(model, images) - first).max() > 1e-5


def test_a_layer_that_is_called_twice_is_told(images):
    shared = conv(6, name="shared")
    model = pooled(lambda x: conv(name="after")(shared(shared(conv(6)(x)))))
    with pytest.raises(ValueError, match="'shared' gives 2 feature maps in one pass"):
        gradcam.grad_cam(model, images, 1, layer="shared")
    check_sums(model, images)


def test_the_default_may_be_the_second_call_of_a_layer(images):
    shared = conv(6, name="shared")
    check_sums(pooled(lambda x: shared(shared(conv(6)(x)))), images)


# Segmentation


@pytest.fixture(scope="module")
def segmenter():
    seeds.set_seed(8)
    image = layers.Input((32, 32, 1))
    x = conv(stride=2, name="bottleneck")(image)
    x = layers.UpSampling2D(name="up")(x)
    return keras.Model(image, layers.Conv2D(3, 1, activation="softmax", name="scores")(x))


def test_segmentation_explains_the_mean_logit_over_a_mask(segmenter, images):
    """Each place of the small map is four of the large one: the mean gradient is the kernel over 256, whatever the mask."""
    mask = np.zeros((5, 32, 32), bool)
    mask[:, 4:12, 6:20] = True
    features = keras.Model(segmenter.input, segmenter.get_layer("bottleneck").output)(
        images[..., None]
    ).numpy()
    kernel, _ = segmenter.get_layer("scores").get_weights()
    expected = features @ kernel[0, 0, :, 2] / 256
    found = _quiet(segmenter, images, 2, layer="bottleneck", target_mask=mask, relu=False)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-8)
    inside = _quiet(segmenter, images, 2, "bottleneck", "hirescam", target_mask=mask, relu=False)
    share = mask.reshape(5, 16, 2, 16, 2).sum(axis=(2, 4)) / mask.sum(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(inside, features @ kernel[0, 0, :, 2] * share, rtol=1e-4, atol=1e-8)


def test_without_a_mask_the_predicted_places_are_explained(segmenter, images):
    predicted = np.asarray(segmenter(images[..., None])).argmax(axis=-1)
    class_index = np.bincount(predicted.ravel()).argmax()
    found = _quiet(segmenter, images, class_index, "bottleneck", "hirescam", relu=False)
    given = _quiet(
        segmenter,
        images,
        class_index,
        "bottleneck",
        "hirescam",
        relu=False,
        target_mask=predicted == class_index,
    )
    np.testing.assert_allclose(found, given, atol=1e-7)
    assert np.abs(found).max() > 1e-5
    assert gradcam.default_layer(segmenter).path == "up"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"class_index": None}, "give class_index"),
        ({"target_mask": np.ones((5, 16, 16), bool)}, r"expected target_mask \(5, 32, 32\)"),
        ({"target_mask": np.zeros((5, 32, 32), bool)}, "empty for 5 of 5"),
        ({"target_mask": np.full((5, 32, 32), 0.3)}, "True and False"),
        ({"layer": "scores"}, "reaches the answer"),
    ],
)
def test_bad_segmentation_input_is_told(segmenter, images, change, said):
    with pytest.raises(ValueError, match=said):
        gradcam.grad_cam(segmenter, images, **({"class_index": 1} | change))


def test_a_mask_for_a_classifier_is_told(images):
    with pytest.raises(ValueError, match="for models that give scores of every place"):
        gradcam.grad_cam(pooled(conv()), images, 1, target_mask=np.ones((5, 32, 32), bool))


# Further ways to write a model


def test_a_layer_as_activation(images):
    seeds.set_seed(1)
    model = pooled(conv(stride=2, name="conv"), activation=layers.Softmax())
    check_sums(model, images)


def test_a_sequential_of_an_application_without_a_size(eagerly):
    seeds.set_seed(1)
    trunk = keras.applications.MobileNetV2(
        alpha=0.35, include_top=False, weights=None, input_shape=(None, None, 3)
    )
    model = keras.Sequential([trunk, layers.GlobalAveragePooling2D(), layers.Dense(2, activation="sigmoid")])
    colours = seeds.generator(1).random((2, 96, 64, 3)).astype(np.float32)
    found = _quiet(model, colours, 1, relu=False)
    assert found.shape == (2, 3, 2)
    kernel = model.layers[-1].kernel.numpy()[:, 1]
    expected = trunk(colours).numpy() @ kernel / 6
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-7)


def test_a_functional_model_with_a_call_of_its_own(images):
    class Halved(keras.Model):
        def call(self, x, training=None):
            return tf.nn.softmax(super().call(x, training=training) / 2)

    seeds.set_seed(1)
    image = layers.Input((32, 32, 1))
    x = layers.GlobalAveragePooling2D()(conv(stride=2, name="conv")(image))
    dense = layers.Dense(3, name="logits")
    model = Halved(image, dense(x))
    features = keras.Model(image, model.get_layer("conv").output)(images[..., None]).numpy()
    expected = features @ dense.kernel.numpy()[:, 1] / 256 / 2
    np.testing.assert_allclose(
        _quiet(model, images, 1, layer="conv", relu=False), expected, rtol=5e-3, atol=1e-7
    )


def test_channels_brought_back_and_volumes_made_flat(images):
    """(n, 1, h, w) turned first, (n, h, w) without channels, and the mean of a volume over its depth."""
    seeds.set_seed(1)
    plain = pooled(conv(stride=2, name="conv"))
    expected = _quiet(plain, images, 1, relu=False)
    for shape, flat, given in (
        ((1, 32, 32), layers.Permute((2, 3, 1)), images[:, None]),
        ((32, 32), lambda x: ops.expand_dims(x, -1), images),
        ((32, 32), layers.Reshape((32, 32, 1)), images[..., None]),
        ((2, 32, 32, 1), lambda x: ops.mean(x, axis=1), images[:, None].repeat(2, axis=1)),
    ):
        image = layers.Input(shape)
        model = keras.Model(image, plain(flat(image)))
        np.testing.assert_allclose(_quiet(model, given, 1, relu=False), expected, rtol=1e-3, atol=1e-7)


def test_the_default_layer_comes_before_the_logits_of_places():
    seeds.set_seed(8)
    image = layers.Input((32, 32, 1))
    x = layers.Conv2D(3, 1, name="scores")(conv(name="conv")(image))
    assert gradcam.default_layer(keras.Model(image, layers.Softmax()(x))).path == "conv"


def test_a_single_channel_segmentation(images):
    """One sigmoid a place: class 0 by minus the logit."""
    seeds.set_seed(8)
    image = layers.Input((None, None, 1))
    x = conv(name="conv")(image)
    model = keras.Model(image, layers.Conv2D(1, 1, activation=tf.sigmoid)(x))
    mask = np.zeros((5, 32, 32), bool)
    mask[:, 3:9, 3:9] = True
    one, zero = (_quiet(model, images, k, "conv", target_mask=mask, relu=False) for k in (1, 0))
    np.testing.assert_allclose(one, -zero, atol=1e-7)
    kernel = model.layers[-1].kernel.numpy()[0, 0, :, 0]
    features = keras.Model(image, x)(images[..., None]).numpy()
    np.testing.assert_allclose(one, features @ kernel / 1024, rtol=1e-3, atol=1e-8)


def test_randomisation_takes_a_layer_object(images):
    from helpers import localization

    model = pooled(lambda x: conv(name="conv")(conv(stride=2)(x)), activation="softmax")
    by_name, by_object = (
        localization.randomisation_test(model, images[:2], 1, layer=layer, stages=2)
        for layer in ("conv", model.get_layer("conv"))
    )
    np.testing.assert_allclose(by_object["spearman"], by_name["spearman"], atol=1e-6)
