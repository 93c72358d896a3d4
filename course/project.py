"""Where things are: the project's root, its address, its lessons; and how files are written."""

import os
import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path


class CourseError(Exception):
    """A mistake that a person can mend; the command line prints it without a traceback."""


@dataclass(frozen=True)
class Lesson:
    """One lesson, known by its source `solutions/NN_name.py`."""

    source: Path

    @property
    def name(self):
        return self.source.stem

    @property
    def number(self):
        return self.name[:2]

    @property
    def executed(self):
        return self.source.with_suffix(".ipynb")

    @property
    def cover(self):
        return self.source.with_suffix(".png")

    @property
    def student(self):
        return self.source.parent.parent / "notebooks" / f"{self.name}.ipynb"


def find_root(start=None):
    """The project's root: the nearest folder upwards of the working directory that holds pyproject.toml and
    solutions/."""
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "solutions").is_dir():
            return folder
    raise CourseError(
        f"{start} is not inside the course. Change to the folder that holds its README.md, and run the "
        "command there."
    )


def address(root):
    """The repository's address: [project.urls] in pyproject.toml, the one place that knows it."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"][
        "Repository"
    ].rstrip("/")


def lessons(root, only=None):
    """The lessons in order; `only` picks by number, such as ["01", "3"]."""
    found = [
        Lesson(path)
        for path in sorted((root / "solutions").glob("*.py"))
        if re.match(r"\d\d_\w+$", path.stem)
    ]
    if not only:
        return found
    wanted = {str(number).zfill(2) for number in only}
    if unknown := wanted - {lesson.number for lesson in found}:
        raise CourseError(
            f"no lesson {', '.join(sorted(unknown))}; there are "
            f"{', '.join(lesson.number for lesson in found)}"
        )
    return [lesson for lesson in found if lesson.number in wanted]


def documents(root):
    """The Markdown files that people read: README, the pages of docs/, the cards of data/."""
    return [*root.glob("*.md"), *sorted((root / "docs").glob("*.md")), *sorted((root / "data").rglob("*.md"))]


def anchor(heading):
    """The anchor of a Markdown heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def write_whole(path, content):
    """Write a text (str) or bytes to a file in one step: who is interrupted leaves the old file, not half of the new."""
    number, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(number, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def shown(path):
    """A path as people see it: from the working directory, or whole where no way leads there (another drive)."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return str(path)
