"""Checks of lesson 05, in the order of its exercises. No TensorFlow here."""

import warnings

import numpy as np

from helpers.checks.comparing import comparing
from helpers.checks.feedback import Check, Wrong, expect_close, numbers, same
from helpers.checks.score import Score

PLACES = (1, 2)  # axes of height and width
OWN_WEIGHTS = "Every image has weights of its own."


def _over(above, below):
    """above / below, 0 where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)


def _practice(seed, *shape):
    """Numbers of both signs."""
    return np.random.default_rng(seed).normal(0.1, 0.6, shape)


def heated(seed, number, shape, empty=(), without=()):
    """Maps (number, h, w), zero in a part of the places, and lesion masks; some maps and masks are empty."""
    rng = np.random.default_rng(seed)
    maps = rng.random((number, *shape)) ** 2 * (rng.random((number, *shape)) < 0.7)
    masks = np.zeros(maps.shape, bool)
    for mask in masks:
        y, x = rng.integers(shape[0] - 2), rng.integers(shape[1] - 3)
        mask[y : y + rng.integers(2, 4), x : x + rng.integers(2, 5)] = True
    maps[list(empty)], masks[list(without)] = 0, False
    return maps, masks


def _weight_mistakes(gradients):
    mean, total = gradients.mean(axis=PLACES), gradients.sum(axis=PLACES)
    signed = "Negative gradients count: such a place speaks against the class."
    yield total, "This is the sum over the places. Divide it by their number."
    yield np.maximum(mean, 0), "Negative means have been set to 0. Only the map is cut at 0, later."
    yield np.maximum(gradients, 0).mean(axis=PLACES), f"You set to 0 before the mean. {signed}"
    yield np.abs(gradients).mean(axis=PLACES), f"This is the mean of the absolute values. {signed}"
    yield _over(total, (gradients != 0).sum(axis=PLACES)), "Places whose gradient is 0 have been left out."
    yield gradients.max(axis=PLACES), "The largest gradient is not the mean over the places."
    yield _over(mean, np.abs(mean).max(axis=1, keepdims=True)), "The weights have been scaled in each image."
    yield np.repeat(mean.mean(axis=0)[None], len(mean), axis=0), OWN_WEIGHTS


_HALF = _practice(52, 3, 5, 4, 2) * (
    np.random.default_rng(152).random((3, 5, 4, 2)) < 0.5
)  # as behind a ReLU

channel_weights = Check(
    comparing(lambda gradients: gradients.mean(axis=PLACES), _weight_mistakes),
    cases=[
        (_practice(51, 2, 3, 4, 5), "One weight for each image and channel: the mean over 3 x 4 places."),
        (_HALF, "Places with a gradient of 0 count as well."),
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


def _map(features, weights):
    return np.maximum(np.einsum("nhwk,nk->nhw", features, weights), 0)


def _map_mistakes(features, weights):
    n, h, w, k = features.shape
    right, negative = _map(features, weights), -_map(features, -weights)
    products = features * weights[:, None, None, :]
    yield right + negative, "Negative values are still there. Set them to 0 (equation 2: ReLU)."
    yield right - negative, "Absolute values light up where a place speaks against the class. Set it to 0."
    yield np.maximum(products, 0).sum(axis=3), "Negative products have been set to 0. Sum first."
    for kept_sign in (np.maximum(weights, 0), np.abs(weights)):
        yield _map(features, kept_sign), "The weights keep their sign, negative ones too."
    yield right / k, "Divided by the number of channels: the sum is asked for, not the mean."
    yield _over(right, right.max(axis=PLACES, keepdims=True)), "The map has been scaled. Return the sums."
    for other in (np.repeat(weights[:1], n, axis=0), weights[::-1]):
        yield _map(features, other), OWN_WEIGHTS
    if w == n:
        yield np.maximum((features * weights).sum(axis=3), 0), f"{OWN_WEIGHTS} It runs by chance. {_PAIRED}"
    if h == n:
        yield np.maximum((features * weights[:, None]).sum(axis=3), 0), f"{OWN_WEIGHTS} By chance it runs."


_PAIRED = (
    "NumPy pairs axes from the last one: give the weights the shape (n, 1, 1, k), weights[:, None, None, :]."
)
_OWN = "Image i is weighed by row i of the weights."
_AGAINST = "Nothing speaks for the class: this map is 0 everywhere."

class_activation_map = Check(
    comparing(_map, _map_mistakes),
    cases=[
        (
            _practice(54, 2, 3, 4, 5),
            _practice(55, 2, 5),
            f"Features times weights, summed over channels. {_PAIRED}",
        ),
        (3 * _practice(56, 4, 3, 4, 6), _practice(57, 4, 6), _OWN),
        (2 * _practice(58, 3, 3, 5, 2), _practice(59, 3, 2), _OWN),
        (np.abs(_practice(60, 1, 4, 3, 2)), np.array([[-0.4, -1.2]]), _AGAINST),
    ],
    praise="This is Grad-CAM: a weighted sum of feature maps, cut at 0. Nothing is scaled yet, so maps of "
    "several images can be compared.",
    hints=[
        "At each place there are k features, and each image has k weights: multiply, then sum over the channels.",
        "weights[:, None, None, :] has shape (n, 1, 1, k): NumPy repeats it for every place.",
        "Sum the product over axis 3 (np.einsum can do both at once), then take np.maximum of it and 0.",
    ],
)


def _top(heat):
    """Row and column of the highest point, the first in reading order."""
    return np.unravel_index(heat.argmax(), heat.shape)


def hit(heat, mask, tolerance, top=_top, apart=np.hypot, pixels=np.nonzero):
    """Whether the highest point lies at most `tolerance` from the lesion; other rules make typical mistakes."""
    rows, columns = pixels(mask)
    y, x = top(heat)
    return bool((apart(rows - y, columns - x) <= tolerance).any())


def _middle(mask):
    return [axis.mean(keepdims=True) if mask.any() else axis for axis in np.nonzero(mask)]


_RULES = {  # reason -> the rule that differs
    "The tolerance is ignored: a point near the lesion is a hit too.": {
        "apart": lambda dy, dx: np.where((dy == 0) & (dx == 0), 0, np.inf)
    },
    "You compare the larger of the distances in rows and in columns: take the Euclidean distance.": {
        "apart": lambda dy, dx: np.maximum(abs(dy), abs(dx))
    },
    "You add the distances in rows and in columns: take the Euclidean distance.": {
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
    "Row and column are swapped: the position, divided by the *width*, gives the row.": {
        "top": lambda heat: _top(heat)[::-1]
    },
}


def _hits(maps, masks, tolerance, **rule):
    return np.array([hit(heat, mask, tolerance, **rule) for heat, mask in zip(maps, masks)], float)


def _hit_mistakes(maps, masks, tolerance):
    for reason, rule in _RULES.items():
        yield _hits(maps, masks, tolerance, **rule), reason


def pointed(seed, number, shape, tolerance, empty=True):
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
    comparing(lambda maps, masks, tolerance: _hits(maps, masks, tolerance), _hit_mistakes),
    cases=[
        (*pointed(61, 100, (12, 15), 3), 3.5, "True or False for each map: go through the definition again."),
        (*pointed(62, 40, (12, 8), 3, empty=False), 3, "A distance of exactly 3 is a hit, 3.16 is none."),
        (*pointed(63, 30, (7, 10), 0), 0, "With a tolerance of 0 the point must lie in the lesion itself."),
        (*pointed(68, 60, (6, 9), 5), 5, "An image does not continue at its opposite edge."),
    ],
    praise="The pointing game asks one thing of a map: does its highest point lie in the lesion, or nearly so?",
    hints=[
        "Go through the images one by one: find the highest point, and the pixels of the lesion.",
        "heat.argmax() gives the first highest point as a position in reading order; np.unravel_index(position, "
        "heat.shape) turns it into row and column. np.argwhere(mask) lists the pixels of a lesion.",
        "np.argwhere(mask) - (row, column) holds the differences; the root of the sum of their squares is the "
        "distance.",
        "(distances <= tolerance).any() is False for an empty mask by itself: there is no distance at all.",
    ],
)


def energy(maps, masks):
    """Share of each map's sum inside its mask; NaN where the map is empty."""
    inside, total = (maps * masks).sum(axis=PLACES), maps.sum(axis=PLACES)
    return np.where(total > 0, _over(inside, total), np.nan)


