"""One way to show a figure, one style, one palette."""

import base64
import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from PIL import Image

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
    mime, buffer = ("image/jpeg", _as_jpeg(fig)) if photo else ("image/png", _with_256_colours(fig))
    plt.close(fig)
    data = base64.b64encode(buffer.getvalue()).decode()
    display({mime: data, "text/plain": f"Figure: {alt}"}, metadata={mime: {"alt": alt}}, raw=True)


def _as_jpeg(fig):
    """A figure as JPEG, in a buffer."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="jpg", pil_kwargs={"quality": 80}, dpi=DOTS_PER_INCH, facecolor="white")
    return buffer


def _with_256_colours(fig):
    """A figure as PNG, in a buffer; a chart has few colours, and a palette makes its file a third as large."""
    fig.set(dpi=DOTS_PER_INCH, facecolor="white")
    fig.canvas.draw()
    drawn, buffer = Image.fromarray(np.asarray(fig.canvas.buffer_rgba())), io.BytesIO()
    drawn.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(buffer, "png")
    return buffer


def percent(share, digits=0):
    """A share in [0, 1] as text, such as "42 %"."""
    return f"{100 * share:.{digits}f} %"
