"""The published infection network against the lesson's quick one: time of an epoch, and macro F1 over five paired seeds.

Both see the same phantoms (lesson 04's, 48x48), patients and seeds. The published network is trained as published (focal
loss with gamma 3, Adam 1e-4, batches of 32): for 10 epochs, and for as many steps as the study's 10 epochs have, since the
lesson has a fifth of its images (Adam starts anew after the 10). At 48 pixels the last feature map is 1x1, so that
flattening and averaging are the same. The quick one as in the lesson, for 8 epochs as there and for as many as the other,
with the same loss. An epoch's time is processor time, the median of rounds in which the networks take turns, compiling
left out. Run by `make bench`; with `--record` it writes
data/results/04.networks.json, which the lesson quotes.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from helpers import datasets, evaluation, models, seeds, splits, training
from helpers.imbalance.losses import FocalLoss

SIZE, IMAGES, FRACTIONS, SEEDS, ROUNDS = 48, 1000, (0.54, 0.06, 0.4), (7, 8, 9, 10, 11), 5
STEPS = 800  # of 32 images: the study's 2,558 training images, 10 epochs
RECORD = Path(__file__).resolve().parents[1] / "data" / "results" / "04.networks.json"

BUILD = {
    "published": lambda: models.infection_cnn(SIZE, 3),
    "quick": lambda: models.quick_cnn(SIZE, 3),
}


def parts(seed):
    cohort = datasets.load("brain_ct", size=SIZE, n_images=IMAGES, slices_per_patient=1, seed=seed)
    return splits.split(cohort, fractions=FRACTIONS, seed=seed)


def train(model, seed, train_part, validation, epochs, **how):
    """Train `model` further; Adam starts anew."""
    seeds.set_seed(seed)
    training.fit(
        model, train_part, validation, epochs=epochs, keep="last", loss=FocalLoss(3.0), progress=False, **how
    )


def macro_f1(model, test):
    answers = model.predict(test.images[..., None], verbose=0).argmax(axis=1)
    return float(evaluation.scores(evaluation.confusion_matrix(test.labels, answers, 3)).f1)


def seconds_an_epoch(train_part):
    """Seconds of processor time of an epoch of each network, one for each round."""
    found = {name: [] for name in BUILD}
    networks = {name: build() for name, build in BUILD.items()}
    for name, model in networks.items():
        model.compile("adam", FocalLoss(3.0))
        model.fit(train_part.images[:32, ..., None], train_part.labels[:32], verbose=0)
    for _ in range(ROUNDS):
        for name, model in networks.items():
            start = time.process_time()
            model.fit(train_part.images[..., None], train_part.labels, batch_size=32, verbose=0)
            found[name].append(time.process_time() - start)
    return found


def main():
    dealt = {seed: parts(seed) for seed in SEEDS}
    seconds = seconds_an_epoch(dealt[SEEDS[0]][0])
    ratios = {name: np.divide(times, seconds["quick"]) for name, times in seconds.items()}
    for name, times in seconds.items():
        print(
            f"{name:>20}: {np.median(times):6.2f} s an epoch, {BUILD[name]().count_params():,} parameters, "
            f"{np.median(ratios[name]):.1f} times the quick one ({ratios[name].min():.1f} to {ratios[name].max():.1f})"
        )
    n = len(dealt[SEEDS[0]][0])
    long = round(STEPS / np.ceil(n / 32))
    quick, short, whole = "quick, 8 epochs", "published, 10 epochs", f"published, {long} epochs"
    patient = f"quick, {long} epochs"
    f1 = {quick: [], patient: [], short: [], whole: []}
    for seed, (train_part, validation, test) in dealt.items():
        for recipe, epochs in ((quick, 8), (patient, long)):
            seeds.set_seed(seed)
            model = BUILD["quick"]()
            train(model, seed, train_part, validation, epochs, learning_rate=0.01, schedule="cosine")
            f1[recipe].append(macro_f1(model, test))
        seeds.set_seed(seed)
        model = BUILD["published"]()
        for recipe, epochs in ((short, 10), (whole, long - 10)):
            train(model, seed, train_part, validation, epochs, learning_rate=1e-4)
            f1[recipe].append(macro_f1(model, test))
        print(seed, *(f"{recipe} {values[-1]:.3f};" for recipe, values in f1.items()), flush=True)
    differences = {}
    for recipe, values in f1.items():
        estimate = evaluation.paired_difference(values, f1[whole])
        differences[recipe] = list(map(float, estimate))
        print(f"{recipe:>34}: macro F1 {' '.join(f'{v:.3f}' for v in values)}, mean {np.mean(values):.3f}; "
              f"less the {whole}: {estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})")  # fmt: skip
    if "--record" in sys.argv:
        content = {
            "pixels": SIZE, "longest": whole, "training images": n, "seeds": SEEDS,
            "times an epoch of the quick network": {k: round(float(np.median(r)), 1) for k, r in ratios.items()},
            "macro F1": {recipe: [round(v, 4) for v in values] for recipe, values in f1.items()},
            "less the published": {recipe: [round(v, 4) for v in values] for recipe, values in differences.items()},
        }  # fmt: skip
        RECORD.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
