"""An opponent that needs no gradient: cover a patch, and see how far the logit falls."""

import itertools
import weakref

import numpy as np
from scipy import ndimage

from helpers.deep import tf
from helpers.gradcam import scores
from helpers.gradcam.capture import recording
from helpers.gradcam.checks import checked_classes, checked_images, input_shape, is_segmentation
from helpers.gradcam.plan import answer_of, record

BASELINES = ("zero", "mean", "blur")


def occlusion(
    model,
    images,
    class_index=None,
    *,
    patch=8,
    stride=None,
    baseline="mean",
    batch_size=32,
    relu=True,
    output=None,
):
    """Maps of the places that a class's logit needs: its fall when a patch is covered.

    Parameters
    ----------
    model, images, class_index, output : as in `grad_cam`; None explains the class predicted for the whole image.
    patch : side of the square that is covered, in pixels. stride : by how many pixels it moves; None: half a patch.
    baseline : what stands in the patch: "zero"; "mean", the image's own mean in each channel; "blur", the image blurred with a
        standard deviation of half a patch; a number; or images of the same shape.
    batch_size : images at a time. relu : False keeps negative values.

    Returns
    -------
    (n, H, W) float32, raw, at the size of the images: at each pixel the mean fall of the logit over all patches that cover it.
    Patches stand at 0, stride, 2 stride, ...; the last one of each row and column is moved back to end at the border, so
    that every pixel is covered. Volumes: (n, D, H, W), with cubes.

    Raises
    ------
    ValueError : as `grad_cam`; a patch larger than the image, a stride larger than the patch, an unknown baseline.

    References
    ----------
    M. D. Zeiler, R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014 (a grey square; the class's
    probability, where this takes the logit).
    """
    images = checked_images(model, images)
    sides = images.shape[1:-1] if images.ndim > 3 else images.shape[1:]
    stride = max(1, patch // 2) if stride is None else stride
    whole_numbers = all(isinstance(one, (int, np.integer)) for one in (patch, stride))
    if not whole_numbers or not 1 <= stride <= patch <= min(sides) or batch_size < 1:
        raise ValueError(
            f"expected whole numbers 1 <= stride <= patch <= {min(sides)} (the image's shortest side) and batch_size of at least 1; "
            f"got patch {patch}, stride {stride}, batch_size {batch_size}"
        )
    instead = _baseline(images, len(sides), baseline, patch)
    model_scores, shape = _compiled(model, images.shape[1:], output)
    wanted = checked_classes(class_index, len(images), shape)
    whole = _in_batches(model_scores, images, batch_size)
    classes = np.where(wanted < 0, whole.argmax(axis=1), wanted)
    patches = [
        tuple(slice(start, start + patch) for start in corner)
        for corner in itertools.product(*(_starts(side, patch, stride) for side in sides))
    ]
    total, covers = np.zeros((len(images), *sides)), np.zeros(sides)
    for here in patches:
        covered = images.copy()
        covered[(slice(None), *here)] = instead[(slice(None), *here)]
        falls = whole - _in_batches(model_scores, covered, batch_size)
        fall = falls[np.arange(len(images)), classes]
        total[(slice(None), *here)] += fall.reshape(-1, *(1,) * len(sides))
        covers[here] += 1
    maps = (total / covers).astype(np.float32)
    maps = np.maximum(maps, 0) if relu else maps
    scores.warn_of_empty(maps, relu)
    return maps


def _starts(side, patch, stride):
    """Where patches begin along one side; the last one ends at the border."""
    return sorted({*range(0, side - patch + 1, stride), side - patch})


def _baseline(images, n_sides, baseline, patch):
    """Images of the same shape, from which the patches are taken."""
    axes = tuple(range(1, 1 + n_sides))
    if isinstance(baseline, str):
        if baseline not in BASELINES:
            raise ValueError(
                f"unknown baseline {baseline!r}; known: {', '.join(BASELINES)}, a number, or images"
            )
        if baseline == "blur":
            return ndimage.gaussian_filter(images, patch / 2, axes=axes, mode="nearest")
        mean = images.mean(axis=axes, keepdims=True) if baseline == "mean" else 0
        return np.broadcast_to(np.float32(mean), images.shape)
    baseline = np.asarray(baseline, np.float32)
    if baseline.ndim and baseline.shape != images.shape and baseline.shape != images.shape[:-1]:
        raise ValueError(f"expected a baseline of the images' shape {images.shape}, got {baseline.shape}")
    return np.broadcast_to(baseline.reshape(images.shape) if baseline.ndim else baseline, images.shape)


def _in_batches(model_scores, images, batch_size):
    parts = [images[start : start + batch_size] for start in range(0, len(images), batch_size)]
    return np.concatenate([model_scores(tf.constant(part)) for part in parts])


def _compiled(model, image_shape, output):
    """The compiled function images -> logits (n, k), kept like those of `grad_cam`; and the shape of the model's answer."""
    known, key = record(model).compiled, ("logits", image_shape, output)
    if key not in known:
        number, answer, shape, _ = answer_of(model, image_shape, output)
        if is_segmentation(shape):
            raise ValueError(f"occlusion is for models with one answer an image; this one gives {shape}")
        known[key] = _compile(model, number, answer), answer, shape
    function, answer, shape = known[key]
    scores.warn_of_bounds(answer, stacklevel=4)
    return function, shape


def _compile(model, number, answer):
    signature = [tf.TensorSpec((None, *input_shape(model)), tf.float32)]
    model = weakref.ref(model)  # else the model could never be freed

    @tf.function(input_signature=signature, autograph=False)
    def logits(images):
        with recording([answer.spot] if answer.spot else []) as seen:
            return scores.logits(model(), images, answer, number, seen)

    return logits
