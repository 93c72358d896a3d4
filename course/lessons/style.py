"""Is the code formatted, and free of what ruff finds? The rules stand in pyproject.toml."""

import subprocess
import sys
import tomllib


def check_style(root):
    """Sentences that name the files and the remedy; none for a project without rules."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    if "ruff" not in settings.get("tool", {}):
        return []
    told = _ruff(root, "check", "--quiet")
    problems = [f"{line} Mend it, or run `python -m ruff check --fix`." for line in told if ": " in line]
    files = [line.split(":")[0] for line in _ruff(root, "format", "--check") if ": unformatted" in line]
    problems += [f"{file}: is not formatted. Run `python -m ruff format`." for file in dict.fromkeys(files)]
    return problems


def _ruff(root, *arguments):
    """Lines that ruff prints."""
    command = [sys.executable, "-m", "ruff", *arguments, "--output-format", "concise"]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, encoding="utf-8"
    ).stdout.splitlines()
