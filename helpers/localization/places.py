"""Where a map lies: three measures against a lesion mask, each beside its chance level.

Chance is the same lesion elsewhere: its mask is moved to every place where it lies inside the region (the body, the lung)
as far as it does at its own place, and the measure is averaged over these places. So a large lesion has a high chance level
and a map that always marks the middle of the body gets what it deserves. All places are tried at once, by correlation.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage, signal


class Located(NamedTuple):
    """values, chance : (n,) float64, one per image; NaN where a map or a mask is empty."""

    values: np.ndarray
    chance: np.ndarray


def pointing_game(maps, masks, regions=None, *, tolerance=0):
    """Whether the highest point of a map lies in the lesion.

    Parameters
    ----------
    maps : (n, h, w) float, not negative. masks : (n, h, w) bool, the lesions. Both at one size.
    regions : (n, h, w) bool, where the lesion might have been; None: anywhere in the image.
    tolerance : pixels by which the lesion is widened on all sides.

    Returns
    -------
    Located; values 1 or 0, or the share of hits where several points are equally high.

    References
    ----------
    J. Zhang et al., Top-down neural attention by excitation backprop, IJCV 126 (2018), section 4.1 (tolerance 15 pixels).
    """
    if tolerance < 0:
        raise ValueError(f"tolerance must be 0 pixels or more, not {tolerance}")
    y, x = np.ogrid[-tolerance : tolerance + 1, -tolerance : tolerance + 1]
    disc = x * x + y * y <= tolerance * tolerance

    def weights(heat, mask):
        highest = heat == heat.max()
        return highest / highest.sum()

    return _measure(
        maps,
        masks,
        regions,
        weights,
        lambda inside, mask: inside,
        lambda mask: ndimage.binary_dilation(mask, disc),
    )


def energy_inside(maps, masks, regions=None):
    """The share of a map's sum that lies in the lesion. Parameters as in `pointing_game`.

    Returns
    -------
    Located, values in [0, 1].

    References
    ----------
    H. Wang et al., Score-CAM, CVPR workshops 2020, section 4.3 (energy-based pointing game).
    """
    return _measure(maps, masks, regions, lambda heat, mask: heat / heat.sum(), lambda inside, mask: inside)


def iou(maps, masks, regions=None):
    """Intersection over union of the lesion and as many of the map's highest points as the lesion has pixels.

    No threshold is to be chosen. Of equally high points at the edge, each counts by the share that finds room. Parameters as
    in `pointing_game`.

    Returns
    -------
    Located, values in [0, 1].
    """

    def weights(heat, mask):
        area, ordered = int(mask.sum()), np.sort(heat.ravel())
        edge = ordered[-area]
        above, equal = heat > edge, heat == edge
        return above + equal * ((area - above.sum()) / equal.sum())

    return _measure(maps, masks, regions, weights, lambda inside, mask: inside / (2 * mask.sum() - inside))


def _measure(maps, masks, regions, weights, value, widened=lambda mask: mask):
    """Put weights on a map's points, sum those inside the lesion, and turn the sum into the measure; here and everywhere."""
    maps, masks, regions = _checked(maps, masks, regions)
    found = np.full((2, len(maps)), np.nan)
    for i, (heat, mask) in enumerate(zip(maps, masks)):
        if not mask.any() or not heat.any():
            continue
        wide = widened(mask)
        points = weights(heat, mask)
        places = _places(mask, None if regions is None else regions[i])
        inside = _moved(points, wide)[places]
        found[0, i] = value((points * wide).sum(), mask)
        found[1, i] = value(np.clip(inside, 0, None), mask).mean()
    return Located(*found)


def _places(mask, region):
    """Where the lesion may lie: (2 h - 1, 2 w - 1) bool, by its shift; its own place, no shift, is in the middle."""
    whole = np.ones_like(mask) if region is None else region
    overlap = _moved(whole, mask)
    own = (mask & whole).sum()
    return overlap > own - 0.5


def _moved(points, mask):
    """Sum of points (h, w) under the mask, for every shift of it: (2 h - 1, 2 w - 1)."""
    return signal.fftconvolve(points.astype(np.float64), mask[::-1, ::-1].astype(np.float64))


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
