"""Where the places of a feature map lie in the image, followed from the image on."""

import math

from helpers.gradcam.grids import UNKNOWN, Places
from helpers.gradcam.steps import IMAGE, has_weights
from helpers.gradcam.tokens import TURNING, of_tokens


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


def _places(graph, step, tensor, found):
    shape = graph.shape(tensor)
    entering = [(found[one], one) for one in step.inputs]
    if len(shape) == 3:
        return of_tokens(graph, step, tensor, entering)
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
