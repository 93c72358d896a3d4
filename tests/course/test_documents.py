"""What the pages of docs/ say can be done, done as they say it."""

import re
import shutil
import subprocess
import sys
import tomllib

import numpy as np
from PIL import Image

from helpers import datasets

# Commands of the course, in one process: what they import takes longer than what they do.
IN_TURN = """
import sys
from course import cli
for command in sys.argv[1:]:
    try:
        cli.main(command.split())
    except SystemExit as end:
        if end.code:
            sys.exit(f"{command}: {end.code}")
"""


def _blocks(root, page):
    return re.findall(r"(?ms)^```python\n(.*?)^```$", (root / "docs" / page).read_text(encoding="utf-8"))


def test_the_first_questions_to_your_own_images_run_as_written(root, tmp_path, capsys):
    """The lookup is near certain where slices are dealt, and not where patients are."""
    cohort = datasets.load("kidney_ct", n_images=360, size=64, seed=3)
    for i, (image, label, patient) in enumerate(zip(cohort.images, cohort.labels, cohort.groups)):
        folder = tmp_path / cohort.class_names[label]
        folder.mkdir(exist_ok=True)
        Image.fromarray(np.uint8(255 * image)).save(folder / f"{patient}-{i}.png")
    (code,) = _blocks(root, "data.md")
    exec(code.replace("FOLDER", str(tmp_path)), {})
    said = capsys.readouterr().out
    dealt = {by: float(share) for by, share in re.findall(r"(\w+) dealt: ([\d.]+)", said)}
    assert dealt["image"] > 0.95 > 0.8 > dealt["group"]


def test_the_citation_follows_the_project(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {project['version']}\n" in citation
    assert f"\nrepository-code: {project['urls']['Repository']}\n" in citation
    assert f"## {project['version']} " in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_page_of_methods_names_modules_that_exist(root):
    named = set(re.findall(r"`helpers\.(\w+)`", (root / "docs" / "methods.md").read_text(encoding="utf-8")))
    assert {"datasets", "gradcam", "audit"} <= named
    paths = {name: (root / "helpers" / name, root / "helpers" / f"{name}.py") for name in named}
    assert [name for name, places in paths.items() if not any(place.exists() for place in places)] == []


def test_the_toy_lesson_of_the_page_on_new_lessons_is_built_run_and_released(root, tmp_path):
    """In a scratch copy, by that page alone."""
    copy = tmp_path / "copy"
    for name in ("course", "helpers", "notebooks", "solutions", "docs", "data"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*root.glob("*.md"), *root.glob("LICENSE*"), *root.glob("*.toml"), *root.glob("requirements.lock"),
                 *root.glob("environment.yml"), *root.glob("*.cff")):  # fmt: skip
        shutil.copy(path, copy)
    source, checks = _blocks(root, "new-lesson.md")
    (copy / "solutions" / "08_toy.py").write_text(source, encoding="utf-8")
    (copy / "helpers" / "checks" / "lesson08.py").write_text(checks, encoding="utf-8")
    commands = (
        "build --only 08",
        "check",
        "run --only 08 --profile smoke",
        "release 08 --output release --unsafe-no-sandbox",
        "progress",
    )
    done = subprocess.run(
        [sys.executable, "-c", IN_TURN, *commands], cwd=copy, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert re.search(r"08 Toy +0 of 2 ", done.stdout)
    assert (copy / "build" / "run" / "index.html").is_file() and (copy / "solutions" / "08_toy.png").is_file()
