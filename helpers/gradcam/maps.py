"""Class activation maps from gradients: the equations, and the function that applies them to images in batches."""

import numpy as np

from helpers.deep import tf
from helpers.gradcam import scores
from helpers.gradcam.checks import checked_batch_size, checked_grid, checked_images
from helpers.gradcam.gradients import explainer
from helpers.gradcam.plan import plan
from helpers.gradcam.targets import checked_classes, checked_mask, checked_output

# Each: feature map A and gradients G of the class's logit, both (n, h, w, k) or (n, d, h, w, k) -> map (n, h, w) or
# (n, d, h, w), before any ReLU.


def gradcam(a, g):
    """Channel weights: the spatial mean of the gradients (Selvaraju et al., equations 1 and 2)."""
    weights = tf.reduce_mean(g, axis=places(g), keepdims=True)
    return tf.reduce_sum(weights * a, axis=-1)


def gradcam_plus_plus(a, g):
    """Channel weights: a weighted sum of the positive gradients (Chattopadhay et al., equations 10, 11 and 19).

    Equation 19, g**2 / (2 g**2 + total g**3), is divided by g**2 above and below, so that small gradients keep their weight.
    """
    total = tf.reduce_sum(a, axis=places(a), keepdims=True)
    alpha = tf.math.divide_no_nan(1.0, 2 + total * g)
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
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    batch_size = checked_batch_size(batch_size)
    images = checked_images(model, images)
    its_plan = plan(model, images.shape[1:], layer, checked_output(output), checked_grid(grid))
    given = [images, checked_classes(class_index, len(images), its_plan.shape)]
    mask = checked_mask(target_mask, len(images), its_plan.shape)
    given += [] if mask is None else [mask]
    explain = explainer(model, its_plan, METHODS[method], layer is None)
    batches = [slice(start, start + batch_size) for start in range(0, len(images), batch_size)]
    maps = np.concatenate([explain(*(tf.constant(one[batch]) for one in given)) for batch in batches])
    if relu:
        maps = np.maximum(maps, 0)
    scores.warn_of_bounds(its_plan.answer)
    scores.warn_of_empty(maps, relu)
    return maps
