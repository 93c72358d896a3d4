"""Transfer learning with a frozen backbone: features computed once, against the usual fit of the whole network.

The same images, seed and head; 10 epochs each, features included. Both roads are walked once on a few images
first, so that compiling counts for neither. The short form takes 300 images of the chest phantom; the long one the X-rays
that COURSE_REAL_DATA names (chest_xray_224, 1,200 of its training images), else as many of the phantom.
"""

import os
from pathlib import Path

import numpy as np

from course.bench import measure, table
from helpers import datasets, models, seeds, splits, training

SIZE, EPOCHS, IMAGES, ALLOWED = 224, 10, 1200, 1


def cohort(long):
    """Images of 224x224."""
    root = Path(os.environ.get("COURSE_REAL_DATA", "")) / "chest_xray_224"
    if not long or not os.environ.get("COURSE_REAL_DATA") or not root.is_dir():
        return datasets.load("chest_xray", size=SIZE, n_images=IMAGES if long else IMAGES // 4)
    everything = datasets.load("chest_xray", "real", root, size=SIZE, memory_limit=3e9)
    official = np.flatnonzero(everything.part == "train")
    return everything.subset(np.sort(seeds.generator(7).choice(official, IMAGES, replace=False)))


def once(trunk, train, validation, epochs):
    """Features, then a head on them; its history."""
    pairs = [(training.features(trunk, p.images, cached=False), p.labels) for p in (train, validation)]
    seeds.set_seed(7)
    return training.fit(models.head_model(pairs[0][0].shape[1], 2, dropout=0.0), *pairs, epochs=epochs)


def every_epoch(trunk, train, validation, epochs):
    """The frozen network is run on every image in every epoch; the history."""
    seeds.set_seed(7)
    return training.fit(models.classifier(trunk, 2, dropout=0.0), train, validation, epochs=epochs)


def rows(long=False):
    """One row."""
    train, validation, _ = splits.split(cohort(long), fractions=(0.7, 0.2, 0.1))
    trunk = models.backbone("MobileNetV2-0.35", "course", size=SIZE)
    few = [part.subset(slice(0, 40)) for part in (train, validation)]
    accuracy = {}

    def make(road):
        road(trunk, *few, epochs=1)

        def walk():
            accuracy[road] = road(trunk, train, validation, epochs=EPOCHS).val_accuracy.iloc[-1]

        return walk

    roads = {road.__name__: lambda road=road: make(road) for road in (once, every_epoch)}
    times = measure.side_by_side(roads, 1, warm_up=False)
    apart = 100 * abs(accuracy[every_epoch] - accuracy[once])
    yield table.compare(
        "features of a frozen network: every epoch / once",
        times["once"],
        times["every_epoch"],
        "s",
        1,
        ("at least", 6),
        note=f"{len(train)} + {len(validation)} images, {EPOCHS} epochs; accuracies {apart:.2f} points apart "
        f"(allowed: {ALLOWED}{'' if apart <= ALLOWED else ', MISSED'})",
    )


if __name__ == "__main__":
    table.main(rows)
