"""One class of a report: which true positives and predicted counts fit its precision, recall and F1."""

from typing import NamedTuple

import numpy as np


class Margins(NamedTuple):
    """For each possible number of true positives, the lowest and highest number of images called this class: (m,) int."""

    hits: np.ndarray
    low: np.ndarray
    high: np.ndarray


def fitting_margins(precision, recall, f1, support, n):
    """All (true positives t, predicted p) of a class that fit its row; for each t they are the whole p in a range.

    From t / p in [a, b]: t / b <= p <= t / a. From 2 t / (support + p) in [a, b]: 2 t / b <= support + p <= 2 t / a.
    Where t is 0, precision and F1 are 0 whatever p is (0 / 0 counts as 0, as in scikit-learn).

    Parameters
    ----------
    precision, recall, f1 : Interval, or None where it is not printed.
    support, n : int, images of this class and of all.

    Returns
    -------
    Margins; empty where nothing fits.
    """
    first, last = possible_hits(recall, support)
    t = np.arange(first, last + 1).astype(object)  # Python's whole numbers: they never overflow
    low, high = t, t + n - support  # every image called this class is a hit, or of another class
    for score, factor, less in ((precision, t, 0), (f1, 2 * t, support)):
        if score is None:
            continue
        at_least, at_most = _denominators(score, factor)
        low = np.maximum(low, np.where(t > 0, at_least - less, 0))
        high = np.minimum(high, np.where(t > 0, at_most - less, n if score.holds(0) else -1))
    fits = low <= high
    return Margins(*(side[fits].astype(np.int64) for side in (t, low, high)))


def possible_hits(recall, support):
    """The lowest and the highest number of hits that fit a recall (Interval or None); lowest > highest if none does."""
    if recall is None:
        return 0, support
    if not support:
        return (0, 0) if recall.holds(0) else (1, 0)
    first, last = recall.whole(support)
    return max(first, 0), min(last, support)


def _denominators(score, numerators):
    """The lowest and the highest whole d with numerator / d inside `score`, for each numerator (m,); infinity where there is
    no highest."""
    if score.high <= 0:
        return numerators + 1, numerators
    scaled = numerators * score.high.denominator
    at_least = -(-scaled // score.high.numerator)
    if not score.high_belongs:
        at_least = at_least + (at_least * score.high.numerator == scaled)
    if score.low <= 0:
        return at_least, np.full(len(numerators), np.inf, object)
    scaled = numerators * score.low.denominator
    at_most = scaled // score.low.numerator
    if not score.low_belongs:
        at_most = at_most - (at_most * score.low.numerator == scaled)
    return at_least, at_most
