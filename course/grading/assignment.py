"""One lesson as graders see it: set-up, questions with their hidden tests, and what students were given.

It is taken from the lesson's source, and kept as one JSON file, so that what was released in one week is graded by the
same tests in another.
"""

import ast
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field

import jupytext

from course import project
from course.lessons import build
from course.project import CourseError

PROFILE = 'PROFILE = "smoke"'  # hidden tests hold in every profile; this one is the fastest
CHECK = re.compile(r"assert checks\.(\w+)\((\w+)\)\.right")
WORDS = re.compile(r"[^\W\d]\w*")
LONGEST = 200_000  # characters of a source that are looked at for words


@dataclass(frozen=True)
class Question:
    """name : of the exercise and its answer cell. answer : the function that its tests call. check : its visible check.
    test : source of its hidden tests. stub, solution : the answer cell before and after."""

    name: str
    points: float
    answer: str
    check: str
    test: str
    stub: str
    solution: str


@dataclass(frozen=True)
class Assignment:
    """number, title : of the lesson. setup : sources of its set-up cells, in order. wrappers : sources of locked cells
    that stand beside exercises and make plain values of answers. given : (type, grade_id, source) of each cell of the
    student notebook, in order."""

    number: str
    title: str
    setup: list
    questions: list
    wrappers: list
    given: list
    digest: str = field(default="", compare=False)

    @property
    def names(self):
        return [question.name for question in self.questions]

    @property
    def heading(self):
        """As people read it: Lesson 01, data exploration."""
        return f"Lesson {self.number}, {self.title[3:].replace('_', ' ')}"

    @property
    def points(self):
        return sum(question.points for question in self.questions)


def of(root, number, private=None):
    """The assignment of a lesson of this checkout.

    private : folder whose file NN.py holds further hidden tests, one cell per exercise, `# %% NAME`; None: no such.
    """
    (lesson,) = project.lessons(root, [number])
    source = build.read(lesson, project.address(root))
    student = build.student(source, lesson.source)
    cells = [cell for cell in source.cells if cell.cell_type == "code" and cell.id != "colab-bootstrap"]
    setup = [cell.source for cell in cells if "setup" in cell.metadata.get("tags", [])]
    setup = [text + (f"\n{PROFILE}" if re.search("(?m)^PROFILE =", text) else "") for text in setup]
    marked = [(cell, cell.metadata.nbgrader) for cell in cells if "nbgrader" in cell.metadata]
    solutions = {cell.id: cell.source for cell, marks in marked if marks.get("solution")}
    stubs = {cell.id: cell.source for cell in student.cells}
    more = _private(private, lesson.number, solutions)
    questions = []
    for cell, marks in marked:
        if marks.get("grade") and not marks.get("solution"):
            name = cell.id.removesuffix("_tests")
            check, answer = CHECK.search(cell.source).groups()
            test = "\n".join([cell.source, *more.get(name, [])])
            questions.append(
                Question(name, marks["points"], answer, check, test, stubs[name], solutions[name])
            )
    wrappers = [
        cell.source
        for cell, marks in marked
        if marks.get("locked") and not marks.get("grade") and not marks.get("solution")
    ]
    given = [(cell.cell_type, _grade_id(cell), cell.source) for cell in student.cells]
    return _sealed(Assignment(lesson.number, lesson.name, setup, questions, wrappers, given))


def to_json(assignment):
    """The text of its file."""
    return json.dumps(asdict(assignment), indent=1, ensure_ascii=False) + "\n"


def from_json(text):
    """The assignment that `to_json` wrote."""
    content = json.loads(text)
    content["questions"] = [Question(**question) for question in content["questions"]]
    content["given"] = [tuple(cell) for cell in content["given"]]
    return _sealed(Assignment(**content))


def _sealed(assignment):
    """The assignment with the digest of what grading depends on."""
    content = asdict(assignment) | {"digest": ""}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return Assignment(
        **{name: getattr(assignment, name) for name in content if name != "digest"}, digest=digest
    )


def _grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _private(folder, number, solutions):
    """Exercise -> sources of further tests."""
    path = folder and folder / f"{number}.py"
    if not path or not path.is_file():
        return {}
    found = {}
    for cell in jupytext.read(path, fmt="py:percent").cells:
        name = cell.metadata.get("title", "")
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if name not in solutions:
            raise CourseError(
                f"{path}: a cell is headed {name!r}. Head each with the exercise that it tests, such as "
                f"`# %% {next(iter(solutions))}`; there are {', '.join(solutions)}."
            )
        found.setdefault(name, []).append(cell.source)
    return found


def needed(setup, sources):
    """The statements of set-up that define a name which the sources use, directly or through other statements.

    Words are compared, not parsed code: what students wrote may not parse, or may be made to hurt the parser.
    """
    statements = [statement for cell in setup for statement in ast.parse(cell).body]
    known = [(_defined(statement), _used(statement)) for statement in statements]
    wanted = set().union(*(words(source) for source in sources))
    kept = set()
    while more := {k for k, (defined, _) in enumerate(known) if k not in kept and defined & wanted}:
        kept |= more
        wanted |= set().union(*(known[k][1] for k in more))
    return "\n".join(ast.unparse(statements[k]) for k in sorted(kept))


def words(source):
    """Every word that could be a name."""
    return set(WORDS.findall(source[:LONGEST]))


def _defined(statement):
    """Names that a statement gives a meaning."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    stored = {node for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return {node.id for node in stored if isinstance(node.ctx, ast.Store)}


def _used(statement):
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
