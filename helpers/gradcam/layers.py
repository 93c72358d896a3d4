"""Find the layer to explain: by name at any depth, or the last one that still has places."""

import difflib
import math
from typing import NamedTuple

import tensorflow as tf

from helpers.deep import keras


class Candidate(NamedTuple):
    """A layer with places. path : names from the outside in, "outer/inner". grid : (h, w)."""

    path: str
    layer: keras.Layer
    grid: tuple


def candidates(model):
    """All layers of a model, nested ones included, whose output has more than one place; in order.

    Returns
    -------
    list of Candidate.
    """
    found = []
    for path, layer in in_order(model):
        places = _places(layer)
        if places:
            found.append(Candidate(path, layer, places))
    return found


def default_layer(model):
    """The last layer with places through which the answer still flows.

    A transformer that answers from its class token reads the other tokens for the last time in its last attention:
    behind it their gradient is zero. There, what enters the last attention is taken.

    Raises
    ------
    ValueError : no layer has places.
    """
    found = candidates(model)
    if not found:
        raise ValueError(
            f"model {model.name!r} has no layer with a spatial or token grid (n, h, w, channels) or (n, tokens, width): "
            "there is nothing to draw a map of"
        )
    if len(found[-1].layer.output.shape) == 3 and has_class_token(found[-1].layer):
        order = [layer for _, layer in in_order(model)]
        attention = [layer for layer in order if isinstance(layer, keras.layers.MultiHeadAttention)]
        if attention:
            before = [one for one in found if order.index(one.layer) < order.index(attention[-1])]
            if before:
                return before[-1]
    return found[-1]


def find(model, layer):
    """The candidate of a name, of a path "outer/inner", or of a layer object.

    Raises
    ------
    ValueError : no such layer, several of that name, or one without places; the message lists candidates.
    """
    known = candidates(model)
    if isinstance(layer, keras.Layer):
        fits = [one for one in known if one.layer is layer]
    else:
        fits = [one for one in known if one.path == layer] or [
            one for one in known if one.path.split("/")[-1] == layer
        ]
    if len(fits) == 1:
        return fits[0]
    name = layer.name if isinstance(layer, keras.Layer) else layer
    paths = [one.path for one in known]
    if fits:
        raise ValueError(
            f"several layers are called {name!r}: {', '.join(one.path for one in fits)}. Give the whole path."
        )
    alike = difflib.get_close_matches(str(name), [path.split("/")[-1] for path in paths], n=3)
    close = [path for path in paths if path.split("/")[-1] in alike]
    there = any(path == name or path.split("/")[-1] == name for path, _ in in_order(model))
    raise ValueError(
        f"layer {name!r} of model {model.name!r} "
        + ("has no spatial or token grid" if there else "does not exist")
        + f". Candidates: {', '.join(dict.fromkeys(close + paths[-5:]))}"
        + (f", and {len(paths) - 5} before" if len(paths) > 5 else "")
    )


def has_class_token(layer):
    """Whether an output of tokens (n, t, k) has one token more than a square grid."""
    tokens = layer.output.shape[1]
    return math.isqrt(tokens) ** 2 != tokens and math.isqrt(tokens - 1) ** 2 == tokens - 1


def grid(x):
    """Feature map (n, h, w, k), or tokens (n, h * w (+ 1), k) without their class token as (n, h, w, k)."""
    if len(x.shape) == 4:
        return x
    side = math.isqrt(x.shape[1])
    if side**2 != x.shape[1]:
        x = x[:, 1:]
    return tf.reshape(x, (-1, side, side, x.shape[-1]))


def in_order(model, prefix=""):
    """(path, layer) of all layers that are no models, from the input to the output."""
    for layer in model.layers:
        path = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from in_order(layer, f"{path}/")
        else:
            yield path, layer


def _places(layer):
    """(h, w) of a layer's output, or None where it has no grid of more than one place."""
    try:
        output = layer.output
    except (AttributeError, ValueError):  # never called, or called several times
        return None
    shape = getattr(output, "shape", ())
    if isinstance(layer, keras.layers.InputLayer):
        return None
    if len(shape) == 4 and None not in shape[1:3]:
        return tuple(shape[1:3]) if shape[1] * shape[2] > 1 else None
    if len(shape) == 3 and shape[1] and shape[1] > 3:
        side = math.isqrt(shape[1])
        return (side, side) if side**2 in (shape[1], shape[1] - 1) else None
    return None
