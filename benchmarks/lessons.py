"""Each lesson by itself, in the quick profile, in units of `import keras`, with its peak memory.

Both are processor time in user mode. The first run of a lesson finds an empty cache. The long form runs it three times more and
gives the median: trained networks and features of frozen ones are in the cache then, as when a student comes back to a lesson.
A lesson's unit is the median of every `import keras` just before and just after its runs. Memory is the largest resident set:
that of the notebook's kernel.
"""

import subprocess
import tempfile
from pathlib import Path
from statistics import median

from course import project
from course.bench import measure, table

AGAIN = 3


def rows(long=False):
    """A row for each lesson's first run and, in the long form, another for the runs after it."""
    for lesson in project.lessons(measure.ROOT):
        what = f"lesson {lesson.number}, quick{{}}: lesson / import keras"
        units, seconds, memories = [measure.unit()], [], []
        try:
            with tempfile.TemporaryDirectory() as folder:
                output, cache = Path(folder) / "run", Path(folder) / "cache"
                words = ("-m", "course", "run", "--only", lesson.number, "--output", str(output))
                for _ in range(1 + AGAIN * long):
                    spent, memory = measure.command(*words, cache=cache)
                    seconds.append(spent)
                    memories.append(memory)
                    units.append(measure.unit())
        except subprocess.CalledProcessError as error:
            yield table.Row(what.format(""), note=measure.missing(f"lesson {lesson.number}", error))
            continue
        keras, again = median(units), seconds[1:]
        yield _row(what.format(""), seconds[0], keras, memories[0])
        if again:
            yield _row(what.format(", again"), median(again), keras, max(memories[1:]))


def _row(what, seconds, keras, memory):
    return table.Row(what, seconds, keras, "s of processor", seconds / keras, memory=memory)


if __name__ == "__main__":
    table.main(rows)
