"""The command line: `python -m course --help`.

Standard library only up to the point where a command runs: help is there before anything is installed.
"""

import argparse
import ast
import os
import subprocess
import sys

from course import environment

EXAMPLES = """\
examples:
  python -m course run                          all lessons on built-in data, then open build/run/index.html
  python -m course run --only 01 --profile smoke
  python -m course run --only 01 --data real --data-root ~/CT-KIDNEY
  python -m course lab                          JupyterLab on the student notebooks
  python -m course test                         the whole test suite
  python -m course build && python -m course check     after editing solutions/NN_name.py

The first command sets up .venv by itself (some minutes, once). On Linux and macOS, `make run`, `make test`,
`make lab` and so on do the same.
"""


def parser():
    """The argument parser; each command's help is written for a person."""
    root = argparse.ArgumentParser(
        prog="python -m course",
        description="Explainable deep learning for medical images: run, read, build and check the course.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="execute the lessons and write build/run/index.html")
    _only(run)
    run.add_argument(
        "--profile", choices=("smoke", "quick", "full"), default="quick",
        help="smoke: seconds, for tests; quick: a laptop without GPU (default); full: the published scale",
    )  # fmt: skip
    run.add_argument(
        "--data", choices=("phantom", "real"), default="phantom",
        help="phantom: built in, nothing to download (default); real: the images below --data-root",
    )  # fmt: skip
    run.add_argument(
        "--data-root", default="", metavar="DIR", help="folder of the real images, with one folder per class"
    )
    run.add_argument(
        "--skip-unreadable",
        action="store_true",
        help="leave out image files that cannot be read, and list them, instead of stopping",
    )
    run.add_argument(
        "--record",
        action="store_true",
        help="keep the results in data/results, for lessons to quote (real data only)",
    )
    run.add_argument(
        "--output", metavar="DIR", help="where to write (default: build/run, for real data build/run/real)"
    )
    run.add_argument(
        "-p", "--parameter", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
        help="set another parameter of the lessons, such as: -p SEED 11",
    )  # fmt: skip

    data = commands.add_parser(
        "data", help="list the data sets, show one, or check a folder before you trust it"
    )
    actions = data.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the data sets of the course")
    show = actions.add_parser("show", help="a data set's card, its phantom's counts, and a picture")
    show.add_argument("name", metavar="NAME")
    look = actions.add_parser(
        "check", help="what lies in a folder or file, and what would spoil a result (exit 1)"
    )
    look.add_argument("folder", metavar="DIR")

    build = commands.add_parser(
        "build", help="write both notebooks of each lesson from solutions/NN_name.py (executes the solutions)"
    )
    _only(build)
    check = commands.add_parser(
        "check", help="compare the committed notebooks with their sources; runs no lesson"
    )
    _only(check)
    commands.add_parser(
        "test", help="run the test suite; further arguments go to pytest, such as: tests/helpers -x"
    )
    commands.add_parser("lab", help="open JupyterLab on the student notebooks")
    pretrain = commands.add_parser(
        "pretrain",
        help="train the course's own backbone, for machines without network (maintainers; 20 to 40 minutes)",
    )
    pretrain.add_argument(
        "--compare",
        action="store_true",
        help="do not train it: measure on the chest phantom what it is worth against training from scratch",
    )
    pretrain.add_argument("--images", type=int, metavar="N", help="scenes to train on (default: 16000)")
    pretrain.add_argument("--epochs", type=int, metavar="N", help="passes over them (default: 24)")
    pretrain.add_argument(
        "--output", metavar="DIR", help="folder of the weights and their record (default: data/weights)"
    )
    commands.add_parser("bench", help="run the benchmarks, side by side")
    commands.add_parser(
        "lock", help="pin the newest packages that fit pyproject.toml into requirements.lock (maintainers)"
    )
    commands.add_parser("setup", help="set up .venv, and do nothing else")
    return root


def _only(command):
    command.add_argument(
        "--only", nargs="+", metavar="NN", help="only these lessons, by number: --only 01 03"
    )


def main(argv=None):
    """Parse, make sure of the environment, do it; mistakes are told in a sentence, with exit code 1."""
    environment.require_python()
    options, options.further = parser().parse_known_args(argv)
    if options.further and options.command != "test":
        parser().error(f"unrecognized arguments: {' '.join(options.further)}")
    from course import project

    try:
        root = project.find_root()
        environment.ensure(root)
        if options.command != "lab":
            os.environ.setdefault("COURSE_PROGRESS", "0")  # no bars in notebooks that nobody watches
        sys.exit(COMMANDS[options.command](root, options))
    except project.CourseError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped")


def _run(root, options):
    from course import run

    parameters = {name: _value(text) for name, text in options.parameter}
    run.run(
        root,
        only=options.only,
        profile=options.profile,
        data=options.data,
        data_root=options.data_root,
        skip_unreadable=options.skip_unreadable,
        parameters=parameters,
        record=options.record,
        output=options.output,
    )


def _value(text):
    """A parameter's value: a Python number, text or truth value; anything else is text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _data(root, options):
    from course import data

    if options.action == "list":
        data.list_sets(root)
    elif options.action == "show":
        data.show(root, options.name)
    else:
        data.check(options.folder)


def _build(root, options):
    from course import build

    build.build(root, options.only)


def _check(root, options):
    from course import check

    check.check(root, options.only)


def _test(root, options):
    return subprocess.call([sys.executable, "-m", "pytest", *options.further], cwd=root)


def _lab(root, options):
    return subprocess.call(
        [sys.executable, "-m", "jupyter", "lab", "--notebook-dir", str(root / "notebooks")]
    )


def _pretrain(root, options):
    from course import pretrain

    pretrain.pretrain(
        root,
        images=options.images,
        epochs=options.epochs,
        compare=options.compare,
        output=options.output,
    )


def _bench(root, options):
    codes = [
        subprocess.call([sys.executable, str(path)], cwd=root)
        for path in sorted((root / "benchmarks").glob("*.py"))
    ]
    return max(codes, default=0)


def _lock(root, options):
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "--all-extras",
        "--universal",
        "--upgrade",
    ]
    command += ["--python-version", "3.11", "--fork-strategy", "fewest", "--no-emit-index-url", "--quiet"]
    command += ["--custom-compile-command", "make lock", "-o", "requirements.lock"]
    return subprocess.call(command, cwd=root)


def _setup(root, options):
    print("The environment is ready.")


COMMANDS = {
    "run": _run,
    "data": _data,
    "build": _build,
    "check": _check,
    "test": _test,
    "lab": _lab,
    "pretrain": _pretrain,
    "bench": _bench,
    "lock": _lock,
    "setup": _setup,
}
