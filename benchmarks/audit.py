"""How long the count of confusion matrices takes, and where it ends with "not decided".

Random reports with two decimals are printed, and all matrices that fit are counted. "counted": the search ran to its end;
"found": a matrix was found at least (the report is possible). The unit of time is `import keras` on the same machine,
processor time in a fresh Python, so that the figures can be compared between machines; a report of four classes and 2,000
images should take less than two units at the median. The short form counts such reports only.
"""

import statistics
import time

import numpy as np

from course.bench import measure, table
from helpers import audit, seeds
from helpers.audit.power import printed_numbers, random_margins
from helpers.audit.printed import COLUMNS, decimals_by_name

REPORTS, WANTED = 15, 2.0
# classes, images, columns, averages; the first is what the goal is for
SHAPES = [
    (4, 2_000, COLUMNS, ()),
    (4, 2_000, COLUMNS, ("macro", "weighted")),
    (2, 624, COLUMNS, ()),
    (4, 2_000, ("recall",), ()),
    (6, 2_000, COLUMNS, ("macro", "weighted")),
    (4, 12_446, COLUMNS, ()),
    (4, 12_446, COLUMNS, ("macro", "weighted")),
    (4, 50_000, COLUMNS, ()),
    (10, 10_000, COLUMNS, ()),
    (4, 2_000, ("f1",), ()),
]


def report(k, n, columns, averages, seed):
    """A random report as it is printed: arguments of `confusion_from_report`."""
    rng, decimals = seeds.generator(seed, k, n), decimals_by_name(2)
    support = rng.multinomial(n, rng.dirichlet(np.full(k, 5)))
    printed = printed_numbers(*random_margins(support, rng), support, decimals, "half even")
    classes = {name: [printed[name, i] for i in range(k)] for name in columns}
    means = {averaging: {name: printed[averaging, name] for name in COLUMNS} for averaging in averages}
    return classes | {"support": support, "averages": means}


def rows(long=False):
    """A row for each shape of report."""
    keras = statistics.median(measure.unit() for _ in range(3))
    for k, n, columns, averages in SHAPES if long else SHAPES[:1]:
        times, counted, numbers = [], 0, []
        for seed in range(REPORTS):
            asked = report(k, n, columns, averages, seed)
            start = time.process_time()
            fits = audit.confusion_from_report(**asked)
            times.append(time.process_time() - start)
            counted += fits.complete
            numbers.append(fits.count)
        middle = statistics.median(times)
        goal = {"wanted": f"at most {WANTED:g}", "met": middle < WANTED * keras}
        yield table.Row(
            f"matrices, {k} classes, {n} images, {', '.join((*columns, *averages))}: ours / import keras",
            middle,
            keras,
            "s of processor",
            middle / keras,
            **(goal if (k, n, columns) == (4, 2_000, COLUMNS) else {}),
            note=f"slowest ratio {max(times) / keras:.3g}; of {REPORTS} reports {counted} counted, "
            f"{sum(map(bool, numbers))} found; matrices, median {float(statistics.median(numbers)):.3g}",
        )


if __name__ == "__main__":
    table.main(rows)
