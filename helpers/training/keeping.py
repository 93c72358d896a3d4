"""Keep trained networks in the course's cache: a lesson that needs one does not train it again."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import results
from helpers.deep import keras


def kept(name, depends_on, make):
    """A trained network and its history: from the cache, or trained now and left there.

    Parameters
    ----------
    name : of the network, for the file's name.
    depends_on : dict of all that the result depends on: numbers, texts, lists of them, and arrays (images, labels), which
        count by their content. Whatever changes, the network is trained anew.
    make : function without arguments -> (keras.Model, history as of `fit`).

    Returns
    -------
    (keras.Model, pandas.DataFrame); the model is not compiled.
    """
    path = results.cache() / "models" / f"{name}-{_digest(depends_on)}.keras"
    table = path.with_suffix(".csv")
    if path.is_file() and table.is_file():
        try:
            return keras.models.load_model(path, compile=False), pd.read_csv(table, index_col=0)
        except (OSError, ValueError, TypeError):  # damaged, or written by another version of Keras
            path.unlink()
    model, history = make()
    path.parent.mkdir(exist_ok=True)
    history.to_csv(table)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / "model.keras"
        model.save(whole)
        os.replace(whole, path)  # in one step: no other process sees half a file
    return model, history


def _digest(depends_on):
    digest = hashlib.blake2b(f"keras {keras.__version__}".encode(), digest_size=10)
    for name, value in sorted(depends_on.items()):
        if isinstance(value, np.ndarray):
            digest.update(f"{name} {value.shape} {value.dtype}".encode())
            digest.update(np.ascontiguousarray(value))
        else:
            digest.update(f"{name} {json.dumps(value, sort_keys=True)}".encode())
    return digest.hexdigest()
