"""What a classifier's predictions are worth: scores, curves, and how sure we may be of them."""

from helpers.evaluation.classification import Scores, confusion_matrix, per_class, report, scores
from helpers.evaluation.intervals import Estimate, bootstrap
from helpers.evaluation.probabilities import predictive_values, reliability
from helpers.evaluation.ranking import auc, roc_curve

__all__ = [
    "Estimate",
    "Scores",
    "auc",
    "bootstrap",
    "confusion_matrix",
    "per_class",
    "predictive_values",
    "reliability",
    "report",
    "roc_curve",
    "scores",
]
