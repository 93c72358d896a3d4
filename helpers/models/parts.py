"""What all networks share: the head, the way to the logits, and a table of layers."""

import pandas as pd

from helpers.deep import keras


def head(x, n_classes):
    """Dense layer "logits" and softmax "probabilities" on features (n, d); float32 also in mixed precision."""
    logits = keras.layers.Dense(n_classes, dtype="float32", name="logits")(x)
    return keras.layers.Softmax(dtype="float32", name="probabilities")(logits)


def head_model(n_features, n_classes, *, dropout=0.2):
    """A head alone, to be trained on features (n, n_features): dropout, "logits", "probabilities".

    Returns
    -------
    keras.Model, features -> probabilities (n, n_classes).
    """
    features = keras.layers.Input((n_features,), name="features")
    x = keras.layers.Dropout(dropout, name="dropout")(features)
    return keras.Model(features, head(x, n_classes), name="head")


def logits(model):
    """The same network, without the softmax: a model that gives the logits (n, n_classes).

    It shares all weights with `model`, which is not changed.

    Raises
    ------
    ValueError : the model has no layer of name "logits".
    """
    names = [layer.name for layer in model.layers]
    if "logits" not in names:
        raise ValueError(f"model {model.name!r} has no layer 'logits'; it has {', '.join(names)}")
    return keras.Model(model.inputs, model.get_layer("logits").output, name=f"{model.name}_logits")


def layer_table(model):
    """One row per layer, in order: its name, kind, output shape without the batch, and parameters.

    Returns
    -------
    pandas.DataFrame, index "layer"; columns "kind", "output shape", "parameters".
    """
    rows = [
        (
            layer.name,
            type(layer).__name__,
            "x".join(str(side) for side in layer.output.shape[1:]),
            layer.count_params(),
        )
        for layer in model.layers
    ]
    return pd.DataFrame(rows, columns=["layer", "kind", "output shape", "parameters"]).set_index("layer")
