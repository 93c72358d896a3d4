"""Pictures of images."""

import matplotlib.pyplot as plt

from helpers.plots.base import LESION


def montage(images, titles, masks=None, columns=6, title=""):
    """A grid of grey images with lesion outlines.

    Parameters
    ----------
    images : (n, h, w) in [0, 1], all on one grey scale. titles : n texts.
    masks : (n, h, w) bool or None; outlined in orange.

    Returns
    -------
    matplotlib figure.
    """
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(8.5, 8.5 / columns * rows * 1.16 + 0.3), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for i, axis in zip(range(len(images)), axes.flat):
        axis.imshow(images[i], vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(titles[i], fontsize=9, loc="center", pad=3)
        if masks is not None and masks[i].any():
            outline(axis, masks[i])
    fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    return fig


def outline(axis, mask, colour=LESION):
    """Draw the border of a bool mask (h, w) over an image."""
    axis.contour(mask.astype(float), [0.5], colors=[colour], linewidths=1.3)
