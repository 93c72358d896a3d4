"""Where the places of a feature map lie in the image: grids of rows and columns, volumes, and rows of tokens."""

import math
from typing import NamedTuple

import numpy as np

from helpers.gradcam.steps import IMAGE, has_weights, probes, run

MORE_TOKENS = 16  # so many class and register tokens are thought of when possibilities are listed


class Places(NamedTuple):
    """grid : (h, w) or (d, h, w). first : the token of the first place; None where the axes are those of the grid."""

    grid: tuple
    first: int | None = None

    @property
    def count(self):
        return 0 if None in self.grid else math.prod(self.grid)


TURNING = (
    "Permute",
    "Transpose",
    "Moveaxis",
    "Swapaxes",
    "Einsum",
    "Matmul",
    "Dot",
)  # axes may change places
UNKNOWN = "unknown"  # tokens made by a layer that cannot be looked into


def all_places(graph):
    """{tensor: Places, UNKNOWN or None}; None where the axes of a tensor are no places of the image.

    They are followed from the image on. Tokens keep the grid of the patches that they were made of; where tokens are
    added or taken away, a trial shows which output a token goes to.
    """
    shape = graph.shape(IMAGE)
    found = {IMAGE: Places(shape[1:]) if len(shape) == 3 else Places(shape[1:-1])}
    for tensor in graph.tensors:
        if tensor != IMAGE:
            found[tensor] = _places(graph, graph.steps[tensor[0]], tensor, found)
    return found


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


def _places(graph, step, tensor, found):
    shape = graph.shape(tensor)
    entering = [(found[one], one) for one in step.inputs]
    if len(shape) == 3:
        return _of_tokens(graph, step, tensor, entering)
    if len(shape) not in (4, 5):
        return None
    fits = (_keeps_axes(step, places, one, graph.shape(one), shape) for places, one in entering)
    return Places(shape[1:-1]) if any(fits) else None


def _keeps_axes(step, places, one, before, after):
    """Whether the axes of a feature map are places because those of what enters are."""
    sides = after[1:-1]
    if places is None:
        return False
    if places == UNKNOWN:
        return math.prod(sides) == before[1]
    if places.first is not None:
        return sides == places.grid or (has_weights(step.operation) and len(places.grid) == len(sides))
    if len(before) != len(after):  # a volume becomes an image, or an image gets an axis for channels
        return sides in (places.grid, places.grid[1:])
    if type(step.operation).__name__ in TURNING:
        return one == IMAGE and _brings_channels_back(step.operation)
    return type(step.operation).__name__ != "Reshape" or sides == places.grid


def _brings_channels_back(operation):
    """Whether (n, channels, h, w) becomes (n, h, w, channels)."""
    return getattr(operation, "dims", None) == (2, 3, 1) or getattr(operation, "axes", None) == (0, 2, 3, 1)


def _of_tokens(graph, step, tensor, entering):
    """Of a tensor (n, tokens, width)."""
    tokens = graph.shape(tensor)[1]
    for places, one in entering:
        if isinstance(places, Places) and len(graph.shape(one)) > 3 and places.first is None:
            if places.count and places.count == tokens:
                return Places(places.grid, 0)
            if has_weights(step.operation):
                return UNKNOWN
        if not isinstance(places, Places) or len(graph.shape(one)) != 3:
            continue
        if places.first is None:  # an image without an axis for channels
            if tokens == graph.shape(one)[1] and graph.shape(tensor) == graph.shape(one):
                return places
            continue
        moved = _where_tokens_go(graph, step, tensor, one, places)
        if moved is not None:
            return moved
    if any(places == UNKNOWN for places, _ in entering) and type(step.operation).__name__ not in TURNING:
        return UNKNOWN
    return None


def _where_tokens_go(graph, step, tensor, one, places):
    """Places of the output where each token of `one` goes to a token of its own; UNKNOWN where that cannot be seen."""
    same = graph.shape(tensor)[1] == graph.shape(one)[1]
    kind = type(step.operation).__name__
    if same and (has_weights(step.operation) or len(step.inputs) > 1) and kind != "Concatenate":
        return places
    unseen = UNKNOWN if has_weights(step.operation) else None
    inputs, which = [probes(graph.shape(other), n=1) for other in step.inputs], step.inputs.index(one)
    before, ends = run(step, inputs), []
    for place in (places.first, places.first + places.count - 1):
        moved = [x.copy() for x in inputs]
        moved[which][:, place] += np.linspace(0.5, 1.5, moved[which].shape[2], dtype=np.float32)
        after = run(step, moved)
        if before is None or after is None:
            return unseen
        changed = np.asarray(after[tensor[1]]) != np.asarray(before[tensor[1]])
        ends.append(np.flatnonzero(changed.any(axis=(0, 2))))
    first, last = ends
    if len(first) == len(last) == 1 and last[0] - first[0] == places.count - 1:
        return Places(places.grid, int(first[0]))
    return unseen
