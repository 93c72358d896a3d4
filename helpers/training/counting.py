"""The scores of every epoch, from counts."""

import numpy as np
import pandas as pd

from helpers import evaluation
from helpers.deep import keras


@keras.saving.register_keras_serializable(package="course")
class ConfusionMatrix(keras.metrics.Metric):
    """Counts how often each class was taken for each: (k, k), rows are the truth, columns the prediction.

    Accuracy, precision, recall and F1 of an epoch all follow from it (see `evaluation.scores`). A mean of the
    batches' F1 would not be the F1 of the epoch.
    """

    def __init__(self, n_classes, name="confusion", **options):
        super().__init__(name=name, **options)
        self.n_classes = n_classes
        self.counts = self.add_weight(shape=(n_classes, n_classes), initializer="zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):
        k, truth = self.n_classes, keras.ops.reshape(keras.ops.cast(y_true, "int32"), (-1,))
        pair = k * truth + keras.ops.cast(keras.ops.argmax(y_pred, axis=-1), "int32")
        counts = keras.ops.bincount(pair, minlength=k * k)
        self.counts.assign_add(keras.ops.cast(keras.ops.reshape(counts, (k, k)), "float32"))

    def get_config(self):
        return super().get_config() | {"n_classes": self.n_classes}

    def result(self):
        return keras.ops.copy(self.counts)  # the counts themselves are overwritten in the next epoch


def table(logs):
    """Keras's history, with a confusion matrix per epoch, as a table of scores."""
    columns = {}
    for prefix in ("", "val_"):
        columns[f"{prefix}loss"] = logs[f"{prefix}loss"]
        scores = evaluation.scores(np.array(logs[f"{prefix}confusion"]))
        columns |= {f"{prefix}{name}": values for name, values in scores._asdict().items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(logs["loss"]) + 1, name="epoch"))
