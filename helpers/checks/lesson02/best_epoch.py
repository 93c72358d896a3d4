"""Lesson 02, exercise 3: `best_epoch`."""

import numpy as np

from helpers.checks.feedback import Check
from helpers.checks.lesson02.shared import expect, pair


def stop(losses, patience, ties=False):
    """(kept, last) from 1, by the definition; or with ties counted as improvements."""
    kept = last = 0
    for last in range(1, len(losses)):
        if losses[last] < losses[kept] or (ties and losses[last] == losses[kept]):
            kept = last
        elif last - kept == patience:
            break
    return kept + 1, last + 1


def _judge(call, val_loss, patience, because):
    kept, last = stop(val_loss, patience)
    lowest = 1 + np.argmin(val_loss)
    mistakes = [
        ((kept - 1, last - 1), "Count epochs from 1: the first epoch is 1."),
        ((kept - 1, last), "Count epochs from 1, the kept one too: the first epoch is 1."),
        ((last, kept), "Return the kept epoch first, then the last one."),
        (stop(val_loss, patience, ties=True), "A loss that equals the best so far is no improvement: it must be strictly lower."),
        ((lowest, last), "The kept epoch must have been trained: a lower loss after the stop does not count."),
        ((lowest, len(val_loss)), "Training stops when patience runs out; what would come later does not count."),
        (stop(val_loss, patience + 1), "Your training stops too late: it stops in epoch kept + patience."),
        ((last, last), "The weights that are kept are those of the lowest loss, not those of the last epoch."),
    ]  # fmt: skip
    result = pair(call(val_loss, patience), "kept, last")
    expect(result, (kept, last), mistakes, (val_loss, patience), because)


best_epoch = Check(
    _judge,
    cases=[
        (np.array([0.9, 0.8, 0.7, 0.75, 0.8, 0.6, 0.65, 0.7, 0.72, 0.5]), 2, "Epoch 6 is never trained."),
        (np.array([1.0, 0.8, 0.85, 0.7, 0.72]), 3, "Patience never runs out: the last epoch is 5."),
        (np.array([0.5, 0.4, 0.4, 0.45, 0.3]), 2, "A tie is no improvement."),
        (np.array([0.9, 0.5, 0.7, 0.6, 0.65, 0.55, 0.64]), 3, "Compare with the best so far, not with the previous epoch: 0.6 is not below 0.5."),
        (np.array([1.0, 1.1, 0.9, 0.95, 0.8, 0.85, 0.7]), 2, "A new lowest loss starts the count again."),
    ],
    praise="Training stops when patience runs out, and the best epoch until then is kept.",
    hints=[
        "Go through the epochs one by one, as training does. Keep the lowest loss so far, and its epoch.",
        "for epoch, loss in enumerate(val_loss, start=1): if the loss is lower than the lowest, remember both.",
        "If not, and epoch - kept == patience, return kept, epoch. After the loop: kept, len(val_loss).",
    ],
)  # fmt: skip
