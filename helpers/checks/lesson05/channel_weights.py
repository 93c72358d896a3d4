"""Lesson 05, exercise 1: `channel_weights`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson05.shared import over, practice


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
        over(total, (gradients != 0).sum(axis=places)),
        "Places whose gradient is 0 have been left out. They count: divide by the number of all places.",
    )
    yield (
        over(kept.sum(axis=places), (gradients > 0).sum(axis=places)),
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
        yield over(mean, norm), scaled
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


def _partly_zero(seed, *shape):
    """Numbers of both signs, half of them 0: so are gradients where a ReLU is shut."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.1, 0.6, shape) * (rng.random(shape) < 0.5)


channel_weights = Check(
    _judge_weights,
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
