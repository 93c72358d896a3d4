"""The machinery of checks: call a student's function safely, and say what is right, wrong or missing.

A check displays one of three states and never raises, so that a notebook runs to its end whatever the answer
is. "Not attempted" is a state of its own: an untouched stub is not a mistake.
"""

import contextlib
import copy
import html
import io
from dataclasses import dataclass

import numpy as np

MANY = 12  # numbers are no longer shown one by one
COLOURS = {"right": "#009E73", "wrong": "#D55E00", "not attempted": "#6E6E6E", "hint": "#0072B2"}
MARKS = {"right": "✓ ", "wrong": "✗ "}  # beside the colour, for those who do not see it


@dataclass(frozen=True)
class Feedback:
    """state : "right", "wrong", "not attempted" or "hint". message : the reason, in words."""

    state: str
    message: str

    @property
    def right(self):
        return self.state == "right"

    def __str__(self):
        return f"{self.state.capitalize()}. {self.message}"

    __repr__ = __str__

    def _repr_html_(self):
        return (
            f'<div style="border-left:4px solid {COLOURS[self.state]};padding:4px 10px">'
            f"<b>{MARKS.get(self.state, '')}{self.state.capitalize()}.</b> {html.escape(self.message)}</div>"
        )


class Wrong(Exception):
    """Raised by a judge: the answer is wrong, and this is why."""


class NotAttempted(Exception):
    """The stub is still there."""


class Check:
    """The check of one exercise.

    Parameters
    ----------
    judge : function (call, *case) that calls the answer as `call(*arguments)` and raises `Wrong` with the
        reason.
    cases : the visible cases, each a tuple that is handed to the judge. Hidden tests pass further ones as
        `more`.
    praise : what a right answer means.
    hints : texts, from a nudge to nearly the answer.
    """

    def __init__(self, judge, cases, praise, hints):
        self._judge, self._cases, self._praise, self._hints = judge, tuple(cases), praise, tuple(hints)
        self._shown = 0
        self.state = None  # of the last feedback; `checks.score()` adds up

    def __call__(self, answer, more=()):
        """Feedback on a function; `more` cases go further than the visible ones."""
        feedback = self._judged(answer, more)
        self.state = feedback.state
        return feedback

    def _judged(self, answer, more):
        try:
            for case in (*self._cases, *more):
                self._judge(lambda *arguments: call_safely(answer, arguments), *case)
        except NotAttempted:
            return Feedback(
                "not attempted", "Replace the line that raises NotImplementedError, then run this cell again."
            )
        except Wrong as reason:
            return Feedback("wrong", str(reason))
        except Exception as error:  # a result so odd that the judge itself stumbles over it
            return Feedback(
                "wrong", f"Your function's result could not be read ({type(error).__name__}: {error})."
            )
        return Feedback("right", self._praise)

    def hint(self):
        """The next hint; each call goes one step further, then it starts again."""
        number = self._shown % len(self._hints)
        self._shown += 1
        return Feedback("hint", f"{number + 1} of {len(self._hints)}: {self._hints[number]}")


def call_safely(answer, arguments):
    """The answer's result, or `Wrong` with what went wrong; nothing is printed, and inputs are copies."""
    if not callable(answer):
        raise Wrong(
            f"Expected a function, but this is {_shown(answer)}. Was its name used for something else?"
        )
    given = copy.deepcopy(arguments)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            result = answer(*given)
    except (Exception, SystemExit) as error:
        if isinstance(error, NotImplementedError) and not str(error):  # a library's own error has a message
            raise NotAttempted from None
        raise Wrong(
            f"Called with {_described(arguments)}, your function stopped with {type(error).__name__}: {error}"
        ) from None
    if result is None:
        raise Wrong("Your function returns nothing. Does it end with `return`?")
    for before, after in zip(arguments, given):
        if isinstance(before, np.ndarray) and not np.array_equal(
            before, after, equal_nan=before.dtype.kind == "f"
        ):
            raise Wrong("Your function changes the array that it is given. Work on a copy.")
    return result


def expect_close(result, expected, arguments, because="", tolerance=1e-6):
    """`Wrong` unless `result` has the shape and, within `tolerance`, the values of `expected`, NaN where that is
    NaN; says where they differ first.

    because : what the case is about, put behind the comparison.
    """
    expected = np.asarray(expected)
    array = numbers(result)
    if array is None:
        raise Wrong(f"Expected numbers, but your function returned {_shown(result)}.")
    if array.shape != expected.shape:
        raise Wrong(
            f"Expected {_shape(expected)} for {_described(arguments)}, but your function returned "
            f"{_shape(array)}. {because}".strip()
        )
    if same(array, expected, tolerance):
        return
    raise Wrong(f"{_difference(array, expected, arguments, tolerance)} {because}".strip())


def _difference(array, expected, arguments, tolerance):
    """What was expected and what was returned; of many numbers, the first that differ."""
    if expected.size <= MANY:
        if expected.dtype.kind in "iu" and (np.abs(array) < 2**53).all() and (array % 1 == 0).all():
            array = array.astype(int)  # shown like what was expected: the type is no mistake
        return (
            f"For {_described(arguments)} expected {_shown(expected)}, but your function returned "
            f"{_shown(array)}."
        )
    apart = ~np.isclose(array, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    first = np.unravel_index(apart.argmax(), apart.shape)
    return (
        f"{apart.sum()} of {apart.size} numbers differ. The first is at [{', '.join(map(str, first))}]: expected "
        f"{expected[first]:.4g}, but your function returned {array[first]:.4g}."
    )


def numbers(result):
    """The result as a float array; None if it holds no numbers."""
    try:
        array = np.asarray(result)
    except ValueError:  # rows of different lengths
        return None
    return array.astype(float) if array.dtype.kind in "biuf" else None


def same(array, other, tolerance=1e-5):
    """Whether both have one shape and, within `tolerance`, the same values; NaN is NaN."""
    return array.shape == np.shape(other) and np.allclose(
        array, other, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def expect(result, expected, shapes, mistakes, arguments, because, tolerance=1e-5):
    """`Wrong` unless `result` is `expected`, NaN where that is NaN; with a reason of its own where it has one
    of the `shapes` or is one of the `mistakes`. 32 bits are enough for the default tolerance.

    shapes : pairs (shape that a mistake gives, reason). mistakes : pairs (what the mistake gives, reason).
    """
    array = numbers(result)
    if array is not None:
        if same(array, expected, tolerance):
            return
        for shape, reason in shapes if array.shape != expected.shape else ():
            if array.shape == shape:
                raise Wrong(f"Expected shape {expected.shape}, not {array.shape}. {reason}")
        for mistaken, reason in mistakes:
            if same(array, mistaken, tolerance):
                raise Wrong(reason)
    expect_close(result, expected, arguments, because, tolerance)


def _shape(array):
    return "a single number" if array.ndim == 0 else f"an array of shape {array.shape}"


def _described(arguments):
    return "(" + ", ".join(_shown(argument) for argument in arguments) + ")"


def _shown(value):
    """A value in few words."""
    if isinstance(value, np.ndarray) and value.size > MANY:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf":
        return f"{value[()]:.6g}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, separator=", ", suppress_small=True)
    try:
        text = repr(value)
    except Exception:  # a student's class may have a broken repr
        text = f"a {type(value).__name__}"
    return text if len(text) <= 120 else text[:117] + "..."
