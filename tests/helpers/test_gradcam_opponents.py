"""Occlusion and edges: maps that use no gradient, against loops and values by hand."""

import numpy as np
import pytest

from helpers import gradcam, models, seeds
from helpers.deep import keras, tf
from helpers.gradcam import occluding, plan

layers = keras.layers


@pytest.fixture(scope="module")
def images():
    return seeds.generator(3).random((3, 12, 10)).astype(np.float32)


@pytest.fixture(scope="module")
def linear():
    """Softmax of a linear function of the pixels: covering a patch takes away exactly its share."""
    seeds.set_seed(2)
    image = layers.Input((12, 10, 1))
    return keras.Model(
        image, layers.Dense(3, activation=tf.nn.softmax, name="logits")(layers.Flatten()(image))
    )


def by_hand(logit, images, instead, patch, stride):
    """Every patch of every image, one at a time."""
    height, width = images.shape[1:3]
    total, covers = np.zeros(images.shape[:3]), np.zeros((height, width))
    for top in sorted({*range(0, height - patch + 1, stride), height - patch}):
        for left in sorted({*range(0, width - patch + 1, stride), width - patch}):
            here = np.s_[top : top + patch, left : left + patch]
            covers[here] += 1
            for number, image in enumerate(images):
                covered = image.copy()
                covered[here] = instead[number][here]
                total[number][here] += logit(image) - logit(covered)
    return total / covers


@pytest.mark.parametrize("baseline", ["zero", "mean", 0.3])
@pytest.mark.parametrize(("patch", "stride"), [(4, 4), (5, 2), (3, 3), (10, 1)])
def test_occlusion_of_a_linear_model_is_exact(linear, images, baseline, patch, stride):
    """The fall is the sum over the patch of weight times what was taken away."""
    weights = linear.get_layer("logits").kernel.numpy()[:, 2].reshape(12, 10)
    instead = {"zero": 0, "mean": images.mean(axis=(1, 2), keepdims=True)}.get(baseline, baseline)
    share = weights * (images - instead)
    rows, columns = ([*range(0, side - patch + 1, stride)] for side in (12, 10))
    rows, columns = (sorted({*some, side - patch}) for some, side in ((rows, 12), (columns, 10)))
    total, covers = np.zeros((3, 12, 10)), np.zeros((12, 10))
    for top in rows:
        for left in columns:
            here = np.s_[..., top : top + patch, left : left + patch]
            total[here] += share[here].sum(axis=(1, 2), keepdims=True)
            covers[here] += 1
    found = gradcam.occlusion(linear, images, 2, patch=patch, stride=stride, baseline=baseline, relu=False)
    assert found.shape == (3, 12, 10) and found.dtype == np.float32
    np.testing.assert_allclose(found, total / covers, atol=1e-5)


def test_patches_of_one_pixel_give_weight_times_pixel(linear, images):
    weights = linear.get_layer("logits").kernel.numpy()[:, 0].reshape(12, 10)
    found = gradcam.occlusion(linear, images, 0, patch=1, baseline="zero", relu=False)
    np.testing.assert_allclose(found, weights * images, atol=1e-5)


@pytest.mark.parametrize("class_index", [None, 1, [2, 0, 1]])
def test_occlusion_of_a_network_against_a_loop(class_index):
    seeds.set_seed(5)
    model = models.light_cnn(16, 3, filters=(4, 4))
    images = seeds.generator(1).random((3, 16, 16)).astype(np.float32)
    logits = models.logits(model)
    predicted = logits.predict(images[..., None], verbose=0).argmax(axis=1)
    classes = np.broadcast_to(predicted if class_index is None else class_index, 3)
    instead = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    found = gradcam.occlusion(model, images, class_index, patch=6, stride=4, relu=False)
    for number, chosen in enumerate(classes):
        expected = by_hand(
            lambda image, chosen=chosen: float(logits(image[None, ..., None])[0, chosen]),
            images[number : number + 1], instead[number : number + 1], 6, 4,
        )  # fmt: skip
        np.testing.assert_allclose(found[number : number + 1], expected, atol=1e-5)
    for size in (1, 2):
        again = gradcam.occlusion(model, images, class_index, patch=6, stride=4, relu=False, batch_size=size)
        np.testing.assert_allclose(again, found, atol=1e-5)


def test_a_single_sigmoid_is_explained_both_ways(images):
    seeds.set_seed(2)
    image = layers.Input((12, 10, 1))
    model = keras.Model(image, layers.Dense(1, activation="sigmoid")(layers.Flatten()(image)))
    one, zero = (gradcam.occlusion(model, images, k, patch=4, relu=False) for k in (1, 0))
    np.testing.assert_allclose(one, -zero, atol=1e-6)
    positive = gradcam.occlusion(model, images, 1, patch=4)
    np.testing.assert_allclose(positive, np.maximum(one, 0), atol=1e-7)


