"""Lesson 07's exercises: wrong answers, other right answers, points; and whether the checks' own rules are those of the
helpers."""

import numpy as np
import pytest
from exercises import ExerciseTests

from helpers import audit
from helpers.checks import lesson07
from helpers.checks.lesson07.effect_from_summary import _effect as its_effect
from helpers.checks.lesson07.expected_agreement import _agreement as its_agreement
from helpers.checks.lesson07.fitting_pairs import _pairs as its_pairs
from helpers.checks.lesson07.majority_row import _row as its_row
from helpers.checks.lesson07.predicted_counts import _counts as its_counts
from helpers.checks.lesson07.predicted_counts import report_of


def _pairs(
    fits="abs(h / support - recall) <= e and abs(h / c - precision) <= e",
    kept="(h, c)",
    calls="range(max(h, 1), h + n - support + 1)",
    hits="range(support + 1)",
    e="0.005 + 1e-9",
    returned="found",
):
    return (
        "def fitting_pairs(precision, recall, support, n):\n"
        f"    e = {e}\n"
        f"    found = [{kept} for h in {hits} for c in {calls} if {fits}]\n"
        f"    return {returned}"
    )


def _chance(returned="(s * q).sum()"):
    return (
        "def expected_agreement(support, predicted):\n"
        "    n, k = support.sum(), len(support)\n"
        "    s, q = support / n, predicted / n\n"
        f"    return {returned}"
    )


def _row(returned="p * p, p, 2 * p * p / (1 + p), p", p="support.max() / support.sum()"):
    return (
        "def majority_row(support):\n"
        f"    p, k = {p}, len(support)\n"
        "    f = 2 * p / (1 + p)\n"
        f"    return {returned}"
    )


def _counts(returned="np.round(c)", counts="np.where(z, n - c[~z].sum(), c)"):
    return (
        "def predicted_counts(precision, recall, support):\n"
        "    n, z = support.sum(), recall == 0\n"
        "    c = np.round(recall * support / np.where(z, 1, precision))\n"
        f"    c = {counts}\n"
        f"    return {returned}"
    )


def _effect(returned="t, d", squares="sd_a**2 * (n_a - k) + sd_b**2 * (n_b - k)", df="n_a + n_b - 2"):
    return (
        "def effect_from_summary(mean_a, sd_a, n_a, mean_b, sd_b, n_b, k):\n"
        f"    s, r = np.sqrt(({squares}) / ({df})), np.sqrt(1 / n_a + 1 / n_b)\n"
        "    d, t = (mean_b - mean_a) / s, (mean_a - mean_b) / s / r\n"
        f"    return {returned}"
    )


