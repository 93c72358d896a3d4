"""The answer and the default place of a subclassed model, found by trial: its inside cannot be read."""

import numpy as np

from helpers.deep import tf
from helpers.gradcam import opaque
from helpers.gradcam.activations import compared
from helpers.gradcam.answer import LINEAR, Answer, judged
from helpers.gradcam.capture import Spot
from helpers.gradcam.flow import last_that_speaks
from helpers.gradcam.grids import Places
from helpers.gradcam.steps import has_weights, probes
from helpers.gradcam.trials import outputs_of, run, run_from


def answer(model, shape, output):
    """The logits of a subclassed model: what enters its softmax or sigmoid, or its output where there is none.

    shape : (H, W, channels) of the images. output : the answer's position among the outputs.
    """
    spots, outputs = opaque.seen(model, shape)
    wanted = list(outputs.values())[output]
    found, head = Answer(None), None
    for spot in list(spots)[::-1]:
        z = probes(spots[spot], n=64)
        z[32:] /= 10  # some that saturate nothing
        learnt = _has_weights_of_its_own(spot.operation)
        here = [spot, spot._replace(part="activation")] if learnt and _activates(spot.operation) else [spot]
        made = [run_from(model, shape, output, None, one, lambda _: z, len(z)) for one in here]
        for one, answers in zip(here, made):
            known = compared(z, answers, wanted)
            found = Answer(one, scale=known[1], shift=known[2]) if known else found
        if learnt and any(answers is not None and np.ptp(answers, axis=0).any() for answers in made):
            head = spot
            break
    logits, shift = _may_be_logits(model, shape, output, found.spot, head)
    return found._replace(logits=logits, shift=found.shift + shift)


def chosen(model, shape, output, explained, found):
    """The last candidate through which the whole answer flows: held fast, it leaves no difference between images."""
    images = probes((None, *shape), n=2)
    free = run(model, images, output, explained)
    if free is None:
        return found[-1]
    for one in found[::-1]:
        spot = Spot(one.layer, one.call)
        if spot == explained or np.array_equal(run(model, images, output, spot), free):
            continue  # the answer itself
        held = run(model, images, output, explained, spot, lambda x: tf.repeat(x[:1], 2, axis=0))
        if held is None or np.ptp(held, axis=0).max() > 1e-3 * np.ptp(free, axis=0).max():
            continue
        if one.tokens and one.grid and one.tokens > Places(one.grid).count:
            return last_that_speaks(lambda x: outputs_of(model, x)[output], images.shape, found) or one
        return one
    return found[-1]


def _may_be_logits(model, shape, output, spot, head):
    """Judge an answer by what it does when what enters the head, the last layer with weights, grows."""
    if spot is not None and spot.part == "activation":
        return True, 0.0
    if head is None:
        made = [run(model, probes((None, *shape), 8, scale), output, spot) for scale in (1.0, 100.0)]
        return judged(*made)
    part = "activation" if _activates(head.operation) else "call"
    where = head._replace(part=part if type(head.operation) in LINEAR else "input")
    made = [
        run_from(model, shape, output, spot, where, lambda x: probes((None, *x.shape[1:]), 8, scale), 8)
        for scale in (10.0, 1000.0)
    ]
    return (True, 0.0) if any(one is None for one in made) else judged(*made)


def _has_weights_of_its_own(operation):
    return has_weights(operation) and not any(operation._flatten_layers(include_self=False))


def _activates(operation):
    return callable(getattr(operation, "activation", None))
