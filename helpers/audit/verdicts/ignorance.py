"""Findings that a row of averages is what a model without knowledge has."""

import numpy as np

from helpers.audit.chance import AT_CHANCE, majority_row
from helpers.audit.exclusions import SLACK, WORDS
from helpers.audit.findings import finding
from helpers.audit.printed import interval
from helpers.audit.rounding import throughout


def largest_class_alone(row, support, decimals, rounding):
    """A102 (and A004) if precision, recall and F1 are those of the largest class alone."""
    if support is None or not {"precision", "recall", "f1"} <= set(row):
        return []
    for averaging in ("weighted", "macro"):
        expected = majority_row(support, averaging)._asdict()
        names = ("precision", "recall", "f1")
        if not any(
            all(_holds(row[name], expected[name], decimals[name], way) for name in names)
            for way in throughout(rounding)
        ):
            continue
        share_of_largest = expected["accuracy"]
        numbers = ", ".join(f"{name} {expected[name]:.4f}" for name in names)
        found = [
            finding(
                "A102",
                f"The largest class has {support.max()} of {support.sum()} images. A model that always predicts it has, "
                f"{WORDS[averaging]}, {numbers}: to the printed digit what stands here.",
                "These predictions hold one class only, or might as well.",
                "That the model was trained so; the wrong preprocessing at the test does this too.",
                "precision p^2, recall p, F1 2 p^2 / (1 + p), weighted; p the share of the largest class",
            )
        ]
        if "accuracy" in row and not any(
            _holds(row["accuracy"], share_of_largest, decimals["accuracy"], way)
            for way in throughout(rounding)
        ):
            found.append(
                finding(
                    "A004",
                    f"The accuracy of that model is {share_of_largest:.4f}; {row['accuracy']} is printed.",
                    "Accuracy and the row are not of the same predictions.",
                    "Which of the two is of the model.",
                )
            )
        return found
    return []


def macro_recall_of_chance(row, possible, support, classes, decimals, rounding):
    """A103 if the row can only be of macro averages, and macro recall is 1 / k within what unrelated labels give."""
    if not set(possible) <= {"macro", "harmonic"} or "recall" not in row or not classes:
        return []
    if support is None or not support.all():
        return []
    shares, n, k = support / support.sum(), support.sum(), len(support)
    # Under shuffling the variance is sum_i q_i (1 - q_i) / p_i / (k^2 (n - 1)); q (1 - q) is at most 1/4.
    sd = np.sqrt((1 / (4 * shares)).sum() / (n - 1)) / k
    chance = 1 / k
    ends = [interval(row["recall"], decimals["recall"], way) for way in throughout(rounding)]
    away = min(max(float(one.low) - chance, chance - float(one.high), 0) for one in ends)
    if away >= AT_CHANCE * sd:
        return []
    return [
        finding(
            "A103",
            f"Macro recall is {row['recall']}; predictions that have nothing to do with the labels give 1/{k} = {chance:.4f} "
            f"on average, with a standard deviation of at most {sd:.4f} on {n} images.",
            "Labels and predictions cannot be told from unrelated ones: the model knows nothing, or the two are not of the "
            "same images in the same order.",
            "Which of the two it is; a shuffled generator does this to a good model.",
            "Under shuffling the expected recall of each class is the share of images that are called so; these sum to 1",
        )
    ]


def _holds(printed, exact, decimals, way):
    one = interval(printed, decimals, way)
    return float(one.low) - SLACK <= exact <= float(one.high) + SLACK
