"""Give the repository another address: where it is written by hand, and the badges and Colab cells derived from it."""

import re

import nbformat

from course import project
from course.lessons import build, colab
from course.project import CourseError

GITHUB = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")


def change(root, url):
    """Write the address into pyproject.toml, into every document that links to the old one, and into the notebooks. No
    lesson is executed.

    Raises
    ------
    CourseError : no address of a GitHub repository; Colab opens notebooks from there.
    """
    new, old = url.rstrip("/").removesuffix(".git"), project.address(root)
    if not GITHUB.fullmatch(new):
        raise CourseError(
            f"{url!r} is no address of a repository on GitHub, from which Colab opens notebooks. "
            "Expected something like https://github.com/OWNER/NAME"
        )
    for path in (root / "pyproject.toml", *root.glob("*.cff"), *project.documents(root)):
        text = path.read_text(encoding="utf-8")
        if old in text:
            _write(path, text.replace(old, new))
    for lesson in project.lessons(root):
        cells = {cell.id: cell for cell in (colab.badge_cell(lesson.name, new), colab.bootstrap_cell(new))}
        for path in filter(lambda path: path.is_file(), (lesson.student, lesson.executed)):
            notebook = nbformat.read(path, 4)
            for cell in notebook.cells:
                if cell.id in cells:
                    cell.source = cells[cell.id].source
            _write(path, build.to_text(notebook))


def _write(path, text):
    project.write_whole(path, text)
    print(f"{project.shown(path)}: written")
