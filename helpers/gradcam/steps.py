"""The list of operations that a model runs, and what can be asked of it."""

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
        """The value of a tensor, from values of tensors before it; None where they do not suffice or do not fit."""
        return self.values(values, sorted(self.needed(tensor))).get(tensor)

    def values(self, known, positions):
        """The values of all tensors that can be made from known ones by the steps at some positions, in order."""
        values = dict(known)
        for position in positions:
            step = self.steps[position]
            if (position, 0) not in values and all(one in values for one in step.inputs):
                made = run(step, [values[one] for one in step.inputs])
                if made is None:
                    break
                values.update(((position, place), value) for place, value in enumerate(made))
        return values


def run(step, inputs):
    """The outputs of one step for other values of its inputs, in inference mode; None where it cannot take them."""
    arguments, options = filled(step, inputs)
    if "training" in getattr(step.operation, "_call_context_args", ()):
        options = options | {"training": False}
    try:
        return keras.tree.flatten(step.operation(*arguments, **options))
    except Exception:  # of many kinds: random numbers are no sensible input of every layer
        return None


def has_weights(operation):
    return bool(getattr(operation, "weights", ()))


def probes(shape, n=16, scale=2.0):
    """Normal random values for a tensor of a shape; open sides are 8."""
    sides = [8 if side is None else side for side in shape[1:]]
    return (scale * np.random.default_rng(0).normal(size=(n, *sides))).astype(np.float32)


def filled(step, inputs):
    """The arguments and options of a step's call, with other values of its inputs."""
    values = dict(zip(step.inputs, inputs))
    return step.node.arguments.fill_in({name: values[one] for name, one in step.known.items()})
