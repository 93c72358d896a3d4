"""Checks of lesson 03, in the order of its exercises. No TensorFlow here."""

from math import prod

import numpy as np

from helpers.checks.comparing import comparing
from helpers.checks.feedback import Check
from helpers.checks.score import Score

_MEAN_COLOUR = np.array([103.939, 116.779, 123.68])  # of ImageNet, from 0 to 255: blue, green, red


def _colours(images):
    return np.repeat(images.astype(float)[..., None], 3, axis=-1)


def prepared(images, network):
    """Images (n, h, w) in [0, 1] as the network was trained to see them."""
    colours = _colours(images)
    if network == "EfficientNetB0":
        return 255 * colours
    if network == "ResNet50":
        return 255 * colours - _MEAN_COLOUR
    return 2 * colours - 1


def _prepare_mistakes(images, network):
    colours, right = _colours(images), prepared(images, network)
    bright = 255 * colours
    yield right[..., 0], "The grey channel is to be repeated, three times in all."
    yield right[..., :1], "The grey channel is to be repeated, three times in all."
    yield np.moveaxis(right, -1, 1), "In Keras the channels come last."
    if network == "EfficientNetB0":
        for mistaken in (colours, colours / 255, 2 * colours - 1):
            yield mistaken, "EfficientNetB0 divides by 255 itself: it is to get pixels from 0 to 255."
    elif network == "ResNet50":
        yield bright - _MEAN_COLOUR[::-1], "The means are in the order red, green, blue. Blue is first."
        for mistaken in (colours - _MEAN_COLOUR, 255 * (colours - _MEAN_COLOUR)):
            yield mistaken, "The means are on the scale from 0 to 255. Multiply the pixels by 255 first."
        yield bright, "The mean colour of the images that ResNet50 was trained on has not been subtracted."
    else:
        yield colours, f"The pixels still run from 0 to 1; {network} was trained on pixels from -1 to 1."
        yield bright, f"The pixels run from 0 to 255; {network} was trained on pixels from -1 to 1."
        yield colours / 127.5 - 1, "x / 127.5 - 1 is for pixels from 0 to 255; yours run from 0 to 1."


def _images(seed, shape):
    """Images that reach neither black nor white."""
    return np.random.default_rng(seed).uniform(0.04, 0.93, shape)


prepare = Check(
    comparing(prepared, _prepare_mistakes, tolerance=1e-3),
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
        "For ResNet50 subtract np.array([103.939, 116.779, 123.68]) from 255 times the images: NumPy applies it "
        "to the last axis, the channels.",
    ],
)


def counted(layers, frozen, mistake=None):
    """(trainable, not trainable) parameters, by the definition or with a typical mistake."""
    trainable = fixed = 0
    for name, kind, shapes in layers:
        norm = kind == "batch_norm"
        sizes = [prod(shape) for shape in shapes[: 1 if mistake == "no biases" and not norm else None]]
        learnt = sizes[:2] if norm and mistake != "moving trained" else sizes
        stays = name in frozen and mistake != "frozen ignored"
        stays ^= mistake == "inverted"
        if stays or (norm and mistake == "norm fixed"):
            learnt = []
        trainable += sum(learnt)
        fixed += 0 if mistake == "moving lost" and norm and not stays else sum(sizes) - sum(learnt)
    return trainable, fixed


_PARAMETER_MISTAKES = {
    "moving trained": "Moving mean and variance are counted as trainable. No gradient changes them.",
    "frozen ignored": "`frozen` is ignored: none of the parameters of a layer that it names is trained.",
    "inverted": "`frozen` names the layers that are not trained; you train these, and no others.",
    "norm fixed": "Of a batch normalisation that is not frozen, gamma and beta are trained.",
    "moving lost": "Moving mean and variance are missing: they are parameters that are not trained.",
    "no biases": "The biases are missing: count all of a layer's shapes, not only the first.",
}


def _parameter_mistakes(layers, frozen):
    trainable, fixed = counted(layers, frozen)
    yield (trainable, trainable + fixed), "The second number is of those not trained, not of all."
    for mistake, reason in _PARAMETER_MISTAKES.items():
        yield counted(layers, frozen, mistake), reason


