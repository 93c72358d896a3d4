"""Keep trained networks in the course's cache: a lesson that needs one does not train it again."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import helpers
from helpers import results
from helpers.deep import keras
from helpers.training.fitting import fit
from helpers.training.restarting import copy_state

_twins = {}  # architecture -> a network that is trained in place of others like it: traced once, not once for each


def kept(model, train, validation, **options):
    """`fit`, or what the same `fit` gave before: train a network once, and take it from the cache from then on.

    The same is: the same network with the same start weights, the same images and labels in both parts, the same
    options, the same Keras, and the same source code of `helpers.models` and `helpers.training`. If any of these
    changes, the network is trained anew. Set the seed before the network is built (`seeds.set_seed`): it decides the
    start weights, and by them the training is known.

    Parameters
    ----------
    model, train, validation, **options : as in `fit`; what cannot be written down (functions without a name that Keras
        knows) is refused.

    Returns
    -------
    pandas.DataFrame, the history as of `fit`. The model is left with the trained weights.

    Raises
    ------
    ValueError : as `fit`, and for an option whose content cannot be told.
    """
    path = results.cache() / "models" / f"{_digest(model, train, validation, options)}.weights.h5"
    table = path.with_name(path.name.replace(".weights.h5", ".csv"))
    if path.is_file() and table.is_file():
        try:
            history = pd.read_csv(table, index_col=0)
            model.load_weights(path)
            return history
        except (OSError, ValueError, KeyError):  # damaged
            path.unlink()
    architecture = _architecture(model)
    if architecture not in _twins:
        _twins[architecture] = keras.models.clone_model(model)
    twin = _twins[architecture]
    copy_state(model, twin)
    history = fit(twin, train, validation, **options)
    copy_state(twin, model)
    path.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        weights, text = Path(folder) / path.name, Path(folder) / table.name
        model.save_weights(weights)
        history.to_csv(text)
        os.replace(text, table)
        os.replace(weights, path)  # last, and in one step: no other process sees half of it
    return history


def _digest(model, train, validation, options):
    """A name for everything that a training depends on."""
    digest = hashlib.blake2b(f"keras {keras.__version__}".encode(), digest_size=16)
    for package in ("models", "training"):
        for source in sorted((Path(helpers.__file__).parent / package).glob("*.py")):
            digest.update(source.read_bytes())
    digest.update(_architecture(model).encode())
    for weights in model.get_weights():
        _add(digest, weights)
    for part in (train, validation):
        for array in part if isinstance(part, (tuple, list)) else (part.images, part.labels):
            _add(digest, np.asarray(array))
    for name, value in sorted(options.items()):
        if name != "progress":
            digest.update(name.encode())
            _add(digest, value)
    return digest.hexdigest()


def _architecture(model):
    """The network as JSON. Layers are numbered: names that Keras makes up count on from network to network."""
    text = model.to_json()
    for number, layer in enumerate(model._flatten_layers()):
        text = text.replace(json.dumps(layer.name), f'"layer {number}"')
    return text


def _add(digest, value):
    if isinstance(value, (dict, pd.Series)):  # class weights by class
        value = {str(key): float(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        digest.update(f"{value.shape} {value.dtype}".encode())
        digest.update(np.ascontiguousarray(value))
        return
    try:
        digest.update(json.dumps(keras.saving.serialize_keras_object(value), sort_keys=True).encode())
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"cannot tell what {value!r} is, to know it again: {error}") from None
