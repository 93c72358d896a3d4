"""Heatmaps over images: one colour scale for all that are to be compared, and a bar that says what the colours mean."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from helpers.plots.images import outline

HEAT = "inferno"  # perceptual: equal steps of value look like equal steps, also in grey and with any colour vision
OUTLINE = "#56B4E9"  # sky blue: inferno has no blue this light
MOST_OPAQUE = 0.75


def overlay(axis, image, heat, highest, mask=None):
    """Draw a heatmap over a grey image: the higher the value, the less of the image is seen.

    Parameters
    ----------
    axis : matplotlib axes. image : (h, w) in [0, 1]. heat : (h, w), not negative. highest : value of the last colour.
    mask : (h, w) bool or None; outlined.
    """
    axis.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    share = np.clip(heat / highest, 0, 1) if highest > 0 else np.zeros_like(heat)
    axis.imshow(share, cmap=HEAT, vmin=0, vmax=1, alpha=MOST_OPAQUE * share, interpolation="nearest")
    if mask is not None and mask.any():
        outline(axis, mask, OUTLINE)


def triplets(images, maps, titles, masks=None, *, label="Grad-CAM, raw", title="", highest=None):
    """Rows of three pictures: the image, its heatmap, and both.

    Parameters
    ----------
    images : (n, h, w) in [0, 1]. maps : (n, h, w), not negative, at the images' size (`gradcam.upsample`).
    titles : n texts, above each image: what was predicted and what is true.
    masks : (n, h, w) bool or None: lesions, outlined in blue.
    label : of the colour bar: what the values are. highest : value of the last colour; None: the highest of all maps. One
        scale for all rows: a faint map looks faint.

    Returns
    -------
    matplotlib figure.
    """
    images, maps = _checked(images, maps)
    highest = float(maps.max()) if highest is None else highest
    n = len(images)
    fig, axes = plt.subplots(n, 3, figsize=(8.5, 2.45 * n + 0.5), squeeze=False)
    for row, image, heat, text, mask in zip(
        axes, images, maps, titles, [None] * n if masks is None else masks
    ):
        row[0].imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        row[1].imshow(heat, cmap=HEAT, vmin=0, vmax=highest or 1, interpolation="nearest")
        for axis in row[:2]:
            if mask is not None and mask.any():
                outline(axis, mask, OUTLINE)
        overlay(row[2], image, heat, highest, mask)
        row[0].set_title(text, fontsize=9.5)
        for axis in row:
            axis.axis("off")
    _bar(fig, axes, highest, label)
    fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    return fig


def gallery(images, maps, titles, masks=None, *, label="Grad-CAM, raw", title="", shared=True):
    """A grid of overlays: one row per image, one column per kind of map (methods, layers, networks).

    Parameters
    ----------
    images : (n, h, w) in [0, 1]. maps : name of a column -> (n, h, w), not negative, at the images' size.
    titles : n texts, left of the rows. masks : as in `triplets`.
    shared : True: one colour scale for all. False: one per column, its highest value being the last colour: for methods whose
        values have different units. The bar then shows shares of that.

    Returns
    -------
    matplotlib figure.
    """
    checked = {name: _checked(images, part)[1] for name, part in maps.items()}
    images, n = np.asarray(images), len(images)
    tops = {name: float(part.max()) for name, part in checked.items()}
    if shared:
        tops = dict.fromkeys(tops, max(tops.values()))
    side = 8.0 / (len(checked) + 0.6)
    fig, axes = plt.subplots(n, len(checked), figsize=(8.5, side * n + 0.9), squeeze=False)
    for i, row in enumerate(axes):
        for axis, (name, part) in zip(row, checked.items()):
            overlay(axis, images[i], part[i], tops[name], None if masks is None else masks[i])
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if i == 0:
                axis.set_title(name, fontsize=9.5, loc="center")
        row[0].set_ylabel(titles[i], fontsize=9)
    _bar(fig, axes, next(iter(tops.values())) if shared else 1.0, label)
    fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    return fig


def _bar(fig, axes, highest, label):
    scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, highest or 1), HEAT)
    fig.colorbar(scale, ax=axes, shrink=0.6, aspect=30, label=label)


def _checked(images, maps):
    images, maps = np.asarray(images), np.asarray(maps)
    if images.ndim != 3 or images.shape != maps.shape:
        raise ValueError(
            f"expected images and maps of one shape (n, h, w), got {images.shape} and {maps.shape}: "
            "gradcam.upsample brings maps to the size of the images"
        )
    if not np.isfinite(maps).all() or maps.min() < 0:
        raise ValueError("expected maps without NaN and without negative values: take relu=True")
    return images, maps
