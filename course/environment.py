"""Set up `.venv` from `requirements.lock`, once, and run the command inside it.

Standard library only, and kept to syntax that an old Python can read, so that a newcomer with the wrong
version gets a sentence and not a SyntaxError.

The environment is redone when the *content* of the lock (or the Python version) changes, not when its time
does. Where the course is already installed in the running interpreter (conda, Colab, a maintainer's own
environment), that interpreter is used as it is.
"""

import hashlib
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys

DISTRIBUTION = "explainable-imaging"
OLDEST, NEWEST = (3, 11), (3, 13)
STAMP = "course-stamp.txt"


def require_python():
    """Go on only in a Python that the packages support; otherwise restart in one from the PATH, or say what
    to install."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which("python3.{}".format(minor))
        if found:
            raise SystemExit(subprocess.call([found, "-m", "course"] + sys.argv[1:]))
    sys.exit(
        "The course needs Python {}.{} to {}.{}, and this is Python {}.{}.\n"
        "Install one of them (python.org, or your package manager) and run, say:  python3.12 -m course run".format(
            *(OLDEST + NEWEST + tuple(sys.version_info[:2]))
        )
    )


def ensure(root):
    """Return when the running interpreter can run the course; otherwise set up `.venv` and restart in it."""
    venv = root / ".venv"
    inside_venv = pathlib.Path(sys.prefix).resolve() == venv.resolve()
    if not inside_venv and is_installed():
        return
    python = interpreter(venv)
    if not is_current(root, venv):
        set_up(root, venv)
    elif inside_venv:
        return
    raise SystemExit(subprocess.call([str(python), "-m", "course"] + sys.argv[1:]))


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


def fingerprint(root, version):
    """What an environment depends on: the lock's content and the Python version."""
    digest = hashlib.sha256("{}.{}".format(*version).encode())
    digest.update((root / "requirements.lock").read_bytes())
    return digest.hexdigest()


def is_current(root, venv):
    """Does `.venv` hold what the lock says? A set-up that was cut short has no stamp."""
    stamp = venv / STAMP
    if not stamp.is_file() or not interpreter(venv).exists():
        return False
    version, _, digest = stamp.read_text().partition(" ")
    return digest.strip() == fingerprint(root, tuple(version.split(".")))


def set_up(root, venv):
    """Create or refresh `.venv`: pinned packages, the course itself (editable), bytecode compiled."""
    base = (
        getattr(sys, "_base_executable", None) or sys.executable
    )  # not .venv's own Python, which is to be replaced
    python = interpreter(venv)
    if not (venv / STAMP).is_file():  # new, or cut short: start clean
        print("Setting up .venv (once; some minutes, about 3 GB on disk)", flush=True)
        remedy = "Could not create .venv. On Debian and Ubuntu, install it first: apt install python3-venv"
        check_call([base, "-m", "venv", "--clear", str(venv)], remedy)
    else:
        print("requirements.lock has changed: refreshing .venv", flush=True)
        (venv / STAMP).unlink()
    pip = [str(python), "-m", "pip", "install", "--no-compile", "--no-deps", "--disable-pip-version-check"]
    remedy = "Could not install the packages. Is a registry of Python packages reachable? Run the command again to go on."
    count_lines(pip + ["--progress-bar", "off", "-r", str(root / "requirements.lock")], pinned(root), remedy)
    check_call(pip + ["--quiet", "-e", str(root)], remedy)
    print("  compiling bytecode", flush=True)
    site = next(venv.glob("Lib/site-packages"), None) or next(venv.glob("lib/*/site-packages"))
    # Some packages ship files of other Python versions that do not compile: that is no failure of ours.
    subprocess.call([str(python), "-m", "compileall", "-q", "-j", "0", str(site)], stdout=subprocess.DEVNULL)
    version = (
        subprocess.check_output([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
        .decode()
        .strip()
    )
    (venv / STAMP).write_text("{} {}\n".format(version, fingerprint(root, tuple(version.split(".")))))


def pinned(root):
    """How many packages the lock names."""
    return len(re.findall(r"(?m)^[A-Za-z0-9][^=\s]*==", (root / "requirements.lock").read_text()))


def count_lines(command, total, remedy):
    """Run pip, turning its chatter into one counter; keep its words for the case that it fails."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    said, seen = [], 0
    for line in process.stdout:
        said.append(line)
        found = re.match(
            r"\s*(?:Collecting|Processing|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line
        )
        seen += bool(found)
        if found and sys.stdout.isatty():
            print("\r  [{:3d}/{}] {:<40}".format(seen, total, found.group(1)), end="", flush=True)
        elif line.startswith("Installing collected packages"):
            print("\r  {} packages fetched, installing{:<30}".format(seen, ""), flush=True)
    if process.wait():
        sys.exit("".join(said[-15:]) + "\n" + remedy)


def check_call(command, remedy):
    if subprocess.call(command):
        sys.exit(remedy)
