"""Verdicts on honest notebooks as students really write them, and what becomes of a question when another goes wrong."""

import dataclasses

import numpy as np
import pytest
import tiny_lesson
from tiny_lesson import answer

from course.grading import assignment as assignments
from course.grading import judge

DOUBLE, PLUS_ONE = answer("double", "SCALE * x"), answer("plus_one", "x + 1")


def _told(graded):
    return [(verdict.status, verdict.points) for verdict in graded.verdicts]


def test_right_wrong_open_and_missing(grade):
    graded = grade({"double": DOUBLE, "plus_one": PLUS_ONE})
    assert _told(graded) == [("right", 2), ("right", 1)] and graded.flags == [] and graded.sandboxes == 1
    graded = grade({"double": answer("double", "3 * x"), "plus_one": tiny_lesson.stub("plus_one") + "\n\n"})
    assert _told(graded) == [("wrong", 0), ("not attempted", 0)]
    assert graded.verdicts[0].message.startswith(
        "For ([1., 2.]) expected [2., 4.], but your function returned [3., 6.]"
    )
    graded = grade({"plus_one": PLUS_ONE})
    assert _told(graded) == [("missing", 0), ("right", 1)]
    assert grade({}).sandboxes == 0


def test_an_answer_that_only_the_hidden_tests_catch(grade):
    graded = grade({"double": answer("double", "2 * x if x.min() > 0 else 0 * x")})
    assert graded.verdicts[0].status == "wrong"
    assert graded.verdicts[0].message.startswith(
        "The visible cases are right, but the tests after collection"
    )


@pytest.mark.parametrize(
    "source",
    [
        "%%time\n" + DOUBLE,
        "%matplotlib inline\n!pip install nothing\n" + DOUBLE + "\ndouble?",
        DOUBLE + "\nget_ipython().run_line_magic('timeit', 'x')\ndisplay(double)",
        "double = lambda x: SCALE * x",
        "from functools import partial\ndouble = partial(np.multiply, SCALE)",
        "class Twice:\n    def __call__(self, x): return x + x\ndouble = Twice()",
        "import pandas as pd\ndef double(x): return pd.Series(2 * x)",
        "def double(x): return (2 * v for v in x)\n_double = double\ndef double(x): return np.array(list(_double(x)))",
        "print('hello')\nimport warnings\nwarnings.warn('x')\n" + DOUBLE,
    ],
)
def test_what_honest_students_write_earns_full_marks(source, grade):
    assert _told(grade({"double": source}))[0] == ("right", 2)


def test_a_students_own_imports_functions_and_constants_count_and_the_rest_does_not_run(grade):
    own = [
        "import math as m\nTWO = 2\nNAMES = {'a': [1, -2]}\ndef helper(x):\n    return TWO * x\nraise SystemExit",
        "%%time\nfrom numpy import asarray as arr",
        "while True: pass",
        "this is no Python (",
        "x = open('/etc/passwd')",
    ]
    source = "def double(x):\n    return helper(arr(x)) * m.cos(0)"
    assert _told(grade({"double": source, "plus_one": PLUS_ONE}, own)) == [("right", 2), ("right", 1)]


def test_set_up_is_the_released_one_whatever_the_student_makes_of_it(grade):
    assert _told(grade({"double": DOUBLE}, ["SCALE = 5"]))[0] == ("wrong", 0), "their own constant is theirs"
    assert _told(grade({"double": DOUBLE}, ["print(SCALE)\nSCALE"]))[0] == ("right", 2)


def test_an_answer_may_use_another(grade):
    uses = "def plus_one(x):\n    return double(x) / 2 + 1"
    assert _told(grade({"double": DOUBLE, "plus_one": uses})) == [("right", 2), ("right", 1)]
    alone = "def double(x):\n    return twice(x)"
    defines = "def twice(x): return 2 * x\ndef plus_one(x): return x"
    assert _told(grade({"double": alone, "plus_one": defines})) == [("right", 2), ("wrong", 0)]


def test_arrays_that_are_changed_in_place_are_seen_outside(trusted, root, can_confine):
    spoils = "def double(x):\n    x *= 2\n    return x"
    session = judge.Session(
        trusted, {"double": spoils}, [], root / "helpers", slot=tiny_lesson.SLOT, limits=tiny_lesson.LIMITS
    )
    verdict = session.grade().verdicts[0]
    assert verdict.status == "wrong" and "changes the array that it is given" in verdict.message


