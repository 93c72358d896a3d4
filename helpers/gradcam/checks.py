"""What is given to Grad-CAM: checked once, in words."""

import numpy as np

from helpers.deep import keras
from helpers.gradcam import opaque
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
    images = np.asarray(images, np.float32)
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


def checked_classes(class_index, n, shape):
    """(n,) int32; -1 stands for the predicted class. shape : of the class scores, (n, k) or (n, h, w, k)."""
    if class_index is None:
        if is_segmentation(shape):
            raise ValueError(f"the model gives scores of every place, {shape}: give class_index")
        return np.full(n, -1, np.int32)
    classes, known = np.asarray(class_index), max(2, shape[-1] if len(shape) > 1 else 1)
    if classes.dtype.kind not in "iu" or classes.shape not in ((), (n,)):
        raise ValueError(f"class_index must be None, one whole number, or {n} of them; got {class_index!r}")
    if classes.min() < 0 or classes.max() >= known:
        raise ValueError(
            f"class_index goes from {classes.min()} to {classes.max()}; the model knows 0 .. {known - 1}"
        )
    return np.broadcast_to(classes, n).astype(np.int32)


def checked_mask(mask, n, shape):
    """(n, h, w) float32, 0 or 1; -1 everywhere for the predicted places. None for a model with one answer an image."""
    if not is_segmentation(shape):
        if mask is not None:
            raise ValueError(
                f"target_mask is for models that give scores of every place; this one gives {shape}"
            )
        return None
    if mask is None:
        return np.full((n,) + (1,) * (len(shape) - 2), -1, np.float32)
    mask = np.asarray(mask)
    wanted = (n, *shape[1:-1])
    if mask.ndim != len(wanted) or any(want not in (None, side) for side, want in zip(mask.shape, wanted)):
        raise ValueError(
            f"expected target_mask ({_told(wanted)}), the places of the answer, got shape {mask.shape}"
        )
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise ValueError("expected target_mask of True and False (or 1 and 0)")
    empty = ~mask.astype(bool).any(axis=tuple(range(1, mask.ndim)))
    if empty.any():
        raise ValueError(
            f"target_mask is empty for {empty.sum()} of {n} images, first image {empty.argmax()}"
        )
    return mask.astype(np.float32)


def checked_grid(grid):
    """Rows and columns as a tuple, or None."""
    if grid is None:
        return None
    numbers = np.asarray(grid)
    if numbers.dtype.kind not in "iu" or numbers.shape not in ((2,), (3,)) or numbers.min() < 1:
        raise ValueError(f"expected grid=(rows, columns), or (slices, rows, columns), got {grid!r}")
    return tuple(numbers.tolist())


def is_segmentation(shape):
    """Whether scores of a shape are those of places.

    Raises
    ------
    ValueError : they are neither of images nor of places, such as those of a sequence.
    """
    if len(shape) == 3:
        raise ValueError(f"expected class scores (n, k), or (n, h, w, k) of places; the model gives {shape}")
    return len(shape) > 3 and any(side != 1 for side in shape[1:-1])


def _channels_first(operation):
    return getattr(operation, "data_format", None) == "channels_first"


def _told(shape):
    return ", ".join(map(str, shape))
