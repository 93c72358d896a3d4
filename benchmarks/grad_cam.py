"""Grad-CAM against the forward pass alone, the usual loop, and tf-keras-vis 0.8.7; side by side in one run.

224x224, batches of 32, MobileNetV2 and ResNet50 with random weights and one dense layer on top. All roads see the same
images; each is walked once first, so that compiling counts for none (the first call of ours is told). The times are
medians of rounds in which the roads take turns, forwards and backwards. Where others use the machine too, the time on its
clock says little: the processor's time, of all threads, is told beside it. tf-keras-vis is installed into build/bench, for this benchmark only. Run by
`make bench`.
"""

import importlib
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf

from helpers import gradcam, models, seeds
from helpers.deep import keras

SIZE, BATCH, IMAGES, FEW, ROUNDS = 224, 32, 64, 4, 6
RIVAL = "tf-keras-vis==0.8.7"
WANTED = {"forward": "at most 1.05", "loop": "at least 15", "rival": "at least 3"}
NETWORKS = {"MobileNetV2": "out_relu", "ResNet50": "conv5_block3_out"}


def classifier(name, layer):
    """The network with global average pooling and a softmax; not nested, as the rivals need it."""
    build = getattr(keras.applications, name)
    trunk = build(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(trunk.get_layer(layer).output)
    return keras.Model(trunk.input, models.parts.head(x, 10))


def forward(model, layer):
    """The compiled forward pass alone."""
    call = tf.function(
        lambda x: model(x, training=False), input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)]
    )
    return lambda images: [call(tf.constant(images[i : i + BATCH])) for i in range(0, len(images), BATCH)]


def ours(model, layer):
    return lambda images: gradcam.grad_cam(model, images, 1, layer=layer, batch_size=BATCH)


def loop(model, layer):
    """As most notebooks do it: for every image a new model with two outputs, and a gradient without compiling."""

    def one(image):
        both = keras.Model(model.input, [model.get_layer(layer).output, model.output])
        with tf.GradientTape() as tape:
            features, scores = both(image[None])
            score = scores[:, 1]
        weights = tf.reduce_mean(tape.gradient(score, features), axis=(0, 1, 2))
        return tf.nn.relu(tf.reduce_sum(features[0] * weights, axis=-1)).numpy()

    return lambda images: [one(image) for image in images]


def rival(model, layer):
    """tf-keras-vis, with its own way to the logits; all images in one call, as it has no batches."""
    folder = Path(__file__).resolve().parents[1] / "build" / "bench" / "tf-keras-vis"
    if not folder.is_dir():
        packages = [RIVAL, "deprecated", "imageio", "wrapt"]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*command, *packages], check=True)
    sys.path.append(str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradcam_module = importlib.import_module("tf_keras_vis.gradcam")
        modifier = importlib.import_module("tf_keras_vis.utils.model_modifiers").ReplaceToLinear
        score = importlib.import_module("tf_keras_vis.utils.scores").CategoricalScore
    explain = gradcam_module.Gradcam(model, model_modifier=modifier(), clone=True)

    def maps(images):
        parts = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
        return [
            explain(
                score([1] * len(part)), part, penultimate_layer=layer, expand_cam=False, normalize_cam=False
            )
            for part in parts
        ]

    return maps


def compare(name, layer, images):
    """Print the ratios of one network."""
    seeds.set_seed(7)
    model = classifier(name, layer)
    roads = {"forward": forward, "ours": ours, "loop": loop, "rival": rival}
    roads = {road: make(model, layer) for road, make in roads.items()}
    first = time.perf_counter()
    roads["ours"](images[:BATCH])
    first = time.perf_counter() - first
    seconds, processor = ({road: [] for road in roads} for _ in range(2))
    for turn in range(ROUNDS + 1):
        for road in list(roads)[:: 1 if turn % 2 else -1]:
            seen = images[:FEW] if road == "loop" else images
            start = time.perf_counter(), time.process_time()
            roads[road](seen)
            if turn:
                seconds[road].append((time.perf_counter() - start[0]) / len(seen))
                processor[road].append((time.process_time() - start[1]) / len(seen))
    middle, busy = (
        {road: float(np.median(one)) for road, one in kept.items()} for kept in (seconds, processor)
    )
    told = ", ".join(f"{road} {1000 * value:.1f}" for road, value in middle.items())
    print(f"{name}: ms an image: {told}; first call of ours {first:.1f} s")
    least = min(seconds["ours"]) / min(seconds["forward"])
    print(
        f"  ours / forward pass {middle['ours'] / middle['forward']:.2f} by the clock, {least:.2f} in the fastest rounds, "
        f"{busy['ours'] / busy['forward']:.2f} of the processor's time (wanted: {WANTED['forward']})"
    )
    for road in ("loop", "rival"):
        print(f"  {road} / ours {middle[road] / middle['ours']:.1f} (wanted: {WANTED[road]})")


def memory():
    """Peak memory of this process in MB while maps of few and of many images are computed in batches."""
    model = classifier("MobileNetV2", NETWORKS["MobileNetV2"])
    peaks = []
    for n in (BATCH, 8 * BATCH):
        images = np.zeros((n, SIZE, SIZE, 3), np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            gradcam.grad_cam(model, images, 1, batch_size=BATCH)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - images.nbytes / 2**20)
    print(
        f"peak memory less the images: {peaks[0]:.0f} MB for {BATCH} images, {peaks[1]:.0f} MB for {8 * BATCH}"
    )


def main():
    warnings.simplefilter("ignore", UserWarning)  # of empty maps: the weights are random
    images = seeds.generator(7).random((IMAGES, SIZE, SIZE, 3)).astype(np.float32)
    memory()
    for name, layer in NETWORKS.items():
        compare(name, layer, images)


if __name__ == "__main__":
    main()
