"""How often a check finds a wrong digit: a check that could not have failed shows nothing."""

from fractions import Fraction

import numpy as np

from helpers import seeds
from helpers.audit import averaged, effects
from helpers.audit.counts import grim
from helpers.audit.exclusions import possible_readings
from helpers.audit.printed import AVERAGINGS, COLUMNS, counts, decimals_by_name, decimals_of
from helpers.audit.reports import confusion_from_report
from helpers.audit.rounding import as_units, printed_as, throughout
from helpers.audit.summaries import effect_from_summary
from helpers.evaluation import Estimate, wilson


def power(check, *, n_draws=200, seed=7, **shape):
    """How often a check calls a table impossible in which one digit is wrong.

    Random tables of this shape are made from whole numbers and printed; then one digit of one number is replaced by
    another (shares remain shares), and the check is asked. What it cannot decide counts as not called. (Of tables without a wrong
    digit it calls none.)

    Parameters
    ----------
    check : what is asked, and the shape of its tables:
        "report" : `confusion_from_report`; support, columns=("precision", "recall", "f1"), accuracy=True, averages=()
            (of "macro", "weighted", "micro"), decimals=2, rounding="any".
        "averages" : a row of averaged precision, recall, F1 and accuracy; support, averaging="macro" (or "weighted",
            "micro", "one class"; it is asked as if that were not told), decimals=4, rounding="any".
        "effect" : two groups' summary with t and d; n_a, n_b, decimals=4.
        "grim" : the mean of whole numbers; n, items=1, decimals=2, rounding="any".
    n_draws : how many tables. seed : of the draws.

    Returns
    -------
    helpers.evaluation.Estimate : share called impossible, with its 95 % (Monte-Carlo) interval. 0: it could not fail.

    >>> power("grim", n=25).value > 0.5, power("grim", n=100).value
    (True, 0.0)
    """
    if check not in CHECKS:
        raise ValueError(f"check must be one of {', '.join(CHECKS)}, not {check!r}")
    try:
        called = [CHECKS[check](seeds.generator(seed, draw), **shape) for draw in range(n_draws)]
    except TypeError as error:
        raise TypeError(f'{error}; see the docstring of `power` for the shape of "{check}"') from None
    return Estimate(*map(float, wilson(int(sum(called)), n_draws)))


def random_margins(support, rng):
    """Margins of a confusion matrix with these rows, of a model between guessing and knowing.

    Each class has a skill of its own, uniform in [0, 1]; what it does not know falls on all classes as a Dirichlet draw has it.
    """
    k = len(support)
    rows = [
        rng.multinomial(images, skill * np.eye(k)[i] + (1 - skill) * rng.dirichlet(np.ones(k)))
        for i, (images, skill) in enumerate(zip(support, rng.random(k)))
    ]
    return np.diagonal(rows).copy(), np.sum(rows, axis=0)


def wrong_digit(printed, decimals, rng, most=1):
    """A number with one digit, its unit or behind the point, replaced by another, and not above `most`: Fraction."""
    units = abs(as_units(printed, decimals))
    while True:
        place = 10 ** int(rng.integers(decimals + 1))
        changed = units + (int(rng.integers(10)) - units // place % 10) * place
        if changed != units and changed <= most * 10**decimals:
            return Fraction(-changed if printed < 0 else changed, 10**decimals)


def printed_numbers(hits, predicted, support, decimals, way, averagings=AVERAGINGS):
    """What a report prints, {(column, class), (average, column) or ("accuracy",): Fraction}."""
    exact = {
        (name, i): Fraction(int(part), int(whole)) if whole else Fraction(0)
        for name, parts in (("precision", (hits, predicted)), ("recall", (hits, support)), ("f1", (2 * hits, predicted + support)))
        for i, (part, whole) in enumerate(zip(*parts))
    }  # fmt: skip
    exact["accuracy",] = Fraction(int(hits.sum()), int(support.sum()))
    for averaging in filter(averagings.__contains__, AVERAGINGS):
        for name in COLUMNS:
            exact[averaging, name] = averaged.exactly(averaging, name, hits, predicted, support)
    return {place: printed_as(value, _places(decimals, place), way) for place, value in exact.items()}


def _spoil(table, decimals, rng):
    """One number of the table, drawn at random, gets a wrong digit."""
    place = list(table)[rng.integers(len(table))]
    table[place] = wrong_digit(table[place], _places(decimals, place), rng)


def _places(decimals, place):
    """Printed decimals of (column, class), (average, column) or ("accuracy",)."""
    return decimals_of(decimals[place[0]], place[-1])


def _report(rng, support, columns=COLUMNS, accuracy=True, averages=(), decimals=2, rounding="any"):
    support, decimals = counts(support), decimals_by_name(decimals)
    table = printed_numbers(
        *random_margins(support, rng), support, decimals, throughout(rounding)[0], averages
    )
    table = {
        place: value
        for place, value in table.items()
        if place[0] in (*columns, *averages) or (place[0] == "accuracy" and accuracy)
    }
    _spoil(table, decimals, rng)
    rows = {name: [table[name, i] for i in range(len(support))] for name in columns}
    means = {name: {column: table[name, column] for column in COLUMNS} for name in averages}
    fits = confusion_from_report(
        **rows,
        support=support,
        accuracy=table.get(("accuracy",)),
        averages=means,
        decimals=decimals,
        rounding=rounding,
        limit=0,
    )
    return fits.complete and not fits.count


def _averages(rng, support, averaging="macro", decimals=4, rounding="any"):
    support = counts(support)
    named = decimals_by_name(decimals)
    of_one = averaging == "one class"
    averagings = () if of_one else (averaging,)
    table = printed_numbers(
        *random_margins(support, rng), support, named, throughout(rounding)[0], averagings
    )
    row = {
        place: value
        for place, value in table.items()
        if place == ("accuracy",)
        or (place[1] == 1 and place[0] in COLUMNS if of_one else place[0] == averaging)
    }
    _spoil(row, named, rng)
    row = {place[0] if of_one else place[-1]: value for place, value in row.items()}
    if not of_one:
        named |= {name: decimals_of(named[averaging], name) for name in COLUMNS}
    return not possible_readings(row, None, support, len(support), named, rounding)[0]


def _effect(rng, n_a, n_b, decimals=4):
    a, b = rng.normal(0, 1, n_a), rng.normal(rng.normal(), 1, n_b)
    summary = [round(float(x), decimals) for one in (a, b) for x in (one.mean(), one.std(ddof=1))]
    named = dict.fromkeys(("mean_a", "sd_a", "mean_b", "sd_b", "t", "d"), decimals)
    groups = (summary[0], summary[1], n_a, summary[2], summary[3], n_b)
    exact = effect_from_summary(a.mean(), a.std(ddof=1), n_a, b.mean(), b.std(ddof=1), n_b, sd_ddof=1)
    printed = {name: round(float(getattr(exact, name)), decimals) for name in ("t", "d")}
    spoilt = ("t", "d")[rng.integers(2)]
    printed[spoilt] = float(wrong_digit(printed[spoilt], decimals, rng, most=np.inf))
    return effects.excluded(groups, printed, named)


def _grim(rng, n, items=1, decimals=2, rounding="any"):
    mean = printed_as(
        Fraction(int(rng.integers(n * items + 1)), n * items), decimals, throughout(rounding)[0]
    )
    return not grim(wrong_digit(mean, decimals, rng), n, decimals, items=items, rounding=rounding)


CHECKS = {"report": _report, "averages": _averages, "effect": _effect, "grim": _grim}
