"""`python -m course pretrain`: train the course's own backbone on drawn scenes, and compare it with none.

The backbone is MobileNetV2 of width 0.35 for images of 96 pixels. Its source task is `helpers.phantoms.scenes`. The
comparison is made on the chest phantom, which no step of the training sees.
"""

import hashlib
import json
import math
import time
from pathlib import Path

import h5py
import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from course.project import CourseError
from helpers import datasets, evaluation, models, seeds, splits
from helpers.deep import keras
from helpers.phantoms import scenes

NAME = "MobileNetV2-0.35"
WEIGHTS, RECORD = "mobilenetv2_035_course.weights.h5", "mobilenetv2_035_course.json"
SIZE, SEED, HELD_OUT_SEED = 96, 7, 8
IMAGES, EPOCHS, HELD_OUT = 16_000, 12, 2_000
SMALL = 64  # pixels for the first three quarters of the epochs: twice as fast, and the weights fit every size
BATCH, RATE_SMALL, RATE = 32, 4e-3, 1e-3  # learning rates: the highest of each size
MOMENTUM = 0.95  # of the means of batch normalisation; Keras's 0.999 would lag behind a training this short
LARGEST_BYTES = 2_000_000

# The comparison.
LABELLED = {"NORMAL": 10, "PNEUMONIA": 30}  # patients with labels, in the cohort's proportions
REPEATS = 5
POOL_SEED, TEST_SEED, COHORT = 101, 102, 1040
TUNE_BATCH = 16
SCRATCH = {
    "rate": 1e-3,
    "epochs": 45,
    "first": 16,
}  # before, the means of batch normalisation are not yet those
FINE_TUNING = {"rate": 1e-4, "epochs": 20, "first": 1}
REGULARISATION = tuple(10.0**power for power in range(-5, 2))  # C of the logistic head


def pretrain(root, *, images=None, epochs=None, compare=False, output=None):
    """Train and write the weights; or, with `compare`, compare those that are there. Prints what it does.

    Parameters
    ----------
    root : the project. images, epochs : of the source task; None: `IMAGES`, `EPOCHS`.
    compare : no training on the source task; measure what the weights in `output` are worth on the chest phantom.
    output : folder of the weights and of their record (JSON). None: data/weights.
    """
    folder = Path(output) if output else root / "data" / "weights"
    if compare:
        if images is not None or epochs is not None:
            raise CourseError("--compare takes the weights as they are: leave out --images and --epochs")
        return _compare(folder)
    images, epochs = IMAGES if images is None else images, EPOCHS if epochs is None else epochs
    if images < BATCH or epochs < 1:
        raise CourseError(f"pretrain needs at least {BATCH} images and 1 epoch; got {images} and {epochs}")
    return _train(folder, images, epochs)


