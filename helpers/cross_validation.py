"""Cross-validation of a Keras network: every image is predicted by a network that was not trained on its fold."""

import numpy as np

from helpers import arguments, seeds
from helpers.deep import keras
from helpers.training.digests import compiled
from helpers.training.keeping import remembered
from helpers.training.stepping import together


def out_of_fold(network, images, labels, folds, *, epochs, batch_size=32, seed=7):
    """Class probabilities of all images, each from a training that left its fold out.

    One training per fold, each from start weights of its own. The network is compiled once, outside: only its weights
    and the state of its optimizer are set back between trainings, which saves the time of a new compilation. The same call
    is not computed twice, on the same machine: what came out stays in the course's cache (as of `training.once`).

    Parameters
    ----------
    network : keras.Model, compiled; images -> probabilities (n, k).
    images : (n, ...) as the network takes them. labels : (n,) int.
    folds : (n,) fold of each image, two folds at least, e.g. of `splits.fold_numbers`.
    epochs : of each training; there is no early stopping, and so nothing is chosen.
    seed : of start weights and of the order of the images, with the position of the fold added to it.

    Returns
    -------
    (n, k) float32. The network is left with the weights of the last training, and with its optimizer as it came.

    Raises
    ------
    ValueError : a network that is not compiled; labels or folds that are not one for each image; fewer than two folds.

    References
    ----------
    M. Stone, Cross-validatory choice and assessment of statistical predictions, JRSS B 36 (1974) 111-147.
    """
    if not network.compiled:
        raise ValueError("the network is not compiled: call network.compile(...) first")
    labels = arguments.class_labels(labels)
    folds = arguments.patients(folds, len(labels), "folds")
    if len(images) != len(labels):
        raise ValueError(f"expected one label for each image; got {len(labels)} for {len(images)}")
    if len(np.unique(folds)) < 2:
        raise ValueError("cross-validation needs two folds at least: with one, nothing is left to train on")
    network.optimizer.build(network.trainable_variables)
    fresh = [variable.numpy() for variable in network.optimizer.variables]

    def train():
        probabilities = np.empty((len(labels), network.output_shape[-1]), np.float32)
        for position, fold in enumerate(np.unique(folds)):
            seeds.set_seed(seed + position)
            network.set_weights(keras.models.clone_model(network).get_weights())  # new start weights
            held_out = folds == fold
            try:
                with together(network):
                    network.fit(
                        images[~held_out], labels[~held_out], batch_size=batch_size, epochs=epochs, verbose=0
                    )
            finally:  # the next training, and the next call, find the optimizer as it came
                for variable, value in zip(network.optimizer.variables, fresh, strict=True):
                    variable.assign(value)
            probabilities[held_out] = network.predict(images[held_out], batch_size=256, verbose=0)
        return {"probabilities": probabilities} | {f"{i}": one for i, one in enumerate(network.get_weights())}

    known = compiled(
        network, "out of fold", fresh, [np.asarray(images), labels, folds], epochs, batch_size, seed
    )
    found = remembered(known, train)
    network.set_weights([found[f"{i}"] for i in range(len(network.weights))])
    return found["probabilities"]
