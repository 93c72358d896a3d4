"""Checks that turn published numbers into findings: each returns a list of `Finding`, the gravest first."""

from helpers.audit.verdicts.effects import audit_effects, audit_mean
from helpers.audit.verdicts.models import audit_models
from helpers.audit.verdicts.reports import audit_report
from helpers.audit.verdicts.rows import audit_averages

__all__ = ["audit_averages", "audit_effects", "audit_mean", "audit_models", "audit_report"]
