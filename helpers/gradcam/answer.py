"""The answer that is explained: the logits, from before any softmax or sigmoid, or the model's own output if need be."""

from typing import NamedTuple

import numpy as np

from helpers.deep import keras, tf
from helpers.gradcam.activations import compared
from helpers.gradcam.capture import Spot, recording
from helpers.gradcam.steps import IMAGE, has_weights, probes, run


class Answer(NamedTuple):
    """What class scores are taken from: scale * x + shift of a spot, or of the model's output where spot is None.

    tensor : its position in the graph. logits : False where it has bounds, as a probability does.
    """

    spot: Spot | None
    tensor: tuple = IMAGE
    scale: float = 1.0
    shift: object = 0.0
    logits: bool = True


def of_graph(graph, output):
    """The logits behind an output of a graph: activations are taken off as long as there are any."""
    answer, sign = Answer(None, output), 1.0
    while answer.spot is None or answer.spot.part == "call":
        found = _behind(graph, answer.tensor, graph.shape(output))
        if found is None:
            break
        answer = found._replace(scale=found.scale * sign)
        sign = np.sign(answer.scale)
    logits, shift = _may_be_logits(graph, answer)
    return answer._replace(logits=logits, shift=answer.shift + shift)


def judged(weak, strong):
    """What scores of weak and of strong inputs, (m, ...) each, are: (whether they may be logits, a shift to them).

    Logits grow on both sides with what they are made of (or are constant, in a network of zeros). The shift is -0.5 for
    what stays in [0, 1]: with a single output, that is where the predicted class changes.
    """
    weak, strong = (np.nan_to_num(np.asarray(one, np.float64)) for one in (weak, strong))
    if np.ptp(strong) == 0:
        return True, 0.0
    grows = strong.max() > 5 * max(weak.max(), 0) and strong.min() < 5 * min(weak.min(), 0)
    unit = min(weak.min(), strong.min()) >= 0 and max(weak.max(), strong.max()) <= 1 + 1e-6
    return bool(grows), -0.5 if unit and not grows else 0.0


def _behind(graph, tensor, shape):
    """The first spot before `tensor` such that one softmax, sigmoid or their kin lies between; or None.

    The first, and not the nearest: softmax is often written as that of logits less their maximum.
    """
    found = None
    for position in sorted(graph.needed(tensor), reverse=True):
        step = graph.steps[position]
        spot = Spot(step.operation, step.call)
        if (position, 0) != tensor:
            found = _matches(graph, spot, (position, 0), tensor, shape) or found
        if has_weights(step.operation):
            spot = spot._replace(part="activation")
            return (_comes_last(graph, step) and _matches(graph, spot, (position, 0), tensor, shape)) or found
    return found


def _matches(graph, spot, start, tensor, shape):
    """The answer at a spot, if known activations lead from there to a tensor: tried on random numbers."""
    z = probes(graph.shape(start), n=64)
    z[32:] /= 10  # some that saturate nothing
    value = tf.constant(z, graph.tensors[start].dtype)
    if spot.part == "activation":
        value = spot.operation.activation(value)
    made = graph.evaluate({start: value}, tensor)
    known = compared(z, made, shape)
    return known and Answer(spot, start, known[1], known[2])


def _comes_last(graph, step):
    """Whether a layer's output is what its activation gives: tried on random numbers."""
    if not callable(getattr(step.operation, "activation", None)):
        return False
    spot = Spot(step.operation, 0, 0, "activation")
    with recording([spot]) as seen:
        outputs = run(step, [tf.constant(probes(graph.shape(one), n=2)) for one in step.inputs])
    if outputs is None or spot not in seen or seen[spot].shape != outputs[0].shape:
        return False
    expected = np.asarray(step.operation.activation(seen[spot]), np.float64)
    return np.allclose(expected, np.asarray(outputs[0], np.float64), rtol=1e-2, atol=1e-3)


LINEAR = (
    keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D,
    keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose, keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D, keras.layers.BatchNormalization, keras.layers.LayerNormalization,
)  # fmt: skip


def _may_be_logits(graph, answer):
    """Judge the answer by what it does when what enters the last layers with weights grows."""
    if answer.spot is not None and answer.spot.part == "activation":
        return True, 0.0
    made = [graph.evaluate(_entering(graph, answer.tensor, scale), answer.tensor) for scale in (10.0, 1000.0)]
    return judged(*made) if made[0] is not None else (True, 0.0)


def _entering(graph, tensor, scale):
    """Random outputs for the last layers with weights before a tensor; of those that are not linear, from random inputs."""
    values, todo = {}, [tensor]
    while todo:
        one = todo.pop()
        if one in values:
            continue
        step = graph.steps[one[0]] if one != IMAGE else None
        if step is None or (type(step.operation) in LINEAR):
            activation = getattr(step and step.operation, "activation", None) or (lambda x: x)
            values[one] = activation(tf.constant(probes(graph.shape(one), 8, scale)))
        elif has_weights(step.operation):
            inputs = [tf.constant(probes(graph.shape(other), 8, scale)) for other in step.inputs]
            values.update(((one[0], place), value) for place, value in enumerate(run(step, inputs) or ()))
        else:
            todo += step.inputs
    return values
