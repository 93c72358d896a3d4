"""The page that a run leaves behind: the lessons, their figures, their results, how long each took."""

import base64
import html
from pathlib import Path

import jinja2
import nbformat
from nbconvert import HTMLExporter

KINDS = {"image/png": "png", "image/jpeg": "jpg"}


def write(folder, outcomes, parameters):
    """Write index.html, one readable page per lesson, and the figures as files; returns the index's path."""
    sections = [_section(folder, outcome) for outcome in outcomes]
    template = jinja2.Environment(autoescape=True).from_string(
        (Path(__file__).parent / "index.html.j2").read_text(encoding="utf-8")
    )
    page = folder / "index.html"
    shown = {name: value for name, value in parameters.items() if value not in ("", False)}
    seconds = sum(outcome.seconds for outcome in outcomes)
    page.write_text(template.render(sections=sections, parameters=shown, seconds=seconds), encoding="utf-8")
    return page


def _section(folder, outcome):
    notebook = nbformat.read(outcome.notebook, as_version=4)
    title = next(
        (line[2:] for cell in notebook.cells for line in cell.source.splitlines() if line.startswith("# ")),
        outcome.lesson.name,
    )
    exporter = HTMLExporter(
        template_name="classic", embed_images=True
    )  # the template that hands on alt texts
    (folder / f"{outcome.lesson.name}.html").write_text(
        exporter.from_notebook_node(notebook)[0], encoding="utf-8"
    )
    return {
        "name": outcome.lesson.name,
        "title": title,
        "seconds": outcome.seconds,
        "error": outcome.error,
        "figures": _figures(folder, outcome.lesson.name, notebook),
        "results": {name: _show(value) for name, value in outcome.results.get("figures", {}).items()},
    }


def _figures(folder, name, notebook):
    """Write a lesson's figures to files; (path relative to the folder, alt text) of each."""
    (folder / "figures").mkdir(exist_ok=True)
    for old in (folder / "figures").glob(f"{name}_*"):
        old.unlink()
    figures = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime, kind in KINDS.items():
                if mime in output.get("data", {}):
                    path = folder / "figures" / f"{name}_{len(figures) + 1:02d}.{kind}"
                    path.write_bytes(base64.b64decode(output["data"][mime]))
                    figures.append(
                        (f"figures/{path.name}", html.unescape(output.metadata.get(mime, {}).get("alt", "")))
                    )
    return figures


def _show(value):
    if isinstance(value, list):
        return ", ".join(_show(entry) for entry in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
