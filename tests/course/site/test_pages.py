"""The pages of this course: all links lead somewhere, nothing is fetched, nothing is given away, and none is heavy."""

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from course import project

COUNT = len(project.lessons(project.find_root(Path(__file__).parent)))
HEAVIEST_LESSON, HEAVIEST_FRONT = 2_000_000, 500_000  # bytes, with all that the page loads


# Two thirds of all elements, and nothing in them but a word.
COLOURED = re.compile(r'<span class="\w+">([^<]*)</span>')


@cache
def _page(path):
    return BeautifulSoup(COLOURED.sub(r"\1", path.read_text(encoding="utf-8")), "html.parser")


@cache
def _anchors(path):
    return {one["id"] for one in _page(path)(id=True)}


@cache
def _is_in(file, site):
    return file.is_file() and site in file.parents


def _pages(site):
    found = sorted(site.rglob("*.html"))
    assert len(found) > 25
    return found


def _lessons(site, kind):
    found = sorted((site / kind).glob("*.html"))
    assert len(found) == COUNT
    return found


def _loaded(page):
    """The files that a page loads by itself, with it."""
    tags = [(tag, key) for tag, key in (("img", "src"), ("script", "src"), ("link", "href"))]
    names = {one[key] for tag, key in tags for one in _page(page)(tag) if one.get(key)}
    return {page} | {(page.parent / name).resolve() for name in names if not name.startswith("data:")}


def test_every_link_and_every_anchor_leads_somewhere(site, root):
    address = project.address(root)
    keys = {"a": "href", "img": "src", "script": "src", "link": "href", "form": "action"}
    followed = 0
    for page in _pages(site):
        for target in filter(None, (one.get(keys[one.name]) for one in _page(page)([*keys]))):
            parts = urlsplit(target)
            where = f"{page.relative_to(site)}: {target}"
            if inside := re.match(rf"{re.escape(address)}/(?:blob|tree)/main/([^#]+)", target):
                assert (root / unquote(inside[1])).exists(), where
            elif parts.scheme in ("https", "mailto", "data"):
                continue
            else:
                assert not parts.scheme, where
                file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
                assert _is_in(file, site), where
                assert not parts.fragment or parts.fragment in _anchors(file), where
            followed += 1
    assert followed > 1000


def test_pages_load_nothing_from_elsewhere(site):
    for page in _pages(site):
        assert all(site in file.parents and file.is_file() for file in _loaded(page)), page
        assert not _page(page)(["iframe", "object", "embed", "style"]), page
    style = (site / "assets" / "site.css").read_text(encoding="utf-8")
    assert "url(" not in style and "@import" not in style
    script = (site / "assets" / "site.js").read_text(encoding="utf-8")
    assert "fetch(" not in script and "://" not in script


@pytest.mark.parametrize("kind", ["solutions", "notebooks"])
def test_a_lesson_weighs_less_than_two_megabytes(site, kind):
    for page in _lessons(site, kind):
        weight = sum(file.stat().st_size for file in _loaded(page))
        assert 20_000 < weight < HEAVIEST_LESSON, (page.name, weight)


def test_the_front_page_weighs_less_than_half_a_megabyte(site):
    loaded = _loaded(site / "index.html")
    assert len([file for file in loaded if file.suffix == ".webp"]) == 8, (
        "seven lessons and the opening picture"
    )
    assert sum(file.stat().st_size for file in loaded) < HEAVIEST_FRONT


def test_every_picture_has_an_alt_text_and_lessons_know_its_size(site):
    for page in _pages(site):
        for image in _page(page)("img"):
            assert len(image["alt"]) > 10, (page, image)
            if image.find_parent("figure"):
                assert int(image["width"]) > 0 and int(image["height"]) > 0
    assert sum(len(_page(page)("figure")) for page in _lessons(site, "solutions")) > 60


def test_headings_leave_no_level_out_and_anchors_are_unique(site):
    for page in _pages(site):
        main = _page(page).main
        levels = [int(one.name[1]) for one in main(re.compile("^h[1-6]$"))]
        assert levels[0] == 1 and levels.count(1) == 1, page
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), page
        names = [one["id"] for one in _page(page)(id=True)]
        assert len(names) == len(set(names)), page


def test_the_contents_of_a_lesson_are_its_headings(site):
    for page in _lessons(site, "solutions"):
        listed = [link["href"] for link in _page(page).select("nav.contents a")]
        assert listed == [f"#{one['id']}" for one in _page(page).main(["h2", "h3"])]
        assert "#key-points" in listed


def test_tables_stand_in_regions_that_scroll_and_have_names_of_their_own(site):
    for page in _pages(site):
        tables = _page(page)("table")
        regions = [table.find_parent(role="region") for table in tables]
        assert all(one["tabindex"] == "0" for one in regions), page
        labels = [one["aria-label"] for one in regions]
        assert len(labels) == len(set(labels)), page
        for cell in _page(page)("th"):
            assert cell.get_text(strip=True) and cell["scope"] in ("row", "col"), page


