"""Labels and truth values."""

import operator

import numpy as np

from helpers.arguments.patients import MISSING, plain


def class_labels(values, n_classes=None, name="labels"):
    """Labels as whole numbers of the widest type, so that sums and products of them stay right.

    Parameters
    ----------
    values : (n,) whole numbers of any type, or truth values (False is class 0).
    n_classes : labels lie in 0 .. n_classes - 1; None: not negative.
    name : what the error calls them.

    Returns
    -------
    (n,) int64.

    Raises
    ------
    ValueError : text, missing or broken numbers, one-hot rows, numbers that are no class; it says what to do.
    """
    values = plain(values)
    if not values.size and values.ndim == 1:
        return np.zeros(0, np.int64)
    wanted = f"{name} must be whole numbers " + (
        "from 0" if n_classes is None else f"in 0 .. {operator.index(n_classes) - 1}"
    )
    if values.ndim != 1:
        raise ValueError(f"{wanted}, one for each image, (n,); got shape {values.shape}{_from_rows(values)}")
    if values.dtype.kind not in "biu":
        raise ValueError(f"{wanted}; got {values.dtype}{_no_whole_numbers(values)}")
    low, high = int(values.min()), int(values.max())
    if low < 0 or (n_classes is not None and high >= n_classes):
        raise ValueError(f"{wanted}; got {values.dtype} from {low} to {high}")
    return values.astype(np.int64)


def truth_values(values, name="positive"):
    """What is true of each image, as bool.

    Parameters
    ----------
    values : (...) bool, or numbers that are 0 or 1. name : what the error calls them.

    Returns
    -------
    (...) bool.

    Raises
    ------
    ValueError : anything else: -1 and 1, text (bool("0") is True), several classes, NaN.
    """
    values = plain(values)
    if not values.size or values.dtype == bool:
        return values.astype(bool)
    if values.dtype.kind not in "iuf" or not ((values == 0) | (values == 1)).all():
        shown = ", ".join(str(value) for value in np.unique(values.astype(str))[:4])
        raise ValueError(
            f"{name} must hold truth values, True or 1 where the image is positive, else False or 0; got {shown} "
            f"({values.dtype}). Compare with the positive class: labels == 1, for example"
        )
    return values.astype(bool)


def _from_rows(values):
    """What to do with labels in rows: a hint for the error."""
    if values.ndim == 2 and values.shape[1] == 1:
        return ". Take the column: labels.ravel()"
    if values.ndim == 2 and values.dtype.kind in "biuf" and (np.sort(values, axis=1)[:, -1] == 1).all():
        return ". One-hot rows become labels by labels.argmax(axis=1)"
    return ""


def _no_whole_numbers(values):
    """What to do with labels that are floats or text: a hint for the error."""
    if values.dtype.kind not in "fO":
        example = str(values[0])
        return f", for example {example!r}. Names become numbers by classes, labels = np.unique(names, return_inverse=True)"
    lost = sum(str(value).lower() in MISSING for value in values.tolist())
    if lost:
        return f", {lost} of {len(values)} are missing (NaN or None): leave images without a label out"
    if values.dtype.kind == "O":
        return ", a mixture of types"
    low, high = f"{values.min():g}", f"{values.max():g}"
    if np.isfinite(values).all() and (values == np.floor(values)).all():
        return f" from {low} to {high}. Whole numbers of that type: labels.astype(int)"
    return f" from {low} to {high}. (Probabilities become classes by argmax over the classes.)"
