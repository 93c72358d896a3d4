"""Lesson 05, exercise 5: `blind_map`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect_close, numbers, same

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


def _map(call, others, because):
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


def _judge(call, seed, number, shape, places, because):
    others, new = _lesions(seed, number, shape, places)
    heat = _map(call, others, because)
    energy, chance = _times(heat, new)
    if energy < _WANTED * chance:
        outside = heat[~others.any(axis=0)].sum() / heat.sum()
        raise Wrong(
            f"Your map's mean energy inside {len(new)} new lesions is {energy:.3f}, that of a map that is equal "
            f"everywhere {chance:.3f}; at least {_WANTED} times as much is wanted. {100 * outside:.0f} % of your "
            f"map lies where none of the {number} others has a lesion. {because}"
        )
    corner = np.zeros((number, *shape), bool)
    corner[:, :6, :6] = True  # neither the largest nor the smallest
    mixed = np.random.default_rng(seed).permutation(number)
    if _map(call, np.concatenate([others, corner]), because)[:6, :6].mean() < 0.05:
        told = f"with {number} more patients, whose lesions lie in a corner, it has nothing there"
    elif not same(_map(call, others[mixed], because), heat):
        told = "it changes when the same lesions come in another order"
    else:
        return
    raise Wrong(f"Your map takes some of the lesions and leaves others: {told}. Use all of them.")


_LIKE_KIDNEYS = ((0.3, 0.22), (0.42, 0.74))
_PLACES = "Take the places from other_masks."

blind_map = Check(
    _judge,
    cases=[
        (71, 60, (48, 64), _LIKE_KIDNEYS, "Where do lesions often lie, and where never?"),
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
