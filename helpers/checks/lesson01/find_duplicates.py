"""Lesson 01, exercise 3: `find_duplicates`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong

REASONS = {
    "no root": "You compare the mean *squared* difference. Take its root before you compare.",
    "signed": "Differences of both signs cancel in your mean: square them before averaging.",
    "absolute": "You average *absolute* differences. The root mean *square* weighs a single bright pixel more.",
    "largest": "You compare the largest difference of any pixel. Take the root mean square of all of them.",
    "wrapped": "8-bit differences wrap around at 256: turn the images into floating point first.",
}


def _distances(images):
    """The right distance of all pairs, and what mistakes take for it: name -> (n, n)."""
    apart = images[:, None].astype(float) - images[None]
    square, axes = (apart**2).mean(axis=(2, 3)), (2, 3)
    wrapped = np.sqrt(((images[:, None] - images[None]) ** 2).mean(axis=axes))
    return {
        "right": np.sqrt(square), "no root": square, "signed": abs(apart.mean(axis=axes)),
        "absolute": abs(apart).mean(axis=axes), "largest": abs(apart).max(axis=axes), "wrapped": wrapped,
    }  # fmt: skip


def _judge(call, images, tolerance):
    result = call(images, tolerance)
    try:
        pairs = [(int(i), int(j)) for i, j in result]
    except (TypeError, ValueError):
        raise Wrong(
            "Return a list of pairs of positions, such as [(0, 3), (2, 5)], or an empty list."
        ) from None
    if any(i == j for i, j in pairs):
        raise Wrong("An image is no duplicate of itself: leave out pairs such as (2, 2).")
    if any(i > j for i, j in pairs) or len(set(pairs)) < len(pairs):
        raise Wrong("List each pair once, the smaller position first: (0, 3), not (3, 0) as well.")
    found = {
        name: set(zip(*map(np.ndarray.tolist, np.nonzero(np.triu(distance <= tolerance, 1)))))
        for name, distance in _distances(images).items()
    }
    right = found.pop("right")
    for name, mistaken in found.items():
        if set(pairs) == mistaken != right:
            raise Wrong(REASONS[name])
    if set(pairs) != right:
        missed, extra = sorted(right - set(pairs)), sorted(set(pairs) - right)
        raise Wrong(f"Missed {missed[:3]}, found without cause {extra[:3]} (first three of each).")


def _practice(seed, n, *copies):
    """Random images (n, 8, 8) in [0, 1]; `copies` are (from, to, change)."""
    images = np.random.default_rng(seed).random((n, 8, 8))
    for source, target, change in copies:
        images[target] = np.clip(images[source] + change, 0, 1)
    return images


_PIXEL = np.arange(64).reshape(8, 8) == 20
find_duplicates = Check(
    _judge,
    cases=[
        (_practice(1, 6, (0, 3, 0), (0, 4, 0)), 0.0),
        (_practice(2, 6, (1, 4, 0.01)), 0.02),
        (_practice(3, 4, (0, 2, 0.2 * (np.indices((8, 8)).sum(axis=0) % 2 - 0.5))), 0.02),
        (np.stack([0.9 * _PIXEL, 0 * _PIXEL, np.full((8, 8), 0.5)]), 0.05),
        (np.stack([0.1 * _PIXEL, 0 * _PIXEL, np.full((8, 8), 0.5)]), 0.05),
        (np.stack([np.full((8, 8), grey, np.uint8) for grey in (10, 26, 27, 200)]), 2.0),
    ],
    praise="Exact copies have distance 0; near copies lie within the tolerance.",
    hints=[
        "Compare every image i with every later image j.",
        "The distance is the root mean square of the pixel differences: subtract, square, average, take the root.",
        "for i in range(len(images)): for j in range(i + 1, len(images)): keep (i, j) if the distance is at most the tolerance.",
    ],
)
