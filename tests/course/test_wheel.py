"""The wheel alone, without the clone: what the lessons read from data/ is in it and is found."""

import os
import subprocess
import sys
import zipfile

import pytest

PROBE = """
import sys
from pathlib import Path
from unittest import mock
sys.modules["helpers.deep"] = mock.MagicMock()  # no network is built here: without TensorFlow, which takes most of the time
from helpers import datasets, paths, results
from helpers.datasets.downloads import registry
from helpers.models import weights
assert paths.DATA.is_relative_to(Path({site!r})), paths.DATA
cohort = datasets.load("kidney_ct", n_images=96, slices_per_patient=4, size=24)
assert Path(cohort.card).read_text(encoding="utf-8").startswith("#")
assert results.recorded("01") and registry.REGISTRY.is_file()
assert all(path.stat().st_size > 1e6 for path in weights.COURSE.values())
print(len(list((paths.DATA / "published").glob("*.csv"))), "published tables")
"""


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """Built from what git knows of the tree, in a folder of its own."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    names = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        if name.startswith(("course/", "helpers/", "data/")) or "/" not in name:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((root / name).read_bytes())
    code = "from setuptools import build_meta; import sys; build_meta.build_wheel(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, folder], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_all_of_data_and_every_page_and_style(wheel, root):
    inside = set(zipfile.ZipFile(wheel).namelist())
    known = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    wanted = [f"helpers/{name}" for name in known.splitlines() if name.startswith("data/")]
    wanted += [name for name in known.splitlines() if name.startswith(("course/", "helpers/"))]
    assert wanted and not set(wanted) - inside


def test_without_the_clone_cards_registry_figures_weights_and_tables_are_found(wheel, root, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables |= {"PYTHONPATH": str(tmp_path / "site"), "COURSE_CACHE": str(tmp_path / "cache")}
    code = PROBE.format(site=str(tmp_path / "site"))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(list((root / 'data' / 'published').glob('*.csv')))} published tables\n"
