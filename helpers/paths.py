"""Where the course's own files lie: cards, registry, recorded figures, weights, published tables.

In a clone that is the folder data/ beside helpers/; a wheel brings it inside helpers/. Where there is neither, as in the
grader's sandbox, importing this harms nobody: only who opens a file finds it missing.
"""

from pathlib import Path

_HELPERS = Path(__file__).resolve().parent
_IN_THE_WHEEL = _HELPERS / "data"
DATA = _IN_THE_WHEEL if (_IN_THE_WHEEL / "registry.toml").is_file() else _HELPERS.parent / "data"
