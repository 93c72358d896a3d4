"""Grids of places: rows and columns, volumes, and which grids a row of tokens may be."""

import math
from typing import NamedTuple

MORE_TOKENS = 16  # so many class and register tokens are thought of when possibilities are listed
UNKNOWN = "unknown"  # tokens made by a layer that cannot be looked into


class Places(NamedTuple):
    """grid : (h, w) or (d, h, w). first : the token of the first place; None where the axes are those of the grid."""

    grid: tuple
    first: int | None = None

    @property
    def count(self):
        return 0 if None in self.grid else math.prod(self.grid)


def possible_grids(tokens, sides, most=MORE_TOKENS):
    """[(grid, further tokens)] for tokens of square patches of an image with these sides, at most so many further ones."""
    if None in (tokens, *sides):
        return []
    cut = {tuple(side // patch for side in sides) for patch in range(1, min(sides) + 1)}
    cut |= {tuple(-(-side // patch) for side in sides) for patch in range(1, max(sides) + 1)}
    fits = [(grid, tokens - math.prod(grid)) for grid in cut if math.prod(grid) > 1]
    return sorted((one for one in fits if 0 <= one[1] <= most), key=lambda one: (one[1], one[0]))


def likely_grid(tokens, sides):
    """Places of the tokens, one class token in front or none, if just one grid has the image's proportions; else None."""
    fits = [
        (grid, further)
        for grid, further in possible_grids(tokens, sides, most=1)
        if all(side * grid[0] == sides[0] * cells for side, cells in zip(sides, grid))
    ]
    return Places(*fits[0]) if len(fits) == 1 else None
