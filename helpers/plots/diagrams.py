"""Boxes and arrows: one picture of the idea that a lesson is about."""

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from helpers.plots.base import COLOURS

WIDTH, HEIGHT = 1.55, 0.72  # of a box, in units of the grid's columns (two apart) and rows (one apart)


def diagram(boxes, arrows, title="", row_height=1.0):
    """Boxes on a grid, and arrows between them.

    Parameters
    ----------
    boxes : name -> (column, row, text) or (column, row, text, colour). Columns and rows may be fractions; row 0 is on top.
        colour : a name of `plots.COLOURS` for the border and a tint of the box; grey by default.
    arrows : list of (name, name) or (name, name, text); a text that begins with "!" is drawn in vermillion, with its
        arrow dashed: what must not happen.
    row_height : inches of one row.

    Returns
    -------
    matplotlib figure. Show it with `plots.show`.
    """
    columns = [2 * box[0] for box in boxes.values()]
    rows = [box[1] for box in boxes.values()]
    left, right = min(columns) - 0.9, max(columns) + 0.9
    bottom, top = max(rows) + 0.6, min(rows) - 0.6
    fig, axis = plt.subplots(figsize=(8.5, row_height * (bottom - top) + 0.4 * bool(title)))
    axis.set(xlim=(left, right), ylim=(bottom, top))
    axis.axis("off")
    patches = {name: _box(axis, *box) for name, box in boxes.items()}
    for start, end, *text in arrows:
        _arrow(axis, patches[start], patches[end], *text)
    axis.set_title(title)
    return fig


def _box(axis, column, row, text, colour="grey"):
    """A rounded box with its text; returns the patch."""
    patch = FancyBboxPatch(
        (2 * column - WIDTH / 2, row - HEIGHT / 2), WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=0.1",
        facecolor=(COLOURS[colour], 0.12), edgecolor=COLOURS[colour], linewidth=1.5,
    )  # fmt: skip
    axis.add_patch(patch)
    axis.text(2 * column, row, text, ha="center", va="center", fontsize=9.5, linespacing=1.15)
    return patch


def _arrow(axis, start, end, text=""):
    """From the border of one box to that of another."""
    forbidden = text.startswith("!")
    colour = COLOURS["vermillion"] if forbidden else "black"
    (x0, y0), (x1, y1) = ((patch.get_x() + WIDTH / 2, patch.get_y() + HEIGHT / 2) for patch in (start, end))
    axis.annotate(
        "", (x1, y1), (x0, y0),
        arrowprops={
            "arrowstyle": "-|>", "color": colour, "linewidth": 1.5, "patchA": start, "patchB": end,
            "linestyle": "--" if forbidden else "-", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14,
        },
    )  # fmt: skip
    if text:
        axis.text(
            (x0 + x1) / 2, (y0 + y1) / 2, text.removeprefix("!"), ha="center", va="center", fontsize=9, color=colour,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
