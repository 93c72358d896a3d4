"""Tables with a row for each model: averages over classes, or sensitivity and specificity of two classes."""

from course.audit.columns import AVERAGES
from course.audit.reading import Unreadable
from course.audit.singles import singles
from course.audit.subjects import MEASURES, Subject, ask, ask_report, decimals, not_checked, over_runs, value

OF_TWO_CLASSES = {"specificity", "npv", "positives", "negatives"}
PAIRS = {"precision": ("npv", "precision"), "recall": ("specificity", "recall"), "f1": ("", "f1")}
BESIDE = "test accuracy"
ALIKE = (*MEASURES, "accuracy")


def models(table):
    """Subjects for each row, and one for all rows of averages: do some look like one model?"""
    found = [one for row in table.rows for one in _model(table, row)]
    rows = {}
    for one in found:
        numbers = {measure: one.given[measure] for measure in ALIKE if measure in one.given}
        if one.check == "audit_averages" and len(numbers) > 2 and "beside" in one.given:
            (elsewhere,) = one.given["beside"].values()
            rows[one.name] = numbers | {"beside": elsewhere}
    if len(rows) > 1:
        found.append(ask(table, "all rows", "audit_models", {"rows": rows}))
    return found


def _model(table, row):
    """The subjects of one row: one, or one for each averaging that its columns name."""
    if averaged := over_runs(row.name, [row]):
        return [averaged]
    if set(row.cells) == {"any"}:
        why = "a number without an interval, of a measure that no check knows"
        return [Subject(row.name, findings=singles([row]) or [not_checked(row.cells["any"].text, why)])]
    if OF_TWO_CLASSES & set(row.cells):
        return [_two_classes(table, row)]
    accuracy = {"accuracy": "accuracy"} if "accuracy" in row.cells else {}
    plain = {measure: measure for measure in MEASURES if measure in row.cells}
    averages = {name: {m: (m, name) for m in MEASURES if (m, name) in row.cells} for name in AVERAGES}
    named = [(name, roles) for name, roles in averages.items() if roles]
    stated = table.settings.get("averaging", [None])[-1]
    groups = [(stated, plain), *named] if plain or not named else named
    return [
        _averages(
            table,
            row,
            averaging,
            roles | accuracy,
            row.name if len(groups) == 1 else f"{row.name}, {averaging}",
        )
        for averaging, roles in groups
    ]


def _averages(table, row, averaging, roles, name):
    """One row of averages of one kind, or an accuracy alone."""
    given = {measure: value(row, role) for measure, role in roles.items()}
    printed = {measure: decimals(row, role) for measure, role in roles.items()}
    n = int(row.cells["n"].value) if "n" in row.cells else sum(table.support.values())
    beside = _beside(row, printed)
    if set(roles) == {"accuracy"} and not n and not beside:
        why = "an accuracy alone; with the number of images, in a column n, more could be said"
        return Subject(name, findings=singles([row]) or [not_checked(row.cells["accuracy"].text, why)])
    if set(roles) == {"accuracy"} and not beside:
        whole = {"mean": given["accuracy"], "n": n, "decimals": printed["accuracy"]}
        return ask(table, f"{name}, accuracy as a share of {n} images", "audit_mean", whole, singles([row]))
    given |= {"averaging": averaging, "support": list(table.support.values()) or None} | beside
    return ask(table, name, "audit_averages", given | {"decimals": printed}, singles([row]))


def _two_classes(table, row):
    """A report of two classes, negative and positive: specificity is the recall of the first, npv its precision."""
    given, printed = {}, {}
    for measure, pair in PAIRS.items():
        if any(role in row.cells for role in pair):
            given[measure] = [value(row, role) for role in pair]
            printed[measure] = [decimals(row, role) for role in pair]
    if "accuracy" in row.cells:
        given["accuracy"], printed["accuracy"] = value(row, "accuracy"), decimals(row, "accuracy")
    if "balanced accuracy" in row.cells:
        given["averages"] = {"macro": {"recall": value(row, "balanced accuracy")}}
        printed["macro"] = decimals(row, "balanced accuracy")
    given |= {"support": _two_counts(table, row), "classes": ["negative", "positive"]} | _beside(row, printed)
    return ask_report(table, row.name, given | {"decimals": printed}, singles([row]))


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
    if BESIDE not in row.cells:
        return {}
    name = f"{BESIDE} ({row.cells[BESIDE].text})"
    printed[name] = decimals(row, BESIDE)
    return {"beside": {name: value(row, BESIDE)}}
