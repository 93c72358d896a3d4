"""Compare frozen networks as published tables do, and as they should: time without start-up, scores with their spread."""

import time

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from helpers import evaluation, logistic, splits

MEASURES = ("loss", "accuracy", "precision", "recall", "F1")


def pooled(network, images, batch_size=32):
    """Averaged feature maps of images, and the time that one image takes.

    Parameters
    ----------
    network : keras.Model, images (n, size, size, 1) -> feature map (n, h, w, d). images : (n, size, size) in [0, 1].

    Returns
    -------
    (n, d) float32. Milliseconds an image; one image, with which a network starts up, is run before.
    """
    batches = [images[start : start + batch_size, ..., None] for start in range(0, len(images), batch_size)]
    network(batches[0][:1], training=False)
    started = time.perf_counter()
    found = [np.asarray(network(batch, training=False)).mean(axis=(1, 2)) for batch in batches]
    return np.concatenate(found), 1000 * (time.perf_counter() - started) / len(images)


def halves(labels, groups, seed, *, by="group", repeats=5):
    """Deal the images of a cohort into two halves, several times: a list of (n,) arrays of 0 and 1.

    Parameters
    ----------
    labels, groups : (n,). by : "group", whole patients; or "image", single images, which leaks where a patient has several.
    """
    return [
        splits.fold_numbers(labels, groups, by, n_folds=2, seed=seed + repeat) for repeat in range(repeats)
    ]


def repeated(features, labels, n_classes, dealt):
    """Scores of a logistic regression on frozen features: of each pair of halves one trains, the other tests.

    Parameters
    ----------
    features : (n, d). labels : (n,). dealt : as of `halves`; dealt once, it serves every network.

    Returns
    -------
    pandas.DataFrame : a row a repeat; columns loss, accuracy, and precision, recall and F1 as macro averages.
    """
    rows = []
    for half in dealt:
        model = logistic.fit((features[half == 0], labels[half == 0]), strengths=(0.01,))
        probabilities, truth = model.predict_proba(features[half == 1]), labels[half == 1]
        confusion = evaluation.confusion_matrix(truth, probabilities.argmax(axis=1), n_classes)
        rows.append((log_loss(truth, probabilities, labels=range(n_classes)), *evaluation.scores(confusion)))
    return pd.DataFrame(rows, columns=MEASURES)


def summary(scores):
    """One text a measure: mean (lowest to highest) of the repeats; all but the loss in per cent."""
    factors = {measure: 1 if measure == "loss" else 100 for measure in scores}
    digits = {measure: 2 if measure == "loss" else 0 for measure in scores}
    return {
        measure: "{:.{d}f} ({:.{d}f} to {:.{d}f})".format(
            *(factors[measure] * value for value in (column.mean(), column.min(), column.max())),
            d=digits[measure],
        )
        for measure, column in scores.items()
    }
