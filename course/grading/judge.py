"""The trusted side: hidden tests run here, unchanged, and students' functions are proxies of what runs in a sandbox.

So no process of a student ever holds a test, an expected value, or a result. First, *fast*: one sandbox for all
questions. If anything is odd there (a crash, a time limit, a process left behind), all of it is thrown away, and,
*strictly*, each question gets a sandbox of its own with only the cells that it needs. A failed question is asked again
alone, so that nobody loses points to what another answer did.
"""

import builtins
import contextlib
import io
import re
import time
import warnings
from dataclasses import dataclass, field

import numpy as np

from course.grading import wire
from course.grading.assignment import needed, words
from course.grading.sandbox import Allowance, Gone, Sandbox

LOOKING_UP = Allowance(cpu=10, wall=60)
DEFINED = re.compile(r"(?m)^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=")
STOPS = "Running your notebook's cells, this one stopped with {}: {}"


@dataclass(frozen=True)
class Limits:
    """What set-up, a cell, a call, and a question with all its calls may take. Set-up may import TensorFlow."""

    setup: Allowance = Allowance(cpu=60, wall=300)
    cell: Allowance = Allowance(cpu=20, wall=120)
    call: Allowance = Allowance(cpu=10, wall=60)
    question: Allowance = Allowance(cpu=40, wall=120)


@dataclass(frozen=True)
class Verdict:
    """status : "right", "wrong", "not attempted", "missing" or "stopped". message : for the student, from the visible
    check. trouble : what was odd, for the instructor; "" if nothing."""

    name: str
    points: float
    max_points: float
    status: str
    message: str
    trouble: str = ""


@dataclass
class Graded:
    """verdicts : of each question, in order. flags : reasons for a person to look. sandboxes : how many were started.
    memory : the most that one of them took, bytes."""

    verdicts: list
    flags: list = field(default_factory=list)
    sandboxes: int = 0
    memory: int = 0


class Remote:
    """A student's function: each call travels to the sandbox, as plain values, and the result comes back."""

    def __init__(self, box, name, limits):
        self._box, self.__name__, self._limits = box, name, limits
        self.trouble = ""

    def __repr__(self):
        return f"<function {self.__name__}>"

    def __deepcopy__(self, memo):
        return self

    def __call__(self, *arguments, **options):
        if self.trouble:  # the sandbox has ended
            raise RuntimeError(self.trouble)
        request = {"op": "call", "name": self.__name__, "arguments": list(arguments), "options": options}
        try:
            reply = self._box.ask(request, self._limits.left(self._limits.call))
            if "raised" in reply:
                _raise(*reply["raised"])
            _write_back(arguments, reply["changed"])
            return reply["result"]
        except Gone as gone:
            self.trouble = str(gone)
        except (
            KeyError,
            TypeError,
            ValueError,
            IndexError,
        ):  # the runner was tampered with: its reply is malformed
            self.trouble = "broke the protocol (a malformed reply)"
        raise RuntimeError(self.trouble)


class Meter:
    """What is left of a question's allowance."""

    def __init__(self, box, limits):
        self.box, self.call = box, limits.call
        self._cpu, self._end = box.look().cpu + limits.question.cpu, time.monotonic() + limits.question.wall

    def left(self, most):
        cpu, wall = self._cpu - self.box.look().cpu, self._end - time.monotonic()
        return Allowance(cpu=max(0.0, min(most.cpu, cpu)), wall=max(0.0, min(most.wall, wall)))


class Trusted:
    """What hidden tests see besides the answers: the statements of set-up that they need, run once, here."""

    def __init__(self, assignment):
        self.assignment = assignment
        self.namespace = {"__name__": "__main__"}
        source = needed(assignment.setup, [question.test for question in assignment.questions])
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, "set-up", "exec"), self.namespace)
        self.tests = {
            question.name: compile(question.test, f"tests of {question.name}", "exec")
            for question in assignment.questions
        }


