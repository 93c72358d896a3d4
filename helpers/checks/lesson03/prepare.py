"""Lesson 03, exercise 1: `prepare`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect_close, numbers
from helpers.checks.lesson03.shared import same

_MEAN_COLOUR = np.array([103.939, 116.779, 123.68])  # of ImageNet, from 0 to 255: blue, green, red


_RANGES = {
    "MobileNetV2": "pixels from -1 to 1",
    "InceptionV3": "pixels from -1 to 1",
    "EfficientNetB0": "pixels from 0 to 255",
    "ResNet50": "pixels from 0 to 255, less the mean colour",
}


def _prepared(colours, network):
    """Colours (..., 3) in [0, 1] as the network was trained to see them."""
    if network == "EfficientNetB0":
        return 255 * colours
    if network == "ResNet50":
        return 255 * colours - _MEAN_COLOUR
    return 2 * colours - 1


def _preparation_mistakes(grey, network):
    """Pairs (what the mistake gives, reason)."""
    colours = np.repeat(grey[..., None], 3, axis=-1)
    bright, signed, expected = 255 * colours, 2 * colours - 1, _prepared(colours, network)
    wanted = f"{network} was trained on {_RANGES[network]}"
    if network == "EfficientNetB0":
        twice = (
            "EfficientNetB0 divides by 255 itself. It wants pixels from 0 to 255: given smaller ones, it "
            "sees nearly black images."
        )
        yield from ((colours, twice), (colours / 255, twice))
        yield signed, f"{twice} Pixels from -1 to 1 are for MobileNetV2 and InceptionV3."
        yield bright - _MEAN_COLOUR, f"{wanted}; the mean colour is subtracted for ResNet50 only."
    elif network == "ResNet50":
        early = (
            "The mean colour is given on the scale from 0 to 255. Multiply the pixels by 255 first, "
            "then subtract it."
        )
        yield (
            bright - _MEAN_COLOUR[::-1],
            "The mean colour is subtracted in the order red, green, blue. ResNet50 wants blue first: "
            "103.939, 116.779, 123.68.",
        )
        yield from ((colours - _MEAN_COLOUR, early), (255 * (colours - _MEAN_COLOUR), early))
        yield bright, f"{wanted}; the mean colour has not been subtracted."
        yield bright + _MEAN_COLOUR, f"{wanted}; yours has been added."
        yield expected / 255, f"{wanted}; do not divide by 255 afterwards."
        one = "Each channel has a mean of its own: blue 103.939, green 116.779, red 123.68."
        yield bright - _MEAN_COLOUR.mean(), one
        yield (
            bright - bright.mean(),
            f"Subtract the mean colour of the images the network was trained on, not that of yours. {one}",
        )
        pytorch = (
            "These are PyTorch's means and standard deviations. The ResNet50 of Keras wants blue, green, red "
            "from 0 to 255, less the mean colour, and no division."
        )
        means, deviations = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        for order in (slice(None), slice(None, None, -1)):
            yield (colours - means[order]) / deviations[order], pytorch
        yield colours, f"The pixels still run from 0 to 1; {wanted}."
        yield signed, f"The pixels run from -1 to 1; {wanted}."
    else:
        yield colours, f"The pixels still run from 0 to 1; {wanted}."
        yield bright, f"The pixels run from 0 to 255; {wanted}."
        yield (
            colours / 127.5 - 1,
            "x / 127.5 - 1 is for pixels from 0 to 255: yours run from 0 to 1, and all end up near -1, "
            "nearly black.",
        )
        yield colours - 0.5, f"The pixels run from -0.5 to 0.5; {wanted}."
        yield bright - _MEAN_COLOUR, f"{wanted}; the mean colour is subtracted for ResNet50 only."
    whole = "Do not round, and do not convert to whole numbers: grey values between the steps are lost."
    for rounded in (np.trunc, np.floor, np.round):
        yield rounded(expected), whole
        yield _prepared(rounded(bright) / 255, network), whole
    stretched = (
        "You stretch the images from their own darkest to their own brightest pixel. The scale is fixed: 0 "
        "is black and 1 is white, whether or not an image holds them."
    )
    for axes in (None, (1, 2)):
        low, high = grey.min(axes, keepdims=True), grey.max(axes, keepdims=True)
        scale = np.maximum(high - low, 1e-12)
        yield _prepared(((grey - low) / scale)[..., None] * np.ones(3), network), stretched
        yield _prepared((grey / np.maximum(high, 1e-12))[..., None] * np.ones(3), network), stretched
    for axis in (0, 1, 2):
        moved = np.stack([grey] * 3, axis=axis).reshape(colours.shape)
        yield (
            _prepared(moved, network),
            "The pixels have changed places: reshape does not move axes. Repeat along a new last axis.",
        )
    yield _prepared(1 - colours, network), "Black and white are swapped: 0 is black, 1 is white."


def _judge_prepare(call, images, network, because):
    result = call(images, network)
    array, (n, height, width) = numbers(result), images.shape
    shape = f"Expected shape {(n, height, width, 3)} for images of shape {images.shape}"
    if array is not None and array.shape in ((n, height, width), (n, height, width, 1)):
        raise Wrong(f"{shape}, not {array.shape}: the grey channel is to be repeated, three times in all.")
    if array is not None and array.shape == (n, 3, height, width):
        raise Wrong(f"{shape}, not {array.shape}: in Keras the channels come last.")
    grey = images.astype(float)
    expected = _prepared(np.repeat(grey[..., None], 3, axis=-1), network)
    if array is None or array.shape != expected.shape:
        expect_close(result, expected, (images, network), because)
    if np.asarray(result).dtype.kind != "f":
        raise Wrong(
            f"Return floating point numbers, not {np.asarray(result).dtype}: whole numbers lose the grey "
            "values between the steps."
        )
    if same(array, expected, 1e-3):  # 32 bits are enough
        return
    for mistaken, reason in _preparation_mistakes(grey, network):
        if same(array, mistaken, 1e-3):
            raise Wrong(reason)
    where = np.unravel_index(np.nan_to_num(np.abs(array - expected), nan=np.inf).argmax(), array.shape)[:3]
    raise Wrong(
        f"For {network} a grey value of {grey[where]:.3f} should become {_listed(expected[where])}, but your "
        f"function returned {_listed(array[where])}. {because}"
    )


def _listed(values):
    return ", ".join(f"{value:.3f}" for value in values)


def _practice_images(seed, shape, low=0.04, high=0.93):
    """Images that reach neither black nor white."""
    return np.random.default_rng(seed).uniform(low, high, shape)


prepare = Check(
    _judge_prepare,
    cases=[
        (_practice_images(31, (2, 4, 5)), "MobileNetV2", "0 becomes -1 and 1 stays 1."),
        (_practice_images(32, (2, 4, 5)), "EfficientNetB0", "0 stays 0 and 1 becomes 255."),
        (
            _practice_images(33, (2, 5, 4)),
            "ResNet50",
            "Multiply by 255, then subtract 103.939 in the first channel, 116.779 in the second, 123.68 in "
            "the third.",
        ),
        (_practice_images(34, (1, 4, 6)), "InceptionV3", "0 becomes -1 and 1 stays 1."),
    ],
    praise="Each network sees the pixels that it was trained on.",
    hints=[
        "Two steps: make three channels of one, then change the range. Only the second depends on the "
        "network.",
        "np.repeat(images[..., None], 3, axis=-1) has shape (n, h, w, 3).",
        "From 0 .. 1 to -1 .. 1: double, then subtract 1. From 0 .. 1 to 0 .. 255: times 255.",
        "For ResNet50 subtract np.array([103.939, 116.779, 123.68]) from 255 times the images: NumPy "
        "applies it to the last axis, the channels. All three are equal in a grey image, so their order "
        "shows in the means only.",
    ],
)
