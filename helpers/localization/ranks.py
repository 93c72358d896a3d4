"""Where a map lies, by the order of its points: attribution AUC and top-k intersection, each beside its chance level."""

import operator

import numpy as np
from scipy.stats import rankdata

from helpers.localization.chance import located
from helpers.localization.places import highest


def auc_inside(maps, masks, regions=None):
    """Area under the ROC curve of a map's values for lesion against all other pixels of the image.

    The chance that a pixel of the lesion is higher than one outside; equally high ones count one half. A constant map has
    0.5, and so has noise on average. The chance level (see `Located`) is that of the same map for the same lesion elsewhere:
    above 0.5 where a map marks the region, the body for example, and not the lesion.

    Parameters
    ----------
    maps : (n, h, w) float, not negative. masks : (n, h, w) bool, the lesions. Both at one size.
    regions : (n, h, w) bool, where the lesion might have been; None: anywhere in the image.

    Returns
    -------
    Located, values in [0, 1]; NaN also where a mask fills the image.

    References
    ----------
    T. Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27 (2006) 861-874.
    """

    def value(inside, pixels, mask):
        pairs = pixels * (mask.size - pixels)
        over = inside - pixels * (pixels + 1) / 2
        return np.divide(over, pairs, out=np.full(np.shape(over), np.nan), where=pairs > 0)

    return located(maps, masks, regions, lambda heat, mask: rankdata(heat).reshape(heat.shape), value)


def top_k_intersection(maps, masks, regions=None, *, k):
    """The share of a map's k highest points that lies in the lesion. Parameters else as in `auc_inside`.

    Of equally high points at the edge, each counts by the share that finds room.

    Parameters
    ----------
    k : pixels, from 1 to the number of pixels of an image. With k above the lesion's area, 1 is out of reach.

    Returns
    -------
    Located, values in [0, 1].

    References
    ----------
    J. Theiner, E. Mueller-Budack, R. Ewerth, Interpretable semantic photo geolocation, WACV 2022, arXiv 2104.14995.
    """
    k, size = operator.index(k), int(np.prod(np.shape(maps)[1:]))
    if not 1 <= k <= size:
        raise ValueError(f"k must lie in 1 .. {size}, the pixels of an image; got {k}")
    return located(
        maps,
        masks,
        regions,
        lambda heat, mask: highest(heat, k) / k,
        lambda inside, pixels, mask: inside,
    )
