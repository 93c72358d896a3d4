"""Which places still speak for the answer: behind its last attention, a class token listens to none of the others."""

import numpy as np

from helpers.deep import keras, tf
from helpers.gradcam.capture import Spot, recording
from helpers.gradcam.steps import probes


def last_that_speaks(answer, shape, found):
    """The last of some candidates whose places change the answer, by the gradient for one random image; or None.

    answer : image -> scores. shape : (n, H, W, channels) of the images.
    """
    spots = [Spot(one.layer, one.call, one.tensor[1]) for one in found]
    with tf.GradientTape(watch_accessed_variables=False) as tape, recording(spots, tape, spots) as seen:
        scores = tf.cast(answer(tf.constant(probes(shape, n=1))), tf.float32)
        score = tf.reduce_sum(scores * tf.constant(probes(scores.shape, n=1)))
    gradients = tape.gradient(score, [seen[spot] for spot in spots])
    for one, gradient in list(zip(found, gradients))[::-1]:
        if gradient is not None and np.any(_of_places(one, gradient)):
            return one
    return None


def before_attention(graph, found):
    """The last candidate that enters the last attention, or the last one."""
    attention = [
        position
        for position, step in enumerate(graph.steps)
        if isinstance(step.operation, keras.layers.MultiHeadAttention)
    ]
    before = [one for one in found if attention and one.tensor[0] < attention[-1]]
    return before[-1] if before else found[-1]


def _of_places(candidate, gradient):
    if not candidate.tokens or candidate.grid is None:
        return gradient
    return gradient[:, candidate.first : candidate.first + int(np.prod(candidate.grid))]
