"""The pages that a run leaves behind, in the look of the site: the lessons, their figures, results, and how long each took."""

from pathlib import Path

from course.site import lessons
from course.site.frame import Frame


def write(root, folder, outcomes, parameters):
    """Write index.html, a page of each lesson with its figures as files, and the documents; returns the index's path."""
    pages = {f"solutions/{outcome.lesson.name}.ipynb": f"{outcome.lesson.name}.html" for outcome in outcomes}
    frame = Frame(root, folder, pages, templates=[Path(__file__).parent])
    converter = lessons.Converter()
    sections = [_section(frame, converter, outcome) for outcome in outcomes]
    frame.write(
        "index.html",
        "The course, as it ran",
        template="run.html.j2",
        sections=sections,
        parameters={name: value for name, value in parameters.items() if value not in ("", False)},
        seconds=sum(outcome.seconds for outcome in outcomes),
    )
    frame.finish()
    return folder / "index.html"


def _section(frame, converter, outcome):
    notebook = lessons.read(outcome.notebook)
    name = outcome.lesson.name
    figures = frame.write_lesson(converter, notebook, f"solutions/{name}.ipynb", f"{name}.html")
    return {
        "name": name,
        "title": lessons.title(notebook, name),
        "seconds": outcome.seconds,
        "error": outcome.error,
        "figures": figures,
        "results": {name: _show(value) for name, value in outcome.results.get("figures", {}).items()},
    }


def _show(value):
    if isinstance(value, list):
        return ", ".join(_show(entry) for entry in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
