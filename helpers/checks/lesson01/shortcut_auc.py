"""Lesson 01, exercise 5: `shortcut_auc`."""

import numpy as np
from sklearn.metrics import roc_auc_score

from helpers.checks.feedback import Check, expect_close


def _judge_auc(call, scores, positive, because):
    expect_close(call(scores, positive), roc_auc_score(positive, scores), (scores, positive), because)


shortcut_auc = Check(
    _judge_auc,
    cases=[
        (
            np.array([0.1, 0.2, 0.7, 0.9]),
            np.array([False, False, True, True]),
            "Every positive lies above every negative.",
        ),
        (
            np.array([0.9, 0.3, 0.8, 0.2, 0.5]),
            np.array([False, True, True, False, True]),
            "Count the pairs that are in order.",
        ),
        (np.array([0.5, 0.5, 0.5, 0.8]), np.array([False, True, True, False]), "A tie counts one half."),
    ],
    praise="The AUC is the share of pairs, one positive and one negative, in which the positive has the "
    "higher score.",
    hints=[
        "Take every pair of one positive and one negative image. In what share is the positive's score "
        "higher?",
        "scores[positive][:, None] > scores[~positive][None, :] compares all pairs at once.",
        "Add half of the pairs with equal scores.",
    ],
)