def _train(folder, n_images, epochs):
    last = math.ceil(epochs / 4)
    seeds.set_seed(SEED)
    weights, drawing, training = None, 0, 0
    for size, passes, rate in ((SMALL, epochs - last, RATE_SMALL), (SIZE, last, RATE)):
        if not passes:
            continue
        began = time.perf_counter()
        data = scenes.scenes(n_images, size, SEED)
        drawn = time.perf_counter()
        print(f"{n_images:,} scenes of {size} pixels drawn in {drawn - began:.0f} s", flush=True)
        model, network = classifier(len(scenes.CLASS_NAMES), size)
        if weights:
            model.set_weights(weights)
        steps = math.ceil(n_images / BATCH) * passes
        decay = keras.optimizers.schedules.CosineDecay(
            rate / 10, steps - steps // 20, warmup_target=rate, warmup_steps=steps // 20
        )
        model.compile(keras.optimizers.Adam(decay), "sparse_categorical_crossentropy", metrics=["accuracy"])
        tell = keras.callbacks.LambdaCallback(on_epoch_end=_tell)
        model.fit(Batches(data, SEED), epochs=passes, verbose=0, callbacks=[tell])
        weights = model.get_weights()
        seconds = time.perf_counter() - drawn
        print(f"{seconds:.0f} s of training, {n_images * passes / seconds:.0f} images/s", flush=True)
        drawing, training = drawing + drawn - began, training + seconds

    held_out = scenes.scenes(HELD_OUT, SIZE, HELD_OUT_SEED)
    predicted = model.predict(held_out.images[..., None], batch_size=BATCH, verbose=0).argmax(axis=1)
    right = predicted == held_out.labels
    print(
        f"right in {right.mean():.1%} of {HELD_OUT:,} other scenes; chance {1 / len(scenes.CLASS_NAMES):.1%}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    save(network, folder / WEIGHTS)
    record = {
        "file": describe(folder / WEIGHTS),
        "training": {
            "images": n_images,
            "epochs": epochs,
            "seed": SEED,
            "final_training_accuracy": round(model.history.history["accuracy"][-1], 4),
            "held_out_images": HELD_OUT,
            "held_out_accuracy": round(float(right.mean()), 4),
            "held_out_recall": {
                name: round(float(right[held_out.labels == label].mean()), 3)
                for label, name in enumerate(scenes.CLASS_NAMES)
            },
            "seconds_drawing": round(drawing),
            "seconds_training": round(training),
        },
    }
    _write(folder, record)
    print(f"{folder / WEIGHTS}: {record['file']['bytes']:,} bytes, sha256 {record['file']['sha256']}")


def classifier(n_classes, size=SIZE):
    """MobileNetV2 with a head, from random weights.

    Returns
    -------
    model : images (n, size, size, 1) in [0, 1] -> probabilities (n, n_classes). network : the bare MobileNetV2, whose batch
        normalisation follows the batches while the model is trained.
    """
    trunk = models.backbone(NAME, None, size=size)
    network = trunk.layers[-1]
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    images = keras.layers.Input((size, size, 1))
    x = trunk.get_layer("to_minus_one_to_one")(trunk.get_layer("grey_to_colour")([images] * 3))
    x = keras.layers.GlobalAveragePooling2D()(network(x))
    probabilities = keras.layers.Dense(n_classes, activation="softmax", kernel_initializer="zeros")(x)
    return keras.Model(images, probabilities), network


class Batches(keras.utils.PyDataset):
    """Scenes in a new order every epoch, mirrored at random along both axes; kept as 8-bit grey values."""

    def __init__(self, data, seed):
        super().__init__()
        self.images, self.labels = np.round(255 * data.images).astype(np.uint8), data.labels
        self.rng = seeds.generator(seed, 0, 1)
        self.on_epoch_end()

    def __len__(self):
        return math.ceil(len(self.labels) / BATCH)

    def __getitem__(self, index):
        chosen = slice(index * BATCH, (index + 1) * BATCH)
        images = self.images[self.order[chosen]]
        left_right, up_down = self.mirrored[:, chosen]
        images[left_right] = images[left_right, :, ::-1]
        images[up_down] = images[up_down, ::-1]
        return images[..., None].astype(np.float32) / 255, self.labels[self.order[chosen]]

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.labels))
        self.mirrored = self.rng.integers(0, 2, (2, len(self.labels))).astype(bool)


def _tell(epoch, logs):
    print(f"epoch {epoch + 1}: loss {logs['loss']:.3f}, accuracy {logs['accuracy']:.3f}", flush=True)


def save(network, path):
    """Write the weights of `network` as Keras does, float32, but denser: HDF5 of version 1.10, compressed.

    Raises
    ------
    CourseError : the file is not below 2,000,000 bytes.
    """
    loose = path.with_name(f"loose.{path.name}")
    network.save_weights(loose)
    with h5py.File(loose) as source, h5py.File(path, "w", libver=("v110", "v110")) as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                new = target.require_group(name)
            else:
                dense = (
                    {"compression": "gzip", "compression_opts": 9, "shuffle": True}
                    if item.nbytes > 4096
                    else {}
                )
                new = target.create_dataset(name, data=item[()], **dense)
            new.attrs.update(item.attrs)

        source.visititems(copy)
        target.attrs.update(source.attrs)
    loose.unlink()
    if path.stat().st_size >= LARGEST_BYTES:
        raise CourseError(f"{path} has {path.stat().st_size:,} bytes; it must stay below {LARGEST_BYTES:,}")


