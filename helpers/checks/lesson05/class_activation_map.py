"""Lesson 05, exercise 2: `class_activation_map`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson05.shared import over, practice

_SHAPE = (
    "NumPy pairs axes from the last one: give the weights the shape (n, 1, 1, k), weights[:, None, None, :]."
)


def _weighed(features, weights):
    return np.einsum("nhwk,nk->nhw", features, weights)


def _mistakes(features, weights):
    """Pairs (what the mistake gives, reason)."""
    n, h, w, k = features.shape
    raw = _weighed(features, weights)
    kept = np.maximum(raw, 0)
    early = "Sum over the channels first, then set negative sums to 0: channels may speak against each other."
    yield raw, "Negative values are still there. Set them to 0 (equation 2: ReLU)."
    yield np.abs(raw), "Absolute values light up where a place speaks against the class. Set it to 0 there."
    yield (
        np.maximum(features * weights[:, None, None, :], 0).sum(axis=3),
        f"Negative products have been set to 0. {early}",
    )
    for kept_sign in (np.maximum(weights, 0), np.abs(weights)):
        yield np.maximum(_weighed(features, kept_sign), 0), "The weights keep their sign, negative ones too."
    yield kept / k, "Divided by the number of channels: the sum is asked for, not the mean."
    yield over(kept, kept.max(axis=(1, 2), keepdims=True)), "The map has been scaled. Return the sums."
    own = "Every image has weights of its own: row i of `weights` belongs to image i."
    for wrong in (weights[:1], weights[::-1]):
        yield np.maximum(_weighed(features, np.resize(wrong, weights.shape)), 0), own
    if w == n:
        yield np.maximum((features * weights).sum(axis=3), 0), f"{own} It runs by chance here. {_SHAPE}"
    if h == n:
        yield np.maximum((features * weights[:, None]).sum(axis=3), 0), f"{own} It runs by chance. {_SHAPE}"


def _judge(call, features, weights, because):
    try:
        result = call(features, weights)
    except Wrong as reason:
        if "stopped with ValueError: operands could not be broadcast" in str(reason):
            raise Wrong(f"{reason}. {_SHAPE}") from None
        raise
    expected = np.maximum(_weighed(features, weights), 0)
    expect(result, expected, [], _mistakes(features, weights), (features, weights), because)


_OWN = "Image i is weighed by row i of the weights."

class_activation_map = Check(
    _judge,
    cases=[
        (
            practice(54, 2, 3, 4, 5),
            practice(55, 2, 5),
            "At each place: features times weights, summed over the 5 channels; 0 where the sum is negative.",
        ),
        (3 * practice(56, 4, 3, 4, 6), practice(57, 4, 6), _OWN),
        (2 * practice(58, 3, 3, 5, 2), practice(59, 3, 2), _OWN),
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
