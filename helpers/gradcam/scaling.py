"""Resize and scale maps: explicit steps, because each of them changes what a map may be compared with."""

import numpy as np
from scipy import ndimage

from helpers.gradcam.arrays import real_numbers, whole_numbers


def upsample(maps, size):
    """Resize maps to images by linear interpolation; the centres of the corner cells stay where they are in the image.

    Parameters
    ----------
    maps : (n, h, w) float, or (n, d, h, w) of volumes. size : (H, W) or (D, H, W), or one int for all sides.

    Returns
    -------
    (n, H, W) or (n, D, H, W) float32. Beyond the outer cells' centres the nearest value is kept.
    """
    maps = real_numbers(maps, "maps (n, h, w) or (n, d, h, w)")
    if not whole_numbers(size):
        raise ValueError(f"expected a size of whole numbers of pixels, got {size!r}")
    sides = (size,) * (maps.ndim - 1) if np.isscalar(size) else tuple(size)
    if maps.ndim not in (3, 4) or len(sides) != maps.ndim - 1 or min(sides) < 1:
        raise ValueError(
            f"expected maps (n, h, w) or (n, d, h, w) and a size of at least 1, got {maps.shape} and {size}"
        )
    places = [(np.arange(new) + 0.5) * old / new - 0.5 for new, old in zip(sides, maps.shape[1:])]
    where = np.meshgrid(np.arange(len(maps)), *places, indexing="ij")
    return ndimage.map_coordinates(maps, where, order=1, mode="nearest").astype(np.float32)


def normalise(maps, by="image"):
    """Divide maps by their maximum. An empty map stays empty.

    Parameters
    ----------
    maps : (n, h, w) float, or (n, d, h, w) of volumes, not negative.
    by : "image", each by its own maximum: shows *where*, and makes any two maps equally strong; or "all", by the
        common maximum: keeps how strong they are beside each other.

    Returns
    -------
    float32 in [0, 1], in the shape of the maps.
    """
    maps = real_numbers(maps, "maps (n, h, w) or (n, d, h, w)")
    if by not in ("image", "all"):
        raise ValueError(f"by must be 'image' or 'all', not {by!r}")
    if maps.ndim not in (3, 4) or maps.size and maps.min() < 0:
        raise ValueError("expected maps (n, h, w) or (n, d, h, w) without negative values: take relu=True")
    if not np.isfinite(maps).all():
        raise ValueError(
            "some maps hold NaN or infinite values: look for the network's weights that are not finite"
        )
    axes = tuple(range(1, maps.ndim))
    highest = maps.max(axis=axes, keepdims=True) if by == "image" else maps.max(initial=0, keepdims=True)
    return np.divide(maps, highest, out=np.zeros_like(maps), where=highest > 0)
