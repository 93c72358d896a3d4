"""Figures: one way to show them, one palette, and the pictures that several lessons need."""

import base64
import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

from helpers import seeds

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


def percent(share, digits=0):
    """A share in [0, 1] as text, such as "42 %"."""
    return f"{100 * share:.{digits}f} %"


def bars_with_intervals(axis, bars):
    """Horizontal bars from 0 to 100 %, the first on top, with their figures and 95 % intervals.

    bars : name -> (share in [0, 1], (low, high) or None, colour).
    """
    for y, (name, (share, interval, colour)) in zip(range(len(bars) - 1, -1, -1), bars.items()):
        axis.barh(y, 100 * share, color=colour, height=0.62)
        text, end = percent(share, 1 if share > 0.99 else 0), share
        if interval is not None:
            low, high = interval
            axis.plot([100 * low, 100 * high], [y, y], color="black", linewidth=1.6, solid_capstyle="butt")
            text, end = f"{text} ({percent(low)} to {percent(high)})", max(share, high)
        axis.text(100 * end + 1.5, y, text, va="center", fontsize=10)
    axis.set_yticks(range(len(bars) - 1, -1, -1), list(bars))
    axis.set_xlim(0, 118)
    axis.set_xticks(range(0, 101, 20))


def strips(axis, values, names, dot=7, seed=0):
    """One row of dots per class with its median as a line; the dots are spread up and down so that all show.

    values : for each class (m,) numbers. names : what each row is called.
    """
    rng = seeds.generator(seed)
    for row, (one, colour) in enumerate(zip(values, CLASS_COLOURS)):
        spread = row + rng.uniform(-0.28, 0.28, len(one))
        axis.scatter(one, spread, s=dot, alpha=0.6, color=colour, linewidths=0)
        axis.plot([np.median(one)] * 2, [row - 0.4, row + 0.4], color="black", linewidth=2)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
