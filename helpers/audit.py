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
