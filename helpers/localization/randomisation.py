"""Does a map depend on what the network has learnt? Shuffle the weights, layer by layer, and compare."""

import warnings

import numpy as np
import pandas as pd
from scipy import stats

from helpers import seeds

# TensorFlow, and what needs it, is imported where it is used: who only measures places need not wait for it.


def randomised(model, seed, layers=None):
    """A copy of a model whose convolutions and dense layers have their weights shuffled.

    Shuffling keeps each layer's distribution of weights: signals stay in range, and only what was learnt is lost.

    Parameters
    ----------
    model : keras.Model. seed : integer.
    layers : names of the layers to shuffle; None: all that have a kernel.

    Returns
    -------
    keras.Model; `model` is not changed.
    """
    from helpers.deep import keras

    copy = keras.models.clone_model(model)
    _shuffle(copy, model, seed, layers)
    return copy


def _shuffle(copy, model, seed, layers=None):
    """Give a copy the weights of the model, those of the named layers shuffled."""
    copy.set_weights(model.get_weights())
    for position, layer in enumerate(_with_kernel(copy)):
        if layers is None or layer.name in layers:
            rng = seeds.generator(seed, position)
            layer.set_weights(
                [rng.permutation(part.ravel()).reshape(part.shape) for part in layer.get_weights()]
            )


def randomisation_test(model, images, class_index, *, layer=None, method="gradcam", stages=5, seed=7):
    """Cascading randomisation: from the output down, more and more layers lose what they learnt.

    Parameters
    ----------
    model, images, class_index, layer, method : as in `gradcam.grad_cam`; `class_index` not None, because the predicted class
        changes with the weights.
    stages : into so many groups of about equal size the layers are divided, from the output to the input.

    Returns
    -------
    pandas.DataFrame, one row per stage and image: "stage" (1 .. stages), "down to" (the lowest layer shuffled so far),
    "image", "spearman" (rank correlation with the map of the whole network) and "ssim" (structural similarity of the maps,
    each divided by its maximum). NaN where a map is empty: no rank, nothing to compare.

    References
    ----------
    J. Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018 (cascading randomisation; there the weights are drawn
    anew). Z. Wang et al., Image quality assessment, IEEE TIP 13 (2004) (SSIM).
    """
    if class_index is None:
        raise ValueError("class_index must be given: the predicted class changes with the weights")
    names = [one.name for one in _with_kernel(model)][::-1]
    if not 1 <= stages <= len(names):
        raise ValueError(f"stages must lie in 1 .. {len(names)}, the layers with a kernel, not {stages}")
    if not isinstance(layer, str):  # the copy has layers of its own
        from helpers.gradcam import layers

        layer = (layers.default_layer(model) if layer is None else layers.find(model, layer)).path
    before = _maps(model, images, class_index, layer, method)
    copy = randomised(model, seed)  # one copy for all stages: its maps are compiled once
    rows = []
    for stage in range(1, stages + 1):
        gone = names[: round(stage * len(names) / stages)]
        _shuffle(copy, model, seed, gone)
        after = _maps(copy, images, class_index, layer, method)
        for image, (a, b) in enumerate(zip(before, after)):
            rows.append((stage, gone[-1], image, _spearman(a, b), _ssim(a, b)))
    return pd.DataFrame(rows, columns=["stage", "down to", "image", "spearman", "ssim"])


def _maps(model, images, class_index, layer, method):
    from helpers import gradcam

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # empty maps are counted as NaN
        return gradcam.grad_cam(model, images, class_index, layer=layer, method=method)


def _with_kernel(model):
    """Layers with a kernel, those inside models and attention included, from the input to the output."""
    from helpers.gradcam.layers import in_order

    inside = [part for _, layer in in_order(model) for part in layer._flatten_layers()]
    return [layer for layer in inside if getattr(layer, "kernel", None) is not None]


def _spearman(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(stats.spearmanr(a.ravel(), b.ravel()).statistic)


def _ssim(a, b):
    if not a.any() or not b.any():
        return np.nan
    from helpers.deep import tf

    side = min(7, *a.shape)
    pair = (tf.constant(x[None, ..., None] / x.max(), tf.float32) for x in (a, b))
    return float(tf.image.ssim(*pair, max_val=1.0, filter_size=side)[0])
