"""How often classes are: weights that change it in training, and Bayes' rule that changes it afterwards."""

import operator

import numpy as np

from helpers import arguments


def balanced_weights(labels, n_classes):
    """Class weights n / (k n_c): every class weighs the same in all, and the mean over the images is 1.

    The same as scikit-learn's `compute_class_weight("balanced", ...)`; written out, as lesson 04 derives it.

    Parameters
    ----------
    labels : (n,) int in 0 .. n_classes - 1; every class occurs.

    Returns
    -------
    (n_classes,) float.

    References
    ----------
    G. King, L. Zeng, Logistic regression in rare events data, Political Analysis 9 (2001) 137-163.
    """
    counts = counted(labels, n_classes)
    if not counts.all():
        raise ValueError(
            f"class {counts.argmin()} has no image among {counts.sum()}: nothing can be weighted up"
        )
    return counts.sum() / (len(counts) * counts)


def correct_prior(probabilities, trained, wanted):
    """What a network trained with one mix of classes should answer where the mix is another (Bayes' rule).

        p'_k = p_k w_k / t_k, divided by the sum over k

    It holds where the images of each class look as they did in training, and only their numbers differ.

    Parameters
    ----------
    probabilities : (n, k) float, rows that add up to 1: answers of a network that was trained on the mix `trained`.
    trained, wanted : (k,) shares or counts of the classes, not negative, of whatever total; or a dict by class, 0 .. k - 1.
        No trained share may be 0.

    Returns
    -------
    (n, k) float; rows add up to 1.

    References
    ----------
    M. Saerens, P. Latinne, C. Decaestecker, Adjusting the outputs of a classifier to new a priori probabilities, Neural
    Computation 14 (2002) 21-41, equation 2.4.
    """
    probabilities = np.asarray(probabilities, float)
    trained, wanted = (np.asarray(arguments.by_class(mix), float) for mix in (trained, wanted))
    if probabilities.ndim != 2 or not trained.shape == wanted.shape == probabilities.shape[1:]:
        raise ValueError(
            "expected probabilities (n, k) and two mixes (k,); "
            f"got shapes {probabilities.shape}, {trained.shape} and {wanted.shape}"
        )
    if not ((probabilities >= 0).all() and np.allclose(probabilities.sum(axis=1), 1, atol=1e-4)):
        raise ValueError("the probabilities of each image must lie in [0, 1] and add up to 1")
    if not (
        np.isfinite([trained, wanted]).all() and (trained > 0).all() and (wanted >= 0).all() and wanted.any()
    ):
        raise ValueError(
            f"shares must be finite and not negative, those trained with above 0; got {trained} and {wanted}"
        )
    odds = probabilities * (wanted / wanted.sum()) / (trained / trained.sum())
    total = odds.sum(axis=1, keepdims=True)
    if not total.all():
        row = int(total.argmin())
        raise ValueError(f"image {row}: all its probability lies on classes whose wanted share is 0")
    return odds / total


def counted(labels, n_classes):
    """Images of each class, (n_classes,) int; or `ValueError` for labels that are no class, or for none."""
    if not np.size(labels):
        raise ValueError(f"expected labels (n,), one at least; got shape {np.shape(labels)}")
    return np.bincount(arguments.class_labels(labels, n_classes), minlength=operator.index(n_classes))
