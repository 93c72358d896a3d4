"""Commands around the course: test, lab, bench, lock, setup."""

import subprocess
import sys

LOCK = (
    "-m uv pip compile pyproject.toml --all-extras --universal --upgrade --python-version 3.11 --fork-strategy fewest "
    "--no-emit-index-url --quiet --custom-compile-command"
).split() + ["make lock", "-o", "requirements.lock"]


def add_commands(commands):
    """Add this room's commands to the command line."""
    for do, name, text in (
        (test, "test", "run the test suite; further arguments go to pytest, such as: tests/helpers -x"),
        (lab, "lab", "open JupyterLab on the student notebooks"),
        (bench, "bench", "run the benchmarks, side by side"),
        (
            lock,
            "lock",
            "pin the newest packages that fit pyproject.toml into requirements.lock (maintainers)",
        ),
        (setup, "setup", "set up .venv, and do nothing else"),
    ):
        commands.add_parser(name, help=text).set_defaults(do=do)


def test(root, options):
    """The whole suite, or what the further arguments say."""
    return _python(root, "-m", "pytest", *options.further)


def lab(root, options):
    """JupyterLab, with this checkout's helpers in its kernels."""
    return _python(root, "-m", "jupyter", "lab", "--notebook-dir", str(root / "notebooks"))


def bench(root, options):
    """Every benchmark; the worst exit code."""
    return max((_python(root, str(path)) for path in sorted((root / "benchmarks").glob("*.py"))), default=0)


def lock(root, options):
    """Pin anew."""
    return _python(root, *LOCK)


def setup(root, options):
    """The environment has been made sure of before."""
    print("The environment is ready.")


def _python(root, *arguments):
    from course import kernels

    return subprocess.call([sys.executable, *arguments], cwd=root, env=kernels.environment(root))
