"""Which places still speak for the answer: behind its last attention, a class token listens to none of the others."""

import numpy as np

from helpers.deep import keras, tf
from helpers.gradcam.capture import Spot, recording
from helpers.gradcam.steps import IMAGE, probes


def last_that_speaks(graph, found, answer):
    """The last of some candidates whose places change the answer, by the gradient for one random image.

    Where none does, as in a network whose last weights are zeros: what enters the last attention.
    """
    spots = [Spot(one.layer, one.call, one.tensor[1]) for one in found]
    image = probes(graph.shape(IMAGE), n=1)
    with tf.GradientTape(watch_accessed_variables=False) as tape, recording(spots, tape, spots) as seen:
        scores = tf.cast(graph.evaluate({IMAGE: tf.constant(image)}, answer), tf.float32)
        score = tf.reduce_sum(scores * tf.constant(probes(scores.shape, n=1)))
    gradients = tape.gradient(score, [seen[spot] for spot in spots])
    for one, gradient in list(zip(found, gradients))[::-1]:
        if gradient is not None and np.any(_of_places(one, gradient)):
            return one
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
