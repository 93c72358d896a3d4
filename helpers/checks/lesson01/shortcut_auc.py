"""Lesson 01, exercise 5: `shortcut_auc`."""

import numpy as np
from sklearn.metrics import roc_auc_score

from helpers.checks.feedback import Check, expect


def _judge(call, scores, positive, because):
    right = np.float64(roc_auc_score(positive, scores))
    mistakes = [
        (max(right, 1 - right), "An AUC may lie below 0.5: the score then ranks the wrong way round. Do not turn it."),
        (1 - right, "This is the chance that the *negative* image has the higher score."),
    ]  # fmt: skip
    expect(call(scores, positive), right, [], mistakes, (scores, positive), because)


shortcut_auc = Check(
    _judge,
    cases=[
        (np.array([0.1, 0.2, 0.7, 0.9]), np.arange(4) > 1, "Every positive lies above every negative."),
        (np.array([0.9, 0.3, 0.8, 0.2, 0.4]), np.array([0, 0, 1, 1, 1]) > 0, "Count the pairs in order."),
        (np.array([0.5, 0.5, 0.5, 0.8, 0.1]), np.array([0, 1, 1, 0, 0]) > 0, "A tie counts one half."),
    ],
    praise="The AUC is the share of pairs, one positive and one negative, in which the positive scores higher.",
    hints=[
        "Take every pair of one positive and one negative image. In what share is the positive's score higher?",
        "scores[positive][:, None] > scores[~positive][None, :] compares all pairs at once.",
        "Add half of the pairs with equal scores.",
    ],
)
