"""What a predicted probability, and an answer, are worth."""

import numpy as np

from helpers import arguments


def reliability(probabilities, positive, n_bins=10):
    """Predicted probabilities against the observed share of positives, in bins of equal width.

    scikit-learn's `calibration_curve` leaves empty bins out and does not tell the counts, which the error below needs.

    Parameters
    ----------
    probabilities : (n,) float in [0, 1]. positive : (n,) bool, or 0 and 1.
    n_bins : bin k holds k / n_bins up to, but not including, (k + 1) / n_bins; the last one holds 1 as well.

    Returns
    -------
    mean probability, share of positives : (n_bins,) float, NaN in empty bins. count : (n_bins,) int.

    Raises
    ------
    ValueError : lengths that differ, no images, probabilities outside [0, 1], no truth values, no bins.

    References
    ----------
    A. Niculescu-Mizil, R. Caruana, Predicting good probabilities with supervised learning, ICML 2005.
    """
    probabilities, positive = np.asarray(probabilities, float), arguments.truth_values(positive)
    if probabilities.ndim != 1 or probabilities.shape != positive.shape or not len(positive):
        raise ValueError(
            f"expected one probability per image; got shapes {probabilities.shape} and {positive.shape}"
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("probabilities must lie in [0, 1]")
    if n_bins < 1:
        raise ValueError(f"n_bins must be 1 or more, not {n_bins}")
    edges = np.arange(1, n_bins) / n_bins
    which = np.searchsorted(edges, probabilities, side="right")
    count = np.bincount(which, minlength=n_bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 in empty bins
        mean = np.bincount(which, probabilities, n_bins) / count
        share = np.bincount(which, positive, n_bins) / count
    return mean, share, count


def expected_calibration_error(probabilities, positive, n_bins=10):
    """How far predicted probabilities lie from observed shares, on average over the images.

        ECE = sum over bins of n_b / n |share of positives in bin b - mean probability in bin b|

    For a classifier of several classes: `expected_calibration_error(p.max(axis=1), p.argmax(axis=1) == labels)` asks
    whether it is right as often as it is sure; `(p[:, k], labels == k)` asks it of class k alone.

    Few images make it too high: see `calibration_floor`. Arguments and errors as of `reliability`.

    Returns
    -------
    float in [0, 1].

    References
    ----------
    M. Pakdaman Naeini, G. Cooper, M. Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI
    2015; C. Guo et al., On calibration of modern neural networks, arXiv 1706.04599, equation 3.
    """
    mean, share, count = reliability(probabilities, positive, n_bins)
    filled = count > 0
    return float(np.sum(count[filled] * np.abs(share - mean)[filled]) / count.sum())


def calibration_floor(probabilities, n_bins=10, n_draws=200, seed=7):
    """The expected calibration error that these probabilities would show, on average, if all of them were right.

    Labels are drawn from the probabilities themselves. What is above 0 here comes from the number of images alone.

    Parameters
    ----------
    probabilities : (n,) float in [0, 1]: of one class, or of the class predicted.

    Returns
    -------
    float in [0, 1].

    References
    ----------
    J. Vaicenavicius et al., Evaluating model calibration in classification, AISTATS 2019: consistency resampling.
    """
    probabilities, rng = np.asarray(probabilities, float), np.random.default_rng(seed)
    draws = rng.random((n_draws, len(probabilities))) < probabilities
    return float(np.mean([expected_calibration_error(probabilities, drawn, n_bins) for drawn in draws]))


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
    if not all(((share >= 0) & (share <= 1)).all() for share in (sensitivity, specificity, prevalence)):
        raise ValueError("sensitivity, specificity and prevalence must lie in [0, 1]")
    hits, false_alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    misses, cleared = (1 - sensitivity) * prevalence, specificity * (1 - prevalence)
    with np.errstate(invalid="ignore"):  # 0 / 0 where nobody gets the answer
        return hits / (hits + false_alarms), cleared / (misses + cleared)
