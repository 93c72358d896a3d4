"""What needs Keras and TensorFlow, by name; everything else is imported where they are not installed, as in a browser."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from helpers.deep import MISSING

ROOT = Path(__file__).resolve().parents[2]
# Modules and packages that build, train or look into networks; what lies below a package counts with it.
DEEP = {
    "helpers.cross_validation",
    "helpers.deep",
    "helpers.gradcam",
    "helpers.imbalance.losses",
    "helpers.models",
    "helpers.training",
}
# Packages of the course that Pyodide does not bring with NumPy, SciPy, pandas, scikit-learn, Matplotlib, seaborn and statsmodels.
OTHERS = ("h5py", "imblearn", "ipywidgets", "platformdirs", "pooch", "pydicom", "requests", "tqdm")
IMPORT_ALL = """
import importlib, json, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
import helpers

told, tried = {{}}, 0
def walk(package):
    global tried
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        tried += 1
        try:
            module = importlib.import_module(found.name)
        except ImportError as error:
            told[found.name] = str(error)
        else:
            if found.ispkg:
                walk(module)
walk(helpers)
print(json.dumps([told, tried, sorted({{"keras", "tensorflow"}} & set(sys.modules))]))
"""


def _imported(blocked):
    """Module -> the error of its import, with the packages `blocked`; how many were tried; which deep ones were loaded."""
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL.format(blocked=tuple(blocked))],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_only_networks_need_keras_and_say_in_one_sentence_what_to_install():
    told, tried, loaded = _imported(["keras", "tensorflow"])
    assert set(told) == DEEP
    assert set(told.values()) == {MISSING}
    assert "pip install 'explainable-imaging[deep]'" in MISSING and MISSING.count(". ") == 0
    assert tried > 150 and loaded == []


def test_keras_without_tensorflow_is_told_in_the_same_sentence():
    code = "import sys; sys.modules['tensorflow'] = None\nimport helpers.deep"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 1 and run.stderr.strip().splitlines()[-1] == f"ImportError: {MISSING}"


def test_with_what_a_browser_has_checks_audits_and_statistics_are_imported():
    """Pictures in files, DICOM and widgets want packages of their own; no exercise does."""
    told, *_ = _imported(["keras", "tensorflow", *OTHERS])
    assert set(told) - DEEP == {"helpers.datasets", "helpers.plots.browsing"}


def test_what_is_deep_is_named_as_such():
    """A module that imports `helpers.deep` when it is imported itself lies within DEEP."""
    users = set()
    for path in (ROOT / "helpers").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module == "helpers.deep":
                users.add(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert len(users) > 20
    assert {
        user for user in users if not any(user == deep or user.startswith(f"{deep}.") for deep in DEEP)
    } == set()
