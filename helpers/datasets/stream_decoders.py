"""The two ways in which `stream` decodes a file: TensorFlow's for plain JPEG, Pillow's for all others."""

import os

import numpy as np

from helpers.datasets import decoding


def jpeg_decoder(tf, files, size):
    """By TensorFlow: path and kind of numbers -> uint8 (h, w, 1) of one common size, or of `size` where the files differ."""
    sides = files[["height", "width"]]
    halvings = max(k for k in (1, 2, 4, 8) if k == 1 or sides.min(axis=None) // k >= size)
    shape = (sides.iloc[0] / halvings).apply(np.ceil).astype(int).tolist()
    common = (sides == sides.iloc[0]).all(axis=None)

    def decode(path, _):
        image = tf.io.decode_jpeg(
            tf.io.read_file(path), channels=1, ratio=halvings, dct_method="INTEGER_ACCURATE"
        )
        if common:
            return tf.ensure_shape(image, (*shape, 1))
        image = tf.image.resize(tf.cast(image, tf.float32), (size, size), method="area")
        return tf.cast(tf.round(image), tf.uint8)

    return decode


def pillow_decoder(tf, size, scale):
    """By the code of `load`: path and kind of numbers -> float32 (size, size, 1) in [0, 1]."""

    def read(path, kind):
        grey = decoding.resized(decoding.stored(os.fsdecode(path)), size, size)
        return scale.to_unit(grey, kind.decode())

    def decode(path, kind):
        image = tf.ensure_shape(tf.numpy_function(read, [path, kind], tf.float32), (size, size))
        return image[..., None]

    return decode


def to_unit(tf, images, size):
    """A batch (b, h, w, 1), uint8 or in [0, 1], as float32 (b, size, size) in [0, 1]."""
    height, width = images.shape[1:3]
    whole = images.dtype == tf.uint8
    if (height, width) != (size, size):
        # Up to 1.5 times smaller, bilinear interpolation skips no pixel; beyond that, areas are averaged.
        method = "area" if max(height, width) > 1.5 * size else "bilinear"
        images = tf.image.resize(images, (size, size), method=method)
    images = tf.cast(images[..., 0], tf.float32)
    return tf.clip_by_value(images / 255 if whole else images, 0, 1)
