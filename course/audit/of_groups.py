"""Comparisons of two groups, and means of whole numbers."""

from course.audit.columns import TESTS
from course.audit.reading import Unreadable
from course.audit.subjects import Subject, ask, not_checked

MOMENTS = ("mean", "sd", "n")


def effects(table):
    """A subject for each row that compares two groups."""
    sides = dict(zip("ab", table.groups))
    return [
        _effect(
            table,
            row.name,
            {f"{m}_{side}": row.cells.get((m, group)) for side, group in sides.items() for m in MOMENTS},
            row.cells,
        )
        for row in table.rows
    ]


def groups(table):
    """One subject: two rows, a group each."""
    if len(table.rows) != 2:
        raise Unreadable(
            f"{table.name}: {len(table.rows)} groups; a comparison has two. Give each comparison a file of its own."
        )
    given = {f"{m}_{side}": row.cells.get(m) for side, row in zip("ab", table.rows) for m in MOMENTS}
    first, second = table.rows
    return [_effect(table, f"{first.name} and {second.name}", given, second.cells | first.cells)]


def _effect(table, name, summary, cells):
    if missing := [key for key, cell in summary.items() if cell is None or cell.value is None]:
        raise Unreadable(
            f"{table.name}: {name} has no {', '.join(missing)}; means, SDs and numbers of both groups are needed."
        )
    if (
        min(summary["n_a"].value, summary["n_b"].value) < 2
        or min(summary["sd_a"].value, summary["sd_b"].value) < 0
    ):
        raise Unreadable(f"{table.name}: {name}: each group needs 2 values or more, and no SD is negative.")
    tested = {key: cells[key] for key in TESTS if key in cells and not cells[key].bound}
    given = {
        key: int(cell.value) if key.startswith("n_") else cell.value
        for key, cell in (summary | tested).items()
    }
    given["decimals"] = {
        key: cell.decimals for key, cell in (summary | tested).items() if not key.startswith("n_")
    }
    return ask(table, name, "audit_effects", given)


def means(table):
    """A subject for each row: GRIM, where the file says that the numbers behind the means are whole."""
    whole = any("whole" in text.casefold() for text in table.settings.get("values", []))
    return [_mean(table, row, whole) for row in table.rows]


def _mean(table, row, whole):
    mean, n = row.cells.get("mean"), row.cells.get("n")
    if not (whole and mean and n):
        why = "a mean is checked where n is given and a line '# values: whole numbers' says what it is a mean of"
        return Subject(row.name, findings=[not_checked(f"mean {mean.text}" if mean else "no mean", why)])
    return ask(
        table, row.name, "audit_mean", {"mean": mean.value, "n": int(n.value), "decimals": mean.decimals}
    )
