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
    for path, name in zip(map(Path, options.tables), _names(options.tables)):
        folder = Path(options.output).expanduser() if options.output else root / "build" / "audit" / name
        try:
            codes.append(
                audit(path.expanduser(), folder, classes=options.classes, averaging=options.averaging)
            )
        except CourseError as error:
            print(f"error: {error}", file=sys.stderr)
            codes.append(NOT_READ)
    return max(codes)


def _names(tables):
    """A folder's name for each table: that of its file, with a number before it where two files have one name."""
    stems = [Path(table).stem for table in tables]
    return stems if len(set(stems)) == len(stems) else [f"{i}_{stem}" for i, stem in enumerate(stems, 1)]


def audit(path, folder, *, classes=None, averaging=None):
    """Audit one file: print what was found, write audit.json and audit.html to a folder.

    Parameters
    ----------
    path : of the file. folder : is made where it is missing. classes : "Normal=234,Pneumonia=390", or None. averaging :
    "macro", "weighted", "micro", or None.

    Returns
    -------
    The exit code: CONSISTENT, FOUND, or NOT_READ where no check applies.

    Raises
    ------
    Unreadable : the file holds no table that is understood; one sentence.
    """
    from course.audit import page, report

    audits, passed_over = tables_of(path, classes, averaging)
    print("\n\n".join(report.text(one) for one in audits))
    for remark in passed_over:
        print(f"\npassed over: {remark}")
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    found = report.as_json(path.name, digest, audits, passed_over)
    write_whole(folder / "audit.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    write_whole(folder / "audit.html", page.write(path.name, audits, passed_over))
    print(f"\nLook at {shown(folder / 'audit.html')}")
    return {"consistent": CONSISTENT, "not applicable": NOT_READ}.get(found["verdict"], FOUND)


def tables_of(path, classes=None, averaging=None):
    """The audits of all tables in a file, and sentences on those that were passed over; arguments as in `audit`."""
    from course.audit import checks, reading, tables

    grids, audits, passed_over = reading.read(path), [], []
    for grid in grids:
        grid.settings.update({"averaging": [averaging]} if averaging else {})
        grid.settings.update({"classes": [classes]} if classes else {})
        try:
            table = tables.understand(grid)
        except reading.NothingKnown as nothing:
            if len(grids) == 1:
                raise
            passed_over.append(str(nothing).partition(" Known names")[0])
        else:
            audits.append(checks.Audit(table, checks.check(table)))
    if not audits:
        raise reading.Unreadable(f"{path.name}: none of its {len(grids)} tables has columns that are known.")
    return audits, passed_over
