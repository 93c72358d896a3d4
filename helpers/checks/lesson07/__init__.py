"""Checks of lesson 07. Each judge compares with the definition, never with one stored answer, and tells typical
mistakes apart where it can. No TensorFlow here."""

from helpers.checks.lesson07.effect_from_summary import effect_from_summary
from helpers.checks.lesson07.expected_agreement import expected_agreement
from helpers.checks.lesson07.fitting_pairs import fitting_pairs
from helpers.checks.lesson07.majority_row import majority_row
from helpers.checks.lesson07.predicted_counts import predicted_counts
from helpers.checks.score import Score

score = Score(
    "07",
    {
        "fitting_pairs": 3,
        "expected_agreement": 2,
        "majority_row": 2,
        "predicted_counts": 3,
        "effect_from_summary": 3,
    },
)
__all__ = [
    "effect_from_summary",
    "expected_agreement",
    "fitting_pairs",
    "majority_row",
    "predicted_counts",
    "score",
]
