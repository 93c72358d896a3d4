"""Lesson 03, exercise 3: `threshold_for_sensitivity`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect_close, numbers


def _reaching(group, candidates, wanted):
    """The highest candidate t with a share of at least `wanted` of the group at or above t; None if there is none."""
    return max((t for t in candidates if (group >= t).mean() >= wanted), default=None)


def _mistakes(scores, positive, wanted):
    """Pairs (what the mistake gives, reason)."""
    ours, others = scores[positive], scores[~positive]
    n, once = len(ours), np.unique(ours)[::-1]
    of_all = "This is about all scores. Sensitivity is a share of the positive images: leave out the others."
    yield from ((np.quantile(scores, share), of_all) for share in (1 - wanted, wanted))
    yield _reaching(scores, scores, wanted), of_all
    between = (
        "np.quantile interpolates between two scores. Sort the positive scores and count: it is one of them."
    )
    yield np.quantile(ours, 1 - wanted), between
    yield (
        np.sort(ours)[::-1][max(int(wanted * n), 1) - 1],
        f"You round down: {wanted:g} of {n} is {wanted * n:g}.",
    )
    lowest = "This is low enough for every sensitivity. Look for the highest that still reaches `wanted`."
    yield from ((ours.min(), lowest), (scores.min(), lowest))
    healthy = min((t for t in np.unique(scores) if (others < t).mean() >= wanted), default=None)
    yield healthy, "This is right for the specificity. Sensitivity is about the positive images."
    yield once[int(np.ceil(wanted * len(once))) - 1], "Equal scores are counted once. Every image counts."


def _judge(call, scores, positive, wanted, because):
    arguments, ours = (scores, positive, wanted), scores[positive]
    result = call(*arguments)
    array, expected = numbers(result), _reaching(ours, ours, wanted)
    if array is None or array.shape != () or np.isnan(array):
        expect_close(result, expected, arguments, because)
    threshold = float(array)
    if threshold == expected:
        return
    told = (
        f"At your threshold, {threshold:.6g}, {int((ours >= threshold).sum())} of {len(ours)} positive images are "
        f"predicted positive; at least {wanted:g} of them are wanted. {because}"
    )
    for mistaken, reason in _mistakes(scores, positive, wanted) if len(ours) < len(scores) else ():
        if mistaken is not None and np.isclose(threshold, mistaken, rtol=1e-9, atol=0):
            raise Wrong(f"{reason} {told}")
    if threshold not in ours:
        raise Wrong(f"{told} And {threshold:.6g} is not the score of a positive image.")
    if threshold > expected:
        raise Wrong(told)
    raise Wrong(
        f"{told} A higher threshold, {expected:.6g}, reaches that as well: an image whose score equals the threshold "
        "is positive (>=), and a sensitivity of exactly `wanted` is enough."
    )


def _case(ours, others, wanted, because):
    """From two texts, the scores of positive and of other images: one array, in mixed order."""
    scores = np.array([float(one) for one in f"{ours} {others}".split()])
    order = np.random.default_rng(len(scores)).permutation(len(scores))
    return scores[order], order < len(ours.split()), wanted, because


_OURS, _OTHERS = "0.88 0.82 0.71 0.64 0.52 0.37 0.21", "0.85 0.74 0.6 0.44 0.3 0.26 0.14 0.08"
_EQUAL = ("0.9 0.8 0.8 0.8 0.8 0.6 0.5 0.2", "0.8 0.7 0.55 0.4 0.3 0.1")

threshold_for_sensitivity = Check(
    _judge,
    cases=[
        _case(f"0.93 {_OURS}", _OTHERS, 0.75, "6 of 8 positive images are wanted."),
        _case(_OURS, _OTHERS, 0.75, "0.75 of 7 positive images is 5.25: 6 are wanted."),
        _case(*_EQUAL, 0.5, "Images with the same score are predicted positive together."),
        _case(f"0.93 {_OURS}", _OTHERS, 1.0, "For a sensitivity of 1 no positive image may be missed."),
        _case("0.2 0.35 0.4", "0.1 0.3 0.9", 0.3, "One of three positive images is enough."),
    ],
    praise="This threshold finds as many positive images as wanted, and predicts no more positive than that takes.",
    hints=[
        "Sensitivity is about the positive images only: go on with scores[positive].",
        "Sort them from high to low. With the k-th score as threshold, at least k of them are predicted positive.",
        "Which is the smallest k with k / n >= wanted? Its score is the threshold.",
        "Without sorting: for every positive score t, take (scores[positive] >= t).mean(). Of the t where this is at "
        "least wanted, return the highest.",
    ],
)
