"""A report as it is printed: checked, and every number turned into the interval that it was rounded from."""

import numbers
from typing import NamedTuple

import numpy as np

from helpers.audit.rounding import as_units, before_rounding

COLUMNS = ("precision", "recall", "f1")
AVERAGINGS = ("macro", "weighted", "micro")


class Printed(NamedTuple):
    """columns {name: list of k numbers or None}, support (k,) int, accuracy or None, averages {(averaging, name): number},
    decimals by name."""

    columns: dict
    support: np.ndarray
    accuracy: float | None
    averages: dict
    decimals: dict

    def before_rounding(self, column, k, way):
        """The interval of one number of one class; None where nothing is printed."""
        printed = self.columns[column][k] if column in self.columns else None
        return None if printed is None else interval(printed, decimals_of(self.decimals[column], k), way)

    def share_of_hits(self, way):
        """Intervals that all hold (hits of all classes) / n: accuracy, weighted recall, and each micro average."""
        named = {} if self.accuracy is None else {"accuracy": self.accuracy}
        found = [interval(value, self.decimals[name], way) for name, value in named.items()]
        for (averaging, column), value in self.averages.items():
            if averaging == "micro" or (averaging, column) == ("weighted", "recall"):
                found.append(interval(value, decimals_of(self.decimals[averaging], column), way))
        return found

    def other_averages(self, way):
        """{(averaging, column): interval} of the averages that the number of hits alone does not fix."""
        return {
            (averaging, column): interval(value, decimals_of(self.decimals[averaging], column), way)
            for (averaging, column), value in self.averages.items()
            if averaging != "micro" and (averaging, column) != ("weighted", "recall")
        }


def interval(printed, decimals, way):
    """`before_rounding`; "both": what is printed so to the nearest as well as cut off."""
    if way != "both":
        return before_rounding(printed, decimals, way)
    return before_rounding(printed, decimals, "nearest").meets(before_rounding(printed, decimals, "truncate"))


def printed_report(precision, recall, f1, support, accuracy=None, averages=None, decimals=2):
    """`Printed`; ValueError for what cannot be a report."""
    support = counts(support)
    decimals = decimals_by_name(decimals)
    columns = {
        name: _column(name, values, len(support), decimals[name])
        for name, values in zip(COLUMNS, (precision, recall, f1))
        if values is not None
    }
    if accuracy is not None:
        share(accuracy, "accuracy", decimals["accuracy"])
    flat = {}
    for averaging, row in (averages or {}).items():
        if averaging not in AVERAGINGS:
            raise ValueError(f"averages are of {', '.join(AVERAGINGS)}, not {averaging!r}")
        for name, value in row.items():
            if name not in COLUMNS:
                raise ValueError(f"averages hold precision, recall, f1; not {name!r}")
            if share(value, f"{averaging} {name}", decimals_of(decimals[averaging], name)) is not None:
                flat[averaging, name] = value
    return Printed(columns, support, accuracy, flat, decimals)


def decimals_by_name(decimals):
    """Decimals of every column and average, from one number or {name: number} (2 for what is not named)."""
    names = (*COLUMNS, "accuracy", *AVERAGINGS)
    if not isinstance(decimals, dict):
        return dict.fromkeys(names, decimals)
    return dict.fromkeys(names, 2) | decimals


def decimals_of(decimals, which):
    """Decimals of one class of a column, or of one column of an average: of all alike (int), or each its own."""
    return decimals if isinstance(decimals, numbers.Integral) else decimals[which]


def counts(support):
    """Images per class as (k,) int64; or `ValueError`."""
    if support is None:
        raise ValueError(
            "support is missing: without the number of images of each class nothing can be counted"
        )
    try:
        given = np.asarray(support, float)
    except (TypeError, ValueError):
        given = np.array(np.nan)
    if given.ndim != 1 or len(given) < 2 or not np.isfinite(given).all():
        raise ValueError(
            f"support must be the number of images of each class, two classes at least; got {support!r}"
        )
    if (given < 0).any() or (given != given.round()).any() or not given.sum():
        raise ValueError(f"support must be whole numbers, 0 or more, and hold an image; got {support!r}")
    return given.astype(np.int64)


def share(value, name, decimals):
    """A printed share as it was given, None for None and NaN; or `ValueError`."""
    if value is None or value != value:
        return None
    if not 0 <= as_units(value, decimals) <= 10**decimals:
        raise ValueError(f"{name} must be a share in [0, 1] (99.57 % is 0.9957); got {value}")
    return value


def _column(name, values, k, decimals):
    values = list(values) if np.ndim(values) == 1 else [values]
    if len(values) != k:
        raise ValueError(f"{name} must hold one number for each of the {k} classes; got {len(values)}")
    return [share(value, f"{name} of class {i}", decimals_of(decimals, i)) for i, value in enumerate(values)]
