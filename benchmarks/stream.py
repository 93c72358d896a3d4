"""`datasets.stream` against `keras.utils.image_dataset_from_directory`: the same folder, the same batches of 32.

Epochs take turns, and their median counts. The short form reads phantoms written as JPEG, 224x224; the long one the folder
that COURSE_REAL_DATA names (kidney_ct_224), else phantoms, and a second size.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from course.bench import measure, table
from helpers import datasets
from helpers.deep import keras


def folder(long, temporary):
    """A folder of JPEG files of 224x224 for each class: real ones, or 1,248 phantoms that are written now."""
    real = Path(os.environ.get("COURSE_REAL_DATA", "")) / "kidney_ct_224"
    if long and os.environ.get("COURSE_REAL_DATA") and real.is_dir():
        return real
    cohort = datasets.load("kidney_ct", size=224)
    for i, image in enumerate(cohort.images):
        path = temporary / cohort.class_names[cohort.labels[i]] / f"{i}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.round(255 * image).astype(np.uint8)).save(path, quality=90)
    return temporary


def by_keras(root, size):
    """Batches of the same files by Keras's reader."""
    return keras.utils.image_dataset_from_directory(
        root, color_mode="grayscale", image_size=(size, size), batch_size=32, shuffle=False, verbose=False
    )


def rows(long=False):
    """A row for each size."""
    with tempfile.TemporaryDirectory() as temporary:
        root = folder(long, Path(temporary))
        for size in (224, 96) if long else (224,):
            streams = {"ours": datasets.stream("kidney_ct", root, size=size), "Keras": by_keras(root, size)}
            counts = {}

            def epoch(name):
                counts[name] = sum(len(images) for images, _ in streams[name])

            roads = {name: lambda name=name: lambda: epoch(name) for name in streams}
            times = measure.side_by_side(roads, 9)
            (count,) = set(counts.values())  # the same images in both
            what, note = f"reading {size}x{size}: Keras / ours", f"{count} images"
            yield table.compare(
                what, times["ours"], times["Keras"], "s an epoch", 1, ("at least", 1), note=note
            )


if __name__ == "__main__":
    table.main(rows)
