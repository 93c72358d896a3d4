"""Shares and means of whole numbers: the interval of an accuracy, and GRIM."""

import numpy as np

from helpers import evaluation
from helpers.audit.rounding import before_rounding, throughout


def interval_for_accuracy(right, n, *, patients=None, level=0.95, seed=7):
    """An accuracy with its interval.

    Parameters
    ----------
    right, n : images predicted rightly, and all. Numbers: Wilson's interval, as if every image came from a patient of its
        own. (p,) of each patient: whole patients are drawn anew (`evaluation.bootstrap`).
    patients : how many patients, where no more is known: the widest interval, as if all images of a patient were right or
        wrong together (Wilson with n = patients). The truth lies between it and the interval by image.
    level : of confidence. seed : of the bootstrap.

    Returns
    -------
    helpers.evaluation.Estimate(value, low, high).

    Raises
    ------
    ValueError : right above n, no image, more patients than images, or counts by patient together with `patients`.

    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*interval_for_accuracy(24, 32)))  # document 003, recall of Severe
    0.75 (0.58 to 0.87)
    """
    right, n = np.asarray(right, float), np.asarray(n, float)
    if right.shape != n.shape or not ((right >= 0) & (right <= n) & (n > 0)).all() or right.ndim > 1:
        raise ValueError(
            "right and n must be numbers of images, 0 <= right <= n and 0 < n; or one of each per patient"
        )
    if right.ndim:
        if patients is not None:
            raise ValueError("either the counts of each patient, or the number of patients, not both")
        return evaluation.bootstrap(
            lambda index: right[index].sum() / n[index].sum(), np.arange(len(right)), seed=seed, level=level
        )
    if patients is None:
        return evaluation.wilson(right, n, level)
    if not 1 <= patients <= n:
        raise ValueError(f"the number of patients must lie between 1 and n = {n:g}; got {patients}")
    return evaluation.wilson(right / n * patients, patients, level)


def grim(mean, n, decimals=2, *, items=1, rounding="any"):
    """Whether a printed mean of whole numbers is possible (GRIM: granularity-related inconsistency of means).

    Some whole number over n items must lie in what was rounded to the mean. From n items = 10^decimals on, every mean is
    possible, and the test shows nothing (`power`).

    Parameters
    ----------
    mean : as printed. n : how many values. items : of how many whole numbers each value is the mean (of a questionnaire).
    decimals, rounding : as in `before_rounding`; "any": to the nearest or cut off.

    Returns
    -------
    bool.

    References
    ----------
    N. J. L. Brown, J. A. J. Heathers, The GRIM test: a simple technique detects numerous anomalies in the reporting of
    results in psychology, Social Psychological and Personality Science 8 (2017) 363-369.

    >>> grim(5.19, 28), grim(5.18, 28)  # the paper's example
    (False, True)
    """
    for name, value in (("n", n), ("items", items)):
        if value != int(value) or value < 1:
            raise ValueError(f"{name} must be a whole number, 1 or more, not {value!r}")
    ends = [before_rounding(mean, decimals, way).whole(int(n) * int(items)) for way in throughout(rounding)]
    return any(low <= high for low, high in ends)
