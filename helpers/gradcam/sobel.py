"""An opponent that knows nothing of any network: where the image has edges."""

import numpy as np
from scipy import ndimage

from helpers.gradcam.arrays import real_numbers


def edges(images):
    """Sobel magnitude: the length of the grey-value gradient at each pixel.

    A map that looks like this one need not have anything to do with what a network has learnt.

    Parameters
    ----------
    images : (n, h, w) or (n, h, w, channels) float; volumes (n, d, h, w, channels). Channels are averaged.

    Returns
    -------
    (n, h, w) or (n, d, h, w) float32, not negative, in grey values per pixel: each axis' Sobel filter is divided by the sum of
    its positive weights times 2, so that a ramp of slope s gives s. Beyond the border the nearest pixel is repeated.

    References
    ----------
    J. Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018 (an edge detector as a baseline).
    """
    images = real_numbers(images, "images (n, h, w) or (n, h, w, channels)")
    if images.ndim not in (3, 4, 5) or not np.isfinite(images).all():
        raise ValueError(f"expected finite images (n, h, w) or (n, h, w, channels), got shape {images.shape}")
    grey = images if images.ndim == 3 else images.mean(axis=-1)
    axes = range(1, grey.ndim)
    weights = 2 * 4 ** (grey.ndim - 2)
    slopes = [_sobel(grey, axis) / weights for axis in axes]
    return np.sqrt(sum(slope**2 for slope in slopes)).astype(np.float32)


def _sobel(grey, axis):
    """Difference along one axis, smoothed by (1, 2, 1) along the other axes of the image, not along the images."""
    found = ndimage.correlate1d(grey, [-1, 0, 1], axis=axis, mode="nearest")
    for other in range(1, grey.ndim):
        if other != axis:
            found = ndimage.correlate1d(found, [1, 2, 1], axis=other, mode="nearest")
    return found
