"""A copy of Pyodide for the tests in a browser: python tests/course/site/pyodide_copy.py FOLDER

From npm comes Pyodide's core, and from the index of Python packages what JupyterLite's kernel needs of plain Python. Packages with
compiled code (NumPy, SciPy, pandas ...) are on neither: Pyodide has them on a content delivery network only.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from jupyterlite_pyodide_kernel.constants import PYODIDE_PYTHON_VERSION, PYODIDE_VERSION

KERNEL = ("micropip", "ipython", "packaging", "jedi", "platformdirs")  # of Pyodide's own packages
MORE = ("comm",)  # further ones that the kernel takes from the index


def copy(folder):
    """Fill `folder` with pyodide/ and wheels/; raises where npm or the index of packages cannot be had."""
    pyodide, wheels = folder / "pyodide", folder / "wheels"
    pyodide.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        _call("npm", "pack", "--silent", f"pyodide@{PYODIDE_VERSION}", cwd=scratch)
        (packed,) = Path(scratch).glob("*.tgz")
        with tarfile.open(packed) as archive:
            archive.extractall(scratch, filter="data")
        for path in Path(scratch, "package").glob("*"):
            if path.suffix in (".js", ".mjs", ".wasm", ".zip", ".json"):
                shutil.copy(path, pyodide)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    for name in _closure(lock["packages"], KERNEL):
        package = lock["packages"][name]
        _download(f"{name}=={package['version']}", pyodide)
        package["sha256"] = hashlib.sha256((pyodide / package["file_name"]).read_bytes()).hexdigest()
    (pyodide / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    for name in MORE:
        _download(name, wheels)


def _closure(packages, names):
    found, open_ = [], list(names)
    while open_:
        name = re.sub("[-_.]+", "-", open_.pop()).lower()
        if name not in found:
            found.append(name)
            open_ += packages[name]["depends"]
    return found


def _download(requirement, folder):
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version", PYODIDE_PYTHON_VERSION]
    _call(sys.executable, "-m", "pip", "download", *options, "-d", str(folder), requirement)


def _call(*command, cwd=None):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    copy(Path(sys.argv[1]))
