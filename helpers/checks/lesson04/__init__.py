"""Checks of lesson 04. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here."""

from helpers.checks.lesson04.class_weights import class_weights
from helpers.checks.lesson04.focal_gradient import focal_gradient
from helpers.checks.lesson04.focal_loss import focal_loss
from helpers.checks.lesson04.smote_sample import smote_sample
from helpers.checks.lesson04.undo_oversampling import undo_oversampling
from helpers.checks.score import Score

score = Score(
    "04",
    {"focal_loss": 2, "focal_gradient": 3, "class_weights": 2, "undo_oversampling": 3, "smote_sample": 2},
)
__all__ = ["class_weights", "focal_gradient", "focal_loss", "smote_sample", "undo_oversampling", "score"]
