"""Lesson 05, exercise 6: `fair_hits`, a pointing game that is not fooled by maps without a peak."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson05.shared import heated


def _hits(maps, masks):
    """Share of the highest points that lie in the lesion; NaN where a map or a mask is empty."""
    peaks = maps == maps.max(axis=(1, 2), keepdims=True)
    share = (peaks & masks).sum(axis=(1, 2)) / peaks.sum(axis=(1, 2))
    return np.where(maps.any(axis=(1, 2)) & masks.any(axis=(1, 2)), share, np.nan)


def _mistakes(maps, masks):
    """Pairs (what the mistake gives, reason)."""
    share, peaks = _hits(maps, masks), maps == maps.max(axis=(1, 2), keepdims=True)
    hits, unknown = (peaks & masks).sum(axis=(1, 2)), np.isnan(share)
    first = np.array([mask.ravel()[heat.argmax()] for heat, mask in zip(maps, masks)], float)
    each = "Each of k highest points counts 1 / k."
    for empty in (unknown, False):
        yield np.where(empty, np.nan, hits > 0), f"So a map that is equal everywhere always hits. {each}"
        yield np.where(empty, np.nan, first), f"In a map that is equal everywhere its corner decides. {each}"
    yield np.where(unknown, np.nan, hits), "Divide by the number of highest points."
    ratio = hits / peaks.sum(axis=(1, 2))
    yield np.where(maps.any(axis=(1, 2)), ratio, np.nan), "Without a lesion nothing is hit or missed: NaN."
    yield np.where(masks.any(axis=(1, 2)), ratio, np.nan), "An empty map points nowhere: NaN."


def _judge(call, maps, masks, because):
    expect(call(maps, masks), _hits(maps, masks), [], _mistakes(maps, masks), (maps, masks), because)


def _levels(seed, number, shape, empty=(), without=()):
    """Maps of few values, so that many points are equally high; some empty, one equal everywhere; masks, some empty."""
    maps, masks = heated(seed, number, shape)
    maps = np.ceil(3 * maps) / 4
    maps[-1] = 0.5
    maps[list(empty)] = 0
    masks[list(without)] = False
    return maps, masks


fair_hits = Check(
    _judge,
    cases=[
        (*heated(81, 12, (4, 5)), "One point is highest: it lies in the lesion or it does not."),
        (*_levels(82, 8, (5, 6)), "Of k equally high points each counts 1 / k."),
        (*_levels(83, 7, (6, 4), empty=(1, 4)), "Maps 1 and 4 are empty: they point nowhere, NaN."),
        (*_levels(84, 7, (5, 5), empty=(2,), without=(0, 2, 5)), "Masks 0, 2 and 5 are empty: NaN."),
    ],
    praise="This ruler tells a map without a peak from a hit, and is silent where there is nothing to measure.",
    hints=[
        "Which points of a map are highest? Compare it with maps.max(axis=(1, 2), keepdims=True).",
        "The mean of the mask over the highest points is the share that hits: 0 or 1 where one point is highest.",
        "Then put np.nan where maps.any(axis=(1, 2)) or masks.any(axis=(1, 2)) is False.",
    ],
)
