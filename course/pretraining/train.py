"""`python -m course pretrain`: train the course's own backbone on drawn scenes.

The backbone is MobileNetV2 of width 0.35 for images of 96 pixels. Its source task is `helpers.phantoms.scenes`. What it
is worth is measured by `course.pretraining.compare`.
"""

import math
import time

import h5py
import numpy as np

from course.pretraining.record import NAME, SIZE, WEIGHTS, describe, write_record
from course.project import CourseError
from helpers import evaluation, models, seeds
from helpers.deep import keras
from helpers.phantoms import scenes

SEED, HELD_OUT_SEED = 7, 8
IMAGES, EPOCHS, HELD_OUT = 16_000, 24, 2_000
SMALL = 64  # pixels for the first three quarters of the epochs: twice as fast, and the weights fit every size
BATCH, RATE_SMALL, RATE = 32, 4e-3, 1e-3  # learning rates: the highest of each size
LOSS_WEIGHTS = {"presence": 10.0, "statistics": 30.0}
MOMENTUM = 0.95  # of the means of batch normalisation; Keras's 0.999 would lag behind a training this short
LARGEST_BYTES = 2_000_000


def train(folder, images=None, epochs=None):
    """Train on the source task, and write the weights and their record (JSON) to `folder`. Prints what it does.

    images, epochs : of the source task; None: `IMAGES`, `EPOCHS`.
    """
    images, epochs = IMAGES if images is None else images, EPOCHS if epochs is None else epochs
    if images < BATCH or epochs < 1:
        raise CourseError(f"pretrain needs at least {BATCH} images and 1 epoch; got {images} and {epochs}")
    last = math.ceil(epochs / 4)
    seeds.set_seed(SEED)
    weights, drawing, training = None, 0, 0
    for size, passes, rate in ((SMALL, epochs - last, RATE_SMALL), (SIZE, last, RATE)):
        if not passes:
            continue
        began = time.perf_counter()
        data = scenes.scenes(images, size, SEED)
        drawn = time.perf_counter()
        print(f"{images:,} scenes of {size} pixels drawn in {drawn - began:.0f} s", flush=True)
        model, network = source_model(size)
        if weights:
            model.set_weights(weights)
        steps = math.ceil(images / BATCH) * passes
        decay = keras.optimizers.schedules.CosineDecay(
            rate / 10, steps - steps // 20, warmup_target=rate, warmup_steps=steps // 20
        )
        model.compile(
            keras.optimizers.Adam(decay),
            {"presence": "binary_crossentropy", "statistics": "mean_squared_error"},
            loss_weights=LOSS_WEIGHTS,
        )
        tell = keras.callbacks.LambdaCallback(on_epoch_end=_tell)
        history = model.fit(Batches(data, SEED), epochs=passes, verbose=0, callbacks=[tell]).history
        weights = model.get_weights()
        seconds = time.perf_counter() - drawn
        print(f"{seconds:.0f} s of training, {images * passes / seconds:.0f} images/s", flush=True)
        drawing, training = drawing + drawn - began, training + seconds

    found = examine(model, scenes.scenes(HELD_OUT, SIZE, HELD_OUT_SEED))
    print(f"on {HELD_OUT:,} other scenes: mean AUC of the kinds {np.mean(list(found['auc'].values())):.3f}")
    folder.mkdir(parents=True, exist_ok=True)
    save(network, folder / WEIGHTS)
    record = {
        "file": describe(folder / WEIGHTS),
        "training": {
            "images": images,
            "epochs": epochs,
            "seed": SEED,
            "final_loss": round(history["loss"][-1], 4),
            "held_out_images": HELD_OUT,
            "held_out": found,
            "seconds_drawing": round(drawing),
            "seconds_training": round(training),
        },
    }
    write_record(folder, record)
    print(f"{folder / WEIGHTS}: {record['file']['bytes']:,} bytes, sha256 {record['file']['sha256']}")


def source_model(size):
    """MobileNetV2 from random weights, with the heads of the source task.

    Returns
    -------
    model : images (n, size, size, 1) in [0, 1] -> {"presence": (n, c, c, 26), "statistics": (n, c, c, 2)}, c = size // 32.
    network : the bare MobileNetV2 inside.
    """
    images, maps, network = trainable(size)
    rare = keras.initializers.Constant(-3.5)  # the logit of 0.03: most cells hold no structure of a kind
    presence = keras.layers.Conv2D(
        2 * len(scenes.KINDS), 1, activation="sigmoid", bias_initializer=rare, kernel_initializer="zeros",
        name="presence",
    )(maps)  # fmt: skip
    statistics = keras.layers.Conv2D(2, 1, activation="sigmoid", name="statistics")(maps)
    return keras.Model(images, {"presence": presence, "statistics": statistics}), network


def trainable(size):
    """Random MobileNetV2 whose batch normalisation follows the batches while it is trained.

    Returns
    -------
    images : input (n, size, size, 1) in [0, 1]. maps : output of the network (n, c, c, 1280). network : the bare network.
    """
    trunk = models.backbone(NAME, None, size=size)
    network = trunk.layers[-1]
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    images = keras.layers.Input((size, size, 1))
    maps = network(trunk.get_layer("to_minus_one_to_one")(trunk.get_layer("grey_to_colour")([images] * 3)))
    return images, maps, network


def examine(model, data):
    """How well the source task is done on scenes.

    Returns
    -------
    dict : "auc", of each kind, mean of brighter and darker: cells that hold more than half of its strength against
        all others; "r_squared" of the cells' mean and of their standard deviation.
    """
    found = model.predict(data.images[..., None], batch_size=BATCH, verbose=0)
    areas = [
        evaluation.auc(found["presence"][..., k].ravel(), data.presence[..., k].ravel() > 0.5)
        for k in range(data.presence.shape[-1])
    ]
    left = ((found["statistics"] - data.statistics) ** 2).mean(axis=(0, 1, 2))
    r_squared = 1 - left / data.statistics.var(axis=(0, 1, 2))
    by_kind = np.reshape(areas, (2, -1)).mean(axis=0)
    return {
        "auc": {name: round(float(area), 3) for name, area in zip(scenes.CLASS_NAMES, by_kind)},
        "r_squared": dict(zip(("mean", "standard deviation"), r_squared.astype(float).round(3).tolist())),
    }


class Batches(keras.utils.PyDataset):
    """Scenes in a new order every epoch, mirrored at random along both axes; kept as 8-bit grey values."""

    def __init__(self, data, seed):
        super().__init__()
        self.images = np.round(255 * data.images).astype(np.uint8)
        self.cells = np.concatenate([data.presence, data.statistics], axis=-1)
        self.rng = seeds.generator(seed, 0, 1)
        self.on_epoch_end()

    def __len__(self):
        return math.ceil(len(self.images) / BATCH)

    def __getitem__(self, index):
        chosen = slice(index * BATCH, (index + 1) * BATCH)
        images, cells = self.images[self.order[chosen]], self.cells[self.order[chosen]]
        left_right, up_down = self.mirrored[:, chosen]
        for part in (images, cells):
            part[left_right] = part[left_right, :, ::-1]
            part[up_down] = part[up_down, ::-1]
        told = {"presence": cells[..., :-2], "statistics": cells[..., -2:]}
        return images[..., None].astype(np.float32) / 255, told

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.images))
        self.mirrored = self.rng.integers(0, 2, (2, len(self.images))).astype(bool)


def _tell(epoch, logs):
    print(f"epoch {epoch + 1}: loss {logs['loss']:.3f}", flush=True)


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
