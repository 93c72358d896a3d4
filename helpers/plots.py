"""Figures: one way to show them, one palette, and the pictures that several lessons need."""

import base64
import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

# Okabe and Ito's palette: told apart with any colour vision (https://jfly.uni-koeln.de/color/).
COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "grey": "#6E6E6E",
}
CLASS_COLOURS = tuple(COLOURS[name] for name in ("blue", "green", "orange", "vermillion", "purple", "sky"))
LESION = COLOURS["orange"]
DOTS_PER_INCH = 110

STYLE = {
    "figure.figsize": (8.5, 4.0),
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": matplotlib.cycler(color=CLASS_COLOURS),
    "legend.frameon": False,
    "image.cmap": "gray",
}
plt.rcParams.update(STYLE)  # importing this module sets the course's style for the notebook


def show(fig, alt, photo=False):
    """Show a figure in the notebook, and close it.

    Parameters
    ----------
    fig : matplotlib figure.
    alt : what the figure shows, for readers who do not see it: one or two sentences with the finding.
    photo : True for medical images (JPEG), False for charts (PNG).
    """
    if not alt.strip():
        raise ValueError("a figure needs a text for readers who cannot see it: pass alt=")
    mime, kind, quality = (
        ("image/jpeg", "jpg", {"quality": 88}) if photo else ("image/png", "png", {"optimize": True})
    )
    buffer = io.BytesIO()
    fig.savefig(buffer, format=kind, dpi=DOTS_PER_INCH, facecolor="white", pil_kwargs=quality)
    plt.close(fig)
    data = base64.b64encode(buffer.getvalue()).decode()
    display({mime: data, "text/plain": f"Figure: {alt}"}, metadata={mime: {"alt": alt}}, raw=True)


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


def bars_with_intervals(axis, names, estimates, colours, texts):
    """Horizontal bars from 0 to 100 %, the first on top, with 95 % intervals.

    estimates : for each bar (mean, low, high) as shares in [0, 1]; low and high may be None.
    """
    position = np.arange(len(names))[::-1]
    axis.barh(position, [100 * mean for mean, _, _ in estimates], color=colours, height=0.62)
    for y, (mean, low, high), text in zip(position, estimates, texts):
        end = mean
        if low is not None:
            axis.plot([100 * low, 100 * high], [y, y], color="black", linewidth=1.6, solid_capstyle="butt")
            end = max(mean, high)
        axis.text(100 * end + 1.5, y, text, va="center", fontsize=10)
    axis.set_yticks(position, names)
    axis.set_xlim(0, 118)
    axis.set_xticks(range(0, 101, 20))
