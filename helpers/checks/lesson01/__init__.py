"""Checks of lesson 01. Each judge compares with a library or with the definition, never with one stored
answer."""

from helpers.checks.lesson01.class_weights import class_weights
from helpers.checks.lesson01.find_duplicates import find_duplicates
from helpers.checks.lesson01.shortcut_auc import shortcut_auc
from helpers.checks.lesson01.split_by_number import split_by_number
from helpers.checks.lesson01.window_hu import window_hu
from helpers.checks.score import Score

score = Score(
    "01", {"window_hu": 2, "class_weights": 2, "find_duplicates": 3, "split_by_number": 3, "shortcut_auc": 2}
)
__all__ = ["class_weights", "find_duplicates", "shortcut_auc", "split_by_number", "window_hu", "score"]
