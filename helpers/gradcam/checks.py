"""What is given to Grad-CAM: checked once, in words."""

import numpy as np

from helpers.deep import keras
from helpers.gradcam import opaque
from helpers.gradcam.arrays import real_numbers
from helpers.gradcam.graph import is_graph, operations


def input_shape(model):
    """(H, W, channels) that a model takes, None where a side is open.

    Raises
    ------
    ValueError : no model, one that is not built, one with several inputs, or with channels before the places.
    """
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"expected a built keras.Model from images to class scores, got {type(model).__name__}"
        )
    first = next((one for one in operations(model) if _channels_first(one)), None)
    if first is not None:
        raise ValueError(
            f"layer {first.name!r} takes channels before the places (data_format='channels_first'), and Grad-CAM here reads "
            "(n, h, w, channels): rebuild the model with data_format='channels_last'; kernels stay as they are"
        )
    if not is_graph(model):
        if isinstance(model, keras.Sequential):
            raise ValueError(
                f"model {model.name!r} is not built yet: start it with keras.layers.Input((H, W, channels)), or call "
                "model.build((None, H, W, channels)), and train it before explaining it"
            )
        return opaque.image_shape(model)
    inputs = keras.tree.flatten(model.inputs)
    if len(inputs) != 1:
        names = ", ".join(one.name for one in inputs)
        raise ValueError(
            f"expected a model with one input, images; {model.name!r} has {len(inputs)}: {names}"
        )
    return tuple(inputs[0].shape[1:])


def checked_images(model, images):
    """(n, H, W, channels) float32, or (n, D, H, W, channels), as the model takes them."""
    wanted = input_shape(model)
    if len(wanted) not in (2, 3, 4):
        raise ValueError(
            f"expected a model of images (n, H, W, channels) or volumes, this one takes (n, {_told(wanted)})"
        )
    images = real_numbers(images, f"images (n, {_told(wanted)})")
    if images.ndim == len(wanted):
        images = images[..., None]
    elif images.ndim == len(wanted) + 2 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != len(wanted) + 1 or not len(images):
        raise ValueError(f"expected images (n, {_told(wanted)}) with n >= 1, got shape {images.shape}")
    if any(want is not None and side != want for side, want in zip(images.shape[1:], wanted, strict=True)):
        raise ValueError(
            f"the images are {images.shape[1:]}, the model takes {wanted}: load them at its size"
        )
    broken = ~np.isfinite(images).all(axis=tuple(range(1, images.ndim)))
    if broken.any():
        raise ValueError(
            f"{broken.sum()} of {len(images)} images hold NaN or infinite pixels, first image {broken.argmax()}"
        )
    return images


def checked_batch_size(batch_size):
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number of at least 1, not {batch_size!r}")
    return int(batch_size)


def checked_grid(grid):
    """Rows and columns as a tuple, or None."""
    if grid is None:
        return None
    numbers = np.asarray(grid)
    if numbers.dtype.kind not in "iu" or numbers.shape not in ((2,), (3,)) or numbers.min() < 1:
        raise ValueError(f"expected grid=(rows, columns), or (slices, rows, columns), got {grid!r}")
    return tuple(numbers.tolist())


def _channels_first(operation):
    return getattr(operation, "data_format", None) == "channels_first"


def _told(shape):
    return ", ".join(map(str, shape))
