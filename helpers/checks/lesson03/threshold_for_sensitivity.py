"""Lesson 03, exercise 3: `threshold_for_sensitivity`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect_close, numbers


def _reaching(group, candidates, wanted):
    """The highest candidate t with a share of at least `wanted` of the group at or above t; None if there is
    none."""
    return max((t for t in candidates if (group >= t).mean() >= wanted), default=None)


def _threshold_mistakes(scores, positive, wanted):
    """Pairs (what the mistake gives, reason)."""
    ours, others = scores[positive], scores[~positive]
    falling, n = np.sort(ours)[::-1], len(ours)
    all_scores = (
        "This is a quantile of all scores. Sensitivity is a share of the positive images: leave "
        "out the others."
    )
    yield from ((np.quantile(scores, share), all_scores) for share in (1 - wanted, wanted))
    yield _reaching(scores, scores, wanted), all_scores
    yield (
        np.quantile(ours, 1 - wanted),
        "np.quantile interpolates between two scores. Sort the positive scores and count: the threshold is "
        "one of them.",
    )
    yield (
        np.quantile(ours, wanted),
        f"This quantile has a share of {wanted:g} of the positive scores below it. Those at and above the "
        "threshold are called positive.",
    )
    yield (
        falling[max(int(wanted * n), 1) - 1],
        f"You round down: {wanted:g} of {n} positive images is {wanted * n:g}, and to reach at least that "
        "takes the next whole number.",
    )
    yield (
        falling[max(round(wanted * n), 1) - 1],
        "Round up, always: the sensitivity has to be at least `wanted`.",
    )
    lowest = (
        "is low enough for every sensitivity. Look for the highest threshold that still reaches `wanted`."
    )
    yield ours.min(), f"The lowest positive score {lowest}"
    yield scores.min(), f"The lowest score {lowest}"
    if len(others):
        specific = [t for t in np.unique(scores) if (others < t).mean() >= wanted]
        healthy = "This threshold is right for the specificity. Sensitivity is about the positive images."
        yield (min(specific) if specific else None), healthy
        yield _reaching(others, others, wanted), healthy
    different = np.unique(ours)[::-1]
    yield (
        different[int(np.ceil(wanted * len(different))) - 1],
        "Equal scores are counted once. Every image counts: three positive images with the same score are "
        "three.",
    )


def _judge_threshold(call, scores, positive, wanted, because):
    arguments = (scores, positive, wanted)
    result = call(*arguments)
    array, ours = numbers(result), scores[positive]
    expected = _reaching(ours, ours, wanted)
    if array is None or array.shape != () or np.isnan(array):
        expect_close(result, expected, arguments, because)
    threshold = float(array)
    if threshold == expected:
        return
    found = int((ours >= threshold).sum())
    told = f"At your threshold, {threshold:.6g}, {found} of {len(ours)} positive images are called positive"
    for mistaken, reason in _threshold_mistakes(scores, positive, wanted):
        if mistaken is not None and np.isclose(threshold, mistaken, rtol=1e-9, atol=0):
            raise Wrong(f"{reason} ({told}; at least {wanted:g} of them are wanted.)")
    if found / len(ours) < wanted:
        raise Wrong(
            f"{told}, a sensitivity of {found / len(ours):.3g}; at least {wanted:g} is wanted. {because}"
        )
    if threshold not in ours:
        raise Wrong(f"{told}, enough, but {threshold:.6g} is not the score of a positive image. {because}")
    raise Wrong(
        f"{told}, and a higher threshold, {expected:.6g}, reaches a sensitivity of at least "
        f"{wanted:g} as well. An image whose score equals the threshold is called positive (>=), and "
        f"a sensitivity of exactly `wanted` is enough. {because}".strip()
    )


def _scored(positive, negative):
    """Positive and negative scores in mixed order: (scores, positive)."""
    scores = np.array([*positive, *negative])
    order = np.random.default_rng(len(scores)).permutation(len(scores))
    return scores[order], (np.arange(len(scores)) < len(positive))[order]


_MANY_SCORES = (
    [0.93, 0.88, 0.82, 0.71, 0.64, 0.52, 0.37, 0.21],
    [0.85, 0.74, 0.6, 0.44, 0.3, 0.26, 0.14, 0.08],
)


threshold_for_sensitivity = Check(
    _judge_threshold,
    cases=[
        (*_scored(*_MANY_SCORES), 0.75, "6 of 8 positive images are wanted."),
        (
            *_scored(_MANY_SCORES[0][1:], _MANY_SCORES[1]),
            0.75,
            "0.75 of 7 positive images is 5.25: 6 are wanted.",
        ),
        (
            *_scored([0.9, 0.8, 0.8, 0.8, 0.8, 0.6, 0.5, 0.2], [0.8, 0.7, 0.55, 0.4, 0.3, 0.1]),
            0.5,
            "Images with the same score are called positive together.",
        ),
        (*_scored(*_MANY_SCORES), 1.0, "For a sensitivity of 1 no positive image may be missed."),
        (*_scored([0.2, 0.35, 0.4], [0.1, 0.3, 0.9]), 0.3, "One of three positive images is enough."),
    ],
    praise="This threshold finds as many of the positive images as wanted, and calls no more images "
    "positive than that takes.",
    hints=[
        "Sensitivity is about the positive images only: go on with scores[positive].",
        "Sort them from high to low. At the k-th score as the threshold, at least k positive images are "
        "called positive.",
        "Which is the smallest k with k / n >= wanted? Its score is the threshold; equal scores need no "
        "special care.",
        "Without sorting: for every positive score t, take (scores[positive] >= t).mean(). Of the t where "
        "this is at least wanted, return the highest.",
    ],
)
