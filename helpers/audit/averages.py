"""What averaged precision, recall, F1 and accuracy allow each other."""


def f1_bounds(
    precision, recall, averaging=None, support=None, *, classes=None, decimals=None, rounding="any"
):
    """The lowest and the highest F1 that can stand beside an averaged precision and recall.

    Parameters
    ----------
    precision, recall : shares in [0, 1].
    averaging : None, of one class (F1 is the harmonic mean); "macro" (needs `classes` or `support`), "weighted" (needs
        `support`), "micro" (precision = recall = F1).
    decimals : printed decimals; the bounds then hold for all that may have been rounded to these. None: exact numbers.

    Returns
    -------
    (low, high) floats; (nan, nan) where precision and recall exclude each other (micro).
    """
    raise NotImplementedError


def accuracy_bounds(recall, averaging, support, *, decimals=None, rounding="any"):
    """The lowest and the highest accuracy that can stand beside an averaged recall: weighted and micro recall *are* the
    accuracy; macro recall R leaves what k R whole classes hold, the smallest or the largest. (low, high) floats."""
    raise NotImplementedError
