"""Checks of lesson 05. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here."""

import warnings

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, expect_close, numbers, same


def _over(above, below):
    """above / below, 0 where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)


def _weight_mistakes(gradients):
    """Pairs (what the mistake gives, reason)."""
    n, h, w, k = gradients.shape
    places, mean = (1, 2), gradients.mean(axis=(1, 2))
    total, kept = gradients.sum(axis=places), np.maximum(gradients, 0)
    yield total, "This is the sum over the places. Divide it by their number: the mean is asked for."
    signed = "Negative gradients count: such a place speaks against the class."
    yield np.maximum(mean, 0), f"Negative means have been set to 0. {signed} Only the map is cut at 0, later."
    yield kept.mean(axis=places), f"Negative gradients have been set to 0 before the mean. {signed}"
    yield kept.sum(axis=places), f"This is the sum of the positive gradients. {signed} Take the mean of all."
    yield np.abs(gradients).mean(axis=places), f"This is the mean of the absolute values. {signed}"
    yield np.abs(mean), f"This is the absolute value of the mean. {signed}"
    yield (
        _over(total, (gradients != 0).sum(axis=places)),
        "Places whose gradient is 0 have been left out. They count: divide by the number of all places.",
    )
    yield (
        _over(kept.sum(axis=places), (gradients > 0).sum(axis=places)),
        f"This is the mean of the positive gradients only. {signed} Divide by the number of all places.",
    )
    yield -mean, "The sign is turned: a positive mean stays positive."
    other = "is not the mean over the places."
    yield gradients.max(axis=places), f"The largest gradient {other}"
    yield gradients.min(axis=places), f"The smallest gradient {other}"
    yield np.abs(gradients).max(axis=places), f"The largest absolute gradient {other}"
    yield np.median(gradients, axis=places), f"The median {other}"
    yield gradients.std(axis=places), f"The standard deviation {other}"
    yield (gradients**2).mean(axis=places), f"The mean of the squares {other}"
    yield np.sqrt((gradients**2).sum(axis=places)), f"The length of the gradient {other}"
    yield gradients[:, h // 2, w // 2], f"The gradient at the middle place {other}"
    yield gradients[:, 0, 0], f"The gradient at the first place {other}"
    for divisor in (h, w, h * h, w * w, 49, k, h * w * k, n, n * h * w, h + w):
        yield (
            total / divisor,
            f"You divide the sum over the places by {divisor}. There are {h} x {w} = {h * w} places.",
        )
    scaled = "The weights have been scaled within each image. Return the means as they are."
    for norm in (
        np.abs(mean).max(axis=1, keepdims=True),
        mean.max(axis=1, keepdims=True),
        np.abs(mean).sum(axis=1, keepdims=True),
        mean.sum(axis=1, keepdims=True),
        np.sqrt((mean**2).sum(axis=1, keepdims=True)),
    ):
        yield _over(mean, norm), scaled
    powers = np.exp(mean - mean.max(axis=1, keepdims=True))
    yield powers / powers.sum(axis=1, keepdims=True), f"{scaled} (This is their softmax.)"
    own = "Every image has weights of its own."
    yield np.repeat(mean[:1], n, axis=0), f"These are the weights of the first image, for all. {own}"
    yield np.repeat(mean.mean(axis=0)[None], n, axis=0), f"You average over the images. {own}"
    yield (
        gradients.reshape(n, k, -1).mean(axis=2),
        "The channels have been mixed: reshape does not move axes, and the channels come last here.",
    )
    yield np.round(mean), "Do not round: return the means as they are."
    yield np.sign(mean), "These are the signs of the means. Return the means."


def _judge_weights(call, gradients, because):
    n, h, w, k = gradients.shape
    both = "Take the mean over height and width, axes 1 and 2, and over no other axis."
    shapes = [
        ((n, 1, 1, k), "Drop the axes of the places: no keepdims."),
        ((k, n), "Images come first, then channels."),
        ((n,), f"The channels must stay apart. {both}"),
        ((k,), f"The images must stay apart. {both}"),
        ((), both),
        ((n, h, w), f"The channels come last, and must stay apart. {both}"),
        ((n, h), f"The channels come last, and must stay apart. {both}"),
        ((h, w, k), f"The images must stay apart. {both}"),
        ((n, w, k), f"Only one of both axes of the places is gone. {both}"),
        ((n, h, k), f"Only one of both axes of the places is gone. {both}"),
        (gradients.shape, f"There is to be one weight for each channel, not for each place. {both}"),
    ]
    expect(
        call(gradients),
        gradients.mean(axis=(1, 2)),
        shapes,
        _weight_mistakes(gradients),
        (gradients,),
        because,
    )


def _practice(seed, *shape):
    """Numbers of both signs."""
    return np.random.default_rng(seed).normal(0.1, 0.6, shape)


def _partly_zero(seed, *shape):
    """Numbers of both signs, half of them 0: so are gradients where a ReLU is shut."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.1, 0.6, shape) * (rng.random(shape) < 0.5)


