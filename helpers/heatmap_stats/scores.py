"""One number per map. What is compared depends on which: strength, spread, or place.

The share of a map that lies inside a mask, beside its chance level, is `helpers.localization.energy_inside`.
"""

import numpy as np


def mean_raw(maps):
    """The mean of each map as it is: how strong the map is.

    For the last convolution, GAP and one Dense, the mean *before* the ReLU is (logit - bias) / (h w): the logit in
    disguise. The ReLU breaks that identity, not the likeness.

    Parameters
    ----------
    maps : (n, h, w) float, finite, not negative.

    Returns
    -------
    (n,) float64, in the units of the maps; 0 for an empty map.

    Raises
    ------
    ValueError : maps of another shape, none, or with NaN, infinite or negative values.
    """
    return _checked(maps).mean(axis=(1, 2))


def mean_max_normalised(maps):
    """The mean of each map divided by its own maximum: how spread out the map is, not how strong or where.

    This is document 004's score: mean(map / max(map)). Parameters and errors as in `mean_raw`.

    Returns
    -------
    (n,) float64 in (0, 1]; NaN for an empty map, 0 / 0. `empty` tells which these are; `compare_groups` refuses them.
    """
    maps = _checked(maps)
    return _ratio(maps.mean(axis=(1, 2)), maps.max(axis=(1, 2)))


def mean_minmax_normalised(maps):
    """The mean of (map - min) / (max - min), each map by its own: spread, with the lowest value taken for nothing.

    Parameters and errors as in `mean_raw`.

    Returns
    -------
    (n,) float64 in (0, 1); NaN for a map of one value everywhere (an empty one, or a constant): 0 / 0.
    """
    maps = _checked(maps)
    lowest = maps.min(axis=(1, 2))
    return _ratio(maps.mean(axis=(1, 2)) - lowest, maps.max(axis=(1, 2)) - lowest)


def centroid(maps):
    """Centre of mass of each map: where it lies. Parameters and errors as in `mean_raw`.

    Returns
    -------
    (n, 2) float64, row and column as shares of height and width: pixel (i, j) has its centre at
    ((i + 0.5) / h, (j + 0.5) / w), so that all lie in (0, 1) and maps of different sizes compare. NaN for empty maps.
    """
    maps = _checked(maps)
    _, height, width = maps.shape
    rows, columns = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    total = maps.sum(axis=(1, 2))
    return np.stack(
        [_ratio(maps.sum(axis=2) @ rows, total), _ratio(maps.sum(axis=1) @ columns, total)], axis=1
    )


def empty(maps):
    """Which maps are 0 everywhere: nothing speaks for the class. Parameters and errors as in `mean_raw`.

    Returns
    -------
    (n,) bool. Count these and say so before leaving them out: which images they are is a finding of its own.
    """
    return ~_checked(maps).any(axis=(1, 2))


def _ratio(part, whole):
    """part / whole, and NaN where whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)


def _checked(maps):
    maps = np.asarray(maps)
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"expected maps (n, h, w), one at least; got shape {maps.shape}")
    maps = maps.astype(np.float64)
    if not np.isfinite(maps).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(maps).all(axis=(1, 2)))} of {len(maps)} maps hold NaN or infinite values"
        )
    if maps.min() < 0:
        raise ValueError(
            f"expected maps without negative values, the lowest is {maps.min():.3g}: take relu=True. (The mean of a map "
            "before the ReLU is maps.mean(axis=(1, 2)).)"
        )
    return maps
