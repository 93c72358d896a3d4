"""What has passed here, and what it depended on: a test that runs a whole lesson is not repeated for nothing.

Such a test is a function of its lesson, the helpers that the lesson imports, directly or through others, the data, the
lock and the settings of threads. Once it has passed, it is left out until one of these changes. `build/passed.json` keeps
unit -> digest; a unit is a test, or an executed solution with all its cells. What its networks learned stays in
`build/trainings`, where it is found again by all that it depends on (helpers/training/digests.py). A fresh clone knows
nothing, and repeats everything.
"""

import functools
import hashlib
import json
import os
import shutil
import sys
from modulefinder import ModuleFinder

from course.project import write_whole

COMMON = ("requirements.lock", "data/**/*")  # what every lesson depends on
# Folders of the course's cache, of files whose names tell all that they depend on.
KEPT = ("trainings", "features")
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def _path(root):
    return root / "build" / "passed.json"


def known(root):
    """Unit -> digest of what it depended on when it passed here; empty where nothing is known."""
    try:
        return json.loads(_path(root).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def add(root, units):
    """Keep further units, name -> digest."""
    _path(root).parent.mkdir(exist_ok=True)
    write_whole(_path(root), json.dumps(known(root) | units, indent=1, sort_keys=True) + "\n")


def forget(root):
    """From now on nothing has passed here, and no network has been trained."""
    _path(root).unlink(missing_ok=True)
    for name in KEPT:
        shutil.rmtree(root / "build" / name, ignore_errors=True)


def keep_trainings(root, cache):
    """Let a new, empty cache share what networks learned in earlier runs of the tests, and in those beside it."""
    for name in KEPT:
        (root / "build" / name).mkdir(parents=True, exist_ok=True)
        try:
            (cache / name).symlink_to(root / "build" / name, target_is_directory=True)
        except OSError:  # Windows, where links are a privilege: each run trains for itself
            return


def digest(root, patterns, images=None):
    """What a unit depends on, in hexadecimal digits.

    patterns : of files below `root`, besides those on which every lesson depends; with a lesson come the helpers that it
    imports. images : a folder of real images, of which names and sizes count; None: there are none.
    """
    digest = hashlib.sha256(_common(root).encode())
    files = {path for pattern in patterns for path in root.glob(pattern)}
    lessons = sorted({root / "solutions" / f"{path.stem}.py" for path in files})
    helpers = (file for lesson in lessons for file in _imported(root, lesson))
    for pattern in (*patterns, *helpers):
        _add(digest, root, pattern)
    if images:
        digest.update(_listing(images).encode())
    return digest.hexdigest()


@functools.cache
def _common(root):
    threads = [os.environ.get(name) for name in THREADS]
    digest = hashlib.sha256(f"{sys.version_info[:2]} {threads}".encode())
    for pattern in COMMON:
        _add(digest, root, pattern)
    return digest.hexdigest()


@functools.cache
def _imported(root, script):
    """Files of helpers that a script imports, directly or through others, at its top or within a function."""
    if not script.is_file():
        return ()
    finder = ModuleFinder(path=[str(root)])
    try:
        finder.run_script(str(script))
    except SyntaxError:  # such a lesson has not passed
        return ()
    files = {module.__file__ for name, module in finder.modules.items() if name.split(".")[0] == "helpers"}
    return tuple(sorted(os.path.relpath(file, root) for file in files if file))


@functools.cache
def _listing(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "\n".join(f"{path.relative_to(folder)} {path.stat().st_size}" for path in files)


def _add(digest, root, pattern):
    for path in sorted(root.glob(pattern)):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
