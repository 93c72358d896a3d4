"""The page that an audit leaves behind: one file of HTML with its figures inside, nothing fetched, everything escaped."""

from pathlib import Path

import jinja2

from helpers import audit

WORDS = {
    "impossible": "No whole numbers of images, or no standard average, give these numbers together.",
    "at chance": "A confusion matrix that fits the numbers agrees with the labels no better than shuffled predictions do.",
    "suspicious": "Possible, but not what one expects; another explanation is more likely.",
    "consistent": "Nothing was found by a check that could have found something.",
    "not applicable": "Not checked, and why.",
}


def write(table, subjects, figures, verdict, read):
    """The page's text.

    Parameters
    ----------
    table : `tables.Table`. subjects : list of `checks.Subject`. figures : list of `figures.Figure`. verdict : a sentence.
    read : sentences on how the table was read.
    """
    names = list(table.units)
    rows = [{"name": row.name, "cells": [row.printed.get(name, "") for name in names]} for row in table.rows]
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((Path(__file__).parent / "page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        title=title(table),
        verdict=verdict,
        sources=table.settings.get("source", []),
        notes=table.settings.get("note", []),
        kind=table.kind,
        columns=names,
        rows=rows,
        read=read,
        subjects=subjects,
        figures=figures,
        severities=audit.SEVERITIES,
        words=WORDS,
    )


def title(table):
    """The table's own title, or the name of its file."""
    return " ".join(table.settings.get("title", [])) or table.name
