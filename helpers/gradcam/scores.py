"""From the model's answer to the one number an image that is explained."""

import warnings

import numpy as np

from helpers.deep import keras, tf


def as_taken(model, images):
    """The images in the structure that a model takes: alone, or in a list or a dictionary."""
    struct = getattr(getattr(model, "_functional", None) or model, "_inputs_struct", None)
    return images if struct is None else keras.tree.map_structure(lambda _: images, struct)


def logits(model, images, answer, output, seen):
    """What the classes of an image, or of its places, are scored by; two columns where the model gives one.

    answer, output : what is taken, see `answer.Answer`. seen : the dictionary of `recording`, open for the answer's spot.
    """
    outputs = keras.tree.flatten(model(as_taken(model, images), training=False))
    found = outputs[output] if answer.spot is None else seen[answer.spot]
    found = answer.scale * tf.cast(found, tf.float32) + tf.cast(answer.shift, tf.float32)
    if len(found.shape) < 2 or all(side == 1 for side in found.shape[1:-1]):
        found = tf.reshape(found, (-1, found.shape[-1] if len(found.shape) > 1 else 1))
    return tf.concat([-found, found], axis=-1) if found.shape[-1] == 1 else found


def of_class(found, classes):
    """The logit (n,) of a class, or of the predicted one where that is -1."""
    index = tf.where(classes < 0, tf.argmax(found, axis=-1, output_type=tf.int32), classes)
    return tf.gather(found, index, batch_dims=1)


def of_places(found, classes, mask):
    """The mean logit (n,) of a class over a mask, or over where it is predicted where the mask is -1."""
    axes = tuple(range(1, len(found.shape) - 1))
    index = tf.reshape(classes, (-1,) + (1,) * len(axes))
    predicted = tf.cast(tf.argmax(found, axis=-1, output_type=tf.int32) == index, tf.float32)
    mask = tf.where(mask < 0, predicted, mask)
    here = tf.reduce_sum(found * tf.one_hot(index, found.shape[-1]), axis=-1)
    return tf.reduce_sum(mask * here, axis=axes) / tf.maximum(tf.reduce_sum(mask, axis=axes), 1)


def warn_of_bounds(answer, stacklevel=3):
    """Say that a probability, or what else has bounds, is explained."""
    if not answer.logits:
        warnings.warn(
            "the model's answer has bounds, as probabilities have, and what makes it so cannot be taken off: the maps are "
            "those of the model's own output, not of logits.",
            stacklevel=stacklevel,
        )


def warn_of_empty(maps, relu, stacklevel=3):
    """Count maps that are zero everywhere."""
    empty = int((maps == 0).all(axis=tuple(range(1, np.ndim(maps)))).sum())
    if empty:
        warnings.warn(
            f"{empty} of {len(maps)} maps are empty: nothing at this layer "
            + ("raises" if relu else "changes")
            + " the logit. Count them; do not average them away.",
            stacklevel=stacklevel,
        )