def test_a_blurred_baseline_takes_away_nothing_from_even_images(linear):
    even = np.full((2, 12, 10), 0.4, np.float32)
    with pytest.warns(UserWarning, match="2 of 2 maps are empty"):
        found = gradcam.occlusion(linear, even, 1, patch=4, baseline=even)
    assert (found == 0).all()
    blurred = gradcam.occlusion(linear, even, 1, patch=4, baseline="blur", relu=False)
    np.testing.assert_allclose(blurred, 0, atol=1e-5)


def test_occlusion_of_volumes(images):
    """A linear model of volumes: cubes, and the same exact shares."""
    seeds.set_seed(2)
    volumes = seeds.generator(4).random((2, 4, 6, 5)).astype(np.float32)
    image = layers.Input((4, 6, 5, 1))
    model = keras.Model(image, layers.Dense(2, name="logits")(layers.Flatten()(image)))
    weights = model.get_layer("logits").kernel.numpy()[:, 1].reshape(4, 6, 5)
    found = gradcam.occlusion(model, volumes, 1, patch=2, stride=2, baseline="zero", relu=False)
    share = weights * volumes
    np.testing.assert_allclose(
        found[:, 2:, 4:, :2], found[:, 2:3, 4:5, :1].repeat(2, 1).repeat(2, 2).repeat(2, 3)
    )
    np.testing.assert_allclose(found[:, 3, 5, 1], share[:, 2:, 4:, :2].sum(axis=(1, 2, 3)), atol=1e-5)


def test_occlusion_compiles_once(linear, images, monkeypatch):
    compiled, original = [], occluding._compile
    monkeypatch.setattr(occluding, "_compile", lambda *given: compiled.append(1) or original(*given))
    model = keras.Model(linear.input, linear.output)
    for batch in (2, 3, 32):
        gradcam.occlusion(model, images, 1, patch=4, batch_size=batch, relu=False)
    assert len(compiled) == 1
    ((function, *_),) = plan.record(model).compiled.values()
    assert function.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"patch": 11}, "patch <= 10"),
        ({"patch": 0}, "got patch 0"),
        ({"stride": 5}, "stride 5"),
        ({"stride": 0}, "stride 0"),
        ({"patch": 2.5, "stride": 1}, "whole numbers"),
        ({"batch_size": 0}, "at least 1, not 0"),
        ({"batch_size": 2.5}, "at least 1, not 2.5"),
        ({"baseline": np.full((3, 12, 10, 1), "grey")}, "as an array of real numbers"),
        ({"patch": (4, 4)}, r"whole numbers of pixels, not \(4, 4\)"),
        ({"patch": None}, "whole numbers of pixels, not None"),
        ({"baseline": np.nan}, "baseline of finite numbers"),
        ({"baseline": np.full((3, 12, 10, 1), np.inf)}, "baseline of finite numbers"),
        ({"baseline": "grey"}, "known: zero, mean, blur"),
        ({"baseline": np.zeros((3, 3))}, r"images' shape \(3, 12, 10, 1\)"),
        ({"class_index": 3}, "knows 0 .. 2"),
        ({"images": np.zeros((2, 5, 5))}, r"takes \(12, 10, 1\)"),
    ],
)
def test_bad_input_of_occlusion_is_told(linear, images, change, said):
    given = {"model": linear, "images": images, "class_index": 1, "patch": 4} | change
    with pytest.raises(ValueError, match=said):
        gradcam.occlusion(**given)


# Edges


def test_edges_of_ramps_and_steps():
    """A ramp of slope s gives s inside; a step of 1 gives 1/2 on either side; nothing where nothing changes."""
    rows, columns = np.mgrid[:8, :9].astype(np.float32)
    found = gradcam.edges(np.stack([3 * rows - 4 * columns, (columns >= 4), 0 * rows + 7]))
    assert found.shape == (3, 8, 9) and found.dtype == np.float32
    np.testing.assert_allclose(found[0, 1:-1, 1:-1], 5, rtol=1e-5)
    np.testing.assert_allclose(found[1], np.tile([0, 0, 0, 0.5, 0.5, 0, 0, 0, 0], (8, 1)))
    np.testing.assert_allclose(found[2], 0)


def test_edges_of_a_point_by_hand():
    point = np.zeros((1, 5, 5))
    point[0, 2, 2] = 8
    near, far = np.sqrt(2), 2.0
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = [[near, far, near], [far, 0, far], [near, far, near]]
    np.testing.assert_allclose(gradcam.edges(point)[0], expected, rtol=1e-6)


def test_edges_of_colours_and_volumes():
    rows = np.mgrid[:6, :5, :4][0].astype(np.float32)
    volumes = rows[None, ..., None]
    np.testing.assert_allclose(gradcam.edges(volumes)[0, 1:-1], 1, rtol=1e-5)
    colours = np.stack([rows[..., 0]] * 3, axis=-1)[None]
    np.testing.assert_allclose(gradcam.edges(colours), gradcam.edges(rows[None, ..., 0]), rtol=1e-5)
    for bad in (np.zeros((4, 4)), np.full((1, 4, 4), np.nan)):
        with pytest.raises(ValueError, match="expected finite images"):
            gradcam.edges(bad)
