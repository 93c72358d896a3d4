"""JupyterLite with the exercises: what is built, and how far a browser gets with it."""

import functools
import hashlib
import http.server
import json
import os
import shutil
import threading
import warnings
import zipfile
from pathlib import Path

import nbformat
import pytest

from course import project
from course.site import lite

COPY = os.environ.get("COURSE_PYODIDE")  # a folder that pyodide_copy.py has filled
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NUMBERS = [lesson.number for lesson in project.lessons(project.find_root(__file__))]
PATIENCE = 300_000  # milliseconds, for what has broken, not for what is slow
TRY = """\
import sys, piplite
await piplite.install("explainable-imaging", deps=False)
import importlib.metadata
from helpers import paths
from helpers.checks import __doc__ as told
print(sys.platform, importlib.metadata.version("explainable-imaging"), (paths.DATA / "maps" / "README.md").is_file())
try:
    import numpy
    print("NumPy is there")
except ModuleNotFoundError:
    print("no NumPy")
"""


@pytest.fixture(scope="module")
def built(root, tmp_path_factory):
    """JupyterLite, with a copy of Pyodide where COURSE_PYODIDE names one."""
    folder = tmp_path_factory.mktemp("site") / "lite"
    if COPY:
        return lite.build(root, folder, Path(COPY, "pyodide"), sorted(Path(COPY, "wheels").glob("*.whl")))
    return lite.build(root, folder)


def _json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_exercises_of_all_lessons_and_two_whole_lessons_are_in_it(built):
    names = sorted(path.name for path in (built / "files").iterdir())
    assert names == sorted(
        ["01_data_exploration.ipynb", "07_audit.ipynb", *(f"{n}_exercises.ipynb" for n in NUMBERS)]
    )
    assert sorted(one["name"] for one in _json(built / "api" / "contents" / "all.json")["content"]) == names
    for path in (built / "files").iterdir():
        notebook = nbformat.read(path, 4)
        assert notebook.metadata.kernelspec.name == "python"
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert 'await piplite.install("explainable-imaging", deps=False)' in first.source
        assert "content delivery network" in notebook.cells[0].source
        assert not [cell for cell in notebook.cells if cell.get("outputs") or "BEGIN SOLUTION" in cell.source]
        assert not [cell for cell in notebook.cells if "google.colab" in cell.source]


def test_whole_lessons_ask_for_what_they_import(built):
    for name in ("01_data_exploration", "07_audit"):
        cells = nbformat.read(built / "files" / f"{name}.ipynb", 4).cells
        assert all(f'"{package}"' in cells[1].source for package in ("pydicom", "pooch", "scikit-learn"))
        assert not [cell for cell in cells if "helpers.deep" in cell.source or "keras" in cell.source.split()]


def test_the_wheel_of_the_course_is_in_it_with_its_data_and_needs_no_network(built):
    index = _json(built / "pypi" / "all.json")["explainable-imaging"]["releases"]
    ((release,),) = index.values()
    wheel = built / "pypi" / release["filename"]
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == release["digests"]["sha256"]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA")]
    assert {"helpers/data/maps/chest_phantom.npz", "helpers/data/results/01.real.json"} <= set(names)
    wanted = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    deep = [line for line in wanted if line.split()[1].startswith(("keras", "tensorflow"))]
    assert deep and all("extra ==" in line for line in deep)
    settings = _json(built / "jupyter-lite.json")["jupyter-config-data"]["litePluginSettings"]
    assert any("./pypi/all.json" in url for url in settings[f"{lite.KERNEL}:kernel"]["pipliteUrls"])


def test_nothing_else_of_this_machine_is_in_it(built, root):
    extensions = _json(built / "jupyter-lite.json")["jupyter-config-data"]["federated_extensions"]
    assert [one["name"] for one in extensions] == [lite.KERNEL]
    heaviest = sum(path.stat().st_size for path in built.rglob("*") if "pyodide" not in path.parts)
    assert heaviest < 30_000_000
    for path in built.rglob("*"):
        if path.suffix in (".json", ".ipynb", ".html"):
            assert str(root) not in path.read_text(encoding="utf-8"), path


def test_what_fails_is_told(tmp_path):
    with pytest.raises(project.CourseError, match="the wheel could not be built:\n.*nowhere"):
        lite._run("the wheel", ["python3", "nowhere.py"], tmp_path)


@pytest.fixture(scope="module")
def page(built):
    """A page in a headless Chromium, the system's; the site comes from this machine, and nothing else can be had."""
    reason = "JUPYTERLITE IS NOT TESTED IN A BROWSER: {} is missing"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason.format("Playwright"))
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        pytest.skip(reason.format("Chromium"))
    handler = functools.partial(_Quiet, directory=built.parent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(executable_path=executable, args=OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.address, page.missing = f"http://127.0.0.1:{server.server_port}/lite", []
        page.on("requestfailed", lambda request: _note(page.missing, request))
        yield page
        browser.close()
    server.shutdown()


def _note(missing, request):
    """A file that is not there; what a further page has cut off is none."""
    if request.failure != "net::ERR_ABORTED":
        missing.append(request.url)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json",
                      ".html": "text/html", ".css": "text/css", "": "application/octet-stream"}  # fmt: skip

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("name", ["01_exercises", "07_audit"])
def test_a_notebook_opens_in_the_browser(page, name):
    page.goto(f"{page.address}/notebooks/index.html?path={name}.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-MarkdownOutput h1")
    assert page.inner_text(".jp-Notebook h1").startswith(f"{name[:2]} ")
    page.wait_for_selector("text=Python (Pyodide)")
    assert [url for url in page.missing if url.startswith(page.address) and "/pyodide/" not in url] == []


@pytest.mark.skipif(
    not COPY,
    reason="NO PYTHON RAN IN THE BROWSER: COURSE_PYODIDE is not set to a copy of Pyodide. Make one (npm, and the index of "
    "Python packages): python tests/course/site/pyodide_copy.py FOLDER",
)
def test_python_starts_in_the_browser_and_installs_the_course(built, page):
    settings = built / "jupyter-lite.json"
    changed = _json(settings)
    changed["jupyter-config-data"]["exposeAppInBrowser"] = True  # for the script below
    settings.write_text(json.dumps(changed), encoding="utf-8")
    page.goto(f"{page.address}/notebooks/index.html?path=02_exercises.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-MarkdownOutput h1")
    page.evaluate(
        """code => {
            const notebook = [...window.jupyterapp.shell.widgets("main")][0];
            window.tried = notebook.model.sharedModel.insertCell(0, {cell_type: "code", source: code});
            notebook.content.activeCellIndex = 0;
            notebook.content.deselectAll();
            notebook.sessionContext.ready.then(() => window.jupyterapp.commands.execute("notebook:run-cell"));
        }""",
        TRY,
    )
    page.wait_for_function("() => window.tried.execution_count && window.tried.executionState === 'idle'")
    outputs = page.evaluate("() => window.tried.getOutputs()")
    text = "".join(output.get("text", output.get("evalue", "")) for output in outputs)
    assert text.splitlines()[0] == "emscripten 0.1.0 True", text
    if "no NumPy" in text:
        warnings.warn(
            "NOT TRIED IN THE BROWSER: the exercises themselves. Pyodide's NumPy, SciPy, pandas, scikit-learn, Matplotlib and "
            "statsmodels come from a content delivery network that cannot be reached from here.",
            stacklevel=1,
        )
