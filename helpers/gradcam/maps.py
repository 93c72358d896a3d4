"""Class activation maps from gradients: the equations, and one compiled call per model, layer and method."""

import warnings
import weakref

import numpy as np
import tensorflow as tf

from helpers.deep import keras
from helpers.gradcam.layers import default_layer, find, grid
from helpers.gradcam.logits import exposing_logits, intercepting

# Each: feature map A and gradients G of the class's logit, both (n, h, w, k) -> map (n, h, w), before any ReLU.


def gradcam(a, g):
    """Channel weights: the spatial mean of the gradients (Selvaraju et al., equations 1 and 2)."""
    weights = tf.reduce_mean(g, axis=(1, 2), keepdims=True)
    return tf.reduce_sum(weights * a, axis=-1)


def gradcam_plus_plus(a, g):
    """Channel weights: a weighted sum of the positive gradients (Chattopadhay et al., equations 10, 11 and 19)."""
    total = tf.reduce_sum(a, axis=(1, 2), keepdims=True)
    alpha = tf.where(g != 0, g**2 / (2 * g**2 + total * g**3 + 1e-6), 0.0)
    weights = tf.reduce_sum(alpha * tf.nn.relu(g), axis=(1, 2), keepdims=True)
    return tf.reduce_sum(weights * a, axis=-1)


def hirescam(a, g):
    """No mean: each place is weighted by its own gradient (Draelos and Carin, equation 7)."""
    return tf.reduce_sum(g * a, axis=-1)


def layercam(a, g):
    """Each place is weighted by its own gradient where that is positive (Jiang et al., equations 5 and 6)."""
    return tf.reduce_sum(tf.nn.relu(g) * a, axis=-1)


METHODS = {"gradcam": gradcam, "gradcam++": gradcam_plus_plus, "hirescam": hirescam, "layercam": layercam}

_compiled = weakref.WeakKeyDictionary()  # model -> {(layer, method): function}


