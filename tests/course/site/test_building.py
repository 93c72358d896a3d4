"""How the site is built: from a tiny project, from pieces of HTML, and by the workflow that publishes it."""

import re

import pytest
import yaml
from bs4 import BeautifulSoup

from course.project import CourseError
from course.site import body, build, markdown
from course.site.links import Links


def _finish(html):
    return body.finish(html, lambda target: target, lambda target: target)


@pytest.fixture
def tiny(project):
    """The tiny project with a README that says how to start."""
    text = "# Tiny: a course\n\nWhat it is.\n\n## Begin\n\n```\nmake run\n```\n\nThen this.\n\nWindows.\n\n## More\n\n[Card](data/card.md)\n"
    (project / "README.md").write_text(text, encoding="utf-8")
    return project


def test_a_tiny_course_becomes_a_site(tiny):
    front = build.build(tiny)
    assert front == tiny / "build" / "site" / "index.html"
    text = front.read_text(encoding="utf-8")
    assert "make run" in text and "What it is." in text and "A lesson for tests" in text
    assert "Then this." in text and "Windows." not in text and 'href="README.html#begin"' in text
    answered = (front.parent / "solutions" / "01_tiny.html").read_text(encoding="utf-8")
    assert "area = " in answered and 'alt="An empty square."' in answered
    assert "../data/card.html" in answered
    assert "area = " not in (front.parent / "notebooks" / "01_tiny.html").read_text(encoding="utf-8")


def test_a_missing_notebook_is_told_with_its_remedy(tiny):
    (tiny / "notebooks" / "01_tiny.ipynb").unlink()
    with pytest.raises(CourseError, match="01_tiny.ipynb: missing. Run `make build`"):
        build.build(tiny)


def test_a_readme_that_does_not_say_how_to_start_is_told(tiny):
    (tiny / "README.md").write_text("# Tiny\n", encoding="utf-8")
    with pytest.raises(CourseError, match="README.md: no section says `make run`"):
        build.build(tiny)


def test_pages_of_lessons_that_are_gone_are_removed(tiny):
    stale = tiny / "build" / "site" / "solutions" / "09_gone.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("old", encoding="utf-8")
    build.build(tiny)
    assert not stale.exists()


def test_exercises_in_the_browser_are_linked_where_they_have_been_built(tiny):
    page = tiny / "build" / "site" / "notebooks" / "01_tiny.html"
    build.build(tiny)
    assert "lite/" not in page.read_text(encoding="utf-8")
    files = tiny / "build" / "site" / "lite" / "files"
    files.mkdir(parents=True)
    for name in ("01_exercises.ipynb", "01_tiny.ipynb"):
        (files / name).write_text("{}", encoding="utf-8")
    front = build.build(tiny).read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    assert "../lite/notebooks/index.html?path=01_exercises.ipynb" in text
    assert "../lite/notebooks/index.html?path=01_tiny.ipynb" in text
    assert front.count("lite/notebooks/index.html?path=01_tiny.ipynb") == 2, "a button and the card"
    assert (files / "01_exercises.ipynb").exists(), "a build without JupyterLite keeps it"


@pytest.mark.parametrize(
    "target, expected",
    [
        ("#leak", "#leak"),
        ("https://doi.org/10.1/x", "https://doi.org/10.1/x"),
        ("../docs/glossary.md#leak", "../docs/glossary.html#leak"),
        ("02_b.ipynb", "02_b.html"),
        ("../helpers/splits.py", "https://host/me/it/blob/main/helpers/splits.py"),
        ("../helpers", "https://host/me/it/tree/main/helpers"),
        ("https://host/me/it/blob/main/docs/glossary.md", "../docs/glossary.html"),
    ],
)
def test_links_are_followed_to_pages_or_to_the_repository(tmp_path, target, expected):
    (tmp_path / "helpers").mkdir()
    pages = {"docs/glossary.md": "docs/glossary.html", "solutions/02_b.ipynb": "solutions/02_b.html"}
    links = Links(tmp_path, "https://host/me/it", pages)
    assert links.follow(target, "solutions/01_a.ipynb", "solutions/01_a.html") == expected


def test_anchors_are_githubs_and_equal_headings_are_told_apart():
    html = "<h1>T</h1><h2>Exercise 1: a window (2 points)</h2><h2>95 % <em>interval</em></h2><h4>Limits</h4><h2>Limits</h2>"
    found = _finish(html)
    names = ["exercise-1-a-window-2-points", "95--interval", "limits", "limits-1"]
    assert [anchor for _, anchor, _ in found.headings] == names
    assert "<h3" in found.html and "<h4" not in found.html, "no level is left out"


def test_a_table_of_pandas_gets_scopes_a_name_and_one_row_of_headers():
    import pandas as pd

    table = pd.DataFrame({"images": [3, 4]}, index=pd.Index(["Cyst", "Stone"], name="class")).to_html()
    found = BeautifulSoup(_finish(f"<h2>Counts</h2><style>p {{}}</style>{table}").html, "html.parser")
    assert [cell.get_text() for cell in found.thead("th")] == ["class", "images"]
    assert {cell["scope"] for cell in found.tbody("th")} == {"row"}
    assert found.div["aria-label"] == "Table 1: Counts" and found.div["tabindex"] == "0"
    assert not found("style") and not found.table.has_attr("border")


def test_search_looks_through_prose_and_not_through_code():
    html = "<p>Before.</p><h2>A</h2><p>One <em>two</em>.</p><pre>code</pre><div class='output'><p>3</p></div>"
    assert _finish(html).sections == [("", "", "Before."), ("a", "A", "One two.")]


def test_formulas_in_a_line_and_in_a_block_become_mathml():
    html = markdown.html("Here $x^2$.\n\n$$\\frac{1}{n}$$\n")
    assert html.count("<math") == 2 and "<mfrac>" in html and "$" not in html


def test_the_workflow_runs_what_the_makefile_has_and_publishes_what_it_builds(root):
    workflow = yaml.safe_load((root / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["site"]["steps"]
    targets = re.search(r"(?m)^\.PHONY: (.+)$", (root / "Makefile").read_text(encoding="utf-8"))[1].split()
    commands = [step["run"] for step in steps if "run" in step]
    assert "make site ARGS=--lite" in commands
    for command in commands:
        assert re.fullmatch(r"make ([a-z-]+)( ARGS=\S+)?", command)[1] in targets
    uploads = [step["with"]["path"] for step in steps if "upload-pages-artifact" in step.get("uses", "")]
    assert uploads == ["build/site"]
    from course import cli

    parsed = cli.parser().parse_args(["site", "--lite"])
    assert parsed.lite and parsed.command == "site"
