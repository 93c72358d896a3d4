"""Grade every student's answers, in several workers; what is done is kept, and a second run does only the rest."""

import contextlib
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
import time

from tqdm import tqdm

from course import kernels
from course.grading import cluster, gradebook, preflight, table
from course.grading.work import Work
from course.grading.worker import READY, no_result
from course.project import CourseError

TRIES = 2  # of a submission whose worker died
LONGEST = 1800  # seconds for one submission, whatever its worker is at: its judge may be the one that hangs


def grade(root, number, folder, jobs=None, again=(), confined=True, scheduler=None):
    """Grade what has been collected and is not graded yet.

    jobs : workers; None: one per processor. again : ids of students who are graded anew. confined : False runs
    students' code with this user's own rights. scheduler : address of a Dask scheduler; None: this machine.

    Returns
    -------
    (number graded now, number of all that could be graded).
    """
    work = Work(folder, number)
    given = work.load_assignment()
    if confined:
        preflight.prove(root)
    with work.locked():
        students = {student.student_id for student in work.roster()}
        if unknown := set(again) - students:
            raise CourseError(f"{', '.join(sorted(unknown))}: not in the roster of {work.folder}.")
        about = dict(_about(root, work, given, sorted(students), confined))
        if nothing := sorted(set(again) - set(about)):
            raise CourseError(
                f"{', '.join(nothing)}: handed in nothing that can be graded; see {work.manifest}."
            )
        todo = [
            one for one in about if one in again or (work.result(one) or {}).get("key") != about[one]["key"]
        ]
        _forget(work, about)
        with tqdm(total=len(todo), unit="student", disable=None) as bar:

            def write(one, result):
                content = {"student": one, "confined": confined} | about[one] | result
                work.write(work.of("results", one), content)
                bar.update()

            if scheduler:
                chosen = {one: work.submission(one) for one in todo}
                cluster.grade_all(scheduler, root, work.assignment, chosen, confined, write)
            elif todo:
                _grade_all(root, work, todo, confined, write, min(jobs or os.cpu_count() or 1, len(todo)))
        table.write(work, given)
        gradebook.write(work, given)
    return len(todo), len(about)


def _about(root, work, given, students, confined):
    """(student, what their result is of) for each who has a submission; one at a time, for classes are large.

    of : the file's digest, and the release's. key : a digest of all that a result depends on: what was released, the
    answers, and the course's helpers.
    """
    same = hashlib.sha256(f"{given.digest} {confined}".encode())
    for path in sorted((root / "helpers").rglob("*.py")):
        same.update(path.read_bytes())
    for one in students:
        if submission := work.submission(one):
            key = same.copy()
            key.update(json.dumps([submission["sources"], submission["own"]], sort_keys=True).encode())
            yield one, {"of": [submission["sha256"], given.digest], "key": key.hexdigest()}


def _forget(work, students):
    """Results of students who have no submission any more are removed."""
    kept = {work.of("results", one) for one in students}
    for path in work.results.glob("*.json"):
        if path not in kept:
            path.unlink()


def _grade_all(root, work, students, confined, write, jobs):
    """Grade students in as many workers as there are jobs; `write` is called with each result."""
    waiting, failures = queue.SimpleQueue(), []
    for one in students:
        waiting.put(one)

    def serve(slot):
        try:
            with Worker(root, work.assignment, slot, confined) as worker, contextlib.suppress(queue.Empty):
                while not failures:
                    one = waiting.get_nowait()
                    write(one, worker.grade(work.submission(one)))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=serve, args=(slot,), daemon=True) for slot in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class Worker:
    """A worker's process; one that dies is started again."""

    def __init__(self, root, assignment_path, slot, confined):
        words = [sys.executable, "-m", "course.grading.worker", str(root), str(assignment_path), str(slot)]
        self.words, self.root = words + ["--unsafe-no-sandbox"] * (not confined), root
        self._start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()  # it ends itself, and its sandbox
        self.process.wait()

    def grade(self, submission):
        """The result of one submission. Who kills the worker again and again, or keeps it, is left to a person."""
        for _ in range(TRIES):
            begun = time.monotonic()
            watchdog = threading.Timer(LONGEST, self.process.kill)
            watchdog.start()
            try:
                self.process.stdin.write(json.dumps(submission) + "\n")
                self.process.stdin.flush()
                if line := self.process.stdout.readline():
                    return json.loads(line)
            except (BrokenPipeError, ValueError):
                pass
            finally:
                watchdog.cancel()
            self.process.wait()
            seconds = time.monotonic() - begun
            self._start()
            if seconds > LONGEST:
                return no_result(f"kept the grader for more than {LONGEST // 60} minutes")
        return no_result("ended the grader twice")

    def _start(self):
        self.process = subprocess.Popen(
            self.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=kernels.environment(self.root),
            text=True,
            encoding="utf-8",
            cwd=self.root,
            start_new_session=True,
        )
        if self.process.stdout.readline() != READY:
            raise CourseError(
                f"a worker stopped before it began (exit {self.process.wait()}); what it said stands above."
            )
