"""Checks of lesson 06. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here."""

import itertools

import numpy as np
from scipy import special, stats

from helpers.checks.feedback import Check, Wrong, expect, numbers, same

_SAMPLE = (
    "Take sample standard deviations, np.std(..., ddof=1): NumPy divides by n, not by n - 1, unless told."
)


def _sds(a, b, ddof=1):
    return np.std(a, ddof=ddof), np.std(b, ddof=ddof)


def _pooled(a, b):
    """The pooled sample standard deviation."""
    squares = ((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()
    return np.sqrt(squares / (len(a) + len(b) - 2))


def _d(a, b):
    """Cohen's d, of b - a."""
    return (b.mean() - a.mean()) / _pooled(a, b)


def _spread_mistakes(a, b):
    """Pairs (what d is mistakenly divided by, reason)."""
    n, m, (s, r), (s0, r0) = len(a), len(b), _sds(a, b), _sds(a, b, 0)
    pooled, all_scores = _pooled(a, b), np.concatenate([a, b])
    yield np.sqrt(((n - 1) * s0**2 + (m - 1) * r0**2) / (n + m - 2)), _SAMPLE
    yield np.sqrt((s0**2 + r0**2) / 2), f"{_SAMPLE} And weight each variance by n - 1."
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
    yield (s0 + r0) / 2, f"You average the standard deviations. {large} Take the root at the end. {_SAMPLE}"
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
    yield s0, f"You divide by the standard deviation of a alone. {both} {_SAMPLE}"
    yield r0, f"You divide by the standard deviation of b alone. {both} {_SAMPLE}"
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
    yield (np.median(b) - np.median(a)) / _pooled(a, b), "Take means, not medians."
    yield difference * _pooled(a, b), "Divide by the pooled standard deviation; you multiply."
    yield right / np.sqrt(right**2 + 4), "This is a correlation. Return d."
    yield _pooled(a, b), "This is the pooled standard deviation. Divide the difference by it."
    yield _pooled(a, b) ** 2, "This is the pooled variance. Divide the difference by its root."
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


def _scores(seed, n, mean, spread):
    """Scores whose mean and sample standard deviation are nearly those named."""
    return np.random.default_rng(seed).normal(mean, spread, n)


_FIVE, _EIGHT = (
    np.array([0.31, 0.42, 0.25, 0.38, 0.4]),
    np.array([0.5, 0.81, 0.33, 0.72, 0.2, 0.9, 0.44, 0.64]),
)

cohens_d = Check(
    _judge_d,
    cases=[
        (_FIVE, _EIGHT, "The groups differ in number and in spread: pool the variances."),
        (_EIGHT, _FIVE, "Here b is smaller on average: d is negative."),
        (_scores(301, 14, 0.3, 0.1), _scores(302, 6, 0.33, 0.25), "Pool the variances, weighted by n - 1."),
        (_scores(303, 10, 5, 2), _scores(304, 10, 4.6, 1), "Here both groups have the same number."),
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


def _welch(a, b):
    """Welch's t, of a - b, and its degrees of freedom."""
    n, m = len(a), len(b)
    e, f = a.var(ddof=1) / n, b.var(ddof=1) / m
    return (a.mean() - b.mean()) / np.sqrt(e + f), (e + f) ** 2 / (e**2 / (n - 1) + f**2 / (m - 1))


def _error_mistakes(a, b):
    """Pairs (what Welch's t is mistakenly divided by, reason)."""
    n, m, (s, r), (s0, r0) = len(a), len(b), _sds(a, b), _sds(a, b, 0)
    pooled = _pooled(a, b)
    yield (
        pooled * np.sqrt(1 / n + 1 / m),
        "This is Student's t, with a pooled variance. In Welch's each group keeps its own.",
    )
    yield np.sqrt(s0**2 / n + r0**2 / m), _SAMPLE
    yield (
        np.sqrt(s**2 / (n - 1) + r**2 / (m - 1)),
        "Divide the sample variances by n, not by n - 1: that was done in the variance already.",
    )
    yield s**2 / n + r**2 / m, "The root is missing: divide by the root of e_a + e_b."
    yield s0**2 / n + r0**2 / m, f"The root is missing. {_SAMPLE}"
    yield np.sqrt(s / n + r / m), "The standard deviations are not squared: e_a = s_a^2 / n_a."
    yield np.sqrt(s0 / n + r0 / m), f"The standard deviations are not squared. {_SAMPLE}"
    yield (
        s / np.sqrt(n) + r / np.sqrt(m),
        "You add two standard errors. Add their squares, and take the root of the sum.",
    )
    yield np.sqrt(s**2 / n) * np.sqrt(r**2 / m), "Add e_a and e_b; you multiply."
    yield np.sqrt(s**2 / m + r**2 / n), "n_a and n_b are swapped: each variance is divided by its own n."
    each = "Each variance is divided by its own n."
    yield np.sqrt((s**2 + r**2) / n), f"You divide both by n_a. {each}"
    yield np.sqrt((s**2 + r**2) / m), f"You divide both by n_b. {each}"
    yield np.sqrt((s**2 + r**2) / (n + m)), f"You divide both by n_a + n_b. {each}"
    yield np.sqrt(s**2 + r**2), f"The variances are not divided by n. {each}"
    yield np.sqrt((s**2 + r**2) / 2), f"The variances are not divided by n. {each}"
    yield pooled, "This is Cohen's d, of a - b. Divide by the standard error: each variance by its n."
    yield np.sqrt(s**2 / n), "This is the standard error of a alone. Add e_b."
    yield np.sqrt(r**2 / m), "This is the standard error of b alone. Add e_a."
    yield np.sqrt(abs(s**2 / n - r**2 / m)), "Add e_a and e_b; you subtract."
    yield 1.0, "This is the difference of the means. Divide it by its standard error."


def _t_mistakes(a, b):
    """Pairs (what the mistake gives for t, reason)."""
    right, difference = _welch(a, b)[0], a.mean() - b.mean()
    turned = "t is of a - b, as in SciPy: negative where b is larger"
    yield -right, f"The sign is turned: {turned}."
    with np.errstate(all="ignore"):
        for error, reason in _error_mistakes(a, b):
            yield difference / error, reason
            yield -difference / error, f"{reason} And the sign is turned: {turned}."
        yield (np.median(a) - np.median(b)) / (difference / right), "Take means, not medians."
    yield difference / right, "This is the standard error. Divide the difference of the means by it."
    yield right**2, "No square: return t itself."
    for digits in (0, 1, 2):
        yield np.round(right, digits), "Do not round the result."


def _df_mistakes(a, b):
    """Pairs (what the mistake gives for df, reason)."""
    n, m, (s, r), (s0, r0) = len(a), len(b), _sds(a, b), _sds(a, b, 0)
    t, right = _welch(a, b)

    def formula(e, f, divisors=(n - 1, m - 1), top=2, bottom=2):
        return (e + f) ** top / (e**bottom / divisors[0] + f**bottom / divisors[1])

    e, f = s**2 / n, r**2 / m
    yield n + m - 2, "n_a + n_b - 2 is Student's. Welch's depends on the variances."
    yield n + m - 1, "Welch's df depends on the variances, not on the numbers alone."
    yield n + m, "Welch's df depends on the variances, not on the numbers alone."
    yield min(n, m) - 1, "That is a lower bound. Welch's df depends on the variances."
    yield formula(e, f, (n, m)), "In the denominator divide e^2 by n - 1, not by n."
    yield formula(e, f, (1, 1)), "In the denominator e_a^2 is divided by n_a - 1, and e_b^2 by n_b - 1."
    yield formula(e, f, (m - 1, n - 1)), "n_a - 1 and n_b - 1 are swapped in the denominator."
    yield formula(e, f, (n + 1, m + 1)), "In the denominator divide e^2 by n - 1, not by n + 1."
    yield (
        formula(e, f, (n + 1, m + 1)) - 2,
        "This is another estimate of df, with n + 1. Here e^2 is divided by n - 1, and nothing subtracted.",
    )
    yield formula(s0**2 / n, r0**2 / m), _SAMPLE
    yield formula(s0**2 / n, r0**2 / m, (n, m)), f"{_SAMPLE} And in the denominator divide by n - 1."
    yield formula(s**2, r**2), "The variances are not divided by n: e_a = s_a^2 / n_a."
    yield formula(s, r), "These are standard deviations in place of e_a = s_a^2 / n_a and e_b."
    yield formula(s / n, r / m), "The standard deviations are not squared: e_a = s_a^2 / n_a."
    yield formula(np.sqrt(e), np.sqrt(f)), "e_a is the *squared* standard error, s_a^2 / n_a."
    yield formula(s**2 / m, r**2 / n), "n_a and n_b are swapped: each variance is divided by its own n."
    yield formula(e, f, top=1), "The square of the numerator is missing."
    yield formula(e, f, bottom=1), "The squares of the denominator are missing."
    yield formula(e, f, top=1, bottom=1), "The squares are missing, above and below."
    yield formula(e, f, top=4), "The numerator has the power 2, not 4: e_a + e_b is squared once."
    yield formula(e, f, top=2, bottom=4), "The denominator has the power 2, not 4."
    yield (e**2 + f**2) / (e**2 / (n - 1) + f**2 / (m - 1)), "The numerator is the square of the sum."
    yield np.sqrt(right), "This is the root of df. Return df itself."
    yield 1 / right, "Turned round: this is 1 / df."
    for df in (right, n + m - 2):
        for tails in (1, 2):
            yield tails * stats.t.sf(abs(t), df), "This is a p-value. The second number is to be df."
    yield np.floor(right), "Do not round df: it is no whole number in general."
    yield np.ceil(right), "Do not round df: it is no whole number in general."
    for digits in (0, 1, 2):
        yield np.round(right, digits), "Do not round the result."


def _judge_welch(call, a, b, because):
    exact = a.astype(float), b.astype(float)
    result, right = call(a, b), np.array(_welch(*exact))
    pair = "Return two numbers, t and df: `return t, df`."
    array = numbers(result)
    if array is not None and array.shape == (2,) and not same(array, right):
        if same(array[::-1], right) or same(array[::-1], right * [-1, 1]):
            raise Wrong("The two are swapped: first t, then df.")
        for place, (name, mistakes) in enumerate((("t", _t_mistakes), ("df", _df_mistakes))):
            if not same(array[place], right[place]):
                for mistaken, reason in mistakes(*exact):
                    if same(array[place], mistaken):
                        raise Wrong(f"{name}: {reason}")
    shapes = [
        ((), f"{pair} Not one of them only."),
        ((1,), f"{pair} Not one of them only."),
        ((3,), f"{pair} No third."),
        ((4,), f"{pair} No more."),
        ((2, 1), f"{pair} No further axis."),
        ((1, 2), f"{pair} No further axis."),
        ((2, len(a)), pair),
        ((2, len(b)), pair),
    ]
    expect(result, right, shapes, (), (a, b), because)


welch_t = Check(
    _judge_welch,
    cases=[
        (_FIVE, _EIGHT, "First t, of a - b, then df."),
        (_EIGHT, _FIVE, "Here a is larger on average: t is positive. df is the same as before."),
        (
            _scores(311, 15, 0.3, 0.05),
            _scores(312, 6, 0.33, 0.25),
            "The smaller group has the larger spread: df is little more than n_b - 1.",
        ),
        (
            _scores(313, 9, 5, 2),
            _scores(314, 9, 4.6, 0.5),
            "With equal numbers t is Student's, df is not unless the spreads are equal, too.",
        ),
        (np.array([2.0, 3.0, 7.0]), np.array([1.0, 1.0]), "b has no spread: df is n_a - 1."),
    ],
    praise="Each group keeps its own variance. df is never above n_a + n_b - 2, and far below where a small group has "
    "the larger spread.",
    hints=[
        "First e_a and e_b: each group's sample variance, divided by its own n.",
        "e_a = np.var(a, ddof=1) / len(a). The root of e_a + e_b is the standard error of the difference.",
        "t = (np.mean(a) - np.mean(b)) / np.sqrt(e_a + e_b): a less b.",
        "df = (e_a + e_b) ** 2 / (e_a**2 / (len(a) - 1) + ...), and the same with b. Then `return t, df`.",
    ],
)


def _shuffled(a, b, shuffles):
    """Scores of both groups in each shuffle, (m, n_a) and (m, n_b)."""
    moved = np.concatenate([a, b])[shuffles]
    return moved[:, : len(a)], moved[:, len(a) :]


def _tie(a, b):
    """Differences as close as this are equal but for rounding."""
    return 1e-12 * np.abs(np.concatenate([a, b])).max()


def _as_extreme(a, b, shuffles):
    """Number of shuffles whose |difference of means| is at least as large as the observed one."""
    first, rest = _shuffled(a, b, shuffles)
    difference = rest.mean(axis=1) - first.mean(axis=1)
    return np.count_nonzero(np.abs(difference) >= abs(b.mean() - a.mean()) - _tie(a, b))


def _count_mistakes(a, b, shuffles):
    """Pairs (number of shuffles that the mistake counts, reason)."""
    n, joined = len(a), np.concatenate([a, b])
    m, first, rest = len(shuffles), *_shuffled(a, b, shuffles)
    difference, observed, tie = rest.mean(axis=1) - first.mean(axis=1), b.mean() - a.mean(), _tie(a, b)
    counted, size = np.count_nonzero, np.abs(difference)
    yield (
        m,
        "Every shuffle counts as extreme. Does each get the scores that its row names? And is the observed "
        "difference without its sign?",
    )
    yield 0, "No shuffle counts as extreme. Compare its difference with the observed *difference*, by >=."
    yield (
        counted(size > abs(observed) + tie),
        "You count only shuffles whose difference is larger. One that is *as* large counts, too: >=.",
    )
    sides = "Two-sided: compare the sizes of the differences of the means, without their signs: np.abs."
    yield counted(difference >= observed - tie), f"You count one side only. {sides}"
    yield counted(difference <= observed + tie), f"You count one side only. {sides}"
    yield counted(difference > observed + tie), f"You count one side only. {sides} And ties count."
    yield counted(difference < observed - tie), f"You count one side only. {sides} And ties count."
    for sign, group in ((1, "b - a"), (-1, "a - b")):
        own = f"The difference {group} of the shuffle keeps its sign. {sides}"
        yield counted(sign * difference >= abs(observed) - tie), own
        other = f"The observed difference {group} keeps its sign. {sides}"
        yield counted(size >= sign * observed - tie), other
    turned = "Turned round: count the shuffles whose difference is as large as the observed one, or larger."
    yield counted(size <= abs(observed) + tie), turned
    yield counted(size < abs(observed) - tie), turned
    yield counted(np.abs(size - abs(observed)) <= tie), "You count ties only. Larger ones count as well."
    only = "You shuffle one group only, and compare it with the other as it was. Both get new scores."
    yield counted(np.abs(b.mean() - first.mean(axis=1)) >= abs(observed) - tie), only
    yield counted(np.abs(rest.mean(axis=1) - a.mean()) >= abs(observed) - tie), only
    alone = "You look at the mean of one group. Compare the *difference* of both means."
    for means, mean in ((first.mean(axis=1), a.mean()), (rest.mean(axis=1), b.mean())):
        yield counted(np.abs(means) >= abs(mean) - tie), alone
        yield counted(means <= mean + tie), alone
        yield counted(np.abs(means) >= abs(observed) - tie), alone
    statistic = "The statistic is the difference of the means, not that of the {}."
    for of, name in ((np.median, "medians"), (np.sum, "sums"), (np.max, "largest scores")):
        moved = np.abs(of(rest, axis=1) - of(first, axis=1))
        yield counted(moved >= abs(of(b) - of(a)) - tie), statistic.format(name)
    with np.errstate(all="ignore"):
        errors = [
            np.sqrt(x.var(axis=-1, ddof=1) / x.shape[-1] + y.var(axis=-1, ddof=1) / y.shape[-1])
            for x, y in ((first, rest), (a, b))
        ]
        yield (
            counted(size / errors[0] >= abs(observed) / errors[1] * (1 - 1e-12)),
            "You compare Welch's t. The difference of the means is asked for.",
        )
        yield (
            counted(size >= abs(observed) / errors[1] - tie),
            "Compare like with like: the shuffled difference with the observed difference, not with t.",
        )
        yield (
            counted(size / errors[0] >= abs(observed)),
            "Compare like with like: the shuffled t is no difference.",
        )
    place = "Of each row the *first* n_a numbers name the scores that become group a."
    for mistaken in (
        (joined[shuffles[:, -n:]], joined[shuffles[:, :-n]]),
        (joined[shuffles[:, : len(b)]], joined[shuffles[:, len(b) :]]),
    ):
        means = mistaken[1].mean(axis=1) - mistaken[0].mean(axis=1)
        yield counted(np.abs(means) >= abs(observed) - tie), place
    half = (n + len(b)) // 2
    means = joined[shuffles[:, half:]].mean(axis=1) - joined[shuffles[:, :half]].mean(axis=1)
    yield counted(np.abs(means) >= abs(observed) - tie), f"You cut each row in the middle. {place}"
    backwards = np.concatenate([b, a])[shuffles]
    means = backwards[:, n:].mean(axis=1) - backwards[:, :n].mean(axis=1)
    yield (
        counted(np.abs(means) >= abs(observed) - tie),
        "The positions are those of a joined with b, in this order: np.concatenate([a, b]).",
    )
    means = shuffles[:, n:].mean(axis=1) - shuffles[:, :n].mean(axis=1)
    yield (
        counted(np.abs(means) >= abs(observed) - tie),
        "The rows of `shuffles` hold positions, not scores. Take the joined scores there.",
    )
    inverse = joined[np.argsort(shuffles, axis=1)]
    means = inverse[:, n:].mean(axis=1) - inverse[:, :n].mean(axis=1)
    yield counted(np.abs(means) >= abs(observed) - tie), f"Do not sort the shuffles. {place}"


def _p_mistakes(a, b, shuffles):
    """Pairs (what the mistake gives, reason)."""
    count, m = _as_extreme(a, b, shuffles), len(shuffles)
    right = (1 + count) / (1 + m)

    def forms(number):
        yield (1 + number) / (1 + m), ""
        yield number / m, "And the scores as they are count as one more shuffle: add 1 above and below."
        yield number / (1 + m), "And add 1 above as well, for the scores as they are."
        yield (1 + number) / m, "And add 1 below as well, for the scores as they are."

    yield (
        count / m,
        "The scores as they are count as one more shuffle: (1 + number) / (1 + m). So p is never 0.",
    )
    yield count / (1 + m), "Add 1 above as well, for the scores as they are: (1 + number) / (1 + m)."
    yield (1 + count) / m, "Add 1 below as well, for the scores as they are: (1 + number) / (1 + m)."
    if count:
        yield count, "This is the number of shuffles. Return p: (1 + number) / (1 + m)."
    yield 1 + count, "Divide this number by 1 + m."
    yield 1 - right, "This is 1 - p. Count the shuffles that are as extreme or more."
    yield 1 - count / m, "This is the share of the shuffles that are *less* extreme."
    yield 2 * right, "Do not double: the sizes of the differences are two-sided already."
    yield min(1, 2 * right), "Do not double: the sizes of the differences are two-sided already."
    yield right / 2, "Do not halve p: it is to be two-sided."
    yield 100 * right, "Return p, not percent."
    for number, reason in _count_mistakes(a, b, shuffles):
        if number != count:
            for mistaken, further in forms(number):
                yield mistaken, f"{reason} {further}".strip()
    first, rest = _shuffled(a, b, shuffles)
    difference, observed, tie = rest.mean(axis=1) - first.mean(axis=1), b.mean() - a.mean(), _tie(a, b)
    tails = [np.count_nonzero(sign * difference >= sign * observed - tie) for sign in (1, -1)]
    for mistaken in (2 * (1 + min(tails)) / (1 + m), 2 * min(tails) / m):
        yield min(1, mistaken), "You double one side. Compare the sizes of the differences instead: np.abs."
    with np.errstate(all="ignore"):
        for equal in (True, False):
            yield (
                stats.ttest_ind(a, b, equal_var=equal).pvalue,
                "This is the p-value of a t-test. Count the shuffles instead.",
            )
        yield stats.mannwhitneyu(a, b).pvalue, "This is the p-value of a rank test. Count the shuffles."
    yield observed, "This is the observed difference. Count the shuffles whose difference is as large."
    yield abs(observed), "This is the observed difference. Count the shuffles whose difference is as large."
    for digits in (0, 1, 2):
        yield np.round(right, digits), "Do not round the result."


def _judge_p(call, a, b, shuffles, because):
    exact, m = (a.astype(float), b.astype(float)), len(shuffles)
    result, count = call(a, b, shuffles), _as_extreme(*exact, shuffles)
    one = "Return one number, p."
    shapes = [
        ((m,), f"{one} Count the shuffles whose difference is as large as the observed one."),
        ((2,), one),
        ((1,), one),
        ((shuffles.shape[1],), f"{one} A row is a shuffle: take means over axis 1."),
        ((len(a),), f"{one} A row is a shuffle: take means over axis 1."),
    ]
    array = numbers(result)
    mistakes = itertools.chain(_p_mistakes(*exact, shuffles), _another_count(array, exact, shuffles, count))
    expect(result, np.asarray((1 + count) / (1 + m)), shapes, mistakes, (a, b, shuffles), because)


def _another_count(p, exact, shuffles, count):
    """A pair (p, how many shuffles it says are extreme), or none."""
    if p is None or p.shape or not np.isfinite(p):
        return
    number = p * (1 + len(shuffles)) - 1
    if abs(number - np.round(number)) > 1e-6 or not 0 <= np.round(number) <= len(shuffles):
        return
    first, rest = _shuffled(*exact, shuffles)
    size = np.abs(rest.mean(axis=1) - first.mean(axis=1))
    larger = np.count_nonzero(size > abs(exact[1].mean() - exact[0].mean()) + _tie(*exact))
    told = f"You count {number:.0f} of {len(shuffles)} shuffles as extreme, but there are {count}."
    if larger <= np.round(number) < count:
        yield (
            p,
            f"{told} Ties were lost to rounding: the same scores, added up in another order, may differ in "
            "the last digit. Compare with a little less, by 1e-12 of the largest score.",
        )
    yield p, f"{told} Take the scores that each row names; draw no shuffles of your own."


def _permutations(seed, m, n):
    """m permutations of n positions."""
    return np.random.default_rng(seed).permuted(np.tile(np.arange(n), (m, 1)), axis=1)


permutation_p = Check(
    _judge_p,
    cases=[
        (
            np.array([0.32, 0.268, 0.375, 0.442, 0.514]),
            np.array([0.492, 0.359, 0.313, 0.62, 0.797, 0.525, 0.223, 0.278]),
            _permutations(1005, 199, 13),
            "Count, then add 1 above and below.",
        ),
        (
            _scores(324, 11, 5, 1),
            _scores(325, 7, 4.2, 2),
            _permutations(326, 150, 18),
            "Here a is larger on average.",
        ),
        (
            np.array([3.0, 1, 4, 1, 5]),
            np.array([6.0, 2, 7, 4, 3, 5]),
            _permutations(327, 300, 11),
            "Many differences are exactly as large as the observed one: they count.",
        ),
        (
            np.array([0.7, 0.8, 0.1, 0.8, 0.5, 0.5]),
            np.array([0.6, 0.3, 0.9, 0.1, 0.3, 0.4]),
            _permutations(2005, 300, 12),
            "Many differences are equal but for rounding: they count, too.",
        ),
        (
            np.array([1.0, 1.2, 1.1, 0.9]),
            np.array([7.0, 7.7, 8.1, 7.2, 7.4]),
            np.array([[0, 4, 2, 3, 1, 5, 6, 7, 8], [8, 1, 5, 2, 0, 3, 4, 7, 6], [4, 5, 6, 2, 1, 0, 3, 8, 7]]),
            "No shuffle reaches the observed difference: p = 1 / 4, not 0.",
        ),
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


def _appearing(patients):
    """Names in the order of first appearance, and the number of each one's patient, (n,)."""
    names, first, member = np.unique(patients, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return names[order], np.argsort(order)[member]


def _means(scores, patients):
    _, member = _appearing(patients)
    return np.bincount(member, scores) / np.bincount(member)


def _mean_mistakes(scores, patients):
    """Pairs (what the mistake gives, reason)."""
    names, member = _appearing(patients)
    k, counts, right = len(names), np.bincount(member), _means(scores, patients)
    own = [scores[member == j] for j in range(k)]
    last = [np.flatnonzero(member == j)[-1] for j in range(k)]
    orders = {
        "Yours stand in the order of the sorted names, as np.unique gives them.": np.argsort(names),
        "Yours are sorted the other way round.": np.argsort(names)[::-1],
        "Yours are sorted by length and name.": sorted(range(k), key=lambda j: (len(names[j]), names[j])),
        "Yours are reversed.": np.arange(k)[::-1],
        "Yours stand in the order of last appearance.": np.argsort(last),
        "Yours stand in the order of last appearance, the last first.": np.argsort(last)[::-1],
        "Yours stand in the order of the numbers of slices.": np.argsort(-counts, kind="stable"),
        "Yours are sorted by size.": np.argsort(right),
        "Yours are sorted by size, the largest first.": np.argsort(-right),
    }
    order = "The means are right, but not their order: patients in the order of *first appearance*. "
    for reason, places in orders.items():
        yield right[places], order + reason
    values = {
        "These are the sums. Divide each by the patient's own number of slices.": [x.sum() for x in own],
        "This is one slice of each patient, the first. Take the mean of all.": [x[0] for x in own],
        "This is one slice of each patient, the last. Take the mean of all.": [x[-1] for x in own],
        "These are medians. Take means.": [np.median(x) for x in own],
        "These are the largest scores. Take means.": [x.max() for x in own],
        "These are the smallest scores. Take means.": [x.min() for x in own],
        "These are the numbers of slices. Take the means of the scores.": counts,
        "These are standard deviations. Take means.": [x.std() for x in own],
        "You average the largest and the smallest. Take the mean of all slices.": [
            (x.min() + x.max()) / 2 for x in own
        ],
        "Equal scores of a patient were counted once. Every slice counts.": [
            np.unique(x).mean() for x in own
        ],
        "You divide by the number of all slices. Divide by the patient's own number.": [
            x.sum() / len(scores) for x in own
        ],
        "You divide by the mean number of slices. Divide by the patient's own number.": [
            x.sum() / (len(scores) / k) for x in own
        ],
        "You divide by the largest number of slices. Divide by the patient's own number.": [
            x.sum() / counts.max() for x in own
        ],
        "You divide by the number of patients. Divide by the patient's own number of slices.": [
            x.sum() / k for x in own
        ],
        "You divide by the number of slices plus 1.": [x.sum() / (len(x) + 1) for x in own],
        "You divide by the number of slices less 1.": [x.sum() / max(len(x) - 1, 1) for x in own],
        "You divide by the number of slices twice.": [x.mean() / len(x) for x in own],
        "Weighted by the number of slices: return the plain mean of each patient.": [
            x.mean() * len(x) / counts.mean() for x in own
        ],
        "Each new slice counts half: (mean + score) / 2 is no mean of more than two.": [
            _halved(x) for x in own
        ],
        "This is the mean of all scores, for every patient.": np.full(k, scores.mean()),
        "Do not round the result.": np.round(right),
    }
    for reason, mistaken in values.items():
        mistaken = np.asarray(mistaken)
        yield mistaken, reason
        yield mistaken[np.argsort(names)], f"{reason} And keep the order of first appearance."
    for digits in (1, 2):
        yield np.round(right, digits), "Do not round the result."
    starts = np.array([scores[np.char.startswith(patients, name)].mean() for name in names])
    within = np.array([scores[np.char.find(patients, name) >= 0].mean() for name in names])
    for mistaken in (starts, within):
        yield (
            mistaken,
            "A patient gets slices of another one whose name holds the first one's. Compare whole names: ==.",
        )
    if len(scores) % k == 0:
        yield (
            scores.reshape(k, -1).mean(axis=1),
            "You cut the scores into equal pieces. Patients differ in number, and are mixed.",
        )
        yield (
            scores.reshape(-1, k).mean(axis=0),
            "You cut the scores into equal pieces. Patients differ in number, and are mixed.",
        )


def _halved(values):
    mean = values[0]
    for value in values[1:]:
        mean = (mean + value) / 2
    return mean


def _judge_means(call, scores, patients, because):
    n, member = len(scores), _appearing(patients)[1]
    k, runs = member.max() + 1, 1 + np.count_nonzero(member[1:] != member[:-1])
    each = "One mean for each patient."
    result = call(scores, patients)
    if isinstance(result, dict):
        raise Wrong("Return an array (k,) of the means, not a dictionary: np.array(list(means.values())).")
    if _named(result):
        raise Wrong("Return the means only, without the names.")
    shapes = [
        ((n,), f"{each} Yours are one for each slice."),
        ((), each),
        ((runs,), f"{each} Slices of one patient need not stand side by side: collect all of them."),
        ((1,), each),
        ((k, 1), f"{each} No further axis."),
        ((1, k), f"{each} No further axis."),
        ((2, k), f"{each} Return the means only."),
        ((k, 2), f"{each} Return the means only."),
        ((k, n), f"{each} Take the mean over the patient's own slices."),
        ((k - 1,), f"{each} One patient is missing. Is the last one added after the loop?"),
        ((k + 1,), f"{each} There is one too many."),
    ]
    exact = scores.astype(float)
    expect(
        result, _means(exact, patients), shapes, _mean_mistakes(exact, patients), (scores, patients), because
    )


def _named(result):
    """Whether names are returned beside numbers: (names, means), (means, names), or pairs."""
    try:
        parts = [np.asarray(part) for part in result]
    except Exception:
        return False
    return any(part.dtype.kind in "US" for part in parts) and numbers(result) is None


_PATIENTS = np.array(["p7", "p10", "p10", "p7", "p7", "p7", "p10", "p30", "p1", "p1", "p7"])

patient_means = Check(
    _judge_means,
    cases=[
        (
            np.array([0.61, 0.92, 0.72, 0.63, 0.56, 0.61, 0.89, 0.33, 0.79, 0.67, 0.1]),
            _PATIENTS,
            "The patients are p7, p10, p30 and p1, in this order; p30 has a single slice.",
        ),
        (
            np.array([3.0, 1.0, 7.5, 2.0, 4.0, 8.0, 1.0, 2.5]),
            np.array(["b", "b", "d", "d", "a", "b", "c", "c"]),
            "The patients are b, d, a and c, in this order.",
        ),
        (np.array([0.4, 0.8, 0.3]), np.array(["one", "one", "one"]), "There is one patient: one mean, (1,)."),
        (
            _scores(331, 40, 0.4, 0.2),
            np.random.default_rng(332).choice([f"scan{j}" for j in (12, 3, 1, 33, 2, 21, 13)], 40),
            "Patients stand in the order of their first slice.",
        ),
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
