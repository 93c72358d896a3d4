"""Set up `.venv` from `requirements.lock`, once, and run the command inside it. Standard library only.

The environment is redone when the *content* of the lock, the checkout's place or the Python version changes, not when
a time does. Two commands at once wait for each other. Where the course is already installed in the running interpreter
(conda, Colab, a maintainer's own environment), that interpreter is used as it is.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from course import installing, machine

DISTRIBUTION = "explainable-imaging"
STAMP = "course-stamp.txt"


def ensure(root, needs=()):
    """Return when the running interpreter can run the command; otherwise set up `.venv` and restart in it.

    needs : names of all that the command imports, where that is less than the course; if they are there, they do.
    """
    if needs and all(importlib.util.find_spec(name) for name in needs):
        return
    venv = root / ".venv"
    inside_venv = pathlib.Path(sys.prefix).resolve() == venv.resolve()
    if not inside_venv and is_installed():
        return
    if not is_current(root, venv):
        machine.check(root)
        check_writable(root)
        with only_one(root / ".venv.lock"):
            if not is_current(root, venv):  # unless another command has just made it
                set_up(root, venv)
    elif inside_venv:
        return
    raise SystemExit(subprocess.call([str(interpreter(venv)), "-m", "course"] + sys.argv[1:]))


def is_installed():
    """Is the course, with its tools, installed in the interpreter that is running now?"""
    try:
        importlib.metadata.distribution(DISTRIBUTION)
        importlib.metadata.distribution("papermill")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def interpreter(venv):
    """The Python inside a virtual environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def fingerprint(root):
    """What an environment depends on: the lock's content, the place that the course is installed from, and the Python."""
    digest = hashlib.sha256("{}.{} {}".format(*sys.version_info[:2], root.resolve()).encode())
    digest.update((root / "requirements.lock").read_bytes())
    return digest.hexdigest()


def is_current(root, venv):
    """Does `.venv` hold what the lock says? A set-up that was cut short has no stamp."""
    stamp = venv / STAMP
    return (
        interpreter(venv).exists()
        and stamp.is_file()
        and stamp.read_text(encoding="utf-8").strip() == fingerprint(root)
    )


def check_writable(root):
    """Say so, before anything is fetched, where `.venv` cannot be written."""
    try:
        handle, name = tempfile.mkstemp(prefix=".venv.", dir=str(root))
    except OSError as error:
        sys.exit(
            "{} cannot be written ({}). Copy the course to a folder of your own, and run the command there.".format(
                root, error.strerror
            )
        )
    os.close(handle)
    os.unlink(name)


@contextlib.contextmanager
def only_one(path):
    """Hold a lock file; wait while another process holds it. The system lets go of it when a process ends."""
    with open(str(path), "a+", encoding="utf-8") as file:
        try:
            _lock(file, wait=False)
        except OSError:
            print("Another command is setting up .venv: waiting for it", flush=True)
            _lock(file, wait=True)
        yield


def _lock(file, wait):
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        while True:
            try:
                return msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    raise
                time.sleep(1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def set_up(root, venv):
    """Create or refresh `.venv`: pinned packages, the course itself (editable), bytecode of what it imports."""
    base = (
        getattr(sys, "_base_executable", None) or sys.executable
    )  # not .venv's own, which is to be replaced
    python = interpreter(venv)
    if not (
        (venv / STAMP).is_file() and same_version(python)
    ):  # new, cut short, or of another Python: start clean
        print("Setting up .venv (once; some minutes, about 3 GB on disk)", flush=True)
        remedy = "Could not create .venv. On Debian and Ubuntu, install it first: apt install python3-venv"
        check_call([base, "-m", "venv", "--clear", str(venv)], remedy)
    else:
        print("requirements.lock or the place of the course has changed: refreshing .venv", flush=True)
        (venv / STAMP).unlink()
    install, variables = installing.installer(python)
    remedy = (
        "Could not install the packages. Is a registry of Python packages reachable? Connect this machine to the "
        "internet, or set pip's index-url to a mirror of yours. Then run the command again: what was fetched is kept."
    )
    installing.watch(
        install + ["-r", str(root / "requirements.lock")], "packages", pinned(root), remedy, variables
    )
    # setuptools, which builds the course, is among the pinned packages: nothing needs to be fetched.
    installing.watch(install + ["--no-build-isolation", "-e", str(root)], "course", 1, remedy, variables)
    print("  compiling what the lessons import", flush=True)
    installing.compile_imports(python, root)
    (venv / STAMP).write_text(fingerprint(root) + "\n", encoding="utf-8")


def same_version(python):
    """Is this interpreter of the version that is running now?"""
    code = "import sys; sys.exit(list(sys.version_info[:2]) != {})".format(list(sys.version_info[:2]))
    return python.exists() and subprocess.call([str(python), "-c", code]) == 0


def pinned(root):
    """How many packages the lock names."""
    return len(
        re.findall(r"(?m)^[A-Za-z0-9][^=\s]*==", (root / "requirements.lock").read_text(encoding="utf-8"))
    )


def check_call(command, remedy):
    if subprocess.call(command):
        sys.exit(remedy)
