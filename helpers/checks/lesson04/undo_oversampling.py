"""Lesson 04, exercise 5: `undo_oversampling`."""

import numpy as np

from helpers.checks.feedback import Check, expect
from helpers.checks.lesson04.shared import answered, over


def _under(probabilities, trained, true):
    """Probabilities under another prior, by Bayes' rule."""
    weighed = probabilities * (true / true.sum()) / (trained / trained.sum())
    return weighed / weighed.sum(axis=1, keepdims=True)


def _prior_mistakes(probabilities, trained, true):
    """Pairs (what the mistake gives, reason)."""
    p, k = probabilities, len(trained)
    seen, real = trained / trained.sum(), true / true.sum()
    ratio = real / seen

    def scaled(values):
        return over(values, values.sum(axis=1, keepdims=True))

    each_row = "Each row is to add up to 1: divide it by its own sum."
    yield p, "Nothing has changed. Multiply by the true share over the trained share."
    yield p * ratio, each_row
    yield p * true / trained, each_row
    yield p * ratio / ratio.sum(), each_row
    yield p * ratio / ratio.max(), each_row
    yield np.clip(p * ratio, 0, 1), f"{each_row} Cutting at 1 does not do that."
    yield np.clip(p * true / trained, 0, 1), f"{each_row} Cutting at 1 does not do that."
    yield (
        over(p * ratio, (p * ratio).sum(axis=0)),
        "You divide by the sums over the images, axis 0. Each *row* is to add up to 1: axis 1, with "
        "keepdims=True.",
    )
    yield over(p * ratio, (p * ratio).sum()), f"You divide by the sum of everything. {each_row}"
    yield over(p * ratio, (p * ratio).max(axis=1, keepdims=True)), f"You divide by the largest. {each_row}"
    if len(p) == k:
        yield (
            (p * ratio) / (p * ratio).sum(axis=1),
            "The row sums are applied to columns: keepdims=True keeps them upright.",
        )
        yield scaled(p * ratio[:, None]), "The ratios are applied to rows. Columns are classes."
    turned = over(1, ratio)
    reverse = (
        "Turned round: you multiply by the trained share over the true one, which undoes the undoing. The "
        "rare class must become less likely."
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        reversed_ratio = seen / real
        weighed = p * reversed_ratio
        yield weighed / weighed.sum(axis=1, keepdims=True), reverse
        yield weighed, f"{reverse} {each_row}"
        yield p * trained / true, f"{reverse} {each_row}"
    yield scaled(p * turned), reverse
    yield p * turned, f"{reverse} {each_row}"
    half = "The {} share enters as well: multiply by the true share, divide by the trained share."
    yield scaled(p / seen), half.format("true")
    yield p / seen, half.format("true")
    yield p / trained, half.format("true")
    yield scaled(p * real), half.format("trained")
    yield p * real, half.format("trained")
    yield p * true, half.format("trained")
    yield scaled(p * seen), "You multiply by the trained share. Divide by it, and multiply by the true one."
    yield p * seen, "You multiply by the trained share. Divide by it, and multiply by the true one."
    yield scaled(p * real * seen), "Divide by the trained share; you multiply by it."
    multiply = "Priors multiply: p times true share over trained share. You {}."
    moved = p + real - seen
    yield moved, multiply.format("add the difference of the shares")
    yield np.clip(moved, 0, 1), multiply.format("add the difference of the shares")
    yield np.maximum(moved, 0), multiply.format("add the difference of the shares")
    yield scaled(np.maximum(moved, 0)), multiply.format("add the difference of the shares")
    yield scaled(np.clip(moved, 1e-7, 1)), multiply.format("add the difference of the shares")
    yield scaled(p + ratio), multiply.format("add the ratio")
    yield (p + real) / 2, multiply.format("average with the true shares")
    yield np.broadcast_to(real, p.shape), "These are the true shares for all. What the network saw is lost."
    yield np.broadcast_to(ratio, p.shape), "These are the ratios of the shares. Multiply p by them."
    yield np.broadcast_to(scaled(ratio[None]), p.shape), "The probabilities do not enter. Multiply by them."
    every = "Every class changes by its own ratio, not {} only."
    names = {c: f"class {c}" for c in range(k)} | {
        real.argmax(): "the one that is most frequent in truth",
        ratio.argmin(): "the most oversampled one",
        real.argmin(): "the one that is rarest in truth",
    }
    for c, name in names.items():
        own = np.arange(k) == c
        yield p * np.where(own, ratio, 1), f"{every.format(name)} {each_row}"
        yield scaled(p * np.where(own, ratio, 1)), every.format(name)
        yield scaled(p * np.where(own, over(true, trained), 1)), every.format(name)
        risk = (p * ratio)[:, c]
        if k == 2:
            yield (
                np.where(own, risk[:, None], 1 - risk[:, None]),
                f"{every.format(name)} Do not take the rest as 1 - p: divide each row by its sum.",
            )
        else:
            rest = scaled(np.where(own, 0, p))
            yield np.where(own, risk[:, None], (1 - risk[:, None]) * rest), every.format(name)
    power = "The ratio enters once: no {}."
    yield scaled(p * np.sqrt(ratio)), power.format("root")
    yield scaled(p * ratio**2), power.format("square")
    yield scaled(p**ratio), power.format("power")
    yield scaled(np.sqrt(p) * ratio), "Take the probabilities as they are: no root."
    yield scaled(p**2 * ratio), "Take the probabilities as they are: no square."
    for values in (p * ratio, p * true / trained, p):
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        yield scaled(powers), "These are probabilities already: no softmax. Divide each row by its sum."
    yield scaled(np.exp(p) * ratio), "These are probabilities already: no softmax."
    for added in (1e-3, 0.01, 0.1, 0.5, 1, k):
        yield (
            _under(p, trained + added, true + added),
            "Do not add anything to the counts: a true count of 0 means a probability of 0.",
        )
        yield (
            _under(p, trained, true + added),
            "Do not add anything to the counts: a true count of 0 means a probability of 0.",
        )
    yield _under(p, trained, np.maximum(true, 1)), "A true count of 0 means a probability of 0."
    kept = np.where(real == 0, 1, ratio)
    yield scaled(p * kept), "A true count of 0 means a probability of 0; you leave that class as it was."
    yield np.where(real == 0, np.nan, _under(p, trained, true)), "A true count of 0 means 0, not NaN."
    for other in (np.full(k, 1 / k), p.mean(axis=0)):
        yield (
            scaled(p * real / other),
            "Divide by the shares of `counts_trained`, what the network was trained on.",
        )
    yield (
        scaled(p * np.full(k, 1 / k) / seen),
        "You correct to equal shares. Multiply by the true shares as well.",
    )
    yield scaled(p * ratio[::-1]), "The ratios are in reverse order: ratio c belongs to class c."
    yield _under(p, np.sort(trained), np.sort(true)), "The counts are sorted: count c belongs to class c."
    right = _under(p, trained, true)
    yield scaled(right * ratio), "The correction has been applied twice."
    yield 100 * right, "Return shares in [0, 1], not percentages."
    yield 1 - right, "These are the probabilities that it is *not* the class."
    yield right[:, ::-1], "The classes are in reverse order."
    yield (right == right.max(axis=1, keepdims=True)), "Return probabilities, not the class that is chosen."
    yield np.round(right), "Do not round the result."
    yield np.round(right, 1), "Do not round the result."
    yield np.round(right, 2), "Do not round the result."
    yield np.log(np.maximum(right, 1e-300)), "Return probabilities, not their logarithms."


def _judge_prior(call, probabilities, trained, true, because):
    n, k = probabilities.shape
    every = "One row for each image, with the probabilities of all classes."
    shapes = [
        ((n,), f"{every} Not the rare class only, and not the class that is chosen."),
        ((k,), every),
        ((), every),
        ((k, n), f"{every} Rows are images."),
        ((n, 1), every),
        ((n, 1, k), f"{every} No further axis."),
        ((n, k, k), every),
        ((n, n), every),
        ((n, (true > 0).sum()), f"{every} A class with a true count of 0 keeps its place, with 0."),
        ((n, 2), f"{every} There may be more than two."),
        ((n, k - 1), f"{every} Return the first or the last class as well."),
    ]
    exact = probabilities.astype(float)
    expect(
        call(probabilities, trained, true),
        _under(exact, trained, true),
        shapes,
        _prior_mistakes(exact, trained, true),
        (probabilities, trained, true),
        because,
    )


undo_oversampling = Check(
    _judge_prior,
    cases=[
        (
            answered(91, 6, 4)[1],
            np.array([120, 60, 20, 40]),
            np.array([60, 300, 40, 140]),
            "Multiply each column by true share / trained share, then divide each row by its sum.",
        ),
        (
            np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.03, 0.97], [0.65, 0.35]]),
            np.array([60, 60]),
            np.array([270, 30]),
            "Class 1 was half of the images and is a tenth in truth: its odds fall to a ninth.",
        ),
        (
            answered(90, 3, 3)[1],
            np.array([100, 80, 120]),
            np.array([300, 40, 10]),
            "Multiply each column by true share / trained share, then divide each row by its sum.",
        ),
        (answered(92, 5, 3)[1], np.array([40, 50, 90]), np.array([80, 0, 20]), "Class 1 does not occur: 0."),
        (
            answered(93, 5, 2)[1],
            np.array([30, 90]),
            np.array([400, 1200]),
            "The shares are the same, only the totals differ: nothing changes.",
        ),
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
