"""Install packages into an environment with uv or pip, in sight, and compile what the lessons import. Standard library only."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

# What pip calls a setting -> the variable by which uv takes it, and what stands between several values.
UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}
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