def test_a_notebook_that_is_slow_on_purpose_everywhere_has_an_end(trusted, root, can_confine):
    slow = "import time\ndef {}(x):\n    time.sleep(1000)"
    limits = dataclasses.replace(tiny_lesson.LIMITS, notebook=2)
    answers = {name: slow.format(name) for name in ("double", "plus_one")}
    session = judge.Session(trusted, answers, [], root / "helpers", slot=tiny_lesson.SLOT, limits=limits)
    graded = session.grade()
    assert [verdict.status for verdict in graded.verdicts] == ["stopped", "stopped"] and graded.sandboxes == 1
    assert graded.flags == [f"{name}: {judge.LATE}" for name in answers]


def test_without_a_sandbox_the_verdicts_are_the_same(trusted, root):
    for source, status in (
        (DOUBLE, "right"),
        (answer("double", "x"), "wrong"),
        ("import os; os._exit(1)", "stopped"),
    ):
        graded = judge.Session(trusted, {"double": source}, [], root / "helpers", confined=False).grade()
        assert graded.verdicts[0].status == status


def test_wrappers_turn_what_cannot_travel_into_plain_values(assignment, root, can_confine):
    content = assignments.from_json(assignments.to_json(assignment))
    question = content.questions[0]
    wrapped = assignments.Assignment(
        number="01",
        title="01_tiny",
        setup=content.setup,
        questions=[
            assignments.Question(
                name="double", points=2, answer="table", check="double", test="assert table(3) == [('f', 6)]",
                stub=question.stub, solution="",
            )
        ],
        wrappers=["def table(n):\n    return [(kind.__name__, value) for kind, value in double(n)]"],
        given=[],
    )  # fmt: skip
    source = "def f(): pass\ndef double(n):\n    return [(f, 2 * n)]"
    graded = judge.Session(
        judge.Trusted(wrapped), {"double": source}, [], root / "helpers", slot=tiny_lesson.SLOT
    ).grade()
    assert _told(graded) == [("right", 2)]


def test_set_up_is_cut_to_what_is_used():
    setup = ["import numpy as np\nimport tensorflow as tf\nA = np.ones(2)\nB = A + 1\nC = 3\nB = B * 2"]
    assert (
        assignments.needed(setup, ["return B"]) == "import numpy as np\nA = np.ones(2)\nB = A + 1\nB = B * 2"
    )
    assert assignments.needed(setup, ["1 + 1"]) == ""


def test_an_assignment_is_the_same_after_it_was_kept(assignment):
    again = assignments.from_json(assignments.to_json(assignment))
    assert again == assignment and again.digest
    other = assignments.to_json(assignment).replace("SCALE = 2", "SCALE = 3")
    assert assignments.from_json(other).digest != again.digest


def test_a_set_up_that_fails_is_told_and_nobody_is_wrong(assignment, trusted, root, can_confine):
    broken = assignments.from_json(assignments.to_json(assignment).replace("SCALE = 2", "SCALE = 1 / 0"))
    session = judge.Session(trusted, {"double": DOUBLE}, [], root / "helpers", slot=tiny_lesson.SLOT)
    session.assignment = broken
    graded = session.grade()
    assert graded.verdicts[0].status == "stopped" and "ZeroDivisionError" in graded.flags[0]


@pytest.mark.parametrize("number", ["01", "02", "03", "04", "05", "06", "07"])
def test_the_solutions_of_the_course_earn_full_marks_in_the_sandbox(number, root, can_confine):
    given = assignments.of(root, number)
    answers = {question.name: question.solution for question in given.questions}
    graded = judge.Session(judge.Trusted(given), answers, [], root / "helpers", slot=tiny_lesson.SLOT).grade()
    assert [verdict.points for verdict in graded.verdicts] == [
        question.points for question in given.questions
    ]
    assert graded.flags == [] and graded.sandboxes == 1


def test_arguments_and_results_are_those_of_a_call_at_home(trusted, root, can_confine):
    """What goes in and comes back is what a function in this process would see."""
    source = "def double(*a, **k):\n    return [type(v).__name__ for v in a], sorted(k), a[0], {1: (2, None)}"
    session = judge.Session(trusted, {"double": source}, [], root / "helpers", slot=tiny_lesson.SLOT)
    with session._start() as box:
        session._load(box, ["double"])
        remote = judge.Remote(box, "double", judge.Meter(box, session.limits))
        kinds, names, first, rest = remote(np.float32(1.5), [1], (2,), {"a"}, None, np.eye(2), word="x")
        assert kinds == ["float32", "list", "tuple", "set", "NoneType", "ndarray"] and names == ["word"]
        assert type(first) is np.float32 and first == 1.5 and rest == {1: (2, None)}
