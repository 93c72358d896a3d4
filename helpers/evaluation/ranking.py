"""How well a score ranks positives above negatives."""

import numpy as np
from scipy.stats import rankdata

from helpers import arguments


def roc_curve(scores, positive):
    """Receiver operating characteristic: both rates at every threshold, from the strictest to the laxest.

    An image counts as called positive if its score is at or above the threshold.

    Parameters
    ----------
    scores : (n,) float, finite. positive : (n,) bool, or 0 and 1.

    Returns
    -------
    false_positive_rate, true_positive_rate, thresholds : (m,) float each. The first point is (0, 0), at an infinite
        threshold; the last is (1, 1).

    Raises
    ------
    ValueError : lengths that differ, scores that are not finite, no truth values (-1 and 1, text, classes), or only one kind of image: one of the rates would be
        0 / 0.
    """
    scores, positive = _checked(scores, positive)
    if positive.all() or not positive.any():
        raise ValueError(
            f"a ROC curve needs positives and negatives; got {positive.sum()} and {np.count_nonzero(~positive)}"
        )
    order = np.argsort(-scores, kind="stable")
    last_of_its_score = np.r_[np.flatnonzero(np.diff(scores[order])), len(scores) - 1]
    true_positives = np.cumsum(positive[order])[last_of_its_score]
    false_positives = np.cumsum(~positive[order])[last_of_its_score]
    return (
        np.r_[0, false_positives / false_positives[-1]],
        np.r_[0, true_positives / true_positives[-1]],
        np.r_[np.inf, scores[order][last_of_its_score]],
    )


def auc(scores, positive):
    """Area under the ROC curve: the chance that a positive scores higher than a negative; a tie counts one half.

    The Mann-Whitney statistic over the number of pairs, from ranks.

    Parameters
    ----------
    scores : (n,) float. positive : (n,) bool, or 0 and 1.

    Returns
    -------
    float in [0, 1]; NaN if one kind is missing.

    Raises
    ------
    ValueError : lengths that differ, scores that are not finite, or no truth values (-1 and 1, text, classes).

    References
    ----------
    J. A. Hanley, B. J. McNeil, The meaning and use of the area under a ROC curve, Radiology 143 (1982) 29-36.
    """
    scores, positive = _checked(scores, positive)
    n_positive, n_negative = np.count_nonzero(positive), np.count_nonzero(~positive)
    if not n_positive or not n_negative:
        return float("nan")
    rank_sum = rankdata(scores)[positive].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def _checked(scores, positive):
    """Scores as float and `positive` as bool, of one length; or `ValueError`."""
    scores, positive = np.asarray(scores, float), arguments.truth_values(positive)
    if scores.ndim != 1 or scores.shape != positive.shape:
        raise ValueError(f"expected one score per image; got shapes {scores.shape} and {positive.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(scores))} of {len(scores)} scores are not finite")
    return scores, positive
