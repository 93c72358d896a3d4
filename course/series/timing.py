"""How long cells took last time: it makes the bar's estimate honest from the second run on."""

import json
import time

from tqdm import tqdm

from course.project import write_whole


class Timing:
    """Times of the cells of a series, kept in a file.

    path : of the file. notebooks : of the lessons to run. key : of runs that take alike long, such as "phantom.quick".
    """

    def __init__(self, path, notebooks, key):
        self.path, self.key, self.known = path, key, _known(path)
        self.cells = [cell for notebook in notebooks for cell in notebook.cells if _runs(cell)]
        self.last = time.perf_counter()
        self.seen = {}

    def weight(self, cell):
        """Seconds the cell took last time (1 if unknown); notes how long it took now."""
        now = time.perf_counter()
        self.seen[cell.id], self.last = round(now - self.last, 3), now
        return self.expected(cell.id)

    def expected(self, cell_id):
        """Seconds that the cell took last time, 1 if unknown."""
        return self.known.get(self.key, {}).get(cell_id, 1.0)

    def bar(self):
        """A progress bar over all cells, weighed by their times."""
        total = sum(self.expected(cell.id) for cell in self.cells)
        shape = "{desc:<24} {percentage:3.0f}% |{bar:30}| {elapsed} gone, about {remaining} to go"
        return tqdm(total=total, bar_format=shape, disable=None, leave=False)

    def save(self):
        """Keep the times for the next run."""
        self.known[self.key] = self.known.get(self.key, {}) | self.seen
        write_whole(self.path, json.dumps(self.known, indent=0))


def _runs(cell):
    return cell.cell_type == "code" and cell.source.strip()


def _known(path):
    """Times of earlier runs: key -> cell id -> seconds; empty where the file is missing or damaged."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {key: {cell: float(took) for cell, took in times.items()} for key, times in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
