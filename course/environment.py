"""Set up `.venv` from `requirements.lock`, once, and run the command inside it. Standard library only.

The environment is redone when the *content* of the lock, the checkout's place or the Python version changes, not when
a time does. Two commands at once wait for each other. Where the course is already installed in the running interpreter
(conda, Colab, a maintainer's own environment), that interpreter is used as it is.
"""

import ast
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time

DISTRIBUTION = "explainable-imaging"
STAMP = "course-stamp.txt"
OLDEST_GLIBC = (2, 28)
LONGEST_ROOT = 71  # characters; on Windows a path has 259 at most, and TensorFlow's longest need the others


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
        check_machine(root)
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


def check_machine(root):
    """Say so, before anything is fetched, where the packages are not made for this machine or the folder lies too deep."""
    if lacking := unsupported(sysconfig.get_platform(), platform.machine(), *platform.libc_ver()):
        sys.exit(
            "The course's packages, TensorFlow among them, are not made for {}. Open the notebooks in Colab by their "
            "badges, or take a machine with Linux (x86_64 or arm64, glibc 2.28 or newer), Windows (x86_64) or macOS 12 "
            "or newer (Apple silicon).".format(lacking)
        )
    if os.name == "nt" and len(str(root)) > LONGEST_ROOT and not long_paths():
        sys.exit(
            "{} is {} characters long; at most {} leave room for the packages' own paths on Windows. Move the course to "
            "a folder with a shorter name such as C:\\course, or have an administrator enable long paths "
            "(LongPathsEnabled).".format(root, len(str(root)), LONGEST_ROOT)
        )


def unsupported(system, machine, libc, libc_version):
    """What this machine is, in words, if some pinned package has no wheel for it; else None.

    system : as of `sysconfig.get_platform()`, such as "win-amd64". machine : as of `platform.machine()`.
    libc, libc_version : as of `platform.libc_ver()`; ("", "") where it is not glibc.
    """
    name, *_, architecture = system.replace("win32", "win-32").split("-")
    architecture = machine.lower() if architecture == "universal2" else architecture
    if name == "win" and architecture != "amd64":
        return "Windows on ARM" if architecture.startswith("arm") else "a 32-bit Python on Windows"
    if name == "macosx" and architecture != "arm64":
        return "Macs with Intel processors, nor for a Python that was made for those"
    if name == "linux":
        if architecture not in ("x86_64", "aarch64"):
            return "Linux on {}".format(architecture)
        if libc != "glibc":
            return "Linux without glibc, such as Alpine"
        if tuple(map(int, libc_version.split(".")[:2])) < OLDEST_GLIBC:
            return "Linux with glibc {}".format(libc_version)
    return None


def long_paths():
    """May paths on this Windows be longer than 259 characters?"""
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return winreg.QueryValueEx(key, "LongPathsEnabled")[0] == 1
    except FileNotFoundError:  # an old Windows has no such setting
        return False


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
    install, variables = installer(python)
    remedy = (
        "Could not install the packages. Is a registry of Python packages reachable? Connect this machine to the "
        "internet, or set pip's index-url to a mirror of yours. Then run the command again: what was fetched is kept."
    )
    watch(install + ["-r", str(root / "requirements.lock")], "packages", pinned(root), remedy, variables)
    # setuptools, which builds the course, is among the pinned packages: nothing needs to be fetched.
    watch(install + ["--no-build-isolation", "-e", str(root)], "course", 1, remedy, variables)
    print("  compiling what the lessons import", flush=True)
    compile_imports(python, root)
    (venv / STAMP).write_text(fingerprint(root) + "\n", encoding="utf-8")


def installer(python):
    """The command that installs into an environment, uv where it is there (and COURSE_UV is not 0) and otherwise pip; and
    its environment variables."""
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    uv = shutil.which("uv") if os.environ.get("COURSE_UV") != "0" else None
    if not uv:
        return pip + ["install", "--no-compile", "--no-deps", "--progress-bar", "off"], dict(os.environ)
    listed = subprocess.run(
        pip + ["config", "list"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True
    )
    options, variables = uv_settings(listed.stdout, os.environ)
    command = [uv, "pip", "install", "--python", str(python), "--no-deps"] + options
    return command + ([] if keeps(uv, variables) else ["--no-cache"]), variables


# What pip calls a setting -> the variable by which uv takes it, and what stands between several values.
UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}


