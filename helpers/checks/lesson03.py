"""Checks of lesson 03. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here: tests compare these definitions with Keras."""

import warnings
from itertools import permutations
from math import prod

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect_close, numbers


def _parts(result, names):
    """The things that an answer returns, as many as there are names."""
    try:
        parts = tuple(result)
    except TypeError:
        parts = ()
    if len(parts) != len(names):
        number = {2: "two", 3: "three"}[len(names)]
        raise Wrong(f"Return {number} things, `return {', '.join(names)}`.")
    return parts


def _same(array, other, tolerance=1e-6):
    return array.shape == np.shape(other) and np.allclose(
        array, other, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def _expect(result, expected, mistakes, arguments, because):
    """`Wrong` unless `result` is `expected`, NaN where that is NaN; with a reason of its own where it is one
    of the `mistakes`.

    mistakes : pairs (what the mistake gives, reason).
    """
    array = numbers(result)
    if array is not None:
        if _same(array, expected):
            return
        for mistaken, reason in mistakes:
            if _same(array, mistaken):
                raise Wrong(reason)
    expect_close(result, expected, arguments, because)


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
    if _same(array, expected, 1e-3):  # 32 bits are enough
        return
    for mistaken, reason in _preparation_mistakes(grey, network):
        if _same(array, mistaken, 1e-3):
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


def _counted(layers, frozen, mistake=None):
    """(trainable, not trainable) parameters, by the definition or with a typical mistake."""
    trainable = fixed = 0
    is_frozen = {
        "frozen ignored": lambda name: False,
        "starts alike": lambda name: any(name.startswith(other) for other in frozen),
        "contained": lambda name: any(other in name for other in frozen),
        "contains": lambda name: any(name in other for other in frozen),
        "inverted": lambda name: name not in frozen,
    }.get(mistake, lambda name: name in frozen)
    for name, kind, shapes in layers:
        norm = kind == "batch_norm"
        if mistake == "no biases" and not norm or mistake == "first only":
            shapes = shapes[:1]
        if mistake == "no vectors":
            shapes = [shape for shape in shapes if len(shape) > 1]
        sizes = [sum(shape) if mistake == "sum" else prod(shape) for shape in shapes]
        if mistake == "arrays":
            sizes = [1] * len(shapes)
        moving = 0 if not norm or mistake == "moving trained" else sum(sizes[2:])
        own, stays = sum(sizes) - moving, is_frozen(name)
        if norm and mistake in ("norm fixed", "norm trained"):
            stays = mistake == "norm fixed"
        if stays:
            fixed += own
        else:
            trainable += own
        lost = mistake == "moving lost" or (mistake == "moving lost unless frozen" and not stays)
        fixed += 0 if lost else moving
    return trainable, fixed


_COUNT_MISTAKES = {
    "moving "
    "trained": "Moving mean and moving variance are counted as trainable. They follow the data, no gradient "
    "changes them: the last two shapes of a batch normalisation are never trained.",
    "frozen ignored": "`frozen` is ignored: none of the parameters of a layer that it names is trained.",
    "inverted": "`frozen` names the layers that are not trained; you train these, and no others.",
    ""
    "norm "
    "fixed": "Of a batch normalisation that is not frozen, gamma and beta are trained; only its moving mean "
    "and variance are not.",
    "norm "
    "trained": "A batch normalisation can be frozen too: then its gamma and beta are not trained either.",
    "moving lost": "Moving mean and moving variance are missing: they are parameters that are not trained.",
    "moving lost "
    "unless frozen": "Moving mean and moving variance of the layers that are not frozen are missing: they "
    "are parameters that are not trained.",
    "no biases": "The biases are missing: count all of a layer's shapes, not only the first.",
    "first only": "Count all of a layer's shapes, not only the first: biases are parameters too.",
    "no vectors": "The shapes with one side are missing: biases, and the weights of batch normalisation, are "
    "parameters too.",
    "sum": "A shape (3, 3, 8, 16) holds 3 x 3 x 8 x 16 numbers: take the product of the sides, not their "
    "sum.",
    "arrays": "Count the numbers in each array of weights, not the arrays: the product of the sides of its "
    "shape.",
    "starts alike": "Compare whole names: a frozen block1 says nothing about block10.",
    "contained": "Compare whole names: a frozen block1 says nothing about block10.",
    "contains": "Compare whole names: a frozen block10 says nothing about block1.",
}


def _judge_count(call, layers, frozen, because):
    pair = _parts(call(layers, frozen), ("trainable", "not_trainable"))
    expected = trainable, fixed = _counted(layers, frozen)
    total = trainable + fixed
    if np.ndim(pair[0]) or np.ndim(pair[1]):
        raise Wrong("Return two single numbers: sums over all layers.")
    mistakes = [
        ((fixed, trainable), "Swapped: return the trainable parameters first."),
        ((trainable, total), "The second number is that of the parameters that are not trained, not of all."),
        ((total, fixed), "The first number is that of the trainable parameters, not of all."),
        ((total, trainable), "Return the trainable parameters, then those that are not trained."),
    ]
    mistakes += [(_counted(layers, frozen, key), text) for key, text in _COUNT_MISTAKES.items()]
    _expect(pair, expected, mistakes, (layers, frozen), because)


_NETWORK = [
    ("block1", "conv", [(3, 3, 1, 8), (8,)]),
    ("norm1", "batch_norm", [(8,)] * 4),
    ("block10", "conv", [(3, 3, 8, 12)]),
    ("norm10", "batch_norm", [(12,)] * 4),
    ("logits", "dense", [(12, 5), (5,)]),
]

trainable_parameters = Check(
    _judge_count,
    cases=[
        (
            _NETWORK,
            ["block1", "norm1"],
            "A frozen batch normalisation trains nothing; norm10 is not frozen and trains gamma and beta.",
        ),
        (_NETWORK[:2], set(), "Nothing is frozen, and yet a moving mean and variance are not trained."),
        (_NETWORK, {"block10", "norm10"}, "Go through the layers one by one, and compare whole names."),
        (_NETWORK, {"block1", "norm10"}, "Go through the layers one by one, and compare whole names."),
        (
            [("block1", "conv", [(3, 3, 2, 8), (8,)]), ("logits", "dense", [(8, 3), (3,)])],
            {"block1"},
            "The convolution has 3 x 3 x 2 x 8 weights and 8 biases, the dense layer 8 x 3 weights and 3 "
            "biases.",
        ),
    ],
    praise="These are the numbers that Keras reports, and that decide how much can be learnt anew.",
    hints=[
        "One array of weights holds as many numbers as the product of the sides of its shape: "
        "np.prod(shape).",
        "Go through the layers and keep two sums. `name in frozen` decides to which of them a layer adds.",
        'Except for "batch_norm": of a layer that is not frozen, shapes[:2] add to the first sum and '
        "shapes[2:] to the second.",
    ],
)


def _reaching(group, candidates, wanted):
    """The highest candidate t with a share of at least `wanted` of the group at or above t; None if there is
    none."""
    return max((t for t in candidates if (group >= t).mean() >= wanted), default=None)


def _threshold_mistakes(scores, positive, wanted):
    """Pairs (what the mistake gives, reason)."""
    ours, others = scores[positive], scores[~positive]
    falling, n = np.sort(ours)[::-1], len(ours)
    all_scores = (
        "This is a quantile of all scores. Sensitivity is a share of the positive images: leave "
        "out the others."
    )
    yield from ((np.quantile(scores, share), all_scores) for share in (1 - wanted, wanted))
    yield _reaching(scores, scores, wanted), all_scores
    yield (
        np.quantile(ours, 1 - wanted),
        "np.quantile interpolates between two scores. Sort the positive scores and count: the threshold is "
        "one of them.",
    )
    yield (
        np.quantile(ours, wanted),
        f"This quantile has a share of {wanted:g} of the positive scores below it. Those at and above the "
        "threshold are called positive.",
    )
    yield (
        falling[max(int(wanted * n), 1) - 1],
        f"You round down: {wanted:g} of {n} positive images is {wanted * n:g}, and to reach at least that "
        "takes the next whole number.",
    )
    yield (
        falling[max(round(wanted * n), 1) - 1],
        "Round up, always: the sensitivity has to be at least `wanted`.",
    )
    lowest = (
        "is low enough for every sensitivity. Look for the highest threshold that still reaches `wanted`."
    )
    yield ours.min(), f"The lowest positive score {lowest}"
    yield scores.min(), f"The lowest score {lowest}"
    if len(others):
        specific = [t for t in np.unique(scores) if (others < t).mean() >= wanted]
        healthy = "This threshold is right for the specificity. Sensitivity is about the positive images."
        yield (min(specific) if specific else None), healthy
        yield _reaching(others, others, wanted), healthy
    different = np.unique(ours)[::-1]
    yield (
        different[int(np.ceil(wanted * len(different))) - 1],
        "Equal scores are counted once. Every image counts: three positive images with the same score are "
        "three.",
    )


def _judge_threshold(call, scores, positive, wanted, because):
    arguments = (scores, positive, wanted)
    result = call(*arguments)
    array, ours = numbers(result), scores[positive]
    expected = _reaching(ours, ours, wanted)
    if array is None or array.shape != () or np.isnan(array):
        expect_close(result, expected, arguments, because)
    threshold = float(array)
    if threshold == expected:
        return
    found = int((ours >= threshold).sum())
    told = f"At your threshold, {threshold:.6g}, {found} of {len(ours)} positive images are called positive"
    for mistaken, reason in _threshold_mistakes(scores, positive, wanted):
        if mistaken is not None and np.isclose(threshold, mistaken, rtol=1e-9, atol=0):
            raise Wrong(f"{reason} ({told}; at least {wanted:g} of them are wanted.)")
    if found / len(ours) < wanted:
        raise Wrong(
            f"{told}, a sensitivity of {found / len(ours):.3g}; at least {wanted:g} is wanted. {because}"
        )
    if threshold not in ours:
        raise Wrong(f"{told}, enough, but {threshold:.6g} is not the score of a positive image. {because}")
    raise Wrong(
        f"{told}, and a higher threshold, {expected:.6g}, reaches a sensitivity of at least "
        f"{wanted:g} as well. An image whose score equals the threshold is called positive (>=), and "
        f"a sensitivity of exactly `wanted` is enough. {because}".strip()
    )


def _scored(positive, negative):
    """Positive and negative scores in mixed order: (scores, positive)."""
    scores = np.array([*positive, *negative])
    order = np.random.default_rng(len(scores)).permutation(len(scores))
    return scores[order], (np.arange(len(scores)) < len(positive))[order]


_MANY_SCORES = (
    [0.93, 0.88, 0.82, 0.71, 0.64, 0.52, 0.37, 0.21],
    [0.85, 0.74, 0.6, 0.44, 0.3, 0.26, 0.14, 0.08],
)

threshold_for_sensitivity = Check(
    _judge_threshold,
    cases=[
        (*_scored(*_MANY_SCORES), 0.75, "6 of 8 positive images are wanted."),
        (
            *_scored(_MANY_SCORES[0][1:], _MANY_SCORES[1]),
            0.75,
            "0.75 of 7 positive images is 5.25: 6 are wanted.",
        ),
        (
            *_scored([0.9, 0.8, 0.8, 0.8, 0.8, 0.6, 0.5, 0.2], [0.8, 0.7, 0.55, 0.4, 0.3, 0.1]),
            0.5,
            "Images with the same score are called positive together.",
        ),
        (*_scored(*_MANY_SCORES), 1.0, "For a sensitivity of 1 no positive image may be missed."),
        (*_scored([0.2, 0.35, 0.4], [0.1, 0.3, 0.9]), 0.3, "One of three positive images is enough."),
    ],
    praise="This threshold finds as many of the positive images as wanted, and calls no more images "
    "positive than that takes.",
    hints=[
        "Sensitivity is about the positive images only: go on with scores[positive].",
        "Sort them from high to low. At the k-th score as the threshold, at least k positive images are "
        "called positive.",
        "Which is the smallest k with k / n >= wanted? Its score is the threshold; equal scores need no "
        "special care.",
        "Without sorting: for every positive score t, take (scores[positive] >= t).mean(). Of the t where "
        "this is at least wanted, return the highest.",
    ],
)


def _binned(probabilities, positive, place, n_bins):
    """Mean probability, share of positives and number of the images in each bin; what has a place elsewhere
    is lost."""
    members = [place == k for k in range(n_bins)]

    def average(values):
        return np.array([values[here].mean() if here.any() else np.nan for here in members])

    return np.array([average(probabilities), average(positive), [here.sum() for here in members]])


def _places(probabilities, n_bins):
    """The bin of each probability, from 0."""
    return np.digitize(probabilities, np.arange(1, n_bins) / n_bins)


def _bin_mistakes(probabilities, n_bins):
    """Pairs (bin of each probability, reason)."""
    n, place, inner = len(probabilities), _places(probabilities, n_bins), np.arange(1, n_bins) / n_bins
    yield (
        np.where(probabilities == 1, -1, place),
        "A probability of 1 falls off: the last bin is closed, 1 belongs to it.",
    )
    upper = "An edge belongs to the bin above it: bin k holds k / n_bins and ends before (k + 1) / n_bins."
    right = np.digitize(probabilities, inner, right=True)
    yield right, upper
    yield np.where(probabilities == 0, -1, right), upper
    yield np.where(probabilities == 0, n_bins - 1, right), upper
    equal = "Your bins hold equally many images. All bins should be equally wide, 1 / n_bins each."
    ranks = np.argsort(np.argsort(probabilities, kind="stable"))
    yield ranks * n_bins // n, equal
    yield (
        np.searchsorted([part[-1] for part in np.array_split(np.arange(n), n_bins) if len(part)], ranks),
        equal,
    )
    cuts = np.quantile(probabilities, inner)
    yield from ((np.digitize(probabilities, cuts, right=closed), equal) for closed in (False, True))
    own = np.linspace(probabilities.min(), probabilities.max(), n_bins + 1)[1:-1]
    yield (
        np.digitize(probabilities, own),
        "Your bins run from the lowest to the highest probability that occurs. They should run from 0 to 1, "
        "always.",
    )
    near = "You round to the nearest edge. Bin k runs from k / n_bins to (k + 1) / n_bins."
    yield np.round(probabilities * n_bins).clip(0, n_bins - 1), near
    yield np.round(probabilities * (n_bins - 1)), near


_RELIABILITY = ("mean_probability", "share_of_positives", "number_of_images")


def _judge_reliability(call, probabilities, positive, n_bins, because):
    arguments = (probabilities, positive, n_bins)
    parts = _parts(call(*arguments), _RELIABILITY)
    expected = _binned(probabilities, positive, _places(probabilities, n_bins), n_bins)
    means, shares, number = expected
    arrays = [numbers(part) for part in parts]
    if any(array is None for array in arrays):
        raise Wrong("Return three arrays of numbers; where a bin is empty, np.nan, np.nan and 0.")
    for name, array in zip(_RELIABILITY, arrays):
        if array.shape == (n_bins,):
            continue
        reason = ""
        if array.shape == ((number > 0).sum(),):
            reason = "Empty bins have been dropped. They keep their places, with NaN, NaN and 0."
        elif array.shape == (n_bins + 1,):
            reason = "There are n_bins bins and n_bins + 1 edges; a probability of 1 belongs to the last bin."
        raise Wrong(
            f"{name} should have one entry per bin, shape ({n_bins},), but yours has shape {array.shape}. "
            f"{reason}".strip()
        )
    stack = np.array(arrays)
    if _same(stack, expected):
        return
    for place, reason in _bin_mistakes(probabilities, n_bins):
        if _same(stack, _binned(probabilities, positive, place, n_bins)):
            raise Wrong(reason)
    for order in permutations(range(3)):
        if _same(stack, expected[list(order)]):
            raise Wrong(
                "The right arrays in another order: mean probabilities, shares of positives, numbers."
            )
    place, empty = _places(probabilities, n_bins), number == 0
    centres = (np.arange(n_bins) + 0.5) / n_bins
    no_images = (
        "An empty bin has neither a mean nor a share: np.nan, not 0. A 0 would say that there were images."
    )
    middle = "These are the middles of the bins. Take the mean of the probabilities that lie in the bin."
    edge = "These are edges of the bins. Take the mean of the probabilities that lie in the bin."
    hits = _binned(probabilities, (probabilities >= 0.5) == positive, place, n_bins)[1]
    found = np.where(empty, np.nan, np.nan_to_num(shares) * number)
    mistakes = [
        [
            (np.nan_to_num(means), no_images),
            (np.where(empty, centres, means), "An empty bin has no mean, not its middle either: np.nan."),
            (centres, middle),
            (np.where(empty, np.nan, centres), middle),
            *((np.arange(n_bins) / n_bins + shift, edge) for shift in (0, 1 / n_bins)),
            *(
                (np.where(empty, np.nan, np.arange(n_bins) / n_bins + shift), edge)
                for shift in (0, 1 / n_bins)
            ),
            (means * number / len(positive), "Divide by the number of images in the bin, not of all images."),
        ],
        [
            (np.nan_to_num(shares), no_images),
            (1 - shares, "This is the share of negative images. The share of positive ones is asked for."),
            (
                hits,
                "This is the share of right answers at a threshold of 0.5. The share of positive images is "
                "asked for.",
            ),
            *(
                (fill(found / len(positive)), "Divide by the number of images in the bin, not of all images.")
                for fill in (np.array, np.nan_to_num)
            ),
            *(
                (
                    fill(found / max(positive.sum(), 1)),
                    "Divide by the number of images in the bin, not by that of all positive images.",
                )
                for fill in (np.array, np.nan_to_num)
            ),
            *(
                (
                    fill(found),
                    "This is the number of positive images in each bin. Divide by that of all its images.",
                )
                for fill in (np.array, np.nan_to_num)
            ),
        ],
        [
            (np.where(empty, np.nan, number), "An empty bin holds 0 images: its number is 0, not NaN."),
            (number / len(positive), "Return the number of images in each bin, not their share."),
            (np.nan_to_num(found), "This is the number of positive images. Count all images of the bin."),
        ],
    ]
    for name, array, right, wrong in zip(_RELIABILITY, arrays, expected, mistakes):
        _expect(array, right, wrong, arguments, f"This is {name}. {because}")


reliability = Check(
    _judge_reliability,
    cases=[
        (
            np.array([0.05, 0.1, 0.3, 0.35, 0.45, 0.55, 0.7, 0.8, 0.85, 0.98]),
            np.array([0, 0, 0, 1, 0, 1, 0, 1, 1, 1], bool),
            4,
            "Bin 1 holds 0.3, 0.35 and 0.45.",
        ),
        (
            np.array([0.0, 0.1, 0.5, 0.6, 0.75, 0.9, 1.0, 0.25, 0.31]),
            np.array([0, 0, 1, 0, 1, 1, 1, 0, 1], bool),
            4,
            "0.25, 0.5 and 0.75 open a bin; 1 belongs to the last one.",
        ),
        (
            np.array([0.07, 0.51, 0.12, 0.93, 0.55, 0.58, 0.97, 0.91]),
            np.array([0, 1, 0, 1, 0, 1, 1, 0], bool),
            5,
            "Bins 1 and 3 are empty: NaN, NaN and 0.",
        ),
        (
            np.array([0.33, 0.36, 0.52, 0.61]),
            np.array([0, 1, 0, 1], bool),
            3,
            "The bins run from 0 to 1, whatever the probabilities.",
        ),
    ],
    praise="Where the mean probability and the share of positives agree, the probabilities mean what they "
    "say.",
    hints=[
        "First give every image the number of its bin, an integer from 0 to n_bins - 1.",
        "(probabilities * n_bins).astype(int) rounds down, which gives the bin, but n_bins for a "
        "probability of 1: np.minimum(..., n_bins - 1) puts that into the last bin.",
        "Start with np.full(n_bins, np.nan) twice and np.zeros(n_bins, int). For each bin k that has "
        "images, fill in the means of probabilities[place == k] and of positive[place == k], and their "
        "number.",
    ],
)


def _ratio(above, below):
    """above / below, NaN where both are 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)


def _bayes(sensitivity, specificity, prevalence):
    """(PPV, NPV) by the shares of all people: sick and found, sick and missed, and so on."""
    found, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
    alarmed, cleared = (1 - specificity) * (1 - prevalence), specificity * (1 - prevalence)
    return _ratio(found, found + alarmed), _ratio(cleared, cleared + missed)


def _value_mistakes(sensitivity, specificity, prevalence):
    """For PPV, then for NPV: pairs (what the mistake gives, reason)."""
    s, c, p = np.broadcast_arrays(*(np.asarray(x, float) for x in (sensitivity, specificity, prevalence)))
    ppv, npv = _bayes(s, c, p)
    half = "This is right at a prevalence of 1/2 only: the prevalence has to enter."
    one_side = (
        "The prevalence enters on one side only: a share `prevalence` is sick, 1 - `prevalence` is healthy."
    )
    turned = "The prevalence is the share of the sick; you use it as that of the healthy."
    undefined = "Where nobody is called {}, {} is 0 / 0: return NaN, not {}."
    return (
        [
            (np.nan_to_num(ppv, nan=0), undefined.format("positive", "PPV", 0)),
            (np.nan_to_num(ppv, nan=1), undefined.format("positive", "PPV", 1)),
            (
                s,
                "This is the sensitivity: of the sick, the share called positive. PPV asks the other way "
                "round: of those called positive, the share that is sick.",
            ),
            (
                1 - ppv,
                "This is 1 - PPV, the false discovery rate: of those called positive, the share that is "
                "healthy.",
            ),
            (npv, "This is the NPV. Return the PPV first."),
            (_ratio(s, s + 1 - c), half),
            (
                _ratio(s * p, s * p + c * (1 - p)),
                "Of the healthy, a share of 1 - specificity is called positive; you take the specificity "
                "itself.",
            ),
            (_ratio(s * p, s * p + 1 - c), one_side),
            (_ratio(s, s + (1 - c) * (1 - p)), one_side),
            (_ratio(s * (1 - p), s * (1 - p) + (1 - c) * p), turned),
            (
                s * p,
                "This is the share of all people who are sick and found. Divide it by all who are called "
                "positive.",
            ),
            (
                _ratio(s * p, s * p + (1 - s) * p),
                "Those called positive are the sick who are found and the healthy who are alarmed, not the "
                "sick.",
            ),
            (100 * ppv, "Return shares in [0, 1], not percentages."),
        ],
        [
            (np.nan_to_num(npv, nan=0), undefined.format("negative", "NPV", 0)),
            (np.nan_to_num(npv, nan=1), undefined.format("negative", "NPV", 1)),
            (
                c,
                "This is the specificity: of the healthy, the share called negative. NPV asks the other way "
                "round: of those called negative, the share that is healthy.",
            ),
            (1 - npv, "This is 1 - NPV: of those called negative, the share that is sick."),
            (1 - ppv, "NPV is not 1 - PPV: it is about those called negative."),
            (_ratio(c, c + 1 - s), half),
            (
                _ratio(c * (1 - p), c * (1 - p) + s * p),
                "Of the sick, a share of 1 - sensitivity is called negative; you take the sensitivity "
                "itself.",
            ),
            (_ratio(c * (1 - p), c * (1 - p) + 1 - s), one_side),
            (_ratio(c, c + (1 - s) * p), one_side),
            (_ratio(c * p, c * p + (1 - s) * (1 - p)), turned),
            (
                c * (1 - p),
                "This is the share of all people who are healthy and called so. Divide it by all who are "
                "called negative.",
            ),
            (
                _ratio(c * (1 - p), c * (1 - p) + (1 - c) * (1 - p)),
                "Those called negative are the healthy who are cleared and the sick who are missed, not the "
                "healthy.",
            ),
            (100 * npv, "Return shares in [0, 1], not percentages."),
        ],
    )


_ANY_SHAPE = (
    "Each argument may be a number or an array, and NumPy's arithmetic takes both: write no `if` and no "
    "`float(...)` about one of them. np.where, or np.divide with `where`, can tell apart entries of an "
    "array."
)


def _judge_values(call, sensitivity, specificity, prevalence, because):
    arguments = (sensitivity, specificity, prevalence)
    expected = _bayes(*arguments)
    names = ("PPV", "NPV")
    try:
        with np.errstate(divide="warn", invalid="warn"), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            pair = _parts(call(*arguments), ("ppv", "npv"))
    except Wrong as reason:
        if "stopped with ZeroDivisionError" in str(reason):
            raise Wrong(f"{reason}. 0 / 0 should give NaN. {because}") from None
        if "stopped with" in str(reason) and any(np.ndim(argument) for argument in arguments):
            raise Wrong(f"{reason}. {_ANY_SHAPE}") from None
        raise
    arrays, shape = [numbers(part) for part in pair], expected[0].shape
    readable = all(array is not None for array in arrays)
    if readable and shape and any(array.shape != shape for array in arrays):
        raise Wrong(
            f"For arguments of shapes {', '.join(str(np.shape(argument)) for argument in arguments)} both "
            f"values should have shape {shape}; yours have {arrays[0].shape} and {arrays[1].shape}. "
            f"{_ANY_SHAPE}"
        )
    if readable and not _same(arrays[0], expected[0]):
        if _same(arrays[0], expected[1]) and _same(arrays[1], expected[0]):
            raise Wrong("Swapped: return the PPV first, then the NPV.")
    for k, mistakes in enumerate(_value_mistakes(*arguments)):
        _expect_value(call, arguments, pair[k], expected[k], mistakes, names[k], because, k)
    if any(issubclass(warning.category, RuntimeWarning) for warning in told):
        raise Wrong(
            "The values are right, but NumPy warns of a division 0 / 0. It is meant here: say so with `with "
            'np.errstate(invalid="ignore"):` around the division, or use np.divide with `where`.'
        )


def _expect_value(call, arguments, value, expected, mistakes, name, because, k):
    """`Wrong` unless the value, number `k` of what is returned, is as expected."""
    array = numbers(value)
    if array is None or _same(array, expected) or any(_same(array, mistaken) for mistaken, _ in mistakes):
        _expect(value, expected, mistakes, arguments, because)
        return
    prevalence = np.asarray(arguments[2], float)
    other = np.where(prevalence < 0.5, prevalence + 0.3, prevalence - 0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = _parts(call(*arguments[:2], other if other.ndim else float(other)), ("ppv", "npv"))[k]
    again = numbers(again)
    if again is not None and _same(array, again):
        raise Wrong(
            f"Your {name} does not change with the prevalence. It would hold for one mix of the sick and the "
            "healthy only, such as that of a test set."
        )
    _expect(value, expected, mistakes, arguments, f"This is the {name}. {because}")


predictive_values = Check(
    _judge_values,
    cases=[
        (
            0.9,
            0.75,
            0.08,
            "Of 1000 people 80 are sick and 72 of them found; of 920 healthy ones 230 are called positive.",
        ),
        (
            0.62,
            0.97,
            np.array([0.01, 0.1, 0.3, 0.5, 0.85]),
            "One PPV and one NPV for each prevalence.",
        ),
        (0.0, 1.0, 0.3, "Nobody is called positive: PPV is 0 / 0, so NaN; NPV is 0.7."),
        (1.0, 0.0, 0.3, "Nobody is called negative: NPV is 0 / 0, so NaN; PPV is 0.3."),
        (
            0.8,
            1.0,
            np.array([0.0, 0.4, 1.0]),
            "At a prevalence of 0 nobody is called positive here: that PPV is NaN, the others are 1.",
        ),
    ],
    praise="The same network at the same threshold promises different things where the disease is common "
    "and where it is rare.",
    hints=[
        "Think of 1000 people. How many are sick? How many of these are called positive? And of the healthy?",
        "As shares of all people: sensitivity * prevalence are sick and called positive, (1 - specificity) * "
        "(1 - prevalence) are healthy and called positive. PPV is the first over the sum of both.",
        "NPV likewise: specificity * (1 - prevalence) are healthy and called negative, (1 - sensitivity) * "
        "prevalence are sick and called negative.",
        "np.float64(0) / 0 is NaN and warns, 0.0 / 0.0 is an error: turn the arguments into arrays with "
        'np.asarray, and divide inside `with np.errstate(invalid="ignore"):`.',
    ],
)
