"""What is given as numbers: an array of them, or a sentence that says what it is instead."""

import numpy as np


def real_numbers(given, what):
    """An array float32 of anything that NumPy takes for an array.

    Raises
    ------
    ValueError : it is none, such as names of files, images of several sizes, a tf.data.Dataset or a symbolic tensor.
    """
    try:
        array = np.asarray(given)
        if array.dtype.kind not in "cSUMm":  # complex numbers, texts, dates
            return array.astype(np.float32)
    except (TypeError, ValueError, NotImplementedError):
        array = None
    kind = type(given).__name__ if array is None else f"{type(given).__name__} of {array.dtype}"
    raise ValueError(f"expected {what} as an array of real numbers, all of one size, got {kind}")


def whole_numbers(given):
    """Whether something is one whole number, or an array of them."""
    return np.asarray(given).dtype.kind in "iu"
