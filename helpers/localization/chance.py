"""Chance, for measures of where a map lies: what the same map is worth for the same lesion elsewhere.

The lesion's mask is moved to every place where it lies inside the region (the body, the lung) as far as it does at its own
place, and the measure is averaged over these places. So a large lesion has a high chance level, and a map that always marks
the middle of the body gets what it deserves. All places are tried at once, by correlation.
"""

from typing import NamedTuple

import numpy as np
from scipy import signal


class Located(NamedTuple):
    """values, chance : (n,) float64, one per image; NaN where a map or a mask is empty."""

    values: np.ndarray
    chance: np.ndarray


def located(maps, masks, regions, weights, value, widened=None, margin=0):
    """Put weights on a map's points, sum those inside the lesion, and turn the sum into the measure; here and everywhere.

    Parameters
    ----------
    maps : (n, h, w) float, not negative. masks : (n, h, w) bool. regions : (n, h, w) bool or None: the whole image.
    weights : function of a map and a mask, (h, w) each -> (h, w) float.
    value : function of sums inside, their mask's pixels in the image (both (...)), and the mask -> (...) float.
    widened : function of a mask -> the mask in which points count, wider by up to `margin` pixels on each side. It is widened
        before it is moved: what lies beyond the border at one place lies in the image at another.

    Returns
    -------
    Located.
    """
    maps, masks, regions = _checked(maps, masks, regions)
    found = np.full((2, len(maps)), np.nan)
    for i, (heat, mask) in enumerate(zip(maps, masks)):
        if not mask.any() or not heat.any():
            continue
        points = np.pad(weights(heat, mask), margin)
        wide = np.pad(mask, margin) if widened is None else widened(np.pad(mask, margin))
        region = np.ones_like(mask) if regions is None else regions[i]
        places = _places(mask, region)
        inside = _inner(_moved(points, wide), 2 * margin)[places].clip(0)
        pixels = (
            mask.sum()
        )  # in the image; fewer where a lesion that reaches out of its region may leave the image
        if not region[mask].all():
            pixels = np.round(_moved(np.ones_like(mask), mask)[places])
        found[0, i] = value((points * wide).sum(), mask.sum(), mask)
        found[1, i] = np.mean(value(inside, pixels, mask))
    return Located(*found)


def _places(mask, region):
    """Where the lesion may lie: (2 h - 1, 2 w - 1) bool, by its shift; its own place, no shift, is in the middle."""
    return _moved(region, mask) > (mask & region).sum() - 0.5


def _moved(points, mask):
    """Sum of points (h, w) under the mask, for every shift of it: (2 h - 1, 2 w - 1)."""
    return signal.fftconvolve(points.astype(np.float64), mask[::-1, ::-1].astype(np.float64))


def _inner(array, margin):
    """(h, w) without a margin on all sides."""
    return array[margin : array.shape[0] - margin, margin : array.shape[1] - margin]


def _checked(maps, masks, regions):
    maps, masks = np.asarray(maps, np.float64), np.asarray(masks)
    parts = {"masks": masks} | ({} if regions is None else {"regions": np.asarray(regions)})
    if maps.ndim != 3 or not len(maps):
        raise ValueError(f"expected maps (n, h, w) with n >= 1, got shape {maps.shape}")
    if not np.isfinite(maps).all() or maps.min() < 0:
        raise ValueError("expected maps without NaN and without negative values: take relu=True")
    for name, part in parts.items():
        if part.shape != maps.shape or part.dtype != bool:
            raise ValueError(
                f"expected {name} {maps.shape} bool, as the maps; got {part.shape} {part.dtype}. "
                "gradcam.upsample brings maps to the size of the images"
            )
    return maps, masks, parts.get("regions")
