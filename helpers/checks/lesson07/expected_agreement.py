"""Lesson 07, exercise 2: `expected_agreement`."""

import numpy as np

from helpers.checks.feedback import Check, expect


def _agreement(support, predicted):
    return (support / support.sum() * (predicted / predicted.sum())).sum()


def _mistakes(support, predicted):
    """Pairs (what the mistake gives, reason)."""
    n, k, right = support.sum(), len(support), _agreement(support, predicted)
    yield right * n**2, "These are products of counts. Divide by n twice: each factor is a share."
    yield right * n, "Divide by n once more: both factors are shares, so counts are divided by n squared."
    yield (
        ((support / n) ** 2).sum(),
        "You multiply the support by itself. One factor is the share of the labels, the other of the predictions.",
    )
    yield (
        ((predicted / n) ** 2).sum(),
        "You multiply the predictions by themselves. One factor is the support's.",
    )
    yield 1 / k, "1 / k is right only where all classes are equally frequent, in labels or in predictions."
    yield right / k, "Add the products of all classes; a mean divides by k, and nothing asks for that."
    yield (
        support.max() / n,
        "This is what always naming the largest class gives. Use how often each class was called.",
    )
    yield (
        np.minimum(support, predicted).sum() / n,
        "This is the *best* agreement these counts allow, not chance's.",
    )
    yield 100 * right, "Return a share in [0, 1], not a percentage."
    for digits in (1, 2, 3):
        yield round(right, digits), "Do not round the result."


def _judge(call, support, predicted, because):
    right = np.array(_agreement(support, predicted))
    shapes = [(support.shape, "Add the products of all classes: one number.")]
    expect(
        call(support, predicted), right, shapes, _mistakes(support, predicted), (support, predicted), because
    )


expected_agreement = Check(
    _judge,
    cases=[
        (np.array([48, 32]), np.array([24, 56]), "0.6 x 0.3 + 0.4 x 0.7."),
        (np.array([234, 390]), np.array([192, 432]), "Document 004: more than half agree by chance."),
        (np.array([20, 30, 50]), np.array([0, 0, 100]), "Only one class is called: its share agrees."),
        (np.array([7, 7, 7, 7]), np.array([1, 2, 3, 22]), "Four equal classes: 1 / 4, whatever is called."),
        (
            np.array([3709, 5077, 1377, 2283]),
            np.array([3709, 5077, 1377, 2283]),
            "The counts of the kidney set.",
        ),
    ],
    praise="An accuracy is worth only what it has above this number.",
    hints=[
        "Draw a label and a prediction independently of each other. How probable is it that both are class 0?",
        "That probability is a product of two shares. Any class will do, so add the products.",
        "np.sum(support / n * predicted / n), where n is np.sum(support).",
    ],
)
