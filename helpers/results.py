"""Save a lesson's figures, and recall those recorded on real data.

A lesson ends with `results.save(...)`: one flat JSON of numbers, which tests hold to tolerances. The figures
that lessons quote from real images lie in `data/results/NN.real.json`; they are recorded by `python -m course
run --data real --record`.
"""

import json
import math
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import display

from helpers import paths

RECORDED = paths.DATA / "results"
SAVED_MIME = "application/vnd.course.results+json"
RECORDED_MIME = "application/vnd.course.recorded+json"
CLAIMS_MIME = "application/vnd.course.claims+json"


def cache():
    """The folder for results and checkpoints: `COURSE_CACHE`, or the user's cache folder.

    Raises
    ------
    OSError : it cannot be written; the message says what to set.
    """
    import platformdirs  # where nothing is kept, as in a browser, it need not be there

    folder = Path(
        os.environ.get("COURSE_CACHE") or platformdirs.user_cache_dir("explainable-imaging", appauthor=False)
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"on a full disk, an empty file could still be made")
    except OSError as error:
        raise OSError(
            f"{folder}: results and trained networks cannot be kept there ({error.strerror}). Set the environment "
            "variable COURSE_CACHE to a folder that can be written."
        ) from None
    return folder


def save(lesson, figures, *, profile, data, seed):
    """Write `figures` (name -> number, text or list of them) to the cache, and show them.

    Returns
    -------
    The path of the JSON file, keyed by lesson, data, profile and seed.

    Raises
    ------
    ValueError : a figure that is not finite, or not a number, a text, or a list of these.
    """
    content = {"lesson": lesson, "profile": profile, "data": data, "seed": seed}
    content |= {"figures": {name: _plain(name, value) for name, value in figures.items()}}
    path = cache() / "results" / f"{lesson}.{data}.{profile}.{seed}.json"
    write_json(path, content)
    table = pd.DataFrame(content["figures"].items(), columns=["figure", "value"]).set_index("figure")
    _show_table(table, SAVED_MIME, content)
    return path


def write_json(path, content):
    """Write JSON in one step: who is interrupted, or whose disk is full, keeps the old file, not half of the new.

    Parameters
    ----------
    path : the file; its folder is made if need be. content : of dicts, lists, texts and numbers.
    """
    path.parent.mkdir(exist_ok=True)
    number, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(number, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=1) + "\n")
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def recorded(lesson):
    """The figures recorded on real data: name -> value; empty if none have been recorded."""
    path = RECORDED / f"{lesson}.real.json"
    return json.loads(path.read_text(encoding="utf-8"))["figures"] if path.is_file() else {}


def compare_with_recorded(lesson, figures, rows):
    """Show figures of this run beside those recorded on real data.

    rows : name of a figure -> what the table calls it. Percentages are expected as shares in [0, 1].
    """
    real = recorded(lesson)
    table = pd.DataFrame(
        [(text, _show(figures.get(name)), _show(real.get(name))) for name, text in rows.items()],
        columns=["", "this run", "real images (recorded)"],
    ).set_index("")
    shown = {name: real[name] for name in rows if name in real}
    _show_table(table, RECORDED_MIME, shown)


def claims(stated):
    """Show what the lesson states in fixed sentences, and whether this run agrees.

    Tests run the lessons with several seeds, and want every claim to hold in each.

    Parameters
    ----------
    stated : sentence -> condition, True or False, computed from this run's figures.

    Raises
    ------
    ValueError : a sentence that does not end with a full stop, or a condition that is neither True nor False.
    """
    for sentence, holds in stated.items():
        if not sentence.endswith("."):
            raise ValueError(f"a claim is a whole sentence with a full stop, not {sentence!r}")
        if not isinstance(holds, (bool, np.bool_)):
            raise ValueError(f"the condition of {sentence!r} must be True or False, not {holds!r}")
    content = {sentence: bool(holds) for sentence, holds in stated.items()}
    rows = [(sentence, "holds" if holds else "does not hold") for sentence, holds in content.items()]
    table = pd.DataFrame(rows, columns=["what this lesson states", "in this run"])
    _show_table(table.set_index("what this lesson states"), CLAIMS_MIME, content)


def _show_table(table, mime, content):
    """Display a table that also carries its figures for the tooling."""
    with pd.option_context("display.max_colwidth", None):
        display({mime: content, "text/html": table.to_html(), "text/plain": repr(table)}, raw=True)


def _show(value):
    if value is None:
        return "not recorded"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, (list, tuple)):
        return (" to " if len(value) == 2 else ", ").join(_show(entry) for entry in value)
    return str(value)


def _plain(name, value):
    """A JSON-able copy of numbers, texts and lists, rounded to six significant digits."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(name, entry) for entry in value]
    if isinstance(value, (bool, np.bool_, str)):
        return value if isinstance(value, str) else bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)) and math.isfinite(value):
        return float(f"{float(value):.6g}")
    raise ValueError(f"figure {name!r} must be finite numbers or text, not {value!r}")
