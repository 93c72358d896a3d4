"""What holds of single numbers, whatever table they stand in: fractions, totals, intervals."""

from fractions import Fraction

from helpers import audit
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
    """Findings on the cells of some rows: a list of `audit.Finding`."""
    return [*_total(rows), *(finding for row in rows for finding in (*_fractions(row), *_intervals(row)))]


def _fractions(row):
    """Shares that are not what their numerator and denominator, or the row's counts, give."""
    claims = [(role, cell.parts, cell) for role, cell in row.cells.items() if cell.parts]
    for role, (above, below) in OF_COUNTS.items():
        if role in row.cells and all(name in row.cells for name in below):
            count = lambda names: sum(int(row.cells[name].value) for name in names)  # noqa: E731
            claims.append((role, (count(above), count(below)), row.cells[role]))
    for role, (part, whole), cell in claims:
        if (
            cell.value is not None
            and whole
            and not audit.rounds_to(Fraction(part, whole), cell.value, cell.decimals, "any")
        ):
            yield _finding(
                "A011",
                "impossible",
                f"{row.name}, {_words(role)}: {cell.text} is printed, and {part}/{whole} is {100 * part / whole:.4g} %.",
                "One of the three numbers is wrong.",
                "Which of them.",
            )


def _total(rows):
    """A total that is not the sum of the classes."""
    counts = [row.cells["n"].value for row in rows if not row.kind and "n" in row.cells]
    if len(counts) < sum(not row.kind for row in rows):
        return
    for row in rows:
        if row.kind and "n" in row.cells and row.cells["n"].value != sum(counts):
            yield _finding(
                "A012",
                "impossible",
                f"{row.name}: {row.cells['n'].text} images; the classes have {sum(counts):.0f}.",
                "A class is missing from the table, or a number is wrong.",
                "Which of them.",
            )


def _intervals(row):
    """Numbers outside their own interval, and intervals that are narrower than so many independent images allow."""
    bounds = row.cells.get("interval"), row.cells.get("low"), row.cells.get("high")
    for role, cell in row.cells.items():
        low, high = cell.low, cell.high
        if role == "accuracy" and low is None:
            low, high = (bounds[0].low, bounds[0].high) if bounds[0] else bounds[1:]
        if cell.value is None or low is None or high is None or None in (low.value, high.value):
            continue
        step = 10.0 ** -min(cell.decimals, low.decimals, high.decimals)
        if not low.value - step < cell.value < high.value + step:
            yield _finding(
                "A211",
                "suspicious",
                f"{row.name}, {_words(role)}: {cell.text} with an interval of {low.value:g} to {high.value:g}.",
                "An interval holds the number it belongs to, as a rule: one of the three may be wrong.",
                "That the interval is wrong: some that are drawn by resampling leave their estimate out.",
            )
        elif role == "accuracy" and "n" in row.cells:
            yield from _narrow(row, cell, low, high, step)


def _narrow(row, cell, low, high, step):
    n = int(row.cells["n"].value)
    allowed = wilson(round(cell.value * n), n) if n else None
    if allowed and high.value - low.value + step < NARROW * (allowed.high - allowed.low):
        yield _finding(
            "A212",
            "suspicious",
            f"{row.name}: {100 * low.value:.4g} to {100 * high.value:.4g} % for {cell.text} of {n} images; Wilson's 95 % interval, of independent "
            f"images, is {100 * allowed.low:.4g} to {100 * allowed.high:.4g} %.",
            "The interval is narrower than sampling alone makes it. It may be of another kind, such as a range over runs.",
            "That the accuracy is wrong.",
            "E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212.",
        )


def _finding(code, severity, evidence, follows, does_not_follow, reference=""):
    return audit.Finding(code, audit.CODES[code], severity, evidence, follows, does_not_follow, reference)


def _words(role):
    return role if isinstance(role, str) else " ".join(reversed(role))
