"""Find the place to explain: by name at any depth, or the last one through which the whole answer flows."""

import difflib

from helpers.deep import keras
from helpers.gradcam import answer, opaque, subclassed
from helpers.gradcam.feature_maps import candidates
from helpers.gradcam.flow import before_attention, last_that_speaks
from helpers.gradcam.graph import graph, is_graph, operations
from helpers.gradcam.grids import Places
from helpers.gradcam.steps import IMAGE, has_weights


def default_layer(model, image_shape=None):
    """The last place through which the whole answer (the first, of several) flows: a layer, or an operation such as `+`.

    A transformer that answers from its class token reads the other tokens for the last time in its last attention:
    behind it their gradient is zero. There, the last place with a gradient is taken.

    Parameters
    ----------
    image_shape : (H, W, channels) of the images, for models that take any size.

    Returns
    -------
    Candidate.

    Raises
    ------
    ValueError : nothing has places.
    """
    found = candidates(model, image_shape)
    if not is_graph(model):
        shape = image_shape or opaque.image_shape(model)
        return of_subclassed(model, shape, 0, subclassed.answer(model, shape, 0).spot, found)
    its_graph = graph(model, image_shape)
    return chosen(model, its_graph, found, answer.of_graph(its_graph, its_graph.outputs[0]).tensor)


def of_subclassed(model, shape, output, explained, found):
    """The default among candidates of a subclassed model."""
    if not found:
        _nothing(model)
    return subclassed.chosen(model, shape, output, explained, found)


def chosen(model, its_graph, found, tensor):
    """The default among candidates, for the tensor of one answer."""
    found = [one for one in found if comes_before(its_graph, one, tensor)]
    if not found:
        _nothing(model)
    if found[-1].tokens and found[-1].grid and found[-1].tokens > Places(found[-1].grid).count:
        speaks = last_that_speaks(
            lambda image: its_graph.evaluate({IMAGE: image}, tensor), its_graph.shape(IMAGE), found
        )
        return speaks or before_attention(its_graph, found)  # a network whose last weights are zeros
    for one in found[::-1]:
        learnt = any(
            has_weights(its_graph.steps[position].operation) for position in its_graph.needed(one.tensor)
        )
        if learnt and its_graph.all_flows_through(one.tensor[0], tensor):
            return one
    return found[-1]


def comes_before(its_graph, candidate, tensor):
    """Whether the answer is made of a candidate's feature map, and is not that map itself."""
    return candidate.tensor != tensor and candidate.tensor[0] in its_graph.needed(tensor)


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
    inside = [path for path in paths if f"/{name}/" in f"/{path}"]
    if inside:
        return f"{name!r} is a model inside model {model.name!r}: name a layer of it, its last one is {inside[-1]!r}"
    there = any(one.name == name for one in operations(model))
    return (
        f"layer {name!r} of model {model.name!r} "
        + ("has no spatial or token grid" if there else "does not exist")
        + f". Candidates: {', '.join(dict.fromkeys(close + paths[-5:]))}"
        + (f", and {len(paths) - 5} before" if len(paths) > 5 else "")
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
