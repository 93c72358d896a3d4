"""Focal loss for training: the equation of `focal.py` in Keras."""

from helpers import arguments
from helpers.deep import keras
from helpers.imbalance.focal import SMALLEST, checked_alpha, checked_gamma

ops = keras.ops


@keras.saving.register_keras_serializable(package="course")
class FocalLoss(keras.losses.Loss):
    """Focal loss of integer labels (n,) and probabilities (n, k); arguments as of `imbalance.focal_loss`.

    The same as `keras.losses.CategoricalFocalCrossentropy` on one-hot labels, values and gradients, except that alpha
    is None unless one is given. What Keras's own alpha does:

    - CategoricalFocalCrossentropy(alpha=0.25), the default, multiplies *every* class by 0.25: no class is favoured, and
      Adam, which divides by the size of the gradient, takes the same steps as without, but for its epsilon; an L2
      penalty beside it counts four times as much. A list, one number a class, is Lin's alpha_t.
    - BinaryFocalCrossentropy(alpha=0.25) ignores alpha altogether unless `apply_class_balancing=True`. Then the
      positive class counts 0.25 and the negative one 0.75: the paper's choice, made for detectors whose many easy
      negatives gamma has already silenced. Whoever wants to favour a rare positive class needs an alpha above one half.
    """

    def __init__(self, gamma=2.0, alpha=None, name="focal_loss", reduction="sum_over_batch_size", **options):
        super().__init__(name=name, reduction=reduction, **options)
        self.gamma = checked_gamma(gamma)
        # Plain numbers, so that it can be saved with the model.
        alpha = arguments.by_class(alpha)
        self.alpha = alpha.tolist() if hasattr(alpha, "tolist") else alpha

    def call(self, y_true, y_pred):
        n_classes, labels = y_pred.shape[-1], ops.cast(y_true, "int32")
        if labels.shape[1:] not in ((), (1,)):
            raise ValueError(f"labels must be whole numbers (n,), not one-hot; got shape {labels.shape}")
        is_true = ops.one_hot(ops.reshape(labels, (-1,)), n_classes, dtype=y_pred.dtype)
        # As Keras does: rows add up to 1 but for rounding, and gradients by probabilities keep them so.
        y_pred = y_pred / ops.sum(y_pred, axis=-1, keepdims=True)
        true = ops.sum(is_true * ops.clip(y_pred, SMALLEST, 1 - SMALLEST), axis=-1)
        losses = -((1 - true) ** self.gamma) * ops.log(true)
        if self.alpha is None:
            return losses
        alpha = ops.convert_to_tensor(checked_alpha(self.alpha, n_classes), y_pred.dtype)
        return losses * ops.sum(is_true * alpha, axis=-1)

    def get_config(self):
        return super().get_config() | {"gamma": self.gamma, "alpha": self.alpha}
