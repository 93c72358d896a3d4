"""Figures of an audit: what was printed, beside what the numbers allow. SVG, once for light pages and once for dark ones."""

import base64
import io
import textwrap
from dataclasses import dataclass, field

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

# Okabe and Ito's colours, light enough for dark pages where they have to be (https://jfly.uni-koeln.de/color/).
PAGES = {
    "light": {
        "ink": "#222222",
        "faint": "#C8C8C8",
        "printed": "#D55E00",
        "allowed": "#0072B2",
        "chance": "#6E6E6E",
    },
    "dark": {
        "ink": "#E8E8E8",
        "faint": "#4A4A4A",
        "printed": "#F0894A",
        "allowed": "#56B4E9",
        "chance": "#A8A8A8",
    },
}
MARKERS = {"printed": "D", "allowed": "o", "chance": "s"}
WORDS = {"printed": "printed", "allowed": "what the other numbers allow", "chance": "what chance gives"}
WIDTH = 4.0  # inches: 288 points, so that 10 points are legible on a telephone
LABEL = 46  # letters of a label in one line


@dataclass(frozen=True)
class Line:
    """One line of a figure: its label, and spans (low, high, "printed" | "allowed" | "chance"); a dot where low = high."""

    label: str
    spans: list


@dataclass(frozen=True)
class Figure:
    """A drawn figure: SVG by page ("light", "dark"), base64; alt text; the caption, which is its title."""

    svg: dict = field(repr=False)
    alt: str
    caption: str


def number_line(lines, caption, axis, *, percent=True):
    """Lines below each other over one axis: a `Figure`.

    Parameters
    ----------
    lines : of `Line`. caption : the finding. axis : what is measured, with its unit. percent : values are shares.
    """
    scale = 100 if percent else 1
    drawn = _draw(lines, axis, scale, PAGES["light"])
    svg = {page: base64.b64encode(_coloured(drawn, page).encode()).decode() for page in PAGES}
    told = "; ".join(f"{line.label}: {_spans(line.spans, scale)}" for line in lines)
    return Figure(svg, f"{caption} {axis}. {told}.", caption)


def _draw(lines, axis, scale, colours):
    style = {
        "svg.fonttype": "path", "svg.hashsalt": "audit", "text.parse_math": False, "font.size": 10, "text.color": colours["ink"],
        "axes.facecolor": "none", "axes.edgecolor": colours["ink"], "axes.labelcolor": colours["ink"], "xtick.color": colours["ink"],
    }  # fmt: skip
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(WIDTH, 0.9 + 0.48 * len(lines)), layout="constrained")
        for position, line in enumerate(lines):
            axes.axhline(-position, color=colours["faint"], linewidth=0.8, zorder=0)
            axes.annotate(
                textwrap.shorten(line.label, LABEL, placeholder=" ..."), (0, -position), (0, 6), color=colours["ink"],
                xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=10,
            )  # fmt: skip
            for low, high, kind in line.spans:
                _span(axes, low * scale, high * scale, -position, kind, colours)
        axes.set(ylim=(-len(lines) + 0.4, 0.8), yticks=[], xlabel=axis)
        axes.spines[["top", "left", "right"]].set_visible(False)
        axes.margins(x=0.06)
        _legend(axes, {kind for line in lines for *_, kind in line.spans}, colours)
        return _svg(figure)


def _coloured(svg, page):
    """A figure for light pages, with the colours of `page`."""
    for name, colour in PAGES["light"].items():
        svg = svg.replace(colour.lower(), PAGES[page][name].lower())
    return svg


def _span(axes, low, high, height, kind, colours):
    colour = colours[kind]
    axes.plot([low, high], [height, height], color=colour, linewidth=5, solid_capstyle="butt", alpha=0.85)
    ends = [low, high] if high > low else [low]
    axes.plot(ends, [height] * len(ends), MARKERS[kind], color=colour, markersize=5.5)


def _legend(axes, kinds, colours):
    handles = [
        plt.Line2D([], [], color=colours[kind], marker=MARKERS[kind], linewidth=3, label=WORDS[kind])
        for kind in WORDS
        if kind in kinds
    ]
    axes.figure.legend(
        handles=handles, loc="outside lower left", frameon=False, fontsize=9, ncols=1, handlelength=1.4
    )


def _svg(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    return buffer.getvalue().decode()


def _spans(spans, scale):
    words = []
    for low, high, kind in spans:
        numbers = f"{low * scale:.4g}" if low == high else f"{low * scale:.4g} to {high * scale:.4g}"
        words.append(f"{WORDS[kind]} {numbers}")
    return ", ".join(words)
