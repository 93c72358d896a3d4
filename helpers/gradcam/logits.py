"""Look into a model while it is traced, and leave it as it was."""

import contextlib

import tensorflow as tf

from helpers.deep import keras


@contextlib.contextmanager
def intercepting(layer, tape):
    """While open, every output of `layer` is watched by `tape` and appended to the list that is yielded."""
    seen, call = [], layer.call

    def watched(*arguments, **options):
        output = tf.convert_to_tensor(call(*arguments, **options))
        tape.watch(output)
        seen.append(output)
        return output

    with _replaced(layer, "call", watched):
        yield seen


@contextlib.contextmanager
def exposing_logits(model):
    """While open, `model` gives logits where it ends in softmax or sigmoid."""
    last = output_layer(model)
    if isinstance(last, keras.layers.Softmax):
        name, value = "call", lambda inputs, *arguments, **options: inputs
    elif getattr(last, "activation", None) in (keras.activations.softmax, keras.activations.sigmoid):
        name, value = "activation", keras.activations.linear
    else:
        yield
        return
    with _replaced(last, name, value):
        yield


def output_layer(model):
    """The layer that gives the model's output, from within nested models."""
    layer = (
        model.layers[-1] if isinstance(model, keras.Sequential) else model.outputs[0]._keras_history.operation
    )
    return output_layer(layer) if isinstance(layer, keras.Model) else layer


@contextlib.contextmanager
def _replaced(layer, name, value):
    """Hide an attribute of one layer, past Keras's own bookkeeping of attributes."""
    missing = object()
    before = layer.__dict__.get(name, missing)
    layer.__dict__[name] = value
    try:
        yield
    finally:
        if before is missing:
            del layer.__dict__[name]
        else:
            layer.__dict__[name] = before
