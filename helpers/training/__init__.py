"""Training: one `fit`, features of frozen networks computed once, and trained networks kept."""

from helpers.training.counting import ConfusionMatrix
from helpers.training.features import features, with_head
from helpers.training.fitting import fit
from helpers.training.keeping import kept

__all__ = ["ConfusionMatrix", "features", "fit", "kept", "with_head"]