channel_weights = Check(
    _judge_weights,
    cases=[
        (_practice(51, 2, 3, 4, 5), "One weight for each image and channel: the mean over 3 x 4 places."),
        (_partly_zero(52, 3, 5, 4, 2), "Places with a gradient of 0 count as well."),
        (-np.abs(_practice(53, 1, 4, 6, 3)), "A channel that speaks against the class has a weight below 0."),
    ],
    praise="These are Grad-CAM's weights: how much the logit rises where a channel rises, on average over "
    "the places.",
    hints=[
        "Which axes of (n, h, w, k) are the places, and which must stay?",
        "Axes 1 and 2 are height and width. NumPy takes the mean over several axes at once.",
        "gradients.mean(axis=(...)) with both axes in the brackets. Nothing is set to 0, and nothing scaled.",
    ],
)


def _weighed(features, weights):
    return np.einsum("nhwk,nk->nhw", features, weights)


def _map_mistakes(features, weights):
    """Pairs (what the mistake gives, reason)."""
    n, h, w, k = features.shape
    raw = _weighed(features, weights)
    expected, products = np.maximum(raw, 0), features * weights[:, None, None, :]

    def cut(mistaken):
        return np.maximum(mistaken, 0)

    yield raw, "Negative values are still there. Set them to 0 (equation 2: ReLU)."
    yield np.abs(raw), "Absolute values light up where a place speaks against the class. Set it to 0 there."
    yield cut(-raw), "The sign is turned: you keep what speaks against the class."
    yield -expected, "The sign is turned: maps hold values from 0 on."
    yield np.minimum(raw, 0), "You keep the negative values. np.maximum(..., 0) keeps the positive ones."
    early = "Sum over the channels first, then set negative sums to 0: channels may speak against each other."
    yield np.maximum(products, 0).sum(axis=3), f"Negative products have been set to 0. {early}"
    yield cut(_weighed(features, np.maximum(weights, 0))), f"Negative weights have been set to 0. {early}"
    yield _weighed(features, np.maximum(weights, 0)), f"Negative weights have been set to 0. {early}"
    yield cut(_weighed(np.maximum(features, 0), weights)), f"Negative features have been set to 0. {early}"
    yield cut(_weighed(features, np.abs(weights))), "The weights keep their sign: no absolute values."
    yield np.abs(products).sum(axis=3), "Features and weights keep their signs: no absolute values."
    yield from (
        (change(raw / k), "Divided by the number of channels: the sum is asked for, not the mean.")
        for change in (cut, np.array)
    )
    scaled = "The map has been scaled. Return the sums as they are; scaling comes later, for the eye."
    for axes in (None, (1, 2)):
        top, low = expected.max(axis=axes, keepdims=True), raw.min(axis=axes, keepdims=True)
        yield _over(expected, top), scaled
        yield _over(raw - low, raw.max(axis=axes, keepdims=True) - low), scaled
        yield raw - low, "The lowest value has been subtracted. Only negative values change: to 0."
        yield _over(expected, expected.sum(axis=axes, keepdims=True)), scaled
    for divisor in (weights.sum(axis=1), np.abs(weights).sum(axis=1)):
        yield cut(_over(raw, divisor[:, None, None])), "Do not divide by the sum of the weights."
    yield np.clip(raw, 0, 1), "Values above 1 have been cut. Only negative values are set to 0."
    own = "Every image has weights of its own: row i of `weights` belongs to image i."
    yield cut(_weighed(features, np.repeat(weights[:1], n, axis=0))), own
    yield cut(_weighed(features, np.repeat(weights.mean(axis=0)[None], n, axis=0))), own
    yield cut(_weighed(features, weights[::-1])), own
    if w == n:
        yield (
            cut((features * weights).sum(axis=3)),
            "features * weights pairs each *column of places* with a row of the weights: it runs only "
            f"because there happen to be as many columns as images. {own} Give the weights the shape "
            "(n, 1, 1, k).",
        )
    if h == n:
        yield (
            cut((features * weights[:, None, :]).sum(axis=3)),
            "You pair each *row of places* with a row of the weights: it runs only because there happen to "
            f"be as many rows as images. {own} Give the weights the shape (n, 1, 1, k).",
        )
    ignored = "The weights are ignored: multiply each channel by its weight before the sum."
    for plain in (features.sum(axis=3), features.mean(axis=3)):
        yield from ((plain, ignored), (cut(plain), ignored))
    best = np.argmax(weights, axis=1)
    one = "This is one channel of each image. Sum over all channels, each times its weight."
    for chosen in (features, products):
        alone = np.take_along_axis(chosen, best[:, None, None, None], axis=3)[..., 0]
        yield from ((alone, one), (cut(alone), one))
    yield cut(products.max(axis=3)), "This is the largest product of each place. Sum over the channels."
    powers = np.exp(weights - weights.max(axis=1, keepdims=True))
    yield cut(_weighed(features, powers / powers.sum(axis=1, keepdims=True))), "Take the weights as they are."
    yield np.where(raw > 0, raw, np.nan), "Where the sum is negative, the map is 0, not NaN."
    yield 1 / (1 + np.exp(-np.clip(raw, -500, 500))), "Equation 2 has a ReLU, not a sigmoid."
    yield np.where(raw > 0, raw, 0.01 * raw), "Negative values are 0, not merely small."
    yield cut(raw) ** 2, "The map has been squared."
    yield np.round(expected), "Do not round: return the sums as they are."
    yield (raw > 0).astype(float), "This says where the map is positive. Return the sums themselves."
    yield (
        cut(_weighed(features.reshape(n, k, h, w).transpose(0, 2, 3, 1), weights)),
        "The channels have been mixed: reshape does not move axes, and the channels come last here.",
    )


