"""Take away what the map marks, and see what the network says; or give it nothing but that."""

from typing import NamedTuple

import numpy as np
from scipy import integrate, ndimage

from helpers import seeds


class Curves(NamedTuple):
    """What a network says while pixels go or come.

    shares : (steps + 1,) share of the pixels that are gone (or there). probability : (n, steps + 1) of the explained class.
    chance : (n, steps + 1), the same in the order of maps that were moved at random.
    """

    shares: np.ndarray
    probability: np.ndarray
    chance: np.ndarray

    @property
    def area(self):
        """Areas under the curves: (n,) of the map, (n,) by chance. Deletion: lower is better; insertion: higher."""
        return tuple(
            integrate.trapezoid(part, self.shares, axis=1) for part in (self.probability, self.chance)
        )


def deletion_curve(
    model, images, maps, class_index, *, replacement=None, steps=10, blur=0.1, draws=5, seed=7, batch_size=64
):
    """Replace pixels by those of another image, by default a blurred one, the highest of the map first.

    Parameters
    ----------
    model : keras.Model, images (n, h, w, 1) -> probabilities (n, k). images : (n, h, w) in [0, 1].
    maps : (n, h, w), at the images' size. class_index : int, or (n,) ints: the class whose probability is followed.
    replacement : (n, h, w) in [0, 1], what the pixels are replaced by; None: the image, blurred. It should be nothing to the
        network: see where the curve ends.
    steps : points of the curve besides the first. blur : SD of the blur, as a share of the image's height.
    draws : for the chance level, each map is rolled around the image's edges so often, by random amounts: as smooth and as
        extended as before, but elsewhere. 0: no chance level, NaN.

    Returns
    -------
    Curves.

    References
    ----------
    V. Petsiuk, A. Das, K. Saenko, RISE, BMVC 2018 (deletion and insertion).
    """
    return _curves(
        model, images, maps, class_index, replacement, steps, blur, draws, seed, batch_size, insert=False
    )


def insertion_curve(
    model, images, maps, class_index, *, replacement=None, steps=10, blur=0.1, draws=5, seed=7, batch_size=64
):
    """Begin with the other image, and put the image's own pixels back, the highest of the map first. As `deletion_curve`."""
    return _curves(
        model, images, maps, class_index, replacement, steps, blur, draws, seed, batch_size, insert=True
    )


def _curves(model, images, maps, class_index, replacement, steps, blur, draws, seed, batch_size, insert):
    images, maps = np.asarray(images, np.float32), np.asarray(maps, np.float64)
    if images.ndim != 3 or images.shape != maps.shape or not len(images):
        raise ValueError(
            f"expected images and maps of one shape (n, h, w), got {images.shape} and {maps.shape}"
        )
    if steps < 1 or draws < 0:
        raise ValueError(f"expected at least one step, and 0 draws or more; got {steps} and {draws}")
    classes = np.broadcast_to(np.asarray(class_index), len(images))
    if replacement is None:
        replacement = ndimage.gaussian_filter(images, (0, blur * images.shape[1], blur * images.shape[1]))
    other = np.asarray(replacement, np.float32)
    if other.shape != images.shape:
        raise ValueError(f"expected a replacement for each image, {images.shape}; got {other.shape}")
    first, second = (other, images) if insert else (images, other)
    rng = seeds.generator(seed, 3)
    shifts = rng.integers(1, np.array(maps.shape[1:])[:, None], (2, draws))
    orders = [maps, *(np.roll(maps, shift, axis=(1, 2)) for shift in shifts.T)]
    shares = np.linspace(0, 1, steps + 1)
    found = np.stack([_follow(model, first, second, order, classes, shares, batch_size) for order in orders])
    return Curves(shares, found[0], found[1:].mean(axis=0) if draws else np.full_like(found[0], np.nan))


def _follow(model, first, second, maps, classes, shares, batch_size):
    """Probabilities (n, steps + 1) while `first` becomes `second`, the maps' highest pixels first."""
    n, size = len(maps), maps[0].size
    rank = np.argsort(np.argsort(-maps.reshape(n, -1), axis=1, kind="stable"), axis=1).reshape(maps.shape)
    told = []
    for share in shares:
        shown = np.where(rank < round(share * size), second, first)[..., None]
        blocks = range(0, n, batch_size)  # not model.predict: each call of it costs more than a small network
        told.append(np.concatenate([model(shown[b : b + batch_size], training=False) for b in blocks]))
    return np.stack(told, axis=1)[np.arange(n), :, classes]
