"""Class activation maps from gradients: the equations, and one compiled call per model, layer and method."""

import math
import weakref

import numpy as np

from helpers.deep import tf
from helpers.gradcam import scores
from helpers.gradcam.capture import Spot, recording
from helpers.gradcam.checks import (
    checked_classes,
    checked_grid,
    checked_images,
    checked_mask,
    input_shape,
    is_segmentation,
)
from helpers.gradcam.plan import plan, record

# Each: feature map A and gradients G of the class's logit, both (n, h, w, k) or (n, d, h, w, k) -> map (n, h, w) or
# (n, d, h, w), before any ReLU.


def gradcam(a, g):
    """Channel weights: the spatial mean of the gradients (Selvaraju et al., equations 1 and 2)."""
    weights = tf.reduce_mean(g, axis=places(g), keepdims=True)
    return tf.reduce_sum(weights * a, axis=-1)


def gradcam_plus_plus(a, g):
    """Channel weights: a weighted sum of the positive gradients (Chattopadhay et al., equations 10, 11 and 19)."""
    total = tf.reduce_sum(a, axis=places(a), keepdims=True)
    alpha = tf.where(g != 0, g**2 / (2 * g**2 + total * g**3 + 1e-6), 0.0)
    weights = tf.reduce_sum(alpha * tf.nn.relu(g), axis=places(g), keepdims=True)
    return tf.reduce_sum(weights * a, axis=-1)


def hirescam(a, g):
    """No mean: each place is weighted by its own gradient (Draelos and Carin, equation 7)."""
    return tf.reduce_sum(g * a, axis=-1)


def layercam(a, g):
    """Each place is weighted by its own gradient where that is positive (Jiang et al., equations 5 and 6)."""
    return tf.reduce_sum(tf.nn.relu(g) * a, axis=-1)


def places(x):
    """The axes between images and channels."""
    return tuple(range(1, len(x.shape) - 1))


METHODS = {"gradcam": gradcam, "gradcam++": gradcam_plus_plus, "hirescam": hirescam, "layercam": layercam}


