"""Transfer learning with a frozen backbone: features computed once, against the usual fit of the whole network.

The same images, seed and head; 10 epochs each, features included. Both roads are walked once on a few images
first, so that compiling counts for neither. Run by `make bench`, on the X-rays that COURSE_REAL_DATA names
(chest_xray_224, 1,200 of its training images), else on the chest phantom.
"""

import os
import time
from pathlib import Path

import numpy as np

from helpers import datasets, models, seeds, splits, training

SIZE, EPOCHS, IMAGES = 224, 10, 1200


def cohort():
    """Some 1,200 images of 224x224."""
    root = Path(os.environ.get("COURSE_REAL_DATA", "")) / "chest_xray_224"
    if not os.environ.get("COURSE_REAL_DATA") or not root.is_dir():
        return datasets.load("chest_xray", size=SIZE, n_images=IMAGES)
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


def main():
    train, validation, _ = splits.split(cohort(), fractions=(0.7, 0.2, 0.1))
    trunk = models.backbone("MobileNetV2-0.35", "course", size=SIZE)
    few = [part.subset(slice(0, 40)) for part in (train, validation)]
    seconds, accuracy = {}, {}
    for road in (every_epoch, once):
        road(trunk, *few, epochs=1)
        start = time.perf_counter()
        history = road(trunk, train, validation, epochs=EPOCHS)
        seconds[road], accuracy[road] = time.perf_counter() - start, history.val_accuracy.iloc[-1]
        print(f"{road.__name__:>12}: {seconds[road]:6.1f} s, validation accuracy {accuracy[road]:.4f}")
    ratio = seconds[every_epoch] / seconds[once]
    apart = 100 * abs(accuracy[every_epoch] - accuracy[once])
    print(f"{len(train)} + {len(validation)} images, {EPOCHS} epochs: {ratio:.1f} times faster (wanted: 6), "
          f"accuracies {apart:.2f} points apart (allowed: 1)")  # fmt: skip


if __name__ == "__main__":
    main()
