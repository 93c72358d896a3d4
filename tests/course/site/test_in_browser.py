"""The site in a headless Chromium, from disk: axe-core finds nothing, nothing is wider than a phone, and all buttons work.

Where there is no browser these tests are skipped, and say what to install.
"""

import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
PATIENCE = 300_000  # milliseconds, for what has broken, not for what is slow
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# The rules that depend on colours. All others read the page as it is built, which is the same in light and in dark.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
# Code is thousands of coloured words with a button each to copy it, tables are hundreds of rows, and axe compares each with its
# ground: of those that look alike, in light and in dark, one is left to it. First each gets its look, once in each scheme.
LOOKS = """() => {
    const ground = part => {
        while (part.parentElement && getComputedStyle(part).backgroundColor === 'rgba(0, 0, 0, 0)') part = part.parentElement;
        return getComputedStyle(part).backgroundColor;
    };
    for (const part of document.querySelectorAll('pre, pre span, td, th, button.copy')) {
        const style = getComputedStyle(part);
        part.look = [part.look ?? part.tagName, style.color, ground(part), style.fontSize, style.fontWeight, style.opacity].join();
    }
    window.seen = new Set();
    window.isNew = part => seen.size < seen.add(part.look).size;
}"""
ONE_WORD_OF_EACH_LOOK = """() => {
    for (const word of document.querySelectorAll('pre span')) {
        if (!isNew(word)) word.replaceWith(...word.childNodes);
    }
}"""
ONE_OF_EACH_LOOK = """() => {
    for (const code of document.querySelectorAll('pre')) {
        if (!isNew(code)) code.replaceChildren(...code.children);
    }
    document.body.normalize();
    for (const button of document.querySelectorAll('button.copy')) {
        if (!isNew(button)) button.remove();
    }
    for (const row of document.querySelectorAll('tr:not(:has(td *, th *))')) {
        if (![...row.cells].map(isNew).some(Boolean)) row.remove();
    }
}"""
PAGES = [
    "index.html",
    "solutions/01_data_exploration.html",
    "solutions/04_class_imbalance.html",
    "solutions/05_grad_cam.html",
    "solutions/07_audit.html",
    "notebooks/02_custom_cnn.html",
    "docs/glossary.html",
    "docs/results.html",
    "key_points.html",
    "search.html?q=leak",
]


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, the one of the system."""
    reason = "THE SITE IS NOT TESTED IN A BROWSER: {} is missing (the extra `browser`)"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason.format("Playwright"))
    pytest.importorskip("axe_playwright_python", reason=reason.format("axe-playwright-python"))
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        pytest.skip(
            "THE SITE IS NOT TESTED IN A BROWSER: there is no Chromium here. On Debian: apt-get install chromium"
        )
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(executable_path=executable, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, site):
    """Opens a page from disk; what it asks the network for, and what its script stumbles over, fails the test."""
    contexts, wrong = [], []

    def open_page(path, size=DESKTOP, scheme="light", **more):
        context = browser.new_context(viewport=size, color_scheme=scheme, **more)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: "ABORTED" in request.failure or wrong.append(request.url))
        page.on(
            "request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url)
        )
        page.goto((site / "index.html").as_uri().replace("index.html", path))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_violation_of_wcag_2_1_a_or_aa_in_light_and_in_dark(visit, path, size):
    from axe_playwright_python.base import AXE_FILE_PATH

    def run(rules, without=()):
        left_out = {rule: {"enabled": False} for rule in without}
        options = {"resultTypes": ["violations"], "preload": False, "runOnly": rules, "rules": left_out}
        found = page.evaluate("options => axe.run(options)", options)
        wrong = ((one["id"], one["nodes"][0]) for one in found["violations"])
        assert not [f"{name}: {node['html'][:200]} {node['failureSummary']}" for name, node in wrong]
        return {one["id"] for one in found["passes"]}

    page = visit(path, size)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(LOOKS)
    page.emulate_media(color_scheme="dark")
    page.evaluate(LOOKS)
    page.evaluate(ONE_WORD_OF_EACH_LOOK)
    page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    passed = run(WCAG, without=OF_COLOUR)
    page.evaluate(ONE_OF_EACH_LOOK)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        passed |= run(OF_COLOUR)
    assert len(passed) > 10 and "color-contrast" in passed, "axe looked at the page"


def test_no_page_is_wider_than_a_phone(visit, site):
    page = visit("index.html", PHONE)
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path.relative_to(site)


def test_figures_and_wide_tables_fit_a_phone(visit):
    page = visit("solutions/01_data_exploration.html", PHONE)
    widths = page.eval_on_selector_all(
        "figure img", "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert len(widths) > 10 and max(widths) <= PHONE["width"] - 2 * 16
    scrolling = page.eval_on_selector_all(
        ".scroll", "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.tabIndex)"
    )
    assert scrolling and set(scrolling) == {0}


def test_boxes_that_do_not_scroll_are_no_stops_of_the_tab_key(visit):
    page = visit("solutions/01_data_exploration.html")
    page.wait_for_function("document.querySelector('.scroll:not([tabindex]), pre:not([tabindex])')")
    still = page.eval_on_selector_all(
        ".scroll, pre",
        "all => all.filter(one => one.checkVisibility() && one.tabIndex === 0 && one.scrollWidth <= one.clientWidth).length",
    )
    assert still == 0


def test_a_search_finds_a_word_and_leads_to_it(visit):
    page = visit("solutions/02_custom_cnn.html")
    page.get_by_role("searchbox").fill("nearest neighbour")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/search.html?q=nearest+neighbour")
    page.get_by_role("status").get_by_text("sections for").wait_for()
    first = page.locator(".results a").first
    assert first.inner_text() == "Nearest neighbour (Glossary)"
    assert page.locator(".results mark").first.inner_text().lower() in ("nearest", "neighbour")
    first.click()
    page.wait_for_url("**/docs/glossary.html#nearest-neighbour")


def test_a_search_without_a_find_says_so_and_takes_any_character(visit):
    page = visit("search.html?q=zzz%5B%28%3Cb%3E")
    assert (
        page.get_by_role("status").inner_text()
        == "Nothing found for “zzz[(<b>”. Try a shorter or another word."
    )
    page = visit("search.html?q=f(x)")
    page.get_by_role("status").get_by_text("f(x)").wait_for()


def test_a_copy_button_copies_the_code(visit):
    page = visit("index.html", permissions=["clipboard-read", "clipboard-write"])
    code = page.locator("#start .code").first
    code.get_by_role("button", name="Copy").click()
    code.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == code.locator("pre").inner_text()


def test_folded_code_opens_by_keyboard(visit):
    page = visit("solutions/01_data_exploration.html")
    folded = page.locator("details.folded").first
    assert not folded.locator("pre").is_visible()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folded.locator("pre").is_visible() and "montage" in folded.locator("pre").inner_text()


def test_light_and_dark_follow_the_system_until_the_switch_is_used(visit):
    def ground(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = ground(visit("index.html")), ground(visit("index.html", scheme="dark"))
    assert light == "rgb(255, 255, 255)" and dark != light
    page = visit("index.html")
    page.get_by_role("button", name="Dark").click()
    assert ground(page) == dark
    page.get_by_role("link", name="Key points").first.click()
    page.wait_for_url("**/key_points.html")
    assert ground(page) == dark, "the choice is kept"
    page.get_by_role("button", name="Light").click()
    assert ground(page) == light


def test_figures_lie_on_white_in_the_dark(visit):
    page = visit("solutions/03_transfer_learning.html", scheme="dark")
    grounds = page.eval_on_selector_all(
        "figure img", "all => all.map(one => getComputedStyle(one).backgroundColor)"
    )
    assert grounds and set(grounds) == {"rgb(255, 255, 255)"}


def test_the_contents_are_open_on_a_desk_and_folded_on_a_phone(visit):
    assert visit("solutions/01_data_exploration.html").locator(".contents li").first.is_visible()
    page = visit("solutions/01_data_exploration.html", PHONE)
    assert not page.locator(".contents li").first.is_visible()
    page.locator(".contents summary").press("Enter")
    assert page.locator(".contents li").first.is_visible()


def test_without_a_script_a_lesson_can_be_read(visit):
    page = visit("solutions/01_data_exploration.html", java_script_enabled=False)
    assert page.locator("h1").is_visible() and not page.locator("header .theme").is_visible()
    assert page.get_by_role("link", name="Next").is_visible()
