"""More images of rare classes: the same ones again (oversampling), or points between them (SMOTE).

Both belong *inside* the training part. Done before the data are split, copies of an image, or mixtures with it,
stand on both sides.
"""

import numpy as np

from helpers import arguments
from helpers.imbalance.priors import counted


def oversample(labels, n_classes, seed=7):
    """Positions of a training set in which all classes are as frequent as the largest.

    Every image stays; of smaller classes, images drawn at random come again. (imbalanced-learn's `RandomOverSampler` copies the
    images themselves; positions cost no memory, and serve labels and patients too.)

    Parameters
    ----------
    labels : (n,) int in 0 .. n_classes - 1; every class occurs.

    Returns
    -------
    (n_classes * largest count,) int, positions in `labels`, in random order.
    """
    labels, rng = np.asarray(labels), np.random.default_rng(seed)
    counts = counted(labels, n_classes)
    if not counts.all():
        raise ValueError(f"class {counts.argmin()} has no image: there is nothing to draw again")
    again = [
        rng.choice(np.flatnonzero(labels == k), counts.max() - count)
        for k, count in enumerate(counts)
        if count < counts.max()
    ]
    return rng.permutation(np.concatenate([np.arange(len(labels)), *again]))


def smote(features, labels, *, n_neighbours=5, seed=7):
    """SMOTE: new points of rare classes on the lines between an image and one of its nearest neighbours of that class.

    imbalanced-learn's `SMOTE`, with errors that say what to do.

    Parameters
    ----------
    features : (n, d), finite: of training images only. labels : (n,) int from 0, two classes at least.
    n_neighbours : how many neighbours one is drawn from; every class smaller than the largest needs more images.

    Returns
    -------
    features (m, d), labels (m,) : the given ones first, then the new ones; all classes are as frequent as the largest.

    References
    ----------
    N. V. Chawla et al., SMOTE: synthetic minority over-sampling technique, JAIR 16 (2002) 321-357.
    """
    features, labels = np.asarray(features), np.asarray(labels)
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise ValueError(
            f"expected features (n, d) and labels (n,); got shapes {features.shape} and {labels.shape}. "
            "Flatten images first: images.reshape(len(images), -1)."
        )
    labels = arguments.class_labels(labels)
    if features.dtype.kind not in "fbiu":
        raise ValueError(f"expected features that are numbers; got {features.dtype}")
    if features.dtype.kind != "f":  # else the new points would be whole numbers too, off the lines
        features = features.astype(float)
    if not np.isfinite(features).all():
        raise ValueError(
            f"{np.count_nonzero(~np.isfinite(features).all(axis=1))} images have features that are not finite"
        )
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise ValueError(f"SMOTE needs two classes at least; all {len(labels)} labels are {classes}")
    if n_neighbours < 1:
        raise ValueError(f"n_neighbours must be at least 1, not {n_neighbours}")
    short = (counts < counts.max()) & (counts <= n_neighbours)
    if short.any():
        k = int(np.flatnonzero(short)[0])
        fewer = f"Take n_neighbours={counts[k] - 1} or less, or more images." if counts[k] > 1 else ""
        raise ValueError(
            f"class {classes[k]} has {counts[k]} images: too few for {n_neighbours} neighbours each. {fewer}".strip()
        )
    from imblearn.over_sampling import SMOTE  # a second to import, and nothing else needs it

    sampler = SMOTE(k_neighbors=n_neighbours, random_state=int(seed) % 2**32)
    return sampler.fit_resample(features, labels)
