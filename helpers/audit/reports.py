"""From a classification report back to the confusion matrices that can have given it."""

from bisect import bisect_left
from typing import NamedTuple

import numpy as np

from helpers.audit import averaged, search
from helpers.audit.margins import fitting_margins, possible_hits
from helpers.audit.printed import COLUMNS, printed_report
from helpers.audit.rounding import throughout

OPTION = 3000  # a number of hits of a class takes so many steps to look at
ROW = 100  # a combination whose averages are looked at takes so many steps, for each class
CELLS = 1_000_000  # numbers held at once while examples are picked
SAMPLE = 1000  # where there are too many combinations to look at the averages of all, so many are looked at


class Fits(NamedTuple):
    """Confusion matrices, told apart by their margins, that fit a report.

    count : int, how many. complete : bool, whether the search ran to its end; if so, a count of 0 means that the report is
    impossible; if not, `count` are those found, and 0 means "not decided". examples : up to `limit` of them, spread evenly
    from the lowest agreement to the highest; each (true_positives (k,), predicted (k,)) int.
    """

    count: int
    complete: bool
    examples: list


def confusion_from_report(
    precision=None,
    recall=None,
    f1=None,
    support=None,
    accuracy=None,
    *,
    averages=None,
    decimals=2,
    rounding="nearest",
    limit=100,
    budget=1_000_000_000,
):
    """All confusion matrices' margins that fit a per-class report, as exact whole numbers.

    For each class all pairs (true positives, predicted) that fit precision, recall and F1; then all combinations of these
    whose predicted counts sum to n, whose hits fit the accuracy, and for which a matrix exists (`helpers.audit.search`).

    Parameters
    ----------
    precision, recall, f1 : (k,) shares in [0, 1] as printed, or None; NaN (or None) for what is not printed. A class that
        is never predicted has precision 0, as in scikit-learn; where 0 / 0 was printed as 1, give NaN.
    support : (k,) images per class, two classes at least.
    accuracy : as printed, or None.
    averages : {"macro" | "weighted" | "micro": {"precision" | "recall" | "f1": number}}, or None.
    decimals : printed decimals of the shares (77.40 % has 4); or {"accuracy": 4, "macro": 3 ...} by column or average, and
        2 for what it does not name. Where a column's numbers differ, one for each class: {"precision": (2, 1)}; in an average,
        {"macro": {"precision": 2, "recall": 1, "f1": 2}}.
    rounding : one of ROUNDINGS (see `before_rounding`). "any": to the nearest throughout, or cut off throughout.
    limit : how many examples. budget : steps after which the search stops. The default is some seconds' worth: four classes,
        10,000 images and two decimals take about one hundredth of it.

    Returns
    -------
    Fits(count, complete, examples).

    Raises
    ------
    ValueError : no support, shapes that differ, numbers that are no shares, or have more decimals than said.

    >>> chest = dict(precision=(0.36, 0.62), recall=(0.29, 0.68), f1=(0.32, 0.65), support=(234, 390))  # document 004
    >>> fits = confusion_from_report(**chest)
    >>> fits.count, fits.complete, sorted(int(predicted[0]) for _, predicted in fits.examples)
    (4, True, [191, 192, 193, 194])
    >>> [round(float(hits.sum() / 624), 3) for hits, _ in fits.examples]
    [0.535, 0.537, 0.537, 0.538]
    >>> confusion_from_report(**chest, accuracy=0.7740, decimals={"accuracy": 4})  # printed beside it
    Fits(count=0, complete=True, examples=[])
    """
    report = printed_report(precision, recall, f1, support, accuracy, averages, decimals)
    found = [_search(report, way, limit, budget) for way in throughout(rounding)]
    if len(found) == 1:
        return found[0]
    both = _search(report, "both", 0, budget)  # what fits either way would be counted twice
    examples = {tuple(map(tuple, example)): example for fits in found for example in fits.examples}
    complete = all(fits.complete for fits in (*found, both))
    counts = [fits.count for fits in found]
    return Fits(
        sum(counts) - both.count if complete else max(counts), complete, list(examples.values())[:limit]
    )


