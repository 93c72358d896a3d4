"""Look into a model while it runs, and leave it as it was."""

import contextlib
from typing import NamedTuple

from helpers.deep import keras, tf


class Spot(NamedTuple):
    """A tensor inside a model: an output of one call of an operation, or what enters its activation.

    part : "call", the operation's output; or "activation", what its activation is given.
    """

    operation: keras.Operation
    call: int = 0
    output: int = 0
    part: str = "call"


@contextlib.contextmanager
def recording(spots, tape=None, watched=()):
    """While open, a model that runs leaves the tensors of the spots in the dictionary that is yielded.

    Those of `watched` are watched by the tape, so that gradients reach them.
    """
    seen = {}
    with contextlib.ExitStack() as stack:
        for operation, part in dict.fromkeys((spot.operation, spot.part) for spot in spots):
            here = [spot for spot in spots if (spot.operation, spot.part) == (operation, part)]
            wrap = _after if part == "call" else _before
            value = wrap(getattr(operation, part), here, seen, tape, watched)
            stack.enter_context(replaced(operation, part, value))
        yield seen


@contextlib.contextmanager
def replaced(operation, name, value):
    """Hide an attribute of one operation, past Keras's own bookkeeping of attributes."""
    missing = object()
    before = operation.__dict__.get(name, missing)
    operation.__dict__[name] = value
    try:
        yield
    finally:
        if before is missing:
            del operation.__dict__[name]
        else:
            operation.__dict__[name] = before


def _after(call, spots, seen, tape, watched):
    """A function like `call` that keeps its outputs."""
    calls = iter(range(2**31))

    def run(*arguments, **options):
        given, now = call(*arguments, **options), next(calls)
        outputs = keras.tree.flatten(given)
        for spot in spots:
            if spot.call == now:
                outputs[spot.output] = seen[spot] = tf.convert_to_tensor(outputs[spot.output])
                if spot in watched:
                    tape.watch(seen[spot])
        return keras.tree.pack_sequence_as(given, outputs)

    return run


def _before(activation, spots, seen, tape, watched):
    """A function like `activation` that keeps what it is given."""
    calls = iter(range(2**31))

    def run(x, *arguments, **options):
        now = next(calls)
        seen.update((spot, tf.convert_to_tensor(x)) for spot in spots if spot.call == now)
        return activation(x, *arguments, **options)

    return run
