"""Checks of lesson 02. Each judge compares with a library or with the definition, never with one stored
answer, and names the mistakes that students make."""

from helpers.checks.lesson02.best_epoch import best_epoch
from helpers.checks.lesson02.build_network import build_network
from helpers.checks.lesson02.confusion_matrix import confusion_matrix
from helpers.checks.lesson02.conv_stack import conv_stack
from helpers.checks.lesson02.macro_f1 import macro_f1
from helpers.checks.lesson02.patient_interval import patient_interval
from helpers.checks.score import Score

score = Score(
    "02",
    {
        "conv_stack": 2,
        "build_network": 3,
        "best_epoch": 2,
        "confusion_matrix": 2,
        "macro_f1": 2,
        "patient_interval": 3,
    },
)
__all__ = [
    "best_epoch",
    "build_network",
    "confusion_matrix",
    "conv_stack",
    "macro_f1",
    "patient_interval",
    "score",
]
