"""Lesson 03, exercise 1: `prepare`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect

_MEAN_COLOUR = np.array([103.939, 116.779, 123.68])  # of ImageNet, from 0 to 255: blue, green, red


def _prepared(colours, network):
    """Colours (..., 3) in [0, 1] as the network was trained to see them."""
    if network == "EfficientNetB0":
        return 255 * colours
    if network == "ResNet50":
        return 255 * colours - _MEAN_COLOUR
    return 2 * colours - 1


def _mistakes(colours, network):
    """Pairs (what the mistake gives, reason)."""
    bright, signed = 255 * colours, 2 * colours - 1
    if network == "EfficientNetB0":
        twice = (
            "EfficientNetB0 divides by 255 itself: given pixels below 0 to 255, it sees nearly black images."
        )
        return [(colours, twice), (colours / 255, twice), (signed, twice)]
    if network == "ResNet50":
        early = "The mean colour is on the scale from 0 to 255. Multiply the pixels by 255 first, then subtract it."
        red_first = "The means are in the order red, green, blue. Blue comes first: 103.939, 116.779, 123.68."
        return [
            (bright - _MEAN_COLOUR[::-1], red_first),
            (colours - _MEAN_COLOUR, early),
            (255 * (colours - _MEAN_COLOUR), early),
            (bright, "The mean colour of the images that ResNet50 was trained on has not been subtracted."),
        ]
    wanted = f"{network} was trained on pixels from -1 to 1"
    black = "x / 127.5 - 1 is for pixels from 0 to 255: yours run from 0 to 1, and all end up nearly black."
    return [
        (colours, f"The pixels still run from 0 to 1; {wanted}."),
        (bright, f"The pixels run from 0 to 255; {wanted}."),
        (colours / 127.5 - 1, black),
    ]


def _judge(call, images, network, because):
    result = call(images, network)
    n, height, width = images.shape
    colours = np.repeat(images.astype(float)[..., None], 3, axis=-1)
    grey = "The grey channel is to be repeated, three times in all."
    shapes = [
        ((n, height, width), grey),
        ((n, height, width, 1), grey),
        ((n, 3, height, width), "In Keras the channels come last."),
    ]
    mistakes = _mistakes(colours, network)
    expect(result, _prepared(colours, network), shapes, mistakes, (images, network), because, tolerance=1e-3)
    if np.asarray(result).dtype.kind != "f":
        raise Wrong(f"Return floating point numbers, not {np.asarray(result).dtype}.")


def _images(seed, shape):
    """Images that reach neither black nor white."""
    return np.random.default_rng(seed).uniform(0.04, 0.93, shape)


prepare = Check(
    _judge,
    cases=[
        (_images(31, (2, 4, 5)), "MobileNetV2", "0 becomes -1 and 1 stays 1."),
        (_images(32, (2, 4, 5)), "EfficientNetB0", "0 stays 0 and 1 becomes 255."),
        (_images(33, (2, 5, 4)), "ResNet50", "Multiply by 255, then subtract 103.939, 116.779, 123.68."),
        (_images(34, (1, 4, 6)), "InceptionV3", "0 becomes -1 and 1 stays 1."),
    ],
    praise="Each network sees the pixels that it was trained on.",
    hints=[
        "Two steps: make three channels of one, then change the range. Only the second depends on the network.",
        "np.repeat(images[..., None], 3, axis=-1) has shape (n, h, w, 3).",
        "From 0 .. 1 to -1 .. 1: double, then subtract 1. From 0 .. 1 to 0 .. 255: times 255.",
        "For ResNet50 subtract np.array([103.939, 116.779, 123.68]) from 255 times the images: NumPy applies it to "
        "the last axis, the channels.",
    ],
)
