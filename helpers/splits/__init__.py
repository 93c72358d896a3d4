"""Split a cohort into parts without a patient in two of them, or show what happens if one is."""

from helpers.splits.folds import fold_numbers
from helpers.splits.official import official_or_dealt
from helpers.splits.parts import PARTS, split

__all__ = ["PARTS", "fold_numbers", "official_or_dealt", "split"]
