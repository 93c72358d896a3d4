"""What is given to the helpers, checked in one place: labels, truth values, patients, factors of classes."""

from helpers.arguments.factors import by_class, class_factors
from helpers.arguments.labels import class_labels, truth_values
from helpers.arguments.patients import MISSING, patients

__all__ = ["MISSING", "by_class", "class_factors", "class_labels", "patients", "truth_values"]
