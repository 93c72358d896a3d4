"""A lesson's exercises as a notebook of their own, for whoever has little time, or only a browser.

    solutions/NN_name.py  ->  build/exercises/NN_exercises.ipynb

The cells are the lesson's: of its set-up what the exercises use, then the exercises with their checks, then the key points.
Nothing needs Keras but an exercise that builds a network, and that one says so where Keras is missing. What a lesson's
exercises need beside that stands in `further/NN.py`.
"""

import ast
import copy
import re
import symtable
from pathlib import Path

import jupytext
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.utils import is_grade, is_solution

from course import project
from course.lessons import build
from course.lessons.skeleton import SCORE, section
from course.project import CourseError, write_whole

FURTHER = Path(__file__).with_name("further")
DEEP = "helpers.deep"  # whatever is imported from here needs Keras and TensorFlow
HEADING = "### Exercise "
ALWAYS = ("np", "pd", "plt")  # set-up that is there whether an answer uses it or not
# All that exercises need. Pyodide's packages, and seaborn, which is plain Python.
PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "seaborn", "statsmodels")
INSTALL = """\
# @title In a browser this cell installs the course (a minute, once). Anywhere else it does nothing.
import sys

if sys.platform == "emscripten":
    import piplite

    await piplite.install({packages})
    await piplite.install("explainable-imaging", deps=False)"""
NEEDS_KERAS = "This exercise needs Keras, the others do not."


def build_all(root, only=None, folder=None):
    """Write the exercise notebook of each lesson below build/exercises, or below `folder`; returns their paths."""
    folder = folder or root / "build" / "exercises"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for lesson in project.lessons(root, only):
        path = folder / f"{lesson.number}_exercises.ipynb"
        write_whole(path, build.to_text(student(lesson, project.address(root))))
        paths.append(path)
    return paths


def student(lesson, address):
    """What students get: no answers, no hidden tests, no outputs."""
    return build.student(derive(lesson, address), lesson.source)


def derive(lesson, address):
    """The exercise notebook of a lesson, with its answers and hidden tests.

    Raises
    ------
    CourseError : an exercise has no heading `### Exercise`, or no graded cell.
    """
    whole = build.read(lesson, address)
    groups = _groups(whole, lesson)
    setup = _statements(whole)
    notebook = copy.copy(whole)
    notebook.cells = [_title(whole, lesson, address), install_cell(PACKAGES)]
    further = _further(lesson)
    plain, _ = _needed(setup, [cell for group in groups for cell in group] + further)
    notebook.cells.append(new_code_cell(_source(plain), id="exercises-set-up", metadata={"tags": ["setup"]}))
    for group in groups:
        text, *rest = group
        _, deep = _needed(setup, rest)
        notebook.cells += [text, *([_guarded(deep, text)] if deep else []), *rest]
    notebook.cells += [*further, _close(whole), new_code_cell(SCORE, id="exercises-score")]
    return with_links(notebook, address)


def install_cell(packages):
    """The cell that installs packages and the course in Pyodide, and does nothing elsewhere."""
    return new_code_cell(
        INSTALL.format(packages=list(packages)).replace("'", '"'),
        id="browser-install",
        metadata={"tags": ["setup", "hide-input"], "jupyter": {"source_hidden": True}},
    )


