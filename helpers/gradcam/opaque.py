"""Subclassed models: nothing is known of them but what is seen when they run."""

from helpers.deep import keras, tf
from helpers.gradcam.capture import Spot, recording
from helpers.gradcam.graph import is_graph


def image_shape(model):
    """(H, W, channels) with which a subclassed model was built.

    Raises
    ------
    ValueError : it was not.
    """
    if getattr(model, "inputs", None):
        return tuple(model.inputs[0].shape[1:])
    shape = (getattr(model, "_build_shapes_dict", None) or {}).get("input_shape")
    if not model.built or not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"model {model.name!r} is not built yet: call it once on images, model(images[:1]), before explaining it"
        )
    return tuple(shape[1:])


def parts(model):
    """The layers of a model, and blocks of it that are subclassed models; of functional blocks, their layers only."""
    inside = model._flatten_layers(include_self=False)
    return [one for one in inside if not isinstance(one, keras.layers.InputLayer) and not is_graph(one)]


def seen(model, shape):
    """What layers give when the model runs, {spot: shape} in order; and its outputs, {name: shape}.

    Two images are traced, so that axes stay known that a model computes from the number of images.
    """
    with recording([Spot(layer, call) for layer in parts(model) for call in (0, 1)]) as found:
        run = tf.function(lambda x: model(x, training=False), autograph=False)
        outputs = run.get_concrete_function(tf.TensorSpec((2, *shape), tf.float32)).structured_outputs
        named = {"/".join(map(str, path)): _open(x) for path, x in keras.tree.flatten_with_path(outputs)}
        return {spot: _open(x) for spot, x in found.items()}, named


def _open(x):
    """The shape of a tensor, for any number of images."""
    return (None, *x.shape[1:])
