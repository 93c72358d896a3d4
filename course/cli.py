"""The command line: `python -m course --help`.

Each room adds its own commands. Standard library only up to the point where a command runs: help is there before
anything is installed.
"""

import argparse
import os
import sys

from course import (
    audit,
    bench,
    data,
    environment,
    grading,
    lab,
    lessons,
    pretraining,
    progress,
    project,
    series,
    site,
    tools,
)

ROOMS = (series, lab, progress, audit, data, lessons, site, grading, bench, tools, pretraining)
EXAMPLES = """\
examples:
  python -m course run                          all lessons on built-in data, then open build/run/index.html
  python -m course run --only 01 --profile smoke
  python -m course run --only 01 --data real --data-root ~/CT-KIDNEY
  python -m course audit TABLE.csv              can the numbers of a published table all be true?
  python -m course lab                          JupyterLab on the student notebooks
  python -m course progress                     your points so far, lesson by lesson
  python -m course test                         the whole test suite
  python -m course site                         the course as web pages: build/site/index.html
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
    for room in ROOMS:
        room.add_commands(commands)
    return root


def main(argv=None):
    """Parse, make sure of the environment, do it; mistakes are told in a sentence, with exit code 1. Without words, the
    help is shown: which commands there are."""
    if not (sys.argv[1:] if argv is None else argv):
        parser().print_help()
        sys.exit(2)
    options, options.further = parser().parse_known_args(argv)
    if options.further and options.command not in ("test", "test-all", "lab"):
        parser().error(f"unrecognized arguments: {' '.join(options.further)}")
    try:
        root = project.find_root()
        environment.ensure(root, getattr(options, "needs", ()))
        if options.command != "lab":
            os.environ.setdefault("COURSE_PROGRESS", "0")  # no bars in notebooks that nobody watches
        sys.exit(options.do(root, options))
    except project.CourseError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
