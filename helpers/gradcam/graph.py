"""A model as the list of operations that it runs, those of nested models and of operators (`+`, `*`) included."""

from typing import NamedTuple

import numpy as np

from helpers.deep import keras

IMAGE = (-1, 0)  # a tensor is named by the position of its step and its place among the step's outputs


class Step(NamedTuple):
    """One call of an operation. path : names from the outside in. call : 0 for the operation's first call.

    inputs : the tensors that enter. node, known : Keras's record of the call, and which tensor stands for which there.
    """

    path: str
    operation: keras.Operation
    call: int
    inputs: tuple
    node: object
    known: dict


class Graph:
    """Steps in the order of execution, and the shape of every tensor for images of one shape."""

    def __init__(self, image):
        self.steps, self.tensors, self.outputs = [], {IMAGE: image}, []

    def shape(self, tensor):
        return tuple(self.tensors[tensor].shape)

    def needed(self, tensor):
        """The positions of the steps that a tensor is made by, its own included."""
        found, todo = set(), [tensor[0]]
        while todo:
            position = todo.pop()
            if position >= 0 and position not in found:
                found.add(position)
                todo += [before for before, _ in self.steps[position].inputs]
        return found

    def all_flows_through(self, position, tensor):
        """Whether no way leads from the image to a tensor past one step."""
        reached = {IMAGE[0]}
        for here in sorted(self.needed(tensor) - {position}):
            if any(before in reached for before, _ in self.steps[here].inputs):
                reached.add(here)
        return tensor[0] not in reached

    def evaluate(self, values, tensor):
        """The value of a tensor, from values of tensors before it; None where they do not suffice."""
        values = dict(values)
        for position in sorted(self.needed(tensor)):
            step = self.steps[position]
            if (position, 0) not in values and all(one in values for one in step.inputs):
                found = run(step, [values[one] for one in step.inputs])
                values.update(((position, place), value) for place, value in enumerate(found))
        return values.get(tensor)


def run(step, inputs):
    """The outputs of one step for other values of its inputs, in inference mode."""
    arguments, options = _filled(step, inputs)
    if "training" in getattr(step.operation, "_call_context_args", ()):
        options = options | {"training": False}
    return keras.tree.flatten(step.operation(*arguments, **options))


def is_graph(operation):
    """Whether an operation is a model whose inside can be looked into: functional, or a built Sequential."""
    network = getattr(operation, "_functional", operation)
    return hasattr(network, "_nodes_by_depth") and type(operation).call.__module__.startswith("keras.src")


def operations(model):
    """All operations of a model, nested ones included, in the order of execution; of a subclassed model, its layers."""
    if not is_graph(model):
        return [layer for layer in model._flatten_layers(include_self=False)]
    found = []
    for node in _nodes(model):
        found += operations(node.operation) if is_graph(node.operation) else [node.operation]
    return found


def graph(model, image_shape=None):
    """The graph of a model with one input.

    image_shape : of one image, (H, W, channels); given, sides that the model leaves open are filled in.
    """
    image = keras.tree.flatten(model.inputs)[0]
    found = Graph(image)
    found.outputs = _walk(found, model, [IMAGE], "", False)
    open_sides = any(None in one.shape[1:] for one in found.tensors.values())
    if image_shape and open_sides:
        found = Graph(keras.KerasTensor((None, *image_shape), dtype=image.dtype))
        found.outputs = _walk(found, model, [IMAGE], "", True)
    return found


def has_weights(operation):
    return bool(getattr(operation, "weights", ()))


def probes(shape, n=16, scale=2.0):
    """Normal random values for a tensor of a shape; open sides are 8."""
    sides = [8 if side is None else side for side in shape[1:]]
    return (scale * np.random.default_rng(0).normal(size=(n, *sides))).astype(np.float32)


def _walk(found, model, inputs, prefix, resolve):
    """Append a model's steps, and return the tensors that it gives."""
    network = getattr(model, "_functional", model)
    known = {id(one): tensor for one, tensor in zip(network.inputs, inputs)}
    for node in _nodes(model):
        if any(id(one) not in known for one in node.input_tensors):
            continue
        enter = [known[id(one)] for one in node.input_tensors]
        path = prefix + node.operation.name
        if is_graph(node.operation):
            given = _walk(found, node.operation, enter, f"{path}/", resolve)
        else:
            given = _append(found, path, node, tuple(enter), known, resolve)
        known.update(zip(map(id, node.outputs), given))
    return [known[id(one)] for one in network.outputs]


def _append(found, path, node, enter, known, resolve):
    call = sum(step.operation is node.operation for step in found.steps)
    step = Step(path, node.operation, call, enter, node, {id(one): known[id(one)] for one in node.input_tensors})
    outputs = node.outputs
    if resolve:
        arguments, options = _filled(step, [found.tensors[one] for one in enter])
        outputs = keras.tree.flatten(node.operation.compute_output_spec(*arguments, **options))
    position = len(found.steps)
    found.steps.append(step)
    given = [(position, place) for place in range(len(outputs))]
    found.tensors.update(zip(given, outputs))
    return given


def _filled(step, inputs):
    values = dict(zip(step.inputs, inputs))
    return step.node.arguments.fill_in({name: values[one] for name, one in step.known.items()})


def _nodes(model):
    """Keras's record of the calls in a model, in the order in which it runs them."""
    depths = getattr(model, "_functional", model)._nodes_by_depth
    for depth in sorted(depths, reverse=True):
        for node in depths[depth]:
            if node.operation and not node.is_input:
                yield node
