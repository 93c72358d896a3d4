"""Commands around the course: test, test-all, lock, setup, address."""

import os
import subprocess
import sys
import tomllib

LOCK = (
    "-m uv pip compile pyproject.toml --universal --upgrade --python-version 3.11 --fork-strategy fewest "
    "--no-emit-index-url --quiet --custom-compile-command"
).split() + ["make lock", "-o", "requirements.lock"]


def add_commands(commands):
    """Add this room's commands to the command line."""
    for do, name, text in (
        (test, "test", "run the test suite; further arguments go to pytest, such as: tests/helpers -x"),
        (test_all, "test-all", "the same, and repeat the executed solutions that have passed before"),
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
ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)
MOST_WORKERS = 4  # a worker and its kernel take about 2 GB


def test(root, options):
    """The whole suite, files side by side; or what the further arguments say."""
    return _python(root, "-m", "pytest", *options.further) if options.further else _suite(root)


def test_all(root, options):
    """The whole suite, every executed solution again, and new random examples in property tests."""
    (root / "build" / "solutions-passed.json").unlink(missing_ok=True)
    return _suite(root, "--hypothesis-profile=default")


def _suite(root, *further):
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    spread = ("-n", str(workers), "--dist", "loadfile")
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