def grad_cam(
    model,
    images,
    class_index=None,
    layer=None,
    method="gradcam",
    batch_size=32,
    relu=True,
    *,
    output=None,
    grid=None,
    target_mask=None,
):
    """Maps of the places of a feature map that raise a class's logit.

    Parameters
    ----------
    model : keras.Model from images (n, H, W, channels) or volumes (n, D, H, W, channels) to class scores (n, k), (n, 1)
        for two classes, or (n, h, w, k) where it segments. It is not changed. Where it ends in softmax, sigmoid or their
        kin, whatever they are called, the map is that of what enters them: the logit.
    images : (n, H, W) or (n, H, W, channels) float, as the model takes them; volumes with one axis more.
    class_index : the class to explain: None, the predicted one of each image; one int for all; or (n,) int. A model
        with a single output explains class 1 by its logit and class 0 by minus its logit.
    layer : name of the layer, or of the operation (`+`, "add"), whose output is the feature map ("outer/inner" where a name
        occurs in several nested models), or the layer itself; None: `default_layer(model)`, told in one line. Shape
        (n, h, w, k), or tokens (n, tokens, k), class and register tokens among them.
    method : "gradcam", "gradcam++", "hirescam" or "layercam".
    batch_size : images at a time; memory grows with it, the maps do not depend on it.
    relu : False keeps negative values.
    output : which of several outputs: its key or layer's name, or its position.
    grid : (h, w) of tokens, where model and images do not tell it; further tokens then stand in front.
    target_mask : (n, h, w) bool at the size of the answer, for models that segment: the score is the mean logit of the
        class over it. None: over the places where the class is predicted.

    Returns
    -------
    (n, h, w) float32, (n, d, h, w) for volumes, raw, at the size of the layer's output. See `upsample` and `normalise`.

    Raises
    ------
    ValueError : images, classes, layers or methods that do not fit the model; a model without a spatial layer; tokens
        that fit several grids.

    Warns
    -----
    UserWarning : some maps are empty (zero everywhere), for example because no gradient arrives; or the model's answer
        has bounds, as a probability has, and nothing that could be taken off: then that is explained, not a logit.

    References
    ----------
    R. R. Selvaraju et al., Grad-CAM, ICCV 2017. A. Chattopadhay et al., Grad-CAM++, WACV 2018. R. L. Draelos, L. Carin,
    Use HiResCAM instead of Grad-CAM, arXiv 2011.08891. P.-T. Jiang et al., LayerCAM, IEEE TIP 30 (2021). K. Vinogradova
    et al., Towards interpretable semantic segmentation via Grad-CAM, AAAI 2020 (there the sum over the mask).
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    images = checked_images(model, images)
    its_plan = plan(model, images.shape[1:], layer, output, checked_grid(grid))
    given = [images, checked_classes(class_index, len(images), its_plan.shape)]
    mask = checked_mask(target_mask, len(images), its_plan.shape)
    given += [] if mask is None else [mask]
    explain = _explainer(model, its_plan, method, layer is None)
    batches = [slice(start, start + batch_size) for start in range(0, len(images), batch_size)]
    maps = np.concatenate([explain(*(tf.constant(one[batch]) for one in given)) for batch in batches])
    if relu:
        maps = np.maximum(maps, 0)
    scores.warn_of_bounds(its_plan.answer)
    scores.warn_of_empty(maps, relu)
    return maps


def _explainer(model, its_plan, method, tell):
    """The compiled function (images, classes) -> maps, kept as long as the model lives and stays as it is."""
    known, chosen = record(model).compiled, its_plan.candidate
    where = (chosen.path, chosen.tensor, chosen.call, its_plan.output)
    grid = chosen.grid if chosen.tokens else None
    key = (where, grid, method)
    if key not in known:
        if tell and not any(one == where for one, *_ in known):
            print(f"Grad-CAM at layer {chosen.path!r}, {'x'.join(map(str, chosen.grid))} places")
        known[key] = _compile(model, its_plan, METHODS[method])
    return known[key]


def _compile(model, its_plan, equation):
    chosen, answer = its_plan.candidate, its_plan.answer
    features = Spot(chosen.layer, chosen.call, max(chosen.tensor[1], 0))
    spots = [features] if answer.spot is None else [features, answer.spot]
    signature = [tf.TensorSpec((None, *input_shape(model)), tf.float32), tf.TensorSpec((None,), tf.int32)]
    if is_segmentation(its_plan.shape):
        signature.append(tf.TensorSpec((None,) * (len(its_plan.shape) - 1), tf.float32))
    model = weakref.ref(model)  # else the model could never be freed

    @tf.function(input_signature=signature, autograph=False)
    def explain(images, classes, mask=None):
        # Only what comes after the feature map is recorded: the gradient costs a small share of the forward pass.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            with recording(spots, tape, watched=[features]) as seen:
                logits = scores.logits(model(), images, answer, its_plan.output, seen)
            score = (
                scores.of_class(logits, classes) if mask is None else scores.of_places(logits, classes, mask)
            )
        if features not in seen:
            raise ValueError(
                f"layer {chosen.path!r} does not run by its `call` (quantised?): name another one"
            )
        a = seen[features]
        g = tape.gradient(score, a, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return equation(*(tf.cast(_on_grid(x, chosen), tf.float32) for x in (a, g)))

    return explain


def _on_grid(x, chosen):
    """Tokens (n, tokens, k) as (n, h, w, k), without class and register tokens; feature maps as they are."""
    if not chosen.tokens:
        return x
    count = math.prod(chosen.grid)
    return tf.reshape(x[:, chosen.first : chosen.first + count], (-1, *chosen.grid, x.shape[-1]))
