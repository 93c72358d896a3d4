"""Each lesson by itself, in the quick profile, in units of `import keras`, with its peak memory.

Both are processor time in user mode. Each lesson begins with an empty cache, and its unit is the mean of one `import keras`
just before and one just after it. Memory is the largest resident set: that of the notebook's kernel. The long form is the same.
"""

import subprocess
import tempfile
from pathlib import Path

from course import project
from course.bench import measure, table


def rows(long=False):
    """A row for each lesson."""
    before = measure.unit()
    for lesson in project.lessons(measure.ROOT):
        what = f"lesson {lesson.number}, quick: lesson / import keras"
        try:
            with tempfile.TemporaryDirectory() as folder:
                output, cache = Path(folder) / "run", Path(folder) / "cache"
                words = ("-m", "course", "run", "--only", lesson.number, "--output", str(output))
                seconds, memory = measure.command(*words, cache=cache)
        except subprocess.CalledProcessError as error:
            yield table.Row(what, note=measure.missing(f"lesson {lesson.number}", error))
            continue
        after = measure.unit()
        keras, before = (before + after) / 2, after
        yield table.Row(what, seconds, keras, "s of processor", seconds / keras, memory=memory)


if __name__ == "__main__":
    table.main(rows)
