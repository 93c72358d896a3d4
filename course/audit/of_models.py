"""Tables with a row for each model: averages over classes, or sensitivity and specificity of two classes."""

from course.audit.columns import AVERAGES
from course.audit.reading import Unreadable
from course.audit.singles import singles
from course.audit.subjects import MEASURES, ask, decimals, over_runs, value

OF_TWO_CLASSES = {"specificity", "npv", "positives", "negatives"}
ALIKE = (*MEASURES, "accuracy")


def models(table):
    """A subject for each row, and one for all rows: do some look like one model?"""
    found = [_model(table, row) for row in table.rows]
    rows = {
        one.name: {measure: one.given[measure] for measure in ALIKE if measure in one.given}
        for one in found
        if one.check == "audit_averages"
    }
    rows = {name: given for name, given in rows.items() if len(given) > 1}
    if len(rows) > 1:
        printed = max(max(one.given["decimals"].values()) for one in found if one.name in rows)
        found.append(ask(table, "all rows", "audit_models", {"rows": rows, "decimals": printed}))
    return found


def _model(table, row):
    if averaged := over_runs(row.name, [row]):
        return averaged
    return _two_classes(table, row) if OF_TWO_CLASSES & set(row.cells) else _averages(table, row)


def _averages(table, row):
    averaging = table.settings.get("averaging", [None])[-1]
    roles = {measure: measure for measure in ALIKE if measure in row.cells}
    for average in AVERAGES:
        of_average = {measure: (measure, average) for measure in MEASURES if (measure, average) in row.cells}
        if of_average:
            averaging, roles = average, roles | of_average
    given = {measure: value(row, role) for measure, role in roles.items()}
    printed = {measure: decimals(row, role) for measure, role in roles.items()}
    given |= {"averaging": averaging, "support": list(table.support.values()) or None} | _beside(row, printed)
    return ask(table, row.name, "audit_averages", given | {"decimals": printed}, singles([row]))


def _two_classes(table, row):
    """A report of two classes, negative and positive: specificity is the recall of the first, npv its precision."""
    given, printed = {}, {}
    for measure, pair in {
        "precision": ("npv", "precision"),
        "recall": ("specificity", "recall"),
        "f1": ("", "f1"),
    }.items():
        if any(role in row.cells for role in pair):
            given[measure], printed[measure] = (
                [value(row, role) for role in pair],
                [decimals(row, role) for role in pair],
            )
    if "accuracy" in row.cells:
        given["accuracy"], printed["accuracy"] = value(row, "accuracy"), decimals(row, "accuracy")
    if "balanced accuracy" in row.cells:
        given["averages"] = {"macro": {"recall": value(row, "balanced accuracy")}}
        printed["macro"] = decimals(row, "balanced accuracy")
    given |= {"support": _two_counts(table, row), "classes": ["negative", "positive"]} | _beside(row, printed)
    return ask(table, row.name, "audit_report", given | {"decimals": printed}, singles([row]))


def _two_counts(table, row):
    counts = [row.cells.get("negatives"), row.cells.get("positives")]
    if all(counts):
        return [int(cell.value) for cell in counts]
    if any(counts) and "n" in row.cells:
        known = next(i for i, cell in enumerate(counts) if cell)
        rest = int(row.cells["n"].value) - int(counts[known].value)
        return [rest, int(counts[1].value)] if known else [int(counts[0].value), rest]
    if table.support and len(table.support) != 2:
        raise Unreadable(
            f"{table.name}: specificity belongs to two classes, but images of {len(table.support)} are stated."
        )
    return list(table.support.values()) or None


def _beside(row, printed):
    """An accuracy that the row gives a second time; its decimals are noted in `printed`."""
    if "test accuracy" not in row.cells:
        return {}
    printed["test accuracy"] = decimals(row, "test accuracy")
    return {"beside": {"test accuracy": value(row, "test accuracy")}}
