"""Lesson 04, exercise 5: `smote_sample`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson04.shared import one_each


def _smote(rare, i, nth, gap, distances=None):
    """The sample, by the Euclidean distance or by other `distances` (m,)."""
    apart = np.sqrt(((rare - rare[i]) ** 2).sum(axis=1)) if distances is None else distances
    order = np.argsort(apart, kind="stable")
    return rare[i] + gap * (rare[order[order != i][nth - 1]] - rare[i])


def _mistakes(rare, i, nth, gap):
    """Pairs (what the mistake gives, reason)."""
    m, here, neighbour = len(rare), rare[i], _smote(rare, i, nth, 1)
    counted = "nth = 1 is the nearest *other* image."
    if nth > 1:
        yield (
            _smote(rare, i, nth - 1, gap),
            f"This goes to neighbour nth - 1: you counted the image itself as its nearest. {counted}",
        )
    if nth < m - 1:
        yield _smote(rare, i, nth + 1, gap), f"This goes to neighbour nth + 1. {counted}"
    yield here, f"This is image i itself. Was it counted as its own nearest neighbour? {counted}"
    yield neighbour, "This is the neighbour itself. Go only the share `gap` of the way."
    yield neighbour + gap * (here - neighbour), "This starts at the neighbour: gap = 0 should be image i."
    yield gap * (neighbour - here), "This is the step alone. Add it to image i."
    yield here + gap * neighbour, "Add the share `gap` of the *difference*, neighbour - image i, to image i."
    yield (here + neighbour) / 2, "This is the point in the middle. `gap` says how far along the way it lies."
    yield _smote(rare, i, 1, gap), "`nth` is ignored: this goes to the nearest neighbour."
    difference = np.abs(rare - here)
    yield (
        _smote(rare, i, nth, gap, difference.sum(axis=1)),
        "Near is meant by the Euclidean distance, the root of the sum of squared differences; you add up the "
        "absolute differences.",
    )


def _judge(call, rare, i, nth, gap, because):
    (m, d), exact = rare.shape, rare.astype(float)
    others = [((m, d), "return the sample only."), ((nth, d), "go to the nth neighbour only.")]
    arguments = (rare, i, nth, gap)
    expect(
        call(*arguments),
        _smote(exact, i, nth, gap),
        one_each(d, "feature", others),
        _mistakes(exact, i, nth, gap),
        arguments,
        f"{because} All features move by the same share of the way.",
    )


def _features(seed, m, d):
    """Features on unlike scales."""
    return np.random.default_rng(seed).normal(2, 1, (m, d)) * np.linspace(1, 2.2, d)


_FIVE = np.array([[0.0, 0.0], [4.0, 0.5], [0.2, 3.0], [6.0, 8.0], [-1.5, -1.0]])
_SIX = np.array([[0.0, 1.0], [3.2, 3.1], [0.3, 5.2], [-0.4, -3.7], [9.0, 2.0], [2.0, 2.6]])

smote_sample = Check(
    _judge,
    cases=[
        # by other distances, other neighbours: the seed was looked for
        (_features(105, 90, 6), 6, 4, 0.3, "Sort the distances of all images to image 6."),
        (_FIVE, 0, 1, 0.25, "The nearest neighbour of image 0 is image 4."),
        (_SIX, 0, 2, 0.6, "The distances are 3.8, 4.2, 4.7, 9.1 and 2.6: the second nearest is image 1."),
        (_features(85, 9, 4), 5, 3, 0.3, "Sort the distances of all images to image 5."),
        (_features(86, 8, 3), 7, 1, 0.85, "Sort the distances of all images to image 7."),
        (_features(87, 6, 5), 2, 5, 0.4, "There are five neighbours: the fifth is the farthest."),
        (_features(88, 6, 3), 3, 2, 0, "With gap = 0 the sample is image i itself."),
        (_features(89, 6, 3), 3, 2, 1, "With gap = 1 the sample is the neighbour."),
    ],
    praise="A new point between two images of the class. Whether an image could look like that, SMOTE does "
    "not ask.",
    hints=[
        "First the distances of all images from image i, then their order, then the point.",
        "rare - rare[i] holds the differences, (m, d). The root of the sum of their squares over axis 1 is "
        "the distance; that of image i itself is 0.",
        "np.argsort(distances) names the images, the nearest first. Place 0 is image i itself, so the nth "
        "neighbour stands at place nth.",
        "rare[i] + gap * (neighbour - rare[i]).",
    ],
)
