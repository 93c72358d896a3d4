"""Subclassed models: nothing is known of them but what is seen when they run."""

import numpy as np

from helpers.deep import keras, tf
from helpers.gradcam.activations import compared
from helpers.gradcam.answer import Answer, judged
from helpers.gradcam.capture import Spot, recording
from helpers.gradcam.steps import probes


def image_shape(model):
    """(H, W, channels) with which a subclassed model was built.

    Raises
    ------
    ValueError : it was not.
    """
    if getattr(model, "inputs", None):
        return tuple(model.inputs[0].shape[1:])
    shape = (getattr(model, "_build_shapes_dict", None) or {}).get("input_shape")
    if not model.built or not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"model {model.name!r} is not built yet: call it once on images, model(images[:1]), before explaining it"
        )
    return tuple(shape[1:])


def leaves(model):
    """The layers of a model that are no models."""
    inside = model._flatten_layers(include_self=False)
    return [layer for layer in inside if not isinstance(layer, (keras.Model, keras.layers.InputLayer))]


def seen(model, shape):
    """What layers give when the model runs: {spot: shape}, in order; and the shape of the output."""
    with recording([Spot(layer, call) for layer in leaves(model) for call in (0, 1)]) as found:
        run = tf.function(lambda x: model(x, training=False), autograph=False)
        output = run.get_concrete_function(tf.TensorSpec((None, *shape), tf.float32)).structured_outputs
        return {spot: tuple(x.shape) for spot, x in found.items()}, keras.tree.flatten(output)


def answer(model, shape, output):
    """The logits of a subclassed model: its output where that has no bounds; else what enters its softmax or sigmoid.

    That is found by comparing what its layers give with its output, on random images.
    """
    weak, strong = (
        keras.tree.flatten(model(probes((None, *shape), 8, scale), training=False)) for scale in (1, 100)
    )
    logits, shift = judged(weak[output], strong[output])
    if logits:
        return Answer(None)
    parts = [(layer, "call") for layer in leaves(model)]
    parts += [
        (layer, "activation") for layer in leaves(model) if callable(getattr(layer, "activation", None))
    ]
    x = np.concatenate([probes((None, *shape), 16, scale) for scale in (0.3, 1, 10, 100)])
    with recording([Spot(layer, part=part) for layer, part in parts]) as found:
        answers = np.asarray(keras.tree.flatten(model(x, training=False))[output])
    for spot, z in list(found.items())[::-1]:
        known = compared(z, answers, answers.shape)
        if known is not None:
            return Answer(spot, scale=known[1], shift=known[2])
    return Answer(None, shift=shift, logits=False)
