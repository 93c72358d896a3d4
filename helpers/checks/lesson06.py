"""Checks of lesson 06, in the order of its exercises. No TensorFlow here."""

import numpy as np
from scipy import stats

from helpers.checks.comparing import comparing
from helpers.checks.feedback import Check
from helpers.checks.score import Score

SAMPLE = "Take sample standard deviations, np.std(..., ddof=1): NumPy divides by n, not by n - 1."
FIVE = np.array([0.31, 0.42, 0.25, 0.38, 0.4])
EIGHT = np.array([0.5, 0.81, 0.33, 0.72, 0.2, 0.9, 0.44, 0.64])
THREE, EQUAL = np.array([2.0, 3.0, 7.0]), np.array([1.0, 1.0])


def _drawn(seed, n, mean, spread):
    """Scores whose mean and sample standard deviation are nearly those named."""
    return np.random.default_rng(seed).normal(mean, spread, n)


def _pooled_sd(a, b):
    """The pooled sample standard deviation."""
    squares = ((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()
    return np.sqrt(squares / (len(a) + len(b) - 2))


def d(a, b):
    """Cohen's d, of b - a."""
    return (b.mean() - a.mean()) / _pooled_sd(a, b)


def _d_mistakes(a, b):
    n, m, difference, pooled = len(a), len(b), b.mean() - a.mean(), _pooled_sd(a, b)
    yield -d(a, b), "The sign is turned: d is the mean of b less that of a."
    yield difference / np.sqrt((n - 1) * a.var() / (n + m - 2) + (m - 1) * b.var() / (n + m - 2)), SAMPLE
    yield difference / np.sqrt((a.var() + b.var()) / 2), f"{SAMPLE} And weight each variance by n - 1."
    plain = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    yield difference / plain, "This is the root of the plain mean of both variances. Weight them."
    every = np.concatenate([a, b]).std(ddof=1)
    yield difference / every, "This is the spread of all scores together, which holds the difference as well."
    yield d(a, b) / np.sqrt(1 / n + 1 / m), "You divide by the standard error: a t, which grows with n."
    yield difference / pooled**2, "You divide by the pooled variance. Take its root."
    yield d(a, b) * (1 - 3 / (4 * (n + m) - 9)), "This is Hedges' g, d with a correction for small groups."


cohens_d = Check(
    comparing(d, _d_mistakes),
    cases=[
        (FIVE, EIGHT, "The groups differ in number and in spread: pool the variances."),
        (EIGHT, FIVE, "Here b is smaller on average: d is negative."),
        (_drawn(301, 14, 0.3, 0.1), _drawn(302, 6, 0.33, 0.25), "Pool the variances, weighted by n - 1."),
        (_drawn(303, 10, 5, 2), _drawn(304, 10, 4.6, 1), "Here both groups have the same number."),
        (THREE, EQUAL, "b has no spread: all of it is that of a."),
    ],
    praise="A difference in units of the spread: it does not grow with n, and can be compared between "
    "scores on other scales.",
    hints=[
        "Three steps: the two variances, the pooled one, then the difference of the means divided by a root.",
        "np.var(a, ddof=1) is the sample variance of a: the sum of squares around the mean, divided by len(a) - 1.",
        "pooled = ((len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * ...) / (len(a) + len(b) - 2)",
        "Return (np.mean(b) - np.mean(a)) / np.sqrt(pooled): b less a.",
    ],
)


def welch(a, b, ddof=1):
    """Welch's t, of a - b, and its degrees of freedom."""
    n, m = len(a), len(b)
    e, f = a.var(ddof=ddof) / n, b.var(ddof=ddof) / m
    return (a.mean() - b.mean()) / np.sqrt(e + f), (e + f) ** 2 / (e**2 / (n - 1) + f**2 / (m - 1))


def _welch_mistakes(a, b):
    n, m, (t, df) = len(a), len(b), welch(a, b)
    student, e, f = -d(a, b) / np.sqrt(1 / n + 1 / m), a.var(ddof=1) / n, b.var(ddof=1) / m
    p, p_of_student = 2 * stats.t.sf(abs(t), df), 2 * stats.t.sf(abs(student), n + m - 2)
    yield (-t, None), "The sign of t is turned: t is of a - b, as in SciPy, negative where b is larger."
    yield (None, n + m - 2), "n_a + n_b - 2 is Student's. Welch's df depends on the variances."
    for other in (n + m - 2, p_of_student):
        yield (student, other), "This is Student's t, with a pooled variance, not Welch's."
    yield welch(a, b, ddof=0), SAMPLE
    yield ((a.mean() - b.mean()) / (e + f), None), "The root is missing: divide by the root of e_a + e_b."
    yield (None, (e + f) ** 2 / (e**2 / n + f**2 / m)), "In the denominator divide e^2 by n - 1, not by n."
    yield (None, p), "This is a p-value. The second number is to be df."
    yield (None, np.round(df)), "Do not round df: it is no whole number in general."


_WIDE = "The smaller group has the larger spread: df is little more than n_b - 1."
_EVEN = "With equal numbers t is Student's, df is not unless the spreads are equal, too."

welch_t = Check(
    comparing(welch, _welch_mistakes, returns=("t", "df")),
    cases=[
        (FIVE, EIGHT, "First t, of a - b, then df."),
        (EIGHT, FIVE, "Here a is larger on average: t is positive. df is the same as before."),
        (_drawn(311, 15, 0.3, 0.05), _drawn(312, 6, 0.33, 0.25), _WIDE),
        (_drawn(313, 9, 5, 2), _drawn(314, 9, 4.6, 0.5), _EVEN),
        (THREE, EQUAL, "b has no spread: df is n_a - 1."),
    ],
    praise="Each group keeps its own variance. df is never above n_a + n_b - 2, and far below where a small group "
    "has the larger spread.",
    hints=[
        "First e_a and e_b: each group's sample variance, divided by its own n.",
        "e_a = np.var(a, ddof=1) / len(a). The root of e_a + e_b is the standard error of the difference.",
        "t = (np.mean(a) - np.mean(b)) / np.sqrt(e_a + e_b): a less b.",
        "df = (e_a + e_b) ** 2 / (e_a**2 / (len(a) - 1) + ...), and the same with b. Then `return t, df`.",
    ],
)


def shuffled(a, b, shuffles):
    """Difference of the means of each shuffle (m,), the observed one, and how close two are equal but for rounding."""
    every = np.concatenate([a, b])
    moved = every[shuffles]
    difference = moved[:, len(a) :].mean(axis=1) - moved[:, : len(a)].mean(axis=1)
    return difference, b.mean() - a.mean(), 1e-12 * np.abs(every).max()


def permuted(a, b, shuffles):
    """p of the shuffles, and of the scores as they are."""
    difference, observed, tie = shuffled(a, b, shuffles)
    return (1 + np.count_nonzero(np.abs(difference) >= abs(observed) - tie)) / (1 + len(shuffles))


def _p_mistakes(a, b, shuffles):
    (difference, observed, tie), p, m = shuffled(a, b, shuffles), permuted(a, b, shuffles), len(shuffles)
    size, least = np.abs(difference), abs(observed)
    yield (p * (1 + m) - 1) / m, "The scores as they are count as one more shuffle: add 1 above and below."
    for doubled in (2 * p, min(2 * p, 1)):
        yield doubled, "Do not double p: differences without their signs are two-sided already."
    yield 1 - p, "This is 1 - p. Return p itself."
    for counted, reason in (
        (
            size > least + tie,
            "You count only shuffles whose difference is larger. One that is *as* large counts.",
        ),
        (difference >= observed - tie, "You count one side only: compare differences without signs, np.abs."),
        (
            difference <= observed + tie,
            "You count one side only, of a - b: compare np.abs of the differences.",
        ),
        (
            size <= least + tie,
            "Turned round: count shuffles whose difference is as large as the observed one.",
        ),
        (
            size >= least,
            "Ties were lost to rounding: compare with a little less, by 1e-12 of the largest score.",
        ),
    ):
        yield (1 + counted.sum()) / (1 + m), reason
        yield counted.sum() / m, f"{reason} And add 1 above and below."


def permutations(seed, m, n):
    """m permutations of n positions."""
    return np.random.default_rng(seed).permuted(np.tile(np.arange(n), (m, 1)), axis=1)


_EIGHT = np.array([0.492, 0.359, 0.313, 0.62, 0.797, 0.525, 0.223, 0.278])
_WHOLE = np.array([3.0, 1, 4, 1, 5]), np.array([6.0, 2, 7, 4, 3, 5])
_TENTHS = np.array([0.7, 0.8, 0.1, 0.8, 0.5, 0.5]), np.array([0.6, 0.3, 0.9, 0.1, 0.3, 0.4])
_APART = np.array([1.0, 1.2, 1.1, 0.9]), np.array([7.0, 7.7, 8.1, 7.2, 7.4])
_THREE = np.array([[0, 4, 2, 3, 1, 5, 6, 7, 8], [8, 1, 5, 2, 0, 3, 4, 7, 6], [4, 5, 6, 2, 1, 0, 3, 8, 7]])
_ADD, _COUNT = (
    "Count, then add 1 above and below: one number, p.",
    "They count as differences that are as large, too.",
)

permutation_p = Check(
    comparing(permuted, _p_mistakes),
    cases=[
        (np.array([0.32, 0.268, 0.375, 0.442, 0.514]), _EIGHT, permutations(1005, 199, 13), _ADD),
        (
            _drawn(324, 11, 5, 1),
            _drawn(325, 7, 4.2, 2),
            permutations(326, 150, 18),
            "Here a is larger on average.",
        ),
        (
            *_WHOLE,
            permutations(327, 300, 11),
            f"Many differences are exactly as large as the observed one. {_COUNT}",
        ),
        (*_TENTHS, permutations(2005, 300, 12), f"Many differences are equal but for rounding. {_COUNT}"),
        (*_APART, _THREE, "No shuffle reaches the observed difference: p = 1 / 4, not 0."),
    ],
    praise="It needs no bell curve, only that labels could be dealt anew: so not slices of one patient. "
    "And p cannot fall below 1 / (1 + m).",
    hints=[
        "Four steps: the observed difference; the two groups of each shuffle; their differences; a count.",
        "np.concatenate([a, b])[shuffles] holds the shuffled scores, one row a shuffle. Its first len(a) "
        "columns are group a.",
        "Means over axis 1 give the differences (m,). Compare np.abs of them with abs(observed).",
        "Count with >= and a tolerance for rounding: np.abs(differences) >= abs(observed) - tie, with tie = "
        "1e-12 times the largest np.abs of the scores.",
        "Return (1 + count) / (1 + len(shuffles)).",
    ],
)


def appearing(patients):
    """Names in the order of first appearance, and the number of each one's patient, (n,)."""
    names, first, member = np.unique(patients, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return names[order], np.argsort(order)[member]


def means(scores, patients):
    """Mean of each patient, in the order of first appearance."""
    _, member = appearing(patients)
    return np.bincount(member, scores) / np.bincount(member)


def _means_mistakes(scores, patients):
    (names, member), right = appearing(patients), means(scores, patients)
    own, by_name = [scores[member == j] for j in range(len(names))], np.argsort(names)
    order = "The means are right, but not their order: patients in the order of *first appearance*."
    yield right[by_name], f"{order} Yours are in the order of the sorted names, as np.unique gives them."
    yield np.sort(right), f"{order} Yours are sorted by size."
    for values, reason in (
        ([x.sum() for x in own], "These are the sums. Divide each by the patient's own number of slices."),
        ([x[0] for x in own], "This is one slice of each patient, the first. Take the mean of all."),
        ([x[-1] for x in own], "This is one slice of each patient, the last. Take the mean of all."),
        ([x.sum() / len(scores) for x in own], "You divide by the number of all slices, not the patient's."),
    ):
        yield np.array(values), reason
        yield np.array(values)[by_name], f"{reason} And keep the order of first appearance."
    yield right[member], "One mean for each patient: yours are one for each slice."
    yield right[:-1], "One patient is missing. Is the last one added after the loop?"


_SCORES = np.array([0.61, 0.92, 0.72, 0.63, 0.56, 0.61, 0.89, 0.33, 0.79, 0.67, 0.1])
_PATIENTS = np.array("p7 p10 p10 p7 p7 p7 p10 p30 p1 p1 p7".split())
_SCANS = np.random.default_rng(332).choice([f"scan{j}" for j in (12, 3, 1, 33, 2, 21, 13)], 40)
_ORDER = (
    "The patients are p7, p10, p30 and p1, in this order: collect all slices of each, wherever they stand."
)

patient_means = Check(
    comparing(means, _means_mistakes),
    cases=[
        (_SCORES, _PATIENTS, _ORDER),
        (
            np.array([3.0, 1.0, 7.5, 2.0, 4.0, 8.0, 1.0, 2.5]),
            np.array(list("bbddabcc")),
            "The patients are b, d, a and c, in this order.",
        ),
        (np.array([0.4, 0.8, 0.3]), np.array(["one"] * 3), "There is one patient: one mean, (1,)."),
        (_drawn(331, 40, 0.4, 0.2), _SCANS, "Patients stand in the order of their first slice."),
    ],
    praise="As many values as patients, each independent of the others: what a t-test asks for.",
    hints=[
        "First the names, each once, in the order in which they appear. Then the mean of each.",
        "dict.fromkeys(patients) holds each name once, in the order of first appearance. np.unique sorts.",
        "scores[patients == name] are the scores of one patient, wherever they stand.",
        "np.array([scores[patients == name].mean() for name in ...])",
    ],
)


_Z = stats.norm.ppf(0.975)


def rate(m, icc, z=_Z, power=0.5):
    """How often a two-sided test rejects a true null: with the design effect, the true error is its root larger."""
    return 2 * stats.norm.cdf(-z / (1 + (np.asarray(m, float) - 1) * icc) ** power)


def _rate_mistakes(m, icc):
    right, m = rate(m, icc), np.asarray(m, float)
    effect = 1 + (m - 1) * icc + 0 * right
    yield rate(m, icc, power=1), "The root is missing: the *variance* is larger by the design effect."
    yield rate(m, icc, power=-0.5), "You multiply z. Divide: the true error is larger."
    yield right / 2, "This is one tail. A two-sided test rejects in both."
    yield 1 - right, "This is how often the test does *not* reject."
    yield rate(m, icc, stats.norm.ppf(0.95)), "1.645 is the limit of a one-sided test. Take norm.ppf(0.975)."
    yield effect, "This is the design effect. From it follows how often the test rejects."
    for product in (0.05 * effect, np.minimum(0.05 * effect, 1)):
        yield product, "The rate does not grow in proportion to the design effect. Ask norm.cdf."
    yield rate(m + 1, icc), "A patient has m variances and m (m - 1) covariances. Yours is 1 + m icc."
    yield right.mean(), "One rate for each m and icc, not one for all."


false_positive_rate = Check(
    comparing(rate, _rate_mistakes),
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

score = Score("06", dict(cohens_d=2, welch_t=2, permutation_p=3, patient_means=2, false_positive_rate=3))
