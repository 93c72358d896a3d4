"""Commands around the course: test, test-fast, test-all, lock, setup, address."""

import os
import subprocess
import sys
import tomllib

from course import passed

LOCK = (
    "-m uv pip compile pyproject.toml --universal --upgrade --python-version 3.11 --fork-strategy fewest "
    "--no-emit-index-url --quiet --custom-compile-command"
).split() + ["make lock", "-o", "requirements.lock"]


def add_commands(commands):
    """Add this room's commands to the command line."""
    for do, name, text in (
        (test, "test", "run the test suite; further arguments go to pytest, such as: tests/helpers -x"),
        (test_fast, "test-fast", "what takes minutes: no lesson, no sandbox, no browser, no large network"),
        (test_all, "test-all", "the whole suite, and repeat the runs of lessons that have passed before"),
        (
            lock,
            "lock",
            "pin the newest packages that fit pyproject.toml into requirements.lock (maintainers)",
        ),
        (setup, "setup", "set up .venv, and do nothing else"),
    ):
        commands.add_parser(name, help=text).set_defaults(do=do)
    moved = commands.add_parser(
        "address",
        help="give the repository another address: pyproject.toml, links, badges, Colab's first cell",
    )
    moved.add_argument("url", help="https://github.com/OWNER/NAME")
    moved.set_defaults(do=address)


# Each worker has a core of its own: TensorFlow's threads would only wait for each other.
ONE_THREAD = dict.fromkeys(passed.THREADS, "1")
MOST_WORKERS = 4  # a worker and its kernel take about 2 GB


def test(root, options):
    """The whole suite, files side by side; or what the further arguments say."""
    return _python(root, "-m", "pytest", *options.further) if options.further else _suite(root)


def test_fast(root, options):
    """What is not marked as slow."""
    return _suite(root, "-m", "not slow")


def test_all(root, options):
    """The whole suite, every run of a lesson again, and new random examples in property tests."""
    passed.forget(root)
    return _suite(root, "--hypothesis-profile=default")


def _suite(root, *further):
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    spread = ("-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder")  # see conftest.py
    return _python(root, "-m", "pytest", *spread, *further, variables=ONE_THREAD)


def lock(root, options):
    """Pin anew: all extras but `gpu`, whose libraries of 3 GB few machines can use."""
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    named = [part for extra in extras if extra != "gpu" for part in ("--extra", extra)]
    return _python(root, *LOCK, *named)


def setup(root, options):
    """The environment has been made sure of before."""
    print("The environment is ready.")


def address(root, options):
    """Write another address wherever it stands; no lesson is executed."""
    from course.lessons import address

    address.change(root, options.url)


def _python(root, *arguments, variables=None):
    from course import kernels

    environment = kernels.environment(root) | (variables or {})
    return subprocess.call([sys.executable, *arguments], cwd=root, env=environment)
