"""A lesson of two questions, `double` (2 points) and `plus_one` (1), for the grader's own tests."""

import os
import sys
import types

import numpy as np

import helpers.checks
from course.grading import judge
from course.grading.assignment import Assignment, Question
from course.grading.sandbox import Allowance
from helpers.checks.feedback import Check, expect_close

SLOT = 100 + os.getpid() % 40_000  # a user of its own for each process of tests
SETUP = ["import numpy as np\n\nSCALE = 2", "from helpers.checks import tiny as checks"]
TEST = """\
assert checks.{check}({name}).right
x = np.arange(4.0)
assert np.array_equal({name}(x), {expected})
assert np.array_equal(x, np.arange(4.0)), "inputs stay as they are"
assert {name}(np.array([-1.5, SECRET]))[1] == {secret}
"""
SECRET = 8_675_309.0  # stands in hidden tests only


def stub(name):
    return f"def {name}(x):\n    raise NotImplementedError()"


def answer(name, expression):
    return f"def {name}(x):\n    return {expression}"


def assignment():
    """Two questions: `double` and `plus_one`, of two points and one."""
    wanted = {"double": ("SCALE * x", 2.0), "plus_one": ("x + 1", 1.0)}
    questions = [
        Question(
            name=name,
            points=points,
            answer=name,
            check=name,
            test=TEST.format(
                check=name,
                name=name,
                expected=right.replace("x", "np.arange(4.0)"),
                secret=right.replace("x", "SECRET"),
            ).replace("SECRET", str(SECRET)),
            stub=stub(name),
            solution=answer(name, right),
        )
        for name, (right, points) in wanted.items()
    ]
    given = [("markdown", None, "# Tiny")]
    for question in questions:
        given += [
            ("code", question.name, question.stub),
            ("code", None, f"checks.{question.name}({question.name})"),
            ("code", f"{question.name}_tests", "# Graded after collection."),
        ]
    return Assignment("01", "01_tiny", SETUP, questions, [], given)


def _check(right):
    def judge_it(call, x):
        expect_close(call(x), right(x), (x,))

    return Check(judge_it, [(np.array([1.0, 2.0]),)], "Right.", ["a", "b", "c"])


def provide_checks():
    """Make `from helpers.checks import tiny` work in this process."""
    module = types.ModuleType("helpers.checks.tiny")
    module.double, module.plus_one = _check(lambda x: 2 * x), _check(lambda x: x + 1)
    helpers.checks.tiny = sys.modules["helpers.checks.tiny"] = module


LIMITS = judge.Limits(cell=Allowance(2, 8), call=Allowance(1.5, 6), question=Allowance(4, 15))
