"""Run the series of lessons, with a bar that knows how long they take, and leave a page of what came out."""

import ast

# Of TensorFlow, for `claims`: they change the order in which numbers are added.
SETTINGS = {
    "default": {},
    "one-thread": {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
    "no-onednn": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}


def add_commands(commands):
    """Add this room's commands to the command line."""
    run = commands.add_parser("run", help="execute the lessons and write build/run/index.html")
    run.set_defaults(do=_run)
    run.add_argument("--only", nargs="+", metavar="NN", help="only these lessons, by number: --only 01 03")
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
    run.add_argument(
        "--cell-limit", type=int, metavar="SECONDS",
        help="stop a lesson when one cell takes longer (default: an hour; no limit with --profile full)",
    )  # fmt: skip
    claims = commands.add_parser(
        "claims", help="run lessons with several seeds, and see whether all that they state holds"
    )
    claims.set_defaults(do=_claims)
    claims.add_argument("--only", nargs="+", metavar="NN", help="only these lessons, by number: --only 04 05")
    claims.add_argument(
        "--seeds", nargs="+", type=int, default=[7, 11, 23], metavar="SEED", help="default: 7 11 23"
    )
    claims.add_argument(
        "--settings", nargs="+", choices=SETTINGS, default=["default"],
        help="of TensorFlow, each with a cache of its own; a training differs between them",
    )  # fmt: skip


def _claims(root, options):
    from course.series import claims

    claims.hold(root, options.only, options.seeds, options.settings)


def _run(root, options):
    from course.series import run

    run.run(
        root,
        only=options.only,
        profile=options.profile,
        data=options.data,
        data_root=options.data_root,
        skip_unreadable=options.skip_unreadable,
        parameters={name: value_of(text) for name, text in options.parameter},
        record=options.record,
        output=options.output,
        cell_limit=options.cell_limit,
    )


def value_of(text):
    """A parameter's value on the command line: a Python number, text or truth value; anything else is text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