def _judge_map(call, features, weights, because):
    n, h, w, k = features.shape
    shapes = [
        (features.shape, "Sum over the channels, the last axis."),
        ((n, h, w, 1), "Drop the axis of the channels: no keepdims."),
        ((n, h, w, n), "Each image has been weighed by the weights of every image. Use its own only."),
        ((h, w), "One map for each image: do not sum over the images."),
        ((n, w, h), "Height comes first, then width."),
        ((n, k), "Sum over the channels, not over the places."),
        ((n,), "Sum over the channels only: a map has places."),
        ((n, h, k), "Sum over the channels, the last axis."),
        ((n, w, k), "Sum over the channels, the last axis."),
        ((n, h * w), "Keep the places in rows and columns: (n, h, w)."),
    ]
    try:
        result = call(features, weights)
    except Wrong as reason:
        if "stopped with ValueError: operands could not be broadcast" in str(reason):
            raise Wrong(
                f"{reason}. NumPy pairs axes from the last one: give the weights the shape (n, 1, 1, k), "
                "weights[:, None, None, :]."
            ) from None
        raise
    expect(
        result,
        np.maximum(_weighed(features, weights), 0),
        shapes,
        _map_mistakes(features, weights),
        (features, weights),
        because,
    )


class_activation_map = Check(
    _judge_map,
    cases=[
        (
            _practice(54, 2, 3, 4, 5),
            _practice(55, 2, 5),
            "At each place: features times weights, summed over the 5 channels; 0 where the sum is negative.",
        ),
        (
            3 * _practice(56, 4, 3, 4, 6),
            _practice(57, 4, 6),
            "Image i is weighed by row i of the weights, although there are as many columns as images.",
        ),
        (
            2 * _practice(58, 3, 3, 5, 2),
            _practice(59, 3, 2),
            "Image i is weighed by row i of the weights, although there are as many rows as images.",
        ),
        (
            np.abs(_practice(60, 1, 4, 3, 2)),
            np.array([[-0.4, -1.2]]),
            "Nothing speaks for the class: this map is 0 everywhere.",
        ),
    ],
    praise="This is Grad-CAM: a weighted sum of feature maps, cut at 0. Nothing is scaled yet, so maps of "
    "several images can be compared.",
    hints=[
        "At each place there are k features, and each image has k weights: multiply, then sum over the "
        "channels.",
        "weights[:, None, None, :] has shape (n, 1, 1, k): NumPy repeats it for every place.",
        "Sum the product over axis 3 (np.einsum can do both at once), then take np.maximum of it and 0.",
    ],
)


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
            "empty": (squares <= tolerance**2).any(),
            "inverted": not (squares <= tolerance**2).any(),
            "no tolerance": mask[top],
            "square": (np.maximum(abs(dy), abs(dx)) <= tolerance).any(),
            "steps": (abs(dy) + abs(dx) <= tolerance).any(),
            "strict": (squares < tolerance**2).any(),
            "strict, but inside": mask[top] or (squares < tolerance**2).any(),
            "not squared": (squares <= tolerance).any(),
            "whole": (squares <= int(tolerance) ** 2).any(),
            "whole, up": (squares <= np.ceil(tolerance) ** 2).any(),
            "middle": middle <= tolerance,
            "box": np.hypot(*outside) <= tolerance,
            "all": (squares <= tolerance**2).all(),
            "mean": np.sqrt(squares).mean() <= tolerance,
            "down": (np.floor(np.sqrt(squares)) <= tolerance).any(),
            "nearest": (np.round(np.sqrt(squares)) <= tolerance).any(),
            "last": (peaks[-1] <= tolerance**2).any(),
            "any": any((peak <= tolerance**2).any() for peak in peaks),
            "every": all((peak <= tolerance**2).any() for peak in peaks),
            "by columns": (peaks[int(np.lexsort(highest.T)[0])] <= tolerance**2).any(),
            "lowest": (_apart(_top(-heat), mask) <= tolerance**2).any(),
            "swapped": (_apart(top[::-1], mask) <= tolerance**2).any(),
            "first pixel": squares[0] <= tolerance**2,
            "rows only": (abs(dy) <= tolerance).any(),
            "columns only": (abs(dx) <= tolerance).any(),
        }[mistake]
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


