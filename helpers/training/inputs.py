"""What `fit` is given: checked, and in the form that Keras wants."""

import numpy as np

from helpers import arguments


def weights_of(class_weights, n_classes, class_names):
    """Class weights as Keras wants them, {class: factor}; or None."""
    if class_weights is None:
        return None
    factors = arguments.class_factors(class_weights, n_classes, class_names=class_names)
    return dict(enumerate(factors.tolist()))


def arrays(model, part, name):
    """Inputs (n, ...) and labels (n,) that fit the model, or `ValueError`."""
    inputs, labels = part if isinstance(part, (tuple, list)) else (part.images[..., None], part.labels)
    inputs, n_classes = np.asarray(inputs), model.output_shape[-1]
    if not len(inputs):
        raise ValueError(f"the {name} part holds no images")
    if len(inputs) != len(labels):
        raise ValueError(f"the {name} part has {len(inputs)} inputs and {len(labels)} labels")
    if inputs.shape[1:] != model.input_shape[1:]:
        raise ValueError(
            f"the {name} images are {inputs.shape[1:]}, the model takes {model.input_shape[1:]}: "
            "load them at the model's size, or build the model for theirs"
        )
    if inputs.dtype.kind not in "biuf":
        raise ValueError(f"the {name} inputs must be numbers; got {inputs.dtype}")
    broken = np.flatnonzero(~np.isfinite(inputs.reshape(len(inputs), -1)).all(axis=1))
    if len(broken):
        raise ValueError(
            f"{len(broken)} of {len(inputs)} {name} inputs hold NaN or infinite values, the first is number {broken[0]}: "
            "mend them or leave them out"
        )
    return inputs, arguments.class_labels(_column(labels), n_classes, f"the {name} labels")


def _column(labels):
    """Labels as Keras also takes them, a column (n, 1) or whole numbers stored as floats, as (n,) integers."""
    labels = np.asarray(labels)
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    whole = labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels == np.floor(labels)).all()
    return labels.astype(np.int64) if whole else labels
