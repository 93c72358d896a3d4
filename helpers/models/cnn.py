"""Convolutional networks that are trained from scratch.

All of them take images (n, size, size, channels) in [0, 1] and give class probabilities (n, n_classes). The
last two layers are always called "logits" and "probabilities"; `models.logits` gives a model that ends at the
first. `augment`, a layer such as `augmentation()`, becomes the first layer of the network: it acts while
training only, and travels with the model when that is saved. (`augment(inputs, training=False)` is for calls
that do not say: Keras's random layers would act. `fit` says training=True, and that goes before.)
"""

from helpers.deep import keras
from helpers.models.parts import head

layers = keras.layers


def kidney_cnn(size, n_classes, *, channels=1, filters=(32, 64, 128), units=128, dropout=0.3, augment=None):
    """The published kidney CNN: convolution, ReLU and max pooling, three times; then two dense layers.

    Its study gives the input (180x180, one grey channel), the kinds of layers and their order. It does not give
    the numbers of filters, of blocks and of units, nor the dropout: these are ours.

    Parameters
    ----------
    size : pixels along each side of an image.
    filters : filters of the 3x3 convolution in each block.
    units, dropout : of the hidden dense layer.

    Returns
    -------
    keras.Model, not compiled.
    """
    inputs = layers.Input((size, size, channels), name="image")
    x = inputs if augment is None else augment(inputs, training=False)
    for block, width in enumerate(filters, start=1):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"block{block}_conv")(x)
        x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, n_classes), name="kidney_cnn")


def deep_cnn(size, n_classes, *, channels=1, filters=(16, 32, 64, 128), dropout=0.3, augment=None):
    """A deeper network: two 3x3 convolutions a block, four blocks, global average pooling.

    In the spirit of the deep CNN of A. B. Ayub et al. (arXiv 2512.09244), whose abstract does not give its
    layers; two small filters in place of a large one are Simonyan and Zisserman's (arXiv 1409.1556). The first
    convolution moves by two pixels, which saves three quarters of the work. Parameters as in `kidney_cnn`, less `units`.
    """
    inputs = layers.Input((size, size, channels), name="image")
    x = inputs if augment is None else augment(inputs, training=False)
    for block, width in enumerate(filters, start=1):
        for number in (1, 2):
            name, stride = f"block{block}_conv{number}", 2 if block == number == 1 else 1
            x = layers.Conv2D(
                width, 3, stride, "same", activation="relu", kernel_initializer="he_normal", name=name
            )(x)
        x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, head(x, n_classes), name="deep_cnn")


def light_cnn(size, n_classes, *, channels=1, filters=(16, 32, 64), augment=None):
    """A network for a laptop: three convolutions that move by two pixels, global average pooling, nothing else.

    Global average pooling and one dense layer: the logits are weighted means of the last feature map, which is
    what class activation maps rest on (Zhou et al., arXiv 1512.04150). Parameters as in `kidney_cnn`.
    """
    inputs = layers.Input((size, size, channels), name="image")
    x = inputs if augment is None else augment(inputs, training=False)
    for block, width in enumerate(filters, start=1):
        name = f"block{block}_conv"
        x = layers.Conv2D(width, 3, 2, "same", activation="relu", kernel_initializer="he_normal", name=name)(
            x
        )
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(inputs, head(x, n_classes), name="light_cnn")


def augmentation(rotation=5.0, zoom=0.05, contrast=0.1, fill_mode="constant"):
    """Random rotation, scale and contrast, as one layer; it acts while training only.

    Parameters
    ----------
    rotation : largest angle in degrees, either way. Keras wants a fraction of a full turn: `rotation / 360`.
    zoom : largest relative change of size, either way.
    contrast : largest relative change of contrast, either way, about each image's mean.
    fill_mode : what stands beyond the picture's edge: "constant" (black, which in CT is air), or "reflect",
        "wrap" and "nearest", which invent anatomy.

    Returns
    -------
    keras.Sequential of name "augmentation", for images (n, h, w, channels) in [0, 1].
    """
    if not 0 <= rotation <= 180 or not 0 <= zoom < 1 or not 0 <= contrast < 1:
        raise ValueError(
            "expected rotation in degrees from 0 to 180, zoom and contrast from 0 to below 1; "
            f"got rotation={rotation}, zoom={zoom}, contrast={contrast}"
        )
    return keras.Sequential(
        [
            layers.RandomRotation(rotation / 360, fill_mode=fill_mode, name="rotation"),
            layers.RandomZoom(zoom, fill_mode=fill_mode, name="zoom"),
            # A pair: a single number makes Keras (3.15) only raise the contrast, never lower it.
            layers.RandomContrast((contrast, contrast), value_range=(0, 1), name="contrast"),
        ],
        name="augmentation",
    )
