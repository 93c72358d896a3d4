"""What all pages have in common: template, style, navigation, search. The site and the pages of a run use it alike."""

import json
import posixpath
import shutil
from dataclasses import dataclass
from pathlib import Path

import jinja2

from course import project
from course.site import body, lessons, markdown
from course.site.links import Links

HERE = Path(__file__).parent
ASSETS = ("site.css", "site.js")
GROUPS = {
    "docs": "Guides",
    "data": "Data sets and weights",
    "": "The project",
}  # of documents, by their folder


@dataclass(frozen=True)
class Document:
    """A Markdown file and its page."""

    source: str  # path in the repository
    text: str

    @property
    def target(self):
        return self.source.removesuffix(".md") + ".html"

    @property
    def title(self):
        if self.source == "README.md":
            return "About the course"
        headings = (line[2:].replace("`", "") for line in self.text.splitlines() if line.startswith("# "))
        return next(headings, self.source)


class Frame:
    """Writes pages to a folder.

    Parameters
    ----------
    root : of the repository. folder : of the pages. lessons : path in the repository of notebooks -> path of their pages.
    templates : folders with further templates.
    """

    def __init__(self, root, folder, lessons, templates=()):
        self.root, self.folder = root, folder
        self.documents = [
            Document(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
            for path in project.documents(root)
        ]
        documents = {document.source: document.target for document in self.documents}
        self.links = Links(root, project.address(root), documents | lessons)
        self._found = []  # what a search looks through: [page, title, [[anchor, heading, text], ...]]
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([HERE, *templates]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def body(self, html, source, page):
        """A `Body` from raw HTML, with the links of `source` (a path in the repository) as they are on `page`."""
        return body.finish(
            html,
            lambda target: self.links.follow(target, source, page),
            lambda target: self.links.picture(target, source, page),
        )

    def write(self, page, title, template="page.html.j2", content=None, **values):
        """Write one page.

        Parameters
        ----------
        page : its path in the folder. content : a `Body`, which search will find; or None. values : for the template.
        """
        path = self.folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * page.count("/")
        values = {"around": (None, None), "lesson": None} | values
        text = self._environment.get_template(template).render(
            title=title,
            page=page,
            up=up,
            body=content,
            guides=self._guides(page),
            address=self.links.address,
            **values,
        )
        path.write_text(text, encoding="utf-8")
        if content:
            self._found.append([page, title, content.sections])

    def write_lesson(self, converter, notebook, source, page, *, searched=True, **values):
        """Write a notebook as a page, and its figures as files beside it.

        Returns
        -------
        The figures, as `lessons.figures` gives them.
        """
        name = Path(page).stem
        drawn = lessons.figures(notebook, name)
        folder = (self.folder / page).parent / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{name}_*"):
            old.unlink()
        for path, content, _ in drawn:
            (folder.parent / path).write_bytes(content)
        content = self.body(converter.html(notebook, drawn), source, page)
        self.write(page, lessons.title(notebook, name), content=content, **values)
        if not searched:
            self._found.pop()
        return drawn

    def finish(self):
        """Write the documents, the search, the pictures that pages show, style and script."""
        for before, document, after in _with_neighbours(self.documents):
            content = self.body(markdown.html(document.text), document.source, document.target)
            around = tuple(
                one and (posixpath.relpath(one.target, posixpath.dirname(document.target) or "."), one.title)
                for one in (before, after)
            )
            self.write(document.target, document.title, content=content, around=around)
        self.write("search.html", "Search", template="search.html.j2")
        assets = self.folder / "assets"
        assets.mkdir(exist_ok=True)
        for name in ASSETS:
            shutil.copyfile(HERE / name, assets / name)
        index = json.dumps(self._found, ensure_ascii=False, separators=(",", ":"))
        (assets / "search-index.js").write_text(f"window.searchIndex = {index};\n", encoding="utf-8")
        for picture in sorted(self.links.pictures):
            target = self.folder / picture
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / picture, target)

    def _guides(self, page):
        """The documents for the page's foot: a list of (group, [(address, title)])."""
        folder = posixpath.dirname(page) or "."
        groups = {}
        for document in self.documents:
            group = GROUPS[document.source.partition("/")[0] if "/" in document.source else ""]
            entry = (posixpath.relpath(document.target, folder), document.title)
            groups.setdefault(group, []).append(entry)
        return [(group, groups[group]) for group in GROUPS.values() if group in groups]


def _with_neighbours(sequence):
    return zip([None, *sequence], sequence, [*sequence[1:], None])
