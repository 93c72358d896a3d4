"""What is explained where: the answer, the feature map and its places, settled once per model and image size."""

import weakref
from typing import NamedTuple

import numpy as np

from helpers.deep import keras
from helpers.gradcam import answer, feature_maps, layers, opaque, subclassed
from helpers.gradcam.feature_maps import Candidate
from helpers.gradcam.graph import graph, is_graph, operations
from helpers.gradcam.grids import Places
from helpers.gradcam.targets import is_segmentation

_records = weakref.WeakKeyDictionary()  # model -> Record


class Plan(NamedTuple):
    """candidate : where. answer : what. output : the answer's position among the outputs. shape : of that output."""

    candidate: Candidate
    answer: answer.Answer
    output: int
    shape: tuple


class Record:
    """What is known of a model as long as it stays the model that it was: plans, and compiled functions."""

    def __init__(self, model):
        self.parts, self.plans, self.compiled = _parts(model), {}, {}

    def still_fits(self, model):
        now = _parts(model)
        return len(now) == len(self.parts) and all(
            old() is new() and was is activation for (old, was), (new, activation) in zip(self.parts, now)
        )


def record(model):
    """The record of a model; a new one where layers or their activations have been changed since."""
    if model not in _records or not _records[model].still_fits(model):
        _records[model] = Record(model)
    return _records[model]


def plan(model, image_shape, layer=None, output=None, grid=None):
    """Settle what is explained.

    Raises
    ------
    ValueError : several outputs and none chosen; a layer that cannot be explained; a grid that is not clear.
    """
    if not isinstance(layer, (str, keras.Operation, type(None))):
        raise ValueError(f"layer {layer!r} must be a name or a layer, or None: `default_layer(model)`")
    known, key = record(model).plans, (image_shape, layer, output, grid)
    if key not in known:
        known[key] = _plan(model, image_shape, layer, output, grid)
    return known[key]


def output_names(model):
    """A name for each output: its key in a dictionary, or the layer that gives it."""
    struct = getattr(getattr(model, "_functional", model), "_outputs_struct", None)
    names = list(getattr(getattr(model, "_functional", model), "output_names", ()))
    paths = [path for path, _ in keras.tree.flatten_with_path(struct)] if isinstance(struct, dict) else []
    return ["/".join(map(str, path)) for path in paths] or names


def answer_of(model, image_shape, output=None):
    """(position of the output, Answer, shape of the output, graph or None) for one of a model's outputs."""
    if is_graph(model):
        its_graph = graph(model, image_shape)
        number = _output(output, output_names(model), len(its_graph.outputs))
        tensor = its_graph.outputs[number]
        return number, answer.of_graph(its_graph, tensor), its_graph.shape(tensor), its_graph
    outputs = opaque.seen(model, image_shape)[1]
    number = _output(output, list(outputs), len(outputs))
    return number, subclassed.answer(model, image_shape, number), list(outputs.values())[number], None


def _plan(model, image_shape, layer, output, grid):
    number, explained, shape, its_graph = answer_of(model, image_shape, output)
    is_segmentation(shape)
    if its_graph is None:
        known = feature_maps.candidates(model, image_shape, grid)
        candidate = (
            layers.of_subclassed(model, image_shape, number, explained.spot, known)
            if layer is None
            else layers.find(model, layer, known=known)
        )
    else:
        known = feature_maps.of_graph(its_graph, grid)
        candidate = (
            layers.chosen(model, its_graph, known, explained.tensor)
            if layer is None
            else layers.find(model, layer, known=known)
        )
        if not layers.comes_before(its_graph, candidate, explained.tensor):
            raise ValueError(
                f"nothing of layer {candidate.path!r} reaches the answer: name a layer before it"
            )
    return Plan(_with_grid(candidate, image_shape[:-1], grid), explained, number, shape)


def _output(output, names, n):
    """The position of the output that is asked for."""
    if output is None and n == 1:
        return 0
    if output in names:
        return names.index(output)
    if isinstance(output, (int, np.integer)) and not isinstance(output, bool) and 0 <= output < n:
        return int(output)
    told = f" ({', '.join(names)})" if names else ""
    raise ValueError(
        f"the model has {n} outputs{told}: choose one by output=, its name or its position, not {output!r}"
    )


def _with_grid(candidate, sides, grid):
    if grid is not None and candidate.grid not in (None, tuple(grid)) and None not in candidate.grid:
        raise ValueError(
            f"layer {candidate.path!r} has a grid of {'x'.join(map(str, candidate.grid))} places, not {grid}: "
            "leave grid out"
        )
    if candidate.grid is not None:
        return candidate
    if grid is not None and Places(tuple(grid)).count <= candidate.tokens:
        return candidate._replace(grid=tuple(grid), first=candidate.tokens - Places(tuple(grid)).count)
    raise feature_maps.not_clear(candidate, sides)


def _parts(model):
    """The operations of a model, held weakly, and the activations that they have now."""
    return [(weakref.ref(one), getattr(one, "activation", None)) for one in operations(model)]
