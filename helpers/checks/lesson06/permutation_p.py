"""Lesson 06, exercise 3: `permutation_p`."""

import itertools

import numpy as np
from scipy import stats

from helpers.checks.feedback import Check, expect, numbers
from helpers.checks.lesson06.shared import drawn_scores


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
            drawn_scores(324, 11, 5, 1),
            drawn_scores(325, 7, 4.2, 2),
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
