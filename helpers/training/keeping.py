"""Train once: what came of a training stays in the course's cache, and a lesson that needs it again takes it from there."""

import os
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import results
from helpers.deep import keras
from helpers.training.digests import architecture, compiled, digest
from helpers.training.fitting import fit
from helpers.training.restarting import copy_state, state
from helpers.training.stepping import together

_twins = {}  # architecture -> a network that is trained in place of others like it: traced once, not once for each


def kept(model, train, validation, **options):
    """`fit`, or what the same `fit` gave before: train a network once, and take it from the cache from then on.

    The same is: the same network with the same start weights, the same images and labels in both parts, the same
    options, the same Keras and TensorFlow, and the same source code of the helpers that train. If any of these changes,
    the network is trained anew. Set the seed before the network is built (`seeds.set_seed`): it decides the start
    weights, and by them the training is known.

    Parameters
    ----------
    model, train, validation, **options : as in `fit`; what cannot be told (layers and functions of one's own) is refused.

    Returns
    -------
    pandas.DataFrame, the history as of `fit`. The model is left with the trained weights.

    Raises
    ------
    ValueError : as `fit`, and for what cannot be told.
    """
    parts = [
        list(map(np.asarray, part if isinstance(part, (tuple, list)) else (part.images, part.labels)))
        for part in (train, validation)
    ]
    kind, told = architecture(model), {name: options[name] for name in options if name != "progress"}

    def train_twin():
        if kind not in _twins:
            _twins[kind] = keras.models.clone_model(model)
        twin = _twins[kind]
        copy_state(model, twin)
        history = fit(twin, train, validation, **options)
        return _arrays(state(twin), history)

    known = digest("kept", kind, model.get_weights(), *parts, told)
    return pd.DataFrame(_taken(remembered(known, train_twin), state(model))).rename_axis("epoch")


def once(model, images, labels, **options):
    """`model.fit(images, labels, **options)`, or what the same call gave before.

    The same is: the same network, compiled in the same way, with the same weights and the same state of its optimizer, the
    same images, labels and options, and whatever else `kept` looks at. Set the seed before start weights are drawn, and
    before a network goes on: it decides the order of the images, too. What cannot be told (a layer or a loss of one's
    own) is trained each time. Many steps are taken at once (`together`).

    Parameters
    ----------
    model : keras.Model, compiled; changed in place, and its optimizer with it: a second call goes on.
    images : (n, ...) as the network takes them. labels : (n,) int.
    **options : of `keras.Model.fit`: numbers, names and arrays.

    Returns
    -------
    dict : name -> list of one number an epoch, as `model.fit(...).history`.

    Raises
    ------
    ValueError : a network that is not compiled.
    """
    if not model.compiled:
        raise ValueError("the network is not compiled: call its compile(...) first")
    model.optimizer.build(model.trainable_variables)
    variables = [*state(model), *model.optimizer.variables]

    def train():
        with together(model):
            return _arrays(variables, model.fit(images, labels, verbose=0, **options).history)

    before = [variable.numpy() for variable in variables]
    known = compiled(model, "once", before, [np.asarray(images), np.asarray(labels)], options)
    return {name: column.tolist() for name, column in _taken(remembered(known, train), variables).items()}


def remembered(known, train):
    """What `train()` gives, a dict of arrays, or gave before under the same name.

    Parameters
    ----------
    known : a name as of `digest`; None: nobody could know it again, and it is trained each time.
    train : function without arguments.
    """
    if known is None:
        return train()
    path = results.cache() / "trainings" / f"{known}.npz"
    if path.is_file():
        try:
            with np.load(path, allow_pickle=False) as file:
                return dict(file)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):  # damaged
            path.unlink()
    found = train()
    path.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        try:
            np.savez(Path(folder) / path.name, **found)
            os.replace(Path(folder) / path.name, path)  # in one step: no other process sees half of it
        except OSError as error:  # a full disk; the training is done all the same
            warnings.warn(f"what was trained is not kept in {path.parent}: {error.strerror}", stacklevel=3)
    return found


def _arrays(variables, history):
    """Values of variables, and columns of a history, as one dict of arrays."""
    values = {f"variable {number}": np.asarray(variable) for number, variable in enumerate(variables)}
    return values | {f"history {name}": np.asarray(history[name]) for name in history}


def _taken(found, variables):
    """Give variables the values of `_arrays`; returns the history, name -> one number an epoch."""
    for number, variable in enumerate(variables):
        variable.assign(found[f"variable {number}"])
    epochs = {name.removeprefix("history "): found[name] for name in found if name.startswith("history ")}
    return {name: pd.Series(column, range(1, len(column) + 1)) for name, column in epochs.items()}
