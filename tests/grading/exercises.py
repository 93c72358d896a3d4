"""What every lesson's exercises must stand, through nbgrader's own scoring: the right answer, the stub, and
plausible wrong answers.

A lesson's test file holds its tables in a class derived from `ExerciseTests`. The notebooks that are scored
hold the cells tagged `setup` and the exercises, nothing else: that is all an answer may need.
"""

import copy
import sys
import tempfile
import warnings

import numpy as np
from nbgrader.utils import determine_grade, is_grade, is_solution

from course import kernels, project
from course.lessons import build


class ExerciseTests:
    """Tests of one lesson's exercises; a derived class fills in the tables.

    lesson : its number, such as "01".
    checks : its module of checks.
    points : of all exercises together.
    wrong : exercise -> label -> code of a wrong answer; four at least.
    also_right : exercise -> codes of right answers unlike the solution; one at least.
    hidden_only : labels of wrong answers that pass what students see; only the hidden tests catch them.
    reasons : exercise -> label -> words that the visible check's message must hold.
    hostile : exercise -> further answers that only a check's robustness is about.
    wrapped : exercise -> grade_id of the locked cell whose function of that name makes plain values of the answer.
    names : what set-up gives to such exercises, by name.
    """

    lesson = checks = points = None
    wrong, also_right, hidden_only, reasons, hostile = {}, {}, frozenset(), {}, {}
    wrapped, names = {}, {}

    def pytest_generate_tests(self, metafunc):
        if "label" in metafunc.fixturenames:
            labels = [(name, label) for name, wrong in self.wrong.items() for label in wrong]
            metafunc.parametrize(("name", "label"), labels)
        elif "name" in metafunc.fixturenames:
            metafunc.parametrize("name", list(self.wrong))

    def test_there_are_four_to_six_exercises_and_each_has_other_answers(self, source):
        assert set(_exercises(source)) == set(self.wrong) == set(self.also_right)
        assert 4 <= len(self.wrong) <= 6
        assert all(len(answers) >= 4 for answers in self.wrong.values())
        assert all(self.also_right.values())
        assert self.hidden_only <= {label for answers in self.wrong.values() for label in answers}

    def test_setup_and_right_answers_alone_earn_full_marks(self, source):
        (scores,) = _scores(source, [{}])
        assert all(earned == possible > 0 for earned, possible in scores.values()), scores
        assert sum(possible for _, possible in scores.values()) == self.points

    def test_the_stub_earns_nothing(self, source):
        stubs = _exercises(build.student(source, f"lesson {self.lesson}"))
        assert all("raise NotImplementedError()" in stub for stub in stubs.values())
        (scores,) = _scores(source, [stubs])
        assert len(scores) == len(stubs) and {earned for earned, _ in scores.values()} == {0}

    def test_wrong_answers_earn_nothing(self, source):
        rounds = _rounds({name: list(wrong.items()) for name, wrong in self.wrong.items()})
        scores = _scores(source, [{name: code for name, (_, code) in answers.items()} for answers in rounds])
        earned = {
            (name, label): score[name][0]
            for answers, score in zip(rounds, scores, strict=True)
            for name, (label, _) in answers.items()
        }
        assert earned == {(name, label): 0 for name, wrong in self.wrong.items() for label in wrong}

    def test_other_right_answers_earn_full_marks(self, source):
        scores = _scores(source, _rounds(self.also_right))
        assert all(earned == possible > 0 for score in scores for earned, possible in score.values()), scores

    def test_the_visible_check_says_wrong_and_why(self, source, name, label):
        feedback = getattr(self.checks, name)(self._function(source, name, self.wrong[name][label]))
        if label in self.hidden_only:
            assert feedback.right
            return
        assert feedback.state == "wrong" and len(feedback.message) > 20
        assert "could not be read" not in feedback.message
        assert self.reasons.get(name, {}).get(label, "") in feedback.message
        assert "Wrong." in feedback._repr_html_()

    def test_the_solutions_pass_their_visible_checks(self, source):
        for name, answer in _exercises(source).items():
            assert getattr(self.checks, name)(self._function(source, name, answer)).right

    def test_checks_display_and_never_raise(self, name, capfd):
        check = getattr(self.checks, name)
        assert check(_stub).state == "not attempted"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "careful")
            for number, answer in enumerate((*HOSTILE, *self.hostile.get(name, ()))):
                feedback = check(answer)
                assert feedback.state == "wrong" and "Wrong." in feedback._repr_html_(), number
        told = capfd.readouterr()
        assert told.out == "" and told.err == ""

    def test_hints_go_further_and_begin_again(self, name):
        check = getattr(self.checks, name)
        count = len(check._hints)
        hints = [check.hint().message for _ in range(2 * count)]
        assert count >= 3 and len(set(hints)) == count and hints[:count] == hints[count:]

    def _function(self, source, name, code):
        """The answer as the checks call it."""
        if name not in self.wrapped:
            return _function(name, code)
        (locked,) = [cell.source for cell in source.cells if cell.id == self.wrapped[name]]
        namespace = {"np": np, **self.names}
        exec(f"{code}\n\n{locked}", namespace)
        return namespace[self.wrapped[name]]


