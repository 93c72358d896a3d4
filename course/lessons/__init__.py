"""From a lesson's source to its notebooks, and the proof that they agree: `build` and `check`."""


def add_commands(commands):
    """Add this room's commands to the command line."""
    build = commands.add_parser(
        "build", help="write both notebooks of each lesson from solutions/NN_name.py (executes the solutions)"
    )
    build.set_defaults(do=_build)
    check = commands.add_parser(
        "check", help="compare the committed notebooks with their sources; runs no lesson"
    )
    check.set_defaults(do=_check)
    for command in (build, check):
        command.add_argument(
            "--only", nargs="+", metavar="NN", help="only these lessons, by number: --only 01 03"
        )


def _build(root, options):
    from course.lessons import build

    build.build(root, options.only)


def _check(root, options):
    from course.lessons import check

    check.check(root, options.only)
