"""Lesson 06, exercise 2: `welch_t`."""

import numpy as np
from scipy import stats

from helpers.checks.feedback import Check, Wrong, expect, numbers, same
from helpers.checks.lesson06.shared import EIGHT, FIVE, SAMPLE, drawn_scores, pooled_sd, sds


def _welch(a, b):
    """Welch's t, of a - b, and its degrees of freedom."""
    n, m = len(a), len(b)
    e, f = a.var(ddof=1) / n, b.var(ddof=1) / m
    return (a.mean() - b.mean()) / np.sqrt(e + f), (e + f) ** 2 / (e**2 / (n - 1) + f**2 / (m - 1))


def _error_mistakes(a, b):
    """Pairs (what Welch's t is mistakenly divided by, reason)."""
    n, m, (s, r), (s0, r0) = len(a), len(b), sds(a, b), sds(a, b, 0)
    pooled = pooled_sd(a, b)
    yield (
        pooled * np.sqrt(1 / n + 1 / m),
        "This is Student's t, with a pooled variance. In Welch's each group keeps its own.",
    )
    yield np.sqrt(s0**2 / n + r0**2 / m), SAMPLE
    yield (
        np.sqrt(s**2 / (n - 1) + r**2 / (m - 1)),
        "Divide the sample variances by n, not by n - 1: that was done in the variance already.",
    )
    yield s**2 / n + r**2 / m, "The root is missing: divide by the root of e_a + e_b."
    yield s0**2 / n + r0**2 / m, f"The root is missing. {SAMPLE}"
    yield np.sqrt(s / n + r / m), "The standard deviations are not squared: e_a = s_a^2 / n_a."
    yield np.sqrt(s0 / n + r0 / m), f"The standard deviations are not squared. {SAMPLE}"
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
    n, m, (s, r), (s0, r0) = len(a), len(b), sds(a, b), sds(a, b, 0)
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
    yield formula(s0**2 / n, r0**2 / m), SAMPLE
    yield formula(s0**2 / n, r0**2 / m, (n, m)), f"{SAMPLE} And in the denominator divide by n - 1."
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
        (FIVE, EIGHT, "First t, of a - b, then df."),
        (EIGHT, FIVE, "Here a is larger on average: t is positive. df is the same as before."),
        (
            drawn_scores(311, 15, 0.3, 0.05),
            drawn_scores(312, 6, 0.33, 0.25),
            "The smaller group has the larger spread: df is little more than n_b - 1.",
        ),
        (
            drawn_scores(313, 9, 5, 2),
            drawn_scores(314, 9, 4.6, 0.5),
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
