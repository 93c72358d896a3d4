"""A lesson's notebook as the body of a page: drawing code folded, figures as files, answers and hidden tests named."""

import base64
import copy
import functools
import io
import re
from pathlib import Path

import jinja2
import nbformat
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML
from PIL import Image

from course.lessons.skeleton import FOLDED
from course.site import markdown

KINDS = {"image/png": "png", "image/jpeg": "jpg"}
SHOWN = ["text/html", "text/markdown", *KINDS, "text/plain"]  # what of an output, the first that it has
NOT_ON_PAGES = ("colab-badge", "colab-bootstrap")
# What site.css gives no colour needs no element of its own: a third of a page's weight.
UNCOLOURED = re.compile(r'<span class="(?:n|nn|nb|bp|fm|o|p|w|n[aetv])">([^<]*)</span>')
MARKS = re.compile(r"(?m)^\s*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)\n?")


class _Exporter(TemplateExporter):
    """nbconvert's machinery with the one template of the cells, and Markdown as the other pages have it."""

    file_extension = ".html"
    output_mimetype = "text/html"
    template_name = "base"
    template_file = "cells.html.j2"

    def __init__(self):
        super().__init__(extra_loaders=[jinja2.FileSystemLoader(Path(__file__).parent)])

    def default_filters(self):
        yield from super().default_filters()
        yield "markdown2html", markdown.html
        highlight = Highlight2HTML(pygments_lexer="ipython3")
        # Most cells stand on two pages, with answers and without.
        yield "highlight_code", functools.cache(lambda source: UNCOLOURED.sub(r"\1", highlight(source)))

    @property
    def default_config(self):
        config = super().default_config
        config.NbConvertBase.display_data_priority = SHOWN
        return config


class Converter:
    """Turns notebooks into HTML; one for all lessons, because nbconvert takes its time to start."""

    def __init__(self):
        self._exporter = _Exporter()

    def html(self, notebook, figures):
        """The cells of a notebook as HTML.

        Parameters
        ----------
        notebook : NotebookNode; it is not changed. figures : list of (path relative to the page, bytes, alt text) of the
        notebook's figures, as `figures` gives it.
        """
        notebook = copy.deepcopy(notebook)
        notebook.cells = [cell for cell in notebook.cells if cell.id not in NOT_ON_PAGES]
        pictures = iter(figures)
        for cell in notebook.cells:
            cell.metadata.site = {}
            if cell.cell_type == "code":
                _prepare(cell)
            for output in _with_figures(cell):
                path, content, alt = next(pictures)
                width, height = Image.open(io.BytesIO(content)).size
                output.metadata.picture = {"path": path, "alt": alt, "width": width, "height": height}
        return self._exporter.from_notebook_node(notebook)[0]


def title(notebook, otherwise):
    """The notebook's first heading."""
    lines = (line for cell in notebook.cells for line in cell.source.splitlines())
    return next((line[2:] for line in lines if line.startswith("# ")), otherwise)


def figures(notebook, name):
    """The figures of a notebook in order: a list of (path "figures/NAME_01.png", bytes, alt text)."""
    found = []
    for cell in notebook.cells:
        for output in _with_figures(cell):
            kind = next(kind for kind in KINDS if kind in output.data)
            alt = output.metadata.get(kind, {}).get("alt", "")
            path = f"figures/{name}_{len(found) + 1:02d}.{KINDS[kind]}"
            found.append((path, base64.b64decode(output.data[kind]), alt))
    return found


def figure_of(notebook, figures, wanted):
    """The first of `figures` that a cell shows for which `wanted(cell)` is true; None where there is none."""
    before = 0
    for cell in notebook.cells:
        own = len(_with_figures(cell))
        if own and wanted(cell):
            return figures[before]
        before += own
    return None


def colab_address(notebook):
    """Where the notebook's badge leads; "" where it has none."""
    badge = next((cell.source for cell in notebook.cells if cell.id == "colab-badge"), "")
    found = re.search(r"\]\((https://colab[^)]+)\)$", badge)
    return found[1] if found else ""


def read(path):
    """The notebook in a file."""
    return nbformat.read(path, as_version=4)


def _with_figures(cell):
    """The outputs of a cell whose figure is what is shown of them."""
    outputs = [output for output in cell.get("outputs", []) if "data" in output]
    return [
        output for output in outputs if next((kind for kind in SHOWN if kind in output.data), "") in KINDS
    ]


def _prepare(cell):
    """What the template is to say about a code cell, and its source without marks."""
    marks = cell.metadata.get("nbgrader", {})
    is_answered = "### BEGIN SOLUTION" in cell.source
    if FOLDED in cell.metadata.get("tags", []):
        first, _, cell.source = cell.source.partition("\n")
        cell.metadata.site.folded = first.removeprefix("# @title ")
    elif marks.get("solution"):
        cell.metadata.site.label = "The answer" if is_answered else "Your answer goes here"
    elif "### BEGIN HIDDEN TESTS" in cell.source:
        cell.metadata.site.folded = "Hidden tests of this exercise"
    cell.source = MARKS.sub("", cell.source).rstrip()
