"""`python -m course pretrain --compare`: what the course's own weights are worth where few patients have labels.

The comparison is made on the chest phantom, which no step of the training sees.
"""

import json
import math
import time

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from course.pretraining.record import NAME, RECORD, SIZE, WEIGHTS, describe, write_record
from course.pretraining.train import trainable
from course.project import CourseError
from helpers import datasets, evaluation, models, seeds, splits
from helpers.deep import keras

LABELLED = (40, 160)  # patients with labels: a quarter of them normal, as in the cohort
REPEATS = 5
POOL_SEED, TEST_SEED, COHORT = 101, 102, 1040
TUNE_BATCH = 16
# Epochs before the first cannot be chosen: the means of batch normalisation are not yet those of the data.
SCRATCH = {"rate": 1e-3, "epochs": 45, "first": 16}
SMALL_CNN = {"rate": 1e-3, "epochs": 45, "first": 1}
FINE_TUNING = {"rate": 1e-4, "epochs": 20, "first": 1}
REGULARISATION = tuple(10.0**power for power in range(-5, 2))  # C of the logistic head


def compare_recorded(folder):
    """Compare the weights in `folder`, print the tables, and add them to the record."""
    path = folder / WEIGHTS
    if not path.is_file() or not (folder / RECORD).is_file():
        raise CourseError(f"{folder} holds no {WEIGHTS} and {RECORD}. First: python -m course pretrain")
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record["file"] != describe(path):
        raise CourseError(f"{path} is not the file that {RECORD} describes. Anew: python -m course pretrain")
    pool = datasets.load("chest_xray", size=SIZE, seed=POOL_SEED, n_images=COHORT)
    test = datasets.load("chest_xray", size=SIZE, seed=TEST_SEED, n_images=COHORT)
    record["comparison"] = {str(count): compare(path, pool, test, REPEATS, count) for count in LABELLED}
    write_record(folder, record)
    for count, found in record["comparison"].items():
        print(f"{count} labelled patients\n\n{table(found)}\n")


def compare(path, pool, test, repeats, labelled):
    """What the weights are worth where few patients have labels, against training from scratch.

    Each repeat draws patients of the pool; a quarter of them, whole patients, chooses epochs or regularisation,
    the others train. All ways get the same patients; classes are weighted to count the same.

    - scratch: random weights, all of them trained, batch normalisation too; the epoch of lowest validation loss.
    - small CNN: another network from scratch, `models.deep_cnn`; the epoch of lowest validation loss.
    - random frozen: random weights, left so; a logistic head on the averaged features.
    - frozen: the weights of `path`, left so; a logistic head.
    - fine-tuned: the same network and head, then all weights but those of batch normalisation trained.

    Parameters
    ----------
    path : weights file of the bare network. pool, test : Dataset of the chest phantom, of different patients.
    repeats : number of draws of patients and of random weights, at least 2. labelled : patients in each draw.

    Returns
    -------
    dict for the record: per way the AUC and the balanced accuracy of each repeat, their mean and SD; per difference
    to training from scratch, paired by repeat, the mean, SD and a 95 % t interval. They spread over labelled patients and random
    weights; the test images are the same throughout.
    """
    began = time.perf_counter()
    found = {}
    course = models.backbone(NAME, str(path), size=SIZE)
    learnt = _features(course, pool.images), _features(course, test.images)  # the same in every repeat
    for repeat in range(repeats):
        seeds.set_seed(repeat)
        chosen = _labelled(pool, labelled, repeat)
        train, validation = (pool.subset(part) for part in chosen)
        course, untrained = (models.backbone(NAME, weights, size=SIZE) for weights in (str(path), None))
        parts = _features(untrained, np.concatenate([train.images, validation.images, test.images]))
        parts = np.split(parts, [len(train), len(train) + len(validation)])
        random_frozen, _ = _logistic(parts, train, validation)
        frozen, head = _logistic([learnt[0][chosen[0]], learnt[0][chosen[1]], learnt[1]], train, validation)
        ways = {
            "scratch": _scratch(train, validation, test),
            "small CNN": _fit(models.deep_cnn(SIZE, 2), train, validation, test, **SMALL_CNN),
            "random frozen": random_frozen,
            "frozen": frozen,
            "fine-tuned": _fine_tuned(course, head, train, validation, test),
        }
        for way, (scores, choice) in ways.items():
            entry = found.setdefault(way, {"auc": [], "balanced accuracy": [], "chosen": []})
            entry["auc"].append(round(float(evaluation.auc(scores, test.labels == 1)), 4))
            right = (scores >= 0.5) == (test.labels == 1)
            recalls = [right[test.labels == label].mean() for label in (0, 1)]
            entry["balanced accuracy"].append(round(float(np.mean(recalls)), 4))
            entry["chosen"].append(choice)
        told = ", ".join(f"{way} {entry['auc'][-1]:.3f}" for way, entry in found.items())
        print(f"repeat {repeat + 1}: AUC {told}; {time.perf_counter() - began:.0f} s", flush=True)
    measures = ("auc", "balanced accuracy")
    differences = {
        f"{way} - {other}": {
            measure: _spread(np.subtract(found[way][measure], found[other][measure]), interval=True)
            for measure in measures
        }
        for way in ("frozen", "fine-tuned")
        for other in ("scratch", "small CNN")
    }
    for entry in found.values():
        entry |= {f"{measure}, summary": _spread(entry[measure]) for measure in measures}
    return {
        "labelled_patients": labelled,
        "test_patients": len(np.unique(test.groups)),
        "test_images": len(test),
        "repeats": repeats,
        "ways": found,
        "differences": differences,
        "seconds": round(time.perf_counter() - began),
    }


