"""Find the place to explain: by name at any depth, or the last one through which the whole answer flows."""

import difflib
from typing import NamedTuple

from helpers.deep import keras
from helpers.gradcam import opaque
from helpers.gradcam.flow import last_that_speaks
from helpers.gradcam.graph import IMAGE, graph, has_weights, is_graph
from helpers.gradcam.places import UNKNOWN, Places, all_places, likely_grid, possible_grids


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
    found, sides = [], its_graph.shape(IMAGE)[1:3] if len(its_graph.shape(IMAGE)) < 5 else its_graph.shape(IMAGE)[1:4]
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
            found.append(Candidate(step.path, step.operation, places.grid, places.first, tensor, step.call, tokens))
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
                Candidate(spot.operation.name, spot.operation, places.grid, places.first, call=spot.call, tokens=tokens)
            )
    return found


def tokens_in(tokens, places, sides, grid):
    """Places of a row of tokens; with grid None where it fits none or several."""
    if grid is not None and places == UNKNOWN and tokens is not None and tokens >= Places(tuple(grid)).count:
        return Places(tuple(grid), tokens - Places(tuple(grid)).count)
    if places != UNKNOWN:
        return places
    return likely_grid(tokens, sides) or Places(None, 0)


def default_layer(model, image_shape=None):
    """The last place through which the whole answer flows: a layer, or an operation such as `+` or `*`.

    A transformer that answers from its class token reads the other tokens for the last time in its last attention:
    behind it their gradient is zero. There, what enters the last attention is taken.

    Raises
    ------
    ValueError : nothing has places.
    """
    found = candidates(model, image_shape)
    if not is_graph(model):
        return last(model, found)
    its_graph = graph(model, image_shape)
    return chosen(model, its_graph, found, its_graph.outputs[0])


def last(model, found):
    """The last candidate, of a model of whose inside nothing more is known."""
    if not found:
        _nothing(model)
    return found[-1]


def chosen(model, its_graph, found, answer):
    """The default among candidates, for one answer of the model."""
    behind = its_graph.needed(answer)
    found = [one for one in found if one.tensor[0] in behind and one.tensor != answer]
    last(model, found)
    if found[-1].tokens and found[-1].grid and found[-1].tokens > Places(found[-1].grid).count:
        return last_that_speaks(its_graph, found, answer)
    for one in found[::-1]:
        learnt = any(has_weights(its_graph.steps[position].operation) for position in its_graph.needed(one.tensor))
        if learnt and its_graph.all_flows_through(one.tensor[0], answer):
            return one
    return found[-1]


def find(model, layer, image_shape=None, known=None):
    """The candidate of a name, of a path "outer/inner", or of a layer object.

    Raises
    ------
    ValueError : no such layer, several of that name, one that is called several times, or one without places; the
    message lists candidates.
    """
    known = candidates(model, image_shape) if known is None else known
    if isinstance(layer, str):
        fits = [one for one in known if one.path == layer] or [
            one for one in known if one.path.split("/")[-1] == layer
        ]
    else:
        fits = [one for one in known if one.layer is layer]
    if len(fits) == 1:
        return fits[0]
    name = layer if isinstance(layer, str) else getattr(layer, "name", layer)
    if len({one.path for one in fits}) == 1:
        raise ValueError(
            f"layer {name!r} gives {len(fits)} feature maps in one pass (it is called several times, or has several "
            "outputs): name a layer behind it that is called once"
        )
    if fits:
        raise ValueError(
            f"several layers are called {name!r}: {', '.join(one.path for one in fits)}. Give the whole path."
        )
    raise ValueError(_unknown(model, name, [one.path for one in known]))


def _unknown(model, name, paths):
    alike = difflib.get_close_matches(str(name), [path.split("/")[-1] for path in paths], n=3)
    close = [path for path in paths if path.split("/")[-1] in alike]
    there = any(path == name or path.split("/")[-1] == name for path, _ in in_order(model))
    return (
        f"layer {name!r} of model {model.name!r} "
        + ("has no spatial or token grid" if there else "does not exist")
        + f". Candidates: {', '.join(dict.fromkeys(close + paths[-5:]))}"
        + (f", and {len(paths) - 5} before" if len(paths) > 5 else "")
    )


def not_clear(candidate, sides):
    """Say that a row of tokens fits no grid, or several."""
    fits = possible_grids(candidate.tokens, sides)
    told = ", ".join(f"{'x'.join(map(str, grid))} + {further} further tokens" for grid, further in fits)
    return ValueError(
        f"the grid of the {candidate.tokens} tokens of {candidate.path!r} is not clear for images of "
        f"{'x'.join(map(str, sides))} pixels (possible: {told or 'none with square patches'}): give grid=(rows, columns); "
        "further tokens are taken to stand in front"
    )


def in_order(model, prefix=""):
    """(path, layer) of all layers that are no models, from the input to the output."""
    for layer in model.layers:
        path = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from in_order(layer, f"{path}/")
        else:
            yield path, layer


def _nothing(model):
    raise ValueError(
        f"model {model.name!r} has no layer with a spatial or token grid (n, h, w, channels) or (n, tokens, width): "
        "there is nothing to draw a map of"
    )
