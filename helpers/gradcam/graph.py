"""A model as the list of operations that it runs, those of nested models and of operators (`+`, `*`) included."""

from helpers.deep import keras
from helpers.gradcam.steps import IMAGE, Graph, Step, filled, probes


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
    sides = image_shape or image.shape[1:]
    if None not in sides and any(None in one.shape[1:] for one in found.tensors.values()):
        found = Graph(keras.KerasTensor((None, *sides), dtype=image.dtype))
        found.outputs = _walk(found, model, [IMAGE], "", True)
        _measure(found)
    return found


def _measure(found):
    """Fill in axes that layers compute themselves while they run, from a trial run on two images."""
    if any(None in one.shape[1:] for one in found.tensors.values()):
        values = found.values({IMAGE: probes(found.shape(IMAGE), n=2)}, range(len(found.steps)))
        for tensor, value in values.items():
            found.tensors[tensor] = keras.KerasTensor(
                (None, *value.shape[1:]), dtype=found.tensors[tensor].dtype
            )


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
    step = Step(
        path, node.operation, call, enter, node, {id(one): known[id(one)] for one in node.input_tensors}
    )
    outputs = node.outputs
    if resolve:
        arguments, options = filled(step, [found.tensors[one] for one in enter])
        outputs = keras.tree.flatten(node.operation.compute_output_spec(*arguments, **options))
    position = len(found.steps)
    found.steps.append(step)
    given = [(position, place) for place in range(len(outputs))]
    found.tensors.update(zip(given, outputs))
    return given


def _nodes(model):
    """Keras's record of the calls in a model, in the order in which it runs them."""
    depths = getattr(model, "_functional", model)._nodes_by_depth
    for depth in sorted(depths, reverse=True):
        for node in depths[depth]:
            if node.operation and not node.is_input:
                yield node
