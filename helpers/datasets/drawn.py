"""What counts as drawn in a set of masks? Decided from all their pixels together, and said.

Clean masks hold few numbers: 0 and 1, 0 and 255, or a label for each structure; there, all that is not black is drawn.
JPEG files and smoothed borders add greys between. There, black and white must stand apart, and the threshold lies half
way. A picture in the place of a mask has greys everywhere: it is refused.
"""

from dataclasses import dataclass

import numpy as np

from helpers.datasets.errors import DatasetError

LABELS = 16  # so many different numbers may be labels
NEAR = 0.25  # of white: what is so close to black or white counts as that
BORDER = 0.9  # share of the pixels between that touch black and white, where borders are smoothed
FAINT = 64  # below this, compression may have changed what was drawn to black
BETWEEN = 0.1  # share of all pixels that may lie between
PLATEAU = 0.02  # of what is drawn; so many pixels may lie inside an area of grey: that is no border


@dataclass(frozen=True)
class Found:
    """How often each number occurs in all masks.

    values : sorted numbers. counts : pixels of each. border : share of the pixels between black and white that touch
    both, as those of smoothed borders do. plateau : pixels between, with no black or white around them. lossy : some mask is of a format that loses detail, such as JPEG.
    where : name for messages.
    """

    values: np.ndarray
    counts: np.ndarray
    border: float
    plateau: int
    lossy: bool
    where: str


def threshold(found):
    """The number above which a pixel is drawn, and that in words.

    Parameters
    ----------
    found : `Found`, of the whole set.

    Returns
    -------
    float, str.

    Raises
    ------
    DatasetError : negative numbers, or greys in such numbers that black and white do not stand apart.
    """
    values, counts = found.values, found.counts
    if values[0] < 0:
        raise DatasetError(f"{found.where}: masks hold numbers from {values[0]:g}; expected 0 and above.")
    if values[0] > 0 and len(values) > 1 and not (found.lossy and values[0] <= NEAR * values[-1]):
        raise DatasetError(
            f"{found.where}: no pixel of any mask is black; the numbers begin at {values[0]:g}. Expected masks that are "
            "black where nothing is drawn."
        )
    share = counts / counts.sum()
    white = values[-1]
    faint = found.lossy and 0 < white < FAINT
    if not faint and (len(values) <= 2 or _are_labels(found)):
        drawn = share[values > 0].sum()
        return 0.0, f"drawn is what is not black, {drawn:.2%} of all pixels"
    between = share[(values > NEAR * white) & (values < (1 - NEAR) * white)].sum()
    above, below = share[values >= (1 - NEAR) * white].sum(), share[values <= NEAR * white].sum()
    if faint or between > min(BETWEEN, above, below) or found.plateau > PLATEAU * above * counts.sum():
        raise DatasetError(
            f"{found.where}: not clear what is drawn: masks hold {len(values)} numbers from {values[0]:g} to {white:g}, "
            f"and {between:.0%} of the pixels lie between black and white. Expected masks that are black where nothing "
            "is drawn, best as PNG files of two colours."
        )
    drawn = share[values > white / 2].sum()
    return white / 2, f"drawn is what is above {white / 2:g} of {white:g}, {drawn:.2%} of all pixels"


def _are_labels(found):
    return (
        len(found.values) <= LABELS
        and not found.lossy
        and not _is_noise(found.values)
        and found.border < BORDER
    )


def _is_noise(values):
    """Few numbers, but some just above black and some just below white: no labels, but traces of compression."""
    white = values[-1]
    above_black = (values > 0) & (values <= white / 16)
    below_white = (values < white) & (values >= white * 15 / 16)
    return bool(above_black.any() and below_white.any()) and white > 32