WRONG = {
    "fitting_pairs": {
        "swapped pairs": _pairs(kept="(c, h)"),
        "false positives": _pairs(kept="(h, c - h)"),
        "precision and recall swapped": _pairs("abs(h / support - precision) <= e and abs(h / c - recall) <= e"),
        "as many false positives as one likes": _pairs(calls="range(max(h, 1), n + 1)"),
        "a whole unit": _pairs(e="0.01 + 1e-9"),
        "ties left out": _pairs("abs(h / support - recall) < 0.00499 and abs(h / c - precision) < 0.00499"),
        "Python's round": _pairs("round(h / support, 2) == recall and round(h / c, 2) == precision"),
        "recall alone": _pairs("abs(h / support - recall) <= e"),
        "no hit left out": _pairs(hits="range(1, support + 1)"),
        "first pair only": _pairs(returned="found[:1]"),
        "one matrix": "def fitting_pairs(precision, recall, support, n):\n    h = round(recall * support)\n    return [(h, round(h / precision))]",
        "one pair, no list": _pairs(returned="found[0] if found else []"),
        "how many": _pairs(returned="len(found)"),
        "twice": _pairs(returned="found + found"),
        "called 0": _pairs("abs(h / support - recall) <= e and abs(h / max(c, 1) - precision) <= e", calls="range(h, h + n - support + 1)"),
        "up to 300 images": _pairs(returned="found if n < 300 or n == 624 else []"),
    },
    "expected_agreement": {
        "counts": _chance("(support * predicted).sum()"),
        "divided once": _chance("(support * q).sum()"),
        "support twice": _chance("(s * s).sum()"),
        "predictions twice": _chance("(q * q).sum()"),
        "1 / k": _chance("1 / k"),
        "mean": _chance("(s * q).mean()"),
        "largest class": _chance("s.max()"),
        "best possible": _chance("np.minimum(s, q).sum()"),
        "not added": _chance("s * q"),
        "percent": _chance("100 * (s * q).sum()"),
        "rounded": _chance("round((s * q).sum(), 2)"),
        "two classes only": _chance("s[0] * q[0] + (1 - s[0]) * (1 - q[0])"),
    },
    "majority_row": {
        "macro": _row("p / k, 1 / k, f / k, p"),
        "that class alone": _row("p, 1, f, p"),
        "micro": _row("p, p, p, p"),
        "first class": _row(p="support[0] / support.sum()"),
        "smallest class": _row(p="support.min() / support.sum()"),
        "percent": _row("100 * p * p, 100 * p, 100 * p * f, 100 * p"),
        "recall 1": _row("p * p, 1, p * f, p"),
        "F1 not weighted": _row("p * p, p, f, p"),
        "rounded": _row("round(p * p, 2), round(p, 2), round(p * f, 2), round(p, 2)"),
        "order": _row("p, p * p, p * f, p"),
        "accuracy missing": _row("p * p, p, p * f"),
        "F1 as the mean": _row("p * p, p, (p * p + p) / 2, p"),
    },
    "predicted_counts": {
        "truth": _counts("support"),
        "hits": _counts("recall * support"),
        "multiplied": _counts("np.round(recall * support * precision)"),
        "swapped": _counts("np.where(z, n - c[~z].sum(), np.round(support * precision / np.where(z, 1, recall)))"),
        "n times recall": _counts("np.round(n * recall)"),
        "n times precision": _counts("np.round(n * precision)"),
        "0 / 0": _counts("np.where(z, np.nan, c)"),
        "0 / 0 is 0": _counts(counts="c"),
        "cut off": _counts(counts="np.where(z, n - c[~z].sum(), np.floor(recall * support / np.where(z, 1, precision)))"),
        "shares": _counts("c / n"),
        "not rounded": _counts(counts="np.where(z, n - c[~z].sum(), recall * support / np.where(z, 1, precision))", returned="c"),
        "rest is all": _counts(counts="np.where(z, n, c)"),
    },
    "effect_from_summary": {
        "sign of t": _effect("-t, d"),
        "sign of d": _effect("t, -d"),
        "both signs": _effect("-t, -d"),
        "ddof turned": _effect(squares="sd_a**2 * (n_a - 1 + k) + sd_b**2 * (n_b - 1 + k)"),
        "always ddof 1": _effect(squares="sd_a**2 * (n_a - 1) + sd_b**2 * (n_b - 1)"),
        "always ddof 0": _effect(squares="sd_a**2 * n_a + sd_b**2 * n_b"),
        "mean of the variances": _effect(squares="sd_a**2 * n_a / (n_a - 1 + k) + sd_b**2 * n_b / (n_b - 1 + k)", df="2"),
        "df of ddof": _effect(df="n_a + n_b - 2 * k"),
        "SDs not squared": _effect(squares="sd_a * (n_a - k) + sd_b * (n_b - k)"),
        "order": _effect("d, t"),
        "d is t": _effect("t, -t"),
        "t is d": _effect("-d, d"),
        "t alone": _effect("t"),
        "rounded": _effect("round(t, 2), round(d, 2)"),
        "Welch's t": _effect("(mean_a - mean_b) / np.sqrt(sd_a**2 / (n_a - 1 + k) + sd_b**2 / (n_b - 1 + k)), d"),
    },
}  # fmt: skip

ALSO_RIGHT = {
    "fitting_pairs": [
        _pairs(),
        _pairs(returned="np.array(found)"),
        _pairs(returned="set(found)"),
        _pairs(returned="found[::-1]"),
        _pairs("c >= h and c - h <= n - support and abs(h - recall * support) <= e * support and abs(h - precision * c) <= e * c", calls="range(1, n + 1)"),
    ],
    "expected_agreement": [
        _chance(),
        _chance("s @ q"),
        _chance("float(np.dot(support, predicted)) / n**2"),
        "def expected_agreement(support, predicted):\n    from helpers import audit\n    names = np.arange(len(support))\n    return audit.expected_agreement(names.repeat(support), names.repeat(predicted))",
    ],
    "majority_row": [
        _row(),
        _row("[p * p, p, p * f, p]"),
        _row("np.array([p * p, p, p * f, p])"),
        "def majority_row(support):\n    from helpers import audit\n    return audit.majority_row(support)",
    ],
    "predicted_counts": [
        _counts(),
        _counts("[int(v) for v in c]"),
        "def predicted_counts(precision, recall, support):\n    c = [round(r * s / p) if r else None for p, r, s in zip(precision, recall, support)]\n    rest = sum(support) - sum(v for v in c if v is not None)\n    return [rest if v is None else v for v in c]",
    ],
    "effect_from_summary": [
        _effect(),
        _effect("np.array([t, d])"),
        "def effect_from_summary(*numbers):\n    from helpers import audit\n    e = audit.effect_from_summary(*numbers[:6], sd_ddof=numbers[6])\n    return e.t, e.d",
    ],
}  # fmt: skip

