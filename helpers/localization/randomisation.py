"""Does a map depend on what the network has learnt? Shuffle the weights, layer by layer, and compare."""

import warnings

import numpy as np
import pandas as pd
from scipy import stats

from helpers import seeds

# TensorFlow, and what needs it, is imported where it is used: who only measures places need not wait for it.


def randomised(model, seed, layers=None, copy=None):
    """A copy of a model whose convolutions and dense layers have their weights shuffled.

    Shuffling keeps each layer's distribution of weights: signals stay in range, and only what was learnt is lost.

    Parameters
    ----------
    model : keras.Model. seed : integer.
    layers : names of the layers to shuffle; None: all that have a kernel.
    copy : what an earlier call has given for this model, to be used again: its maps are compiled already. None: a new one.

    Returns
    -------
    keras.Model; `model` is not changed.
    """
    from helpers.deep import keras

    copy = keras.models.clone_model(model) if copy is None else copy
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


def randomisation_test(
    model, images, class_index, *, layer=None, method="gradcam", stages=5, shuffles=1, seed=7
):
    """Cascading randomisation: from the output down, more and more layers lose what they learnt.

    Parameters
    ----------
    model, images, class_index, layer, method : as in `gradcam.grad_cam`; `class_index` not None, because the predicted class
        changes with the weights.
    stages : into so many groups of about equal size the layers are divided, from the output to the input.
    shuffles : how often the whole cascade is gone through. One shuffle is one draw: its maps may be alike, or opposite, by
        luck, and in all images at once.

    Returns
    -------
    pandas.DataFrame, one row per shuffle, stage and image: "shuffle" (0 .. shuffles - 1), "stage" (1 .. stages), "down to" (the
    lowest layer shuffled so far), "image", "spearman" (rank correlation with the map of the whole network) and "ssim" (structural similarity of the maps,
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
    if shuffles < 1:
        raise ValueError(f"expected at least one shuffle, got {shuffles}")
    if not isinstance(layer, str):  # the copy has layers of its own
        from helpers.gradcam import layers

        layer = (layers.default_layer(model) if layer is None else layers.find(model, layer)).path
    before = _maps(model, images, class_index, layer, method)
    copy = randomised(model, seed)  # one copy for all stages: its maps are compiled once
    tables = []
    for shuffle in range(shuffles):
        for stage in range(1, stages + 1):
            gone = names[: round(stage * len(names) / stages)]
            _shuffle(copy, model, seed + shuffle, gone)
            after = _maps(copy, images, class_index, layer, method)
            where = {"shuffle": shuffle, "stage": stage, "down to": gone[-1], "image": np.arange(len(after))}
            likeness = {"spearman": _spearman(before, after), "ssim": _ssim(before, after)}
            tables.append(pd.DataFrame(where | likeness))
    return pd.concat(tables, ignore_index=True)


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


def _spearman(before, after):
    """Rank correlation of each map (n, h, w) with its partner: (n,), NaN where one is the same everywhere."""
    ranks = [stats.rankdata(maps.reshape(len(maps), -1), axis=1) for maps in (before, after)]
    a, b = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide((a * b).sum(axis=1), size, out=np.full(len(a), np.nan), where=size > 0)


def _ssim(before, after):
    """Structural similarity of each map (n, h, w), divided by its maximum, with its partner: (n,), NaN where one is empty."""
    from helpers.deep import tf

    highest = [maps.max(axis=(1, 2), keepdims=True) for maps in (before, after)]
    empty = np.any([top[:, 0, 0] == 0 for top in highest], axis=0)
    pair = (maps / np.where(top > 0, top, 1) for maps, top in zip((before, after), highest))
    side = min(7, *before.shape[1:])
    found = tf.image.ssim(
        *(tf.constant(maps[..., None], tf.float32) for maps in pair), max_val=1.0, filter_size=side
    )
    return np.where(empty, np.nan, found.numpy())
