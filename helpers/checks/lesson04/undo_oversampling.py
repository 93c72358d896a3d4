"""Lesson 04, exercise 4: `undo_oversampling`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson04.shared import answered


def _rows(values):
    """Rows that add up to 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return values / values.sum(axis=1, keepdims=True)


def _under(probabilities, trained, true):
    """Probabilities under another prior, by Bayes' rule."""
    return _rows(probabilities * (true / true.sum()) / (trained / trained.sum()))


def _mistakes(p, trained, true):
    """Pairs (what the mistake gives, reason)."""
    seen, real = trained / trained.sum(), true / true.sum()
    weighed = p * real / seen
    yield p, "Nothing has changed. Multiply by the true share over the trained share."
    for unscaled in (weighed, p * true / trained, np.clip(weighed, 0, 1)):
        yield unscaled, "Each row is to add up to 1: divide it by its own sum."
    with np.errstate(divide="ignore", invalid="ignore"):
        yield (
            weighed / weighed.sum(axis=0),
            "You divide by the sums over the images. Each *row* adds up to 1.",
        )
        yield (
            _rows(p * seen / real),
            "Turned round: you multiply by the trained share over the true one. The rare class must become less "
            "likely.",
        )
    yield _rows(p / seen), "The true share enters as well: multiply by it, divide by the trained share."
    yield _rows(p * real), "The trained share enters as well: multiply by the true share, divide by it."
    yield p + real - seen, "Priors multiply: p times true share over trained share. You add the difference."
    yield (
        _rows(p * np.where(real == real.min(), real / seen, 1)),
        "Every class changes by its own ratio, not the one that is rarest in truth only.",
    )
    for kept in (np.maximum(true, 1), np.where(true == 0, trained * true.sum() / trained.sum(), true)):
        yield (
            _rows(p * kept / trained),
            "A true count of 0 means a probability of 0: do not add anything to the counts.",
        )
    yield 1 - _rows(weighed), "These are the probabilities that it is *not* the class."


def _judge(call, probabilities, trained, true, because):
    n, k = probabilities.shape
    exact, every = (
        probabilities.astype(float),
        "One row for each image, with the probabilities of all classes.",
    )
    shapes = [
        ((n,), f"{every} Not the rare class only, and not the class that is chosen."),
        ((k, n), f"{every} Rows are images."),
        ((n, (true > 0).sum()), f"{every} A class with a true count of 0 keeps its place, with 0."),
        ((n, 2), f"{every} There may be more than two."),
    ]
    expect(
        call(probabilities, trained, true),
        _under(exact, trained, true),
        shapes,
        _mistakes(exact, trained, true),
        (probabilities, trained, true),
        because,
    )


_RULE = "Multiply each column by true share / trained share, then divide each row by its sum."

undo_oversampling = Check(
    _judge,
    cases=[
        (answered(91, 6, 4)[1], np.array([120, 60, 20, 40]), np.array([60, 300, 40, 140]), _RULE),
        (
            np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.03, 0.97], [0.65, 0.35]]),
            np.array([60, 60]),
            np.array([270, 30]),
            "Class 1 was half of the images and is a tenth in truth: its odds fall to a ninth.",
        ),
        (answered(90, 3, 3)[1], np.array([100, 80, 120]), np.array([300, 40, 10]), _RULE),
        (answered(92, 5, 3)[1], np.array([40, 50, 90]), np.array([80, 0, 20]), "Class 1 does not occur: 0."),
        (answered(93, 5, 2)[1], np.array([30, 90]), np.array([400, 1200]), "The shares are the same."),
    ],
    praise="These are the probabilities for the true mix, without training again: exact, if the network "
    "was, and if only the numbers of images differ.",
    hints=[
        "Turn both counts into shares. By which factor did the share of each class change?",
        "The network's probability holds the trained share as a factor. Divide by it, and multiply by the "
        "true share.",
        "After that the rows no longer add up to 1. Divide each by its sum: .sum(axis=1, keepdims=True).",
        "In short: probabilities * true_share / trained_share, divided by the sum of its row.",
    ],
)
