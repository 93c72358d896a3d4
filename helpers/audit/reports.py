"""From a classification report back to the confusion matrices that can have given it."""

from typing import NamedTuple


class Fits(NamedTuple):
    """Confusion matrices, told apart by their margins, that fit a report.

    count : int, how many; 0 and complete: the report is impossible. complete : bool, whether the search ran to its end; if not,
    `count` are those found, and 0 means "not decided". examples : up to `limit` of them, spread evenly over all, each
    (true_positives (k,), predicted (k,)) int.
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
    rounding="any",
    limit=100,
    budget=200_000_000,
):
    """All confusion matrices' margins that fit a per-class report, as exact whole numbers.

    Parameters
    ----------
    precision, recall, f1 : (k,) shares in [0, 1] as printed, or None; NaN for what is not printed. A class that is never
        predicted has precision 0, as in scikit-learn.
    support : (k,) images per class, two classes at least. Without it nothing can be counted.
    accuracy : as printed, or None.
    averages : {"macro" | "weighted" | "micro": {"precision" | "recall" | "f1": number}}, or None.
    decimals : printed decimals of the shares (77.40 % has 4); or {"accuracy": 4, "macro": 2 ...} by column or average,
        2 for what it does not name.
    rounding : one of ROUNDINGS.
    limit : how many examples. budget : steps after which the search says "not decided"; the default takes some seconds.

    Returns
    -------
    Fits(count, complete, examples).

    Raises
    ------
    ValueError : shapes that differ, numbers that are no shares or have more decimals than said, no support.
    """
    raise NotImplementedError
