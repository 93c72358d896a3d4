"""Patches for occlusion: where they stand, and what stands in them."""

import itertools

import numpy as np
from scipy import ndimage

from helpers.gradcam.arrays import real_numbers, whole_numbers

BASELINES = ("zero", "mean", "blur")


def patches(sides, patch, stride=None):
    """The slices of all patches of an image with these sides; they move by half a patch where no stride is given."""
    if not all(
        whole_numbers(one) and np.ndim(one) == 0 for one in (patch, patch if stride is None else stride)
    ):
        raise ValueError(f"patch and stride must be whole numbers of pixels, not {patch!r} and {stride!r}")
    stride = max(1, patch // 2) if stride is None else stride
    if not 1 <= stride <= patch <= min(sides):
        raise ValueError(
            f"expected 1 <= stride <= patch <= {min(sides)} (the image's shortest side), got patch {patch}, stride {stride}"
        )
    corners = itertools.product(*(_starts(side, patch, stride) for side in sides))
    return [tuple(slice(start, start + patch) for start in corner) for corner in corners]


def _starts(side, patch, stride):
    """Where patches begin along one side; the last one ends at the border."""
    return sorted({*range(0, side - patch + 1, stride), side - patch})


def baseline_images(images, n_sides, baseline, patch):
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
    baseline = real_numbers(baseline, f"a baseline of the images' shape {images.shape}")
    if baseline.ndim and baseline.shape != images.shape and baseline.shape != images.shape[:-1]:
        raise ValueError(f"expected a baseline of the images' shape {images.shape}, got {baseline.shape}")
    if not np.isfinite(baseline).all():
        raise ValueError(
            "expected a baseline of finite numbers: a network may turn NaN into zeros, and a map comes out"
        )
    return np.broadcast_to(baseline.reshape(images.shape) if baseline.ndim else baseline, images.shape)
