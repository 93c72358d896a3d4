"""Rows of the table of benchmarks, and the table."""

import argparse
import dataclasses
import json
import sys

HEAD = ("benchmark", "what", "ours", "other", "unit", "ratio", "of processor", "wanted", "peak MB")


@dataclasses.dataclass(frozen=True)
class Row:
    """One comparison.

    what : it ends in what the ratio is, such as "usual loop / ours". ours, other : the two figures, in `unit`; None where
    one is missing, and then `note` says why. ratio : by the clock, or of the only figures that there are. processor :
    the same ratio of the processor's time. wanted : the goal in words, and `met` whether it is. memory : peak, in MB.
    """

    what: str
    ours: float | None = None
    other: float | None = None
    unit: str = ""
    ratio: float | None = None
    processor: float | None = None
    wanted: str = ""
    met: bool | None = None
    memory: float | None = None
    note: str = ""


def compare(what, ours, other, unit, per, wanted=None, **more):
    """A `Row` of two `measure.Times`; `other` may be the sentence that says why there is none.

    The ratio is ours / other where `wanted` is ("at most", number), and otherwise other / ours. per : units in a second.
    """
    most, goal = wanted is not None and wanted[0] == "at most", " ".join(map(str, wanted or ()))
    if isinstance(other, str):
        note = "; ".join(filter(None, (more.pop("note", ""), other)))
        return Row(what, per * ours.clock, None, unit, wanted=goal, note=note, **more)
    ratio, processor = ours.clock / other.clock, ours.processor / other.processor
    if not most:
        ratio, processor = 1 / ratio, 1 / processor
    met = None if wanted is None else (ratio <= wanted[1] if most else ratio >= wanted[1])
    return Row(what, per * ours.clock, per * other.clock, unit, ratio, processor, goal, met, **more)


def text(rows):
    """Pairs of a benchmark's name and a `Row` as a Markdown table with aligned columns, notes below it."""
    cells, notes = [HEAD], []
    for name, row in rows:
        what = row.what
        if row.note:
            notes.append(f"[{len(notes) + 1}] {row.note}")
            what += f" [{len(notes)}]"
        wanted = row.wanted if row.met is None else f"{row.wanted}: {'met' if row.met else 'MISSED'}"
        figures = [_figure(one) for one in (row.ours, row.other, row.ratio, row.processor)]
        memory = "" if row.memory is None else f"{row.memory:.0f}"
        cells.append((name, what, *figures[:2], row.unit, *figures[2:], wanted, memory))
    wide = [max(map(len, column)) for column in zip(*cells)]
    right = [title in ("ours", "other", "ratio", "of processor", "peak MB") for title in HEAD]
    lines = [
        "| "
        + " | ".join(one.rjust(n) if to else one.ljust(n) for one, n, to in zip(line, wide, right))
        + " |"
        for line in cells
    ]
    rule = "| " + " | ".join("-" * (n - 1) + (":" if to else "-") for n, to in zip(wide, right)) + " |"
    return "\n".join([lines[0], rule, *lines[1:]]) + "".join(f"\n\n{note}" for note in notes)


def _figure(value):
    """Three digits; "-" for what is missing."""
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def main(rows, **more):
    """The end of each benchmark: print its rows as a table, or append them to the file that `--rows` names.

    rows : function of `long`, and of what else may be asked: `more`, name -> type.
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__.split("\n")[0])
    parser.add_argument("--long", action="store_true", help="more rounds, networks and sizes")
    parser.add_argument("--rows", help="a file, for `python -m course bench`")
    for name, kind in more.items():
        parser.add_argument(f"--{name}", type=kind)
    options = vars(parser.parse_args())
    path, seen = options.pop("rows"), []
    for row in rows(**{name: value for name, value in options.items() if value is not None}):
        seen.append(("", row))
        if path:
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(dataclasses.asdict(row)) + "\n")
    if not path:
        print(text(seen))
