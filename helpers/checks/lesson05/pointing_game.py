"""Lesson 05, exercise 3: `pointing_game`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect_close, numbers


def _apart(top, mask):
    """Squared distances (whole numbers) from the point `top` to the pixels of the mask."""
    rows, columns = np.nonzero(mask)
    return (rows - top[0]) ** 2 + (columns - top[1]) ** 2


def _top(heat):
    """Row and column of the highest point, the first in reading order."""
    return divmod(int(np.flatnonzero(heat.ravel() == heat.max())[0]), heat.shape[1])


def _hit(heat, mask, tolerance):
    return bool((_apart(_top(heat), mask) <= tolerance**2).any())


def _hit_mistaken(heat, mask, tolerance, mistake):
    """Whether a typical mistake calls it a hit."""
    top = _top(heat)
    if not mask.any():
        return mistake in ("empty", "inverted")
    rows, columns = np.nonzero(mask)
    dy, dx = rows - top[0], columns - top[1]
    squares = dy**2 + dx**2
    middle = np.hypot(rows.mean() - top[0], columns.mean() - top[1])
    outside = [max(a.min() - t, 0, t - a.max()) for a, t in ((rows, top[0]), (columns, top[1]))]
    highest = np.argwhere(heat == heat.max())
    peaks = [(rows - y) ** 2 + (columns - x) ** 2 for y, x in highest]
    return bool(
        {
            "empty": lambda: (squares <= tolerance**2).any(),
            "inverted": lambda: not (squares <= tolerance**2).any(),
            "no tolerance": lambda: mask[top],
            "square": lambda: (np.maximum(abs(dy), abs(dx)) <= tolerance).any(),
            "steps": lambda: (abs(dy) + abs(dx) <= tolerance).any(),
            "strict": lambda: (squares < tolerance**2).any(),
            "strict, but inside": lambda: mask[top] or (squares < tolerance**2).any(),
            "not squared": lambda: (squares <= tolerance).any(),
            "whole": lambda: (squares <= int(tolerance) ** 2).any(),
            "whole, up": lambda: (squares <= np.ceil(tolerance) ** 2).any(),
            "middle": lambda: middle <= tolerance,
            "box": lambda: np.hypot(*outside) <= tolerance,
            "all": lambda: (squares <= tolerance**2).all(),
            "mean": lambda: np.sqrt(squares).mean() <= tolerance,
            "down": lambda: (np.floor(np.sqrt(squares)) <= tolerance).any(),
            "nearest": lambda: (np.round(np.sqrt(squares)) <= tolerance).any(),
            "last": lambda: (peaks[-1] <= tolerance**2).any(),
            "any": lambda: any((peak <= tolerance**2).any() for peak in peaks),
            "every": lambda: all((peak <= tolerance**2).any() for peak in peaks),
            "by columns": lambda: (peaks[int(np.lexsort(highest.T)[0])] <= tolerance**2).any(),
            "lowest": lambda: (_apart(_top(-heat), mask) <= tolerance**2).any(),
            "swapped": lambda: (_apart(top[::-1], mask) <= tolerance**2).any(),
            "first pixel": lambda: squares[0] <= tolerance**2,
            "rows only": lambda: (abs(dy) <= tolerance).any(),
            "columns only": lambda: (abs(dx) <= tolerance).any(),
        }[mistake]()
    )


_HIT_MISTAKES = {
    "no tolerance": "The tolerance is ignored: a point near the lesion is a hit too.",
    "square": "You compare the larger of the distances in rows and in columns. Take the Euclidean distance, "
    "the root of the sum of their squares.",
    "steps": "You add the distances in rows and in columns. Take the Euclidean distance, the root of the sum "
    "of their squares.",
    "strict": "A distance of exactly `tolerance` is a hit: compare with <=.",
    "strict, but inside": "A distance of exactly `tolerance` is a hit: compare with <=.",
    "not squared": "You compare squared distances with the tolerance. Take the root, or square both.",
    "whole": "The tolerance need not be a whole number: do not round it.",
    "whole, up": "The tolerance need not be a whole number: do not round it.",
    "middle": "You measure the distance to the middle of the lesion. Its nearest pixel counts.",
    "box": "You measure the distance to a box around the lesion. Its nearest pixel counts.",
    "all": "One pixel of the lesion near enough is enough; you ask for all.",
    "mean": "You take the mean distance to the lesion's pixels. Its nearest pixel counts.",
    "first pixel": "You measure the distance to the lesion's first pixel. Its nearest pixel counts.",
    "down": "Do not round the distances: 2.24 is more than 2.",
    "nearest": "Do not round the distances: 2.24 is more than 2.",
    "last": "Of several equally high points the first in reading order counts, not the last.",
    "any": "Of several equally high points only the first in reading order counts, not any of them.",
    "every": "Of several equally high points only the first in reading order counts, not all of them.",
    "by columns": "Of several equally high points the first in reading order counts: row by row, not column "
    "by column.",
    "lowest": "This is the lowest point. The highest one is asked for.",
    "swapped": "Row and column are swapped: the position in reading order, divided by the *width*, gives "
    "the row.",
    "rows only": "Only the rows are compared. The distance is that in both directions.",
    "columns only": "Only the columns are compared. The distance is that in both directions.",
    "empty": "Where there is no lesion, nothing can be hit: False.",
    "inverted": "True and False are swapped: a hit is True.",
}


def _judge_pointing(call, maps, masks, tolerance, because):
    arguments = (maps, masks, tolerance)
    try:
        result = call(*arguments)
    except Wrong as reason:
        if "stopped with" in str(reason) and not masks.any(axis=(1, 2)).all():
            raise Wrong(f"{reason}. One lesion mask is empty here: the answer is False.") from None
        raise
    array, n = numbers(result), len(maps)
    expected = np.array([_hit(*pair, tolerance) for pair in zip(maps, masks)])
    if array is None or not array.size:
        expect_close(result, expected, arguments, because)
    if array.shape != (n,):
        reason = "" if array.ndim else "The share of hits can be taken later, by .mean()."
        raise Wrong(
            f"Expected one answer for each map, shape ({n},), but your function returned shape "
            f"{array.shape}. {reason}".strip()
        )
    if not np.isin(array, (0, 1)).all():
        other = array[~np.isin(array, (0, 1))][0]
        raise Wrong(f"Return True or False for each map; yours holds {other:.4g}.")
    if (array == expected).all():
        return
    for mistake, reason in _HIT_MISTAKES.items():
        if (array == [_hit_mistaken(*pair, tolerance, mistake) for pair in zip(maps, masks)]).all():
            raise Wrong(reason)
    k = int(np.flatnonzero(array != expected)[0])
    top = _top(maps[k])
    told = f"Map {k} of {n}, of shape {maps[k].shape}, is highest at row {top[0]}, column {top[1]}"
    if masks[k].any():
        squares = _apart(top, masks[k])
        nearest = np.argwhere(masks[k])[squares.argmin()]
        told += (
            f"; the nearest pixel of its lesion is at row {nearest[0]}, column {nearest[1]}, "
            f"{np.sqrt(squares.min()):.2f} pixels away, and the tolerance is {tolerance:g}"
        )
    else:
        told += "; its mask is empty"
    raise Wrong(f"{told}: expected {bool(expected[k])}, but yours says {bool(array[k])}. {because}".strip())


def _pointed(seed, number, shape, tolerance, empty=True):
    """Maps with equally high points, and lesions near them: (maps, masks). One mask may be empty."""
    rng = np.random.default_rng(seed)
    height, width = shape
    maps, masks = np.zeros((number, *shape)), np.zeros((number, *shape), bool)
    for k in range(number):
        maps[k] = rng.integers(0, 5, shape) + 0.25
        for _ in range(1 + k % 3):
            maps[k, rng.integers(height), rng.integers(width)] = 6.5
        peaks = np.argwhere(maps[k] == maps[k].max())
        y, x = peaks[rng.integers(len(peaks))] + rng.integers(-int(tolerance) - 1, int(tolerance) + 2, 2)
        for _ in range(4):  # a crooked lesion
            masks[k, y % height, x % width] = True
            y, x = y + rng.integers(0, 2), x + rng.integers(-1, 2)
    if empty:
        masks[number // 2] = False
    return maps, masks


def _one_peak(height, width, peaks, lesion):
    """One map, higher than elsewhere at `peaks`, and its lesion, both given as (row, column)."""
    heat, mask = np.full((1, height, width), 0.1), np.zeros((1, height, width), bool)
    for y, x in peaks:
        heat[0, y, x] = 0.8
    for y, x in lesion:
        mask[0, y, x] = True
    return heat, mask


def _joined(*pairs):
    return tuple(np.concatenate(parts) for parts in zip(*pairs))


pointing_game = Check(
    _judge_pointing,
    cases=[
        (*_pointed(61, 100, (12, 15), 3), 3.5, "Go through the definition again, step by step."),
        (*_pointed(62, 40, (12, 8), 3, empty=False), 3, "A distance of exactly 3 is a hit, 3.16 is none."),
        (*_pointed(63, 30, (7, 10), 0), 0, "With a tolerance of 0 the point must lie in the lesion itself."),
        (
            *_joined(
                _one_peak(6, 9, [(2, 3)], [(5, 7)]),  # distance 5
                _one_peak(6, 9, [(2, 3)], [(5, 8)]),
                _one_peak(6, 9, [(1, 0)], [(1, 8), (0, 8)]),  # the opposite edge is not near
                _one_peak(6, 9, [(0, 4)], [(5, 4)]),
                _one_peak(6, 9, [(0, 2)], []),
            ),
            5,
            "3 rows and 4 columns away is a distance of 5; an image does not continue at its opposite edge.",
        ),
        (
            *_joined(
                _one_peak(5, 8, [(0, 7), (4, 0)], [(4, 0), (4, 1)]),
                _one_peak(5, 8, [(0, 7), (4, 0)], [(0, 7), (1, 7)]),
            ),
            1,
            "Of equally high points the first in reading order counts: row by row, each from left to right.",
        ),
    ],
    praise="The pointing game asks one thing of a map: does its highest point lie in the lesion, or nearly "
    "so?",
    hints=[
        "Go through the images one by one. Two things are wanted of each: the highest point, and the pixels "
        "of the lesion.",
        "heat.argmax() gives the first highest point as a position in reading order; "
        "np.unravel_index(position, heat.shape) turns it into row and column. np.argwhere(mask) lists the "
        "pixels of a lesion, one in each line.",
        "np.argwhere(mask) - (row, column) holds the differences; the root of the sum of their squares is "
        "the distance.",
        "(distances <= tolerance).any() is False for an empty mask by itself: there is no distance at all.",
    ],
)
