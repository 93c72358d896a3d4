"""An opponent that needs no gradient: cover a patch, and see how far the logit falls."""

import weakref

import numpy as np

from helpers.deep import tf
from helpers.gradcam import scores
from helpers.gradcam.capture import recording
from helpers.gradcam.checks import checked_batch_size, checked_images, input_shape
from helpers.gradcam.patches import baseline_images, patches
from helpers.gradcam.plan import answer_of, record
from helpers.gradcam.targets import checked_classes, checked_output, is_segmentation


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
    images, batch_size = checked_images(model, images), checked_batch_size(batch_size)
    sides = images.shape[1:-1] if images.ndim > 3 else images.shape[1:]
    places = patches(sides, patch, stride)
    instead = baseline_images(images, len(sides), baseline, patch)
    model_scores, shape = _compiled(model, images.shape[1:], checked_output(output))
    wanted = checked_classes(class_index, len(images), shape)
    whole = _in_batches(model_scores, images, batch_size)
    classes = np.where(wanted < 0, whole.argmax(axis=1), wanted)
    total, covers = np.zeros((len(images), *sides)), np.zeros(sides)
    for here in places:
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
