"""What averaged precision, recall, F1 and accuracy allow each other: bounds that hold for any confusion matrix."""

import itertools

import numpy as np

from helpers.audit.printed import AVERAGINGS, counts, interval
from helpers.audit.rounding import throughout

MOST_CLASSES = 10  # beyond, the bounds that hold for any number of classes are taken


def f1_bounds(
    precision, recall, averaging=None, support=None, *, classes=None, decimals=None, rounding="nearest"
):
    """The lowest and the highest F1 that can stand beside an averaged precision and recall.

    The classes' F1 is the harmonic mean h(p, r) = 2 p r / (p + r), concave and increasing in both. So its average is at
    most h of the averages (Jensen), and at least what it is at a corner of all (p_i), (r_i) with these averages: all 0 or 1,
    but for one precision and one recall. For any classes and weights it is at least precision + recall - 1.

    Parameters
    ----------
    precision, recall : shares in [0, 1].
    averaging : None, of one class; "macro" (with `classes` or `support`), "weighted" (with `support`); without them, or with
        more than 10 classes, bounds that hold for any; "micro" (precision = recall = F1).
    support : (k,) images per class. classes : number of classes, where the support is not known.
    decimals : of precision and recall as printed, or a pair of both; the bounds then hold for all that may have been rounded
        so. None: exact.
    rounding : one of ROUNDINGS.

    Returns
    -------
    (low, high) floats; (nan, nan) where precision and recall exclude each other (micro).

    References
    ----------
    J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv 1911.03347 (2019), for the F1 of averages, which is h here.

    >>> for averaging in ("macro", "weighted"):  # document 002, which prints 0.9934
    ...     bounds = f1_bounds(0.9958, 0.9956, averaging, (3709, 5077, 1377, 2283), decimals=4)
    ...     print("{:.5f} {:.5f}".format(*bounds))
    0.99561 0.99575
    0.99558 0.99575
    """
    if averaging not in (None, *AVERAGINGS):
        raise ValueError(f"averaging must be one of {', '.join(AVERAGINGS)} or None, not {averaging!r}")
    support = None if support is None else counts(support)
    decimals = decimals if isinstance(decimals, tuple) else (decimals, decimals)
    ends = [_ends(value, places, rounding) for value, places in zip((precision, recall), decimals)]
    bounds = [_f1_bounds(p, r, averaging, support, classes) for p, r in zip(*ends)]
    lows, highs = zip(*bounds)
    if np.isnan(lows).all():
        return float("nan"), float("nan")
    return float(np.nanmin(lows)), float(np.nanmax(highs))


def accuracy_bounds(recall, averaging, support, *, decimals=None, rounding="nearest"):
    """The lowest and the highest accuracy that can stand beside an averaged recall.

    Weighted and micro recall are the accuracy. A macro recall R of k classes is k R classes that are recognised whole: the
    smallest at worst, the largest at best.

    Parameters
    ----------
    As in `f1_bounds`.

    Returns
    -------
    (low, high) floats.

    >>> "{:.4f} {:.4f}".format(*accuracy_bounds(0.2504, "macro", (3709, 5077, 1377, 2283)))  # document 000: 0.9982
    '0.1109 0.4084'
    """
    if averaging not in AVERAGINGS:
        raise ValueError(f"averaging must be one of {', '.join(AVERAGINGS)}, not {averaging!r}")
    lows, highs = zip(*_ends(recall, decimals, rounding))
    if averaging != "macro":
        return min(lows), max(highs)
    support = counts(support)
    weights = np.sort(support) / support.sum()
    whole = np.arange(len(support))
    low = np.clip(min(lows) * len(support) - whole, 0, 1) @ weights
    high = np.clip(max(highs) * len(support) - whole, 0, 1) @ weights[::-1]
    return float(low), float(high)


def harmonic_mean(p, r):
    """2 p r / (p + r), 0 where both are 0."""
    p, r = np.asarray(p, float), np.asarray(r, float)
    return 2 * p * r / np.where(p + r > 0, p + r, 1)


def _f1_bounds(p, r, averaging, support, classes):
    """Bounds from the ends (low, high) of precision and of recall."""
    low, high = float(harmonic_mean(p[0], r[0])), float(harmonic_mean(p[1], r[1]))
    if averaging is None:
        return low, high
    if averaging == "micro":
        low, high = max(p[0], r[0]), min(p[1], r[1])
        return (low, high) if low <= high else (np.nan, np.nan)
    k = classes if support is None else len(support)
    weights = support / support.sum() if averaging == "weighted" and support is not None else None
    if averaging == "macro" and k:
        weights = np.full(k, 1 / k)
    if weights is None or len(weights) > MOST_CLASSES:
        return max(0.0, p[0] + r[0] - 1), high
    weights = weights[weights > 0]
    precisions, recalls = _corners(p[0], weights), _corners(r[0], weights)
    if averaging == "macro":
        precisions = precisions[:1]  # all others are this one with the classes in another order
    lowest = min(float((harmonic_mean(corner, recalls) @ weights).min()) for corner in precisions)
    return lowest, high


def _corners(average, weights):
    """(m, k): all shares with this weighted average that are 0 or 1 but for one class."""
    corners = []
    for ones in itertools.product((0.0, 1.0), repeat=len(weights)):
        rest = average - np.dot(ones, weights)
        for j in np.flatnonzero((np.array(ones) == 0) & (weights >= rest - 1e-12)) if rest >= -1e-12 else ():
            corner = np.array(ones)
            corner[j] = np.clip(rest / weights[j], 0, 1)
            corners.append(corner)
    return np.array(corners) if corners else np.ones((1, len(weights)))


def _ends(value, decimals, rounding):
    """[(low, high)] of what may have been printed so, one for each rounding asked about."""
    if decimals is None:
        if not 0 <= value <= 1:
            raise ValueError(f"expected a share in [0, 1], got {value}")
        return [(float(value), float(value))] * len(throughout(rounding))
    found = [interval(value, decimals, way) for way in throughout(rounding)]
    return [(max(0.0, float(one.low)), min(1.0, float(one.high))) for one in found]
