"""Subclassed models, tried out: change what a layer gives, and see what becomes of the answer."""

import contextlib
import itertools

import numpy as np

from helpers.deep import keras, tf
from helpers.gradcam.capture import recording, replaced
from helpers.gradcam.steps import probes


def run(model, images, output, look=None, spot=None, change=None):
    """What a model makes of images, its output or what is at the spot `look`; float32, None where it cannot run.

    spot : where something is changed: its part "call" or "activation", or "input", what enters a layer first.
    change : a function of what stands there.
    """
    with contextlib.ExitStack() as stack:
        if spot is not None:
            part = "activation" if spot.part == "activation" else "call"
            wrapped = _changing(getattr(spot.operation, part), spot, change)
            stack.enter_context(replaced(spot.operation, part, wrapped))
        seen = stack.enter_context(recording([look] if look else []))
        try:
            outputs = outputs_of(model, images)
        except Exception:  # of many kinds: random numbers are no sensible input of every layer
            return None
        return np.asarray(tf.cast(seen[look] if look else outputs[output], tf.float32))


def outputs_of(model, images):
    """The outputs of a model in one list, whatever their structure."""
    return keras.tree.flatten(model(images, training=False))


def run_from(model, shape, output, look, spot, change, n):
    """The same from a spot on, (n, ...): one and the same random image, and a change that gives n different values.

    One image will do where the model does not ask for as many images as values.
    """
    image = probes((None, *shape), n=1)
    for repeats in (1, n):
        made = run(model, np.repeat(image, repeats, axis=0), output, look, spot, change)
        if made is not None and len(made) == n:
            return made
    return None


def _changing(function, spot, change):
    """A layer's call, or its activation, that is given something else or gives something else."""
    calls = itertools.count()

    def changed(x):
        return tf.cast(change(x), x.dtype)

    def wrapped(x, *arguments, **options):
        if next(calls) != spot.call:
            return function(x, *arguments, **options)
        if spot.part == "call":
            return changed(function(x, *arguments, **options))
        return function(changed(x), *arguments, **options)

    return wrapped
