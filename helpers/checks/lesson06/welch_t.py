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


def _mistakes(a, b):
    """For t and for df: pairs (what the mistake gives, reason)."""
    n, m, (s, r), difference = len(a), len(b), sds(a, b), a.mean() - b.mean()
    (t, df), student = _welch(a, b), difference / pooled_sd(a, b) / np.sqrt(1 / n + 1 / m)
    e, f = s**2 / n, r**2 / m
    of_t = [
        (-t, "The sign is turned: t is of a - b, as in SciPy, negative where b is larger."),
        (student, "This is Student's t, with a pooled variance. In Welch's each group keeps its own."),
        (difference / np.sqrt(a.var() / n + b.var() / m), SAMPLE),
        (difference / (e + f), "The root is missing: divide by the root of e_a + e_b."),
    ]
    of_df = [
        (n + m - 2, "n_a + n_b - 2 is Student's. Welch's depends on the variances."),
        ((e + f) ** 2 / (e**2 / n + f**2 / m), "In the denominator divide e^2 by n - 1, not by n."),
        (2 * stats.t.sf(abs(t), df), "This is a p-value. The second number is to be df."),
        (np.round(df), "Do not round df: it is no whole number in general."),
    ]
    return of_t, of_df


def _judge(call, a, b, because):
    exact = a.astype(float), b.astype(float)
    result, right = call(a, b), np.array(_welch(*exact))
    array = numbers(result)
    if array is not None and array.shape == (2,):
        if same(array[::-1], right) and not same(array, right):
            raise Wrong("The two are swapped: first t, then df.")
        for place, (name, mistakes) in enumerate(zip(("t", "df"), _mistakes(*exact))):
            for mistaken, reason in mistakes:
                if same(array[place], mistaken) and not same(array[place], right[place]):
                    raise Wrong(f"{name}: {reason}")
    pair = "Return two numbers, t and df: `return t, df`."
    expect(result, right, [(shape, pair) for shape in ((), (1,), (3,), (2, 1))], (), (a, b), because)


welch_t = Check(
    _judge,
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