def _energy_mistakes(maps, masks):
    right, area, lit = energy(maps, masks), masks.sum(axis=PLACES), maps > 0
    inside, unknown = (maps * masks).sum(axis=PLACES), np.isnan(right)
    yield np.nan_to_num(right), "An empty map has no share inside: NaN, not 0, which is a value."
    yield 1 - right, "This is the share outside the mask."
    yield inside, "This is the sum inside the mask. Divide it by the sum of the whole map."
    for value in (_over(inside, area), np.where(unknown, np.nan, _over(inside, area))):
        yield value, "You divide by the number of the mask's pixels. Divide by the sum of the whole map."
    counted = _over((masks & lit).sum(axis=PLACES), lit.sum(axis=PLACES))
    yield np.where(unknown, np.nan, counted), "You count pixels. Add up the map's values."
    yield np.where(area == 0, np.nan, right), "Where there is no lesion, the share inside is 0, not NaN."


_compare_energy = comparing(energy, _energy_mistakes)


def _judge_energy(call, *case):
    with np.errstate(divide="warn", invalid="warn"), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        _compare_energy(call, *case)
    if any(issubclass(warning.category, RuntimeWarning) for warning in told):
        raise Wrong(
            "The shares are right, but NumPy warns of a division 0 / 0. It is meant here: say so with `with "
            'np.errstate(invalid="ignore"):` around the division, or use np.divide with `where`.'
        )


