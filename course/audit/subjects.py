"""What is checked together, and how cells become arguments of the checks."""

from dataclasses import dataclass, field

import numpy as np

from course.audit.reading import Unreadable
from helpers import audit
from helpers.audit.findings import finding, gravest_first

MEASURES = ("precision", "recall", "f1")
LARGE, FEW_DRAWS = (
    3000,
    20,
)  # from so many images on, the power of a report's check is estimated from fewer tables
ROUNDED = {"audit_report", "audit_averages", "audit_mean"}


@dataclass(frozen=True)
class Subject:
    """A row, or a report, and what was found.

    name : of the row or the report. check : name of the function in `helpers.audit`. given : its arguments. findings : list of
    `audit.Finding`, the gravest first.
    """

    name: str
    check: str = ""
    given: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)


def ask(table, name, check, given, further=()):
    """A subject with the findings of a check, and `further` ones; `Unreadable` where the check refuses the numbers."""
    options = (
        {"rounding": table.settings["rounding"][-1]}
        if "rounding" in table.settings and check in ROUNDED
        else {}
    )
    if check == "audit_report" and sum(given["support"] or []) > LARGE:
        options["power_draws"] = FEW_DRAWS
    try:
        findings = [*getattr(audit, check)(**given, **options), *further]
    except ValueError as error:
        raise Unreadable(f"{table.name}: {name}: {error}.") from None
    return Subject(name, check, given | options, gravest_first(findings))


def ask_report(table, name, given, further):
    """The same of a report; one without precision, recall and F1 has nothing to be checked."""
    if not set(given) & set(MEASURES):
        return Subject(
            name, findings=[*further, not_checked("neither precision nor recall nor F1", "nothing to fit")]
        )
    return ask(table, name, "audit_report", given, further)


def value(row, role):
    """A row's number as a float; NaN where nothing is printed, or only a bound."""
    cell = row.cells.get(role)
    return float("nan") if cell is None or cell.value is None or cell.bound else cell.value


def decimals(row, role):
    """The printed decimals of a row's number, as a share; 2 where nothing is printed."""
    cell = row.cells.get(role)
    return 2 if cell is None or cell.decimals is None else cell.decimals


def columns(rows, roles):
    """({measure: list of numbers}, {measure: list of decimals}) of the measures of which some number is printed.

    roles : {measure: one role for all rows, or a list of (row, role)}.
    """
    given = {measure: [value(row, role) for row in rows] for measure, role in roles.items()}
    given = {measure: values for measure, values in given.items() if not np.isnan(values).all()}
    return given, {measure: [decimals(row, roles[measure]) for row in rows] for measure in given}


def over_runs(name, rows):
    """A subject of its own where numbers have a spread: averages over runs belong to no single confusion matrix. Else None."""
    spread = [cell.text for row in rows for cell in row.cells.values() if cell.spread]
    if not spread:
        return None
    why = (
        "a number with ± is an average over several runs or folds, and belongs to no single confusion matrix"
    )
    return Subject(name, findings=[not_checked(", ".join(spread[:3]), why)])


def not_checked(evidence, why):
    """The finding that says why there is none."""
    return finding("A401", f"{evidence}: {why}.", "Nothing.", "That the numbers are right, or wrong.")