def test_drawing_code_is_folded_and_the_cells_for_colab_are_left_out(site):
    page = _page(site / "solutions" / "01_data_exploration.html")
    folded = page.select("details.folded")
    assert len(folded) > 10 and not any(one.has_attr("open") for one in folded)
    assert "Draw the class counts" in [one.summary.get_text() for one in folded]
    for kind in ("solutions", "notebooks"):
        for path in _lessons(site, kind):
            text = path.read_text(encoding="utf-8")
            assert "# @title" not in text and "google.colab" not in text and "colab-badge.svg" not in text
            links = {link.get_text(): link["href"] for link in _page(path).select("nav.lesson a")}
            assert links["Open in Colab"].endswith(f"/notebooks/{path.stem}.ipynb")


def test_answers_are_on_the_pages_with_answers_only(site, root):
    for lesson in project.lessons(root):
        with_answers = (site / "solutions" / f"{lesson.name}.html").read_text(encoding="utf-8")
        without = (site / "notebooks" / f"{lesson.name}.html").read_text(encoding="utf-8")
        assert "The answer</p>" in with_answers and "Hidden tests of this exercise" in with_answers
        assert "Your answer goes here</p>" in without and "NotImplementedError" in without
        for only_in_solutions in (
            "The answer</p>",
            "Hidden tests of this exercise",
            'class="output"',
            "<figure>",
        ):
            assert only_in_solutions not in without, lesson.name
        assert "### BEGIN" not in with_answers + without
        kept = (site / "notebooks" / f"{lesson.name}.ipynb").read_bytes()
        assert kept == lesson.student.read_bytes()


@pytest.mark.parametrize("kind", ["solutions", "notebooks"])
def test_previous_and_next_lead_through_all_lessons_of_a_kind(site, kind):
    names = [page.name for page in _lessons(site, kind)]
    seen, page = [], site / kind / names[0]
    while True:
        seen.append(page.name)
        following = _page(page).select_one("[rel=next]")
        before = _page(page).select_one("[rel=prev]")
        assert (before["href"] if before else None) == (seen[-2] if len(seen) > 1 else None)
        if not following:
            break
        page = page.parent / following["href"]
    assert seen == names


def test_lessons_link_to_lessons_of_their_own_kind_and_to_the_glossary(site):
    for kind in ("solutions", "notebooks"):
        page = _page(site / kind / "01_data_exploration.html")
        links = {link["href"] for link in page.main("a", href=True)}
        assert {"02_custom_cnn.html", "../docs/glossary.html#leak", "../data/kidney_ct.html"} <= links


def test_formulas_are_mathml(site):
    page = _page(site / "solutions" / "04_class_imbalance.html")
    assert page.math["display"] == "block" and "γ" in page.math.get_text()
    assert not any("$$" in path.read_text(encoding="utf-8") for path in _pages(site))


def test_widgets_are_shown_as_pictures(site):
    text = (site / "solutions" / "05_grad_cam.html").read_text(encoding="utf-8")
    assert 'alt="A viewer of heatmaps.' in text and "application/vnd" not in text


def test_the_front_page_says_what_is_claimed_and_how_to_start(site, root):
    page = _page(site / "index.html")
    text = page.main.get_text()
    assert "99.57 %" in text and "make run" in page.select_one("#start pre").get_text()
    assert len(page.select(".claims li")) >= 3
    assert page.select_one(".opening figure img"), (
        "the cell whose figure opens the page has another title now"
    )
    cards = page.select(".cards li")
    assert len(cards) == COUNT
    for card, lesson in zip(cards, project.lessons(root)):
        assert card.h3.get_text().endswith("?") and card.img and "minutes to read" in card.get_text()
        assert [link["href"] for link in card("a")][1:] == [
            f"solutions/{lesson.name}.html",
            f"notebooks/{lesson.name}.html",
        ]


def test_the_key_points_of_all_lessons_stand_on_one_page(site):
    page = _page(site / "key_points.html")
    assert len(page.main("h2")) == COUNT and 4 * COUNT <= len(page.main("li")) <= 6 * COUNT


def test_the_index_of_the_search_is_prose_whose_addresses_exist(site):
    text = (site / "assets" / "search-index.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("window.searchIndex = ").removesuffix(";\n"))
    pages = [page for page, _, _ in index]
    assert "docs/glossary.html" in pages and not any(page.startswith("notebooks/") for page in pages)
    for page, _, sections in index:
        for anchor, _, _ in sections:
            assert not anchor or anchor in _anchors(site / page), (page, anchor)
    lesson = next(sections for page, _, sections in index if page == "solutions/01_data_exploration.html")
    said = " ".join(text for _, _, text in lesson)
    assert "Hounsfield" in said and "import numpy" not in said and "dataframe" not in said
