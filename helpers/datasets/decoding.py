"""Pixels of image files, in the numbers in which they are stored; one `Scale` for all files makes them grey."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.datasets import extremes, opening, pixels, ranges

THUMBNAIL = 64


def stored(file):
    """One image file, a path or its bytes, as (h, w) in the numbers in which it is stored; raises `pixels.UNREADABLE`."""
    with opening.opened(file) as image:
        grey = pixels.grey(image)
    if odd := extremes.not_finite(grey):
        raise ValueError(f"{odd} of its pixels are NaN or infinite")
    return grey


def resized(grey, height, width):
    """(h, w) of any type as (height, width) float32, by an antialiasing filter."""
    return _resized(Image.fromarray(np.asarray(grey, np.float32)), height, width)


def _resized(image, height, width):
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image)


def measure(path, content=None):
    """The `Numbers` of one image file; raises `pixels.UNREADABLE`."""
    return extremes.measure(stored(path if content is None else content), path)


def read_all(paths, height, width, thumbnails=False):
    """Decode many files, on all processors.

    Returns
    -------
    list, one entry a file: (pixels (height, width) float32 as stored, thumbnail (64, 64) likewise or None, `Numbers`,
    ""), or (None, None, None, problem) for a file that cannot be read.
    """

    def one(path):
        try:
            grey = stored(path)
        except pixels.UNREADABLE as error:
            return None, None, None, opening.reason(Path(path), error)
        image = Image.fromarray(np.asarray(grey, np.float32))
        small = _resized(image, THUMBNAIL, THUMBNAIL) if thumbnails else None
        return _resized(image, height, width), small, extremes.measure(grey, path), ""

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(one, paths))


def scale_of(numbers, groups, value_range=None):
    """The one `Scale` of a set of files: (n,) `Numbers`, and (n,) names of the parts and classes they belong to."""
    together = {}
    for one, group in zip(numbers, groups, strict=True):
        together.setdefault((group, one.kind), []).append(one)
    return ranges.decide([extremes.merged(some) for some in together.values()], value_range)


def to_unit(images, numbers, scale):
    """A list of images as stored, with their `Numbers`, as (n, h, w) float32 in [0, 1]."""
    out = np.stack(images)
    for image, one in zip(out, numbers, strict=True):
        image[...] = scale.to_unit(image, one.kind)
    return out
