"""Train a classifier: one `fit`, with early stopping, the best weights, and the history as a table."""

import math
import os
import weakref
from contextlib import nullcontext

import numpy as np
from tqdm.auto import tqdm

from helpers.deep import keras, tf
from helpers.training.counting import ConfusionMatrix, table
from helpers.training.inputs import arrays, weights_of
from helpers.training.restarting import forget
from helpers.training.stepping import together

_compiled = weakref.WeakKeyDictionary()  # network -> (what it was compiled for, optimizer)


def fit(
    model,
    train,
    validation,
    *,
    epochs,
    batch_size=32,
    learning_rate=1e-3,
    schedule=None,
    patience=None,
    keep="best",
    loss="sparse_categorical_crossentropy",
    class_weights=None,
    progress=None,
):
    """Train `model` with Adam, and leave it with the weights of its best epoch.

    Parameters
    ----------
    model : keras.Model from images (n, h, w, 1), or whatever else, to probabilities (n, k). It is compiled and trained
        in place; what is frozen stays as it is. One that is trained again in the same way is not compiled anew, which would
        take longer than several epochs of a small network; its optimizer starts from nothing all the same. Where there are
        several GPUs, each batch is divided among them (`tf.distribute.MirroredStrategy`): copies of the model are trained,
        and the model gets their weights. A subclassed model, which cannot be copied, stays on one, and so does one whose
        batches cannot be divided evenly.
    train, validation : Dataset with images (n, h, w) and labels 0 .. k - 1; or a pair (inputs, labels), for example
        features (n, d) and labels (n,).
    schedule : None: the learning rate stays; "cosine": it falls to 0 over all epochs along half a cosine.
    epochs : at most so many; with `patience`, training stops after so many epochs in a row without a lower
        validation loss.
    keep : "best", the weights of the epoch of lowest validation loss; or "last", those after the last epoch.
    loss : Keras loss of integer labels (n,) and probabilities (n, k).
    class_weights : (k,) factors by which each class's training loss counts, not negative; or a dict of them, by class
        0 .. k - 1 or by class name (where `train` is a Dataset); None: all alike. The validation loss is never weighted.
    progress : show a bar that names the device. Default: yes, unless the environment variable COURSE_PROGRESS is 0.

    Returns
    -------
    pandas.DataFrame : one row per epoch, from 1. Columns loss, accuracy, precision, recall, f1 (macro averages), and
        the same with `val_` in front. The training columns are means over the epoch while the weights move, with
        augmentation and dropout on; the validation columns are measured at the end of the epoch, with both off. The
        best epoch is `history.val_loss.idxmin()`.

    Raises
    ------
    ValueError : images or labels that do not fit the model, inputs or labels that are NaN, labels that are no classes,
        class weights that are not one for each class; a loss that is not finite.

    References
    ----------
    D. P. Kingma, J. Ba, Adam: a method for stochastic optimization, arXiv 1412.6980.
    I. Loshchilov, F. Hutter, SGDR: stochastic gradient descent with warm restarts, arXiv 1608.03983: the cosine.
    L. Prechelt, Early stopping - but when?, in: Neural Networks: Tricks of the Trade, Springer 1998.
    """
    if epochs < 1 or (patience is not None and patience < 1):
        raise ValueError(
            f"expected at least one epoch and a patience of at least 1; got {epochs}, {patience}"
        )
    if keep not in ("best", "last"):
        raise ValueError(f"keep must be 'best' or 'last', not {keep!r}")
    if schedule not in (None, "cosine"):
        raise ValueError(f"schedule must be None or 'cosine', not {schedule!r}")
    parts = [arrays(model, part, name) for part, name in ((train, "train"), (validation, "validation"))]
    weights = weights_of(class_weights, model.output_shape[-1], getattr(train, "class_names", None))
    if progress is None:
        progress = os.environ.get("COURSE_PROGRESS") != "0"
    stopping = keras.callbacks.EarlyStopping(
        "val_loss",
        patience=epochs if patience is None else patience,
        restore_best_weights=keep == "best",
    )
    decay = epochs * math.ceil(len(parts[0][0]) / batch_size) if schedule == "cosine" else None
    gpus = _gpus()
    spread = (
        len(gpus) > 1
        and batch_size % len(gpus) == 0
        and batch_size <= len(parts[0][0])  # Keras takes a first batch of unequal shares for an error
        and (isinstance(model, keras.Sequential) or hasattr(model, "operations"))
    )
    strategy = tf.distribute.MirroredStrategy(gpus) if spread else tf.distribute.get_strategy()
    with strategy.scope():
        trained = _copied(model) if spread else model
        _compile(trained, learning_rate, decay, loss)
    device = f"{len(gpus) if spread else 1} GPU" if gpus else "CPU"
    with nullcontext() if spread else together(trained):
        logs = trained.fit(
            *parts[0],
            validation_data=parts[1],
            epochs=epochs,
            batch_size=batch_size,
            class_weight=weights,
            verbose=0,
            callbacks=[stopping, keras.callbacks.TerminateOnNaN(), _Progress(epochs, progress, device)],
        ).history
    if spread:
        _compile(model, learning_rate, decay, loss)
        model.set_weights(trained.get_weights())
    history = table(logs)
    if not np.isfinite(history.to_numpy()).all():
        raise ValueError(
            f"the loss is no longer a finite number in epoch {len(history)}: "
            f"try a learning rate below {learning_rate:g}"
        )
    return history


def _compile(model, learning_rate, decay, loss):
    """Compile with Adam, at a rate that stays or falls over `decay` steps; if that is done, set the optimizer back."""
    wanted = (learning_rate, decay, loss, [id(variable) for variable in model.trainable_variables])
    known, optimizer = _compiled.get(model, (None, None))
    if known == wanted and model.optimizer is optimizer:
        forget(optimizer)
        return
    rate = learning_rate if decay is None else keras.optimizers.schedules.CosineDecay(learning_rate, decay)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=[ConfusionMatrix(model.output_shape[-1])])
    model.optimizer.build(
        model.trainable_variables
    )  # now, not while `fit` is traced: half of the start-up time
    _compiled[model] = wanted, model.optimizer


def _gpus():
    """The names of this machine's GPUs, as TensorFlow has them; none is usual."""
    return [device.name for device in tf.config.list_logical_devices("GPU")]


def _copied(model):
    """A copy with the same weights; made within a strategy's scope, it has them on every device."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


class _Progress(keras.callbacks.Callback):
    """A bar that moves once an epoch; before it, on what the network is trained."""

    def __init__(self, epochs, shown, device):
        super().__init__()
        self.bar = tqdm(total=epochs, desc=device, unit="epoch", disable=not shown)

    def on_epoch_end(self, epoch, logs=None):
        self.bar.set_postfix(loss=f"{logs['loss']:.3f}", validation=f"{logs['val_loss']:.3f}")
        self.bar.update()

    def on_train_end(self, logs=None):
        self.bar.close()
