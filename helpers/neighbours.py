"""1-nearest-neighbour on pixels: the simplest memory there is, and the baseline every network has to beat."""

import numpy as np
from sklearn.metrics import pairwise_distances_chunked

from helpers import arguments


def nearest_in_other_folds(images, folds):
    """For every image, the most similar image outside its own fold (Euclidean distance of raw pixels).

    Parameters
    ----------
    images : (n, h, w) numbers, finite. folds : (n,) any labels, e.g. fold numbers, or patients; none missing.

    Returns
    -------
    index : (n,) int, the neighbour. rms : (n,) float, root mean square difference of the pixels; infinite
        where no image is allowed.

    The neighbour does not depend on class labels, so one search serves any number of labellings:
    the predicted labels are `labels[index]`.

    Raises
    ------
    ValueError : no images, pixels that are NaN, an image without a fold, another number of folds than of images.
    """
    folds = arguments.patients(folds, len(images), "folds")
    return _nearest(images, lambda rows: folds[rows, None] == folds)


def nearest_in_same_group(images, groups):
    """For every image, the most similar *other* image of its own group; see `nearest_in_other_folds`."""
    groups, positions = arguments.patients(groups, len(images)), np.arange(len(images))
    return _nearest(
        images, lambda rows: (groups[rows, None] != groups) | (positions[rows, None] == positions)
    )


def _nearest(images, forbidden):
    """Index and distance of the nearest image; `forbidden(rows)` marks the pairs that do not count, (rows, n)
    bool."""
    if not len(images):
        raise ValueError("there are no images to search")
    pixels = np.asarray(images, np.float32).reshape(
        len(images), -1
    )  # float32: differences of uint8 would wrap

    def reduce(distances, start):
        distances[forbidden(slice(start, start + len(distances)))] = np.inf
        index = distances.argmin(axis=1)
        return index, distances[np.arange(len(index)), index]

    index, distance = zip(*pairwise_distances_chunked(pixels, reduce_func=reduce))
    return np.concatenate(index), np.concatenate(distance) / np.sqrt(pixels.shape[1])
