"""Lesson 03, exercise 2: `trainable_parameters`."""

from math import prod

import numpy as np

from helpers.checks.feedback import Check, Wrong
from helpers.checks.lesson03.shared import expect, parts_of


def _counted(layers, frozen, mistake=None):
    """(trainable, not trainable) parameters, by the definition or with a typical mistake."""
    trainable = fixed = 0
    is_frozen = {
        "frozen ignored": lambda name: False,
        "starts alike": lambda name: any(name.startswith(other) for other in frozen),
        "contained": lambda name: any(other in name for other in frozen),
        "contains": lambda name: any(name in other for other in frozen),
        "inverted": lambda name: name not in frozen,
    }.get(mistake, lambda name: name in frozen)
    for name, kind, shapes in layers:
        norm = kind == "batch_norm"
        if mistake == "no biases" and not norm or mistake == "first only":
            shapes = shapes[:1]
        if mistake == "no vectors":
            shapes = [shape for shape in shapes if len(shape) > 1]
        sizes = [sum(shape) if mistake == "sum" else prod(shape) for shape in shapes]
        if mistake == "arrays":
            sizes = [1] * len(shapes)
        moving = 0 if not norm or mistake == "moving trained" else sum(sizes[2:])
        own, stays = sum(sizes) - moving, is_frozen(name)
        if norm and mistake in ("norm fixed", "norm trained"):
            stays = mistake == "norm fixed"
        if stays:
            fixed += own
        else:
            trainable += own
        lost = mistake == "moving lost" or (mistake == "moving lost unless frozen" and not stays)
        fixed += 0 if lost else moving
    return trainable, fixed


_COUNT_MISTAKES = {
    "moving "
    "trained": "Moving mean and moving variance are counted as trainable. They follow the data, no gradient "
    "changes them: the last two shapes of a batch normalisation are never trained.",
    "frozen ignored": "`frozen` is ignored: none of the parameters of a layer that it names is trained.",
    "inverted": "`frozen` names the layers that are not trained; you train these, and no others.",
    ""
    "norm "
    "fixed": "Of a batch normalisation that is not frozen, gamma and beta are trained; only its moving mean "
    "and variance are not.",
    "norm "
    "trained": "A batch normalisation can be frozen too: then its gamma and beta are not trained either.",
    "moving lost": "Moving mean and moving variance are missing: they are parameters that are not trained.",
    "moving lost "
    "unless frozen": "Moving mean and moving variance of the layers that are not frozen are missing: they "
    "are parameters that are not trained.",
    "no biases": "The biases are missing: count all of a layer's shapes, not only the first.",
    "first only": "Count all of a layer's shapes, not only the first: biases are parameters too.",
    "no vectors": "The shapes with one side are missing: biases, and the weights of batch normalisation, are "
    "parameters too.",
    "sum": "A shape (3, 3, 8, 16) holds 3 x 3 x 8 x 16 numbers: take the product of the sides, not their "
    "sum.",
    "arrays": "Count the numbers in each array of weights, not the arrays: the product of the sides of its "
    "shape.",
    "starts alike": "Compare whole names: a frozen block1 says nothing about block10.",
    "contained": "Compare whole names: a frozen block1 says nothing about block10.",
    "contains": "Compare whole names: a frozen block10 says nothing about block1.",
}


def _judge_count(call, layers, frozen, because):
    pair = parts_of(call(layers, frozen), ("trainable", "not_trainable"))
    expected = trainable, fixed = _counted(layers, frozen)
    total = trainable + fixed
    if np.ndim(pair[0]) or np.ndim(pair[1]):
        raise Wrong("Return two single numbers: sums over all layers.")
    mistakes = [
        ((fixed, trainable), "Swapped: return the trainable parameters first."),
        ((trainable, total), "The second number is that of the parameters that are not trained, not of all."),
        ((total, fixed), "The first number is that of the trainable parameters, not of all."),
        ((total, trainable), "Return the trainable parameters, then those that are not trained."),
    ]
    mistakes += [(_counted(layers, frozen, key), text) for key, text in _COUNT_MISTAKES.items()]
    expect(pair, expected, mistakes, (layers, frozen), because)


_NETWORK = [
    ("block1", "conv", [(3, 3, 1, 8), (8,)]),
    ("norm1", "batch_norm", [(8,)] * 4),
    ("block10", "conv", [(3, 3, 8, 12)]),
    ("norm10", "batch_norm", [(12,)] * 4),
    ("logits", "dense", [(12, 5), (5,)]),
]


trainable_parameters = Check(
    _judge_count,
    cases=[
        (
            _NETWORK,
            ["block1", "norm1"],
            "A frozen batch normalisation trains nothing; norm10 is not frozen and trains gamma and beta.",
        ),
        (_NETWORK[:2], set(), "Nothing is frozen, and yet a moving mean and variance are not trained."),
        (_NETWORK, {"block10", "norm10"}, "Go through the layers one by one, and compare whole names."),
        (_NETWORK, {"block1", "norm10"}, "Go through the layers one by one, and compare whole names."),
        (
            [("block1", "conv", [(3, 3, 2, 8), (8,)]), ("logits", "dense", [(8, 3), (3,)])],
            {"block1"},
            "The convolution has 3 x 3 x 2 x 8 weights and 8 biases, the dense layer 8 x 3 weights and 3 "
            "biases.",
        ),
    ],
    praise="These are the numbers that Keras reports, and that decide how much can be learnt anew.",
    hints=[
        "One array of weights holds as many numbers as the product of the sides of its shape: "
        "np.prod(shape).",
        "Go through the layers and keep two sums. `name in frozen` decides to which of them a layer adds.",
        'Except for "batch_norm": of a layer that is not frozen, shapes[:2] add to the first sum and '
        "shapes[2:] to the second.",
    ],
)
