"""Findings that a report is impossible: its rows, its averages, or an accuracy beside it."""

from fractions import Fraction

import numpy as np

from helpers.audit.averages import f1_bounds
from helpers.audit.findings import finding
from helpers.audit.margins import fitting_margins
from helpers.audit.printed import COLUMNS, decimals_of, interval, printed_report
from helpers.audit.reports import Fits, confusion_from_report
from helpers.audit.rounding import as_units, throughout

MARGINS = "helpers.audit.search: all integer margins, by dynamic programming"


def first_that_fits(asked):
    """The fits under the first rounding that has any, and this rounding; (no fits, all roundings) if none has."""
    complete = True
    for way in throughout(asked["rounding"]):
        fits = confusion_from_report(**asked | {"rounding": way})
        if fits.count:
            return fits, way
        complete &= fits.complete
    return Fits(0, complete, []), asked["rounding"]


def not_harmonic(columns, names, decimals, rounding):
    """A005 for every class whose F1 is not between what its precision and recall allow."""
    found = []
    if set(columns) != set(COLUMNS):
        return found
    for i, (name, p, r, f) in enumerate(zip(names, *(columns[column] for column in COLUMNS))):
        if any(value is None or value != value for value in (p, r, f)):
            continue
        bounds, places = {}, [decimals_of(decimals[column], i) for column in COLUMNS]
        for way in throughout(rounding):
            printed = interval(f, places[2], way)
            bounds[way] = low, high = f1_bounds(p, r, decimals=tuple(places[:2]), rounding=way)
            if printed.high >= low - 1e-12 and printed.low <= high + 1e-12:
                break
        else:
            low, high = next(iter(bounds.values()))
            found.append(
                finding(
                    "A005",
                    f"{name}: precision {p} and recall {r} give an F1 between {low:.4f} and {high:.4f}; {f} is printed.",
                    "One of the three numbers is wrong, or they are not of the same predictions.",
                    "Which of them it is; an F1 computed from rounded numbers can miss its last digit.",
                    "F1 = 2 P R / (P + R)",
                )
            )
    return found


def nothing_fits(code, fits, what, asked, names):
    """The finding that no matrix fits, or that this was not decided."""
    n = int(np.sum(asked["support"]))
    if not fits.complete:
        return finding(
            "A402",
            f"With {what}, no matrix of the {n} images was found before the search reached its limit.",
            "Nothing.",
            "That the report is impossible, or possible.",
            MARGINS,
        )
    alone = _impossible_classes(asked, names) if code == "A001" else []
    evidence = f"None of the confusion matrices of the {n} images gives {what}"
    if alone:
        evidence += f": no whole numbers give the row of {' and that of '.join(alone)}."
    elif code == "A001":
        evidence += ": each row has whole numbers that give it, but together they are no matrix."
    else:
        evidence += ", though some give the rows of the classes."
    return finding(
        code,
        evidence,
        "These numbers are not of one set of predictions on these images: at least one is wrong, or of something else.",
        "Which number is wrong, or why; a typing error does this, and a number computed from rounded ones, as well as a wrong "
        "evaluation.",
        MARGINS,
    )


def accuracies_beside(asked, beside):
    """A002 for every accuracy printed elsewhere that no fitting matrix has, even with its last digit one higher or lower:
    elsewhere, numbers may have been rounded in another way."""
    found = []
    for name, value in (beside or {}).items():
        places = asked["decimals"] | {"accuracy": asked["decimals"].get(name, 4)}
        without, way = first_that_fits(asked)
        units, whole = as_units(value, places["accuracy"]), 10 ** places["accuracy"]
        near = [Fraction(u, whole) for u in (units, units - 1, units + 1) if 0 <= u <= whole]
        fits = [first_that_fits(asked | {"accuracy": one, "decimals": places})[0] for one in near]
        if not without.count or any(one.count or not one.complete for one in fits):
            continue
        agreement = [hits.sum() / np.sum(asked["support"]) for hits, _ in without.examples]
        found.append(
            finding(
                "A002",
                f"{name}: {value}. {how_many(without, way)}, with accuracies from {min(agreement):.4f} to "
                f"{max(agreement):.4f}; none has this one, however it was rounded.",
                "The report and this accuracy are not of the same predictions of these images.",
                "Which of the two is wrong; they may come from other images, another network, or labels in another order.",
                MARGINS,
            )
        )
    return found


def how_many(fits, way):
    """Such as "4 confusion matrices fit (numbers rounded to the nearest)"."""
    some = "" if fits.complete else "at least "
    rounded = {"truncate": "cut off", "nearest": "rounded to the nearest"}.get(way, f"rounded {way}")
    number = f"{fits.count}" if fits.count < 10**6 else f"{float(fits.count):.1e}"
    return (
        f"{some}{number} confusion {'matrix fits' if fits.count == 1 else 'matrices fit'} (numbers {rounded})"
    )


def _impossible_classes(asked, names):
    """The classes whose rows no whole numbers give, under any rounding asked about."""
    report = printed_report(
        *(asked.get(name) for name in COLUMNS), asked["support"], decimals=asked["decimals"]
    )
    n = int(report.support.sum())

    def possible(k, way):
        row = (report.before_rounding(name, k, way) for name in COLUMNS)
        return len(fitting_margins(*row, int(report.support[k]), n).hits)

    ways = throughout(asked["rounding"])
    return [name for k, name in enumerate(names) if not any(possible(k, way) for way in ways)]