_NETWORK = [
    ("block1", "conv", [(3, 3, 1, 8), (8,)]),
    ("norm1", "batch_norm", [(8,)] * 4),
    ("block10", "conv", [(3, 3, 8, 12)]),
    ("norm10", "batch_norm", [(12,)] * 4),
    ("logits", "dense", [(12, 5), (5,)]),
]
_SMALL = [("block1", "conv", [(3, 3, 2, 8), (8,)]), ("logits", "dense", [(8, 3), (3,)])]
_WHOLE = "A frozen batch normalisation trains nothing. Compare whole names: block10 is not frozen."
_SIZES = "The convolution has 3 x 3 x 2 x 8 weights and 8 biases, the dense layer 8 x 3 weights and 3 biases."

trainable_parameters = Check(
    comparing(
        lambda layers, frozen: counted(layers, frozen),
        _parameter_mistakes,
        returns=("trainable", "not_trainable"),
    ),
    cases=[
        (_NETWORK, ["block1", "norm1"], _WHOLE),
        (_NETWORK[:2], set(), "Nothing is frozen, and yet a moving mean and variance are not trained."),
        (_NETWORK, {"block10", "norm10"}, "Compare whole names."),
        (_NETWORK, {"block1", "norm10"}, "Compare whole names."),
        (_SMALL, {"block1"}, _SIZES),
    ],
    praise="These are the numbers that Keras reports, and that decide how much can be learnt anew.",
    hints=[
        "One array of weights holds as many numbers as the product of the sides of its shape: np.prod(shape).",
        "Go through the layers and keep two sums. `name in frozen` decides to which of them a layer adds.",
        'Except for "batch_norm": of a layer that is not frozen, shapes[:2] add to the first sum and shapes[2:] '
        "to the second.",
    ],
)


def reaching(scores, positive, wanted):
    """The highest score of a positive image at or above which a share of at least `wanted` of them lies."""
    return max(t for t in scores[positive] if (scores[positive] >= t).mean() >= wanted)


def _threshold_mistakes(scores, positive, wanted):
    ours, others = np.sort(scores[positive])[::-1], scores[~positive]
    n, once = len(ours), np.unique(ours)[::-1]
    for of_all in (*np.quantile(scores, [1 - wanted, wanted]), reaching(scores, scores == scores, wanted)):
        yield of_all, "This is about all scores. Sensitivity is a share of the positive images."
    yield np.quantile(ours, 1 - wanted), "np.quantile interpolates between two scores. Sort them, and count."
    yield ours[max(int(wanted * n), 1) - 1], f"You round down: {wanted:g} of {n} is {wanted * n:g}."
    for lowest in (ours[-1], scores.min()):
        yield lowest, "This is low enough for every sensitivity, not the highest."
    healthy = [t for t in np.unique(scores) if len(others) and (others < t).mean() >= wanted]
    yield min(healthy, default=np.nan), "This is right for the specificity."
    yield once[int(np.ceil(wanted * len(once))) - 1], "Equal scores are counted once. Every image counts."
    yield from ((t, _EXACTLY) for t in ours if t < reaching(scores, positive, wanted))


_EXACTLY = (
    "A higher threshold does as well: an image whose score equals the threshold is positive (>=), and a sensitivity "
    "of exactly `wanted` is enough."
)


def _threshold_case(ours, others, wanted, because):
    """From two texts, the scores of positive and of other images: one array, in mixed order."""
    scores = np.array([float(one) for one in f"{ours} {others}".split()])
    order = np.random.default_rng(len(scores)).permutation(len(scores))
    return scores[order], order < len(ours.split()), wanted, because


_OURS, _OTHERS = "0.88 0.82 0.71 0.64 0.52 0.37 0.21", "0.85 0.74 0.6 0.44 0.3 0.26 0.14 0.08"
_EQUAL = ("0.9 0.8 0.8 0.8 0.8 0.6 0.5 0.2", "0.8 0.7 0.55 0.4 0.3 0.1")

threshold_for_sensitivity = Check(
    comparing(reaching, _threshold_mistakes, tolerance=1e-12),
    cases=[
        _threshold_case(f"0.93 {_OURS}", _OTHERS, 0.75, "6 of 8 positive images are wanted."),
        _threshold_case(_OURS, _OTHERS, 0.75, "0.75 of 7 positive images is 5.25: 6 are wanted."),
        _threshold_case(*_EQUAL, 0.5, "Images with the same score are predicted positive together."),
        _threshold_case(
            f"0.93 {_OURS}", _OTHERS, 1.0, "For a sensitivity of 1 no positive image may be missed."
        ),
        _threshold_case("0.2 0.35 0.4", "0.1 0.3 0.9", 0.3, "One of three positive images is enough."),
    ],
    praise="This threshold finds as many positive images as wanted, and predicts no more positive than that takes.",
    hints=[
        "Sensitivity is about the positive images only: go on with scores[positive].",
        "Sort them from high to low. With the k-th score as threshold, at least k of them are predicted positive.",
        "Which is the smallest k with k / n >= wanted? Its score is the threshold.",
        "Without sorting: for every positive score t, take (scores[positive] >= t).mean(). Of the t where this is "
        "at least wanted, return the highest.",
    ],
)


