"""Lesson 05, exercise 3: `pointing_game`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, numbers


def _top(heat):
    """Row and column of the highest point, the first in reading order."""
    return np.unravel_index(heat.argmax(), heat.shape)


def _hit(heat, mask, tolerance, top=_top, apart=np.hypot, pixels=np.nonzero):
    """Whether the highest point lies at most `tolerance` from the lesion; other rules make typical mistakes."""
    rows, columns = pixels(mask)
    y, x = top(heat)
    return bool((apart(rows - y, columns - x) <= tolerance).any())


def _middle(mask):
    return [axis.mean(keepdims=True) if mask.any() else axis for axis in np.nonzero(mask)]


_EUCLIDEAN = "Take the Euclidean distance, the root of the sum of their squares."
_MISTAKES = {  # reason -> the rule that differs
    "The tolerance is ignored: a point near the lesion is a hit too.": {
        "apart": lambda dy, dx: np.where((dy == 0) & (dx == 0), 0, np.inf)
    },
    f"You compare the larger of the distances in rows and in columns. {_EUCLIDEAN}": {
        "apart": lambda dy, dx: np.maximum(abs(dy), abs(dx))
    },
    f"You add the distances in rows and in columns. {_EUCLIDEAN}": {
        "apart": lambda dy, dx: abs(dy) + abs(dx)
    },
    "A distance of exactly `tolerance` is a hit: compare with <=.": {
        "apart": lambda dy, dx: np.hypot(dy, dx) + 1e-9
    },
    "You compare squared distances with the tolerance. Take the root, or square both.": {
        "apart": lambda dy, dx: dy**2 + dx**2
    },
    "You measure the distance to the middle of the lesion. Its nearest pixel counts.": {"pixels": _middle},
    "Of several equally high points the first in reading order counts, not the last.": {
        "top": lambda heat: np.subtract(heat.shape, 1) - _top(heat[::-1, ::-1])
    },
    "Row and column are swapped: the position in reading order, divided by the *width*, gives the row.": {
        "top": lambda heat: _top(heat)[::-1]
    },
}


def _judge(call, maps, masks, tolerance, because):
    def hits(**rule):
        return np.array([_hit(*pair, tolerance, **rule) for pair in zip(maps, masks)], float)

    result = call(maps, masks, tolerance)
    array = numbers(result)
    if array is not None and array.shape == (len(maps),) and not np.isin(array, (0, 1)).all():
        raise Wrong(
            f"Return True or False for each map; yours holds {array[~np.isin(array, (0, 1))][0]:.4g}."
        )
    mistakes = ((hits(**rule), reason) for reason, rule in _MISTAKES.items())
    expect(result, hits(), [], mistakes, (maps, masks, tolerance), because)


def _pointed(seed, number, shape, tolerance, empty=True):
    """Maps with equally high points, and lesions near them: (maps, masks). One mask may be empty."""
    rng = np.random.default_rng(seed)
    maps, masks = rng.integers(0, 5, (number, *shape)) + 0.25, np.zeros((number, *shape), bool)
    for k in range(number):
        for _ in range(1 + k % 3):
            maps[k, rng.integers(shape[0]), rng.integers(shape[1])] = 6.5
        peaks = np.argwhere(maps[k] == maps[k].max())
        y, x = peaks[rng.integers(len(peaks))] + rng.integers(-int(tolerance) - 1, int(tolerance) + 2, 2)
        for _ in range(4):  # a crooked lesion
            masks[k, y % shape[0], x % shape[1]] = True
            y, x = y + rng.integers(0, 2), x + rng.integers(-1, 2)
    masks[number // 2] &= not empty
    return maps, masks


pointing_game = Check(
    _judge,
    cases=[
        (*_pointed(61, 100, (12, 15), 3), 3.5, "Go through the definition again, step by step."),
        (*_pointed(62, 40, (12, 8), 3, empty=False), 3, "A distance of exactly 3 is a hit, 3.16 is none."),
        (*_pointed(63, 30, (7, 10), 0), 0, "With a tolerance of 0 the point must lie in the lesion itself."),
        (*_pointed(68, 60, (6, 9), 5), 5, "An image does not continue at its opposite edge."),
    ],
    praise="The pointing game asks one thing of a map: does its highest point lie in the lesion, or nearly so?",
    hints=[
        "Go through the images one by one: find the highest point, and the pixels of the lesion.",
        "heat.argmax() gives the first highest point as a position in reading order; "
        "np.unravel_index(position, heat.shape) turns it into row and column. np.argwhere(mask) lists the "
        "pixels of a lesion, one in each line.",
        "np.argwhere(mask) - (row, column) holds the differences; the root of the sum of their squares is "
        "the distance.",
        "(distances <= tolerance).any() is False for an empty mask by itself: there is no distance at all.",
    ],
)
