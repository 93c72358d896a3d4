"""The same work on several machines, through Dask distributed. Each needs this checkout, at the same place.

A task hands one submission to a worker process beside it (see worker.py), so that what a submission does to its worker
costs that submission alone; when a machine is lost, Dask gives its tasks to others.
"""

import os
import threading

from course.grading.worker import no_result
from course.project import CourseError

LOST = 3  # machines that may be lost under one submission before a person must look
_here = threading.local()


def grade_all(address, root, assignment_path, submissions, confined, write):
    """Grade submissions (student -> dict) at a scheduler; `write(student, result)` is called with each when it is done."""
    try:
        from distributed import Client, KilledWorker, as_completed
    except ImportError:
        raise CourseError("--scheduler needs the package distributed: pip install distributed.") from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise CourseError(f"{address}: no Dask scheduler replies there ({error}).") from None
    with client:
        text = assignment_path.read_text(encoding="utf-8")
        futures = {
            client.submit(_grade, str(root), text, content, confined, pure=False, retries=LOST): one
            for one, content in submissions.items()
        }
        for future in as_completed(futures):
            try:
                write(futures[future], future.result())
            except KilledWorker:
                write(futures[future], no_result("ended its machine"))


def _grade(root, assignment_text, submission, confined):
    """On a machine of the cluster: the result of one submission."""
    import tempfile
    from pathlib import Path

    from course.grading.grade import Worker

    if getattr(_here, "text", None) != assignment_text:
        folder = tempfile.mkdtemp(prefix="grading-")
        path = Path(folder) / "assignment.json"
        path.write_text(assignment_text, encoding="utf-8")
        slot = (os.getpid() + threading.get_native_id()) % 50_000
        _here.worker, _here.text = Worker(Path(root), path, slot, confined), assignment_text
    return _here.worker.grade(submission)
