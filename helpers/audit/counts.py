"""Shares and means of whole numbers: the interval of an accuracy, and GRIM."""


def interval_for_accuracy(right, n, *, patients=None, level=0.95):
    """An accuracy with its interval.

    Parameters
    ----------
    right, n : whole numbers of images: Wilson's interval, images independent. Or (p,) right and all images of each
        patient: whole patients are drawn anew.
    patients : number of patients, where only that is known: the widest interval, as if all images of a patient were right or
        wrong together (Wilson with n = patients).

    Returns
    -------
    helpers.evaluation.Estimate(value, low, high).
    """
    raise NotImplementedError


def grim(mean, n, decimals=2, *, items=1, rounding="any"):
    """Whether a printed mean of n whole numbers (each a sum of `items`) is possible: bool. GRIM.

    References
    ----------
    N. J. L. Brown, J. A. J. Heathers, The GRIM test, Social Psychological and Personality Science 8 (2017) 363-369.
    """
    raise NotImplementedError
