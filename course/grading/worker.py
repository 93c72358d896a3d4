"""One worker: reads submissions as lines of JSON, writes results as lines of JSON, ends when its input ends.

    python -m course.grading.worker ROOT ASSIGNMENT.json SLOT [--unsafe-no-sandbox]

It must be this process's first thread that starts sandboxes: they end with the thread that started them.
"""

import json
import os
import queue
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from course.grading import assignment, judge

READY = "ready\n"


def result(trusted, submission, helpers, slot=0, confined=True):
    """What becomes of one submission: a dict of plain values.

    submission : dict with "sources" (exercise -> source) and "own" (sources).
    """
    begun = time.perf_counter()
    session = judge.Session(trusted, submission["sources"], submission["own"], helpers, slot, confined)
    graded = session.grade()
    verdicts = [asdict(verdict) for verdict in graded.verdicts]
    return {
        "points": sum(verdict.points for verdict in graded.verdicts),
        "max_points": trusted.assignment.points,
        "verdicts": verdicts,
        "flags": graded.flags,
        "confined": confined,
        "sandboxes": graded.sandboxes,
        "memory": graded.memory,
        "seconds": round(time.perf_counter() - begun, 3),
    }


def no_result(why):
    """What becomes of a submission that a person must look at."""
    return {"points": None, "max_points": None, "verdicts": [], "flags": [why]}


def main(root, assignment_path, slot, *options):
    """Serve until the coordinator goes away, however it goes."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing else may come between the lines
    given = assignment.from_json(Path(assignment_path).read_text(encoding="utf-8"))
    trusted = judge.Trusted(given)
    replies.write(READY)
    replies.flush()
    lines = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    while True:
        submission = json.loads(lines.get())
        content = result(
            trusted, submission, Path(root) / "helpers", int(slot), "--unsafe-no-sandbox" not in options
        )
        replies.write(json.dumps(content) + "\n")
        replies.flush()


def _listen(lines):
    """Hand over what comes; when the coordinator is gone, so are this worker and its sandbox, at once."""
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
