"""Training: one `fit`, features of frozen networks computed once, trained networks kept or restarted."""

from helpers.training.counting import ConfusionMatrix
from helpers.training.features import features, with_head
from helpers.training.fitting import fit
from helpers.training.keeping import kept, once
from helpers.training.restarting import restart
from helpers.training.stepping import together

__all__ = ["ConfusionMatrix", "features", "fit", "kept", "once", "restart", "together", "with_head"]
