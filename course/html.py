"""Pages and figures of executed notebooks."""

import base64
import html

from nbconvert import HTMLExporter

KINDS = {"image/png": "png", "image/jpeg": "jpg"}


def title(notebook, otherwise):
    """The notebook's first heading."""
    lines = (line for cell in notebook.cells for line in cell.source.splitlines())
    return next((line[2:] for line in lines if line.startswith("# ")), otherwise)


def page(notebook):
    """A notebook as one page of HTML, with its figures and their alt texts inside."""
    exporter = HTMLExporter(
        template_name="classic", embed_images=True
    )  # the template that hands on alt texts
    return exporter.from_notebook_node(notebook)[0]


def figures(notebook):
    """The figures of a notebook in order: a list of (file ending, bytes, alt text)."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime, ending in KINDS.items():
                if mime in output.get("data", {}):
                    alt = html.unescape(output.metadata.get(mime, {}).get("alt", ""))
                    found.append((ending, base64.b64decode(output["data"][mime]), alt))
    return found
