"""From a table to verdicts: each row, or each report, goes to the check in `helpers.audit` that knows its numbers."""

from typing import NamedTuple

from course.audit.of_groups import effects, groups, means
from course.audit.of_models import models
from course.audit.of_reports import reports
from course.audit.reading import Unreadable
from helpers.audit import AVERAGINGS, ROUNDINGS, SEVERITIES


class Audit(NamedTuple):
    """A `tables.Table`, and the list of `Subject` that was found in it."""

    table: object
    subjects: list


OF_KIND = {"classes": reports, "models": models, "effects": effects, "groups": groups, "means": means}


def check(table):
    """All findings on a `tables.Table`: a list of `Subject`; raises `Unreadable` where numbers contradict their names."""
    for name, known in (("rounding", ROUNDINGS), ("averaging", AVERAGINGS)):
        if (given := table.settings.get(name, [known[0]])[-1]) not in known:
            raise Unreadable(f"{table.name}: unknown {name} {given!r}; known are {', '.join(known)}.")
    return OF_KIND[table.kind](table)


def gravest(audits):
    """The gravest severity of all findings."""
    found = [finding.severity for audit in audits for one in audit.subjects for finding in one.findings]
    return min(found, key=SEVERITIES.index)
