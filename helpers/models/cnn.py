"""Convolutional networks that are trained from scratch.

All of them take images (n, size, size, channels) in [0, 1] and give class probabilities (n, n_classes). The
last two layers are always called "logits" and "probabilities"; `models.logits` gives a model that ends at the
first. Where a network takes `augment`, a layer such as `augmentation()`, that becomes the first layer of the network: it acts while
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
    x = layers.Dropout(dropout, name="dropout")(_average(x))
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
    return keras.Model(inputs, head(_average(x), n_classes), name="light_cnn")


def infection_cnn(
    size, n_classes, *, channels=1, filters=(64, 128, 256, 512, 1024), units=512, pooling="flatten"
):
    """The published network of the infection study: five convolutions, each with max pooling and dropout, two dense layers.

    Its document gives the filters, dropout 0.1 and 0.3, 512 units, and an L2 penalty (its notebook: 1e-4) on the
    convolutions. At 224x224 it has 31.96 million parameters, 25.7 million of them in one dense layer.

    Parameters
    ----------
    size : pixels along each side of an image; 32 at least, as it is halved five times.
    pooling : "flatten", as published: every place of the last feature map has its own weights; or "average": global
        average pooling in its stead (Lin et al., arXiv 1312.4400), all else alike.

    Returns
    -------
    keras.Model, not compiled.
    """
    if pooling not in ("flatten", "average"):
        raise ValueError(f"pooling must be 'flatten' or 'average', not {pooling!r}")
    x = inputs = layers.Input((size, size, channels), name="image")
    for block, width in enumerate(filters, start=1):
        x = layers.Conv2D(
            width, 3, padding="same", activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4),
            name=f"block{block}_conv",
        )(x)  # fmt: skip
        x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
        x = layers.Dropout(0.1, name=f"block{block}_dropout")(x)
    x = layers.Flatten(name="flatten")(x) if pooling == "flatten" else _average(x)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    return keras.Model(inputs, head(x, n_classes), name="infection_cnn")


def quick_cnn(size, n_classes, *, channels=1, filters=(8, 16, 32, 32)):
    """A network that learns in few epochs on a laptop: convolution, max pooling, batch normalisation, ReLU, several times.

    Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167) lets it learn at a learning rate ten times as high as
    without; the rate should fall to 0 in the end (`training.fit`, schedule="cosine"), or the last steps leave the
    moving means behind. It comes after the pooling, where it has a quarter of the work. The last block is not pooled: its
    feature map is averaged over all places. Parameters as in `kidney_cnn`.
    """
    x = inputs = layers.Input((size, size, channels), name="image")
    for block, width in enumerate(filters, start=1):
        x = layers.Conv2D(
            width,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"block{block}_conv",
        )(x)
        if block < len(filters):
            x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"block{block}_norm")(x)
        x = layers.ReLU(name=f"block{block}_relu")(x)
    return keras.Model(inputs, head(_average(x), n_classes), name="quick_cnn")


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


def _average(x):
    return layers.GlobalAveragePooling2D(name="average")(x)
