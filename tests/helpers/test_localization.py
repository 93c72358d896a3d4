"""Localisation measures against brute force, their chance levels, and the sanity checks of maps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from helpers import gradcam, localization, models, seeds
from helpers.deep import keras

MEASURES = (localization.pointing_game, localization.energy_inside, localization.iou)


def _case(seed, size=12, levels=6):
    """A map with many equal values, a lesion and a region around it."""
    rng = np.random.default_rng(seed)
    heat = rng.integers(0, levels, (size, size)).astype(float)
    mask, region = np.zeros((2, size, size), bool)
    top, left = rng.integers(2, 6, 2)
    mask[top : top + 3, left : left + rng.integers(1, 5)] = True
    mask[top, left] = rng.random() < 0.5 or mask.sum() == 1
    region[1:-1, 1:-2] = True
    return heat, mask, region


def _by_hand(name, heat, mask):
    """The measure at one place, by loops."""
    if name == "energy_inside":
        return heat[mask].sum() / heat.sum()
    if name == "pointing_game":
        return mask[heat == heat.max()].mean()
    points, found = sorted(heat.ravel())[::-1][: mask.sum()], 0.0
    for value in set(points):
        taken, equal = points.count(value), heat == value
        found += taken / equal.sum() * (equal & mask).sum()
    return found / (2 * mask.sum() - found)


def _places(mask, region):
    """The mask at every place where it lies inside the region as far as it does now."""
    rows, columns = np.nonzero(mask)
    for dy in range(-rows.max(), len(mask)):
        for dx in range(-columns.max(), len(mask)):
            y, x = rows + dy, columns + dx
            there = (0 <= y) & (y < len(mask)) & (0 <= x) & (x < len(mask))
            if region[y[there], x[there]].sum() >= (mask & region).sum():
                moved = np.zeros_like(mask)
                moved[y[there], x[there]] = True
                yield moved


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(MEASURES))
def test_values_and_chance_agree_with_brute_force(seed, measure):
    heat, mask, region = _case(seed)
    found = measure(heat[None], mask[None], region[None])
    assert found.values[0] == pytest.approx(_by_hand(measure.__name__, heat, mask), abs=1e-9)
    expected = [_by_hand(measure.__name__, heat, moved) for moved in _places(mask, region)]
    assert len(expected) > 3 and found.chance[0] == pytest.approx(np.mean(expected), abs=1e-9)


def test_a_lesion_that_reaches_out_of_the_region_may_do_so_elsewhere():
    mask, region = np.zeros((2, 1, 10, 10), bool)
    mask[0, 4, 0:2] = True
    region[0, :, 1:] = True  # one of its two pixels lies outside
    heat = np.zeros((1, 10, 10))
    heat[0, 4, 1] = 1
    found = localization.energy_inside(heat, mask, region)
    assert found.values[0] == 1 and 0.01 < found.chance[0] < 0.05


@pytest.mark.parametrize("measure", MEASURES)
def test_a_map_of_noise_is_at_chance_and_the_lesion_itself_is_perfect(measure):
    rng = np.random.default_rng(0)
    masks = np.zeros((200, 24, 24), bool)
    for mask in masks:
        y, x = rng.integers(4, 16, 2)
        mask[y : y + 4, x : x + 5] = True
    region = np.zeros_like(masks)
    region[:, 2:22, 2:22] = True
    noise = ndimage.gaussian_filter(rng.random(masks.shape), (0, 2, 2)) * region
    found = measure(noise, masks, region)
    assert abs((found.values - found.chance).mean()) < 4 * (found.values - found.chance).std() / 200**0.5
    perfect = measure(masks.astype(float), masks, region)
    assert (perfect.values == 1).all() and perfect.chance.max() < 0.25


def test_always_the_middle_is_worth_what_the_middle_is_worth():
    """All lesions lie in the middle: a map that knows nothing but that scores 1, and chance says how cheap it was."""
    masks, region = np.zeros((2, 5, 21, 21), bool)
    masks[:, 8:13, 8:13], region[:, 7:14, 7:14] = True, True
    heat = np.zeros((5, 21, 21))
    heat[:, 10, 10] = 1
    found = localization.pointing_game(heat, masks, region)
    assert (found.values == 1).all() and found.chance == pytest.approx(1)


def test_the_tolerance_widens_the_lesion_by_so_many_pixels():
    heat, mask = np.zeros((1, 20, 20)), np.zeros((1, 20, 20), bool)
    heat[0, 5, 5], mask[0, 5, 9] = 1, True
    hits = [localization.pointing_game(heat, mask, tolerance=t).values[0] for t in (0, 3, 4)]
    assert hits == [0, 0, 1]
    chance = [localization.pointing_game(heat, mask, tolerance=t).chance[0] for t in (0, 4)]
    assert chance[0] == pytest.approx(1 / 400) and chance[1] > 20 * chance[0]


@pytest.mark.parametrize("measure", MEASURES)
def test_empty_maps_and_masks_are_not_a_number_and_not_nothing(measure):
    heat, mask, _ = _case(1)
    found = measure(np.stack([heat, 0 * heat, heat]), np.stack([mask, mask, mask & False]))
    for part in found:
        assert np.isfinite(part[0]) and np.isnan(part[1:]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"maps": np.zeros((2, 8, 8))}, "expected masks"),
        ({"maps": np.zeros((8, 8))}, "expected maps"),
        ({"maps": np.full((1, 12, 12), np.nan)}, "without NaN"),
        ({"maps": np.full((1, 12, 12), -1.0)}, "relu=True"),
        ({"masks": np.zeros((1, 12, 12))}, "bool"),
        ({"regions": np.zeros((1, 8, 8), bool)}, "expected regions"),
        ({"tolerance": -1}, "0 pixels or more"),
    ],
)
def test_bad_input_is_told(change, said):
    heat, mask, region = (part[None] for part in _case(2))
    with pytest.raises(ValueError, match=said):
        localization.pointing_game(**({"maps": heat, "masks": mask, "regions": region} | change))


# Deletion and insertion


@pytest.fixture(scope="module")
def bright_spot():
    """A model whose probability of class 1 is the mean grey value of one quarter, times four."""
    image = keras.Input((16, 16, 1))
    quarter = keras.layers.Cropping2D(((0, 8), (8, 0)))(image)
    value = keras.layers.GlobalAveragePooling2D()(quarter)
    return keras.Model(image, keras.layers.Concatenate()([1 - value, value]))


def _quarter_lit():
    images = np.zeros((3, 16, 16), np.float32)
    images[:, :8, 8:] = 1
    return images


def test_deleting_what_matters_first_falls_fastest(bright_spot):
    images = _quarter_lit()
    good, bad = images.astype(float), 1 - images.astype(float)
    fall, slow = (
        localization.deletion_curve(bright_spot, images, m, 1, steps=4, blur=1.0) for m in (good, bad)
    )
    np.testing.assert_allclose(fall.shares, [0, 0.25, 0.5, 0.75, 1])
    assert (fall.probability[:, 0] == 1).all() and fall.probability[:, 1].max() < 0.6
    np.testing.assert_allclose(slow.probability[:, :4], 1)  # the quarter goes last
    np.testing.assert_allclose(fall.probability[:, -1], slow.probability[:, -1], atol=1e-6)
    assert (fall.area[0] < fall.area[1]).all() and (slow.area[0] > slow.area[1]).all()
    rise = localization.insertion_curve(bright_spot, images, good, 1, steps=4, blur=1.0)
    np.testing.assert_allclose(rise.probability[:, 0], fall.probability[:, -1], atol=1e-6)
    np.testing.assert_allclose(rise.probability[:, 1:], 1)
    assert (rise.area[0] > rise.area[1]).all()


def test_curves_follow_each_images_own_class_and_repeat(bright_spot):
    images = _quarter_lit()
    maps = np.random.default_rng(0).random(images.shape)
    one = localization.deletion_curve(bright_spot, images, maps, np.array([1, 0, 1]))
    same = localization.deletion_curve(bright_spot, images, maps, np.array([1, 0, 1]))
    np.testing.assert_array_equal(one.chance, same.chance)
    np.testing.assert_allclose(one.probability[1], 1 - localization.deletion_curve(bright_spot, images, maps, 1).probability[1], atol=1e-6)  # fmt: skip
    for bad, said in (({"steps": 0}, "one step"), ({"maps": maps[:, :8]}, "one shape")):
        with pytest.raises(ValueError, match=said):
            localization.deletion_curve(
                **({"model": bright_spot, "images": images, "maps": maps, "class_index": 1} | bad)
            )


# Randomisation


@pytest.fixture(scope="module")
def trained():
    """Tells a bright left half from a bright right half."""
    seeds.set_seed(1)
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 96)
    images = (0.1 * rng.random((96, 32, 32))).astype(np.float32)
    for image, label in zip(images, labels):
        y, x = rng.integers(4, 20), rng.integers(2, 8) + 14 * label
        image[y : y + 6, x : x + 6] += 0.5 if label else 0.9
    model = models.light_cnn(32, 2)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images[..., None], labels, epochs=25, verbose=0)
    assert model.evaluate(images[..., None], labels, verbose=0)[1] > 0.95
    return model, images[:12]


def test_shuffled_copies_keep_each_layers_weights_and_leave_the_model_alone(trained):
    model, images = trained
    before, answer = model.get_weights(), model.predict(images[..., None], verbose=0)
    copy, other, again = (localization.randomised(model, seed) for seed in (1, 2, 1))
    for a, b, c, d in zip(before, copy.get_weights(), other.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(np.sort(a.ravel()), np.sort(b.ravel()))
        np.testing.assert_array_equal(b, d)
        assert a.size < 8 or ((a != b).mean() > 0.5 and (b != c).mean() > 0.5)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(model.predict(images[..., None], verbose=0), answer)
    part = localization.randomised(model, 1, layers=["logits"])
    same = [(a == b).all() for a, b in zip(before, part.get_weights(), strict=True)]
    assert same == [True] * 6 + [False] * 2 or same == [True] * 6 + [False, True]


def test_the_cascade_goes_from_the_output_to_the_input(trained):
    model, images = trained
    table = localization.randomisation_test(model, images, 1, stages=4)
    assert table.groupby("stage")["down to"].first().tolist() == [
        "logits",
        "block3_conv",
        "block2_conv",
        "block1_conv",
    ]
    assert len(table) == 48 and set(table.image) == set(range(12))
    assert table.spearman.dropna().between(-1, 1).all() and table.ssim.dropna().between(-1, 1).all()
    assert table[table.stage == 4].spearman.mean() < 0.8  # the map of a trained network changes
    halves = localization.randomisation_test(model, images[:2], 1, stages=2)
    assert halves.groupby("stage")["down to"].first().tolist() == ["block3_conv", "block1_conv"]


def test_a_network_inside_a_network_is_shuffled_too():
    model = models.classifier(models.backbone("MobileNetV2-0.35", "course", size=64), 2)
    kernel, bias = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([np.abs(kernel), bias])  # no empty maps, before or after
    copy = localization.randomised(model, 3)
    changed = [(a != b).any() for a, b in zip(model.get_weights(), copy.get_weights(), strict=True)]
    assert 50 < sum(changed) < len(changed)  # batch normalisation stays
    x = seeds.generator(1).random((2, 64, 64)).astype(np.float32)
    table = localization.randomisation_test(model, x, 1, stages=3)
    assert table[table.stage == 3]["down to"].iloc[0] == "Conv1" and table.ssim.notna().all()


def test_a_map_compared_with_itself_is_alike(monkeypatch, trained):
    from helpers.localization import randomisation

    model, images = trained
    monkeypatch.setattr(randomisation, "_shuffle", lambda copy, model, *given: copy.set_weights(model.get_weights()))
    table = localization.randomisation_test(model, images, 1, stages=2)
    np.testing.assert_allclose(table[["spearman", "ssim"]].dropna(), 1, atol=1e-6)
    monkeypatch.setattr(gradcam, "grad_cam", lambda *given, **options: np.zeros((12, 4, 4), np.float32))
    assert (
        localization.randomisation_test(model, images, 1, stages=1)[["spearman", "ssim"]]
        .isna()
        .all(axis=None)
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [({"class_index": None}, "must be given"), ({"stages": 5}, "1 .. 4"), ({"stages": 0}, "1 .. 4")],
)
def test_randomisation_tells_bad_input(trained, change, said):
    with pytest.raises(ValueError, match=said):
        localization.randomisation_test(
            **({"model": trained[0], "images": trained[1], "class_index": 1} | change)
        )
