"""`python -m course data`: the data sets, their cards and pictures, and a check of a folder before it is trusted."""

from pathlib import Path

from course.project import CourseError, shown

SHOWN = 12  # rows of a table before it is cut


def add_commands(commands):
    """Add this room's commands to the command line."""
    data = commands.add_parser(
        "data", help="list the data sets, show one, or check a folder before you trust it"
    )
    actions = data.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the data sets of the course").set_defaults(
        do=lambda root, options: list_sets(root)
    )
    one = actions.add_parser("show", help="a data set's card, its phantom's counts, and a picture")
    one.add_argument("name", metavar="NAME")
    one.set_defaults(do=lambda root, options: show(root, options.name))
    look = actions.add_parser(
        "check", help="what lies in a folder or file, and what would spoil a result (exit 1)"
    )
    look.add_argument("folder", metavar="DIR")
    look.set_defaults(do=lambda root, options: check(options.folder))


def list_sets(root):
    """Print the data sets with the first line of their cards."""
    from helpers.datasets import NAMES

    for name in NAMES:
        title = (root / "data" / f"{name}.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        print(f"{name:<12} {title}")
    print("\npython -m course data show NAME    prints a card, the phantom's counts, and writes a picture")


def show(root, name):
    """Print a data set's card and its phantom's counts; write a montage of the phantom to build/data/NAME.png."""
    import matplotlib

    matplotlib.use("Agg")
    import numpy as np

    from helpers import datasets, plots

    if name not in datasets.NAMES:
        raise CourseError(f"unknown data set {name!r}; known: {', '.join(datasets.NAMES)}")
    print((root / "data" / f"{name}.md").read_text(encoding="utf-8"))
    cohort = datasets.load(name)
    print(f"The phantom: {cohort.provenance}\n\n{cohort.summary().to_string()}\n")
    chosen = []
    for label in range(len(cohort.class_names)):
        groups = np.unique(cohort.groups[cohort.labels == label])[:6]
        chosen += [np.flatnonzero(cohort.groups == group)[0] for group in groups]
    titles = [f"{cohort.class_names[cohort.labels[i]]}, {cohort.groups[i]}" for i in chosen]
    masks = None if cohort.masks is None else cohort.masks[chosen]
    figure = plots.montage(cohort.images[chosen], titles, masks, title=f"{name}: phantoms, not patients")
    path = root / "build" / "data" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=plots.DOTS_PER_INCH, facecolor="white")
    print(f"Look at {shown(path)}")


def check(folder):
    """Print what lies in a folder or file; raise `CourseError` if something there would spoil a result."""
    from helpers.datasets import DatasetError, inspect

    try:
        found = inspect(Path(folder))
    except DatasetError as error:
        raise CourseError(str(error)) from None
    _print(f"kind: {found.kind}; patients: {found.patients}")
    _print(f"{found.pixels}\n")
    counts = found.counts.rename(columns={"": "images"})
    _print(f"{counts.to_string()}\n\n{_cut(found.formats)}\n")
    for title, table in (
        ("unreadable", found.unreadable[["path", "problem"]]),
        ("left out", found.left_out[["path", "problem"]]),
        ("equal images", found.duplicates.drop(columns=["path", "other path"])),
        ("patients in several parts", found.shared_patients),
    ):
        if len(table):
            _print(f"{title}: {len(table)}\n{_cut(table)}\n")
    for remark in found.remarks:
        _print(f"remark: {remark}")
    if found.problems:
        raise CourseError(
            "this would spoil a result:\n" + "\n".join(f"- {problem}" for problem in found.problems)
        )
    _print("nothing found that would spoil a result")


def _print(text):
    """Names of files in an encoding other than UTF-8 are shown with their odd bytes escaped."""
    print(text.encode("utf-8", "backslashreplace").decode())


def _cut(table):
    text = table.head(SHOWN).to_string(index=False)
    return text if len(table) <= SHOWN else f"{text}\n... and {len(table) - SHOWN} more"
