"""The page that a run leaves behind: the lessons, their figures, their results, how long each took."""

from pathlib import Path

import jinja2
import nbformat

from course import html


def write(folder, outcomes, parameters):
    """Write index.html, one readable page per lesson, and the figures as files; returns the index's path."""
    sections = [_section(folder, outcome) for outcome in outcomes]
    template = jinja2.Environment(autoescape=True).from_string(
        (Path(__file__).parent / "page.html.j2").read_text(encoding="utf-8")
    )
    index = folder / "index.html"
    shown = {name: value for name, value in parameters.items() if value not in ("", False)}
    seconds = sum(outcome.seconds for outcome in outcomes)
    index.write_text(template.render(sections=sections, parameters=shown, seconds=seconds), encoding="utf-8")
    return index


def _section(folder, outcome):
    notebook = nbformat.read(outcome.notebook, as_version=4)
    name = outcome.lesson.name
    (folder / f"{name}.html").write_text(html.page(notebook), encoding="utf-8")
    return {
        "name": name,
        "title": html.title(notebook, name),
        "seconds": outcome.seconds,
        "error": outcome.error,
        "figures": _write_figures(folder / "figures", name, notebook),
        "results": {name: _show(value) for name, value in outcome.results.get("figures", {}).items()},
    }


def _write_figures(folder, name, notebook):
    """Write a lesson's figures to files; (path relative to the page, alt text) of each."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob(f"{name}_*"):
        old.unlink()
    written = []
    for number, (ending, content, alt) in enumerate(html.figures(notebook), 1):
        path = folder / f"{name}_{number:02d}.{ending}"
        path.write_bytes(content)
        written.append((f"{folder.name}/{path.name}", alt))
    return written


def _show(value):
    if isinstance(value, list):
        return ", ".join(_show(entry) for entry in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
