"""One class of a report: which true positives and predicted counts fit its precision, recall and F1."""

from typing import NamedTuple

import numpy as np

from helpers.audit.rounding import Interval


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
    rows = []
    for t in range(first, last + 1):
        low, high = t, t + n - support  # every image called this class is a hit, or of another class
        for score, factor, less in ((precision, t, 0), (f1, 2 * t, support)):
            if score is None:
                continue
            if t == 0:
                low, high = (low, high) if score.holds(0) else (1, 0)
                continue
            at_least, at_most = _denominators(score, factor)
            low = max(low, at_least - less)
            high = high if at_most is None else min(high, at_most - less)
        if low <= high:
            rows.append((t, low, high))
    return Margins(*np.array(rows, np.int64).reshape(-1, 3).T)


def possible_hits(recall, support):
    """The lowest and the highest number of hits that fit a recall (Interval or None); lowest > highest if none does."""
    if recall is None:
        return 0, support
    if not support:
        return (0, 0) if recall.holds(0) else (1, 0)
    first, last = recall.whole(support)
    return max(first, 0), min(last, support)


def _denominators(score, numerator):
    """The lowest and the highest whole d with numerator / d inside `score`; None where there is no highest."""
    inverse = (
        Interval(1 / score.high, 1 / score.low, score.high_belongs, score.low_belongs)
        if score.low > 0
        else None
    )
    if inverse is not None:
        return Interval(inverse.low * numerator, inverse.high * numerator, *inverse[2:]).whole()
    if score.high <= 0:
        return 1, 0
    at_least = numerator / score.high
    return int(-(-at_least // 1) + (at_least % 1 == 0 and not score.high_belongs)), None
