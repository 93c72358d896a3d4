"""The one way to execute a notebook: with the checkout's own helpers, within a time limit, told in a sentence."""

import os
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

CELL_LIMIT = 3600  # seconds that one cell may take
QUIET = ["--IPKernelApp.log_level=40"]  # errors only, no start-up warnings in the terminal


class Stopped(Exception):
    """Why a notebook did not run to its end.

    name : class of the error that a cell raised; "" where the kernel died or the time was up. value : its text.
    cell : number of the cell among those with code, from 1.
    """

    def __init__(self, name, value, cell, detail=""):
        super().__init__(f"cell {cell} stopped with {name}: {value}" if name else f"cell {cell}: {value}")
        self.name, self.value, self.cell, self.detail = name, value, cell, detail


def environment(root, cache=None):
    """Environment variables of a process that imports `helpers` from the checkout `root`, whatever is installed.

    cache : folder for `COURSE_CACHE`; None: as it is.
    """
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
    return variables | ({"COURSE_CACHE": str(cache)} if cache else {})


def execute(
    notebook,
    root,
    folder,
    *,
    cache=None,
    cell_limit=CELL_LIMIT,
    on_cell=None,
    allow_errors=False,
):
    """Run all cells of a notebook in a fresh kernel; outputs are written into it, up to the cell that stopped.

    What is run here is the course's own, with answers: `checks.score()` does not keep its points as a student's.

    Parameters
    ----------
    notebook : NotebookNode. root : the checkout whose helpers are imported. folder : where the kernel runs.
    cache : see `environment`. cell_limit : seconds that one cell may take; None: no limit.
    on_cell : called with each cell when it is done. allow_errors : go on after a cell that raised.

    Raises
    ------
    Stopped : a cell raised or took too long, or the kernel died.
    """
    done = []

    def note(cell, **more):
        done.append(cell)
        if on_cell:
            on_cell(cell)

    client = NotebookClient(
        notebook,
        timeout=cell_limit,
        kernel_name="python3",
        record_timing=False,
        allow_errors=allow_errors,
        extra_arguments=QUIET,
        on_cell_executed=note,
        resources={"metadata": {"path": str(Path(folder))}},
    )
    try:
        client.execute(env=environment(root, cache) | {"COURSE_POINTS": "0"})
    except CellExecutionError as error:
        raise Stopped(error.ename, error.evalue, len(done), str(error)) from None
    except CellTimeoutError:
        text = f"it took longer than {cell_limit} s, the limit for one cell"
        raise Stopped("", text, len(done) + 1) from None
    except (
        DeadKernelError,
        AssertionError,
    ) as error:  # nbclient may stumble over what a dead kernel left behind
        if not isinstance(error, DeadKernelError) and not isinstance(error.__context__, DeadKernelError):
            raise
        text = "the kernel died. That happens when memory runs out: close other programs, or take a smaller profile"
        raise Stopped("", text, len(done) + 1) from None
    return notebook
