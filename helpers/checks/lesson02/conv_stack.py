"""Lesson 02, exercise 1: `conv_stack`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong
from helpers.checks.lesson02.shared import expect, pair


def stack(shape, layers, mistake=None):
    """Output shape and number of parameters, by the definition or with a typical mistake."""
    sides, channels, parameters = list(shape[:2]), shape[2], 0
    for kind, *options in layers:
        if kind == "pool":
            up = mistake == "pool up"
            sides = [-(-side // options[0]) if up else side // options[0] for side in sides]
            parameters += options[0] ** 2 * channels * (mistake == "pool counted")
            continue
        filters, kernel, stride, padding = options
        padding = {"all same": "same", "all valid": "valid"}.get(mistake, padding)
        step = 1 if mistake == "stride" else stride
        if padding == "same":
            sides = [side // step if mistake == "same down" else -(-side // step) for side in sides]
        else:
            sides = [(side - kernel) // step + 1 for side in sides]
        inputs = {"no inputs": 1, "first channels": shape[2]}.get(mistake, channels)
        weights = (kernel if mistake == "side" else kernel**2) * inputs * filters
        parameters += weights + {"no biases": 0, "one bias": 1}.get(mistake, filters)
        channels = filters
    return (*sides, channels), parameters


_SHAPES = {
    "stride": 'The stride is ignored: a stride of 2 about halves height and width, with "same" too.',
    "all same": '"valid" is treated as "same". Without padding it is floor((h - kernel) / stride) + 1.',
    "all valid": '"same" is treated as "valid". With padding only the stride counts: ceil(h / stride).',
    "pool up": "Pooling rounds down: rows and columns that do not fill a window are dropped.",
    "same down": '"same" rounds up, ceil(h / stride): the padding lets the last window fit.',
}
_PARAMETERS = {
    "no biases": "The biases are missing: every filter has one.",
    "one bias": "Every filter has a bias of its own, not every layer.",
    "no inputs": "A filter has kernel x kernel weights for each of its input channels. Multiply by their number.",
    "first channels": "A layer's input channels are the filters of the convolution before it.",
    "pool counted": "Pooling learns nothing: it has no parameters.",
    "side": "A kernel of size 3 has 3 x 3 weights for each input channel, not 3.",
}


def _judge(call, shape, layers, because):
    size, parameters = pair(call(shape, layers), "(height, width, channels), parameters")
    if np.shape(size) != (3,) or np.ndim(parameters):
        raise Wrong(
            "Return the output shape first, (height, width, channels), then one number of parameters."
        )
    (height, width, channels), count = stack(shape, layers)
    mistakes = [(stack(shape, layers, key)[0], text) for key, text in _SHAPES.items()] + [
        ((width, height, channels), "Height and width are swapped: the height comes first."),
        ((channels, height, width), "The channels come last: (height, width, channels)."),
    ]
    expect(size, (height, width, channels), mistakes, (shape, layers), f"Compare the shapes. {because}")
    mistakes = [(stack(shape, layers, key)[1], text) for key, text in _PARAMETERS.items()]
    expect(parameters, count, mistakes, (shape, layers), f"Count the parameters. {because}")


conv_stack = Check(
    _judge,
    cases=[
        ((5, 8, 2), [("conv", 4, 3, 1, "valid")], "A 3 x 3 kernel fits 3 times into 5 rows, and 6 times into 8."),
        ((9, 12, 2), [("conv", 5, 3, 2, "same")], "With padding and stride 2, sizes are halved and rounded up."),
        ((9, 12, 2), [("conv", 5, 4, 2, "valid")], "Without padding, round down."),
        ((7, 11, 3), [("pool", 3)], "Pooling rounds down, keeps the channels, and has no parameters."),
        ((28, 37, 2), [("conv", 8, 3, 1, "same"), ("pool", 2), ("conv", 16, 3, 1, "valid"), ("pool", 2)], "The output of one layer is the input of the next."),
    ],
    praise="Shapes and parameters are those that Keras reports.",
    hints=[
        "Go through the layers one by one. Keep height, width, channels and the parameters so far.",
        '(n - kernel) // stride + 1 for "valid", -(-n // stride) for "same" (rounds up), n // size for pooling.',
        "A convolution has kernel * kernel * channels * filters weights and filters biases; then channels = filters.",
    ],
)  # fmt: skip
