"""Inside the sandbox: run cells, call functions, and reply over one pipe. Nothing here is secret or trusted.

This file and wire.py are all that the sandbox holds of the grader. A request is a dict with "op" and a number "n"; the
reply repeats the number.
"""

import ast
import contextlib
import os
import resource
import socket
import sys
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402

PIPE = 3
NAMED = (
    NotImplementedError,
    SystemExit,
    MemoryError,
    RecursionError,
)  # told apart from errors of a student's own
CONSTANT = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load)
WRAPPING = ("time", "timeit", "capture", "prun", "python", "python3")  # cell magics that run the cell


class Shell:
    """What is left of IPython: magics that only wrap a cell run it; all others do nothing."""

    def __init__(self, namespace):
        self.namespace = namespace

    def run_cell_magic(self, name, line, cell):
        if name in WRAPPING:
            exec(compile(cell, name, "exec"), self.namespace)

    def run_line_magic(self, name, line, *more):
        return None

    def system(self, command):
        return None

    getoutput = system

    def __getattr__(self, name):
        return lambda *arguments, **options: None


def run(namespace, ask):
    """Run one cell."""
    exec(compile(_python(ask["source"]), ask["id"], "exec"), namespace)
    return {}


def define(namespace, ask):
    """Run the imports, functions, classes and constants of further cells; whatever fails is left out."""
    for source in ask["sources"]:
        try:
            first, _, rest = source.partition("\n")
            wrapped = first.startswith("%%") and first[2:].split()[:1] in [[name] for name in WRAPPING]
            tree = ast.parse(_python(rest if wrapped else source))
            tree.body = [statement for statement in tree.body if _is_definition(statement)]
            for statement in tree.body:
                code = compile(ast.Module([statement], []), "own", "exec")
                with contextlib.suppress(Exception):
                    exec(code, namespace)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return {}


def _python(source):
    """The source as Python: IPython's %magics, !commands and name? made calls that do nothing."""
    try:
        ast.parse(source)
        return source
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        return TransformerManager().transform_cell(source)


def _is_definition(statement):
    if isinstance(
        statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    ):
        return True
    value = getattr(statement, "value", None)
    constant = value and all(isinstance(node, CONSTANT) for node in ast.walk(value))
    return isinstance(statement, (ast.Assign, ast.AnnAssign)) and bool(constant)


def what(namespace, ask):
    """What the name stands for: a function, another value, or nothing."""
    if ask["name"] not in namespace:
        return {"kind": "missing"}
    thing = namespace[ask["name"]]
    return {"kind": "function"} if callable(thing) else {"kind": "other", "value": thing}


def call(namespace, ask):
    """The function's result, and the arrays among its arguments that it changed."""
    import numpy as np

    arguments = ask["arguments"]
    before = [item.copy() if isinstance(item, np.ndarray) else None for item in arguments]
    result = namespace[ask["name"]](*arguments, **ask["options"])
    changed = [
        [k, now]
        for k, (now, then) in enumerate(zip(arguments, before))
        if then is not None and (now.shape != then.shape or now.tobytes() != then.tobytes())
    ]
    return {"result": result, "changed": changed}


def limit(namespace, ask):
    """Set limits of this process and its children; they cannot be raised again."""
    for name, value in ask["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    return {}


DO = {"run": run, "define": define, "what": what, "call": call, "limit": limit}


def serve(pipe):
    """Reply to requests until the other side closes."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = module.__dict__
    shell = Shell(namespace)
    namespace |= {"display": lambda *things, **options: None, "get_ipython": lambda: shell}
    while True:
        try:
            ask = wire.receive(lambda n: _exactly(pipe, n))
        except EOFError:
            os._exit(0)
        pipe.sendall(_reply(namespace, ask))


def _reply(namespace, ask):
    """The frame that replies to one request, whatever the student's code does."""
    try:
        reply = DO[ask["op"]](namespace, ask)
    except BaseException as error:
        reply = {"raised": _named(error)}
    try:
        return wire.encode(reply | {"n": ask["n"]}, lenient=True)
    except BaseException as error:  # results too large, or objects that fight back
        return wire.encode({"raised": ["WireError", _words(error)], "n": ask["n"]}, lenient=True)


def _named(error):
    """An error's class and words."""
    name = next((known.__name__ for known in NAMED if isinstance(error, known)), type(error).__name__)
    return [wire.text(name, 80), _words(error)]


def _words(error):
    try:
        return wire.text(error, 2000)
    except BaseException:  # a student's error may have a broken __str__
        return ""


def _exactly(pipe, n):
    parts = []
    while n:
        part = pipe.recv(min(n, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        n -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    os.dup2(1, 2)  # what students print goes nowhere; up to here, errors go to the judge
    if int(sys.argv[1]) != PIPE:
        os.dup2(int(sys.argv[1]), PIPE)
    os.closerange(PIPE + 1, 1024)
    pipe = socket.socket(fileno=PIPE)
    os.register_at_fork(after_in_child=pipe.close)  # a forked child has nothing to say
    serve(pipe)
