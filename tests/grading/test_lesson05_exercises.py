"""Lesson 05's exercises: the table of answers; and whether the checks' own rules are those
of the helpers and of equations worked out by hand."""

import warnings

import exercises
import numpy as np
import pytest
from scipy import ndimage

from helpers import localization
from helpers.checks import lesson05


class TestLesson05(exercises.ExerciseTests):
    lesson, points = "05", 14


def test_weights_and_maps_are_those_of_a_network_with_a_linear_head():
    """Mean over the places, then a dense layer: the gradients are known, and the map before its ReLU adds up to
    the logit."""
    rng = np.random.default_rng(0)
    features, dense = rng.normal(0, 1, (3, 4, 5, 6)), rng.normal(0, 1, 6)
    logits = features.mean(axis=(1, 2)) @ dense
    gradients = np.broadcast_to(dense / 20, features.shape)
    weights = exercises.right("05", "channel_weights")[0](gradients)
    activation_map = exercises.right("05", "class_activation_map")[0]
    assert weights.shape == (3, 6) and np.allclose(weights, dense / 20)
    negative = activation_map(features, -weights)
    assert np.allclose((activation_map(features, weights) - negative).sum(axis=(1, 2)), logits)


@pytest.mark.parametrize("tolerance", [0, 1, 2, 5])
def test_hits_are_those_of_the_helper_where_the_highest_point_is_one(tolerance):
    rng = np.random.default_rng(tolerance)
    maps, masks = rng.random((80, 7, 8)), rng.random((80, 7, 8)) < 0.05
    masks[:, 4, 6] |= ~masks.any(axis=(1, 2))
    expected = localization.pointing_game(maps, masks, tolerance=tolerance).values
    hits = [lesson05.hit(heat, mask, tolerance) for heat, mask in zip(maps, masks)]
    assert 0 < np.mean(hits) < 1 and np.array_equal(hits, expected)


@pytest.mark.parametrize("tolerance", [0, 1.5, 2.5, 5, 7.25])
def test_distances_are_those_of_scipy(tolerance):
    maps, masks = lesson05.pointed(3, 50, (15, 12), 4)
    for heat, mask in zip(maps, masks):
        apart = ndimage.distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
        assert lesson05.hit(heat, mask, tolerance) == (apart.ravel()[heat.argmax()] <= tolerance)


def test_shares_and_fair_hits_are_those_of_the_helper():
    maps, masks = lesson05.heated(5, 12, (9, 11), empty=(2, 7))
    expected = localization.energy_inside(maps, masks).values
    assert np.isnan(expected).sum() == 2
    assert np.allclose(lesson05.energy(maps, masks), expected, equal_nan=True)
    levels = np.ceil(3 * maps)  # many points are equally high
    expected = localization.pointing_game(levels, masks).values
    assert np.allclose(lesson05.fair(levels, masks), expected, equal_nan=True)


@pytest.mark.parametrize("case", lesson05.blind_map._cases)
def test_the_mean_of_the_others_passes_with_a_margin_and_single_lesions_by_luck_only(case):
    others, new = lesson05.lesions(*case[:4])
    times = [np.divide(*lesson05.times(heat, new)) for heat in (others.mean(axis=0), *others)]
    assert times[0] > 1.5 * lesson05.WANTED and others.any(axis=(1, 2)).all() and new.any(axis=(1, 2)).all()
    assert times[1] < 1.5 > times[-1] and others.shape == new.shape == (case[1], *case[2])
    assert not any(np.array_equal(one, other) for one in new for other in others)


@pytest.mark.parametrize("seed", range(20))
def test_the_mean_of_the_others_passes_whatever_the_luck_of_the_draw(seed):
    others, new = lesson05.lesions(seed, 50, (48, 64), ((0.4, 0.25), (0.6, 0.75)))
    energy, chance = lesson05.times(others.mean(axis=0), new)
    assert energy > 4 * chance
    assert lesson05.times(np.ones((48, 64)), new) == pytest.approx((chance, chance))


@pytest.mark.parametrize("case", lesson05.blind_map._cases)
def test_no_other_right_answer_is_near_the_limit(case):
    others, new = lesson05.lesions(*case[:4])
    for answer in exercises.right("05", "blind_map"):
        heat = np.asarray(answer(others), float)
        assert np.divide(*lesson05.times(heat, new)) > 1.2 * lesson05.WANTED


def test_a_global_setting_does_not_hide_the_warning_about_0_by_0():
    loud = exercises.wrong("05", "energy_inside", "0 / 0 warns")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "warns" in lesson05.energy_inside(loud).message
