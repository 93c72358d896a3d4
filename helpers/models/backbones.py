"""Backbones: networks without their top, for transfer learning.

`backbone` hides what differs between them and has misled many: the range of pixels that each was trained on. All
of them take images (n, size, size, channels) in [0, 1] here, and give a feature map (n, h, w, d).
"""

from collections.abc import Callable
from typing import NamedTuple

from helpers.deep import keras
from helpers.models.parts import head
from helpers.models.vit import vit
from helpers.models.weights import fill

layers, applications = keras.layers, keras.applications


def minus_one_to_one(x):
    """[0, 1] -> [-1, 1]."""
    return layers.Rescaling(2.0, offset=-1.0, name="to_minus_one_to_one")(x)


def zero_to_255(x):
    """[0, 1] -> [0, 255]. EfficientNet rescales inside: hand it [0, 1], and it divides by 255 a second time."""
    return layers.Rescaling(255.0, name="to_255")(x)


def caffe(x):
    """[0, 1] -> blue, green, red from 0 to 255, less the mean colour of ImageNet; as ResNet50 was trained."""
    blue_green_red = keras.ops.flip(x, axis=-1)
    return layers.Rescaling(255.0, offset=[-103.939, -116.779, -123.68], name="less_mean_colour")(
        blue_green_red
    )


def _mobilenet_035(**options):
    return applications.MobileNetV2(alpha=0.35, **options)


class _Kind(NamedTuple):
    build: Callable
    prepare: Callable
    smallest: int


BACKBONES = {
    "EfficientNetB0": _Kind(applications.EfficientNetB0, zero_to_255, 32),
    "MobileNetV2": _Kind(applications.MobileNetV2, minus_one_to_one, 32),
    "MobileNetV2-0.35": _Kind(_mobilenet_035, minus_one_to_one, 32),
    "ResNet50": _Kind(applications.ResNet50, caffe, 32),
    "InceptionV3": _Kind(applications.InceptionV3, minus_one_to_one, 75),
    "ViT": _Kind(vit, minus_one_to_one, 16),
}


def backbone(name, weights="auto", *, size=224, channels=1):
    """A network without its top, ready for images in [0, 1].

    Parameters
    ----------
    name : "EfficientNetB0", "MobileNetV2", "MobileNetV2-0.35" (a third of the width), "ResNet50", "InceptionV3" or
        "ViT" (a compact vision transformer; with weights="imagenet" ViT-B/16 of keras-hub).
    weights : "auto", the best that can be had here, told in one line: ImageNet from Keras's cache or the network,
        else the course's own (MobileNetV2-0.35), else random; "imagenet"; "course"; the path of a weights file
        (.h5) of this network without top; or None, random.
    size : pixels along each side. channels : 3, or 1; grey images are repeated three times.

    Returns
    -------
    keras.Model, images (n, size, size, channels) in [0, 1] -> feature map (n, h, w, d). Its preparation is inside. The
    network itself is the layer of name `name` in lower case. `model.weights_from` says where its weights are from.

    Raises
    ------
    ValueError : an unknown name, a size that is too small, or weights that do not fit or cannot be had.

    References
    ----------
    M. Tan, Q. Le, arXiv 1905.11946 (EfficientNet). M. Sandler et al., arXiv 1801.04381 (MobileNetV2). K. He et al., arXiv
    1512.03385 (ResNet). C. Szegedy et al., arXiv 1512.00567 (Inception v3). A. Dosovitskiy et al., arXiv 2010.11929 (ViT).
    """
    names = {known.lower(): known for known in BACKBONES}
    if str(name).lower() not in names:
        raise ValueError(f"unknown backbone {name!r}; known: {', '.join(BACKBONES)}")
    name = names[name.lower()]
    kind = BACKBONES[name]
    if size < kind.smallest:
        raise ValueError(
            f"{name} takes images of at least {kind.smallest} pixels along each side, not {size}"
        )
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 (grey) or 3 (red, green, blue), not {channels!r}")

    network, weights_from = fill(kind.build, name, weights, size)
    for layer in network.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = (
                0.0  # EfficientNet leaves out whole blocks at random: a frozen network would not be one
            )
    images = layers.Input((size, size, channels), name="image")
    colours = images if channels == 3 else layers.Concatenate(name="grey_to_colour")([images] * 3)
    # training=False is for calls that do not say. While fitting, batch normalisation keeps to the means of its training
    # because it is never trainable (see `classifier` and `unfreeze`).
    model = keras.Model(
        images, network(kind.prepare(colours), training=False), name=f"{network.name}_backbone"
    )
    model.weights_from = weights_from
    return model