def uv_settings(listed, environment):
    """What `pip config list` says of registries, for uv, which does not read pip's settings: options of the command line,
    and environment variables. Variables that are set already stay."""
    variables, settings = dict(environment), {}
    for section in ("global", "install", ":env:"):  # the later counts more, as in pip
        for name, value in re.findall(r"(?m)^{}\.([a-z-]+)=(.+)$".format(section), listed):
            settings[name] = ast.literal_eval(value)
    for name, (variable, between) in UV_VARIABLES.items():
        if settings.get(name):
            variables.setdefault(variable, between.join(settings[name].split()))
    if settings.get("extra-index-url"):  # pip looks in all of them
        variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    no_index = settings.get("no-index", "0").lower() in ("1", "true", "yes", "on")
    return ["--no-index"] * no_index, variables


def keeps(uv, variables):
    """Can uv keep what it fetches? Not where the home folder cannot be written."""
    said = subprocess.run(
        [uv, "cache", "dir"],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
    )
    try:
        os.makedirs(said.stdout.strip(), exist_ok=True)
        tempfile.TemporaryFile(dir=said.stdout.strip()).close()
    except OSError:
        return False
    return True


def same_version(python):
    """Is this interpreter of the version that is running now?"""
    code = "import sys; sys.exit(list(sys.version_info[:2]) != {})".format(list(sys.version_info[:2]))
    return python.exists() and subprocess.call([str(python), "-c", code]) == 0


def pinned(root):
    """How many packages the lock names."""
    return len(
        re.findall(r"(?m)^[A-Za-z0-9][^=\s]*==", (root / "requirements.lock").read_text(encoding="utf-8"))
    )


def watch(command, what, total, remedy, variables):
    """Run pip or uv, turning its chatter into one line that moves every second (every 15 s where the output is no
    terminal); keep its words for the case that it fails."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, env=variables
    )
    said, terminal, ended, start = [""], sys.stdout.isatty(), threading.Event(), time.monotonic()

    def show():
        while not ended.wait(1 if terminal else 15):
            seen = sum(line.lstrip().startswith(PACKAGE_BEGINS) for line in said)
            text = "  {:3.0f} s  {}{}".format(
                time.monotonic() - start,
                "[{}/{}] ".format(seen, total) if seen else "",
                next((line.strip() for line in reversed(said) if not line.startswith("WARNING")), ""),
            )
            print(
                "\r{:<78.78}".format(text) if terminal else text[:78],
                end="" if terminal else "\n",
                flush=True,
            )

    clock = threading.Thread(target=show, daemon=True)
    clock.start()
    try:
        for line in process.stdout:
            said.append(line)
    finally:
        ended.set()
        clock.join()
    if process.wait():
        sys.exit("".join(said[-8:]) + "\n" + remedy)
    text = "  {} installed in {:.0f} s".format(what, time.monotonic() - start)
    print("\r{:<78}".format(text) if terminal else text, flush=True)


PACKAGE_BEGINS = (
    "Collecting ",
    "Processing ",
    "Requirement already satisfied: ",
    "Obtaining ",
)  # pip's words


# What is compiled at set-up, in two processes at once: all of helpers, and what runs and shows notebooks.
WALK = """
import importlib, pkgutil, helpers, statsmodels.stats.multitest
for module in pkgutil.walk_packages(helpers.__path__, "helpers."):
    importlib.import_module(module.name)
"""
TOOLS = "import ipykernel.kernelapp, ipywidgets, jupyterlab.labapp, jupytext, nbgrader.preprocessors, papermill, pytest"


def compile_imports(python, root):
    """Write the bytecode of what the lessons import, by importing it: the rest is compiled when it is first imported.

    What cannot be imported here says so where it is used.
    """
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [
        subprocess.Popen([str(python), "-c", code], cwd=str(root), env=variables, **quiet)
        for code in (WALK, TOOLS)
    ]
    for process in running:
        process.wait()


def check_call(command, remedy):
    if subprocess.call(command):
        sys.exit(remedy)
