"""Lesson 06, exercise 5: `false_positive_rate`."""

import numpy as np
from scipy import stats

from helpers.checks.feedback import Check, expect

_Z = stats.norm.ppf(0.975)


def _rate(effect, z=_Z):
    """How often a two-sided test rejects a true null if the variance is `effect` times what it takes."""
    return 2 * stats.norm.cdf(-z / np.sqrt(effect))


_NEXT = "What is asked for is how often |naive statistic| exceeds norm.ppf(0.975)."


def _rate_mistakes(m, icc):
    """Pairs (what the mistake gives, reason)."""
    effect = 1 + (m - 1) * icc
    right, flat, phi = _rate(effect), np.ones(np.shape(effect)), stats.norm.cdf
    ratio = _Z / np.sqrt(effect)
    root = "The *variance* is larger by the design effect, the standard error by its root."
    yield 2 * phi(-_Z / effect), f"The root is missing. {root}"
    yield 2 * phi(-_Z / effect**2), f"You square where a root belongs. {root}"
    wider = (
        "You multiply z. The naive statistic spreads more widely than it should: seen in its true standard "
        "error, the limit is nearer. Divide."
    )
    yield 2 * phi(-_Z * np.sqrt(effect)), wider
    yield 2 * phi(-_Z * effect), f"{wider} {root}"
    two = "This is one tail. A two-sided test rejects in both."
    yield phi(-ratio), two
    yield phi(-_Z / effect), f"{two} And the root is missing. {root}"
    tails = "The tails lie beyond the limit: Phi of the *negative* limit."
    yield 2 * phi(ratio), f"This exceeds 1. {tails}"
    yield phi(ratio), tails
    yield 1 - right, "This is how often the test does *not* reject."
    yield 2 * phi(ratio) - 1, "This is how often the test does *not* reject."
    yield phi(ratio) - 0.5, "This is half of how often the test does *not* reject."
    for z, reason in (
        (1.645, "1.645 is the limit of a one-sided test. Two-sided at 5 %: norm.ppf(0.975)."),
        (stats.norm.ppf(0.95), "1.645 is the limit of a one-sided test. Two-sided at 5 %: norm.ppf(0.975)."),
        (stats.norm.ppf(0.995), "2.576 belongs to a level of 1 %. Two-sided at 5 %: norm.ppf(0.975)."),
        (2.0, "2 is rounded. Take norm.ppf(0.975), 1.95996."),
    ):
        yield _rate(effect, z), reason
        yield _rate(effect, z) / 2, f"{reason} And there are two tails."
    yield 2 * stats.norm.pdf(-ratio), "norm.pdf is the density. The share in a tail is norm.cdf."
    yield stats.norm.pdf(ratio), "norm.pdf is the density. The share in a tail is norm.cdf."
    yield effect * flat, "This is the design effect. From it follows how often the test rejects."
    yield np.sqrt(effect) * flat, f"This is the factor of the standard error. {_NEXT}"
    yield ratio * flat, f"This is the limit in true standard errors. {_NEXT}"
    yield -ratio * flat, f"This is the limit in true standard errors. {_NEXT}"
    yield 0.05 * effect * flat, f"The rate does not grow in proportion to the design effect. {_NEXT}"
    yield (
        0.05 * np.sqrt(effect) * flat,
        f"The rate does not grow in proportion to the standard error. {_NEXT}",
    )
    yield np.minimum(0.05 * effect, 1), f"The rate does not grow in proportion to the design effect. {_NEXT}"
    yield 0.05 * flat, "This is the level, as if slices were patients."
    many = "That is for m tests. Here there is one test, whose standard error is too small."
    yield (1 - 0.95**m) * flat, many
    yield 0.05 * m * flat, many
    pairs = "A patient has m variances and m (m - 1) covariances, each icc times the variance. Yours is {}."
    with np.errstate(all="ignore"):
        for mistaken, formula in (
            (1 + m * icc, "1 + m icc"),
            (m * icc, "m icc"),
            ((m - 1) * icc, "(m - 1) icc: the 1 is missing"),
            (1 + (m + 1) * icc, "1 + (m + 1) icc"),
            (1 + m * (m - 1) * icc, "1 + m (m - 1) icc: divide by the m variances"),
            (1 + (m - 1) * icc / 2, "1 + (m - 1) icc / 2: each pair occurs twice"),
            (1 + (m - 1) * icc**2, "1 + (m - 1) icc^2: icc is a correlation, no square is needed"),
            (1 + (m - 1) * np.sqrt(icc), "1 + (m - 1) sqrt(icc)"),
            (1 + (m - 1) ** 2 * icc, "1 + (m - 1)^2 icc"),
            (1 - (m - 1) * icc, "1 - (m - 1) icc: covariances add"),
            (1 + (m - 1) / m * icc, "1 + (m - 1) icc / m"),
            (1 + (m - 1) * (1 - icc), "1 + (m - 1) (1 - icc)"),
            ((1 + (m - 1) * icc) / m, "that of the mean of m slices. Compare with the naive variance, 1 / m"),
            (m * (1 + (m - 1) * icc), "that of the sum of m slices. Compare with the naive variance, m"),
            (1 + (icc - 1) * m, "1 + (icc - 1) m: m and icc are swapped"),
            (1 / (1 + (m - 1) * icc), "its inverse"),
            (1 + icc, "1 + icc: m does not enter"),
            (m * flat, "m: icc does not enter"),
            (icc * flat, "icc: m does not enter"),
            (np.exp(icc * (m - 1)), "an exponential"),
        ):
            reason = pairs.format(formula)
            if np.all(mistaken > 0):
                yield _rate(mistaken) * flat, reason
                yield _rate(mistaken) / 2 * flat, f"{reason} And there are two tails."
                yield _rate(mistaken**2) * flat, f"{reason} And the root is missing. {root}"
    yield 100 * right, "Return shares in [0, 1], not percentages."
    yield right - 0.05, "Return the whole rate, not what exceeds 5 %."
    yield right / 0.05, "Return the rate, not how many times 5 % it is."
    for digits in (0, 1, 2):
        yield np.round(right, digits), "Do not round the result."


def _judge_rate(call, m, icc, because):
    exact_m, exact_icc = np.asarray(m, float), np.asarray(icc, float)
    expected = np.asarray(_rate(1 + (exact_m - 1) * exact_icc))
    if expected.shape:
        each = "m and icc are broadcast: one rate for each."
    else:
        each = "m and icc are numbers: return one number."
    shapes = [
        ((), f"{each} Not one for all."),
        ((1,), each),
        ((2,), each),
        (expected.shape[::-1], each),
        ((expected.size,), f"{each} Keep their shape."),
        (exact_m.shape, each),
        (exact_icc.shape, each),
    ]
    expect(call(m, icc), expected, shapes, _rate_mistakes(exact_m, exact_icc), (m, icc), because)


false_positive_rate = Check(
    _judge_rate,
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
