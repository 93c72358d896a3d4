"""Lesson 02, exercise 4: `best_epoch`."""

import numpy as np

from helpers.checks.feedback import Check
from helpers.checks.lesson02.shared import expect, pair_of_numbers


def _stop(losses, patience, mistake=None):
    """(kept, last) from 1, by the definition or with a typical mistake."""
    kept = waited = last = 0
    for last in range(1, len(losses)):
        best = losses[last - 1 if mistake == "previous" else kept]
        if losses[last] < best or (mistake == "ties" and losses[last] == best):
            kept, waited = last, 0 if mistake != "not in a row" else waited
        else:
            waited += 1
        if waited == patience:
            break
    return kept + 1, last + 1


def _judge_epoch(call, val_loss, patience, because):
    pair = pair_of_numbers(call(val_loss, patience), "kept, last")
    expected = _stop(val_loss, patience)
    kept, last = expected
    late, previous = _stop(val_loss, patience, "ties"), _stop(val_loss, patience, "previous")
    ties = "A loss that equals the best so far is no improvement: it must be strictly lower."
    neighbour = "Compare each loss with the best so far, not with the previous epoch's."
    mistakes = [
        ((kept - 1, last - 1), "Count epochs from 1: the first epoch is 1."),
        ((kept - 1, last), "Count epochs from 1, the kept one too: the first epoch is 1."),
        ((last, kept), "Return the kept epoch first, then the last one."),
        (late, ties),
        ((late[0], last), ties),
        ((1 + np.flatnonzero(val_loss[:last] == val_loss[kept - 1])[-1], last), ties),
        (previous, neighbour),
        ((1 + np.argmin(val_loss[: previous[1]]), previous[1]), neighbour),
        (
            _stop(val_loss, patience, "not in a row"),
            "Only epochs in a row count: a new lowest loss starts the count again.",
        ),
        (
            (1 + np.argmin(val_loss), last),
            "The kept epoch must have been trained: a lower loss after the stop does not count.",
        ),
        (
            (1 + np.argmin(val_loss), len(val_loss)),
            f"Training stops once {patience} epochs in a row bring no new lowest loss; what would come "
            f"later does not count.",
        ),
        (
            _stop(val_loss, patience + 1),
            "Your training stops too late: stop as soon as `patience` epochs in a row bring no new lowest "
            "loss.",
        ),
        (
            _stop(val_loss, patience - 1) if patience > 1 else (np.inf, np.inf),
            "Your training stops too early: wait until `patience` epochs in a row bring no new lowest loss.",
        ),
        (
            (kept, kept + patience),
            "The last epoch cannot lie beyond the end: if patience does not run out, it is the length of "
            "val_loss.",
        ),
        (_stop(-val_loss, patience), "The lowest validation loss is the best, not the highest."),
        (
            (last, last),
            "The weights that are kept are those of the lowest loss, not those of the last epoch.",
        ),
    ]
    expect(pair, expected, mistakes, (val_loss, patience), because)


best_epoch = Check(
    _judge_epoch,
    cases=[
        (
            np.array([0.9, 0.8, 0.7, 0.75, 0.8, 0.6, 0.65, 0.7, 0.72, 0.5]),
            2,
            "Epochs 4 and 5 are no better than epoch 3, so epoch 6 is never trained.",
        ),
        (np.array([1.0, 0.8, 0.85, 0.7, 0.72]), 3, "Patience never runs out: the last epoch is 5."),
        (np.array([0.5, 0.4, 0.4, 0.45, 0.3]), 2, "A tie is no improvement."),
        (
            np.array([0.9, 0.5, 0.7, 0.6, 0.65, 0.55, 0.64]),
            3,
            "0.6 is lower than 0.7 before it, but not than the best so far, 0.5.",
        ),
        (
            np.array([1.0, 1.1, 0.9, 0.95, 0.8, 0.85, 0.7]),
            2,
            "A new lowest loss starts the count again.",
        ),
    ],
    praise="Training stops when patience runs out, and the best epoch until then is kept.",
    hints=[
        "Go through the epochs one by one, as training does. Keep the lowest loss so far, its epoch, and "
        "how many epochs have passed since.",
        "for epoch, loss in enumerate(val_loss, start=1): is the loss lower than the lowest so far? Then "
        "remember loss and epoch.",
        "If it is not, and epoch - kept == patience, return kept, epoch. After the loop, return kept, "
        "len(val_loss).",
    ],
)
