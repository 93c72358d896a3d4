"""How many kidney slices a second does the phantom draw on one core?

The goal is at least 200 slices a second at 96x96; for scale, the same slices saved as JPEG are decoded side by side. The
long form takes two more sizes.
"""

import io
import os

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[library] = "1"

import numpy as np
from PIL import Image

from course.bench import measure, table
from helpers.phantoms import kidney
from helpers.windows import ABDOMEN, to_unit

SLICES, GOAL = 312, 200


def rows(long=False):
    """A row for each size."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    for size in (64, 96, 224) if long else (96,):
        files = []
        for pixels in np.round(255 * to_unit(kidney.cohort(n_images=SLICES, size=size).hu, *ABDOMEN)):
            file = io.BytesIO()
            Image.fromarray(pixels.astype(np.uint8)).save(file, "JPEG", quality=90)
            files.append(file)
        roads = {
            "drawn": lambda size=size: lambda: kidney.cohort(n_images=SLICES, size=size),
            "decoded": lambda files=files: lambda: [np.asarray(Image.open(file)) for file in files],
        }
        times = measure.side_by_side(roads, 3)
        drawn, decoded = (SLICES / times[name].clock for name in roads)
        wanted = {"wanted": f"ours at least {GOAL}", "met": drawn >= GOAL} if size == 96 else {}
        what = f"kidney slices, {size}x{size}: drawn / decoded from JPEG"
        yield table.Row(what, drawn, decoded, "slices a second", drawn / decoded, **wanted)


if __name__ == "__main__":
    table.main(rows)
