"""The layout tells the architecture: who may import whom, and no circles."""

import ast
import functools
import graphlib
import re
import subprocess
import sys

import pytest


def _module(path, root):
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return name.removesuffix(".__init__")


@functools.cache
def _imports(root, room):
    """Module -> modules of helpers and course that it imports when it is itself imported."""
    files = {_module(path, root): path for path in (root / room).rglob("*.py")}
    found = {}
    for name, path in files.items():
        seen = found[name] = set()
        for node in _at_import(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
                "helpers",
                "course",
            ):
                below = {f"{node.module}.{alias.name}" for alias in node.names}
                seen |= {one if one in files else node.module for one in below}
            elif isinstance(node, ast.Import):
                seen |= {
                    alias.name for alias in node.names if alias.name.split(".")[0] in ("helpers", "course")
                }
    return found


def _at_import(node):
    """Nodes that run when a module is imported: none of those inside functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _at_import(child)


@pytest.mark.parametrize("room", ["helpers", "course"])
def test_there_are_no_circles(root, room):
    imports = _imports(root, room)
    assert len(imports) > 10
    # A package's own __init__ gathers its modules: importing a name from it counts for the module itself.
    graph = {name: {one for one in seen if one != name} for name, seen in imports.items()}
    packages = {name for name in graph if any(other.startswith(f"{name}.") for other in graph)}
    modules = {name: seen - packages for name, seen in graph.items() if name not in packages}
    assert list(graphlib.TopologicalSorter(modules).static_order())


def test_helpers_know_nothing_of_the_tooling(root):
    for name, seen in _imports(root, "helpers").items():
        assert not [one for one in seen if one.split(".")[0] == "course"], name


def test_only_the_pretraining_knows_how_networks_are_built(root):
    for name, seen in _imports(root, "course").items():
        if not name.startswith("course.pretraining"):
            inside = {
                one for one in seen if one.startswith(("helpers.deep", "helpers.models", "helpers.training"))
            }
            assert not inside, name


CALLS = re.compile(r"(open|TemporaryFile|read_text|write_text)\s*\(")


def _without_encoding(tree):
    """Calls that read or write text and leave the encoding to the machine."""
    modes = {"open": 1, "fdopen": 1, "NamedTemporaryFile": 0, "TemporaryFile": 0}  # where the mode stands
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or {"encoding", None} & {keyword.arg for keyword in node.keywords}:
            continue
        method = isinstance(node.func, ast.Attribute)
        name = node.func.attr if method else getattr(node.func, "id", "")
        if name in ("read_text", "write_text") and method:
            if len(node.args) <= (name == "write_text"):
                yield node
        elif name in modes and not (name == "open" and method):  # archives have an `open` of bytes
            named = [keyword.value for keyword in node.keywords if keyword.arg == "mode"]
            mode = (named or node.args[modes[name] :])[:1]
            usual = "w+b" if "Temporary" in name else "r"
            if "b" not in (getattr(mode[0], "value", "b") if mode else usual):
                yield node


def test_text_is_read_and_written_as_utf_8_on_every_machine(root):
    """Windows would take a code page of its own."""
    example = (
        "open(a); open(a, 'w'); p.read_text(); p.write_text(t); open(a, 'rb'); open(a, encoding='utf-8')"
    )
    assert len(list(_without_encoding(ast.parse(example)))) == 4
    folders = ("course", "helpers", "solutions", "tests", "benchmarks")
    files = [root / "conftest.py", *(path for folder in folders for path in (root / folder).rglob("*.py"))]
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    found = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path, text in texts.items()
        if CALLS.search(text)  # the others need not be parsed
        for node in _without_encoding(ast.parse(text))
    ]
    assert not found


def test_running_a_lesson_waits_neither_for_a_grammar_nor_for_nbgrader(root):
    """Both are slow to import: see `course/__init__.py` and `build.student`."""
    told = "import sys, course.series.run; print(sorted({'lark', 'nbformat', 'nbgrader'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "['nbformat']"
