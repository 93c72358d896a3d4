"""Lesson 05, exercise 1: `channel_weights`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson05.shared import over, practice


def _mistakes(gradients):
    """Pairs (what the mistake gives, reason)."""
    n, places, mean = len(gradients), (1, 2), gradients.mean(axis=(1, 2))
    signed = "Negative gradients count: such a place speaks against the class."
    yield gradients.sum(axis=places), "This is the sum over the places. Divide it by their number."
    yield np.maximum(mean, 0), f"Negative means have been set to 0. {signed} Only the map is cut at 0, later."
    yield (
        np.maximum(gradients, 0).mean(axis=places),
        f"Negative gradients have been set to 0 before the mean. {signed}",
    )
    yield np.abs(gradients).mean(axis=places), f"This is the mean of the absolute values. {signed}"
    yield (
        over(gradients.sum(axis=places), (gradients != 0).sum(axis=places)),
        "Places whose gradient is 0 have been left out. They count: divide by the number of all places.",
    )
    yield gradients.max(axis=places), "The largest gradient is not the mean over the places."
    yield (
        over(mean, np.abs(mean).max(axis=1, keepdims=True)),
        "The weights have been scaled within each image. Return the means as they are.",
    )
    yield (
        np.repeat(mean.mean(axis=0)[None], n, axis=0),
        "You average over the images. Every image has weights of its own.",
    )


def _judge(call, gradients, because):
    expected = gradients.mean(axis=(1, 2))
    expect(call(gradients), expected, [], _mistakes(gradients), (gradients,), because)


def _partly_zero(seed, *shape):
    """Numbers of both signs, half of them 0: so are gradients where a ReLU is shut."""
    return practice(seed, *shape) * (np.random.default_rng(seed + 100).random(shape) < 0.5)


channel_weights = Check(
    _judge,
    cases=[
        (practice(51, 2, 3, 4, 5), "One weight for each image and channel: the mean over 3 x 4 places."),
        (_partly_zero(52, 3, 5, 4, 2), "Places with a gradient of 0 count as well."),
        (-np.abs(practice(53, 1, 4, 6, 3)), "A channel that speaks against the class has a weight below 0."),
    ],
    praise="These are Grad-CAM's weights: how much the logit rises where a channel rises, on average over "
    "the places.",
    hints=[
        "Which axes of (n, h, w, k) are the places, and which must stay?",
        "Axes 1 and 2 are height and width. NumPy takes the mean over several axes at once.",
        "gradients.mean(axis=(...)) with both axes in the brackets. Nothing is set to 0, and nothing scaled.",
    ],
)
