"""Lesson 03, exercise 4: `reliability`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, numbers, same
from helpers.checks.lesson03.shared import parts_of

_NAMES = ("mean_probability", "share_of_positives", "number_of_images")


def _places(probabilities, n_bins):
    """The bin of each probability, from 0."""
    return np.digitize(probabilities, np.arange(1, n_bins) / n_bins)


def _binned(probabilities, positive, place, n_bins):
    """Mean probability, share of positives and number of the images in each bin; what has a place elsewhere
    is lost."""
    members = [place == k for k in range(n_bins)]

    def average(values):
        return np.array([values[here].mean() if here.any() else np.nan for here in members])

    return np.array([average(probabilities), average(positive), [here.sum() for here in members]])


def _other_bins(p, n_bins):
    """Pairs (bin of each probability, reason)."""
    inner = np.arange(1, n_bins) / n_bins
    right = np.digitize(p, inner, right=True)
    upper = "An edge belongs to the bin above it: bin k holds k / n_bins and ends before (k + 1) / n_bins."
    equal = "Your bins hold equally many images. All bins should be equally wide, 1 / n_bins each."
    own = np.linspace(p.min(), p.max(), n_bins + 1)[1:-1]
    return [
        (
            np.where(p == 1, -1, _places(p, n_bins)),
            "A probability of 1 falls off: 1 belongs to the last bin.",
        ),
        (right, upper),
        (np.where(p == 0, -1, right), upper),
        (np.argsort(np.argsort(p, kind="stable")) * n_bins // len(p), equal),
        (np.digitize(p, np.quantile(p, inner)), equal),
        (np.digitize(p, own), "Your bins begin at the lowest probability. They run from 0 to 1, always."),
    ]


def _mistakes(means, shares, number, n_bins):
    """For each of the three arrays: pairs (what the mistake gives, reason)."""
    nothing = (
        "An empty bin has neither a mean nor a share: np.nan, not 0. A 0 would say that there were images."
    )
    middle = "These are the middles of the bins. Take the mean of the probabilities that lie in the bin."
    centres = (np.arange(n_bins) + 0.5) / n_bins
    of_all = (shares * number / number.sum(), "Divide by the number of images in the bin, not of all images.")
    negative = (1 - shares, "This is the share of negative images. The share of positive ones is asked for.")
    found = (
        np.nan_to_num(shares) * number,
        "This is the number of positive images. Count all images of the bin.",
    )
    only_filled = (np.where(number == 0, np.nan, centres), middle)
    return (
        [(np.nan_to_num(means), nothing), (centres, middle), only_filled],
        [(np.nan_to_num(shares), nothing), negative, of_all],
        [found],
    )


def _judge(call, probabilities, positive, n_bins, because):
    arguments = (probabilities, positive, n_bins)
    parts = parts_of(call(*arguments), _NAMES)
    expected = _binned(probabilities, positive, _places(probabilities, n_bins), n_bins)
    arrays = [numbers(part) for part in parts]
    if any(array is None for array in arrays):
        raise Wrong("Return three arrays of numbers; where a bin is empty, np.nan, np.nan and 0.")
    if all(array.shape == (n_bins,) for array in arrays):
        if same(np.array(arrays), expected):
            return
        for place, reason in _other_bins(probabilities, n_bins):
            if same(np.array(arrays), _binned(probabilities, positive, place, n_bins)):
                raise Wrong(reason)
        if same(np.array(sorted(map(tuple, arrays))), np.array(sorted(map(tuple, expected)))):
            raise Wrong("The right arrays in another order: means, shares of positives, numbers.")
    filled = (int((expected[2] > 0).sum()),)
    shapes = [
        (filled, "Empty bins have been dropped. They keep their places, with NaN, NaN and 0."),
        ((n_bins + 1,), "There are n_bins bins and n_bins + 1 edges; a probability of 1 is in the last bin."),
    ]
    wrong = _mistakes(*expected, n_bins)
    for name, array, right, mistakes in zip(_NAMES, arrays, expected, wrong):
        expect(array, right, shapes, mistakes, arguments, f"This is {name}. {because}")


def _case(probabilities, positive, n_bins, because):
    """From texts: probabilities with spaces between, positives as 0 and 1."""
    values = np.array([float(one) for one in probabilities.split()])
    return values, np.array([one == "1" for one in positive]), n_bins, because


reliability = Check(
    _judge,
    cases=[
        _case("0.05 0.1 0.3 0.35 0.45 0.55 0.7 0.8 0.85 0.98", "0001010111", 4, "Bin 1 holds 0.3 to 0.45."),
        _case(
            "0 0.1 0.5 0.6 0.75 0.9 1 0.25 0.31",
            "001011101",
            4,
            "0.25, 0.5, 0.75 open a bin; 1 is in the last.",
        ),
        _case(
            "0.07 0.51 0.12 0.93 0.55 0.58 0.97 0.91",
            "01010110",
            5,
            "Bins 1 and 3 are empty: NaN, NaN and 0.",
        ),
        _case("0.33 0.36 0.52 0.61", "0101", 3, "The bins run from 0 to 1, whatever the probabilities."),
    ],
    praise="Where the mean probability and the share of positives agree, the probabilities mean what they "
    "say.",
    hints=[
        "First give every image the number of its bin, an integer from 0 to n_bins - 1.",
        "(probabilities * n_bins).astype(int) rounds down, which gives the bin, but n_bins for a probability of "
        "1: np.minimum(..., n_bins - 1) puts that into the last bin.",
        "Start with np.full(n_bins, np.nan) twice and np.zeros(n_bins, int). For each bin k with images, fill in "
        "the means of probabilities[place == k] and of positive[place == k], and their number.",
    ],
)