def _energy(maps, masks):
    """Share of each map's sum inside its mask; NaN where the map is empty."""
    inside, total = (np.array([x.sum() for x in part]) for part in (maps * masks, maps))
    return np.where(total > 0, _over(inside, total), np.nan)


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
            fill(_over(inside, total - inside), value),
            "You divide by the sum outside the mask. Divide by the sum of the whole map.",
        )
        yield (
            fill(_over(_over(inside, area), _over(total, h * w)), value),
            "This is the mean inside the mask over the mean of the map: how many times chance. Here the "
            "share of the sum is asked for.",
        )
        counted = "You count pixels. Add up the map's values."
        yield fill(_over((masks & (maps > 0)).sum(axis=(1, 2)), (maps > 0).sum(axis=(1, 2))), value), counted
        squares = maps**2
        yield (
            fill(_over((squares * masks).sum(axis=(1, 2)), squares.sum(axis=(1, 2))), value),
            "Add up the map's values, not their squares.",
        )
        yield (
            fill(_over((maps * masks).max(axis=(1, 2)), maps.max(axis=(1, 2))), value),
            "This is the ratio of the highest values. Take sums.",
        )
        yield fill(_over(inside, total.sum()), value), "Divide by the sum of the image's own map only."
        yield (
            fill(_over((maps * masks[:1]).sum(axis=(1, 2)), total), value),
            "You use the first mask for all images. Every image has a mask of its own.",
        )
        yield (
            fill(_over((maps * masks.any(axis=0)).sum(axis=(1, 2)), total), value),
            "Every image has a mask of its own.",
        )
        yield (
            fill(_over(inside, area), value),
            "You divide by the number of the mask's pixels. Divide by the sum of the whole map.",
        )
        yield (
            fill(_over(inside, h * w), value),
            "You divide by the number of pixels. Divide by the sum of the whole map.",
        )
        low, top = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
        shifted = maps - low
        yield (
            fill(_over((shifted * masks).sum(axis=(1, 2)), shifted.sum(axis=(1, 2))), value),
            "The lowest value has been subtracted first. Take the maps as they are.",
        )
        half = maps * (maps >= top / 2)
        yield (
            fill(_over((half * masks).sum(axis=(1, 2)), half.sum(axis=(1, 2))), value),
            "Low values have been left out. The whole map counts.",
        )
        high = maps >= top / 2
        yield (
            fill(_over((masks & high).sum(axis=(1, 2)), high.sum(axis=(1, 2))), value),
            "The map has been cut at a threshold. Add up its values.",
        )
    powers = np.exp(maps - maps.max(axis=(1, 2), keepdims=True))
    yield (
        (powers * masks).sum(axis=(1, 2)) / powers.sum(axis=(1, 2)),
        "Take the maps as they are: no softmax.",
    )
    yield inside, "This is the sum inside the mask. Divide it by the sum of the whole map."
    yield _over(inside, area), "This is the mean inside the mask. Divide the sum inside by the map's sum."
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


