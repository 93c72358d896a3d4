"""Lesson 05, exercise 2: `class_activation_map`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson05.shared import over, practice


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
        yield over(expected, top), scaled
        yield over(raw - low, raw.max(axis=axes, keepdims=True) - low), scaled
        yield raw - low, "The lowest value has been subtracted. Only negative values change: to 0."
        yield over(expected, expected.sum(axis=axes, keepdims=True)), scaled
    for divisor in (weights.sum(axis=1), np.abs(weights).sum(axis=1)):
        yield cut(over(raw, divisor[:, None, None])), "Do not divide by the sum of the weights."
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
            practice(54, 2, 3, 4, 5),
            practice(55, 2, 5),
            "At each place: features times weights, summed over the 5 channels; 0 where the sum is negative.",
        ),
        (
            3 * practice(56, 4, 3, 4, 6),
            practice(57, 4, 6),
            "Image i is weighed by row i of the weights, although there are as many columns as images.",
        ),
        (
            2 * practice(58, 3, 3, 5, 2),
            practice(59, 3, 2),
            "Image i is weighed by row i of the weights, although there are as many rows as images.",
        ),
        (
            np.abs(practice(60, 1, 4, 3, 2)),
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
