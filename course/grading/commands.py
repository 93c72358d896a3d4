"""The commands release, collect, grade, grade-one and report. What they need is imported when one runs."""

import json
import shlex
from pathlib import Path

from course import project

NO_SANDBOX = "WITHOUT A SANDBOX: students' code ran with the grader's own rights."


def add_commands(commands):
    """Add this room's commands to the command line."""
    add = commands.add_parser
    command = add("release", help="write what students get of a lesson, and what graders keep")
    command.add_argument("lessons", nargs="*", metavar="NN", help="all lessons if none is named")
    command.add_argument("--output", required=True, metavar="DIR")
    command.add_argument(
        "--private", metavar="DIR", help="further hidden tests: NN.py, cells headed # %%%% EXERCISE"
    )
    _unsafe(command)
    command.set_defaults(do=_release)

    command = add("collect", help="take in what students handed in: folders or zips of notebooks")
    command.add_argument("source", metavar="DIR_OR_ZIP")
    command.add_argument("--lesson", required=True, metavar="NN")
    command.add_argument("--roster", required=True, metavar="CSV", help="columns student_id, name, email")
    command.add_argument("--work", required=True, metavar="DIR", help="where grading keeps its files")
    command.add_argument(
        "--release", metavar="FILE", help="what `release` kept for graders (default: this checkout)"
    )
    command.set_defaults(do=_collect)

    command = add("grade", help="grade what has been collected, each submission in a sandbox")
    command.add_argument("lesson", metavar="NN")
    command.add_argument("--work", required=True, metavar="DIR")
    command.add_argument("--jobs", type=int, metavar="N", help="workers (default: one per processor)")
    command.add_argument(
        "--again", nargs="+", default=[], metavar="STUDENT", help="grade these students anew"
    )
    command.add_argument("--scheduler", metavar="ADDRESS", help="of Dask distributed: grade on its machines")
    _unsafe(command)
    command.set_defaults(do=_grade)

    command = add("grade-one", help="grade one notebook and print its result as JSON")
    command.add_argument("notebook")
    command.add_argument("--lesson", required=True, metavar="NN")
    command.add_argument(
        "--release", metavar="FILE", help="what `release` kept for graders (default: this checkout)"
    )
    command.add_argument(
        "--slot", type=int, default=0, metavar="K", help="another for each that runs at the same time"
    )
    _unsafe(command)
    command.set_defaults(do=_grade_one)

    command = add("report", help="points, feedback, a page on the class, the LMS's sheet")
    command.add_argument("lesson", metavar="NN")
    command.add_argument("--work", required=True, metavar="DIR")
    command.add_argument("--fill", metavar="CSV", help="fill this sheet that Canvas or Moodle exported")
    command.add_argument(
        "--column", metavar="NAME", help="the sheet's column of points: its name, or number from 1"
    )
    command.add_argument("--scale", action="store_true", help="scale the points to the sheet's maximum")
    command.add_argument("--feedback-zip", metavar="ZIP", help="pack the feedback as Moodle takes it")
    command.add_argument("--similarity", action="store_true", help="show answers that resemble each other")
    command.set_defaults(do=_report)

    command = add("formgrader", help="open nbgrader's formgrader: points and comments by hand")
    command.add_argument("--work", required=True, metavar="DIR")
    command.set_defaults(do=_formgrader)


def _unsafe(command):
    command.add_argument(
        "--unsafe-no-sandbox",
        action="store_true",
        help="run students' code with your own rights; only for notebooks that you trust",
    )


def _release(root, options):
    from course.grading import release

    private = Path(options.private) if options.private else None
    for lesson in project.lessons(root, options.lessons):
        written = release.release(root, lesson.number, options.output, private, not options.unsafe_no_sandbox)
        print(f"{lesson.name}: the solution earns full marks, the untouched notebook none. Written:")
        for path in written:
            print(f"  {project.shown(path)}")
        collect = ("collect", "handed_in.zip", "--lesson", lesson.number, "--roster", "roster.csv")
        _next(*collect, "--work", "grading", "--release", project.shown(written[-1]))
    return 0


def _next(*words):
    """Name the command that a person runs next."""
    print(f"Next: python -m course {shlex.join(words)}")


def _collect(root, options):
    from course.grading import collect

    source, work = options.source, options.work
    entries = collect.collect(root, source, options.lesson, options.roster, work, options.release)
    code = collect.tell(entries)
    _next("grade", options.lesson, "--work", work)
    return code


def _grade(root, options):
    from course.grading import grade, table
    from course.grading.work import Work

    confined = not options.unsafe_no_sandbox
    done, possible = grade.grade(
        root, options.lesson, options.work, options.jobs, options.again, confined, options.scheduler
    )
    print(f"{done} graded now, {possible - done} had been graded before.")
    work = Work(options.work, options.lesson)
    table.tell(work, work.load_assignment())
    if not confined:
        print(NO_SANDBOX)
    _next("report", options.lesson, "--work", options.work)
    return 0


def _grade_one(root, options):
    from course.grading import one

    confined = not options.unsafe_no_sandbox
    result = one.grade_one(root, options.notebook, options.lesson, options.release, options.slot, confined)
    print(json.dumps(result, indent=1))
    return 0 if result["status"] == "graded" else 1


def _report(root, options):
    from course.grading import moodle, report, sheets
    from course.grading.work import Work

    standings, page = report.report(options.lesson, options.work, options.similarity)
    work = Work(options.work, options.lesson)
    print(f"The class: {project.shown(page)}; feedback: {project.shown(work.feedback)}")
    if not all(one.confined for one in standings):
        print(NO_SANDBOX)
    if options.fill:
        title = work.load_assignment().title
        sheets.fill(options.fill, standings, work.entries(), title, options.column, options.scale).tell()
    if options.feedback_zip:
        unknown = moodle.feedback_zip(options.feedback_zip, work, standings, work.entries())
        print(f"{options.feedback_zip}: feedback packed for Moodle.")
        if unknown:
            print(f"  without a folder of Moodle's: {', '.join(unknown)}")
    if not options.fill:
        _next("report", options.lesson, "--work", options.work, "--fill", "sheet.csv")
    return 0


def _formgrader(root, options):
    import os
    import subprocess
    import sys

    from course import kernels
    from course.grading import gradebook
    from course.grading.work import Work

    folder = gradebook.folder(Work(options.work, "01"))
    if not folder.is_dir():
        raise project.CourseError(
            f"{options.work}: nothing has been graded here. Run `python -m course grade` first."
        )
    environment = kernels.environment(root)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    extension = "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"
    command = [sys.executable, "-m", "jupyter", "server", extension, "--ServerApp.default_url=/formgrader"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as one does in a container
    return subprocess.call(command, cwd=folder, env=environment)
