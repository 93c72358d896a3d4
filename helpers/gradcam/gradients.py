"""One compiled function per model, layer and method: from images to maps."""

import math
import weakref

from helpers.deep import tf
from helpers.gradcam import scores
from helpers.gradcam.capture import Spot, recording
from helpers.gradcam.checks import input_shape
from helpers.gradcam.plan import record
from helpers.gradcam.targets import is_segmentation


def explainer(model, its_plan, equation, tell):
    """The compiled function (images, classes) -> maps, kept as long as the model lives and stays as it is."""
    known, chosen = record(model).compiled, its_plan.candidate
    where = (chosen.path, chosen.tensor, chosen.call, its_plan.output)
    grid = chosen.grid if chosen.tokens else None
    key = (where, grid, equation)
    if key not in known:
        if tell and not any(one == where for one, *_ in known):
            print(f"Grad-CAM at layer {chosen.path!r}, {'x'.join(map(str, chosen.grid))} places")
        known[key] = _compile(model, its_plan, equation)
    return known[key]


def _compile(model, its_plan, equation):
    chosen, answer = its_plan.candidate, its_plan.answer
    features = Spot(chosen.layer, chosen.call, max(chosen.tensor[1], 0))
    spots = [features] if answer.spot is None else [features, answer.spot]
    signature = [tf.TensorSpec((None, *input_shape(model)), tf.float32), tf.TensorSpec((None,), tf.int32)]
    if is_segmentation(its_plan.shape):
        signature.append(tf.TensorSpec((None,) * (len(its_plan.shape) - 1), tf.float32))
    model = weakref.ref(model)  # else the model could never be freed

    @tf.function(input_signature=signature, autograph=False)
    def explain(images, classes, mask=None):
        # Only what comes after the feature map is recorded: the gradient costs a small share of the forward pass.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            with recording(spots, tape, watched=[features]) as seen:
                logits = scores.logits(model(), images, answer, its_plan.output, seen)
            score = (
                scores.of_class(logits, classes) if mask is None else scores.of_places(logits, classes, mask)
            )
        if features not in seen:
            raise ValueError(
                f"layer {chosen.path!r} does not run by its `call` (quantised?): name another one"
            )
        a = seen[features]
        g = tape.gradient(score, a, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return equation(*(tf.cast(_on_grid(x, chosen), tf.float32) for x in (a, g)))

    return explain


def _on_grid(x, chosen):
    """Tokens (n, tokens, k) as (n, h, w, k), without class and register tokens; feature maps as they are."""
    if not chosen.tokens:
        return x
    count = math.prod(chosen.grid)
    return tf.reshape(x[:, chosen.first : chosen.first + count], (-1, *chosen.grid, x.shape[-1]))
