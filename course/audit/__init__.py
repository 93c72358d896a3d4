"""`python -m course audit TABLE.csv`: can the numbers of a published table all be true?"""

import hashlib
import json
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path

from course.project import CourseError, shown, write_whole

# What this command imports. Where these are there, it needs no environment of its own, and no TensorFlow.
NEEDS = ("numpy", "scipy", "pandas", "matplotlib", "jinja2")
CONSISTENT, FOUND, NOT_READ = 0, 1, 2

EXPLAINED = """\
columns are known by their names, in any order:
  class or model                          what a row is
  precision, recall (sensitivity), f1     rates as 0.54, 54 %, 54,0 % or 45/50; also specificity, npv, accuracy,
                                          balanced accuracy, test accuracy; "macro f1" and "weighted recall" too
  n (support), positives, negatives       numbers of images
  mean_a, sd_a, n_a, mean_b, sd_b, n_b    two groups, beside their t, p, d, g
Other columns are named and left out. Lines "# classes: Normal=234, Pneumonia=390" and "# source: ..." may stand above
the table. exit code: 0 consistent, 1 something was found, 2 the table could not be read or checked
"""


def add_commands(commands):
    """Add this room's commands to the command line."""
    audit = commands.add_parser(
        "audit",
        help="check a published table: can its numbers all be true? (exit 1 if not)",
        description="Check the numbers of a published table against each other, and say what they imply.",
        epilog=EXPLAINED,
        formatter_class=RawDescriptionHelpFormatter,
    )
    audit.add_argument(
        "tables", nargs="+", metavar="TABLE.csv", help="a table: CSV, a Markdown table, or a printed report"
    )
    audit.add_argument(
        "--classes",
        metavar="NAME=N,NAME=N",
        help="images of each class, where the table does not say: Normal=234,Pneumonia=390",
    )
    audit.add_argument(
        "--averaging",
        choices=("macro", "weighted", "micro"),
        help="how averages of several classes were taken, where you know it",
    )
    audit.add_argument(
        "--output",
        metavar="DIR",
        help="where to write audit.json and audit.html (default: build/audit/TABLE)",
    )
    audit.set_defaults(do=_audit, needs=NEEDS)


def _audit(root, options):
    if options.output and len(options.tables) > 1:
        print("error: --output takes one table at a time", file=sys.stderr)
        return NOT_READ
    codes = []
    for name in options.tables:
        path = Path(name).expanduser()
        folder = Path(options.output).expanduser() if options.output else root / "build" / "audit" / path.stem
        try:
            codes.append(audit(path, folder, classes=options.classes, averaging=options.averaging))
        except CourseError as error:
            print(f"error: {error}", file=sys.stderr)
            codes.append(NOT_READ)
    return max(codes)


def audit(path, folder, *, classes=None, averaging=None):
    """Audit one file: print what was found, write audit.json and audit.html to a folder.

    Parameters
    ----------
    path : of the table. folder : is made where it is missing. classes : "Normal=234,Pneumonia=390", or None. averaging :
    "macro", "weighted", "micro", or None.

    Returns
    -------
    The exit code: CONSISTENT, FOUND, or NOT_READ where no check applies.

    Raises
    ------
    Unreadable : the file holds no table that is understood; one sentence.
    """
    from course.audit import checks, drawings, page, reading, report, tables

    grid = reading.read(path)
    if averaging:
        grid.settings["averaging"] = [averaging]
    if classes:
        grid.settings["classes"] = [classes]
    table = tables.understand(grid)
    subjects = checks.check(table)
    print(report.text(table, subjects))

    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    found = report.as_json(table, subjects, digest)
    write_whole(folder / "audit.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    html = page.write(
        table, subjects, drawings.of(subjects), report.verdict(subjects), report.how_it_was_read(table)
    )
    write_whole(folder / "audit.html", html)
    print(f"\nLook at {shown(folder / 'audit.html')}")
    return {"consistent": CONSISTENT, "not applicable": NOT_READ}.get(found["verdict"], FOUND)
