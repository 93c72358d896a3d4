"""How long the count of confusion matrices takes, and where it ends with "not decided".

Random reports with two decimals are printed, and all matrices that fit are counted. "counted": the search ran to its end;
"found": a matrix was found at least (the report is possible). The unit of time is `import keras` on
the same machine, processor time in a fresh Python, so that the figures can be compared between machines. Run by `make bench`; exit code 1 if a
report of four classes and 2,000 images takes two units or more at the median.
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from helpers import audit, seeds
from helpers.audit.power import printed_numbers, random_margins
from helpers.audit.printed import COLUMNS, decimals_by_name

REPORTS, WANTED = 15, 2.0
# classes, images, columns, averages
SHAPES = [
    (2, 624, COLUMNS, ()),
    (4, 2_000, COLUMNS, ()),
    (4, 2_000, COLUMNS, ("macro", "weighted")),
    (4, 2_000, ("recall",), ()),
    (6, 2_000, COLUMNS, ("macro", "weighted")),
    (4, 12_446, COLUMNS, ()),
    (4, 12_446, COLUMNS, ("macro", "weighted")),
    (4, 50_000, COLUMNS, ()),
    (10, 10_000, COLUMNS, ()),
    (4, 2_000, ("f1",), ()),
]


def unit():
    """Processor seconds of `import keras`, the median of three."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-c", "import helpers.deep, keras"]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return statistics.median(times)


def report(k, n, columns, averages, seed):
    """A random report as it is printed: arguments of `confusion_from_report`."""
    rng, decimals = seeds.generator(seed, k, n), decimals_by_name(2)
    support = rng.multinomial(n, rng.dirichlet(np.full(k, 5)))
    table = printed_numbers(*random_margins(support, rng), support, decimals, "half even")
    rows = {name: [table[name, i] for i in range(k)] for name in columns}
    means = {averaging: {name: table[averaging, name] for name in COLUMNS} for averaging in averages}
    return rows | {"support": support, "averages": means}


def main():
    keras = unit()
    print(f"unit: import keras, {keras:.2f} s of processor time\n")
    print(
        f"{'classes':>7} {'images':>7}  {'printed':34} {'median':>8} {'worst':>8}  {'counted':>7}  {'found':>6}  matrices, median"
    )
    slow = False
    for k, n, columns, averages in SHAPES:
        times, counted, numbers = [], 0, []
        for seed in range(REPORTS):
            asked = report(k, n, columns, averages, seed)
            start = time.process_time()
            fits = audit.confusion_from_report(**asked)
            times.append((time.process_time() - start) / keras)
            counted += fits.complete
            numbers.append(fits.count)
        median = statistics.median(times)
        slow |= (k, n) == (4, 2_000) and columns == COLUMNS and median >= WANTED
        printed = ", ".join((*columns, *averages))
        shares = [f"{number}/{REPORTS}" for number in (counted, sum(map(bool, numbers)))]
        print(
            f"{k:7} {n:7}  {printed:34} {median:8.3f} {max(times):8.3f}  {shares[0]:>7}  {shares[1]:>6}  "
            f"{float(statistics.median(numbers)):.3g}",
            flush=True,
        )
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
