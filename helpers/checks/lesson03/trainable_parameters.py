"""Lesson 03, exercise 2: `trainable_parameters`."""

from math import prod

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson03.shared import parts_of


def _counted(layers, frozen, mistake=None):
    """(trainable, not trainable) parameters, by the definition or with a typical mistake."""
    trainable = fixed = 0
    for name, kind, shapes in layers:
        norm = kind == "batch_norm"
        sizes = [prod(shape) for shape in shapes[: 1 if mistake == "no biases" and not norm else None]]
        learnt = sizes[:2] if norm and mistake != "moving trained" else sizes
        stays = name in frozen and mistake != "frozen ignored"
        stays ^= mistake == "inverted"
        if stays or (norm and mistake == "norm fixed"):
            learnt = []
        trainable += sum(learnt)
        fixed += 0 if mistake == "moving lost" and norm and not stays else sum(sizes) - sum(learnt)
    return trainable, fixed


_MISTAKES = {
    "moving trained": "Moving mean and variance are counted as trainable. No gradient changes them.",
    "frozen ignored": "`frozen` is ignored: none of the parameters of a layer that it names is trained.",
    "inverted": "`frozen` names the layers that are not trained; you train these, and no others.",
    "norm fixed": "Of a batch normalisation that is not frozen, gamma and beta are trained.",
    "moving lost": "Moving mean and variance are missing: they are parameters that are not trained.",
    "no biases": "The biases are missing: count all of a layer's shapes, not only the first.",
}


def _judge(call, layers, frozen, because):
    pair = parts_of(call(layers, frozen), ("trainable", "not_trainable"))
    if np.ndim(pair[0]) or np.ndim(pair[1]):
        raise Wrong("Return two single numbers: sums over all layers.")
    trainable, fixed = _counted(layers, frozen)
    mistakes = [
        ((fixed, trainable), "Swapped: return the trainable parameters first."),
        (
            (trainable, trainable + fixed),
            "The second number is that of the parameters that are not trained, not of all.",
        ),
    ]
    mistakes += [(_counted(layers, frozen, key), text) for key, text in _MISTAKES.items()]
    expect(pair, np.array([trainable, fixed]), (), mistakes, (layers, frozen), because)


_NETWORK = [
    ("block1", "conv", [(3, 3, 1, 8), (8,)]),
    ("norm1", "batch_norm", [(8,)] * 4),
    ("block10", "conv", [(3, 3, 8, 12)]),
    ("norm10", "batch_norm", [(12,)] * 4),
    ("logits", "dense", [(12, 5), (5,)]),
]


trainable_parameters = Check(
    _judge,
    cases=[
        (
            _NETWORK,
            ["block1", "norm1"],
            "A frozen batch normalisation trains nothing. Compare whole names: block10 and norm10 are not frozen.",
        ),
        (_NETWORK[:2], set(), "Nothing is frozen, and yet a moving mean and variance are not trained."),
        (_NETWORK, {"block10", "norm10"}, "Compare whole names."),
        (_NETWORK, {"block1", "norm10"}, "Compare whole names."),
        (
            [("block1", "conv", [(3, 3, 2, 8), (8,)]), ("logits", "dense", [(8, 3), (3,)])],
            {"block1"},
            "The convolution has 3 x 3 x 2 x 8 weights and 8 biases, the dense layer 8 x 3 weights and 3 "
            "biases.",
        ),
    ],
    praise="These are the numbers that Keras reports, and that decide how much can be learnt anew.",
    hints=[
        "One array of weights holds as many numbers as the product of the sides of its shape: np.prod(shape).",
        "Go through the layers and keep two sums. `name in frozen` decides to which of them a layer adds.",
        'Except for "batch_norm": of a layer that is not frozen, shapes[:2] add to the first sum and shapes[2:] to '
        "the second.",
    ],
)
