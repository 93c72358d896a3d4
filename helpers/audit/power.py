"""How often a check would have found an error: a check that could not have failed shows nothing."""


def power(check, *, n_draws=200, seed=7, **shape):
    """How often the check calls a table impossible in which one digit is wrong.

    Random tables of this shape are printed, one digit of one number is changed at random, and the check is asked.

    Parameters
    ----------
    check : "report" (shape as in `confusion_from_report`: support, columns=("precision", "recall", "f1"), accuracy=True,
        averages=(), decimals, rounding), "averages" (support, averaging, decimals, rounding), "effect" (n_a, n_b,
        decimals) or "grim" (n, decimals, items, rounding).

    Returns
    -------
    helpers.evaluation.Estimate : share called impossible, with its Monte-Carlo interval. 0: the check cannot fail here.
    """
    raise NotImplementedError
