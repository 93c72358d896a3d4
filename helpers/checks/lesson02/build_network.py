"""Lesson 02, exercise 2: `build_network`, judged by its layer table: plain values that a locked cell makes of the model."""

from helpers.checks.feedback import Check, Wrong
from helpers.checks.lesson02.conv_stack import stack
from helpers.checks.lesson02.shared import pair

LOSS = "sparse_categorical_crossentropy"
_COLUMNS = ("kind", "output shape", "number of parameters", "activation")
_REASONS = {
    "kind": "Look at the list of layers: two convolutions and one max pooling for each number of filters, then global "
    "average pooling and one dense layer.",
    "output shape": 'Only the very first convolution has strides=2; all have padding="same". Filters are 8, 8, 16, 16, 32, 32; the '
    "dense layer has n_classes outputs, and the pictures `size` pixels a side.",
    "number of parameters": "Kernels are 3x3, with biases; pictures have one channel, (size, size, 1), and each "
    "convolution is called on what the layer before it puts out.",
    "activation": 'Convolutions have activation="relu"; the last layer has "softmax", or it does not give probabilities.',
}


def expected_rows(size, n_classes):
    """The layer table of the network that is asked for, by the rules of exercise 1."""
    shape, rows = (size, size, 1), []
    for filters in (8, 16, 32):
        for number in (1, 2):
            stride = 2 if filters == 8 and number == 1 else 1
            shape, parameters = stack(shape, [("conv", filters, 3, stride, "same")])
            rows.append(("Conv2D", shape, parameters, "relu"))
        shape, _ = stack(shape, [("pool", 2)])
        rows.append(("MaxPooling2D", shape, 0, ""))
    rows.append(("GlobalAveragePooling2D", (32,), 0, ""))
    return [*rows, ("Dense", (n_classes,), 33 * n_classes, "softmax")]


def _judge(call, size, n_classes, because):
    table, loss = pair(call(size, n_classes), "model")
    expected = expected_rows(size, n_classes)
    if not isinstance(table, (list, tuple)) or not all(
        isinstance(row, tuple) and len(row) == 4 for row in table
    ):
        raise Wrong("There is no layer table. Leave the cell that makes it as it is, and run it again.")
    for number, (row, wanted) in enumerate(zip(table, expected), start=1):
        for column, found, right in zip(_COLUMNS, row, wanted):
            if found != right:
                raise Wrong(
                    f"For build_network({size}, {n_classes}), layer {number} is {wanted[0]}, its {column} should be "
                    f"{right or 'none'}, but is {found or 'none'}. {_REASONS[column]}"
                )
    if len(table) != len(expected):
        raise Wrong(
            f"The network should have {len(expected)} layers besides the input, but has {len(table)}."
        )
    if loss != LOSS:
        told = "is not compiled" if loss == "None" else f"has the loss {str(loss)[:60]!r}"
        raise Wrong(
            f"The layers are right, but the network {told}: labels are whole numbers, which takes {LOSS!r}."
        )


build_network = Check(
    _judge,
    cases=[(96, 4, ""), (61, 3, "")],
    praise="Layers, shapes and parameters are those that were asked for, and the network is ready to be trained.",
    hints=[
        "Begin with x = inputs = layers.Input((size, size, 1)). Each line then makes a layer and calls it: "
        'x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x).',
        "for filters in (8, 16, 32): two convolutions and layers.MaxPooling2D()(x). strides is 2 only for the first "
        "convolution of all.",
        'After the loop: x = layers.GlobalAveragePooling2D()(x), then layers.Dense(n_classes, activation="softmax")(x).',
        "model = keras.Model(inputs, x); model.compile(keras.optimizers.Adam(0.003), "
        f'"{LOSS}", metrics=["accuracy"]); return model.',
    ],
)  # fmt: skip
