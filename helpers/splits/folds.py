"""Folds of a cohort, for cross-validation."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from helpers import arguments
from helpers.splits.scarce import too_few

DEALS = 1000  # how many random deals compete, where one is needed


def fold_numbers(labels, groups, by="group", n_folds=5, seed=7, *, every_class=True):
    """The cross-validation fold of every image: (n,) int in 0 .. n_folds - 1.

    by="group" keeps groups whole, by="image" does not; both are stratified by class (scikit-learn's
    `StratifiedGroupKFold` and `StratifiedKFold`). The former can leave a class out of a fold where groups hold several
    classes; then, of many random deals that leave none out, the one nearest to equal shares is taken.

    Parameters
    ----------
    labels : (n,) int from 0. groups : (n,) patients; unused with by="image". n_folds : 2 or more.
    every_class : each fold must hold every class, for what is measured on a fold without a class says nothing of it. False
        where the answers of all folds are pooled: then a class with few groups may be missing from some.

    Raises
    ------
    ValueError : unknown `by`, fewer than two folds, images without a group, or a fold without a class: the error says how
        many groups (images) the class has, and how many folds are possible.
    """
    if by not in ("group", "image"):
        raise ValueError(f"by must be 'group' or 'image', not {by!r}")
    if n_folds < 2:
        raise ValueError(f"n_folds must be 2 or more, not {n_folds}")
    labels = arguments.class_labels(labels)
    units = arguments.patients(groups, len(labels)) if by == "group" else np.arange(len(labels))
    if len(np.unique(units)) < n_folds:
        raise ValueError(too_few(labels, units, None, by, n_folds, "folds"))
    folds = _dealt(labels, units, by, n_folds, seed)
    if every_class and not all(
        len(np.unique(folds[labels == label])) == n_folds for label in np.unique(labels)
    ):
        folds = _dealt_at_random(labels, units, n_folds, np.random.default_rng(seed))
        if folds is None:
            raise ValueError(too_few(labels, units, None, by, n_folds, "folds"))
    return folds


def _dealt(labels, units, by, n_folds, seed):
    """scikit-learn's folds as one number for each image."""
    kind, kept_whole = (StratifiedGroupKFold, units) if by == "group" else (StratifiedKFold, None)
    folds = np.empty(len(labels), int)
    parts = kind(n_folds, shuffle=True, random_state=seed).split(np.zeros(len(labels)), labels, kept_whole)
    for number, (_, held_out) in enumerate(parts):
        folds[held_out] = number
    return folds


def _dealt_at_random(labels, units, n_folds, rng):
    """Of random deals with every class in every fold, the one nearest to equal shares; None if there was none."""
    (_, unit), (_, label) = (np.unique(values, return_inverse=True) for values in (units, labels))
    counts = np.zeros((unit.max() + 1, label.max() + 1), int)  # images of each unit by class
    np.add.at(counts, (unit, label), 1)
    best, best_miss = None, np.inf
    if np.count_nonzero(counts, axis=0).min() < n_folds:
        return best
    for _ in range(DEALS):
        fold = rng.permutation(np.arange(len(counts)) % n_folds)
        held = np.stack([counts[fold == number].sum(axis=0) for number in range(n_folds)])
        miss = np.abs(held / counts.sum(axis=0) - 1 / n_folds).sum()
        if held.all() and miss < best_miss:
            best, best_miss = fold, miss
    return None if best is None else best[unit]
