"""Lesson 03, exercise 4: `reliability`."""

from itertools import permutations

import numpy as np

from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson03.shared import expect, parts_of, same


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
    parts = parts_of(call(*arguments), _RELIABILITY)
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
    if same(stack, expected):
        return
    for place, reason in _bin_mistakes(probabilities, n_bins):
        if same(stack, _binned(probabilities, positive, place, n_bins)):
            raise Wrong(reason)
    for order in permutations(range(3)):
        if same(stack, expected[list(order)]):
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
        expect(array, right, wrong, arguments, f"This is {name}. {because}")


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