def _labelled(pool, count, repeat):
    """Which images (n,) int are of `count` patients drawn by class: of three quarters to train on, of the rest to choose by."""
    rng = seeds.generator(POOL_SEED, repeat)
    names, first = np.unique(pool.groups, return_index=True)
    quarter = count // 4
    drawn = [
        rng.permutation(names[pool.labels[first] == pool.class_names.index(kind)])[:share]
        for kind, share in (("NORMAL", quarter), ("PNEUMONIA", count - quarter))
    ]
    few = np.flatnonzero(np.isin(pool.groups, np.concatenate(drawn)))
    held_back = splits.fold_numbers(pool.labels[few], pool.groups[few], n_folds=4, seed=repeat) == 0
    return few[~held_back], few[held_back]


def _weights(dataset):
    """Weights (n,) of images that let both classes count the same; their mean is 1."""
    counts = np.bincount(dataset.labels, minlength=2)
    return (len(dataset) / (2 * counts))[dataset.labels]


def _features(trunk, images):
    """Averaged features (n, d) of images (n, 96, 96)."""
    pooled = keras.Model(trunk.input, keras.layers.GlobalAveragePooling2D()(trunk.output))
    return pooled.predict(images[..., None], verbose=0)


def _logistic(features, train, validation):
    """Train a logistic head on the features (n, d) of the train, validation and test images.

    Returns
    -------
    (scores (n_test,), C), and the head for features that are not standardised: kernel (d,), bias.
    """
    scaler = StandardScaler().fit(features[0])
    inputs = [scaler.transform(part) for part in features]

    def loss(head):
        probability = head.predict_proba(inputs[1])[np.arange(len(validation)), validation.labels]
        return -(_weights(validation) * np.log(np.maximum(probability, 1e-12))).sum()

    heads = [
        LogisticRegression(C=c, class_weight="balanced", max_iter=2000).fit(inputs[0], train.labels)
        for c in REGULARISATION
    ]
    best = min(heads, key=loss)
    kernel = best.coef_[0] / scaler.scale_
    return (best.predict_proba(inputs[2])[:, 1], best.C), (kernel, best.intercept_[0] - kernel @ scaler.mean_)


def _scratch(train, validation, test):
    images, maps, _ = trainable(SIZE)
    x = keras.layers.GlobalAveragePooling2D()(maps)
    model = keras.Model(images, keras.layers.Dense(2, activation="softmax", kernel_initializer="zeros")(x))
    return _fit(model, train, validation, test, **SCRATCH)


def _fine_tuned(trunk, head, train, validation, test):
    model = models.classifier(trunk, 2, frozen=False)
    for layer in trunk.layers[-1].layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    kernel, bias = head
    model.get_layer("logits").set_weights([np.stack([0 * kernel, kernel], axis=1), np.array([0, bias])])
    return _fit(model, train, validation, test, **FINE_TUNING)


def _fit(model, train, validation, test, rate, epochs, first):
    """Train; scores (n_test,) with the weights of the epoch of lowest validation loss, and that epoch.

    Epochs count from 1; those before `first` cannot be chosen.
    """
    keep_best = keras.callbacks.EarlyStopping(
        "val_loss", patience=epochs, restore_best_weights=True, start_from_epoch=first - 1
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    losses = model.fit(
        train.images[..., None], train.labels, sample_weight=_weights(train), batch_size=TUNE_BATCH, epochs=epochs,
        validation_data=(validation.images[..., None], validation.labels, _weights(validation)),
        callbacks=[keep_best], verbose=0,
    ).history["val_loss"]  # fmt: skip
    return model.predict(test.images[..., None], verbose=0)[:, 1], first + int(np.argmin(losses[first - 1 :]))


def _spread(values, interval=False):
    """Mean and SD of one number a repeat; on request the numbers and a 95 % t interval of the mean."""
    mean, sd = np.mean(values), np.std(values, ddof=1)
    found = {"mean": round(float(mean), 4), "sd": round(float(sd), 4)}
    if interval:
        half = stats.t.ppf(0.975, len(values) - 1) * sd / math.sqrt(len(values))
        found |= {
            "each": [round(float(value), 4) for value in values],
            "interval": [round(float(mean - half), 4), round(float(mean + half), 4)],
        }
    return found


def table(comparison):
    """The comparison as two Markdown tables, as they stand in the card."""
    lines = ["| | AUC, mean (SD) | each repeat | balanced accuracy, mean (SD) |", "| --- | --- | --- | --- |"]
    for way, entry in comparison["ways"].items():
        auc, accuracy = entry["auc, summary"], entry["balanced accuracy, summary"]
        each = ", ".join(f"{value:.3f}" for value in entry["auc"])
        lines.append(
            f"| {way} | {auc['mean']:.3f} ({auc['sd']:.3f}) | {each} | {accuracy['mean']:.3f} ({accuracy['sd']:.3f}) |"
        )
    lines += [
        "",
        "| difference, paired | AUC, mean (SD) | 95 % interval | balanced accuracy, mean (SD) | 95 % interval |",
    ]
    lines.append("| --- | --- | --- | --- | --- |")
    for name, measures in comparison["differences"].items():
        cells = [
            f"{found['mean']:+.3f} ({found['sd']:.3f}) | {found['interval'][0]:+.3f} to {found['interval'][1]:+.3f}"
            for found in measures.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