_WANTED = 3  # times the energy inside of a map that is equal everywhere


def _lesions(seed, number, shape, places):
    """`number` lesions for others and as many new ones, each (number, h, w) bool.

    Ellipses of any direction around the places, given as shares of height and width. The least and the second
    least typical of the others come first and last.
    """
    rng, unit = np.random.default_rng(seed), min(shape)
    y, x = np.mgrid[: shape[0], : shape[1]]
    masks = np.zeros((2 * number, *shape), bool)
    for k in range(len(masks)):
        middle = np.array(places[rng.integers(len(places))]) * shape + rng.normal(0, 0.08 * unit, 2)
        row, column = np.clip(middle, 1, np.array(shape) - 2)
        long, wide = rng.uniform(0.045, 0.11, 2) * unit
        turn = rng.uniform(0, np.pi)
        along = (y - row) * np.cos(turn) + (x - column) * np.sin(turn)
        across = (x - column) * np.cos(turn) - (y - row) * np.sin(turn)
        masks[k] = (along / long) ** 2 + (across / wide) ** 2 <= 1
    others, new = masks[:number], masks[number:]
    count = others.sum(axis=0)
    typical = np.argsort([count[mask].mean() for mask in others], kind="stable")
    return others[np.r_[typical[0], np.sort(typical[2:]), typical[1]]], new


def _times(heat, masks):
    """Mean energy inside the masks, and that of a map that is equal everywhere."""
    return (masks * (heat / heat.sum())).sum(axis=(1, 2)).mean(), masks.mean()


