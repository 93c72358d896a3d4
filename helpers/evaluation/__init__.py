"""What a classifier's predictions are worth: scores, curves, and how sure we may be of them.

Lessons explain these formulas, so they stand here to be read, and the tests hold each to its twin in scikit-learn, SciPy or
statsmodels. The twins are not called for three reasons: scikit-learn's scores want the labels of every image, where a
printed table and an epoch's history give counts; its AUC and ROC curve check their input anew in each of a thousand bootstrap
draws; and `python -m course audit` works where neither scikit-learn nor statsmodels is installed.
"""

from helpers.evaluation.classification import (
    Scores,
    confusion_matrix,
    per_class,
    recall_by_class,
    report,
    scores,
)
from helpers.evaluation.intervals import Estimate, bootstrap, paired_difference, wilson
from helpers.evaluation.probabilities import (
    calibration_floor,
    expected_calibration_error,
    predictive_values,
    reliability,
)
from helpers.evaluation.ranking import auc, roc_curve

__all__ = [
    "Estimate",
    "Scores",
    "auc",
    "bootstrap",
    "calibration_floor",
    "confusion_matrix",
    "expected_calibration_error",
    "paired_difference",
    "per_class",
    "predictive_values",
    "recall_by_class",
    "reliability",
    "report",
    "roc_curve",
    "scores",
    "wilson",
]
