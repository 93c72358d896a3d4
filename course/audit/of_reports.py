"""Reports with a row for each class."""

from course.audit.columns import AVERAGES
from course.audit.reading import Unreadable
from course.audit.singles import singles
from course.audit.subjects import MEASURES, ask_report, columns, decimals, over_runs, value


def reports(table):
    """A subject for each report: for each model where a column tells it, else for the table."""
    models = list(dict.fromkeys(row.model for row in table.rows))
    return [
        _report(table, model or "the report", [row for row in table.rows if row.model == model])
        for model in models
    ]


def _report(table, name, rows):
    if averaged := over_runs(name, rows):
        return averaged
    classes = [row for row in rows if not row.kind]
    if len(classes) < 2:
        raise Unreadable(
            f"{table.name}: {name} has {len(classes)} class; a report needs a row for each of two classes or more."
        )
    given, printed = columns(classes, {measure: measure for measure in MEASURES})
    averages, beside = {}, {}
    for row in rows:
        if row.kind in AVERAGES:
            averages[row.kind] = {
                measure: value(row, measure) for measure in MEASURES if measure in row.cells
            }
            printed[row.kind] = max((decimals(row, measure) for measure in averages[row.kind]), default=2)
        elif row.kind in ("accuracy", "test accuracy"):
            cell = _only(table, row)
            key = "accuracy" if row.kind == "accuracy" else f"{row.name} ({cell.text})"
            printed[key] = cell.decimals
            (given if row.kind == "accuracy" else beside)[key] = cell.value
    given |= {"support": _support(table, classes), "averages": averages or None, "beside": beside or None}
    given |= {"decimals": printed, "classes": [row.name for row in classes]}
    return ask_report(table, name, given, singles(rows))


def _support(table, classes):
    """Images of each class, from the column n or from what is stated beside the table; None where nobody says."""
    counts = [row.cells.get("n") for row in classes]
    if all(counts):
        return [int(cell.value) for cell in counts]
    stated = {name.casefold(): count for name, count in table.support.items()}
    if stated and set(stated) != {row.name.casefold() for row in classes}:
        names = ", ".join(row.name for row in classes)
        raise Unreadable(
            f"{table.name}: images are stated for {', '.join(table.support)}, but the rows are {names}."
        )
    return [stated[row.name.casefold()] for row in classes] if stated else None


def _only(table, row):
    """The one rate in a row such as "accuracy", wherever it stands."""
    cells = [cell for role, cell in row.cells.items() if role != "n" and cell.value is not None]
    if len({cell.value for cell in cells}) != 1:
        raise Unreadable(f"{table.name}, {row.where}: {row.name!r} has {len(cells)} numbers; expected one.")
    return cells[0]
