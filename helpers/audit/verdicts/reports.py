"""Findings about a per-class report."""

import numpy as np

from helpers.audit.averages import f1_bounds
from helpers.audit.chance import chance_z
from helpers.audit.counts import interval_for_accuracy
from helpers.audit.findings import finding, gravest_first
from helpers.audit.margins import fitting_margins
from helpers.audit.power import power
from helpers.audit.printed import COLUMNS, counts, decimals_by_name, decimals_of, interval, printed_report
from helpers.audit.reports import Fits, confusion_from_report
from helpers.audit.rounding import throughout

AT_CHANCE = 2.58  # |z|, two-sided 1 %
KAPPA = "J. L. Fleiss, J. Cohen, B. S. Everitt, Psychological Bulletin 72 (1969) 323-327"
MARGINS = "helpers.audit.search: all integer margins, by dynamic programming"


def audit_report(
    precision=None,
    recall=None,
    f1=None,
    support=None,
    accuracy=None,
    *,
    averages=None,
    beside=None,
    decimals=2,
    rounding="any",
    classes=None,
    power_draws=100,
):
    """Findings about a per-class report: is there a confusion matrix, is it above chance, do other accuracies fit?

    Parameters
    ----------
    precision, recall, f1, support, accuracy, averages, decimals, rounding : as in `confusion_from_report`. A binary table
        is a report of two classes: specificity is the recall of the negative class. Without support only what needs no
        counts is checked.
    beside : {name: accuracy} printed elsewhere for the same images; its decimals in `decimals[name]`, 4 if not named.
    classes : (k,) names, for the sentences.
    power_draws : tables from which the power is estimated that is told with "consistent"; 0 leaves it out.

    Returns
    -------
    list of Finding: A001, A002, A005, A009, A101, A301, A401, A402. A003 and A004 are of averages alone (`audit_averages`).
    """
    decimals = decimals_by_name(decimals)
    columns = {
        name: list(values) for name, values in zip(COLUMNS, (precision, recall, f1)) if values is not None
    }
    k = len(next(iter(columns.values()), [])) if support is None else len(counts(support))
    names = [str(name) for name in classes] if classes is not None else [f"class {i}" for i in range(k)]
    found = _harmonic(columns, names, decimals, rounding)
    if support is None:
        missing = finding(
            "A401",
            "The number of images of each class (support) is not given.",
            "No confusion matrix can be looked for, and chance cannot be computed.",
            "That the report is right, or wrong.",
        )
        return gravest_first([*found, missing])
    asked = {**columns, "support": support, "decimals": decimals, "rounding": rounding}
    steps = [("A001", {}, "the rows of the classes")]
    if accuracy is not None:
        steps.append(("A002", {"accuracy": accuracy}, f"the accuracy, {accuracy}"))
    if averages:
        steps.append(("A009", {"averages": averages}, "the printed averages"))
    for code, more, what in steps:
        asked |= more
        fits, way = _first_that_fits(asked)
        if not fits.count:
            return gravest_first([*found, _nothing_fits(code, fits, what, asked, names)])
    found += [*_chance(fits, way, support), *_beside(asked | {"accuracy": None, "averages": None}, beside)]
    if not found:
        found.append(_consistent(fits, way, asked, columns, accuracy, averages, power_draws))
    return gravest_first(found)


def _first_that_fits(asked):
    """The fits under the first rounding that has any, and this rounding; (no fits, all roundings) if none has."""
    complete = True
    for way in throughout(asked["rounding"]):
        fits = confusion_from_report(**asked | {"rounding": way})
        if fits.count:
            return fits, way
        complete &= fits.complete
    return Fits(0, complete, []), asked["rounding"]


def _harmonic(columns, names, decimals, rounding):
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
                    "Which of them it is.",
                    "F1 = 2 P R / (P + R)",
                )
            )
    return found


