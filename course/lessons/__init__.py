"""From a lesson's source to its notebooks, and the proof that they agree: `build` and `check`."""

from course import project


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
    exercises = commands.add_parser(
        "exercises", help="write each lesson's exercises as a notebook of their own to build/exercises"
    )
    exercises.set_defaults(do=_exercises)
    maps = commands.add_parser(
        "maps", help="record the heatmaps of lesson 06 in data/maps, for a browser (trains its networks)"
    )
    maps.set_defaults(do=_maps)
    for command in (build, check, exercises):
        command.add_argument(
            "--only", nargs="+", metavar="NN", help="only these lessons, by number: --only 01 03"
        )


def _build(root, options):
    from course.lessons import build

    build.build(root, options.only)


def _check(root, options):
    from course.lessons import check

    check.check(root, options.only)


def _exercises(root, options):
    from course.lessons import exercises

    for path in exercises.build_all(root, options.only):
        print(project.shown(path))


def _maps(root, options):
    from course.lessons import maps

    maps.record(root)
