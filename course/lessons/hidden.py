"""Can a hidden test be run outside the student's process? There, an answer is a proxy: something to call, nothing else."""

import ast


def check_hidden(lesson, notebook):
    """Sentences on test cells that use an answer otherwise than by calling it, or by handing it to a check."""
    marked = [cell for cell in notebook.cells if cell.metadata.get("nbgrader")]
    answers = {cell.id for cell in marked if cell.metadata.nbgrader.get("solution")}
    problems = []
    for cell in marked:
        if cell.metadata.nbgrader.get("grade") and not cell.metadata.nbgrader.get("solution"):
            for name, line in _misused(cell.source, answers):
                problems.append(
                    f"{lesson.source}: the hidden tests in {cell.id!r} use {name} otherwise than as a function (line "
                    f"{line}). Call it, or hand it to its check: the grader runs tests where the answer is not."
                )
    return problems


def _misused(source, answers):
    """(name, line) of every use of an answer that a proxy does not stand."""
    tree = ast.parse(source)
    fine = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            fine.add(id(node.func))
            if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "checks":
                fine |= {id(argument) for argument in node.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in answers and id(node) not in fine:
            yield node.id, node.lineno
