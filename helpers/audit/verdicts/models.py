"""Findings about several models on the same images."""

import itertools

import numpy as np
from scipy import stats

from helpers.audit.findings import finding
from helpers.audit.printed import counts

ALIKE, UNLIKE = (
    0.002,
    0.05,
)  # rows that differ by at most so much, beside accuracies that differ by at least so much
WHY = "Two networks that err independently call different numbers of images each class"


def audit_models(rows, support=None):
    """Do several models on the same images look like one?

    Two rows of averages are alike if none of their numbers differs by more than 0.002 while accuracies printed elsewhere
    differ by 0.05 or more. Two rows of predicted counts are alike if a chi-square test of homogeneity does not tell them
    apart (p > 0.05), though both differ from the truth (p < 0.001). Either is a reason to ask, no proof.

    Parameters
    ----------
    rows : {model: {"precision", "recall", "f1", "accuracy": share, "beside": accuracy printed elsewhere}} or
        {model: {"predicted": (k,) counts}}. support : (k,) images per class; for predicted counts.

    Returns
    -------
    list of Finding: A201 (one for all pairs), A305 or A401.
    """
    alike = []
    for (a, row_a), (b, row_b) in itertools.combinations(rows.items(), 2):
        if "predicted" in row_a and "predicted" in row_b:
            evidence = _alike_counts(counts(row_a["predicted"]), counts(row_b["predicted"]), support)
        else:
            evidence = _alike_rows(row_a, row_b)
        if evidence:
            alike.append(f"{a} and {b}: {evidence}")
    if alike:
        return [
            finding(
                "A201",
                ". ".join(alike) + ".",
                "Probably one set of predictions was reported several times, or labels and predictions of all were unpaired.",
                "That it was so; two good models can agree, and small tables agree by chance.",
                WHY,
            )
        ]
    if len(rows) < 2:
        return [
            finding(
                "A401",
                "One model alone has nothing to be compared with.",
                "Nothing.",
                "Anything about the model.",
            )
        ]
    return [
        finding(
            "A305",
            f"No two of {len(rows)} models are alike beyond what their accuracies say.",
            "They can be different models.",
            "That they are.",
            WHY,
        )
    ]


def _alike_rows(a, b):
    shared = [name for name in ("precision", "recall", "f1", "accuracy") if name in a and name in b]
    if len(shared) < 3 or "beside" not in a or "beside" not in b:
        return ""
    difference = max(abs(float(a[name]) - float(b[name])) for name in shared)
    apart = abs(float(a["beside"]) - float(b["beside"]))
    if difference > ALIKE + 1e-9 or apart < UNLIKE:
        return ""
    return (
        f"{', '.join(shared)} differ by at most {difference:.4f}, the accuracies beside them by {apart:.4f}"
    )


def _alike_counts(a, b, support):
    called = a + b > 0
    both = stats.chi2_contingency(np.stack([a, b])[:, called]).pvalue if called.sum() > 1 else 1.0
    if both <= 0.05 or support is None:
        return ""
    truth = counts(support)
    wrong = [
        stats.chi2_contingency(np.stack([one, truth])[:, (one + truth) > 0]).pvalue < 0.001 for one in (a, b)
    ]
    if not all(wrong):
        return ""
    return f"predicted counts {a.tolist()} and {b.tolist()} cannot be told apart (p = {both:.2g}), and neither is the truth"
