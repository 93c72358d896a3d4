"""`python -m course bench`: every comparison of speed in one table.

A benchmark is a module in `benchmarks/` whose function `rows(long)` yields `table.Row`s, in a short form and in a long one, and
that ends in `table.main(rows)`. Each runs in a Python of its own, so that none finds what another has compiled.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course.project import CourseError, shown, write_whole


def add_commands(commands):
    """Add this room's commands to the command line."""
    text = "compare speed, side by side, and print one table (exit 1 if something of ours did not run)"
    bench = commands.add_parser("bench", help=text, description=text)
    bench.add_argument("--long", action="store_true", help="the long forms: more rounds, networks and sizes")
    bench.add_argument(
        "--only", nargs="+", metavar="NAME", help="some benchmarks only, such as: grad_cam stream"
    )
    bench.set_defaults(do=run)


def run(root, options):
    """Print the table, and write it as build/bench/table.md; the exit code."""
    from course.bench import table

    chosen, begun, load, rows = names(root, options.only), time.perf_counter(), _load(), []
    for k, name in enumerate(chosen, 1):
        print(
            f"[{k}/{len(chosen)}] {name}, after {time.perf_counter() - begun:.0f} s",
            file=sys.stderr,
            flush=True,
        )
        rows += [(name, row) for row in rows_of(root, name, options.long)]
    minutes = (time.perf_counter() - begun) / 60
    text = "\n\n".join(
        (
            f"{'Long' if options.long else 'Short'} form, {minutes:.1f} minutes; {platform.system()}, "
            f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}; "
            f"load before {load}, after {_load()}.",
            table.text(rows),
        )
    )
    print(text)
    path = root / "build" / "bench" / "table.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text + "\n")
    print(f"\nWritten as {shown(path)}.")
    return int(any(row.ours is None for _, row in rows))


def names(root, only=None):
    """The benchmarks in order of the alphabet; `only` picks some."""
    known = sorted(path.stem for path in (root / "benchmarks").glob("*.py"))
    if unknown := sorted(set(only or ()) - set(known)):
        raise CourseError(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    return [name for name in known if not only or name in only]


def rows_of(root, name, long):
    """What a benchmark measures, in its own Python. Where it stops, a row says so after those that it had."""
    from course import kernels
    from course.bench import table

    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows.jsonl"
        command = [
            sys.executable,
            str(root / "benchmarks" / f"{name}.py"),
            "--rows",
            str(kept),
            *["--long"] * long,
        ]
        stopped = subprocess.call(command, cwd=root, env=kernels.environment(root), stdout=2)
        lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    rows = [table.Row(**json.loads(line)) for line in lines]
    if stopped or not rows:
        rows.append(
            table.Row("all that is missing here", note=f"it stopped with exit code {stopped}, see above")
        )
    return rows


def _load():
    """How busy the machine is: processes that run or wait, the mean of the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
