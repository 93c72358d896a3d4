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
