"""JupyterLab as a student meets it, by `python -m course lab`: what is there at first, lessons that run, exercises, the viewer."""

import re

import pytest

VIEWER = "from helpers.plots.browsing import viewer"
WRONG = """def window_hu(hu, level, width):
    return (hu - level) / width"""
RIGHT = """def window_hu(hu, level, width):
    return ((hu - level) / width + 0.5).clip(0, 1)"""
# The course's own server, and the picture of Colab's badge in the lessons.
ALLOWED = re.compile(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|data:|blob:|.*/assets/colab-badge\.svg$")
CONTRAST = """element => {
    const part = channel => (channel /= 255) <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    const rgb = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = colour => { const [r, g, b] = rgb(colour).map(part); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const text = light(getComputedStyle(element).color);
    while (element && (rgb(getComputedStyle(element).backgroundColor)[3] ?? 1) === 0) element = element.parentElement;
    const ground = light(getComputedStyle(element).backgroundColor);
    return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
}"""


@pytest.fixture(scope="module")
def first_lesson(lab):
    """Lesson 01, all cells run."""
    lab.open("notebooks/01_data_exploration.ipynb")
    lab.run_all()
    return lab


@pytest.fixture(scope="module")
def fifth_lesson(lab, first_lesson):
    """Lesson 05, run to its viewer."""
    lab.open("notebooks/05_grad_cam.ipynb")
    lab.cell(holding=VIEWER)
    lab.run_to_here()
    return lab


@pytest.fixture(params=["Light", "Dark"])
def theme(lab, request):
    lab.theme(request.param)
    return request.param


def test_lesson_01_and_its_table_of_contents_are_open(lab):
    lab.page.wait_for_selector(".jp-TableOfContents .jp-tocItem >> text=Exercise 1")
    tabs = lab.page.locator("#jp-main-dock-panel .lm-TabBar-tab").all_inner_texts()
    assert [tab.strip() for tab in tabs] == ["01_data_exploration.ipynb"]
    assert lab.page.locator(".jp-FileBrowser").first.is_hidden()
    lab.do("filebrowser:toggle-main")
    lab.page.wait_for_selector(".jp-DirListing-item >> text=07_audit.ipynb")
    lab.do("toc:show-panel")


def test_nothing_of_nbgrader_and_no_news(lab):
    commands = lab.page.evaluate("() => window.jupyterapp.commands.listCommands()")
    plugins = lab.page.evaluate("() => window.jupyterapp.listPlugins()")
    assert "toc:show-panel" in commands and "@jupyterlab/apputils-extension:themes" in plugins
    assert not [name for name in (*commands, *plugins) if "nbgrader" in name]
    menus = lab.page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert "Run" in menus and not [name for name in menus if "grader" in name.lower()]
    assert not lab.page.get_by_title("Create Assignment").count()


def test_all_cells_run_and_the_first_figure_is_seen(first_lesson):
    lab = first_lesson
    assert lab.complaints() == []
    cell = lab.cell(holding="plots.show(")
    figure = cell.locator(".jp-OutputArea-output img").first
    figure.wait_for(state="visible")
    assert figure.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300


def test_an_exercise_wrong_then_a_hint_then_right(first_lesson, theme):
    lab = first_lesson
    lab.open("notebooks/01_data_exploration.ipynb")
    lab.type_and_run(lab.cell(grade_id="window_hu"), WRONG)
    check = lab.cell(holding="checks.window_hu(window_hu)")
    told = lab.run(check)
    assert "✗ Wrong." in told and "expected" in told
    feedback = check.locator(".jp-OutputArea-output div").last
    assert feedback.evaluate(CONTRAST) > 4.5

    lab.cell(holding="checks.window_hu(window_hu)")
    lab.do("notebook:insert-cell-below")
    below = lab.activate(int(check.get_attribute("data-windowed-list-index")) + 1)
    lab.type_and_run(below, "checks.window_hu.hint()")
    assert re.search(r"Hint\. \d of \d", below.inner_text())
    lab.type_and_run(below, "checks.score()")
    assert "0 of 12 points so far" in below.inner_text() and "wrong" in below.inner_text()

    lab.type_and_run(lab.cell(grade_id="window_hu"), RIGHT)
    assert "✓ Right." in lab.run(lab.cell(holding="checks.window_hu(window_hu)"))
    below = lab.cell(holding="checks.score()")
    assert "2 of 12 points so far" in lab.run(below)
    lab.cell(holding="checks.score()")
    lab.do("notebook:delete-cell")


def test_a_link_to_the_glossary_opens_a_page_to_read(first_lesson):
    lab = first_lesson
    lab.open("notebooks/01_data_exploration.ipynb")
    lab.activate(0).get_by_role("link", name="phantoms").click()
    lab.page.wait_for_selector(".jp-MarkdownViewer h2 >> text=phantom")
    lab.do("application:close")


def test_lesson_05_runs_and_its_viewer_changes_the_picture(fifth_lesson, theme):
    lab = fifth_lesson
    lab.open("notebooks/05_grad_cam.ipynb")
    assert lab.complaints() == []
    cell = lab.cell(holding=VIEWER)
    picture = cell.locator(".jupyter-widgets img")
    picture.wait_for(state="visible")
    pixels = (
        "image => image.decode().then(() => fetch(image.src)).then(r => r.text()).then(t => t.length + t)"
    )
    for name in ("patient", "class", "method"):
        before = picture.evaluate(pixels)
        choice = cell.locator(f".widget-dropdown:has(label:text-is('{name}')) select")
        options = choice.locator("option").count()
        choice.select_option(index=(choice.evaluate("select => select.selectedIndex") + 1) % options)
        lab.page.wait_for_function(
            f"async ([image, before]) => (await ({pixels})(image)) !== before",
            arg=[picture.element_handle(), before],
        )
        lab.wait_until_idle()  # a new patient draws twice
        assert picture.evaluate("image => image.naturalWidth") > 300
    assert choice.evaluate(CONTRAST) > 4.5


def test_nothing_was_asked_of_anybody_else_and_no_news_fetched(fifth_lesson):
    assert len(fifth_lesson.requests) > 100
    assert not [url for url in fifth_lesson.requests if not ALLOWED.match(url)]
    assert not [url for url in fifth_lesson.requests if re.search(r"/lab/api/(news|update)|formgrader", url)]
    assert not fifth_lesson.page.locator(".jp-toastContainer .Toastify__toast").count()