def classifier(trunk, n_classes, *, dropout=0.2, frozen=True):
    """A backbone with global average pooling and one dense layer: the usual recipe of transfer learning.

    Parameters
    ----------
    trunk : keras.Model, images -> feature map (n, h, w, d), as of `backbone`. It becomes a layer, not a copy: training
        the classifier trains the trunk where that is not frozen.
    frozen : leave the trunk's weights as they are.

    Returns
    -------
    keras.Model, images -> probabilities (n, n_classes). Layers: the trunk, "average", "dropout", "logits",
    "probabilities".
    """
    trunk.trainable = not frozen
    images = layers.Input(trunk.input_shape[1:], name="image")
    x = layers.GlobalAveragePooling2D(name="average")(trunk(images, training=False))
    x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(images, head(x, n_classes), name=f"{trunk.name}_classifier")


def unfreeze(model, n_last):
    """Let the last `n_last` layers with weights of a classifier's backbone be trained; all others stay frozen.

    Batch normalisation stays frozen everywhere: its means of a small batch would undo what was learnt.

    Returns
    -------
    list of the names of the layers that will be trained. Compile or fit the model afterwards.
    """
    network, last = _last_layers(model, n_last)
    for outer in _nested(model):
        outer.trainable = True
    for layer in network.layers:
        layer.trainable = layer in last
    return [layer.name for layer in last]


def cut(trunk, n_last):
    """Divide a backbone where everything passes through one place, in front of its last `n_last` layers with weights.

    What lies before the cut stays frozen, so its maps can be computed once; only what lies behind it has to be run in
    every epoch.

    Parameters
    ----------
    trunk : keras.Model of `backbone`. It stays as it is.
    n_last : as of `unfreeze`, which opens these layers in a `classifier` of the second half.

    Returns
    -------
    first : keras.Model, images (n, size, size, channels) -> map (n, h, w, d) at the cut; it shares the trunk's weights.
    second : keras.Model, that map -> the trunk's feature map; a copy, which may be trained.

    Raises
    ------
    ValueError : a number of layers that the backbone does not have, or everything would lie behind the cut.
    """
    network, last = _last_layers(trunk, n_last)
    steps = network.operations
    made_by = {id(tensor): k for k, step in enumerate(steps) for tensor in keras.tree.flatten(step.output)}
    earliest = [
        min((made_by[id(tensor)] for tensor in keras.tree.flatten(step.input)), default=0) for step in steps
    ]
    places = (k for k in range(min(map(steps.index, last)) - 1, 0, -1) if min(earliest[k + 1 :]) >= k)
    place = next(places, None)
    if place is None:
        raise ValueError(f"with its last {n_last} layers open, nothing of {network.name} stays frozen")
    before = keras.Model(network.input, steps[place].output)
    behind = keras.Model(steps[place].output, network.output, name=network.name)
    second = keras.models.clone_model(behind)
    second.set_weights(behind.get_weights())
    return keras.Model(trunk.input, before(trunk.layers[-2].output, training=False)), second


def _last_layers(model, n_last):
    """The backbone inside a model, and its last `n_last` layers with weights, without batch normalisation."""
    network = next((layer for layer in _nested(model)[::-1]), None)
    if network is None:
        raise ValueError(f"model {model.name!r} has no backbone inside")
    candidates = [layer for layer in network.layers if layer.weights and not _is_normalisation(layer)]
    if not 0 < n_last <= len(candidates):
        raise ValueError(f"n_last must lie in 1 .. {len(candidates)} for {network.name}, not {n_last}")
    return network, candidates[-n_last:]


def _nested(model):
    """The models inside a model, from the outside in."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return inner + [deeper for layer in inner for deeper in _nested(layer)]


def _is_normalisation(layer):
    return isinstance(layer, (layers.BatchNormalization, layers.Normalization))
