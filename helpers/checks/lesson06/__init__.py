"""Checks of lesson 06. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here."""

from helpers.checks.lesson06.cohens_d import cohens_d
from helpers.checks.lesson06.false_positive_rate import false_positive_rate
from helpers.checks.lesson06.patient_means import patient_means
from helpers.checks.lesson06.permutation_p import permutation_p
from helpers.checks.lesson06.welch_t import welch_t
from helpers.checks.score import Score

score = Score(
    "06", {"cohens_d": 2, "welch_t": 2, "permutation_p": 3, "patient_means": 2, "false_positive_rate": 3}
)
__all__ = ["cohens_d", "false_positive_rate", "patient_means", "permutation_p", "welch_t", "score"]