def _nothing_fits(code, fits, what, asked, names):
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
        "Which number is wrong, or why; a typing error does this as well as a wrong evaluation.",
        MARGINS,
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


def _beside(asked, beside):
    """A002 for every accuracy printed elsewhere that no fitting matrix has."""
    found = []
    for name, value in (beside or {}).items():
        places = asked["decimals"] | {"accuracy": asked["decimals"].get(name, 4)}
        fits, _ = _first_that_fits(asked | {"accuracy": value, "decimals": places})
        without, way = _first_that_fits(asked)
        if fits.count or not fits.complete or not without.count:
            continue
        agreement = [hits.sum() / np.sum(asked["support"]) for hits, _ in without.examples]
        found.append(
            finding(
                "A002",
                f"{name}: {value}. {_how_many(without, way)} have an accuracy between {min(agreement):.4f} and "
                f"{max(agreement):.4f}, and none of any rounding has this one.",
                "The report and this accuracy are not of the same predictions of these images.",
                "Which of the two is wrong; they may come from other images, another network, or labels in another order.",
                MARGINS,
            )
        )
    return found


def _chance(fits, way, support):
    """A101 if a fitting matrix agrees no better than chance gives."""
    support = counts(support)
    n = int(support.sum())
    hits, predicted = (np.array(side) for side in zip(*fits.examples))
    z = np.atleast_1d(chance_z(hits, predicted, support))
    if np.abs(z).min() >= AT_CHANCE:
        return []
    agreement, expected = hits.sum(axis=1) / n, predicted @ support / n**2
    return [
        finding(
            "A101",
            f"{_how_many(fits, way)}. Their agreement is {_range(agreement)}; labels that have nothing to do "
            f"with the predictions would give {_range(expected)}; z of kappa {_range(z, '.2f')}.",
            "Labels and predictions cannot be told from unrelated ones: the model knows nothing, or the two are not of the "
            "same images in the same order. Nothing that is read out of the classes' rows describes the model.",
            "Which of the two it is; a shuffled generator does this to a good model.",
            KAPPA,
        )
    ]


def _consistent(fits, way, asked, columns, accuracy, averages, draws):
    """A301, with the interval of the accuracy and the power of the check."""
    support = counts(asked["support"])
    n, (hits, _) = int(support.sum()), fits.examples[len(fits.examples) // 2]
    value, low, high = interval_for_accuracy(int(hits.sum()), n)
    evidence = (
        f"{_how_many(fits, way)}. Accuracy {value:.3f}, 95 % interval {low:.3f} to {high:.3f} if every "
        f"image came from a patient of its own."
    )
    if draws:
        found = power(
            "report",
            n_draws=draws,
            support=support,
            columns=tuple(columns),
            accuracy=accuracy is not None,
            averages=tuple(averages or ()),
            decimals=asked["decimals"],
            rounding=asked["rounding"],
        )
        evidence += (
            f" Of {draws} random reports of this shape with one wrong digit the check calls {found.value:.0%} impossible."
            if found.value
            else f" The check could hardly have failed: it calls none of {draws} random reports with a wrong digit impossible."
        )
    return finding(
        "A301",
        evidence,
        "The numbers can be of one set of predictions, and these are better (or worse) than chance.",
        "That they are right, that the images are new patients', or that the model is of use.",
        MARGINS,
    )


def _how_many(fits, way):
    """Such as "4 confusion matrices fit (numbers rounded to the nearest)"."""
    some = "" if fits.complete else "at least "
    rounded = {"truncate": "cut off", "nearest": "rounded to the nearest"}.get(way, f"rounded {way}")
    number = f"{fits.count}" if fits.count < 10**6 else f"{float(fits.count):.1e}"
    return (
        f"{some}{number} confusion {'matrix fits' if fits.count == 1 else 'matrices fit'} (numbers {rounded})"
    )


def _range(values, form=".3f"):
    low, high = (format(value, form) for value in (np.min(values), np.max(values)))
    return low if low == high else f"{low} to {high}"