def with_links(notebook, address):
    """Links to files of the course lead to the repository: beside this notebook they do not lie."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(\.\./(?=[\w/])", f"]({address}/blob/main/", cell.source)
            cell.source = re.sub(r"\]\((?=\d\d_\w+\.ipynb)", f"]({address}/blob/main/notebooks/", cell.source)
    return notebook


def _title(whole, lesson, address):
    heading = whole.cells[0].source.splitlines()[0]
    return new_markdown_cell(
        f"{heading}\n\n**The exercises alone**, with their checks and hints. They tell what they need; read the "
        f"[lesson]({address}/blob/main/notebooks/{lesson.name}.ipynb) to see where they come from, what the functions are "
        "used for, and what they find. Run the cells from the top. Each check says *right*, *wrong* with the reason, or *not "
        "attempted*.",
        id="exercises-title",
    )


def _close(whole):
    """Key points, and what is graded."""
    texts = [cell.source for cell in whole.cells if cell.cell_type == "markdown"]
    parts = []
    if points := section(texts, "Key points"):
        parts.append(f"## Key points\n{points.rstrip()}")
    if graded := re.search(r"(?ms)^\*\*What is graded\.\*\*.*?(?=\n\n|\Z)", "\n\n".join(texts)):
        parts.append(graded[0].strip())
    return new_markdown_cell("\n\n".join(parts), id="exercises-close")


def _groups(whole, lesson):
    """The cells of each exercise, a list: its text from the heading on, its answer, its check, its graded cell."""
    groups, cells = [], whole.cells
    for number, cell in enumerate(cells):
        if not is_solution(cell):
            continue
        first = next((k for k in range(number, -1, -1) if f"\n{HEADING}" in f"\n{cells[k].source}"), None)
        last = next((k for k in range(number, len(cells)) if is_grade(cells[k])), None)
        if first is None or last is None:
            missing = f"heading `{HEADING}`" if first is None else "graded cell"
            raise CourseError(f"{lesson.source}: the exercise {cell.id!r} has no {missing}. Add it.")
        group = [
            copy.deepcopy(one)
            for one in cells[first : last + 1]
            if "setup" not in one.metadata.get("tags", [])
        ]
        group[0].source = group[0].source[f"\n{group[0].source}".index(f"\n{HEADING}") :]
        groups.append(group)
    return groups


def _further(lesson):
    """Cells that only the exercise notebook of this lesson has."""
    path = FURTHER / f"{lesson.number}.py"
    if not path.is_file():
        return []
    cells = jupytext.read(path, fmt="py:percent").cells
    for number, cell in enumerate(cells):
        cell.id = f"further-{number}"
        cell.metadata.pop("title", None)
    return cells


def _statements(whole):
    """The statements of all cells tagged `setup`, in order; an import of several helpers is taken apart."""
    found = []
    for cell in whole.cells:
        if (
            cell.cell_type == "code"
            and "setup" in cell.metadata.get("tags", [])
            and cell.id != "colab-bootstrap"
        ):
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.ImportFrom):
                    found += [
                        ast.unparse(ast.ImportFrom(node.module, [alias], node.level)) for alias in node.names
                    ]
                else:
                    found.append(ast.get_source_segment(cell.source, node))
    return found


def _needed(setup, cells):
    """(statements, statements) of the set-up that these cells use: those that need no Keras, and those that do.

    Names are looked up as Python does it. The grader's `needed` compares words, because students' code may not parse; here
    one word too many, in a comment, would bring Keras in.
    """
    used = set(ALWAYS).union(*(_names(cell.source)[0] for cell in cells if cell.cell_type == "code"))
    wanted = []
    for statement in reversed(setup):
        refers, binds = _names(statement)
        if binds & used:
            used |= refers
            wanted.insert(0, statement)
    deep, keras = [], set()
    for statement in wanted:
        refers, binds = _names(statement)
        if statement.startswith(f"from {DEEP} ") or refers & keras:
            keras |= binds
            deep.append(statement)
    return [statement for statement in wanted if statement not in deep], deep


def _names(source):
    """(names that this code takes from outside, names that it binds for other cells)."""
    top = symtable.symtable(source, "cell", "exec")
    binds = {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported()}
    refers, tables = set(), [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        refers |= {
            one.get_name()
            for one in table.get_symbols()
            if one.is_referenced() and (table is top or one.is_global())
        }
    return refers - binds, binds


def _source(texts):
    """Statements as a cell: imports, an empty line, the rest."""
    imports = [text for text in texts if text.startswith(("import ", "from "))]
    libraries = [text for text in imports if not text.startswith("from helpers")]
    helpers = [text for text in imports if text.startswith("from helpers")]
    rest = [text for text in texts if text not in imports]
    return "\n\n".join("\n".join(part) for part in (libraries, helpers, rest) if part)


def _guarded(texts, text_cell):
    """The statements that need Keras; where it is missing, a sentence says so and the other exercises go on."""
    body = "\n".join(f"    {line}" for text in texts for line in text.splitlines())
    name = re.search(rf"{HEADING}(\d+)", text_cell.source)[1]
    return new_code_cell(
        f'try:\n{body}\nexcept ImportError as missing:\n    print("{NEEDS_KERAS}", missing)',
        id=f"exercises-keras-{name}",
        metadata={"tags": ["setup"]},
    )
