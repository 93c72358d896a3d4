"""Where a map lies: its highest point, its sum and its highest points against a lesion mask, each beside its chance level."""

import numpy as np
from scipy import ndimage

from helpers.localization.chance import located


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
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"tolerance must be 0 pixels or more, not {tolerance}")
    reach = int(tolerance)  # whole pixels within a tolerance that need not be whole
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disc = x * x + y * y <= tolerance * tolerance

    def weights(heat, mask):
        highest = heat == heat.max()
        return highest / highest.sum()

    return located(
        maps,
        masks,
        regions,
        weights,
        lambda inside, pixels, mask: inside,
        lambda mask: ndimage.binary_dilation(mask, disc),
        reach,
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
    return located(
        maps, masks, regions, lambda heat, mask: heat / heat.sum(), lambda inside, pixels, mask: inside
    )


def iou(maps, masks, regions=None):
    """Intersection over union of the lesion and as many of the map's highest points as the lesion has pixels.

    No threshold is to be chosen. Of equally high points at the edge, each counts by the share that finds room. Parameters as
    in `pointing_game`.

    Returns
    -------
    Located, values in [0, 1].
    """

    def value(inside, pixels, mask):
        return inside / (2 * mask.sum() - inside)

    return located(maps, masks, regions, lambda heat, mask: highest(heat, int(mask.sum())), value)


def highest(heat, k):
    """The k highest points of a map, (h, w) float of sum k: 1 for each; of equally high ones at the edge, each by the share
    that finds room."""
    edge = np.sort(heat, axis=None)[-k]
    above, equal = heat > edge, heat == edge
    return above + equal * ((k - above.sum()) / equal.sum())
