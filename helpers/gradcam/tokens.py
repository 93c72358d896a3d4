"""Rows of tokens: which token stands for which place. Where tokens are made, added or taken away, a trial shows it."""

import itertools
import math

import numpy as np

from helpers.gradcam.grids import UNKNOWN, Places
from helpers.gradcam.steps import has_weights, probes, run

# Operations by which axes may change places.
TURNING = ("Permute", "Transpose", "Moveaxis", "Swapaxes", "Einsum", "Matmul", "Dot")


def of_tokens(graph, step, tensor, entering):
    """Places of a tensor (n, tokens, width), from those of the tensors that enter; UNKNOWN or None as in `all_places`."""
    tokens = graph.shape(tensor)[1]
    for places, one in entering:
        if isinstance(places, Places) and len(graph.shape(one)) > 3 and places.first is None:
            if places.count and places.count == tokens:
                return Places(places.grid, 0)
            if has_weights(step.operation):
                return UNKNOWN
            cut = _where_patches_go(graph, step, tensor, one, places)
            if cut is not None:
                return cut
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
    changed = _trial(graph, step, tensor, one)
    first, last = changed((places.first,)), changed((places.first + places.count - 1,))
    if len(first) == len(last) == 1 and last[0] - first[0] == places.count - 1:
        return Places(places.grid, first[0])
    return unseen


def _where_patches_go(graph, step, tensor, one, places):
    """Places of the tokens that square patches are cut into, row by row; None where that cannot be seen.

    The grid that fits is it if the middle of its patch in each corner goes to that corner's token, and to no other.
    """
    tokens, changed = graph.shape(tensor)[1], _trial(graph, step, tensor, one)
    for patch in range(1, min(places.grid) + 1) if places.count else ():
        grid = tuple(side // patch for side in places.grid)
        if math.prod(grid) != tokens or any(side % patch for side in places.grid):
            continue
        corners = itertools.product(*((0, cells - 1) for cells in grid))
        middles = [(corner, tuple(cell * patch + patch // 2 for cell in corner)) for corner in corners]
        if all(changed(pixel) == [np.ravel_multi_index(corner, grid)] for corner, pixel in middles):
            return Places(grid, 0)
    return None


def _trial(graph, step, tensor, one):
    """A function: which tokens of an output change where the input `one` is changed at a place; [] where that cannot be tried."""
    inputs, which = [probes(graph.shape(other), n=1) for other in step.inputs], step.inputs.index(one)
    before = run(step, inputs)

    def changed(place):
        moved = [x.copy() for x in inputs]
        moved[which][(0, *place)] += np.linspace(0.5, 1.5, moved[which].shape[-1], dtype=np.float32)
        after = run(step, moved)
        if before is None or after is None:
            return []
        differs = np.asarray(after[tensor[1]]) != np.asarray(before[tensor[1]])
        return np.flatnonzero(differs.any(axis=(0, 2))).tolist()

    return changed
