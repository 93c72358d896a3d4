"""The site: every lesson with and without answers, the documents, a front page, key points, search."""

import io
import re
import shutil
from dataclasses import dataclass

from bs4 import BeautifulSoup
from PIL import Image

from course import project
from course.lessons.skeleton import section
from course.project import CourseError, shown
from course.site import lessons, markdown
from course.site.frame import Frame

LITE = "lite"  # folder of JupyterLite, in the site's
PICTURE_WIDTH = 720  # pixels on the front page: sharp on a phone, light enough for eight of them
OPENING = "# @title Two X-rays with the letter, two networks"  # first line of the cell whose figure opens the front page


@dataclass(frozen=True)
class Read:
    """A lesson's notebooks, and what the pages say of it."""

    lesson: project.Lesson
    executed: object
    student: object

    @property
    def heading(self):
        return lessons.title(self.executed, self.lesson.name)

    @property
    def name(self):
        """Such as "01 Data exploration"."""
        return self.heading.partition(": ")[0]

    @property
    def question(self):
        """Such as "What is in the data, and what could fool a network?"."""
        question = self.heading.partition(": ")[2]
        return question[:1].upper() + question[1:]

    @property
    def minutes(self):
        """(to read, to practise), as the lesson gives them; None where it does not."""
        found = re.search(
            r"\*\*Time\*\*: (\d+) minutes to read, (\d+) to practise", self.executed.cells[0].source
        )
        return found and (int(found[1]), int(found[2]))

    def page(self, answers):
        return f"{'solutions' if answers else 'notebooks'}/{self.lesson.name}.html"


def build(root, folder=None, lite=False):
    """Write the site; returns the path of its front page.

    Parameters
    ----------
    root : of the repository. folder : of the site, build/site by default; what an earlier build left there is removed.
    lite : also build JupyterLite into the site's folder `lite`; where it has been built before, it is kept, and pages
    link to it.

    Raises
    ------
    CourseError : a notebook is missing, or README.md does not say how to start.
    """
    folder = folder or root / "build" / "site"
    _clear(folder)
    if lite:
        from course.site import lite as jupyterlite

        jupyterlite.build(root, folder / LITE)
    course = [_read(lesson) for lesson in project.lessons(root)]
    pages = {
        f"{kind}/{one.lesson.name}.ipynb": f"{kind}/{one.lesson.name}.html"
        for one in course
        for kind in ("solutions", "notebooks")
    }
    frame = Frame(root, folder, pages)
    converter = lessons.Converter()
    cards, opening = [], None
    for before, one, after in zip([None, *course], course, [*course[1:], None]):
        for answers in (True, False):
            around = tuple(other and (f"{other.lesson.name}.html", other.name) for other in (before, after))
            drawn = frame.write_lesson(
                converter,
                one.executed if answers else one.student,
                f"{'solutions' if answers else 'notebooks'}/{one.lesson.name}.ipynb",
                one.page(answers),
                searched=answers,
                around=around,
                lesson=_views(folder, one, answers),
            )
            if answers:
                cards.append(_card(folder, one, drawn))
                if figure := lessons.figure_of(
                    one.executed, drawn, lambda cell: cell.source.startswith(OPENING)
                ):
                    opening = _small(folder, "opening", figure) | {
                        "answers": one.page(True),
                        "name": one.name,
                    }
        shutil.copyfile(one.lesson.student, folder / "notebooks" / one.lesson.student.name)
    _write_key_points(frame, course)
    _write_front(frame, cards, opening)
    frame.finish()
    print(f"Look at {shown(folder / 'index.html')}")
    return folder / "index.html"


