"""Scores of a classifier, all of them from its confusion matrix."""

import operator
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.evaluation.intervals import Estimate, bootstrap, wilson


class Scores(NamedTuple):
    """Accuracy, and the unweighted means over the classes (macro averages) of precision, recall and F1."""

    accuracy: float
    precision: float
    recall: float
    f1: float


def confusion_matrix(labels, predictions, n_classes):
    """How often each class was taken for each.

    Parameters
    ----------
    labels, predictions : (n,) whole numbers in 0 .. n_classes - 1, of any type.

    Returns
    -------
    (n_classes, n_classes) int; rows are the truth, columns the prediction. A class that does not occur keeps its row
    or column of zeros.

    Raises
    ------
    ValueError : no images, lengths that differ, or numbers that are no class.
    """
    shapes, n_classes = [np.shape(values) for values in (labels, predictions)], operator.index(n_classes)
    if len(shapes[0]) != 1 or shapes[0] != shapes[1]:
        raise ValueError(
            f"expected one prediction per label, both (n,); got shapes {shapes[0]} and {shapes[1]}"
        )
    if not shapes[0][0]:
        raise ValueError("there are no images to evaluate: labels and predictions are empty")
    labels = arguments.class_labels(labels, n_classes)
    predictions = arguments.class_labels(predictions, n_classes, "predictions")
    counts = np.bincount(n_classes * labels + predictions, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


def per_class(confusion):
    """Precision, recall and F1 of each class.

    With TP on the diagonal, column sums TP + FP and row sums TP + FN:

        precision = TP / (TP + FP)    recall = TP / (TP + FN)    F1 = 2 TP / (2 TP + FP + FN)

    Parameters
    ----------
    confusion : (..., k, k) counts, as of `confusion_matrix`; leading axes are kept (epochs, for example).

    Returns
    -------
    precision, recall, f1 : (..., k) float in [0, 1]. 0 / 0 counts as 0, as in scikit-learn: precision where a class is
    never predicted, recall where it never occurs, F1 where neither happens.
    """
    confusion = _checked(confusion)
    hit = np.diagonal(confusion, axis1=-2, axis2=-1)
    predicted, actual = confusion.sum(axis=-2), confusion.sum(axis=-1)
    return _ratio(hit, predicted), _ratio(hit, actual), _ratio(2 * hit, predicted + actual)


def scores(confusion):
    """Accuracy and macro averages of precision, recall and F1.

    Parameters
    ----------
    confusion : (..., k, k) counts; leading axes are kept (epochs, for example).

    Returns
    -------
    Scores; each a float, or an array (...) where there are leading axes.
    """
    confusion = _checked(confusion)
    accuracy = np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))
    return Scores(accuracy[()], *(score.mean(axis=-1)[()] for score in per_class(confusion)))


def report(confusion, class_names):
    """Precision, recall, F1 and support (number of images) of each class, then their averages.

    Parameters
    ----------
    confusion : (k, k) counts. class_names : k texts.

    Returns
    -------
    pandas.DataFrame : a row for each class; "macro average", the unweighted mean over the classes; "weighted
    average", weighted by support (its recall is the accuracy).
    """
    confusion = _checked(confusion)
    if confusion.shape != (len(class_names),) * 2:
        raise ValueError(f"{len(class_names)} class names for a confusion matrix of shape {confusion.shape}")
    columns = np.stack(per_class(confusion), axis=1)  # (k, 3)
    support = confusion.sum(axis=1)
    rows = [*columns, columns.mean(axis=0), support @ columns / support.sum()]
    table = pd.DataFrame(
        rows,
        index=pd.Index([*class_names, "macro average", "weighted average"], name="class"),
        columns=["precision", "recall", "F1"],
    )
    return table.assign(support=[*support, support.sum(), support.sum()])


def recall_by_class(labels, predictions, n_classes, groups=None, *, n_draws=1000, seed=7):
    """The recall of each class with its 95 % interval.

    Parameters
    ----------
    labels, predictions : (n,) int in 0 .. n_classes - 1.
    groups : (n,) patients, whole patients of a class are then drawn anew (`bootstrap`); None where every image comes from
        a patient of its own: Wilson's interval.

    Returns
    -------
    Estimate whose fields are (n_classes,); NaN for a class that does not occur, and the interval NaN for a class of which
    there is one patient only.
    """
    confusion = confusion_matrix(labels, predictions, n_classes)
    if groups is None:
        return wilson(np.diag(confusion), confusion.sum(axis=1))
    labels, groups = np.asarray(labels), arguments.patients(groups, len(labels))
    right, estimates = labels == np.asarray(predictions), []
    for k in range(n_classes):
        hit, patients = right[labels == k], groups[labels == k]
        if len(np.unique(patients)) < 2:
            estimates.append(Estimate(hit.mean() if len(hit) else np.nan, np.nan, np.nan))
        else:
            estimates.append(bootstrap(lambda index, hit=hit: hit[index].mean(), patients, n_draws, seed))
    return Estimate(*(np.array(field) for field in zip(*estimates)))


def _ratio(part, whole):
    """part / whole, and 0 where both are 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) > 0)


def _checked(confusion):
    """Counts (..., k, k) that hold at least one image each, wide enough for their sums; or `ValueError`."""
    confusion = np.asarray(confusion)
    if confusion.ndim < 2 or confusion.shape[-1] != confusion.shape[-2] or not confusion.size:
        raise ValueError(f"a confusion matrix is square, (k, k); got shape {confusion.shape}")
    if confusion.dtype.kind not in "biuf":
        raise ValueError(f"a confusion matrix holds counts: finite numbers; got {confusion.dtype}")
    confusion = confusion.astype(np.float64 if confusion.dtype.kind == "f" else np.int64)
    if not np.isfinite(confusion).all() or (confusion < 0).any():
        raise ValueError("a confusion matrix holds counts: finite numbers, none of them negative")
    if (confusion.sum(axis=(-2, -1)) == 0).any():
        raise ValueError("a confusion matrix without any image has no scores")
    return confusion
