"""Findings about a per-class report."""

import numpy as np

from helpers.audit.chance import AT_CHANCE, chance_z
from helpers.audit.counts import interval_for_accuracy
from helpers.audit.findings import finding, gravest_first
from helpers.audit.power import power
from helpers.audit.printed import COLUMNS, counts, decimals_by_name
from helpers.audit.verdicts.misfits import (
    MARGINS,
    accuracies_beside,
    first_that_fits,
    how_many,
    not_harmonic,
    nothing_fits,
)

KAPPA = "J. L. Fleiss, J. Cohen, B. S. Everitt, Psychological Bulletin 72 (1969) 323-327"


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
    found = not_harmonic(columns, names, decimals, rounding)
    if support is None:
        missing = finding(
            "A401",
            "The number of images of each class (support) is not given.",
            "No confusion matrix can be looked for, and chance cannot be computed.",
            "That the report is right, or wrong.",
        )
        return gravest_first([*found, missing])
    asked = {**columns, "support": support, "decimals": decimals, "rounding": rounding}
    fits, way = first_that_fits(asked)
    if not fits.count:
        return gravest_first([*found, nothing_fits("A001", fits, "the rows of the classes", asked, names)])
    more = {} if accuracy is None else {"A002": ("accuracy", accuracy, f"the accuracy, {accuracy}")}
    more |= {"A009": ("averages", averages, "the printed averages")} if averages else {}
    for code, (name, value, what) in more.items():  # what does not fit is left out, and the rest looked at
        tried, tried_way = first_that_fits(asked | {name: value})
        if tried.count:
            asked, fits, way = asked | {name: value}, tried, tried_way
        else:
            found.append(nothing_fits(code, tried, what, asked, names))
    rows = {name: value for name, value in asked.items() if name not in ("accuracy", "averages")}
    found += [*_chance(fits, way, support), *accuracies_beside(rows, beside)]
    if not found:
        found.append(_consistent(fits, way, asked, columns, accuracy, averages, power_draws))
    return gravest_first(found)


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
            f"{how_many(fits, way)}. Their agreement is {_range(agreement)}; labels that have nothing to do "
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
        f"{how_many(fits, way)}. Accuracy {value:.3f}, 95 % interval {low:.3f} to {high:.3f} if every "
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


def _range(values, form=".3f"):
    low, high = (format(value, form) for value in (np.min(values), np.max(values)))
    return low if low == high else f"{low} to {high}"
