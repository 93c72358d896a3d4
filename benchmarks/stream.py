"""`datasets.stream` against `keras.utils.image_dataset_from_directory`: the same folder, the same batches.

Run by `make bench`, on the folder that COURSE_REAL_DATA names (kidney_ct_224), else on phantoms written as JPEG.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import datasets
from helpers.deep import keras


def side_by_side(streams, epochs=9):
    """Images a second of each stream: epochs take turns, and their median counts."""
    seconds, counts = [[] for _ in streams], set()
    for _ in range(epochs):
        for batches, times in zip(streams, seconds):
            start = time.perf_counter()
            counts.add(sum(len(images) for images, _ in batches))
            times.append(time.perf_counter() - start)
    (count,) = counts  # the same images in both
    return [count / float(np.median(times)) for times in seconds]


def write_phantoms(root):
    """A folder of 1,248 JPEG files of 224x224."""
    cohort = datasets.load("kidney_ct", size=224)
    for i, image in enumerate(cohort.images):
        path = root / cohort.class_names[cohort.labels[i]] / f"{i}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.round(255 * image).astype(np.uint8)).save(path, quality=90)
    return root


def main():
    with tempfile.TemporaryDirectory() as temporary:
        real = Path(os.environ.get("COURSE_REAL_DATA", "")) / "kidney_ct_224"
        root = (
            real if os.environ.get("COURSE_REAL_DATA") and real.is_dir() else write_phantoms(Path(temporary))
        )
        print(f"{root.name}; images a second, batches of 32, the median of 9 epochs in turns")
        print(f"{'size':>5} {'stream':>8} {'keras':>8} {'ratio':>6}")
        for size in (224, 96):
            ours = datasets.stream("kidney_ct", root, size=size)
            theirs = keras.utils.image_dataset_from_directory(
                root,
                color_mode="grayscale",
                image_size=(size, size),
                batch_size=32,
                shuffle=False,
                verbose=False,
            )
            mine, other = side_by_side([ours, theirs])
            verdict = "" if mine >= other else "   slower"
            print(f"{size:>5} {mine:>8.0f} {other:>8.0f} {mine / other:>6.2f}{verdict}")


if __name__ == "__main__":
    main()
