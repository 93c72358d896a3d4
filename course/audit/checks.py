"""From a table to verdicts: each row, or each report, goes to the check in `helpers.audit` that knows its numbers."""

from course.audit.of_groups import effects, groups, means
from course.audit.of_models import models
from course.audit.of_reports import reports
from course.audit.reading import Unreadable
from course.audit.subjects import gravity
from helpers import audit

OF_KIND = {"classes": reports, "models": models, "effects": effects, "groups": groups, "means": means}


def check(table):
    """All findings on a `tables.Table`: a list of `Subject`; raises `Unreadable` where numbers contradict their names."""
    for name, known in (("rounding", audit.ROUNDINGS), ("averaging", audit.AVERAGINGS)):
        if (given := table.settings.get(name, [known[0]])[-1]) not in known:
            raise Unreadable(f"{table.name}: unknown {name} {given!r}; known are {', '.join(known)}.")
    return OF_KIND[table.kind](table)


def gravest(subjects):
    """The gravest severity of all findings."""
    return min((finding for one in subjects for finding in one.findings), key=gravity).severity