_LOW, _MASKS = heated(65, 3, (7, 5))

energy_inside = Check(
    _judge_energy,
    cases=[
        (*heated(64, 4, (6, 8)), "The sum inside the mask over the sum of the whole map."),
        (0.4 + _LOW, _MASKS, "The whole map counts, low values too."),
        (*heated(66, 5, (5, 9), empty=(1, 3)), "Maps 1 and 3 are empty: 0 / 0 is NaN, without an error."),
        (*heated(67, 3, (6, 6), without=(0,)), "Map 0 has no lesion: nothing of it lies inside."),
    ],
    praise="The share of a map inside the lesion. What it is worth, only a chance level can say.",
    hints=[
        "Two sums for each image: over the mask's pixels, and over all.",
        "maps * masks is 0 outside the lesions. Sum it, and the maps, over axes 1 and 2.",
        '0 / 0 gives NaN and a warning: divide inside `with np.errstate(invalid="ignore"):`, or start from '
        "np.full(n, np.nan) and fill in the maps that are not empty.",
    ],
)


WANTED = 3  # times the energy inside of a map that is equal everywhere


def lesions(seed, number, shape, places):
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


def times(heat, masks):
    """Mean energy inside the masks, and that of a map that is equal everywhere."""
    return (masks * (heat / heat.sum())).sum(axis=PLACES).mean(), masks.mean()


def _blind(call, others, because):
    """The map that an answer returns: (h, w), finite, 0 or more, not empty."""
    result = call(others)
    heat = numbers(result)
    if heat is None or heat.shape != others.shape[1:]:
        expect_close(result, np.zeros(others.shape[1:]), (others,), because)
    if not np.isfinite(heat).all() or heat.min() < 0:
        raise Wrong("All values of the map must be finite, and 0 or more; NaN and negative ones are not.")
    if not heat.any():
        raise Wrong(
            "Your map is empty: 0 everywhere. No pixel lies in most of the lesions, let alone in all."
        )
    return heat / heat.max()


