"""What answers to exercises earn: run in a kernel in which a lesson's set-up has run, and all answers in one go.

Each answer is executed in a copy of the kernel's names, then the visible check looks at it, and then its graded cell is
executed. nbgrader takes the points from a graded cell that raises, or writes to stderr: both are told.
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
    answers : file; for each answer `check`, its name; `argument`, the name that it judges; `cells`, code; `graded`,
        the code of the graded cell.
    verdicts : file; for each answer `state` and `message` of the visible check; `seconds` of processor time that it
        took; `warned`, warnings from the checks' own code; `error` and `stderr` of the graded cell.
    """
    seen = {name: value for name, value in names.items() if name not in without}
    told = [_verdict(dict(seen), **answer) for answer in json.loads(Path(answers).read_text("utf-8"))]
    Path(verdicts).write_text(json.dumps(told), "utf-8")


def _verdict(names, check, argument, cells, graded):
    with warnings.catch_warnings(), np.errstate():
        for cell in cells:
            exec(cell, names)
        with warnings.catch_warnings(record=True) as told, np.errstate(all="warn"):
            warnings.simplefilter("always")
            started = time.process_time()
            feedback = getattr(names["checks"], check)(names[argument])
            seconds = time.process_time() - started
    error, stderr = "", io.StringIO()
    with warnings.catch_warnings(), np.errstate(), contextlib.redirect_stderr(stderr):
        try:
            exec(graded, names)
        except Exception as reason:
            error = type(reason).__name__
    return {
        "state": feedback.state,
        "message": feedback.message,
        "seconds": seconds,
        "warned": [str(one.message) for one in told if "helpers/checks" in one.filename.replace("\\", "/")],
        "error": error,
        "stderr": stderr.getvalue(),
    }
