"""Lesson 05, exercise 4: `energy_inside`."""

import warnings

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson05.shared import heated, over


def _energy(maps, masks):
    """Share of each map's sum inside its mask; NaN where the map is empty."""
    inside, total = (maps * masks).sum(axis=(1, 2)), maps.sum(axis=(1, 2))
    return np.where(total > 0, over(inside, total), np.nan)


def _mistakes(maps, masks):
    """Pairs (what the mistake gives, reason)."""
    right = _energy(maps, masks)
    inside, area = (maps * masks).sum(axis=(1, 2)), masks.sum(axis=(1, 2))
    yield (
        np.nan_to_num(right, nan=0),
        "An empty map has no share inside: NaN, not 0. A 0 would be taken for a measured value.",
    )
    yield 1 - right, "This is the share outside the mask."
    yield 100 * right, "Return a share in [0, 1], not a percentage."
    yield inside, "This is the sum inside the mask. Divide it by the sum of the whole map."
    for value in (over(inside, area), np.where(np.isnan(right), np.nan, over(inside, area))):
        yield value, "You divide by the number of the mask's pixels. Divide by the sum of the whole map."
    lit = maps > 0
    yield (
        np.where(np.isnan(right), np.nan, over((masks & lit).sum(axis=(1, 2)), lit.sum(axis=(1, 2)))),
        "You count pixels. Add up the map's values.",
    )
    yield np.where(area == 0, np.nan, right), "Where there is no lesion, the share inside is 0, not NaN."


def _judge(call, maps, masks, because):
    try:
        with np.errstate(divide="warn", invalid="warn"), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = call(maps, masks)
    except Wrong as reason:
        if "stopped with" in str(reason) and not maps.any(axis=(1, 2)).all():
            raise Wrong(f"{reason}. One map is empty here: its share is NaN, without an error.") from None
        raise
    expect(result, _energy(maps, masks), [], _mistakes(maps, masks), (maps, masks), because)
    if any(issubclass(warning.category, RuntimeWarning) for warning in told):
        raise Wrong(
            "The shares are right, but NumPy warns of a division 0 / 0. It is meant here: say so with `with "
            'np.errstate(invalid="ignore"):` around the division, or use np.divide with `where`.'
        )


def _without_lesion(maps, masks):
    return maps, masks & (np.arange(len(masks)) > 0)[:, None, None]


energy_inside = Check(
    _judge,
    cases=[
        (*heated(64, 4, (6, 8)), "The sum inside the mask over the sum of the whole map."),
        (0.4 + heated(65, 3, (7, 5))[0], heated(65, 3, (7, 5))[1], "The whole map counts, low values too."),
        (*heated(66, 5, (5, 9), empty=(1, 3)), "Maps 1 and 3 are empty: 0 / 0 is NaN."),
        (*_without_lesion(*heated(67, 3, (6, 6))), "Map 0 has no lesion: nothing of it lies inside."),
    ],
    praise="The share of a map inside the lesion. What it is worth, only a chance level can say.",
    hints=[
        "Two sums for each image: over the mask's pixels, and over all.",
        "maps * masks is 0 outside the lesions. Sum it, and the maps, over axes 1 and 2.",
        '0 / 0 gives NaN and a warning: divide inside `with np.errstate(invalid="ignore"):`, or start from '
        "np.full(n, np.nan) and fill in the maps that are not empty.",
    ],
)