def _judge_blind(call, seed, number, shape, places, because):
    others, new = lesions(seed, number, shape, places)
    heat = _blind(call, others, because)
    inside, chance = times(heat, new)
    if inside < WANTED * chance:
        outside = heat[~others.any(axis=0)].sum() / heat.sum()
        raise Wrong(
            f"Your map's mean energy inside {len(new)} new lesions is {inside:.3f}, that of a map that is equal "
            f"everywhere {chance:.3f}; at least {WANTED} times as much is wanted. {100 * outside:.0f} % of your map "
            f"lies where none of the {number} others has a lesion. {because}"
        )
    corner = np.zeros((number, *shape), bool)
    corner[:, :6, :6] = True  # neither the largest nor the smallest
    if _blind(call, np.concatenate([others, corner]), because)[:6, :6].mean() < 0.05:
        told = f"with {number} more patients, whose lesions lie in a corner, it has nothing there"
    elif not same(_blind(call, np.random.default_rng(seed).permutation(others), because), heat):
        told = "it changes when the same lesions come in another order"
    else:
        return
    raise Wrong(f"Your map takes some of the lesions and leaves others: {told}. Use all of them.")


_KIDNEYS, _PLACES = ((0.3, 0.22), (0.42, 0.74)), "Take the places from other_masks."

blind_map = Check(
    _judge_blind,
    cases=[
        (71, 60, (48, 64), _KIDNEYS, "Where do lesions often lie, and where never?"),
        (72, 60, (56, 44), ((0.72, 0.24), (0.5, 0.8)), _PLACES),
        (73, 50, (40, 72), ((0.25, 0.16), (0.4, 0.68)), _PLACES),
    ],
    praise="A good score on new patients by a map that has seen none of their images: it knows where lesions "
    "usually are.",
    hints=[
        "You know nothing of the new patient. Where would you bet that the lesion is?",
        "Where other patients had theirs. How often does a lesion of other_masks cover each pixel?",
        "Axis 0 of other_masks counts the patients. Reduce it, and keep the axes of the places.",
    ],
)


def fair(maps, masks):
    """Share of the highest points that lie in the lesion; NaN where a map or a mask is empty."""
    peaks = maps == maps.max(axis=PLACES, keepdims=True)
    share = (peaks & masks).sum(axis=PLACES) / peaks.sum(axis=PLACES)
    return np.where(maps.any(axis=PLACES) & masks.any(axis=PLACES), share, np.nan)


def _fair_mistakes(maps, masks):
    peaks, unknown = maps == maps.max(axis=PLACES, keepdims=True), np.isnan(fair(maps, masks))
    hits = (peaks & masks).sum(axis=PLACES)
    first, ratio = _hits(maps, masks, 0), hits / peaks.sum(axis=PLACES)
    for empty in (unknown, False):
        yield np.where(empty, np.nan, hits > 0), "So a map that is equal everywhere always hits."
        yield np.where(empty, np.nan, first), "In a map that is equal everywhere its corner decides."
    yield np.where(unknown, np.nan, hits), "Divide by the number of highest points."
    yield np.where(maps.any(axis=PLACES), ratio, np.nan), "Without a lesion nothing is hit or missed: NaN."
    yield np.where(masks.any(axis=PLACES), ratio, np.nan), "An empty map points nowhere: NaN."


def _levels(*arguments, **options):
    """As `heated`, of few values, so that many points are equally high, and one map is equal everywhere."""
    maps, masks = heated(*arguments, **options)
    maps = np.ceil(3 * maps) / 4
    maps[-1] = 0.5
    return maps, masks


fair_hits = Check(
    comparing(fair, _fair_mistakes),
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

score = Score(
    "05",
    dict(
        channel_weights=2, class_activation_map=2, pointing_game=3, energy_inside=2, blind_map=3, fair_hits=2
    ),
)