def _clear(folder):
    """Remove what an earlier build left, but for JupyterLite, which takes long to build."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and path.name != LITE:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def _read(lesson):
    for path in (lesson.executed, lesson.student):
        if not path.is_file():
            raise CourseError(f"{path}: missing. Run `make build`.")
    return Read(lesson, lessons.read(lesson.executed), lessons.read(lesson.student))


def _views(folder, one, answers):
    """The ways to see a lesson, as (address, name) from its pages; that of the page itself is "#"."""
    name = one.lesson.name
    views = [
        ("#" if answers else f"../solutions/{name}.html", "With answers"),
        (f"../notebooks/{name}.html" if answers else "#", "Without answers"),
    ]
    views += [(f"../{address}", name) for address, name in _in_the_browser(folder, one)]
    if colab := lessons.colab_address(one.student):
        views.append((colab, "Open in Colab"))
    return [*views, (f"../notebooks/{name}.ipynb", "Download the notebook")]


def _in_the_browser(folder, one):
    """What JupyterLite has of the lesson: (address from the site's folder, what a link says), the whole lesson first."""
    notebooks = (
        (f"{one.lesson.name}.ipynb", "Try it in the browser"),
        (f"{one.lesson.number}_exercises.ipynb", "Try the exercises in the browser"),
    )
    return [
        (f"{LITE}/notebooks/index.html?path={name}", text)
        for name, text in notebooks
        if (folder / LITE / "files" / name).is_file()
    ]


def _card(folder, one, drawn):
    """What the front page shows of a lesson."""
    cover = lessons.figure_of(one.executed, drawn, lambda cell: "cover" in cell.metadata.get("tags", []))
    if cover is None:
        raise CourseError(f"{one.lesson.executed}: no cell tagged 'cover' shows a figure. Run `make build`.")
    return {
        "name": one.name,
        "question": one.question,
        "minutes": one.minutes,
        "picture": _small(folder, one.lesson.name, cover),
        "answers": one.page(True),
        "work": one.page(False),
        "browser": _in_the_browser(folder, one)[:1],
    }


def _small(folder, name, figure):
    """A figure as the front page shows it: written to pictures/, with what its `img` says."""
    _, content, alt = figure
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((PICTURE_WIDTH, PICTURE_WIDTH), Image.Resampling.LANCZOS)
    path = folder / "pictures" / f"{name}.webp"
    path.parent.mkdir(exist_ok=True)
    picture.save(path, quality=80, method=6)
    return {"src": f"pictures/{path.name}", "alt": alt, "width": picture.width, "height": picture.height}


def _write_key_points(frame, course):
    """The key points of all lessons on one page."""
    parts = ["# Key points of all lessons"]
    for one in course:
        texts = [cell.source for cell in one.executed.cells if cell.cell_type == "markdown"]
        points = (section(texts, "Key points") or "").strip()
        parts += [f"## {one.name}", f"[{one.question}]({one.lesson.executed.name})", points]
    content = frame.body(markdown.html("\n\n".join(parts)), "solutions/", "key_points.html")
    frame.write("key_points.html", "Key points of all lessons", content=content)


def _write_front(frame, cards, picture):
    """The front page: the README's opening and its way to start, a picture, and a card for each lesson."""
    text = (frame.root / "README.md").read_text(encoding="utf-8")
    opening, *sections = re.split(r"(?m)^(?=## )", text)
    start = next((one for one in sections if "make run" in one), None)
    if start is None:
        raise CourseError(
            "README.md: no section says `make run`. Say there how to start; the front page shows it."
        )
    soup = BeautifulSoup(frame.body(markdown.html(opening), "README.md", "index.html").html, "html.parser")
    claims = []
    for table in soup(
        "div", class_="scroll"
    ):  # the claims, each beside a picture that the cards show as well
        claims += [row.td.decode_contents() for row in table.tbody("tr")]
        table.extract()
    for image in soup("img"):
        (image.find_parent("p") or image).extract()
    title = soup.h1.extract().get_text()
    lead, *remarks = [str(paragraph) for paragraph in soup("p")]
    start, more = _first_of(frame.body(markdown.html(start), "README.md", "index.html").html)
    frame.write(
        "index.html",
        title,
        template="front.html.j2",
        lead=lead,
        remarks=remarks,
        claims=claims,
        start=start,
        more=more,
        cards=cards,
        picture=picture,
    )


def _first_of(section):
    """A section's HTML up to the paragraph below its first code, and the address in the README of what is left out, or ""."""
    soup = BeautifulSoup(section, "html.parser")
    code = soup.find(class_="code")
    left_out = code.find_next_siblings()[1:]
    for node in left_out:
        node.extract()
    return str(soup), f"README.html#{soup.find(['h2', 'h3'])['id']}" if left_out else ""
