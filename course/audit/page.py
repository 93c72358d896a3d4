"""The page that an audit leaves behind: one file of HTML with its figures inside, nothing fetched, everything escaped."""

from pathlib import Path

import jinja2

from course.audit import drawings, report
from helpers import audit

WORDS = {
    "impossible": "No whole numbers of images, or no standard average, give these numbers together.",
    "at chance": "A confusion matrix that fits the numbers agrees with the labels no better than shuffled predictions do.",
    "suspicious": "Possible, but not what one expects; another explanation is more likely.",
    "consistent": "Nothing was found by a check that could have found something.",
    "not applicable": "Not checked, and why.",
}


def write(name, audits, passed_over=()):
    """The page's text.

    Parameters
    ----------
    name : of the file. audits : list of `checks.Audit`. passed_over : sentences on tables that were not audited.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((Path(__file__).parent / "page.html.j2").read_text(encoding="utf-8"))
    sections = [_section(table, subjects) for table, subjects in audits]
    title = sections[0]["title"] if len(sections) == 1 else name
    return template.render(
        title=title, sections=sections, passed_over=passed_over, severities=audit.SEVERITIES, words=WORDS
    )


def _section(table, subjects):
    columns = list(table.units)
    return {
        "title": " ".join(table.settings.get("title", [])) or table.name,
        "verdict": report.verdict(subjects),
        "sources": table.settings.get("source", []),
        "notes": table.settings.get("note", []),
        "kind": table.kind,
        "columns": columns,
        "rows": [
            {"name": row.name, "cells": [row.printed.get(name, "") for name in columns]} for row in table.rows
        ],
        "verdicts": {}
        if table.kind == "classes"
        else {row.name: _gravest(row.name, subjects) for row in table.rows},
        "read": report.how_it_was_read(table),
        "subjects": subjects,
        "figures": drawings.of(subjects),
    }


def _gravest(name, subjects):
    """The gravest severity of a row's subjects: those of its name, and of its name with more behind it."""
    own = [one for one in subjects if one.name == name or one.name.startswith(f"{name}, ")]
    return min((one.findings[0].severity for one in own), key=audit.SEVERITIES.index, default="")