def describe(path):
    """Name, size and SHA-256 of a file."""
    content = path.read_bytes()
    return {"name": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _compare(folder):
    path = folder / WEIGHTS
    if not path.is_file() or not (folder / RECORD).is_file():
        raise CourseError(f"{folder} holds no {WEIGHTS} and {RECORD}. First: python -m course pretrain")
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record["file"] != describe(path):
        raise CourseError(f"{path} is not the file that {RECORD} describes. Anew: python -m course pretrain")
    pool = datasets.load("chest_xray", size=SIZE, seed=POOL_SEED, n_images=COHORT)
    test = datasets.load("chest_xray", size=SIZE, seed=TEST_SEED, n_images=COHORT)
    record["comparison"] = compare(path, pool, test, REPEATS)
    _write(folder, record)
    print(table(record["comparison"]))


def compare(path, pool, test, repeats):
    """What the weights are worth where few patients have labels, against training from scratch.

    Each repeat draws 40 patients of the pool; a quarter of them, whole patients, chooses epochs or regularisation,
    the others train. All ways get the same patients; classes are weighted to count the same.

    - scratch: random weights, all of them trained, batch normalisation too; the epoch of lowest validation loss.
    - random frozen: random weights, left so; a logistic head on the averaged features.
    - frozen: the weights of `path`, left so; a logistic head.
    - fine-tuned: the same network and head, then all weights but those of batch normalisation trained.

    Parameters
    ----------
    path : weights file of the bare network. pool, test : Dataset of the chest phantom, of different patients.
    repeats : number of draws of patients and of random weights, at least 2.

    Returns
    -------
    dict for the record: per way the AUC and the balanced accuracy of each repeat, their mean and SD; per difference
    to "scratch", paired by repeat, the mean, SD and a 95 % t interval. They spread over labelled patients and random
    weights; the test images are the same throughout.
    """
    began = time.perf_counter()
    found = {}
    course = models.backbone(NAME, str(path), size=SIZE)
    learnt = _features(course, pool.images), _features(course, test.images)  # the same in every repeat
    for repeat in range(repeats):
        seeds.set_seed(repeat)
        chosen = _labelled(pool, repeat)
        train, validation = (pool.subset(part) for part in chosen)
        course, untrained = (models.backbone(NAME, weights, size=SIZE) for weights in (str(path), None))
        parts = _features(untrained, np.concatenate([train.images, validation.images, test.images]))
        parts = np.split(parts, [len(train), len(train) + len(validation)])
        random_frozen, _ = _logistic(parts, train, validation)
        frozen, head = _logistic([learnt[0][chosen[0]], learnt[0][chosen[1]], learnt[1]], train, validation)
        ways = {
            "scratch": _scratch(train, validation, test),
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
        f"{way} - scratch": {
            measure: _spread(np.subtract(found[way][measure], found["scratch"][measure]), interval=True)
            for measure in measures
        }
        for way in ("frozen", "fine-tuned")
    }
    for entry in found.values():
        entry |= {f"{measure}, summary": _spread(entry[measure]) for measure in measures}
    return {
        "labelled_patients": sum(LABELLED.values()),
        "test_patients": len(np.unique(test.groups)),
        "test_images": len(test),
        "repeats": repeats,
        "ways": found,
        "differences": differences,
        "seconds": round(time.perf_counter() - began),
    }


def _labelled(pool, repeat):
    """Which images (n,) int are of 40 patients drawn by class: of 30 to train on, and of 10 to choose by."""
    rng = seeds.generator(POOL_SEED, repeat)
    names, first = np.unique(pool.groups, return_index=True)
    drawn = [
        rng.permutation(names[pool.labels[first] == pool.class_names.index(kind)])[:count]
        for kind, count in LABELLED.items()
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
    model, _ = classifier(2)
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


def _write(folder, record):
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
