"""Training: one `fit`, and features of frozen networks computed once."""

from helpers.training.features import features, with_head
from helpers.training.fitting import ConfusionMatrix, fit

__all__ = ["ConfusionMatrix", "features", "fit", "with_head"]
