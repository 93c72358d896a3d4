"""Lesson 06, exercise 5: `false_positive_rate`."""

import numpy as np
from scipy import stats

from helpers.checks.feedback import Check, expect

_Z = stats.norm.ppf(0.975)


def _rate(effect, z=_Z):
    """How often a two-sided test rejects a true null if the variance is `effect` times what it takes."""
    return 2 * stats.norm.cdf(-z / np.sqrt(effect))


def _mistakes(m, icc):
    """Pairs (what the mistake gives, reason)."""
    effect = 1 + (m - 1) * icc
    flat = np.ones(np.shape(effect))
    yield (
        _rate(effect**2),
        "The root is missing: the *variance* is larger by the design effect, the error by its root.",
    )
    yield (
        _rate(1 / effect),
        "You multiply z. Seen in the true, larger standard error the limit is nearer. Divide.",
    )
    yield _rate(effect) / 2, "This is one tail. A two-sided test rejects in both."
    yield 1 - _rate(effect), "This is how often the test does *not* reject."
    yield _rate(effect, stats.norm.ppf(0.95)), "1.645 is the limit of a one-sided test. Take norm.ppf(0.975)."
    yield effect * flat, "This is the design effect. From it follows how often the test rejects."
    yield 0.05 * effect * flat, "The rate does not grow in proportion to the design effect. Ask norm.cdf."
    pairs = "A patient has m variances and m (m - 1) covariances, each icc times the variance."
    yield _rate(1 + m * icc) * flat, f"{pairs} Yours is 1 + m icc."


def _judge(call, m, icc, because):
    exact_m, exact_icc = np.asarray(m, float), np.asarray(icc, float)
    expected = np.asarray(_rate(1 + (exact_m - 1) * exact_icc))
    each = "m and icc are broadcast: one rate for each." if expected.shape else "Return one number."
    shapes = [((), f"{each} Not one for all."), ((1,), each), (exact_m.shape, each), (exact_icc.shape, each)]
    expect(call(m, icc), expected, shapes, _mistakes(exact_m, exact_icc), (m, icc), because)


false_positive_rate = Check(
    _judge,
    cases=[
        (5, 0.3, "Of the 25 entries of a patient's covariances 5 are variances and 20 covariances."),
        (2, 0.5, "Of the 4 entries of a patient's covariances 2 are variances and 2 covariances."),
        (1, 0.4, "With one slice a patient the test is as good as it says: 5 %."),
        (12, 0.0, "With icc = 0 slices are as good as patients: 5 %."),
        (40, 1.0, "With icc = 1 all slices of a patient are equal: the design effect is m."),
        (np.array([1, 2, 5, 10]), 0.2, "m may be an array."),
        (3, np.array([0.0, 0.15, 0.9]), "icc may be an array."),
        (np.array([[2], [8]]), np.array([0.1, 0.5, 0.7]), "m and icc are broadcast against each other."),
    ],
    praise="More slices a patient make it worse, not better. Simulate, and see whether it holds.",
    hints=[
        "The variance of a sum is the sum over its covariance matrix. For one patient it has m x m entries: "
        "how many are variances, and how many covariances?",
        "One patient's sum has the variance s^2 (m + m (m - 1) icc). n / m patients are independent: their "
        "sums add, and the mean divides by n^2. Compare with s^2 / n.",
        "The design effect is 1 + (m - 1) icc. The true standard error is larger than the naive one by its "
        "root; so the naive statistic is normal with this root as its standard deviation.",
        "It exceeds z in size as often as a standard normal number exceeds z / root: two tails, each "
        "norm.cdf(-z / root), with z = norm.ppf(0.975).",
    ],
)