def grad_cam(model, images, class_index=None, layer=None, method="gradcam", batch_size=32, relu=True):
    """Maps of the places of a feature map that raise a class's logit.

    Parameters
    ----------
    model : keras.Model from images (n, H, W, channels) to class scores (n, k), or (n, 1) for two classes. It is not
        changed. Where it ends in softmax or sigmoid, the map is that of the logit before it.
    images : (n, H, W) or (n, H, W, channels) float, as the model takes them.
    class_index : the class to explain: None, the predicted one of each image; one int for all; or (n,) int. A model
        with a single output explains class 1 by its logit and class 0 by minus its logit.
    layer : name of the layer whose output is the feature map ("outer/inner" where a name occurs in several nested
        models), or the layer itself; None: `default_layer(model)`, told in one line. Shape (n, h, w, k), or tokens
        (n, h * w, k) with or without a class token in front.
    method : "gradcam", "gradcam++", "hirescam" or "layercam".
    batch_size : images at a time; memory grows with it, the maps do not depend on it.
    relu : False keeps negative values.

    Returns
    -------
    (n, h, w) float32, raw, at the size of the layer's output. See `upsample` and `normalise`.

    Raises
    ------
    ValueError : images, classes, layers or methods that do not fit the model; a model without a spatial layer.

    Warns
    -----
    UserWarning : some maps are empty (zero everywhere), for example because no gradient arrives.

    References
    ----------
    R. R. Selvaraju et al., Grad-CAM, ICCV 2017. A. Chattopadhay et al., Grad-CAM++, WACV 2018. R. L. Draelos, L. Carin,
    Use HiResCAM instead of Grad-CAM, arXiv 2011.08891. P.-T. Jiang et al., LayerCAM, IEEE TIP 30 (2021).
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    images = _images(model, images)
    classes = _classes(model, class_index, len(images))
    explain = _explainer(model, layer, method)
    maps = np.concatenate(
        [
            explain(
                tf.constant(images[start : start + batch_size]),
                tf.constant(classes[start : start + batch_size]),
            )
            for start in range(0, len(images), batch_size)
        ]
    )
    if relu:
        maps = np.maximum(maps, 0)
    empty = int((maps == 0).all(axis=(1, 2)).sum())
    if empty:
        warnings.warn(
            f"{empty} of {len(maps)} maps are empty: nothing at this layer "
            + ("raises" if relu else "changes")
            + " the logit. Count them; do not average them away.",
            stacklevel=2,
        )
    return maps


def _explainer(model, layer, method):
    """The compiled function (images, classes) -> maps, kept as long as the model lives."""
    if layer is None:
        chosen = default_layer(model)
    else:
        chosen = find(model, layer)
    known = _compiled.setdefault(model, {})
    if (chosen.path, method) not in known:
        if layer is None and not any(path == chosen.path for path, _ in known):
            print(f"Grad-CAM at layer {chosen.path!r}, {'x'.join(map(str, chosen.grid))} places")
        known[chosen.path, method] = _compile(model, chosen.layer, METHODS[method])
    return known[chosen.path, method]


def _compile(model, layer, equation):
    shape = (None, *model.input_shape[1:])
    model, layer = weakref.ref(model), weakref.ref(layer)  # else the model could never be freed

    @tf.function(
        input_signature=[tf.TensorSpec(shape, tf.float32), tf.TensorSpec((None,), tf.int32)], autograph=False
    )
    def explain(images, classes):
        # Only what comes after the feature map is recorded: the gradient costs a small share of the forward pass.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            with exposing_logits(model()), intercepting(layer(), tape) as seen:
                logits = tf.cast(model()(images, training=False), tf.float32)
            if logits.shape[-1] == 1:
                logits = tf.concat([-logits, logits], axis=-1)
            index = tf.where(classes < 0, tf.argmax(logits, axis=-1, output_type=tf.int32), classes)
            score = tf.gather(logits, index, batch_dims=1)
        features = seen[-1]
        gradients = tape.gradient(score, features, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return equation(*(tf.cast(grid(x), tf.float32) for x in (features, gradients)))

    return explain


def _images(model, images):
    if not isinstance(model, keras.Model) or len(model.inputs or ()) != 1 or len(model.outputs) != 1:
        raise ValueError("expected a built keras.Model with one input (images) and one output (class scores)")
    images = np.asarray(images, np.float32)
    if images.ndim == 3:
        images = images[..., None]
    wanted = model.input_shape[1:]
    if images.ndim != 4 or not len(images):
        raise ValueError(
            f"expected images (n, {', '.join(map(str, wanted))}) with n >= 1, got shape {images.shape}"
        )
    if any(want is not None and side != want for side, want in zip(images.shape[1:], wanted, strict=True)):
        raise ValueError(
            f"the images are {images.shape[1:]}, the model takes {wanted}: load them at its size"
        )
    broken = ~np.isfinite(images).all(axis=(1, 2, 3))
    if broken.any():
        raise ValueError(
            f"{broken.sum()} of {len(images)} images hold NaN or infinite pixels, first image {broken.argmax()}"
        )
    return images


def _classes(model, class_index, n):
    """(n,) int32; -1 stands for the predicted class."""
    if class_index is None:
        return np.full(n, -1, np.int32)
    scores = model.output_shape
    if len(scores) != 2:
        raise ValueError(f"expected a model with class scores (n, k), got outputs of shape {scores}")
    classes, known = np.asarray(class_index), max(2, scores[1])
    if classes.dtype.kind not in "iu" or classes.shape not in ((), (n,)):
        raise ValueError(f"class_index must be None, one whole number, or {n} of them; got {class_index!r}")
    if classes.min() < 0 or classes.max() >= known:
        raise ValueError(
            f"class_index goes from {classes.min()} to {classes.max()}; the model knows 0 .. {known - 1}"
        )
    return np.broadcast_to(classes, n).astype(np.int32)
