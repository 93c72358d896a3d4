"""The folder that grading works in, one below it for each lesson. Every file in it is written whole, or not at all.

WORK/roster.json
WORK/01/assignment.json     what was released, and its hidden tests
WORK/01/manifest.json       every file that was handed in, and what became of it
WORK/01/originals/          the files as they came, read-only, by their sha256
WORK/01/submissions/        one file per student: the answers that are graded
WORK/01/results/            one file per student: the verdicts
WORK/01/grades.csv          one row per student of the roster
"""

import contextlib
import fcntl
import json
import os
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from course.grading import assignment
from course.grading.roster import Student
from course.project import CourseError, write_whole


class Work:
    """The files of one lesson's grading."""

    def __init__(self, folder, number):
        self.folder, self.number = Path(folder).expanduser().resolve(), str(number).zfill(2)
        self.lesson = self.folder / self.number
        self.assignment, self.manifest = self.lesson / "assignment.json", self.lesson / "manifest.json"
        self.originals, self.submissions = self.lesson / "originals", self.lesson / "submissions"
        self.results, self.grades = self.lesson / "results", self.lesson / "grades.csv"
        self.feedback, self.report = self.lesson / "feedback", self.lesson / "report"

    @contextlib.contextmanager
    def locked(self):
        """One command at a time writes here; a second one is told so."""
        self.lesson.mkdir(parents=True, exist_ok=True)
        with open(self.lesson / ".lock", "w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CourseError(
                    f"{self.lesson}: another command is at work here. Wait until it has ended."
                ) from None
            yield

    def of(self, kind, student_id):
        """The path of a student's file, whatever characters the id has."""
        return self.lesson / kind / f"{quote(student_id, safe='').replace('.', '%2E')}.json"

    def write(self, path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(content, indent=1) + "\n")

    def read(self, path, missing=None):
        """The content of a JSON file; `missing` if there is none."""
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return missing
        except ValueError as error:
            raise CourseError(
                f"{path}: is damaged ({error}). Move it away, and run the command again."
            ) from None

    def keep_original(self, digest, content):
        """Keep a file as it came, read-only."""
        path = self.originals / f"{digest}.ipynb"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
            os.chmod(path, 0o444)

    def roster(self):
        content = self.read(self.folder / "roster.json")
        if content is None:
            raise CourseError(f"{self.folder}: holds no roster. Run `python -m course collect` first.")
        return [Student(**student) for student in content]

    def write_roster(self, students):
        self.write(self.folder / "roster.json", [asdict(student) for student in students])

    def load_assignment(self):
        """What was released, as `collect` has kept it."""
        if not self.assignment.is_file():
            raise CourseError(
                f"{self.lesson}: nothing has been collected. Run `python -m course collect` first."
            )
        return assignment.from_json(self.assignment.read_text(encoding="utf-8"))

    def entries(self):
        return self.read(self.manifest, [])

    def submission(self, student_id):
        return self.read(self.of("submissions", student_id))

    def result(self, student_id):
        return self.read(self.of("results", student_id))