class Session:
    """One submission's grading.

    answers : exercise -> source of its answer cell; exercises without one are missing. own : sources of what the student
    defined elsewhere. helpers, slot, confined : see `Sandbox`.
    """

    def __init__(self, trusted, answers, own, helpers, slot=0, confined=True, limits=Limits()):
        self.trusted, self.assignment = trusted, trusted.assignment
        self.answers, self.own, self.limits = answers, list(own), limits
        self._start = lambda: Sandbox(helpers, slot, confined)
        self.graded = Graded([])

    def grade(self):
        """The verdict on every question."""
        asked = [q for q in self.assignment.questions if q.name in self.answers and not self._untouched(q)]
        verdicts = {q.name: self._not_asked(q) for q in self.assignment.questions if q not in asked}
        if asked:
            verdicts |= self._fast(asked)
        for question in asked:
            if question.name not in verdicts:
                verdicts[question.name] = self._strict(question)
        self.graded.verdicts = [verdicts[name] for name in self.assignment.names]
        return self.graded

    def _untouched(self, question):
        return _plain(self.answers[question.name]) == _plain(question.stub)

    def _not_asked(self, question):
        if question.name in self.answers:
            return Verdict(question.name, 0, question.points, "not attempted", "The answer is still empty.")
        return Verdict(question.name, 0, question.points, "missing", "There is no cell with this answer.")

    def _fast(self, asked):
        """Verdicts on all questions from one sandbox; none if anything was odd, and only sure ones otherwise."""
        with self._sandbox() as box:
            stopped, trouble = self._load(box, [question.name for question in self.assignment.questions])
            verdicts = {}
            for question in asked if not trouble else ():
                verdict = self._ask(box, question, stopped)
                trouble = verdict.trouble
                if trouble:
                    break
                verdicts[question.name] = verdict
        if trouble:
            return {}
        others = len(self.answers) > 1
        return {
            name: verdict for name, verdict in verdicts.items() if verdict.status == "right" or not others
        }

    def _strict(self, question):
        """The verdict on one question, from a sandbox with only the cells that it needs."""
        with self._sandbox() as box:
            stopped, trouble = self._load(box, self._needs(question.name))
            if trouble:
                verdict = self._stopped(question, trouble)
            else:
                verdict = self._ask(box, question, stopped)
        if verdict.trouble:
            self.graded.flags.append(f"{question.name}: {verdict.trouble}")
        return verdict

    @contextlib.contextmanager
    def _sandbox(self):
        with self._start() as box:
            self.graded.sandboxes += 1
            try:
                yield box
            finally:
                self.graded.memory = max(self.graded.memory, box.peak)

    def _needs(self, name):
        """Exercises whose cells this one needs: those whose names it uses, and that define names which it uses."""
        found, todo = set(), [name]
        while todo:
            found.add(todo.pop())
            used = set().union(*(words(self.answers.get(one, "")) for one in found))
            todo += [
                other
                for other, source in self.answers.items()
                if other not in found and (other in used or _defines(source) & used)
            ]
        return [one for one in self.assignment.names if one in found]

    def _load(self, box, names):
        """Run set-up, the student's own definitions, these answers, and what wraps them.

        Returns
        -------
        Exercise -> (error, words) of answer cells that raised; and why the sandbox ended, "" if it runs.
        """
        answers = {name: self.answers[name] for name in names if name in self.answers}
        sources = [*answers.values(), *self.own, *self.assignment.wrappers]
        cells = [
            *answers.items(),
            *((f"wrapper {k}", text) for k, text in enumerate(self.assignment.wrappers)),
        ]
        stopped = {}
        try:
            setup = needed(self.assignment.setup, sources)
            reply = box.ask({"op": "run", "id": "set-up", "source": setup}, self.limits.setup)
            if "raised" in reply:
                return (
                    stopped,
                    f"met a set-up that does not run here ({': '.join(map(str, reply['raised']))})",
                )
            if self.own:
                box.ask({"op": "define", "sources": self.own}, self.limits.cell)
            for name, source in cells:
                reply = box.ask({"op": "run", "id": name, "source": source}, self.limits.cell)
                if "raised" in reply and name in answers:
                    stopped[name] = tuple(map(str, reply["raised"]))
        except Gone as gone:
            return stopped, str(gone)
        return stopped, "left processes running" if box.left_processes() else ""

    def _ask(self, box, question, stopped):
        """The verdict of the hidden tests on what runs in this sandbox."""
        meter = Meter(box, self.limits)
        try:
            proxies = self._proxies(box, meter)
        except Gone as gone:
            return self._stopped(question, str(gone))
        namespace, right = self.trusted.namespace | proxies, False
        with _quietly():
            try:
                exec(self.trusted.tests[question.name], dict(namespace))
                right = True
            except Exception:  # what tests raise about an answer: it is wrong
                pass
            except SystemExit:
                pass
        remotes = [proxy for proxy in proxies.values() if isinstance(proxy, Remote)]
        trouble = next((remote.trouble for remote in remotes if remote.trouble), "")
        if not trouble and box.left_processes():
            trouble = "left processes running"
        if right:
            return Verdict(question.name, question.points, question.points, "right", "Right.", trouble)
        if trouble:
            return self._stopped(question, trouble)
        if question.name in stopped:
            message = STOPS.format(*stopped[question.name])
            return Verdict(question.name, 0, question.points, "wrong", wire.text(message, 500))
        status, message = self._visible(question, namespace)
        return Verdict(question.name, 0, question.points, status, message)

    def _visible(self, question, namespace):
        """What the visible check says of a wrong answer. It saw no hidden test, so its words tell of none."""
        with _quietly():
            feedback = getattr(namespace["checks"], question.check)(namespace.get(question.answer))
        if feedback.right:
            return (
                "wrong",
                "The visible cases are right, but the tests after collection found a case that is not.",
            )
        return feedback.state, wire.text(feedback.message, 1000)

    def _stopped(self, question, trouble):
        message = f"Your code was stopped: it {trouble}."
        return Verdict(question.name, 0, question.points, "stopped", message, trouble)

    def _proxies(self, box, meter):
        """Name -> proxy or plain value, of everything that tests may ask for."""
        found = {}
        for name in dict.fromkeys([*(q.answer for q in self.assignment.questions), *self._wrapped()]):
            thing = box.ask({"op": "what", "name": name}, LOOKING_UP)
            if thing.get("kind") == "function":
                found[name] = Remote(box, name, meter)
            elif thing.get("kind") == "other":
                found[name] = thing.get("value")
        return found

    def _wrapped(self):
        return [name for source in self.assignment.wrappers for name in sorted(_defines(source))]


def _defines(source):
    """Names that a source defines at its left margin."""
    return {function or value for function, value in DEFINED.findall(source[:200_000])}


def _plain(source):
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _write_back(arguments, changed):
    """Arrays that the student's function changed in place, changed here as well."""
    for k, new in changed:
        old = arguments[k]
        if (
            isinstance(old, np.ndarray)
            and isinstance(new, np.ndarray)
            and (old.shape, old.dtype) == (new.shape, new.dtype)
        ):
            old[...] = new


def _raise(name, told):
    """An error like the student's: Python's own where it is one, otherwise one that bears its name."""
    name, told = wire.text(name, 80), wire.text(told, 2000)
    if name in ("NotImplementedError", "SystemExit"):
        raise getattr(builtins, name)(told)
    raise type(name, (RuntimeError,), {})(told)


@contextlib.contextmanager
def _quietly():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