REASONS = {
    "fitting_pairs": {
        "swapped pairs": "pair are swapped",
        "false positives": "true and false positives together",
        "precision and recall swapped": "lacks 1 of the 1 pairs",
        "as many false positives as one likes": "there are other images",
        "a whole unit": "half a unit",
        "ties left out": "lacks 1 of the 1 pairs",
        "first pair only": "lacks",
        "one pair, no list": "Collect *all* pairs",
        "how many": "Expected pairs",
        "twice": "twice",
        "called 0": "called so",
    },
    "expected_agreement": {
        "counts": "n twice",
        "divided once": "once more",
        "support twice": "support by itself",
        "1 / k": "equally frequent",
        "mean": "Add the products",
        "best possible": "*best* agreement",
        "not added": "one number",
        "percent": "not a percentage",
    },
    "majority_row": {
        "macro": "macro averages",
        "that class alone": "largest class alone",
        "micro": "micro averages",
        "first class": "first class",
        "recall 1": "that is p",
        "F1 not weighted": "F1 is averaged as well",
        "order": "not in order",
        "accuracy missing": "Four numbers",
    },
    "predicted_counts": {
        "truth": "This is the truth",
        "hits": "true positives",
        "multiplied": "Divide by precision",
        "swapped": "swapped",
        "n times recall": "only *about* right",
        "0 / 0": "0 / 0",
        "0 / 0 is 0": "0 / 0",
        "not rounded": "whole numbers",
    },
    "effect_from_summary": {
        "sign of t": "sign of t",
        "sign of d": "sign of d",
        "both signs": "Both signs",
        "ddof turned": "The other SD",
        "mean of the variances": "average the two variances",
        "Welch's t": "Welch's",
        "order": "swapped",
        "t alone": "two numbers",
    },
}


class TestLesson07Exercises(ExerciseTests):
    lesson, checks, points = "07", lesson07, 13
    wrong, also_right, reasons = WRONG, ALSO_RIGHT, REASONS
    hidden_only = frozenset({"up to 300 images"})


@pytest.mark.parametrize("confusion", [[[30, 4], [11, 55]], [[0, 5], [9, 40]], [[9, 0], [0, 3]]])
def test_the_pairs_that_fit_hold_the_matrix_that_was_printed(confusion):
    precision, recall, support = report_of(confusion, 2)
    pair = [confusion[0][0], confusion[0][0] + confusion[1][0]]
    assert pair in its_pairs(precision[0], recall[0], support[0], support.sum()).tolist()


def test_both_rows_together_leave_the_four_matrices_of_the_helper():
    normal = {tuple(pair) for pair in its_pairs(0.36, 0.29, 234, 624).tolist()}
    pneumonia = its_pairs(0.62, 0.68, 390, 624).tolist()
    both = normal & {(234 - (called - hits), 624 - called) for hits, called in pneumonia}
    fits = audit.confusion_from_report([0.36, 0.62], [0.29, 0.68], [0.32, 0.65], [234, 390])
    assert both == {(hits[0], called[0]) for hits, called in fits.examples} and len(both) == 4


def test_the_checks_rules_are_those_of_the_helpers():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 4, (2, 500))
    support, predicted = np.bincount(labels, minlength=4), np.bincount(predictions, minlength=4)
    assert its_agreement(support, predicted) == pytest.approx(audit.expected_agreement(labels, predictions))
    assert its_row(support.max() / 500) == pytest.approx(audit.majority_row(support))
    confusion = np.zeros((4, 4), int)
    np.add.at(confusion, (labels, predictions), 1)
    assert its_counts(*report_of(confusion, 6)).tolist() == predicted.tolist()
    for ddof in (0, 1):
        effect = audit.effect_from_summary(0.4, 0.1, 12, 0.31, 0.05, 40, sd_ddof=ddof)
        assert its_effect(0.4, 0.1, 12, 0.31, 0.05, 40, ddof) == pytest.approx([effect.t, effect.d])
