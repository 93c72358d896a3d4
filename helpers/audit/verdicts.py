"""Checks that turn published numbers into findings. Each returns a list of `Finding`, the gravest first."""


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
):
    """A per-class report (arguments as in `confusion_from_report`; a binary table is one of two classes, specificity the
    recall of the first). Without support only what needs no counts is checked, and the rest is "not applicable".

    beside : {name: accuracy} claimed elsewhere for the same predictions; its decimals from `decimals[name]`.
    classes : (k,) names, for the sentences.
    """
    raise NotImplementedError


def audit_averages(
    precision=None,
    recall=None,
    f1=None,
    accuracy=None,
    *,
    averaging=None,
    support=None,
    classes=None,
    beside=None,
    decimals=4,
    rounding="any",
):
    """A row of averaged figures of one model. averaging : "macro", "weighted", "micro", or None: not told, all are tried.
    classes : number of classes, where the support is not known. beside, decimals : as in `audit_report`."""
    raise NotImplementedError


def audit_models(rows, decimals=4):
    """Several models on the same images: rows {name: {"precision": ..., "recall": ..., "f1": ..., "accuracy": ...}} of
    averages, or {name: {"predicted": (k,) counts}}: do some look like one model?"""
    raise NotImplementedError


def audit_effects(mean_a, sd_a, n_a, mean_b, sd_b, n_b, *, t=None, d=None, g=None, p=None, decimals=None):
    """Two groups' summary beside the printed t, d, g, p. decimals : of each printed number, {"t": 4, ...}; those not named
    are read off the numbers as they are written (floats) or as text."""
    raise NotImplementedError


def audit_mean(mean, n, *, decimals=2, items=1, rounding="any"):
    """A printed mean of whole numbers (GRIM)."""
    raise NotImplementedError
