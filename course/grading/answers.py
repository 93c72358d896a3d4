"""From the cells that a student handed in to the answers that are graded, with every repair told.

Nothing is ever a silent 0: an answer that is not where it should be is looked for, and one that is nowhere is flagged.
"""

import difflib
import re
from dataclasses import dataclass, field

from course.grading.notebooks import Unreadable

OPEN = "raise NotImplementedError"  # what a cell says that is still to be written
UNTOUCHED = "untouched: no answer differs from what was released"
LIKE = 0.6  # share of a stub that a cell must resemble to be taken for it
MOST_ALIKE = 300  # cells that are compared with a stub
MOST_OWN = 500_000  # characters of a student's further cells


@dataclass
class Answers:
    """sources : exercise -> source of its answer. own : sources of the student's further code cells, in order; of
    these, imports, functions, classes and constants count. repairs : what was mended. flags : reasons for a person to
    look."""

    sources: dict
    own: list = field(default_factory=list)
    repairs: list = field(default_factory=list)
    flags: list = field(default_factory=list)


def find(cells, assignment):
    """The answers among the cells of a submission.

    Raises
    ------
    Unreadable : there is no trace of any of the assignment's exercises.
    """
    stubs = {question.name: question.stub for question in assignment.questions}
    tests = {grade_id for _, grade_id, _ in assignment.given if grade_id and grade_id not in stubs}
    given = {_plain(source) for _, _, source in assignment.given}
    found = {name: [cell for cell in cells if cell.grade_id == name] for name in stubs}
    extra = [
        cell
        for cell in cells
        if cell.kind == "code" and cell.grade_id not in stubs and cell.grade_id not in tests
        if cell.source.strip() and (cell.id in stubs or _plain(cell.source) not in given)
    ]
    answers, taken = Answers({}), set()
    for name, stub in stubs.items():
        chosen = _chosen(name, stub, found[name], extra, answers.repairs)
        taken |= {id(cell) for cell in chosen}
        if chosen:
            answers.sources[name] = "\n\n".join(cell.source for cell in chosen)
    _defined_elsewhere(answers, stubs)
    if not answers.sources:
        raise Unreadable("holds none of this lesson's exercises")
    answers.flags += [f"{name}: no answer cell" for name in stubs if name not in answers.sources]
    if all(_plain(source) in ("", _plain(stubs[name])) for name, source in answers.sources.items()):
        answers.flags.append(UNTOUCHED)
    answers.repairs += _about_tests(cells, assignment, tests)
    answers.own = _own([cell for cell in extra if id(cell) not in taken], answers.flags)
    return answers


def _chosen(name, stub, marked, extra, repairs):
    """The cells that answer one exercise."""
    if any(cell.kind != "code" for cell in marked):
        repairs.append(f"{name}: its cell was no code cell; taken as code")
    different = list({_plain(cell.source): cell for cell in marked}.values())
    if len(marked) > 1:
        repairs.append(f"{name}: {len(marked)} cells, of which {len(different)} differ; run in their order")
    written = [cell for cell in different if _plain(cell.source) not in ("", _plain(stub))]
    other = [cell for cell in extra if cell.id == name or defines(cell.source, name)]
    answered = [cell for cell in other if _plain(cell.source) != _plain(stub)]
    if written and not (answered and all(OPEN in cell.source for cell in written)):
        return written
    if marked and answered:
        repairs.append(f"{name}: answered in another cell")
        return answered[-1:]
    if marked:
        return marked[:1]
    alike = answered or other or list(_alike([cell for cell in extra if not cell.grade_id], stub))
    if alike:
        repairs.append(f"{name}: its mark was lost, found again by its name or likeness")
    return alike[-1:]


def _defined_elsewhere(answers, stubs):
    """An exercise whose own cell is gone may be answered in the cell of another."""
    for name in stubs:
        if name not in answers.sources and any(defines(source, name) for source in answers.sources.values()):
            answers.sources[name] = ""
            answers.repairs.append(f"{name}: answered in the cell of another exercise")


def _about_tests(cells, assignment, tests):
    """What was done to the cells that grade: the released ones are used in any case."""
    there = {cell.grade_id: cell.source for cell in cells if cell.grade_id in tests}
    if missing := len(tests - set(there)):
        yield f"{missing} test cell{'s' * (missing > 1)} missing, put back"
    released = {grade_id: source for _, grade_id, source in assignment.given}
    changed = [name for name, source in there.items() if _plain(source) != _plain(released[name])]
    if changed:
        yield f"{len(changed)} test cell{'s' * (len(changed) > 1)} changed, the released ones are used"


def _own(cells, flags):
    sources, left = [], MOST_OWN
    for cell in cells:
        left -= len(cell.source)
        if left < 0:
            flags.append("more code of its own than is run; only the first part was")
            break
        sources.append(cell.source)
    return sources


def defines(source, name):
    """Whether a source gives the name a meaning at its left margin."""
    return re.search(rf"(?m)^(?:(?:async\s+)?def|class)\s+{name}\b|^{name}\s*=", source) is not None


def _plain(source):
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _alike(cells, stub):
    """The cells that resemble a stub. What is cheap to tell apart is told apart first: students choose what is compared."""
    matcher, compared = difflib.SequenceMatcher(None, autojunk=False), 0
    matcher.set_seq2(_plain(stub))
    for cell in cells:
        if len(cell.source) > 20 * len(stub) + 2000 or compared == MOST_ALIKE:
            continue
        matcher.set_seq1(_plain(cell.source))
        if matcher.real_quick_ratio() > LIKE and matcher.quick_ratio() > LIKE:
            compared += 1
            if matcher.ratio() > LIKE:
                yield cell