def _judge_blind(call, seed, number, shape, places, because):
    others, new = _lesions(seed, number, shape, places)
    result = call(others)
    heat, (h, w) = numbers(result), shape
    if heat is None:
        expect_close(result, np.zeros(shape), (others,), because)
    if heat.shape != shape:
        reasons = {
            others.shape: "One map for all patients to come, not one for each of the others.",
            (1, h, w): "One map has two axes.",
            (w, h): "Height comes first, then width.",
            (h * w,): "Keep the places in rows and columns.",
        } | {
            wrong: "The patients are axis 0: what is wanted has places."
            for wrong in ((number, w), (number, h), (number,), (w,), (h,))
        }
        raise Wrong(
            f"Expected one map, shape {shape}, for others of shape {others.shape}, but your function "
            f"returned shape {heat.shape}. {reasons.get(heat.shape, '')}".strip()
        )
    if not np.isfinite(heat).all():
        raise Wrong("Your map holds NaN or infinity. All values must be finite.")
    if heat.min() < 0:
        raise Wrong(f"Your map holds negative values, down to {heat.min():.4g}. All must be 0 or more.")
    if not heat.any():
        raise Wrong(
            "Your map is empty: 0 everywhere. (No pixel lies in most of the lesions, let alone in all: "
            "medians, rounded means and intersections are 0.)"
        )
    heat = heat / heat.max()
    energy, chance = _times(heat, new)
    found = (
        f"Your map's mean energy inside {len(new)} new lesions is {energy:.3f}, that of a map that is equal "
        f"everywhere {chance:.3f}: {energy / chance:.1f} times as much"
    )
    if np.ptp(heat) < 1e-9:
        raise Wrong(f"Your map is equal everywhere: that is chance itself, an energy of {chance:.3f}.")
    if any(same(heat, other) for other in others):
        raise Wrong(
            f"Your map is one of the other lesions. {found}. With one lesion that is luck: the next "
            f"patient's lies elsewhere. Use all {number}."
        )
    if energy >= _WANTED * chance:
        return
    told, count = f"{found}; at least {_WANTED} times is wanted.", others.sum(axis=0)
    turned = {
        "It is upside down.": heat[::-1],
        "Left and right are swapped.": heat[:, ::-1],
        "It is turned by half a turn.": heat[::-1, ::-1],
    }
    scores = {reason: _times(other, new)[0] for reason, other in turned.items()}
    best = max(scores, key=scores.get)
    alike = np.corrcoef(turned[best].ravel(), count.ravel())[0, 1] > 0.8
    if alike and scores[best] >= _WANTED * chance:
        raise Wrong(f"{told} {best}")
    if np.corrcoef(heat.ravel(), count.ravel())[0, 1] < -0.3:
        raise Wrong(f"{told} It is low where lesions are frequent, and high elsewhere.")
    outside = heat[count == 0].sum() / heat.sum()
    raise Wrong(
        f"{told} {100 * outside:.0f} % of its sum lies where none of the {number} others has a lesion. "
        f"{because}"
    )


_LIKE_KIDNEYS = ((0.3, 0.22), (0.42, 0.74))

blind_map = Check(
    _judge_blind,
    cases=[
        (71, 60, (48, 64), _LIKE_KIDNEYS, "Where do lesions often lie, and where never?"),
        (72, 60, (56, 44), ((0.72, 0.24), (0.5, 0.8)), "Take the places from other_masks."),
        (73, 50, (40, 72), ((0.25, 0.16), (0.4, 0.68)), "Take the places from other_masks."),
    ],
    praise="A good score on new patients by a map that has seen none of their images: it knows where lesions "
    "usually are.",
    hints=[
        "You know nothing of the new patient. Where would you bet that the lesion is?",
        "Where other patients had theirs. How often does a lesion of other_masks cover each pixel?",
        "Axis 0 of other_masks counts the patients. Reduce it, and keep the axes of the places.",
    ],
)
