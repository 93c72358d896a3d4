"""Lesson 06, exercise 1: `cohens_d`."""

import numpy as np
from scipy import special

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson06.shared import EIGHT, FIVE, SAMPLE, drawn_scores, pooled_sd, sds


def _d(a, b):
    """Cohen's d, of b - a."""
    return (b.mean() - a.mean()) / pooled_sd(a, b)


def _spread_mistakes(a, b):
    """Pairs (what d is mistakenly divided by, reason)."""
    n, m, (s, r), (s0, r0) = len(a), len(b), sds(a, b), sds(a, b, 0)
    pooled, all_scores = pooled_sd(a, b), np.concatenate([a, b])
    yield np.sqrt(((n - 1) * s0**2 + (m - 1) * r0**2) / (n + m - 2)), SAMPLE
    yield np.sqrt((s0**2 + r0**2) / 2), f"{SAMPLE} And weight each variance by n - 1."
    yield np.sqrt((n * s0**2 + m * r0**2) / (n + m)), "Divide the sum by n_a + n_b - 2, not by n_a + n_b."
    yield (
        np.sqrt((n * s**2 + m * r**2) / (n + m)),
        "Weight the variances by n_a - 1 and n_b - 1, and divide by n_a + n_b - 2.",
    )
    yield np.sqrt((n * s**2 + m * r**2) / (n + m - 2)), "Weight the variances by n_a - 1 and n_b - 1."
    yield np.sqrt(((n - 1) * s**2 + (m - 1) * r**2) / (n + m)), "Divide by n_a + n_b - 2, not by n_a + n_b."
    yield (
        np.sqrt(((n - 1) * s**2 + (m - 1) * r**2) / (n + m - 1)),
        "Divide by n_a + n_b - 2: each group's own mean costs one.",
    )
    yield np.sqrt((n - 1) * s**2 + (m - 1) * r**2), "Divide the sum of squares by n_a + n_b - 2."
    yield (
        np.sqrt(((m - 1) * s**2 + (n - 1) * r**2) / (n + m - 2)),
        "The weights are swapped: the variance of a has the weight n_a - 1.",
    )
    large = "The larger group tells more of the spread: weight each *variance* by its n - 1."
    yield np.sqrt((s**2 + r**2) / 2), f"This is the root of the plain mean of both variances. {large}"
    yield (s + r) / 2, f"You average the standard deviations. {large} Take the root at the end."
    yield (s0 + r0) / 2, f"You average the standard deviations. {large} Take the root at the end. {SAMPLE}"
    yield (
        ((n - 1) * s + (m - 1) * r) / (n + m - 2),
        "You average the standard deviations. Average their squares, and take the root at the end.",
    )
    yield np.sqrt(((n - 1) * s + (m - 1) * r) / (n + m - 2)), "The standard deviations are not squared."
    yield np.sqrt(s**2 + r**2), f"You add the variances. {large}"
    yield s + r, f"You add the standard deviations. {large}"
    yield np.sqrt(s * r), f"This is the geometric mean of the standard deviations. {large}"
    both = "Both groups enter, pooled."
    yield s, f"You divide by the standard deviation of a alone (that is Glass's delta). {both}"
    yield r, f"You divide by the standard deviation of b alone. {both}"
    yield s0, f"You divide by the standard deviation of a alone. {both} {SAMPLE}"
    yield r0, f"You divide by the standard deviation of b alone. {both} {SAMPLE}"
    yield max(s, r), f"You divide by the larger standard deviation. {both}"
    for ddof in (0, 1):
        yield (
            all_scores.std(ddof=ddof),
            "This is the standard deviation of all scores together. It holds the difference of the groups "
            "as well: take the spread around each group's own mean.",
        )
    error = (
        "You divide by the standard error of the difference: that gives a t, which grows with n. d does not; "
        "divide by the standard deviation."
    )
    yield pooled * np.sqrt(1 / n + 1 / m), error
    yield np.sqrt(s**2 / n + r**2 / m), error
    yield np.sqrt(s0**2 / n + r0**2 / m), error
    yield pooled / np.sqrt(n + m), error
    yield pooled**2, "You divide by the pooled variance. Take its root."
    yield 1.0, "This is the difference of the means. Divide it by the pooled standard deviation."
    for mean, name in ((a.mean(), "a"), (b.mean(), "b"), (all_scores.mean(), "all scores")):
        yield mean, f"You divide by the mean of {name}. Divide by the pooled standard deviation."


def _d_mistakes(a, b):
    """Pairs (what the mistake gives, reason)."""
    right, df, difference = _d(a, b), len(a) + len(b) - 2, b.mean() - a.mean()
    yield -right, "The sign is turned: d is the mean of b less that of a, positive where b is larger."
    for factor in (
        1 - 3 / (4 * df - 1),
        special.gamma(df / 2) / special.gamma((df - 1) / 2) / np.sqrt(df / 2),
    ):
        yield factor * right, "This is Hedges' g, d with a correction for small groups. Return d itself."
    with np.errstate(all="ignore"):
        for spread, reason in _spread_mistakes(a, b):
            yield difference / spread, reason
            yield -difference / spread, f"{reason} And the sign is turned: d is of b - a."
            yield abs(difference) / spread, f"{reason} And d has a sign."
    yield (np.median(b) - np.median(a)) / pooled_sd(a, b), "Take means, not medians."
    yield difference * pooled_sd(a, b), "Divide by the pooled standard deviation; you multiply."
    yield right / np.sqrt(right**2 + 4), "This is a correlation. Return d."
    yield pooled_sd(a, b), "This is the pooled standard deviation. Divide the difference by it."
    yield pooled_sd(a, b) ** 2, "This is the pooled variance. Divide the difference by its root."
    yield right**2, "No square: return d itself."
    yield 100 * right, "Return d itself, not percent."
    for digits in (0, 1, 2):
        yield np.round(right, digits), "Do not round the result."


def _judge_d(call, a, b, because):
    exact_a, exact_b, one = a.astype(float), b.astype(float), "Return one number."
    shapes = [
        ((len(b),), f"{one} First the means, then their difference."),
        ((len(a),), f"{one} First the means, then their difference."),
        ((2,), one),
        ((1,), one),
    ]
    expect(
        call(a, b),
        np.asarray(_d(exact_a, exact_b)),
        shapes,
        _d_mistakes(exact_a, exact_b),
        (a, b),
        because,
    )


cohens_d = Check(
    _judge_d,
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
