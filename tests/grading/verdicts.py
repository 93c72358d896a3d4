"""What answers to exercises earn: run in a kernel in which a lesson's set-up has run, and all answers in one go.

Each answer is executed in a copy of the kernel's names, and then its graded cell, which asks the visible check first: it is
overheard. nbgrader takes the points from a graded cell that raises, or writes to stderr: both are told.
"""

import contextlib
import io
import json
import time
import warnings
from pathlib import Path

import numpy as np


def judge(names, without, answers, verdicts):
    """Judge the answers of a JSON file, and write the verdicts into another, in the same order.

    names : what set-up has left. without : names of it that an answer does not see, those of the exercises.
    answers : file; for each answer `check`, the name of its visible check; `cells`, code; `graded`, the code of the
        graded cell.
    verdicts : file; for each answer `state` and `message` of the visible check; `seconds` of processor time that it
        took; `warned`, warnings from the checks' own code; `error` and `stderr` of the graded cell.
    """
    seen = {name: value for name, value in names.items() if name not in without}
    told = [_verdict(dict(seen), **answer) for answer in json.loads(Path(answers).read_text("utf-8"))]
    Path(verdicts).write_text(json.dumps(told), "utf-8")


class _Overheard:
    """The lesson's checks; what the visible check `name` says when it is first asked is kept as `told`."""

    def __init__(self, checks, name):
        self._checks, self._name, self.told = checks, name, None

    def __getattr__(self, name):
        check = getattr(self._checks, name)
        return check if self.told or name != self._name else self._first

    def _first(self, answer):
        with warnings.catch_warnings(record=True) as warned, np.errstate(all="warn"):
            warnings.simplefilter("always")
            started = time.process_time()
            feedback = getattr(self._checks, self._name)(answer)
            seconds = time.process_time() - started
        own = [str(one.message) for one in warned if "helpers/checks" in one.filename.replace("\\", "/")]
        self.told = {
            "state": feedback.state,
            "message": feedback.message,
            "seconds": seconds,
            "warned": own,
        }
        return feedback


def _verdict(names, check, cells, graded):
    names["checks"] = overheard = _Overheard(names["checks"], check)
    with warnings.catch_warnings(), np.errstate():
        for cell in cells:
            exec(cell, names)
    error, stderr = "", io.StringIO()
    with warnings.catch_warnings(), np.errstate(), contextlib.redirect_stderr(stderr):
        try:
            exec(graded, names)
        except Exception as reason:
            error = type(reason).__name__
    return overheard.told | {"error": error, "stderr": stderr.getvalue()}
