"""Checks of lesson 03. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here: tests compare these definitions with Keras."""

from helpers.checks.lesson03.predictive_values import predictive_values
from helpers.checks.lesson03.prepare import prepare
from helpers.checks.lesson03.reliability import reliability
from helpers.checks.lesson03.threshold_for_sensitivity import threshold_for_sensitivity
from helpers.checks.lesson03.trainable_parameters import trainable_parameters
from helpers.checks.score import Score

score = Score(
    "03",
    {
        "prepare": 2,
        "trainable_parameters": 2,
        "threshold_for_sensitivity": 3,
        "reliability": 2,
        "predictive_values": 3,
    },
)
__all__ = [
    "predictive_values",
    "prepare",
    "reliability",
    "threshold_for_sensitivity",
    "trainable_parameters",
    "score",
]
