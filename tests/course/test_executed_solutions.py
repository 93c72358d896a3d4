"""Executed solutions are repeated when something they depend on has changed, and not otherwise."""

import re
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def repeated(project, root):
    """Run pytest on the solutions of a copy of the tiny project: (passed, failed, not repeated)."""
    shutil.copy(root / "conftest.py", project)
    (project / "requirements.lock").write_text("numpy==2.0\n", encoding="utf-8")
    (project / "helpers").symlink_to(root / "helpers")

    def run(*options):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--nbval-lax",
            "-p",
            "no:cacheprovider",
            "solutions",
            *options,
        ]
        said = subprocess.run(command, cwd=project, capture_output=True, text=True).stdout
        counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|deselected)", said)}
        return tuple(counts.get(word, 0) for word in ("passed", "failed", "deselected"))

    return run


def test_what_has_passed_is_repeated_only_after_a_change(project, repeated):
    cells, _, _ = repeated()
    assert cells >= 8
    assert repeated() == (0, 0, cells)
    (project / "requirements.lock").write_text("numpy==2.1\n", encoding="utf-8")
    assert repeated("-n", "2", "--dist", "loadfile")[:2] == (cells, 0), "with workers as well"
    assert repeated() == (0, 0, cells)
    solution = project / "solutions" / "01_tiny.ipynb"
    solution.write_text(
        solution.read_text(encoding="utf-8").replace("2 * SEED", "2 * SEED + 0 * undefined"), encoding="utf-8"
    )
    passed, failed, left = repeated()
    assert failed and not left
    assert repeated() == (passed, failed, 0), "what failed is repeated"
