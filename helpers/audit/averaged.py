"""Macro and weighted averages of the classes' scores: which combinations fit what is printed."""

from fractions import Fraction

import numpy as np

NEAR = 1e-9  # closer than that to an end, floats do not decide: fractions do


def class_scores(hits, predicted, support):
    """{"precision", "recall", "f1"} of each class, 0 / 0 counting as 0. (..., k) each."""
    parts = {"precision": (hits, predicted), "recall": (hits, support), "f1": (2 * hits, predicted + support)}
    return {name: part / np.maximum(whole, 1) for name, (part, whole) in parts.items()}


def fits_averages(hits, predicted, support, intervals):
    """Which combinations have all averages inside their intervals.

    Parameters
    ----------
    hits, predicted : (m, k) int. support : (k,) int. intervals : {(averaging, column): Interval}.

    Returns
    -------
    (m,) bool.
    """
    fits = np.ones(len(hits), bool)
    scores = class_scores(hits, predicted, support)
    for (averaging, column), interval in intervals.items():
        average = scores[column] @ _weights(averaging, support)
        low, high = float(interval.low), float(interval.high)
        near = (abs(average - low) < NEAR) | (abs(average - high) < NEAR)
        fits &= near | ((average > low) & (average < high))
        for i in np.flatnonzero(fits & near):
            fits[i] = interval.holds(exactly(averaging, column, hits[i], predicted[i], support))
    return fits


def out_of_reach(options, support, intervals):
    """Whether some average lies outside its interval whatever options the classes take (a quick look, no search)."""
    for (averaging, column), interval in intervals.items():
        ends = []
        for margins, images in zip(options, support):
            scores = [class_scores(margins.hits, p, images)[column] for p in (margins.low, margins.high)]
            ends.append((np.min(scores), np.max(scores)))
        low, high = np.array(ends).T @ _weights(averaging, support)
        if high < float(interval.low) - NEAR or low > float(interval.high) + NEAR:
            return True
    return False


def _weights(averaging, support):
    return support / support.sum() if averaging == "weighted" else np.full(len(support), 1 / len(support))


def exactly(averaging, column, hits, predicted, support):
    """One average of one combination, (k,) each, as a Fraction."""
    total, whole = Fraction(0), 0
    for t, p, s in zip(hits.tolist(), predicted.tolist(), support.tolist()):
        part, of = {"precision": (t, p), "recall": (t, s), "f1": (2 * t, p + s)}[column]
        if averaging == "micro":
            part, of = t, s
        weight = 1 if averaging == "macro" else s
        total, whole = total + (Fraction(weight * part, of) if of else 0), whole + weight
    return total / whole