def _exercises(notebook):
    return {cell.id: cell.source for cell in notebook.cells if is_solution(cell)}


def _function(name, code):
    namespace = {"np": np}
    exec(code, namespace)
    return namespace[name]


def _rounds(answers):
    """Answers by exercise -> one answer of each exercise at a time; exercises with fewer begin again."""
    count = max(map(len, answers.values()))
    return [{name: given[k % len(given)] for name, given in answers.items()} for k in range(count)]


def _scores(source, rounds):
    """Points of each exercise, (earned, possible), for each round of answers (grade_id -> code) in place of
    the solutions. One kernel runs all rounds; the first has the lesson's own order of cells."""
    notebook, graded = copy.deepcopy(source), []
    setup_or_exercise = [
        cell
        for cell in notebook.cells
        if "setup" in cell.metadata.get("tags", []) or "nbgrader" in cell.metadata
    ]
    notebook.cells = []
    for number, answers in enumerate(rounds):
        cells = [
            copy.deepcopy(cell) for cell in setup_or_exercise if number == 0 or "nbgrader" in cell.metadata
        ]
        for cell in cells:
            if "parameters" in cell.metadata.get("tags", []):
                cell.source += '\nPROFILE = "smoke"'
            if cell.id in answers:
                cell.source = answers[cell.id]
        graded.append({cell.id.removesuffix("_tests"): cell for cell in cells if is_grade(cell)})
        for cell in cells:
            cell.id = f"{cell.id}-{number}"
        notebook.cells += cells
    with tempfile.TemporaryDirectory() as folder:
        kernels.execute(notebook, project.find_root(__file__), folder, allow_errors=True)
    for cell in notebook.cells:  # elsewhere than in a graded cell, an error would hide what is tested
        assert is_grade(cell) or not [out for out in cell.outputs if out.output_type == "error"], cell.source
    return [{name: determine_grade(cell) for name, cell in cells.items()} for cells in graded]


def _stub(*arguments):
    raise NotImplementedError()


def _leaves(*arguments):
    raise SystemExit(3)


def _chatters(*arguments):
    warnings.warn("careful", stacklevel=1)
    print("here")
    print("there", file=sys.stderr)


def _spoils(array, *rest):
    array[...] = 0
    return 0


class _Odd:
    def __repr__(self):
        raise RuntimeError


class _NoArray:
    def __array__(self, *arguments, **options):
        raise RuntimeError("no array")


HOSTILE = (
    _leaves,
    _chatters,
    _spoils,
    None,
    3,
    lambda: 0,
    lambda *a: "text",
    lambda *a: _Odd(),
    lambda *a: np.nan,
    lambda *a: [[1], [2, 3]],
    lambda *a: _NoArray(),
    lambda *a: {},
    lambda *a: np.array([]),
    lambda *a: ((), ()),
    lambda *a: (None, None),
    lambda *a: (np.nan, np.nan),
    lambda *a: (np.inf, -np.inf),
    lambda *a: ("low", "high"),
    lambda *a: (_Odd(), _NoArray()),
    lambda *a: ([[1], [2, 3]], "text"),
    lambda *a: (k for k in range(2)),
    lambda *a: 1j,
    lambda *a: a,
    lambda *a: 10**400,
    lambda *a: np.array(["2020-01-01"], dtype="datetime64[D]"),
)
