"""Lesson 06, exercise 1: `cohens_d`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson06.shared import EIGHT, FIVE, SAMPLE, drawn_scores, pooled_sd, sds


def _d(a, b):
    """Cohen's d, of b - a."""
    return (b.mean() - a.mean()) / pooled_sd(a, b)


def _mistakes(a, b):
    """Pairs (what the mistake gives, reason)."""
    n, m, (s, r), difference = len(a), len(b), sds(a, b), b.mean() - a.mean()
    pooled, df = pooled_sd(a, b), n + m - 2
    large = "The larger group tells more of the spread: weight each *variance* by its n - 1."
    yield -difference / pooled, "The sign is turned: d is the mean of b less that of a."
    yield difference / np.sqrt(((n - 1) * a.var() + (m - 1) * b.var()) / df), SAMPLE
    yield difference / np.sqrt((a.var() + b.var()) / 2), f"{SAMPLE} And weight each variance by n - 1."
    yield (
        difference / np.sqrt((s**2 + r**2) / 2),
        f"This is the root of the plain mean of both variances. {large}",
    )
    yield (
        difference / np.concatenate([a, b]).std(ddof=1),
        (
            "This is the standard deviation of all scores together, which holds the difference of the groups as well."
        ),
    )
    yield (
        difference / (pooled * np.sqrt(1 / n + 1 / m)),
        (
            "You divide by the standard error: that gives a t, which grows with n. Divide by the standard deviation."
        ),
    )
    yield difference / pooled**2, "You divide by the pooled variance. Take its root."
    yield (
        difference / pooled * (1 - 3 / (4 * df - 1)),
        "This is Hedges' g, d with a correction for small groups.",
    )


def _judge(call, a, b, because):
    exact, one = (a.astype(float), b.astype(float)), "Return one number."
    shapes = [(shape, one) for shape in ((len(a),), (len(b),), (2,), (1,))]
    with np.errstate(all="ignore"):
        expect(call(a, b), np.asarray(_d(*exact)), shapes, _mistakes(*exact), (a, b), because)


cohens_d = Check(
    _judge,
    cases=[
        (FIVE, EIGHT, "The groups differ in number and in spread: pool the variances."),
        (EIGHT, FIVE, "Here b is smaller on average: d is negative."),
        (
            drawn_scores(301, 14, 0.3, 0.1),
            drawn_scores(302, 6, 0.33, 0.25),
            "Pool the variances, weighted by n - 1.",
        ),
        (
            drawn_scores(303, 10, 5, 2),
            drawn_scores(304, 10, 4.6, 1),
            "Here both groups have the same number.",
        ),
        (np.array([2.0, 3.0, 7.0]), np.array([1.0, 1.0]), "b has no spread: all of it is that of a."),
    ],
    praise="A difference in units of the spread: it does not grow with n, and can be compared between "
    "scores on other scales.",
    hints=[
        "Three steps: the two variances, the pooled one, then the difference of the means divided by a root.",
        "np.var(a, ddof=1) is the sample variance of a: the sum of squares around the mean, divided by "
        "len(a) - 1.",
        "pooled = ((len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * ...) / (len(a) + len(b) - 2)",
        "Return (np.mean(b) - np.mean(a)) / np.sqrt(pooled): b less a.",
    ],
)
