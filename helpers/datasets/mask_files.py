"""Mask files: which numbers lie in them, and in which channel the mask is."""

from collections import Counter

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from helpers.datasets import drawn, opening, pixels
from helpers.datasets.errors import DatasetError

MANY = 65536  # different numbers in one file: no mask
OPAQUE = 127  # alpha above this is seen


def channels(path):
    """One mask: (colour, alpha, whether the format is lossy).

    colour : (h, w), the brightest channel, as stored. alpha : (h, w) uint8; None where it is the same everywhere.
    """
    with opening.opened(path) as image:
        lossy = pixels.is_lossy(image)
        image.load()
        pixels.turn_upright(image)
        if pixels.is_wide(image) or image.mode in ("1", "L") and "transparency" not in image.info:
            return np.asarray(image.convert("L") if image.mode == "1" else image), None, lossy
        rgba = np.asarray(image.convert("RGBA"))
    colour, alpha = rgba[..., :3].max(axis=2), rgba[..., 3]
    return colour, (None if (alpha == alpha.flat[0]).all() and alpha.flat[0] else alpha), lossy


def on_black(colour, alpha):
    """The colour as it is seen on black."""
    return colour if alpha is None else (colour.astype(np.uint16) * alpha + OPAQUE) // 255


def survey(paths, read):
    """How often each number occurs in all masks, and whether the alpha channel is the mask.

    Parameters
    ----------
    paths : of the masks. read : `channels`, or what reports errors in its place.

    Returns
    -------
    `drawn.Found`, and bool: it is the alpha channel if that varies in every mask (or hides all of it), and what is seen
    holds no black of its own beside few other colours.
    """
    seen, alphas, inside, by_alpha, any_lossy, edges, plateau = (
        Counter(),
        Counter(),
        Counter(),
        [],
        False,
        [],
        0,
    )
    for path in paths:
        colour, alpha, lossy = read(path)
        any_lossy |= lossy
        by_alpha.append(alpha is not None)
        shown = on_black(colour, alpha)
        _count(seen, shown, path)
        edges.append(_border(shown if alpha is None else alpha))
        plateau += _plateau(shown if alpha is None else alpha)
        if alpha is not None:
            _count(alphas, alpha, path)
            _count(inside, colour[alpha > OPAQUE], path)
    is_mask_itself = 0 in inside and 2 <= len(inside) <= drawn.LABELS
    takes_alpha = all(by_alpha) and not is_mask_itself
    values, counts = zip(*sorted((alphas if takes_alpha else seen).items()))
    between, touching = np.sum(edges, axis=0)
    border = touching / between if between else 0.0
    return drawn.Found(
        np.array(values), np.array(counts), border, plateau, any_lossy, str(paths[0].parent)
    ), takes_alpha


def _border(mask):
    """How many pixels lie between black and the brightest number, and how many of those touch both."""
    white = mask.max()
    between = (mask > 0) & (mask < white)
    if not between.any():
        return 0, 0
    touching = between & (maximum_filter(mask, 3) == white) & (minimum_filter(mask, 3) == 0)
    return np.count_nonzero(between), np.count_nonzero(touching)


def _plateau(mask):
    """How many pixels lie between black and white, as all around them do; 0 where the mask is all but black."""
    white = float(mask.max())
    if mask.dtype == np.uint8 and white < drawn.FAINT:
        return 0
    between = (mask > drawn.NEAR * white) & (mask < (1 - drawn.NEAR) * white)
    return np.count_nonzero(minimum_filter(between, 3))


def _count(counter, numbers, path):
    if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
        raise DatasetError(f"{path}: some of its pixels are NaN or infinite. Mend or leave out the mask.")
    if numbers.dtype == np.uint8:
        counts = np.bincount(numbers.ravel(), minlength=256)
        counter.update({value: int(count) for value, count in enumerate(counts) if count})
        return
    values, counts = np.unique(numbers, return_counts=True)
    if len(values) > MANY:
        raise DatasetError(f"{path}: holds {len(values)} different numbers, as pictures do, not masks.")
    counter.update(dict(zip(values.tolist(), counts.tolist())))


def refuse_inverted(masks, where):
    """Masks that are drawn at all four corners, and more than not, are white where nothing is meant.

    Parameters
    ----------
    masks : list of (share of drawn pixels, whether all four corners are drawn).
    """
    inverted = [share for share, corners in masks if corners and 0.5 < share < 1]
    if len(inverted) > len(masks) / 2:
        raise DatasetError(
            f"{where}: in {len(inverted)} of {len(masks)} masks the corners and most of the picture are drawn: they seem "
            "inverted. Expected masks that are black where nothing is drawn."
        )
