"""What a predicted probability, and an answer, are worth."""

import numpy as np


def reliability(probabilities, positive, n_bins=10):
    """Predicted probabilities against the observed share of positives, in bins of equal width.

    Parameters
    ----------
    probabilities : (n,) float in [0, 1]. positive : (n,) bool.
    n_bins : bin k holds k / n_bins up to, but not including, (k + 1) / n_bins; the last one holds 1 as well.

    Returns
    -------
    mean probability, share of positives : (n_bins,) float, NaN in empty bins. count : (n_bins,) int.

    Raises
    ------
    ValueError : lengths that differ, no images, probabilities outside [0, 1].

    References
    ----------
    A. Niculescu-Mizil, R. Caruana, Predicting good probabilities with supervised learning, ICML 2005.
    """
    probabilities, positive = np.asarray(probabilities, float), np.asarray(positive, bool)
    if probabilities.ndim != 1 or probabilities.shape != positive.shape or not len(positive):
        raise ValueError(
            f"expected one probability per image; got shapes {probabilities.shape} and {positive.shape}"
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("probabilities must lie in [0, 1]")
    edges = np.arange(1, n_bins) / n_bins
    which = np.searchsorted(edges, probabilities, side="right")
    count = np.bincount(which, minlength=n_bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 in empty bins
        mean = np.bincount(which, probabilities, n_bins) / count
        share = np.bincount(which, positive, n_bins) / count
    return mean, share, count


def predictive_values(sensitivity, specificity, prevalence):
    """How often a positive, and a negative, answer is right where a share `prevalence` is diseased (Bayes' rule).

    Parameters
    ----------
    sensitivity, specificity, prevalence : numbers or arrays in [0, 1], broadcast against each other.

    Returns
    -------
    positive predictive value, negative predictive value; NaN where nobody gets that answer.

    References
    ----------
    D. G. Altman, J. M. Bland, Diagnostic tests 2: predictive values, BMJ 309 (1994) 102.
    """
    sensitivity, specificity, prevalence = (
        np.asarray(share, float) for share in (sensitivity, specificity, prevalence)
    )
    if any(((share < 0) | (share > 1)).any() for share in (sensitivity, specificity, prevalence)):
        raise ValueError("sensitivity, specificity and prevalence must lie in [0, 1]")
    hits, false_alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    misses, cleared = (1 - sensitivity) * prevalence, specificity * (1 - prevalence)
    with np.errstate(invalid="ignore"):  # 0 / 0 where nobody gets the answer
        return hits / (hits + false_alarms), cleared / (misses + cleared)
