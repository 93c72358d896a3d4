"""What is asked of the answer: a class, and of models that segment a mask; checked once, in words."""

import numpy as np


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


def checked_output(output):
    """A name, a position, or None; whether the model has it is seen later."""
    if output is not None and not isinstance(output, (str, int, np.integer)):
        raise ValueError(f"output must be a name or a position among the model's outputs, not {output!r}")
    return output


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
            f"expected target_mask ({', '.join(map(str, wanted))}), the places of the answer, got shape {mask.shape}"
        )
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise ValueError("expected target_mask of True and False (or 1 and 0)")
    empty = ~mask.astype(bool).any(axis=tuple(range(1, mask.ndim)))
    if empty.any():
        raise ValueError(
            f"target_mask is empty for {empty.sum()} of {n} images, first image {empty.argmax()}"
        )
    return mask.astype(np.float32)


def is_segmentation(shape):
    """Whether scores of a shape are those of places.

    Raises
    ------
    ValueError : they are neither of images nor of places, such as those of a sequence.
    """
    if len(shape) == 3:
        raise ValueError(f"expected class scores (n, k), or (n, h, w, k) of places; the model gives {shape}")
    return len(shape) > 3 and any(side != 1 for side in shape[1:-1])
