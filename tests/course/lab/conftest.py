"""JupyterLab as `python -m course lab` starts it, on a copy of the notebooks and with a home of its own, in a headless Chromium.

One server and one window serve all tests. Where there is no browser they are skipped, and say what to install.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest

from course import passed

PATIENCE = 600  # seconds, for whoever waits: a limit for what has broken, not for what is slow
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OF_A_USER = re.compile(r"JUPYTER|XDG_|IPYTHON|MPLCONFIG|PYTHONDONTWRITEBYTECODE")


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, the one of the system."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="JUPYTERLAB IS NOT TESTED: Playwright is missing (the extra `browser`)"
    )
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        pytest.skip(
            "JUPYTERLAB IS NOT TESTED: there is no Chromium here. On Debian: apt-get install chromium"
        )
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def copy(root, tmp_path_factory):
    """The course with notebooks of its own, set to the profile "smoke"."""
    folder = tmp_path_factory.mktemp("lab") / "course"
    folder.mkdir()
    for name in ("course", "helpers", "data", "docs", "solutions", "pyproject.toml", "requirements.lock"):
        (folder / name).symlink_to(root / name)
    (folder / "notebooks").mkdir()
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        text, changed = re.subn(
            r'PROFILE = \\"quick\\"', r'PROFILE = \\"smoke\\"', path.read_text(encoding="utf-8")
        )
        assert changed == 1, path
        (folder / "notebooks" / path.name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(root, browser, copy):
    """`python -m course lab`; a dict with its url, token and what it says."""
    home, runtime, cache = (copy.parent / name for name in ("home", "runtime", "cache"))
    home.mkdir()
    cache.mkdir()
    passed.keep_trainings(root, cache)  # as for the other tests that run lessons
    variables = {name: value for name, value in os.environ.items() if not OF_A_USER.match(name)}
    variables |= {
        "HOME": str(home),
        "COURSE_CACHE": str(cache),
        "JUPYTER_RUNTIME_DIR": str(runtime),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--port", str(port), "--LabApp.expose_app_in_browser=True"]
    command = [sys.executable, "-m", "course", "lab", *options]
    log = copy.parent / "lab.log"
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, cwd=copy, env=variables, stdout=file, stderr=subprocess.STDOUT)
    try:
        found = _announced(process, runtime, log)
        yield {"url": found["url"], "token": found["token"], "log": log}
    finally:
        process.terminate()
        process.wait()


def _announced(process, runtime, log):
    """What the server wrote about itself once it runs."""
    for _ in range(PATIENCE):
        for path in runtime.glob("jpserver-*.json"):
            if "is running at" in log.read_text(encoding="utf-8"):
                return json.loads(path.read_text(encoding="utf-8"))
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(1)
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lab(browser, server):
    """A window of this JupyterLab, as it opens for the first time."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    window = Lab(page)
    page.on("request", lambda request: window.requests.append(request.url))
    page.goto(f"{server['url']}lab?token={server['token']}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    return window


class Lab:
    """What tests do in a window of JupyterLab. page : of Playwright. requests : addresses that it asked for."""

    def __init__(self, page):
        self.page, self.requests = page, []

    def do(self, command, **arguments):
        """Execute one of JupyterLab's commands, those behind its menus, and wait until it is done."""
        script = "([name, options]) => window.jupyterapp.commands.execute(name, options).then(() => null)"
        self.page.evaluate(script, [command, arguments])

    def theme(self, name):
        """Choose a theme: "Light" or "Dark"."""
        self.do("apputils:change-theme", theme=f"JupyterLab {name}")
        light = "true" if name == "Light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def open(self, path):
        """Open a notebook, and wait until its kernel can be used."""
        self.do("docmanager:open", path=path)
        self.page.wait_for_function(
            """path => {
                const session = window.jupyterapp.shell.currentWidget?.context?.sessionContext;
                return session?.path === path && session?.session?.kernel?.status === 'idle';
            }""",
            arg=path,
        )

    def run_all(self):
        """Run all cells by the menu, and wait until the last is done."""
        self.page.get_by_role("menuitem", name="Run", exact=True).first.click()
        self.page.get_by_text("Run All Cells", exact=True).click()
        self._wait_for_cells("cells.length")

    def run_to_here(self):
        """Run all cells above the active one, and this one, and wait until it is done."""
        self.do("notebook:run-all-above")
        self.do("notebook:run-cell")
        self._wait_for_cells("notebook.content.activeCellIndex + 1")

    def _wait_for_cells(self, end):
        """Wait until every cell with code before the one numbered `end` has run, or one has stopped with an error."""
        self.page.wait_for_function(
            f"""() => {{
                const notebook = window.jupyterapp.shell.currentWidget, cells = notebook.content.widgets;
                const code = cells.slice(0, {end}).filter(cell => cell.model.type === 'code');
                const stopped = code.some(cell => cell.model.outputs.toJSON().some(out => out.output_type === 'error'));
                const busy = notebook.context.sessionContext.session.kernel.status !== 'idle';
                return stopped || (!busy && code.every(cell => cell.model.executionCount));
            }}"""
        )

    def wait_until_idle(self):
        """Wait until the current notebook's kernel has nothing to do."""
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.status === 'idle'"
        )

    def complaints(self):
        """Errors and texts on stderr in the current notebook's outputs."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                .filter(cell => cell.model.type === 'code')
                .flatMap(cell => cell.model.outputs.toJSON())
                .filter(out => out.output_type === 'error' || out.name === 'stderr')
                .map(out => out.evalue || out.text)"""
        )

    def cell(self, grade_id=None, holding=None):
        """The cell of an exercise, or the first with code that holds a text: brought into sight, and made the active one."""
        number = self.page.evaluate(
            """([id, text]) => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(cell =>
                id ? cell.model.getMetadata('nbgrader')?.grade_id === id
                   : cell.model.type === 'code' && cell.model.sharedModel.getSource().includes(text))""",
            [grade_id, holding],
        )
        assert number >= 0, (grade_id, holding)
        return self.activate(number)

    def activate(self, number):
        """Bring the cell of this number into sight, and make it the active one."""
        self.page.evaluate(
            """async number => {
                const content = window.jupyterapp.shell.currentWidget.content;
                content.mode = 'command';
                content.deselectAll();
                content.activeCellIndex = number;
                await content.scrollToItem(number, 'center', 0);
            }""",
            number,
        )
        return self.page.locator(
            f".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index='{number}']"
        )

    def type_and_run(self, cell, code):
        """Type code in place of the cell's own, run the cell, and wait until the kernel has nothing more to do."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)
        self.run(cell)

    def run(self, cell):
        """Run the active cell, which stays the active one; returns the text that it shows."""
        before = cell.get_attribute("data-windowed-list-index")
        count = self._count(before)
        self.do("notebook:run-cell")
        self.page.wait_for_function(
            """([number, count]) => {
                const notebook = window.jupyterapp.shell.currentWidget;
                const now = notebook.content.widgets[number].model.executionCount;
                const idle = notebook.context.sessionContext.session.kernel.status === 'idle';
                return idle && now && now !== count;
            }""",
            arg=[int(before), count],
        )
        return cell.locator(".jp-Cell-outputArea").inner_text()

    def _count(self, number):
        script = "n => window.jupyterapp.shell.currentWidget.content.widgets[n].model.executionCount"
        return self.page.evaluate(script, int(number))
