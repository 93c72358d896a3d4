"""By what a training is known again: a digest of all that it depends on."""

import hashlib
import json
from pathlib import Path
from types import FunctionType

import numpy as np
import pandas as pd

import helpers
from helpers.deep import keras, tf

# Files of helpers: if their code changes, every training is another.
SOURCES = ("imbalance/*.py", "models/*.py", "training/*.py", "cross_validation.py", "seeds.py")
KNOWN = ("keras.", "helpers.")  # modules


def digest(*parts):
    """A name for a training, from arrays, numbers, texts, lists and dicts of them, and whatever Keras can write down.

    The versions of Keras and TensorFlow and the source code of the helpers that train (`SOURCES`) belong to it.

    Raises
    ------
    ValueError : something whose content cannot be told, such as a function of one's own.
    """
    found = hashlib.blake2b(f"keras {keras.__version__} {tf.__version__}".encode(), digest_size=16)
    for pattern in SOURCES:
        for source in sorted(Path(helpers.__file__).parent.glob(pattern)):
            found.update(source.read_bytes())
    _add(found, parts)
    return found.hexdigest()


def architecture(model):
    """The network as JSON, compiled or not. Layers are numbered: names that Keras makes up count on from network to network.

    Raises
    ------
    ValueError : a layer of one's own, whose code JSON does not tell.
    """
    uncompiled = json.loads(
        model.to_json(), object_hook=lambda one: {name: one[name] for name in one if name != "compile_config"}
    )
    text = json.dumps(uncompiled)
    for number, layer in enumerate(model._flatten_layers()):
        _must_be_known(layer)
        text = text.replace(json.dumps(layer.name), f'"layer {number}"')
    return text


def compiled(model, *parts):
    """`digest` of a compiled network and of further parts; None where something is of one's own, so that nobody could know
    the training again."""
    told = model.get_compile_config()
    del told["optimizer"]["config"]["name"]  # Keras counts them: adam, adam_1 ...
    try:
        for thing in (model.optimizer, model.loss):
            if not isinstance(thing, str):
                _must_be_known(thing)
        for metric in told["metrics"] or ():
            if isinstance(metric, dict) and not str(metric["module"]).startswith(KNOWN):
                raise ValueError(f"cannot tell what {metric} does, to know it again")
        return digest(architecture(model), told, *parts)
    except ValueError:
        return None


def _add(found, value):
    if isinstance(value, (dict, pd.Series)):
        for key, one in sorted((str(key), one) for key, one in value.items()):
            found.update(f"{key}: ".encode())
            _add(found, one)
    elif isinstance(value, (list, tuple)):
        found.update(f"{len(value)} of ".encode())
        for one in value:
            _add(found, one)
    elif isinstance(value, np.ndarray):
        found.update(f"{value.shape} {value.dtype}".encode())
        found.update(np.ascontiguousarray(value))
    elif value is None or isinstance(value, (str, int, float, np.generic)):
        number = not isinstance(value, str) and value is not None
        found.update(f"{float(value) if number else value!r};".encode())
    else:
        _must_be_known(value)
        try:
            found.update(json.dumps(keras.saving.serialize_keras_object(value), sort_keys=True).encode())
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"cannot tell what {value!r} is, to know it again: {error}") from None


def _must_be_known(thing):
    """Layers, losses and optimizers of Keras and of the course are known by their names and numbers; others are code."""
    named = thing if isinstance(thing, FunctionType) else type(thing)
    if not named.__module__.startswith(KNOWN):
        raise ValueError(f"cannot tell what {thing!r} does, to know it again")