def _search(report, way, limit, budget):
    """The fits under one rounding."""
    support, n = report.support, int(report.support.sum())
    recalls = [report.before_rounding("recall", k, way) for k in range(len(support))]
    budget -= sum(
        OPTION * (last - first + 1) for first, last in map(possible_hits, recalls, support.tolist())
    )
    if budget < 0:
        return Fits(0, False, [])
    options = [
        fitting_margins(*(report.before_rounding(name, k, way) for name in COLUMNS), int(images), n)
        for k, images in enumerate(support)
    ]
    averages = report.other_averages(way)
    if any(not len(m.hits) for m in options) or averaged.out_of_reach(options, support, averages):
        return Fits(0, True, [])
    order = np.argsort([(m.high - m.low + 1).sum() for m in options], kind="stable")  # the loosest class last
    options, support = [options[k] for k in order], support[order]
    parts, complete = [], True
    for hits in _numbers_of_hits(options, report.share_of_hits(way), n):
        left = search.with_existing_matrix(options, support, n, hits)
        budget -= search.steps(left, n, hits)
        if budget < 0:
            complete = False
            break
        if len(support) == 2:
            rows = search.two_classes(left, support, hits)
            fit = averaged.fits_averages(*rows, support, averages)
            parts.append(_Listed(rows[0][fit], rows[1][fit], int(fit.sum())))
            continue
        parts.append(_Counted(search.number(search.layers(left, n, hits)), left, n, hits))
    number = sum(part.number for part in parts)
    if averages and number and len(support) > 2:
        all_of_them = bool(ROW * len(support) * number <= budget)
        complete = complete and all_of_them
        rows = _taken(parts, range(number) if all_of_them else _spread(number, SAMPLE))
        fit = averaged.fits_averages(*rows, support, averages)
        parts, number = [_Listed(rows[0][fit], rows[1][fit], int(fit.sum()))], int(fit.sum())
    back = np.argsort(order)
    examples = (
        zip(*(side[:, back] for side in _taken(parts, _spread(number, limit)))) if number and limit else ()
    )
    return Fits(number, complete, list(examples))


class _Counted(NamedTuple):
    """Combinations with one number of hits, counted; built again where some are wanted."""

    number: int
    options: list
    n: int
    hits: int

    def take(self, ranks):
        layers = search.layers(self.options, self.n, self.hits)
        if len(ranks) == self.number:
            return search.everything(layers, self.options)
        widest = max(*(len(m.hits) for m in self.options), *(layer.counts.shape[1] for layer in layers))
        at_once = max(1, CELLS // widest)
        rows = [
            search.pick(layers, self.options, ranks[first : first + at_once])
            for first in range(0, len(ranks), at_once)
        ]
        return tuple(np.concatenate(side) for side in zip(*rows))


class _Listed(NamedTuple):
    """Combinations as arrays (number, k)."""

    true_positives: np.ndarray
    predicted: np.ndarray
    number: int

    def take(self, ranks):
        return self.true_positives[ranks], self.predicted[ranks]


def _numbers_of_hits(options, intervals, n):
    """All numbers of hits that the classes' rows, the accuracy, and the averages that equal it, allow."""
    ends = [(sum(m.hits.min() for m in options), sum(m.hits.max() for m in options))]
    ends += [interval.whole(n) for interval in intervals]
    return range(int(max(low for low, _ in ends)), int(min(high for _, high in ends)) + 1)


def _taken(parts, ranks):
    """Combinations of all parts by their ranks, which rise: true positives and predicted counts, (len(ranks), k) each."""
    found, first = [], 0
    for part in parts:
        here = ranks[bisect_left(ranks, first) : bisect_left(ranks, first + part.number)]
        if here:
            found.append(part.take([rank - first for rank in here]))
        first += part.number
    return tuple(np.concatenate(side) for side in zip(*found))


def _spread(number, limit):
    """Up to `limit` whole numbers from 0 to number - 1, evenly spread, the first and the last among them."""
    if number <= limit:
        return list(range(number))
    return [i * (number - 1) // (limit - 1) for i in range(limit)] if limit > 1 else [0] * limit
