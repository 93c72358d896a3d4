"""What gives a feature map: layers and operations whose output has places."""

from typing import NamedTuple

from helpers.deep import keras
from helpers.gradcam import opaque
from helpers.gradcam.graph import graph, is_graph
from helpers.gradcam.grids import UNKNOWN, Places, likely_grid, possible_grids
from helpers.gradcam.places import all_places
from helpers.gradcam.steps import IMAGE


class Candidate(NamedTuple):
    """What gives a feature map. path : names from the outside in, "outer/inner". layer : a layer, or an operation such as `+`.

    grid : (h, w), or (d, h, w) of volumes; None where the model leaves a side open, or where a row of tokens fits several grids.
    first : the token of the first place, after class and register tokens; None for feature maps with axes of their own.
    tensor : its position in the model's graph. call : 1 for a layer's second call, and so on.
    """

    path: str
    layer: keras.Operation
    grid: tuple | None
    first: int | None = None
    tensor: tuple = IMAGE
    call: int = 0
    tokens: int | None = None


def candidates(model, image_shape=None, grid=None):
    """All layers and operations of a model, nested ones included, whose output has more than one place; in order.

    Parameters
    ----------
    image_shape : (H, W, channels) of the images, for models that take any size.
    grid : (h, w) of tokens, where the model does not tell it.

    Returns
    -------
    list of Candidate.
    """
    if not is_graph(model):
        return _of_subclassed(model, image_shape or opaque.image_shape(model), grid)
    return of_graph(graph(model, image_shape), grid)


def of_graph(its_graph, grid=None):
    """The candidates of a graph."""
    found, image = [], its_graph.shape(IMAGE)
    sides = image[1:] if len(image) == 3 else image[1:-1]
    for tensor, places in all_places(its_graph).items():
        if tensor == IMAGE or places is None:
            continue
        step, tokens = its_graph.steps[tensor[0]], None
        if len(its_graph.shape(tensor)) == 3:
            if places != UNKNOWN and places.first is None:
                continue
            tokens = its_graph.shape(tensor)[1]
            places = tokens_in(tokens, places, sides, grid)
        if places.grid is None or None in places.grid or places.count > 1:
            found.append(
                Candidate(step.path, step.operation, places.grid, places.first, tensor, step.call, tokens)
            )
    return found


def _of_subclassed(model, image_shape, grid):
    """The candidates of a model that cannot be looked into: its layers, in the order in which they run."""
    found = []
    for spot, shape in opaque.seen(model, image_shape)[0].items():
        if len(shape) in (4, 5):
            places, tokens = Places(shape[1:-1]), None
        elif len(shape) == 3:
            places, tokens = tokens_in(shape[1], UNKNOWN, image_shape[:-1], grid), shape[1]
        else:
            continue
        if places.grid is None or places.count != 1:
            found.append(
                Candidate(
                    spot.operation.name,
                    spot.operation,
                    places.grid,
                    places.first,
                    call=spot.call,
                    tokens=tokens,
                )
            )
    return found


def tokens_in(tokens, places, sides, grid):
    """Places of a row of tokens; with grid None where it fits none or several."""
    if grid is not None and places == UNKNOWN and tokens is not None and tokens >= Places(tuple(grid)).count:
        return Places(tuple(grid), tokens - Places(tuple(grid)).count)
    if places != UNKNOWN:
        return places
    return likely_grid(tokens, sides) or Places(None, 0)


def not_clear(candidate, sides):
    """Say that a row of tokens fits no grid, or several."""
    fits = possible_grids(candidate.tokens, sides)
    told = ", ".join(f"{'x'.join(map(str, grid))} + {further} further tokens" for grid, further in fits)
    return ValueError(
        f"the grid of the {candidate.tokens} tokens of {candidate.path!r} is not clear for images of "
        f"{'x'.join(map(str, sides))} pixels (possible: {told or 'none with square patches'}): give grid=(rows, columns); "
        "further tokens are taken to stand in front"
    )
