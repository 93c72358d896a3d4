"""Lesson 01, exercise 3: `find_duplicates`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong


def _judge_duplicates(call, images, tolerance, because):
    n = len(images)
    expected = [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if np.sqrt(np.mean((images[i].astype(float) - images[j]) ** 2)) <= tolerance
    ]
    result = call(images, tolerance)
    try:
        pairs = [(int(i), int(j)) for i, j in result]
    except (TypeError, ValueError):
        raise Wrong(
            "Return a list of pairs of positions, such as [(0, 3), (2, 5)]; an empty list if there are none."
        ) from None
    if any(i == j for i, j in pairs):
        raise Wrong("An image is no duplicate of itself: leave out pairs such as (2, 2).")
    if any(i > j for i, j in pairs) or len(set(pairs)) < len(pairs):
        raise Wrong("List each pair once, the smaller position first: (0, 3), not (3, 0) as well.")
    if sorted(pairs) != expected:
        missed, extra = sorted(set(expected) - set(pairs)), sorted(set(pairs) - set(expected))
        raise Wrong(f"Missed {missed[:3]}, found without cause {extra[:3]} (first three of each). {because}")


def _practice_images(seed, n, copies):
    """Random images (n, 8, 8) in [0, 1]; `copies` are (from, to, change)."""
    images = np.random.default_rng(seed).random((n, 8, 8))
    for source, target, change in copies:
        images[target] = np.clip(images[source] + change, 0, 1)
    return images


_CHEQUERED = 0.2 * (np.indices((8, 8)).sum(axis=0) % 2 - 0.5)


_ONE_PIXEL = 0.9 * (np.arange(64).reshape(8, 8) == 20)


find_duplicates = Check(
    _judge_duplicates,
    cases=[
        (_practice_images(1, 6, [(0, 3, 0), (0, 4, 0)]), 0.0, "Images 0, 3 and 4 are equal: three pairs."),
        (
            _practice_images(2, 6, [(1, 4, 0.01)]),
            0.02,
            "A copy that is slightly brighter is a near duplicate.",
        ),
        (
            _practice_images(3, 4, [(0, 2, _CHEQUERED)]),
            0.02,
            "Differences of both signs must not cancel: square them before averaging.",
        ),
        (
            np.stack([_ONE_PIXEL, 0 * _ONE_PIXEL, np.full((8, 8), 0.5)]),
            0.05,
            "The mean *absolute* difference of images 0 and 1 is small, the root mean *square* is not.",
        ),
        (
            np.stack([np.full((8, 8), grey, np.uint8) for grey in (10, 26, 27, 200)]),
            2.0,
            "8-bit images: turn them into floating point first, or differences wrap around at 256.",
        ),
    ],
    praise="Exact copies have distance 0; near copies lie within the tolerance.",
    hints=[
        "Compare every image i with every later image j.",
        "The distance is the root mean square of the pixel differences: subtract, square, average, take "
        "the root.",
        "for i in range(len(images)): for j in range(i + 1, len(images)): keep (i, j) if the distance is "
        "at most the tolerance.",
    ],
)
