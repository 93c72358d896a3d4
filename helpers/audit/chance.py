"""What a classifier scores that knows nothing: chance agreement, the majority class, z of kappa."""

from typing import NamedTuple

import numpy as np

from helpers.audit.printed import counts

AT_CHANCE = 2.58  # |z of kappa|, two-sided 1 %


def expected_agreement(labels, predictions):
    """The accuracy to expect if labels and predictions had nothing to do with each other.

    sum over classes of p(label = k) p(prediction = k): the chance agreement of Cohen's kappa.

    Parameters
    ----------
    labels, predictions : (n,) both numbers or both text; the lengths may differ.

    Raises
    ------
    ValueError : none of either, numbers beside text, NaN.

    References
    ----------
    J. Cohen, A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20 (1960) 37-46.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if not labels.size or not predictions.size:
        raise ValueError("needs at least one label and one prediction")
    if (labels.dtype.kind in "biuf") != (predictions.dtype.kind in "biuf"):
        raise ValueError(
            f"labels are {labels.dtype}, predictions {predictions.dtype}: no two would ever agree"
        )
    if any((values != values).any() for values in (labels, predictions)):
        raise ValueError("some labels or predictions are NaN: leave these images out of both")
    return float(sum((labels == k).mean() * (predictions == k).mean() for k in np.unique(labels)))


class Row(NamedTuple):
    """A row of a results table: averaged precision, recall and F1, and accuracy; shares in [0, 1]."""

    precision: float
    recall: float
    f1: float
    accuracy: float


def majority_row(support, averaging="weighted"):
    """The row of a model that always predicts the largest class.

    With p the share of that class: weighted precision p^2, recall p, F1 2 p^2 / (1 + p), accuracy p; the macro averages of
    k classes are p / k, 1 / k, 2 p / (k (1 + p)). Classes never predicted count 0, as in scikit-learn.

    Parameters
    ----------
    support : (k,) images per class, two classes at least. averaging : "weighted", "macro" or "micro".

    Returns
    -------
    Row.

    >>> print("{:.4f} {:.4f} {:.4f} {:.4f}".format(*majority_row([3709, 5077, 1377, 2283])))  # document 000
    0.1664 0.4079 0.2364 0.4079
    """
    support = counts(support)
    share, k = support.max() / support.sum(), len(support)
    f1 = 2 * share / (1 + share)  # of the largest class; its recall is 1, its precision the share
    rows = {
        "weighted": (share**2, share, share * f1),
        "macro": (share / k, 1 / k, f1 / k),
        "micro": (share, share, share),
    }
    if averaging not in rows:
        raise ValueError(f"averaging must be one of {', '.join(rows)}, not {averaging!r}")
    return Row(*map(float, rows[averaging]), float(share))


def chance_z(true_positives, predicted, support):
    """How far agreement lies from chance, in standard deviations: z of Cohen's kappa.

    Labels shuffled against predictions, both counts kept, agree in A_0 = sum_k s_k q_k / n images on average, with
    variance n^2 / (n - 1) (e + e^2 - sum_k p_k q_k (p_k + q_k)), where p and q are the shares of labels and predictions
    and e = sum p_k q_k; z = (A - A_0) / SD. At chance: |z| < 2.58 (two-sided 1 %).

    Parameters
    ----------
    true_positives, predicted, support : (..., k) whole numbers; support may be (k,).

    Returns
    -------
    float, or (...). 0 where all images are called, or are, one class: agreement is then what chance gives, always.

    References
    ----------
    J. L. Fleiss, J. Cohen, B. S. Everitt, Large sample standard errors of kappa and weighted kappa, Psychological
    Bulletin 72 (1969) 323-327, equation 14, with the factor n / (n - 1) of sampling without replacement.

    >>> round(float(chance_z([69, 266], [193, 431], [234, 390])), 2)  # document 004
    -0.6
    """
    hits, predicted, support = (np.asarray(x, float) for x in (true_positives, predicted, support))
    n = support.sum(axis=-1)
    if not (np.isfinite(hits).all() and (predicted.sum(axis=-1) == n).all() and (n >= 2).all()):
        raise ValueError("predicted and support must sum to the same number of images, two at least")
    p, q = support / n[..., None], predicted / n[..., None]
    chance = (p * q).sum(axis=-1)
    variance = n**2 / (n - 1) * (chance + chance**2 - (p * q * (p + q)).sum(axis=-1))
    varies = variance > 1e-9 * n
    z = (hits.sum(axis=-1) - n * chance) / np.sqrt(np.where(varies, variance, 1))
    return np.where(varies, z, 0.0)[()]
