"""Where the course's own files lie: cards, registry, recorded figures, weights."""

from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
