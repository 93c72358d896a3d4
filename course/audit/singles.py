"""What holds of single numbers, whatever table they stand in: fractions, totals, intervals."""

from fractions import Fraction

from helpers import audit
from helpers.audit.findings import finding
from helpers.evaluation import wilson

NARROW = 0.8  # of the width that independent images give
OF_COUNTS = {
    "precision": (("tp",), ("tp", "fp")),
    "recall": (("tp",), ("tp", "fn")),
    "specificity": (("tn",), ("tn", "fp")),
    "npv": (("tn",), ("tn", "fn")),
    "f1": (("tp", "tp"), ("tp", "tp", "fp", "fn")),
    "accuracy": (("tp", "tn"), ("tp", "fp", "fn", "tn")),
}


def singles(rows):
    """Findings on the cells of some rows: a list of `audit.Finding`, one of them "consistent" where all hold."""
    checked = [*_totals(rows)]
    for row in rows:
        checked += [*_fractions(row), *_between(row), *_intervals(row)]
    found = [one for _, one in checked if one]
    if not checked or found:
        return found
    holds = "; ".join(what for what, _ in checked[:4]) + ("; and so on" if len(checked) > 4 else "")
    return [finding("A306", f"{holds}.", "Each of these can be as it is printed.", "That they are right.")]


def _between(row):
    """(what was checked, finding or None) for accuracies beside sensitivity and specificity: one lies between them, the
    balanced one is their mean. The last digit may be one too high or too low, so that every rounding is allowed."""
    if not all(role in row.cells and row.cells[role].value is not None for role in ("recall", "specificity")):
        return
    (low_a, high_a), (low_b, high_b) = (_wide(row.cells[role]) for role in ("recall", "specificity"))
    allowed = {
        "accuracy": (min(low_a, low_b), max(high_a, high_b), "lies between"),
        "balanced accuracy": ((low_a + low_b) / 2, (high_a + high_b) / 2, "is the mean of"),
    }
    for role, (low, high, relation) in allowed.items():
        if role not in row.cells or row.cells[role].value is None:
            continue
        least, most = _wide(row.cells[role])
        both = f"{_number(row, 'recall')} and {_number(row, 'specificity')}"
        what = f"{role} {_number(row, role)} {relation} {both}"
        yield what, None if least <= high and low <= most else finding(
            "A012",
            f"{role} {_number(row, role)} beside sensitivity and specificity, {both}: of one set of predictions it {relation} the two.",
            "These numbers are not of the same predictions, or at the same threshold.",
            "Which of them is wrong.",
        )  # fmt: skip


def _number(row, role):
    """A number as printed, without its interval."""
    return row.cells[role].text.split("(")[0].strip()


def _wide(cell):
    """(low, high) of all that some rounding prints so."""
    return cell.value - 10.0**-cell.decimals, cell.value + 10.0**-cell.decimals


def _fractions(row):
    """(what was checked, finding or None) for shares beside a numerator and a denominator, or beside the row's counts."""
    claims = [(role, *cell.parts) for role, cell in row.cells.items() if cell.parts]
    for role, (above, below) in OF_COUNTS.items():
        if role in row.cells and all(name in row.cells for name in below):
            claims.append((role, _sum(row, above), _sum(row, below)))
    for role, part, whole in claims:
        cell, what = (
            row.cells[role],
            f"{_words(row, role)}{part}/{whole} beside {row.cells[role].text}",
        )
        if cell.value is None or not whole:
            continue
        holds = audit.rounds_to(Fraction(part, whole), cell.value, cell.decimals, "any")
        yield what, None if holds else finding("A010",
            f"{what}; the fraction is {100 * part / whole:.4g} %.",
            "One of the three numbers is wrong.",
            "Which of them.",
        )  # fmt: skip


def _totals(rows):
    """(what was checked, finding or None) for rows that say how many images all classes have."""
    classes = [row for row in rows if not row.kind]
    if not all("n" in row.cells for row in classes):
        return
    total = int(sum(row.cells["n"].value for row in classes))
    for row in rows:
        if row.kind and "n" in row.cells:
            what = f"{row.name}: {row.cells['n'].text} images beside {total} in the classes"
            yield what, None if row.cells["n"].value == total else finding("A011",
                f"{what}.",
                "A class is missing from the table, or a number is wrong.",
                "Which of them.",
            )  # fmt: skip


def _intervals(row):
    """(what was checked, finding or None) for numbers with an interval."""
    for role, cell in row.cells.items():
        low, high = _interval(row, role, cell)
        if cell.value is None or low is None or high is None or None in (low.value, high.value):
            continue
        what = f"{_words(row, role)}{cell.text}" + ("" if cell.low else f" ({low.text} to {high.text})")
        step = 10.0 ** -min(cell.decimals, low.decimals, high.decimals)
        if not low.value - step < cell.value < high.value + step:
            yield what, finding("A203",
                f"{what}: the number lies outside its interval.",
                "One of the three numbers may be wrong.",
                "That one is: some intervals that are drawn by resampling leave their estimate out.",
            )  # fmt: skip
        else:
            yield what, _narrow(row, role, cell, low, high, step)


def _interval(row, role, cell):
    """Both ends of a number's interval: in its own cell, or for an accuracy in columns of their own."""
    if cell.low or role != "accuracy":
        return cell.low, cell.high
    whole = row.cells.get("interval")
    return (whole.low, whole.high) if whole else (row.cells.get("low"), row.cells.get("high"))


def _narrow(row, role, cell, low, high, step):
    """A finding where an accuracy's interval is narrower than so many independent images allow; else None."""
    n = int(row.cells["n"].value) if "n" in row.cells else 0
    if role != "accuracy" or not n:
        return None
    allowed = wilson(round(cell.value * n), n)
    if high.value - low.value + step >= NARROW * (allowed.high - allowed.low):
        return None
    return finding(
        "A204",
        f"{row.name}: {cell.text} of {n} images, {100 * low.value:.4g} to {100 * high.value:.4g} %; Wilson's 95 % interval is "
        f"{100 * allowed.low:.4g} to {100 * allowed.high:.4g} %.",
        "The interval is narrower than sampling so many images makes it. It may be of another kind, such as a range over runs.",
        "That the accuracy is wrong.",
        "E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212.",
    )


def _sum(row, names):
    return sum(int(row.cells[name].value) for name in names)


def _words(row, role):
    """ "Normal, recall: "; a role that is no measure is left out."""
    if role == "any":
        return ""
    return f"{row.name}, {role if isinstance(role, str) else ' '.join(reversed(role))}: "
