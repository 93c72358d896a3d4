"""What Colab's image holds: the newest of the dated lists in this folder."""

import re
from pathlib import Path

PYTHON = "3.12"


def canonical(name):
    """A package's name as registries compare it."""
    return re.sub("[-_.]+", "-", name).lower()


def parse(text):
    """Name -> version of a `pip freeze`; what was installed from elsewhere than a registry is left out."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    found = (re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!]+)", line) for line in lines)
    return {canonical(match[1]): match[2] for match in found if match and "+" not in match[2]}


def packages():
    """Name -> version, of the newest list."""
    newest = max(Path(__file__).parent.glob("????-??-??.txt"))
    return parse(newest.read_text(encoding="utf-8"))
