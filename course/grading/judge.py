"""The trusted side: hidden tests run here, unchanged, and students' functions are proxies of what runs in a sandbox.

So no process of a student ever holds a test, an expected value, or a result. First, *fast*: one sandbox for all
questions. If anything is odd there (a crash, a time limit, a process left behind), all of it is thrown away, and,
*strictly*, each question gets a sandbox of its own with only the cells that it needs. A failed question is asked again
alone, so that nobody loses points to what another answer did. What a student is told comes from the visible check, asked
in a sandbox that has not met a hidden test: there is nothing that it could tell of one.
"""

import builtins
import contextlib
import io
import math
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
IMPORTED = re.compile(r"(?m)^(?:from|import)\s.*")
LATE = "was not reached any more: the notebook had used up its time"
OWN, LEFT = "the student's further code", "left processes running"
STOPS = "Running your notebook's cells, this one stopped with {}: {}"


@dataclass(frozen=True)
class Limits:
    """What set-up, a cell, a call, and a question with all its calls may take, and a notebook as a whole: seconds by the
    clock. Set-up may import TensorFlow."""

    setup: Allowance = Allowance(cpu=60, wall=300)
    cell: Allowance = Allowance(cpu=20, wall=120)
    call: Allowance = Allowance(cpu=10, wall=60)
    question: Allowance = Allowance(cpu=40, wall=120)
    notebook: float = 1200


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
                raise _error(*reply["raised"])
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
    """What is left of a question's allowance. last : when its notebook's time is over, by the monotonic clock."""

    def __init__(self, box, limits, last=math.inf):
        self.box, self.call, self._question, self._last = box, limits.call, limits.question, last
        self.restart()

    def restart(self):
        """The whole allowance once more."""
        self._cpu = self.box.look().cpu + self._question.cpu
        self._end = min(self._last, time.monotonic() + self._question.wall)

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
        self._own_does_harm, self._last = False, math.inf
        self._start = lambda: Sandbox(helpers, slot, confined)
        self.graded = Graded([])

    def grade(self):
        """The verdict on every question."""
        self._last = time.monotonic() + self.limits.notebook
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
        """Right answers, from one sandbox for all; none if anything was odd."""
        with self._sandbox() as box:
            _, trouble, culprit = self._load(box, self.assignment.names, self.own)
            if culprit == OWN:
                self._own_does_harm = True
                self._flag(f"{OWN} {trouble}")
            verdicts = {}
            for question in asked if not trouble else ():
                verdict = self._ask(box, question)
                trouble = verdict.trouble
                if trouble:
                    break
                verdicts[question.name] = verdict
        if trouble:
            return {}
        return {name: verdict for name, verdict in verdicts.items() if verdict.status == "right"}

    def _strict(self, question):
        """The verdict on one question, from sandboxes with only the cells that it needs.

        Of these, what does harm is left out, and the question is asked again: first the cell that was caught at it, then
        all that is not the question's own. Only a right answer makes up for what the first sandbox said.
        """
        if time.monotonic() > self._last:
            self._flag(f"{question.name}: {LATE}")
            return self._stopped(question, LATE)
        names, first = self._needs(question.name), None
        owns = [self.own, self._needed_own(names), []][self._own_does_harm :]
        while True:
            with self._sandbox() as box:
                stopped, trouble, culprit = self._load(box, names, owns[0])
                if trouble:
                    verdict = self._stopped(question, trouble)
                else:
                    verdict = self._ask(box, question, stopped, explain=True)
            if verdict.status == "right" or time.monotonic() > self._last:
                break
            caught = culprit not in (None, question.name)
            first = first or (None if caught else verdict)
            if culprit == OWN:
                self._own_does_harm = True
                self._flag(f"{OWN} {trouble}")
                owns = owns[1:]
            elif caught and culprit in names:
                names = [name for name in names if name != culprit]
            elif len(names) > 1:
                names = [question.name]
            elif verdict.trouble and culprit is None and owns[0]:
                owns = [[]]
            else:
                break
        if verdict.status != "right":
            verdict = first or verdict
        if verdict.trouble:
            self._flag(f"{question.name}: {verdict.trouble}")
        return verdict

    def _in_time(self, allowance):
        """The allowance, or what the notebook has left."""
        left = self._last - time.monotonic()
        return Allowance(allowance.cpu, max(0.0, min(allowance.wall, left)))

    def _flag(self, words):
        if words not in self.graded.flags:
            self.graded.flags.append(words)

    def _needed_own(self, names):
        """The student's further sources that define or import a word of these answers, or of one another."""
        used, needed = set().union(*(words(self.answers.get(name, "")) for name in names)), set()
        while more := {
            k
            for k, source in enumerate(self.own)
            if k not in needed and _defines(source, imports=True) & used
        }:
            needed |= more
            used |= set().union(*(words(self.own[k]) for k in more))
        return [self.own[k] for k in sorted(needed)]

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

    def _load(self, box, names, own=()):
        """Run set-up, the student's own definitions, these answers, and what wraps them.

        Returns
        -------
        Exercise -> (error, words) of answer cells that raised; why the sandbox ended, "" if it runs; and what ended it:
        "set-up", `OWN`, an exercise, a wrapper; None if it runs.
        """
        answers = {name: self.answers[name] for name in names if name in self.answers}
        sources = [*answers.values(), *own, *self.assignment.wrappers]
        cells = [
            *answers.items(),
            *((f"wrapper {k}", text) for k, text in enumerate(self.assignment.wrappers)),
        ]
        stopped, running = {}, "set-up"
        try:
            setup = needed(self.assignment.setup, sources)
            reply = box.ask({"op": "run", "id": "set-up", "source": setup}, self._in_time(self.limits.setup))
            if "raised" in reply:
                return (
                    stopped,
                    f"met a set-up that does not run here ({': '.join(reply['raised'])})",
                    running,
                )
            if own:
                running = OWN
                box.ask({"op": "define", "sources": own}, self._in_time(self.limits.cell))
                if box.left_processes():
                    return stopped, LEFT, running
            for name, source in cells:
                running = name
                request = {"op": "run", "id": name, "source": source}
                reply = box.ask(request, self._in_time(self.limits.cell))
                if "raised" in reply and name in answers:
                    stopped[name] = tuple(reply["raised"])
                if box.left_processes():
                    return stopped, LEFT, running
        except Gone as gone:
            return stopped, str(gone), running
        return stopped, "", None

    def _ask(self, box, question, stopped=None, explain=False):
        """The verdict of the hidden tests on what runs in this sandbox.

        explain : ask the visible check what to say of a wrong answer, first.
        """
        meter = Meter(box, self.limits, self._last)
        try:
            proxies = self._proxies(box, meter)
        except Gone as gone:
            return self._stopped(question, str(gone))
        # What tests hand to an answer, it may change: never for another question, nor for another student.
        namespace, right = _copied(self.trusted.namespace) | proxies, False
        status, message = self._visible(question, namespace) if explain else ("wrong", "")
        meter.restart()
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
            trouble = LEFT
        if right:
            return Verdict(question.name, question.points, question.points, "right", "Right.", trouble)
        if trouble:
            return self._stopped(question, trouble)
        if question.name in (stopped or {}):
            status, message = "wrong", wire.text(STOPS.format(*stopped[question.name]), 500)
        return Verdict(question.name, 0, question.points, status, message)

    def _visible(self, question, namespace):
        """What the visible check says of a wrong answer, before the answer has seen an input of a hidden test."""
        with _quietly():
            feedback = getattr(namespace["checks"], question.check)(namespace.get(question.answer))
        if feedback.right:
            return (
                "wrong",
                "The visible cases are right, but the tests after collection found a case that is not.",
            )
        return feedback.state, wire.text(feedback.message, 1000)

    def _stopped(self, question, trouble):
        told = trouble.partition(" (")[0]  # an exit code could tell of a hidden test
        message = f"Your code was stopped: it {told}."
        return Verdict(question.name, 0, question.points, "stopped", message, trouble)

    def _proxies(self, box, meter):
        """Name -> proxy or plain value, of everything that tests may ask for."""
        found = {}
        for name in dict.fromkeys([*(q.answer for q in self.assignment.questions), *self._wrapped()]):
            thing = box.ask({"op": "what", "name": name}, self._in_time(LOOKING_UP))
            if thing.get("kind") == "function":
                found[name] = Remote(box, name, meter)
            elif thing.get("kind") == "other":
                found[name] = thing.get("value")
        return found

    def _wrapped(self):
        return [name for source in self.assignment.wrappers for name in sorted(_defines(source))]


def _defines(source, imports=False):
    """Names that a source defines at its left margin; with imports, all words of these too."""
    source = source[:200_000]
    found = {function or value for function, value in DEFINED.findall(source)}
    return found | (words("\n".join(IMPORTED.findall(source))) if imports else set())


def _copied(value):
    """The value with all its arrays copied, those in containers too."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return type(value)(map(_copied, value)) if type(value) in (list, tuple) else value


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


def _error(name, told):
    """An error that bears the name of the student's. Only two are Python's own: by others, such as StopIteration, an answer
    could lead the tests astray."""
    name, told = wire.text(name, 80), wire.text(told, 2000)
    if name in ("NotImplementedError", "SystemExit"):
        return getattr(builtins, name)(told)
    return type(name, (RuntimeError,), {})(told)


@contextlib.contextmanager
def _quietly():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
