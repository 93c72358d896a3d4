"""Grad-CAM against the forward pass alone, the usual loop, tf-keras-vis 0.8.7 and medicai 0.0.4; side by side in one run.

224x224, batches of 32, MobileNetV2 with random weights and one dense layer on top; in the long form twice as many images,
and ResNet50. All roads see the same images; each is walked once first, so that compiling counts for none (the first call of
ours is told). The times are medians of rounds in which the roads take turns, forwards and backwards. Where others use the
machine too, the time on its clock says little: the processor's time, of all threads, is told beside it. tf-keras-vis and
medicai are installed into build/bench, for this benchmark only. They explain what the model gives: they get one that ends in
the logits, which ours finds behind the softmax.
"""

import importlib
import resource
import time
import warnings

import numpy as np

from course.bench import measure, table
from helpers import gradcam, models, seeds
from helpers.deep import keras, tf

SIZE, BATCH, IMAGES, FEW, ROUNDS = 224, 32, 64, 4, 6
NETWORKS = {"MobileNetV2": "out_relu", "ResNet50": "conv5_block3_out"}


def classifier(name, layer):
    """The network with global average pooling and a softmax; not nested, as the rivals need it."""
    build = getattr(keras.applications, name)
    trunk = build(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(trunk.get_layer(layer).output)
    return keras.Model(trunk.input, models.parts.head(x, 10))


def batches(images):
    return [images[i : i + BATCH] for i in range(0, len(images), BATCH)]


def ours(model, layer, images):
    return lambda: gradcam.grad_cam(model, images, 1, layer=layer, batch_size=BATCH)


def forward(model, layer, images):
    """The compiled forward pass alone."""
    call = tf.function(
        lambda x: model(x, training=False), input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)]
    )
    return lambda: [call(tf.constant(part)) for part in batches(images)]


def loop(model, layer, images):
    """As most notebooks do it: for every image a new model with two outputs, and a gradient without compiling."""

    def one(image):
        both = keras.Model(model.input, [model.get_layer(layer).output, model.output])
        with tf.GradientTape() as tape:
            features, scores = both(image[None])
            score = scores[:, 1]
        weights = tf.reduce_mean(tape.gradient(score, features), axis=(0, 1, 2))
        return tf.nn.relu(tf.reduce_sum(features[0] * weights, axis=-1)).numpy()

    return lambda: [one(image) for image in images[:FEW]]


def tf_keras_vis(model, layer, images):
    measure.opponent("tf-keras-vis", "tf-keras-vis==0.8.7", "deprecated", "imageio", "wrapt")
    explain = importlib.import_module("tf_keras_vis.gradcam").Gradcam(models.logits(model), clone=False)
    score = importlib.import_module("tf_keras_vis.utils.scores").CategoricalScore
    raw = {
        "penultimate_layer": layer,
        "seek_penultimate_conv_layer": False,
        "expand_cam": False,
        "normalize_cam": False,
    }
    return lambda: [explain(score([1] * len(part)), part, **raw) for part in batches(images)]


def medicai(model, layer, images):
    measure.opponent("medicai", "medicai==0.0.4")
    explain = importlib.import_module("medicai.utils").GradCAM(models.logits(model), layer).compute_heatmap
    raw = {"normalize_heatmap": False, "resize_heatmap": False}
    return lambda: [explain(part, 1, **raw) for part in batches(images)]


ROADS = {
    "ours": ours,
    "forward pass": forward,
    "usual loop": loop,
    "tf-keras-vis": tf_keras_vis,
    "medicai": medicai,
}
WANTED = {"usual loop": ("at least", 15), "tf-keras-vis": ("at least", 3)}


def compare(name, layer, images, rounds):
    """The rows of one network."""
    seeds.set_seed(7)
    model = classifier(name, layer)
    first = time.perf_counter()
    ours(model, layer, images[:BATCH])()
    first = time.perf_counter() - first
    roads = {road: lambda make=make: make(model, layer, images) for road, make in ROADS.items()}
    per = dict.fromkeys(ROADS, len(images)) | {"usual loop": FEW}
    times = measure.side_by_side(roads, rounds, per)
    mine, alone = times.pop("ours"), times.pop("forward pass")
    note = f"first call of ours {first:.1f} s; ratio of the fastest rounds {mine.fastest / alone.fastest:.2f}"
    yield table.compare(
        f"Grad-CAM, {name}: ours / forward pass",
        mine,
        alone,
        "ms an image",
        1e3,
        ("at most", 1.05),
        note=note,
    )
    for road, other in times.items():
        what = f"Grad-CAM, {name}: {road} / ours"
        yield table.compare(what, mine, other, "ms an image", 1e3, WANTED.get(road))


def memory():
    """Peak memory of this process while maps of many and of few images are computed in batches."""
    model = classifier("MobileNetV2", NETWORKS["MobileNetV2"])
    peaks = []
    for n in (BATCH, 8 * BATCH):
        images = np.zeros((n, SIZE, SIZE, 3), np.float32)
        gradcam.grad_cam(model, images, 1, batch_size=BATCH)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - images.nbytes / 2**20)
    few, many = peaks
    what = f"Grad-CAM, memory less the images: {8 * BATCH} images / {BATCH}"
    return table.Row(what, many, few, "MB", many / few)


def rows(long=False):
    """The rows of MobileNetV2; the long form tells peak memory, takes more images, and ResNet50 too."""
    warnings.simplefilter("ignore", UserWarning)  # of empty maps: the weights are random
    images = seeds.generator(7).random((IMAGES if long else BATCH, SIZE, SIZE, 3)).astype(np.float32)
    if long:
        yield memory()
    for name, layer in list(NETWORKS.items())[: 2 if long else 1]:
        yield from compare(name, layer, images, ROUNDS)


if __name__ == "__main__":
    table.main(rows)