def places(probabilities, n_bins):
    """The bin of each probability, from 0."""
    return np.digitize(probabilities, np.arange(1, n_bins) / n_bins)


def binned(probabilities, positive, n_bins, place=None):
    """Mean probability, share of positives and number of the images in each bin; what has another `place` is
    counted there, or lost."""
    place = places(probabilities, n_bins) if place is None else place
    members = [place == k for k in range(n_bins)]

    def average(values):
        return np.array([values[here].mean() if here.any() else np.nan for here in members])

    return average(probabilities), average(positive), np.array([here.sum() for here in members])


def _bin_mistakes(p, positive, n_bins):
    means, shares, number = binned(p, positive, n_bins)
    inner, empty = np.arange(1, n_bins) / n_bins, number == 0
    above = np.digitize(p, inner, right=True)
    for place, reason in (
        (np.where(p == 1, -1, places(p, n_bins)), "A probability of 1 falls off: 1 belongs to the last bin."),
        (
            above,
            "An edge belongs to the bin above it: bin k holds k / n_bins, and ends before the next edge.",
        ),
        (np.argsort(np.argsort(p, kind="stable")) * n_bins // len(p), "Your bins hold equally many images."),
        (
            np.digitize(p, np.quantile(p, inner)),
            "Your bins hold equally many images: make them equally wide.",
        ),
        (
            np.digitize(p, np.linspace(p.min(), p.max(), n_bins + 1)[1:-1]),
            "The bins run from 0 to 1, always.",
        ),
    ):
        yield binned(p, positive, n_bins, place), reason
    kept = (means[~empty], shares[~empty], number[~empty])
    yield kept, "Empty bins have been dropped. They keep their places, with NaN, NaN and 0."
    filled = np.nan_to_num(means), np.nan_to_num(shares)
    for zeros in ((*filled, None), (None, filled[1], None)):
        yield zeros, "An empty bin has neither a mean nor a share: np.nan, not 0."
    centres = (np.arange(n_bins) + 0.5) / n_bins
    for middle in (centres, np.where(empty, np.nan, centres)):
        yield (middle, None, None), "These are the middles of the bins, not means."
    yield (None, 1 - shares, None), "This is the share of negative images."
    yield (None, shares * number / len(p), None), "Divide by the images in the bin, not of all images."
    yield (None, None, filled[1] * number), "Count all images of the bin, not the positive ones."


def _bin_case(probabilities, positive, n_bins, because):
    """From texts: probabilities with spaces between, positives as 0 and 1."""
    values = np.array([float(one) for one in probabilities.split()])
    return values, np.array([one == "1" for one in positive]), n_bins, because


_INSIDE, _MIXED = "0.05 0.1 0.3 0.35 0.45 0.55 0.7 0.8 0.85 0.98", "0.07 0.51 0.12 0.93 0.55 0.58 0.97 0.91"
_AT_EDGES, _OPEN = "0 0.1 0.5 0.6 0.75 0.9 1 0.25 0.31", "0.25, 0.5 and 0.75 open a bin; 1 is in the last."

reliability = Check(
    comparing(
        lambda probabilities, positive, n_bins: binned(probabilities, positive, n_bins),
        _bin_mistakes,
        returns=("mean_probability", "share_of_positives", "number_of_images"),
    ),
    cases=[
        _bin_case(_INSIDE, "0001010111", 4, "Bin 1 holds 0.3 to 0.45."),
        _bin_case(_AT_EDGES, "001011101", 4, _OPEN),
        _bin_case(_MIXED, "01010110", 5, "Bins 1 and 3 are empty: NaN, NaN and 0."),
        _bin_case("0.33 0.36 0.52 0.61", "0101", 3, "The bins run from 0 to 1, whatever the probabilities."),
    ],
    praise="Where the mean probability and the share of positives agree, the probabilities mean what they say.",
    hints=[
        "First give every image the number of its bin, an integer from 0 to n_bins - 1.",
        "(probabilities * n_bins).astype(int) rounds down, which gives the bin, but n_bins for a probability of "
        "1: np.minimum(..., n_bins - 1) puts that into the last bin.",
        "Start with np.full(n_bins, np.nan) twice and np.zeros(n_bins, int). For each bin k with images, fill in "
        "the means of probabilities[place == k] and of positive[place == k], and their number.",
    ],
)


def _share(part, rest):
    """part / (part + rest), NaN where both are 0."""
    part, total = np.broadcast_arrays(np.asarray(part, float), np.add(part, rest))
    return np.divide(part, total, out=np.full(part.shape, np.nan), where=total > 0)


def bayes(sensitivity, specificity, prevalence):
    """(PPV, NPV) by the shares of all people: sick and found, healthy and alarmed, and so on."""
    s, c, p = np.broadcast_arrays(*(np.asarray(one, float) for one in (sensitivity, specificity, prevalence)))
    return _share(s * p, (1 - c) * (1 - p)), _share(c * (1 - p), (1 - s) * p)


def _value_mistakes(s, c, p):
    ppv, npv = bayes(s, c, p)
    own = "a share of those predicted so. Bayes' rule turns the one into the other."
    for zero in (
        (np.nan_to_num(ppv), None),
        (None, np.nan_to_num(npv)),
        (np.nan_to_num(ppv), np.nan_to_num(npv)),
    ):
        yield zero, "Where nobody is predicted so, the value is 0 / 0: return NaN, not 0."
    yield (s + 0 * ppv, None), f"This is the sensitivity, a share of the truly positive. PPV is {own}"
    yield (None, c + 0 * npv), f"This is the specificity, a share of the truly negative. NPV is {own}"
    yield (1 - ppv, None), "This is 1 - PPV, the share of false alarms among the alarms."
    yield (None, 1 - npv), "This is 1 - NPV, the share of the sick among those predicted negative."
    for half in ((_share(s, 1 - c), None), (None, _share(c, 1 - s))):
        yield (
            tuple(one if one is None else one + 0 * ppv for one in half),
            "This is right at a prevalence of 1/2 only.",
        )
    for side in ((_share(s * p, 1 - c), None), (None, _share(c * (1 - p), 1 - s))):
        yield side, "The prevalence enters on one side only: p are sick, and 1 - p are healthy."
    yield (s * p, c * (1 - p)), "These are shares of all people. Divide by all who are predicted so."
    yield (100 * ppv, 100 * npv), "Return shares in [0, 1], not percentages."


_PEOPLE = "Of 1000 people 80 are sick, 72 of them found; of 920 healthy ones 230 are alarmed."
_EACH = "One PPV and one NPV for each prevalence: arguments may be numbers or arrays, so write no `if` about them."

predictive_values = Check(
    comparing(bayes, _value_mistakes, returns=("ppv", "npv")),
    cases=[
        (0.9, 0.75, 0.08, _PEOPLE),
        (0.62, 0.97, np.array([0.01, 0.1, 0.3, 0.5, 0.85]), _EACH),
        (0.0, 1.0, 0.3, "Nobody is predicted positive: PPV is 0 / 0, so NaN; NPV is 0.7."),
        (1.0, 0.0, 0.3, "Nobody is predicted negative: NPV is 0 / 0, so NaN; PPV is 0.3."),
        (
            0.8,
            1.0,
            np.array([0.0, 0.4, 1.0]),
            "At prevalence 0 nobody is predicted positive: that PPV is NaN.",
        ),
    ],
    praise="The same network at the same threshold promises different things where the disease is rare.",
    hints=[
        "Think of 1000 people. How many are sick? How many of these are predicted positive? And of the healthy?",
        "As shares of all people: sensitivity * prevalence are sick and predicted positive, (1 - specificity) * "
        "(1 - prevalence) are healthy and predicted positive. PPV is the first over the sum of both.",
        "NPV likewise: specificity * (1 - prevalence) are healthy and predicted negative, (1 - sensitivity) * "
        "prevalence are sick and predicted negative.",
        "0.0 / 0.0 is an error in plain Python and NaN (with a warning) in NumPy: use np.asarray first.",
    ],
)

score = Score(
    "03",
    dict(prepare=2, trainable_parameters=2, threshold_for_sensitivity=3, reliability=2, predictive_values=3),
)
