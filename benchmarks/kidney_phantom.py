"""How many kidney slices a second does the phantom draw on one core?

Run by `make bench`. The goal is at least 200 slices a second at 96x96; for scale, the same slices saved as JPEG are decoded side by side.
"""

import io
import os
import time

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[library] = "1"

import numpy as np
from PIL import Image

from helpers.phantoms import kidney
from helpers.windows import ABDOMEN, to_unit

GOAL = 200


def seconds(function, repeats=3):
    """The median of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main():
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    print(f"{'size':>5} {'drawn / s':>10} {'decoded / s':>12}")
    for size in (64, 96, 224):
        n = 312
        slices = to_unit(kidney.cohort(n_images=n, size=size).hu, *ABDOMEN)  # also warms up
        files = []
        for pixels in np.round(255 * slices).astype(np.uint8):
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "JPEG", quality=90)
            files.append(file)
        drawn = n / seconds(lambda size=size: kidney.cohort(n_images=n, size=size))
        decoded = n / seconds(lambda files=files: [np.asarray(Image.open(file)) for file in files])
        verdict = f"   goal {GOAL}: {'met' if drawn >= GOAL else 'MISSED'}" if size == 96 else ""
        print(f"{size:>5} {drawn:>10.0f} {decoded:>12.0f}{verdict}")


if __name__ == "__main__":
    main()
