"""Features of a frozen backbone: computed once, kept on disk, and the head that is trained on them.

A frozen backbone gives the same features for an image in every epoch. Computing them anew each time is what makes
transfer learning slow on a laptop.
"""

import hashlib
import os
import tempfile
import weakref

import numpy as np

from helpers import models, results
from helpers.deep import keras

_pooled = weakref.WeakKeyDictionary()  # of each backbone in use, the same with pooling: compiled once


def features(trunk, images, *, batch_size=32, cached=True):
    """The feature map of a backbone, averaged over all places (global average pooling).

    Parameters
    ----------
    trunk : keras.Model, images -> feature map (n, h, w, d), as of `models.backbone`.
    images : (n, size, size) float in [0, 1].
    cached : look in the course's cache first, and leave the result there. The file's name is a checksum of the
        network, its weights and the images: whatever changes, the features are computed anew.

    Returns
    -------
    (n, d) float32.

    Raises
    ------
    ValueError : images of another size than the backbone's.
    """
    images = np.ascontiguousarray(images, np.float32)
    if images.shape[1:] != trunk.input_shape[1:3] or trunk.input_shape[3] != 1:
        raise ValueError(
            f"the images are {images.shape[1:]}, the backbone takes {trunk.input_shape[1:]}: load grey images at its size"
        )
    path = results.cache() / "features" / f"{_checksum(trunk, images)}.npy"
    if cached and path.is_file():
        try:
            return np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            path.unlink()  # cut off while it was written, perhaps: compute it again
    if trunk not in _pooled:
        _pooled[trunk] = keras.Model(trunk.input, keras.layers.GlobalAveragePooling2D()(trunk.output))
    found = _pooled[trunk].predict(images[..., None], batch_size=batch_size, verbose=0)
    if cached:
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            np.save(file, found, allow_pickle=False)
        os.replace(file.name, path)  # in one step: no other process sees half a file
    return found


def with_head(trunk, head):
    """The classifier from images to probabilities: a backbone, and a head that was trained on its features.

    Parameters
    ----------
    head : keras.Model of `models.head_model`.

    Returns
    -------
    keras.Model as of `models.classifier`, frozen, with the head's weights.
    """
    dense = head.get_layer("logits")
    model = models.classifier(trunk, dense.units, dropout=head.get_layer("dropout").rate)
    model.get_layer("logits").set_weights(dense.get_weights())
    return model


def _checksum(trunk, images):
    """What the features depend on, in 32 hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{trunk.name} {trunk.output_shape} {images.shape}".encode())
    for weight in trunk.weights:
        digest.update(f"{weight.path} {weight.shape}".encode())
        digest.update(np.ascontiguousarray(weight))
    digest.update(images)
    return digest.hexdigest()
