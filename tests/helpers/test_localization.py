"""Localisation measures against brute force, their chance levels, and the sanity checks of maps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from sklearn.metrics import roc_auc_score

from helpers import gradcam, localization, models, seeds
from helpers.deep import keras


def top_8(*given):
    return localization.top_k_intersection(*given, k=8)


MEASURES = (
    localization.pointing_game,
    localization.energy_inside,
    localization.iou,
    localization.auc_inside,
    top_8,
)


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
    if name == "auc_inside":
        return roc_auc_score(mask.ravel(), heat.ravel())
    k = 8 if name == "top_8" else mask.sum()
    points, found = sorted(heat.ravel())[::-1][:k], 0.0
    for value in set(points):
        taken, equal = points.count(value), heat == value
        found += taken / equal.sum() * (equal & mask).sum()
    return found / 8 if name == "top_8" else found / (2 * mask.sum() - found)


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
    area = localization.auc_inside(heat, mask, region)
    elsewhere = [roc_auc_score(moved.ravel(), heat[0].ravel()) for moved in _places(mask[0], region[0])]
    assert any(moved.sum() == 1 for moved in _places(mask[0], region[0])), "one pixel of it beyond the image"
    assert area.chance[0] == pytest.approx(np.mean(elsewhere), abs=1e-9)


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
    np.testing.assert_allclose(perfect.values, 1, atol=1e-9)
    assert perfect.chance.max() < (0.65 if measure is localization.auc_inside else 0.25)


def test_always_the_middle_is_worth_what_the_middle_is_worth():
    """All lesions lie in the middle: a map that knows nothing but that scores 1, and chance says how cheap it was."""
    masks, region = np.zeros((2, 5, 21, 21), bool)
    masks[:, 8:13, 8:13], region[:, 7:14, 7:14] = True, True
    heat = np.zeros((5, 21, 21))
    heat[:, 10, 10] = 1
    found = localization.pointing_game(heat, masks, region)
    np.testing.assert_allclose(found, 1, atol=1e-9)


def test_the_tolerance_widens_the_lesion_by_so_many_pixels():
    heat, mask = np.zeros((1, 20, 20)), np.zeros((1, 20, 20), bool)
    heat[0, 5, 5], mask[0, 5, 9] = 1, True
    hits = [localization.pointing_game(heat, mask, tolerance=t).values[0] for t in (0, 3, 4)]
    assert hits == [0, 0, 1]  # sums of a single 1
    chance = [localization.pointing_game(heat, mask, tolerance=t).chance[0] for t in (0, 4)]
    assert chance[0] == pytest.approx(1 / 400) and chance[1] > 20 * chance[0]


@pytest.mark.parametrize("corner", [(0, 0), (0, 8), (17, 17), (9, 16), (8, 8)])
@pytest.mark.parametrize("tolerance", [1, 3, 5, 2.5])
def test_chance_with_a_tolerance_is_that_of_a_lesion_widened_at_each_place(corner, tolerance):
    """At the border part of the widened lesion lies outside of the image, elsewhere it does not."""
    mask, heat = np.zeros((20, 20), bool), np.zeros((20, 20))
    mask[corner[0] : corner[0] + 3, corner[1] : corner[1] + 3] = True
    heat[tuple(np.random.default_rng(int(tolerance)).integers(3, 17, (2, 4)))] = 1
    y, x = np.ogrid[-5:6, -5:6]
    disc = x * x + y * y <= tolerance**2

    def hit(mask):
        return ndimage.binary_dilation(mask, disc)[heat == 1].mean()

    for region in (np.ones((20, 20), bool), np.pad(np.ones((18, 19), bool), ((0, 2), (1, 0)))):
        found = localization.pointing_game(heat[None], mask[None], region[None], tolerance=tolerance)
        assert found.values[0] == pytest.approx(hit(mask), abs=1e-9)
        expected = np.mean([hit(moved) for moved in _places(mask, region)])
        assert found.chance[0] == pytest.approx(expected, abs=1e-9)


def test_a_map_that_marks_the_body_has_a_high_auc_by_chance_and_a_constant_one_half():
    masks, region = np.zeros((2, 1, 20, 20), bool)
    masks[0, 8:11, 8:11], region[0, 5:15, 5:15] = True, True
    body = localization.auc_inside(region.astype(float), masks, region)
    assert body.values[0] > 0.85 and body.chance[0] == pytest.approx(body.values[0], abs=1e-9)
    flat = localization.auc_inside(np.ones((1, 20, 20)), masks, region)
    np.testing.assert_allclose(flat, 0.5, atol=1e-9)
    everywhere = localization.auc_inside(np.ones((1, 4, 4)), np.ones((1, 4, 4), bool))
    assert np.isnan(everywhere).all(), "no pixel lies outside"


@pytest.mark.parametrize("k", [0, -1, 145, 2.5])
def test_top_k_wants_so_many_pixels(k):
    heat, mask, _ = _case(3)
    with pytest.raises((ValueError, TypeError), match="k must lie in 1 .. 144|integer"):
        localization.top_k_intersection(heat[None], mask[None], k=k)


def _squares(lesion, marked, background=0.0, size=224):
    """A lesion and a marked square, as in the tests of Quantus: rows and columns (from, to)."""
    heat, mask = np.full((1, size, size), background), np.zeros((1, size, size), bool)
    mask[0, slice(*lesion[0]), slice(*lesion[1])] = True
    heat[0, slice(*marked[0]), slice(*marked[1])] = 1
    return heat, mask


MIDDLE, FIRST, SECOND = ((50, 150),) * 2, ((0, 100),) * 2, ((100, 200),) * 2
QUARTER, LAST_QUARTER = ((0, 112),) * 2, ((112, 224),) * 2
SMALL, HALF_INSIDE = ((50, 100),) * 2, ((0, 100), (75, 100))


@pytest.mark.parametrize(
    ("measure", "lesion", "marked", "expected"),
    [
        (localization.energy_inside, MIDDLE, MIDDLE, 1.0),
        (localization.energy_inside, FIRST, SECOND, 0.0),
        (localization.energy_inside, SMALL, HALF_INSIDE, 0.5),
        (localization.auc_inside, MIDDLE, MIDDLE, 1.0),
        (localization.auc_inside, QUARTER, LAST_QUARTER, 0.33333333333333337),
        (localization.pointing_game, MIDDLE, MIDDLE, 1.0),
        (localization.pointing_game, FIRST, SECOND, 0.0),
        (10_000, MIDDLE, MIDDLE, 1.0),
        (40_000, MIDDLE, MIDDLE, 0.25),
        (10_000, FIRST, SECOND, 0.0),
        (2_500, SMALL, HALF_INSIDE, 0.5),
    ],
)
def test_values_are_those_of_quantus(measure, lesion, marked, expected):
    """Its `tests/metrics/test_localisation_metrics.py`: relevance mass accuracy, AUC, pointing game, top-k intersection."""
    heat, mask = _squares(lesion, marked)
    if isinstance(measure, int):
        found = localization.top_k_intersection(heat, mask, k=measure)
    else:
        found = measure(heat, mask)
    assert found.values[0] == pytest.approx(expected, abs=1e-9)


def test_where_quantus_has_other_values():
    """A tie at the highest point is a hit there as soon as one of the points lies inside; here it is the share of them, for
    a constant map points nowhere. And of equal points at the edge of the k highest, the sort takes some there; here each
    counts by the share that finds room."""
    heat, mask = _squares(MIDDLE, ((0, 224),) * 2)
    constant = localization.pointing_game(heat, mask)
    assert constant.values[0] == pytest.approx(100**2 / 224**2) == constant.chance[0]
    half = localization.pointing_game(*_squares(SMALL, HALF_INSIDE))
    assert half.values[0] == pytest.approx(0.5), "1 there"
    heat, mask = _squares(SMALL, HALF_INSIDE)
    assert localization.top_k_intersection(heat, mask, k=1250).values[0] == pytest.approx(0.5), (
        "above 0.5 there"
    )
    heat, mask = _squares(FIRST, SECOND)
    shared = 30_000 * 10_000 / (224**2 - 10_000) / 40_000
    assert localization.top_k_intersection(heat, mask, k=40_000).values[0] == pytest.approx(shared)
    assert 0.1 < shared < 0.25, "its own bounds"


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
    np.testing.assert_allclose(fall.probability[:, 0], 1, atol=1e-6)
    assert fall.probability[:, 1].max() < 0.6
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
    np.testing.assert_allclose(one.chance, same.chance, atol=1e-6)
    np.testing.assert_allclose(one.probability[1], 1 - localization.deletion_curve(bright_spot, images, maps, 1).probability[1], atol=1e-6)  # fmt: skip
    twins = np.roll(images, 1, axis=0)
    swapped = localization.deletion_curve(bright_spot, images, maps, 1, replacement=twins, steps=2)
    alone = localization.deletion_curve(bright_spot, images, maps, 1, replacement=twins, steps=2, draws=0)
    np.testing.assert_array_equal(alone.probability, swapped.probability)
    assert np.isnan(alone.chance).all() and np.isfinite(swapped.chance).all()
    ends = bright_spot.predict(twins[..., None], verbose=0)[:, 1]
    np.testing.assert_allclose(swapped.probability[:, -1], ends, atol=1e-6)
    for bad, said in (
        ({"replacement": images[:, :8]}, "each image"),
        ({"steps": 0}, "one step"),
        ({"maps": maps[:, :8]}, "one shape"),
    ):
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
    np.testing.assert_allclose(model.predict(images[..., None], verbose=0), answer, atol=1e-6)
    assert localization.randomised(model, 1, copy=other) is other
    for a, b in zip(copy.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    part = localization.randomised(model, 1, layers=["logits"], copy=other)
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
    twice = localization.randomisation_test(model, images, 1, stages=4, shuffles=2)
    pd.testing.assert_frame_equal(twice[twice.shuffle == 0], table)  # the second is another draw
    other = localization.randomisation_test(model, images, 1, stages=4, seed=8)
    pd.testing.assert_frame_equal(
        twice[twice.shuffle == 1].drop(columns="shuffle").reset_index(drop=True),
        other.drop(columns="shuffle"),
    )
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
    monkeypatch.setattr(
        randomisation, "_shuffle", lambda copy, model, *given: copy.set_weights(model.get_weights())
    )
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
    [
        ({"class_index": None}, "must be given"),
        ({"stages": 5}, "1 .. 4"),
        ({"stages": 0}, "1 .. 4"),
        ({"stages": 4, "shuffles": 0}, "one shuffle"),
    ],
)
def test_randomisation_tells_bad_input(trained, change, said):
    with pytest.raises(ValueError, match=said):
        localization.randomisation_test(
            **({"model": trained[0], "images": trained[1], "class_index": 1} | change)
        )
