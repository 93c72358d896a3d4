"""What published numbers imply, and what they exclude. NumPy and SciPy alone; no network is loaded.

Functions give numbers (`confusion_from_report`, `f1_bounds`, `effect_from_summary` ...); `audit_...` give verdicts, as
objects (`Finding`). Shares are in [0, 1] and as printed; how they were rounded is said by `decimals` and `rounding`.
"""

from helpers.audit.averages import accuracy_bounds, f1_bounds
from helpers.audit.chance import AT_CHANCE, Row, chance_z, expected_agreement, majority_row
from helpers.audit.counts import grim, interval_for_accuracy
from helpers.audit.findings import CODES, SEVERITIES, Finding
from helpers.audit.power import power
from helpers.audit.printed import AVERAGINGS
from helpers.audit.reports import Fits, confusion_from_report
from helpers.audit.rounding import ROUNDINGS, Interval, before_rounding, rounds_to
from helpers.audit.summaries import Effect, effect_from_summary
from helpers.audit.verdicts import audit_averages, audit_effects, audit_mean, audit_models, audit_report

__all__ = [
    "AT_CHANCE",
    "AVERAGINGS",
    "CODES",
    "ROUNDINGS",
    "SEVERITIES",
    "Effect",
    "Finding",
    "Fits",
    "Interval",
    "Row",
    "accuracy_bounds",
    "audit_averages",
    "audit_effects",
    "audit_mean",
    "audit_models",
    "audit_report",
    "before_rounding",
    "chance_z",
    "confusion_from_report",
    "effect_from_summary",
    "expected_agreement",
    "f1_bounds",
    "grim",
    "interval_for_accuracy",
    "majority_row",
    "power",
    "rounds_to",
]
