"""Lesson 07's exercises: the table of answers; and whether the checks' own rules are those of the
helpers."""

import exercises
import numpy as np
import pytest

from helpers import audit
from helpers.checks import lesson07


class TestLesson07Exercises(exercises.ExerciseTests):
    lesson, points = "07", 13


@pytest.mark.parametrize("confusion", [[[30, 4], [11, 55]], [[0, 5], [9, 40]], [[9, 0], [0, 3]]])
def test_the_pairs_that_fit_hold_the_matrix_that_was_printed(confusion):
    precision, recall, support = lesson07.report_of(confusion, 2)
    pair = [confusion[0][0], confusion[0][0] + confusion[1][0]]
    assert pair in lesson07.pairs(precision[0], recall[0], support[0], support.sum()).tolist()


def test_both_rows_together_leave_the_four_matrices_of_the_helper():
    normal = {tuple(pair) for pair in lesson07.pairs(0.36, 0.29, 234, 624).tolist()}
    pneumonia = lesson07.pairs(0.62, 0.68, 390, 624).tolist()
    both = normal & {(234 - (called - hits), 624 - called) for hits, called in pneumonia}
    fits = audit.confusion_from_report([0.36, 0.62], [0.29, 0.68], [0.32, 0.65], [234, 390])
    assert both == {(hits[0], called[0]) for hits, called in fits.examples} and len(both) == 4


def test_the_checks_rules_are_those_of_the_helpers():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 4, (2, 500))
    support, predicted = np.bincount(labels, minlength=4), np.bincount(predictions, minlength=4)
    assert lesson07.agreement(support, predicted) == pytest.approx(
        audit.expected_agreement(labels, predictions)
    )
    assert lesson07.row(support) == pytest.approx(audit.majority_row(support))
    confusion = np.zeros((4, 4), int)
    np.add.at(confusion, (labels, predictions), 1)
    assert lesson07.counts(*lesson07.report_of(confusion, 6)).tolist() == predicted.tolist()
    for ddof in (0, 1):
        effect = audit.effect_from_summary(0.4, 0.1, 12, 0.31, 0.05, 40, sd_ddof=ddof)
        assert lesson07.effect(0.4, 0.1, 12, 0.31, 0.05, 40, ddof) == pytest.approx([effect.t, effect.d])
