"""Class imbalance: focal loss, class weights, oversampling, SMOTE, and the correction of a prior.

The Keras loss stands in `helpers.imbalance.losses`, which imports TensorFlow; nothing else here does.
"""

from helpers.imbalance.focal import focal_gradient, focal_loss, undo_focal
from helpers.imbalance.priors import balanced_weights, correct_prior
from helpers.imbalance.resampling import oversample, smote

__all__ = [
    "balanced_weights",
    "correct_prior",
    "focal_gradient",
    "focal_loss",
    "oversample",
    "smote",
    "undo_focal",
]
