"""What published numbers imply."""

import numpy as np


def expected_agreement(labels, predictions):
    """The accuracy to expect if labels and predictions had nothing to do with each other.

    sum over classes of p(label = k) p(prediction = k): the chance agreement of Cohen's kappa.

    Parameters
    ----------
    labels, predictions : (n,) of the same kind; the lengths may differ.

    References
    ----------
    J. Cohen, A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20 (1960) 37-46.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if not labels.size or not predictions.size:
        raise ValueError("needs at least one label and one prediction")
    return float(sum((labels == k).mean() * (predictions == k).mean() for k in np.unique(labels)))


def unrelated_agreement(labels, predictions, groups, n_draws=1000, seed=7):
    """95 % interval of the accuracy if labels and predictions had nothing to do with each other, patient by
    patient.

    The labels are handed round among the patients at random (a patient's slices keep one common label), the
    predictions stay. Each patient must have one label.

    Returns
    -------
    (low, high) : the 2.5th and 97.5th percentile.
    """
    names, first, member = np.unique(groups, return_index=True, return_inverse=True)
    of_patient = np.asarray(labels)[first]
    if not np.array_equal(of_patient[member], labels):
        raise ValueError("a group has several labels; this permutation needs one label a group")
    rng = np.random.default_rng(seed)
    predictions = np.asarray(predictions)
    agreement = [np.mean(rng.permutation(of_patient)[member] == predictions) for _ in range(n_draws)]
    return tuple(np.quantile(agreement, [0.025, 0.975]).tolist())
