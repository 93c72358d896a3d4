"""Lesson 05, exercise 4: `energy_inside`."""

import warnings

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson05.shared import over


def _energy(maps, masks):
    """Share of each map's sum inside its mask; NaN where the map is empty."""
    inside, total = (np.array([x.sum() for x in part]) for part in (maps * masks, maps))
    return np.where(total > 0, over(inside, total), np.nan)


def _energy_mistakes(maps, masks):
    """Pairs (what the mistake gives, reason)."""
    n, h, w = maps.shape
    right = _energy(maps, masks)
    inside, total = (maps * masks).sum(axis=(1, 2)), maps.sum(axis=(1, 2))
    area, empty = masks.sum(axis=(1, 2)), total == 0

    def fill(share, value=np.nan):
        return np.where(empty, value, share)

    undefined = "An empty map has no share inside: NaN, not {}. A {} would be taken for a measured value."
    yield np.nan_to_num(right, nan=0), undefined.format(0, 0)
    yield np.nan_to_num(right, nan=1), undefined.format(1, 1)
    if empty.any():
        yield np.full(n, np.nan), "One empty map makes all your answers NaN. Only its own answer is NaN."
    for value in (np.nan, 0):
        yield fill(1 - right, value), "This is the share outside the mask."
        yield fill(100 * right, value), "Return a share in [0, 1], not a percentage."
        yield (
            fill(over(inside, total - inside), value),
            "You divide by the sum outside the mask. Divide by the sum of the whole map.",
        )
        yield (
            fill(over(over(inside, area), over(total, h * w)), value),
            "This is the mean inside the mask over the mean of the map: how many times chance. Here the "
            "share of the sum is asked for.",
        )
        counted = "You count pixels. Add up the map's values."
        yield fill(over((masks & (maps > 0)).sum(axis=(1, 2)), (maps > 0).sum(axis=(1, 2))), value), counted
        squares = maps**2
        yield (
            fill(over((squares * masks).sum(axis=(1, 2)), squares.sum(axis=(1, 2))), value),
            "Add up the map's values, not their squares.",
        )
        yield (
            fill(over((maps * masks).max(axis=(1, 2)), maps.max(axis=(1, 2))), value),
            "This is the ratio of the highest values. Take sums.",
        )
        yield fill(over(inside, total.sum()), value), "Divide by the sum of the image's own map only."
        yield (
            fill(over((maps * masks[:1]).sum(axis=(1, 2)), total), value),
            "You use the first mask for all images. Every image has a mask of its own.",
        )
        yield (
            fill(over((maps * masks.any(axis=0)).sum(axis=(1, 2)), total), value),
            "Every image has a mask of its own.",
        )
        yield (
            fill(over(inside, area), value),
            "You divide by the number of the mask's pixels. Divide by the sum of the whole map.",
        )
        yield (
            fill(over(inside, h * w), value),
            "You divide by the number of pixels. Divide by the sum of the whole map.",
        )
        low, top = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
        shifted = maps - low
        yield (
            fill(over((shifted * masks).sum(axis=(1, 2)), shifted.sum(axis=(1, 2))), value),
            "The lowest value has been subtracted first. Take the maps as they are.",
        )
        half = maps * (maps >= top / 2)
        yield (
            fill(over((half * masks).sum(axis=(1, 2)), half.sum(axis=(1, 2))), value),
            "Low values have been left out. The whole map counts.",
        )
        high = maps >= top / 2
        yield (
            fill(over((masks & high).sum(axis=(1, 2)), high.sum(axis=(1, 2))), value),
            "The map has been cut at a threshold. Add up its values.",
        )
    powers = np.exp(maps - maps.max(axis=(1, 2), keepdims=True))
    yield (
        (powers * masks).sum(axis=(1, 2)) / powers.sum(axis=(1, 2)),
        "Take the maps as they are: no softmax.",
    )
    yield inside, "This is the sum inside the mask. Divide it by the sum of the whole map."
    yield over(inside, area), "This is the mean inside the mask. Divide the sum inside by the map's sum."
    yield (
        area / (h * w),
        "This is the mask's share of the image: what a map that is equal everywhere gets, whatever yours is.",
    )
    yield np.where(area == 0, np.nan, right), "Where there is no lesion, the share inside is 0, not NaN."


def _judge_energy(call, maps, masks, because):
    n, h, w = maps.shape
    expected, kept = _energy(maps, masks), maps.any(axis=(1, 2))
    each = "One share for each map: sum over height and width, axes 1 and 2."
    shapes = [
        ((), f"{each} The mean over the maps comes later."),
        ((int(kept.sum()),), "Empty maps have been left out. They keep their places, with NaN."),
        ((n, h), each),
        ((n, w), each),
        ((h, w), each),
        (maps.shape, each),
        ((n, 1, 1), f"{each} No keepdims."),
        ((n, 1), each),
        ((1, n), each),
    ]
    try:
        with np.errstate(divide="warn", invalid="warn"), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = call(maps, masks)
    except Wrong as reason:
        if "stopped with" in str(reason) and not kept.all():
            raise Wrong(f"{reason}. One map is empty here: its share is NaN, without an error.") from None
        raise
    expect(result, expected, shapes, _energy_mistakes(maps, masks), (maps, masks), because)
    if any(issubclass(warning.category, RuntimeWarning) for warning in told):
        raise Wrong(
            "The shares are right, but NumPy warns of a division 0 / 0. It is meant here: say so with `with "
            'np.errstate(invalid="ignore"):` around the division, or use np.divide with `where`.'
        )


def _heated(seed, number, shape, empty=()):
    """Maps, zero in a part of the places, and lesion masks; the maps named in `empty` are zero everywhere."""
    rng = np.random.default_rng(seed)
    maps = rng.random((number, *shape)) ** 2 * (rng.random((number, *shape)) < 0.7)
    masks = np.zeros(maps.shape, bool)
    for mask in masks:
        y, x = rng.integers(shape[0] - 2), rng.integers(shape[1] - 3)
        mask[y : y + rng.integers(2, 4), x : x + rng.integers(2, 5)] = True
    maps[list(empty)] = 0
    return maps, masks


def _without_lesion(maps, masks):
    return maps, masks & (np.arange(len(masks)) > 0)[:, None, None]


energy_inside = Check(
    _judge_energy,
    cases=[
        (*_heated(64, 4, (6, 8)), "The sum inside the mask over the sum of the whole map."),
        (0.4 + _heated(65, 3, (7, 5))[0], _heated(65, 3, (7, 5))[1], "The whole map counts, low values too."),
        (*_heated(66, 5, (5, 9), empty=(1, 3)), "Maps 1 and 3 are empty: 0 / 0 is NaN."),
        (*_without_lesion(*_heated(67, 3, (6, 6))), "Map 0 has no lesion: nothing of it lies inside."),
    ],
    praise="The share of a map inside the lesion. What it is worth, only a chance level can say.",
    hints=[
        "Two sums for each image: over the mask's pixels, and over all.",
        "maps * masks is 0 outside the lesions. Sum it, and the maps, over axes 1 and 2.",
        '0 / 0 gives NaN and a warning: divide inside `with np.errstate(invalid="ignore"):`, or start from '
        "np.full(n, np.nan) and fill in the maps that are not empty.",
    ],
)
