# %% [markdown]
# # 02 A custom CNN: can you believe its 99 %?
#
# A published network distinguishes four kinds of kidney CT slices with an accuracy of 99.57
# % [1], another one with 100 % [2]. In this lesson you write a network with the layers of
# the first study in ten lines of Keras, build a deeper one yourself, draw the figures of
# the study, and reach an accuracy like its own. Then we change one argument, the one that
# says how the data [3] are dealt.
#
# **Before you start.** Lesson 01: the [leak](../docs/glossary.md#leak) between slices of
# one patient, the [95 % interval](../docs/glossary.md#95--interval) by patient, the
# shortcut of the mean grey value. Python: functions, loops, NumPy arrays and boolean masks;
# you need not have used Keras before. Mathematics: sums, means and the logarithm.
#
# **You will be able to**
#
# - say what a convolutional network (CNN) computes, where its parameters sit, and build,
#   compile and train one in Keras;
# - augment images inside the network, and say what augmentation must not do;
# - read training curves, and say which epoch early stopping keeps;
# - compute a confusion matrix, precision, recall and F1;
# - estimate an accuracy on new patients by cross-validation, with an interval that respects
#   patients, and say why a test on known patients cannot give it.
#
# **Time**: 45 minutes to read, 60 to practise. **Rebuilds**: the network and the figures of
# [1], and a deeper network, since [2] calls its own deep and its abstract says no more.
#
# The images are [phantoms](../docs/glossary.md#phantom): drawn by a program, with lesions
# whose place we know. Phantoms are not patients, and nothing here diagnoses. The same
# lesson runs on the real slices (`DATA = "real"`); a section near the end puts both side by
# side. (The text describes the profiles `quick` and `full`. In `smoke`, which only tests
# that all cells run, nothing is learnt.)

# %% tags=["parameters", "setup"]
PROFILE = "quick"  # "smoke", "quick" or "full"
DATA = "phantom"  # "phantom" or "real"
DATA_ROOT = ""  # folder of the real images, with one folder per class
SKIP_UNREADABLE = False  # True: leave out files that cannot be read, and list them
SEED = 7

# %% tags=["setup"]
from helpers import parameters, seeds

names = (
    "phantom slices",
    "pixels",
    "filters",
    "units",
    "epochs",
    "epochs, study",
    "patience",
    "batch",
    "learning rate",
    "deals",
    "bootstrap draws",
)
sizes = parameters.choose(
    PROFILE,
    DATA,
    DATA_ROOT,
    {
        "smoke": dict(zip(names, (312, 32, (4, 8, 16), 16, 1, 2, 2, 32, 0.003, 2, 100))),
        "quick": dict(zip(names, (936, 40, (8, 16, 32), 64, 4, 10, 3, 16, 0.003, 3, 1000))),
        "full": dict(
            zip(names, (12446, 180, (32, 64, 128), 128, 8, 40, 8, 32, 0.001, 3, 2000))
        ),
    },
)
draws, pixels = sizes["bootstrap draws"], sizes["pixels"]
seeds.set_seed(SEED)

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import Markdown, display

from helpers import (
    cross_validation,
    datasets,
    evaluation,
    models,
    neighbours,
    plots,
    results,
)
from helpers import splits, training
from helpers.checks import lesson02 as checks
from helpers.deep import keras
from helpers.plots import networks

layers = keras.layers
percent = plots.percent
leak, honest, plain = plots.COLOURS["vermillion"], plots.COLOURS["blue"], "#B0B0B0"

# %% [markdown]
# ## The same slices, dealt in two ways
#
# To know how good a network is on images that it has not seen, we train it on some of them
# and test it on the others. With *cross-validation* every image has its turn: we deal the
# images into five [folds](../docs/glossary.md#fold), train five times, each time without
# one fold, and let each network predict the fold that it has not seen. These are the
# *out-of-fold predictions*, one for every image.
#
# The whole lesson turns on how the folds are dealt: slice by slice, as much of the
# literature does, or patient by patient.

# %% tags=["hide-input"]
# @title The lesson in one picture: one line decides what is tested
fig = plots.diagram(
    {
        "slices": (0, 0.6, "slices of\nall patients"),
        "by slice": (1, 0, "deal slices\ninto 5 folds", "vermillion"),
        "by patient": (1, 1.2, "deal patients\ninto 5 folds", "blue"),
        "net 1": (2, 0, "train on 4 folds,\npredict the fifth", "vermillion"),
        "net 2": (2, 1.2, "train on 4 folds,\npredict the fifth", "blue"),
        "known": (3, 0, "accuracy on slices\nof known patients", "vermillion"),
        "new": (3, 1.2, "accuracy on\nnew patients", "blue"),
    },
    [
        ("slices", "by slice"),
        ("slices", "by patient"),
        ("by slice", "net 1"),
        ("by patient", "net 2"),
        ("net 1", "known"),
        ("net 2", "new"),
    ],
    title="One line of code decides which question the test asks",
)
plots.show(
    fig,
    "Boxes and arrows. The slices of all patients go two ways. Above, single slices are "
    "dealt into five folds; the result is the accuracy on slices of known patients. Below, "
    "whole patients are dealt; the result is the accuracy on new patients. All else is alike.",
)

# %%
cohort = datasets.load(
    "kidney_ct",
    source=DATA,
    root=DATA_ROOT,
    size=pixels,
    seed=SEED,
    skip_unreadable=SKIP_UNREADABLE,
    memory_limit=3e9,
    **({"n_images": sizes["phantom slices"]} if DATA == "phantom" else {}),
)
class_names, labels, groups = cohort.class_names, cohort.labels, cohort.groups
images = cohort.images[..., None]  # Keras wants a channel: (n, height, width, 1)
unit = "patient" if DATA == "phantom" else "scan"
cohort

# %% tags=["hide-input"]
# @title Slices and patients in each class
fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.9), sharey=True)
summary = cohort.summary()
for axis, column, colour in zip(axes, ("images", "groups"), ("blue", "sky")):
    sns.barplot(
        x=summary[column].to_numpy(),
        y=list(class_names),
        color=plots.COLOURS[colour],
        ax=axis,
    )
    axis.bar_label(axis.containers[0], padding=3)
    axis.margins(x=0.12)
axes[0].set(
    xlabel="slices",
    title=f"{summary.images.max() / summary.images.min():.1f} to 1 in slices ...",
)
axes[1].set(xlabel=f"{unit}s", title=f"... of only {summary.groups.sum()} {unit}s")
plots.show(
    fig,
    f"Slices and {unit}s in each class: "
    + ", ".join(
        f"{name} {slices} slices of {members} {unit}s"
        for name, slices, members in zip(class_names, summary.images, summary.groups)
    )
    + ".",
)

# %% [markdown]
# One call deals the folds. `by="image"` deals slices, `by="group"` deals patients (on real
# data: inferred scans, see the [card](../data/kidney_ct.md)); both keep the shares of the
# classes as equal as they can. Since we want to know how much chance there is in a deal, we
# deal patients several times, with several seeds. (`every_class=False` allows a fold
# without a rare class. We judge the predictions of all folds together, so nothing is lost.)

# %%
deals = [SEED + 1000 * number for number in range(sizes["deals"])]
folds = {("slice", SEED): splits.fold_numbers(labels, groups, by="image", seed=SEED)} | {
    (unit, seed): splits.fold_numbers(
        labels, groups, by="group", seed=seed, every_class=False
    )
    for seed in deals
}

# %% tags=["nbval-check-output"]
rows = []
for split in ("slice", unit):
    fold = folds[split, SEED]
    known = [np.isin(groups[fold == k], groups[fold != k]).mean() for k in range(5)]
    rows.append((split, len(fold), len(np.unique(groups)), percent(np.mean(known))))
pd.DataFrame(
    rows, columns=["dealt by", "slices", f"{unit}s", f"{unit} known from training"]
).set_index("dealt by")

# %% [markdown]
# The last column is the mean share of test slices whose patient (real: scan) has other
# slices among the training images. Both ways test the same slices. But a network under the
# slice split has met nearly every patient before it is tested. Nothing during training can
# give a warning, because validation slices come from known patients as well.
#
# ## The network, in ten lines
#
# A [convolution](../docs/glossary.md#convolution) slides small filters (3x3 weights for
# each input [channel](../docs/glossary.md#channel), and one bias) over the image;
# [ReLU](../docs/glossary.md#relu) sets negative values to 0; *max
# [pooling](../docs/glossary.md#pooling)* keeps the largest of 2x2 neighbours and halves each
# side. After three such blocks the feature maps are laid out as one long vector (*flatten*),
# and two [dense layers](../docs/glossary.md#dense-layer), in which every output sees every
# input, turn it into four [logits](../docs/glossary.md#logit), one number per class. The
# [softmax](../docs/glossary.md#softmax) turns logits into probabilities.
#
# The study [1] gives the input (180x180, one grey channel), these layers and their order.
# It gives neither the numbers of filters and units nor, as far as we can tell, the number
# of blocks: those are ours. The `Rescaling` is ours, too: it moves grey values from 0 ... 1
# to -1 ... 3, so that air becomes negative and body tissue lies on both sides of 0. With it,
# fewer epochs are needed.
#
# In Keras a layer is made with its settings, `layers.Conv2D(8, 3)`, and then called on what
# comes before it, `(x)`. What goes in first and what comes out last make the model.


# %%
def kidney_cnn(size, n_classes, augment=None):
    """The network of [1] for images (n, size, size, 1): a Keras model, not yet compiled."""
    inputs = layers.Input((size, size, 1), name="image")
    x = inputs if augment is None else augment(inputs)
    x = layers.Rescaling(4, offset=-1, name="scale")(x)
    for block, filters in enumerate(sizes["filters"], start=1):
        convolution = layers.Conv2D(
            filters, 3, padding="same", activation="relu", name=f"block{block}_conv"
        )
        x = layers.MaxPooling2D(name=f"block{block}_pool")(convolution(x))
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(sizes["units"], activation="relu", name="hidden")(x)
    x = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(inputs, layers.Softmax(name="probabilities")(x), name="kidney_cnn")


network = kidney_cnn(pixels, len(class_names))

# %% tags=["hide-input"]
# @title The network, drawn from the model
fig = networks.network_diagram(network, "From the image to four probabilities")
plots.show(
    fig,
    "The layers of the network in order, with the shape of what each puts out and its "
    "number of parameters: "
    + "; ".join(
        f"{name}, {row['output shape']}, {row.parameters}"
        for name, row in models.layer_table(network).iterrows()
    )
    + ".",
)

# %% tags=["nbval-check-output"]
table = models.layer_table(network)
in_dense = table.parameters["hidden"] / table.parameters.sum()
print(
    f"{table.parameters.sum():,} parameters, {percent(in_dense)} of them in one dense layer"
)

# %% [markdown]
# Most [parameters](../docs/glossary.md#parameter) sit where the feature maps have been
# flattened: that layer has a weight for every place of every feature map. A network with
# many more parameters than there are training slices can learn those slices by heart.
#
# **Try it.** The study's images have 180 pixels a side. Predict first: which layers get
# more parameters, and which do not? Then run, and try other sides.

# %%
side = 180
larger = models.layer_table(kidney_cnn(side, 4))
pd.DataFrame({f"{pixels} pixels": table.parameters, f"{side} pixels": larger.parameters})


# %% [markdown]
# ### Exercise 1: shapes and parameters (2 points)
#
# Write `conv_stack(shape, layers)`. `shape` is (height, width, channels) of the input,
# `layers` a list of tuples of two kinds:
#
# - `("conv", filters, kernel, stride, padding)`: square kernels, one bias per filter. With
#   [padding](../docs/glossary.md#padding) `"valid"` a height h becomes floor((h - kernel) / stride) + 1, with `"same"` it
#   becomes ceil(h / stride);
# - `("pool", size)`: max pooling with stride `size` and no padding; h becomes
#   floor(h / size).
#
# The width follows the same rules. Return two things: the output shape, (height, width,
# channels), and the number of parameters, weights and biases together.
#
# Example: for the shape (5, 8, 2) and the layers `[("conv", 4, 3, 1, "valid"),
# ("pool", 2)]` the convolution gives (3, 6, 4) and has 3 x 3 x 2 x 4 weights and 4 biases;
# the function should return `((1, 3, 4), 76)`. Hints: `checks.conv_stack.hint()`.


# %% nbgrader={"grade": false, "grade_id": "conv_stack", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_stack(shape, layers):
    """(height, width, channels), list of layers -> (output shape, number of parameters)."""
    ### BEGIN SOLUTION
    height, width, channels = shape
    parameters = 0
    for kind, *options in layers:
        if kind == "pool":
            height, width = height // options[0], width // options[0]
            continue
        filters, kernel, stride, padding = options
        if padding == "same":
            height, width = -(-height // stride), -(-width // stride)  # rounded up
        else:
            height, width = (height - kernel) // stride + 1, (width - kernel) // stride + 1
        parameters += kernel**2 * channels * filters + filters
        channels = filters
    return (height, width, channels), parameters
    ### END SOLUTION


# %%
checks.conv_stack(conv_stack)

# %% nbgrader={"grade": true, "grade_id": "conv_stack_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.conv_stack(conv_stack).right
deep_stack = [("conv", 16, 7, 3, "same"), ("pool", 3), ("conv", 32, 1, 1, "valid")]
deep_stack += [("conv", 8, 5, 2, "valid"), ("conv", 12, 2, 1, "same"), ("pool", 2)]
assert checks.conv_stack(
    conv_stack,
    more=[
        ((180, 131, 3), deep_stack, ""),
        ((64, 47, 1), [("conv", 6, 4, 3, "valid"), ("conv", 5, 3, 4, "same")], ""),
        ((10, 14, 5), [("pool", 4), ("pool", 2)], ""),
        ((3, 4, 2), [("conv", 7, 3, 1, "valid")], ""),
        ((6, 4, 2), [], ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# ### Compile and train
#
# `compile` says how the network is to learn. The *loss* is what training makes small, here
# the [cross-entropy](../docs/glossary.md#cross-entropy): the mean of minus the logarithm of
# the probability that was given to the true class. (It is called *sparse* in Keras when
# labels are whole numbers 0, 1, 2 ... rather than one column per class.) The
# [optimizer](../docs/glossary.md#optimizer) moves the weights after each
# [batch](../docs/glossary.md#batch) of images; ours is [Adam](../docs/glossary.md#adam).
# `fit` shows the network all training images once per [epoch](../docs/glossary.md#epoch).


# %%
def compiled(network):
    """The same network, ready to be trained."""
    network.compile(
        optimizer=keras.optimizers.Adam(sizes["learning rate"]),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=8,  # only for speed: eight batches in one go
    )
    return network


network = compiled(network)
first = folds["slice", SEED] == 0  # the first fold is held out, the others are trained on
_ = network.fit(
    images[~first], labels[~first], epochs=1, batch_size=sizes["batch"], verbose=0
)
_, after_one_epoch = network.evaluate(images[first], labels[first], verbose=0)
print(f"after one epoch: {percent(after_one_epoch)} of the held-out slices right")

# %% [markdown]
# ### Exercise 2: build, compile and train a deeper network (3 points)
#
# Write `build_network(size, n_classes)`. It returns a *compiled* Keras model for images of
# shape (size, size, 1), with these layers in this order:
#
# - for each of the numbers of filters 8, 16 and 32: two convolutions `layers.Conv2D` with
#   that many 3x3 filters, padding `"same"` and the activation `"relu"`, and then one
#   `layers.MaxPooling2D()`. The *very first* convolution has `strides=2`; it halves the
#   picture, which saves three quarters of the work;
# - `layers.GlobalAveragePooling2D()`, which averages every feature map over all places;
# - `layers.Dense(n_classes, activation="softmax")`.
#
# Compile it with Adam (`keras.optimizers.Adam(0.003)`), the loss
# `"sparse_categorical_crossentropy"` and `metrics=["accuracy"]`. `keras` and `layers` are
# at hand, as in the lesson. You may use `keras.Sequential([...])`, which starts with
# `layers.Input((size, size, 1))`, or call the layers one by one as in `kidney_cnn`.
#
# Example: for size 48 and 4 classes the first convolution puts out 24x24x8 and has 80
# parameters, the last pooling puts out 3x3x32, and the last layer has 132 parameters.
# Hints: `checks.build_network.hint()`.


# %% nbgrader={"grade": false, "grade_id": "build_network", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_network(size, n_classes):
    """Pixels a side, number of classes -> compiled keras.Model, images -> probabilities."""
    ### BEGIN SOLUTION
    x = inputs = layers.Input((size, size, 1))
    for filters in (8, 16, 32):
        strides = 2 if filters == 8 else 1
        x = layers.Conv2D(filters, 3, strides=strides, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))
    adam = keras.optimizers.Adam(0.003)
    model.compile(adam, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION


# %% [markdown]
# The check looks at a *layer table* of your network, which the next cell makes: for each
# layer its kind, the shape that it puts out, its number of parameters and its activation;
# then the loss, the optimizer and the metrics. (This cell is part of the exercise: leave it
# as it is.)


# %% nbgrader={"grade": false, "grade_id": "layer_table", "locked": true, "schema_version": 3, "solution": false, "task": false}
def layer_table(size, n_classes):
    """What `build_network` builds, in plain values: (rows, loss, optimizer, metrics)."""
    model = build_network(size, n_classes)
    if not isinstance(model, keras.Model):
        raise TypeError(f"build_network should return a Keras model, not {model!r}")
    rows = [
        (
            type(layer).__name__,
            tuple(int(side) for side in layer.output.shape[1:]),
            int(layer.count_params()),
            getattr(getattr(layer, "activation", None), "__name__", ""),
        )
        for layer in model.layers
        if type(layer).__name__ != "InputLayer"
    ]
    loss, optimizer = getattr(model, "loss", None), getattr(model, "optimizer", None)
    name = str(getattr(loss, "name", getattr(loss, "__name__", loss)))
    rate = f"{float(getattr(optimizer, 'learning_rate', 0)):.4g}"
    settings = model.get_compile_config() or {}
    return rows, name, f"{type(optimizer).__name__}, {rate}", str(settings.get("metrics"))


# %%
checks.build_network(layer_table)

# %% nbgrader={"grade": true, "grade_id": "build_network_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.build_network(layer_table).right
assert checks.build_network(layer_table, more=[(75, 3, ""), (96, 7, ""), (33, 2, "")]).right
### END HIDDEN TESTS

# %% [markdown]
# Now train what you have built, on four folds of patients, and test it on the fifth. How
# many of the held-out slices will it classify rightly? Write a number down before you run.

# %%
try:
    deeper = build_network(pixels, len(class_names))
except NotImplementedError as unfinished:
    if str(unfinished):  # Keras raises it, too
        raise
    deeper = None
    print("Exercise 2 first: there is no network to be trained yet.")
if deeper is not None:
    held_out = folds[unit, SEED] == 0
    deeper.fit(
        images[~held_out],
        labels[~held_out],
        epochs=sizes["epochs"],
        batch_size=sizes["batch"],
        verbose=0,
    )
    _, on_training = deeper.evaluate(images[~held_out], labels[~held_out], verbose=0)
    _, on_new = deeper.evaluate(images[held_out], labels[held_out], verbose=0)
    print(
        f"the deeper network, {deeper.count_params():,} parameters: {percent(on_training)} of "
        f"the training slices right, {percent(on_new)} of the slices of new {unit}s"
    )

# %% [markdown]
# Your network is not wrong if it is far from perfect, on the training slices too: it is
# small, and it trains for a few epochs, too few to learn its patients by heart. One fold and
# one training are no verdict. How to get one is the subject of this lesson.
#
# ### Logits and probabilities
#
# Later lessons explain logits, not probabilities, so both must be within reach.
# `models.logits(network)` is the same network without its last layer: the same weights.

# %% tags=["nbval-check-output"]
probabilities = network.predict(images[:5], verbose=0)
logits = models.logits(network).predict(images[:5], verbose=0)
by_hand = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
print("probabilities add up to 1:", np.allclose(probabilities.sum(axis=1), 1, atol=1e-5))
print(
    "softmax of the logits, by hand, is the same:",
    np.allclose(by_hand, probabilities, atol=1e-5),
)

# %% [markdown]
# ## Augmentation, and what it must not do
#
# The study augments its training images: it turns them a little, makes them larger or
# smaller, and changes their contrast, anew for every image in every epoch, so that the
# network does not learn what ought not to matter. `models.augmentation()` is a Keras layer
# that does so *while training only*; at inference the image passes unchanged. Because it is
# a layer, it is saved with the model, and no one can forget to switch it off.
#
# The study names rotation, scale and contrast, and gives no amounts. We train with up to 5
# degrees, 5 % and 10 %. The gallery shows three times as much, or you would see nothing.


# %%
def with_lesion(name):
    """Position of the slice of this class that shows most of its lesion."""
    members = np.flatnonzero(labels == class_names.index(name))
    if cohort.masks is None:
        return members[len(members) // 2]
    return members[cohort.masks[members].sum(axis=(1, 2)).argmax()]


example = with_lesion("Stone")
kinds = {
    "rotation": models.augmentation(rotation=15, zoom=0, contrast=0),
    "scale": models.augmentation(rotation=0, zoom=0.15, contrast=0),
    "contrast": models.augmentation(rotation=0, zoom=0, contrast=0.3),
    "all three": models.augmentation(rotation=15, zoom=0.15, contrast=0.3),
}
original = images[[example] * 4]
drawn = {kind: np.asarray(layer(original, training=True)) for kind, layer in kinds.items()}

# %% tags=["hide-input"]
# @title The gallery
pictures, titles = [], []
for kind, four in drawn.items():
    pictures += [cohort.images[example], *four[..., 0]]
    titles += ["original", *[kind] * 4]
fig = plots.montage(
    pictures, titles, columns=5, title="What the network sees, three times exaggerated"
)
plots.show(
    fig,
    "Five columns: a CT slice, then four random versions of it. Rows: turned, made larger "
    "or smaller, with more or less contrast, and all of these. With less contrast the "
    "black air turns grey.",
    photo=True,
)

# %% [markdown]
# The numbers that stand for "how much" have units, and the units differ. Keras gives
# rotation as a *fraction of a full turn*: 5 degrees is 5/360 = 0.014, while 0.05, easily
# taken for 5 %, is 18 degrees. And a layer may do other things than one expects: look at
# what comes out. Our gallery shows one surprise: contrast changes about the image's mean,
# so that less contrast turns the air grey.


# %%
def apply(layer, image):
    """One image (h, w) through a Keras layer in training mode."""
    return np.asarray(layer(image[None, ..., None], training=True))[0, ..., 0]


def turn(factor):
    """A layer that always turns by this fraction of a full turn."""
    return layers.RandomRotation((factor, factor), fill_mode="constant")


def shrink(fill_mode):
    """A layer that always makes the picture smaller."""
    return layers.RandomZoom((0.5, 0.5), fill_mode=fill_mode)


def move(down, right):
    """A layer that always moves the picture by these shares of its side."""
    return layers.RandomTranslation((down, down), (right, right), fill_mode="constant")


slice_ = cohort.images[example]
stone = None if cohort.masks is None else cohort.masks[example].astype(np.float32)
on_the_right = stone is not None and np.nonzero(stone)[1].mean() > len(slice_) / 2
mirror = layers.Lambda(lambda batch: batch[:, :, ::-1])
changes = {
    "5 degrees = 5/360": turn(5 / 360),
    "0.05 = 18 degrees": turn(0.05),
    "0.15 = 54 degrees": turn(0.15),
    "0.25 = a quarter": turn(0.25),
    "filled with air": shrink("constant"),
    "filled by reflection": shrink("reflect"),
    "mirrored": mirror,
    "moved": move(-0.35, 0.35 if on_the_right else -0.35),
}

# %% tags=["hide-input"]
# @title What can go wrong
fig = plots.montage(
    [apply(change, slice_) for change in changes.values()],
    list(changes),
    None if stone is None else [apply(change, stone) > 0.5 for change in changes.values()],
    columns=4,
    title="Rotation counts full turns (above); what else can go wrong (below)",
)
plots.show(
    fig,
    "Above, one CT slice turned by 5, 18, 54 and 90 degrees, with the factor that Keras "
    "takes for it. Below, the slice made smaller with black around it; made smaller with "
    "mirrored copies of the body around it; mirrored, left for right; and moved by a third of "
    "its size towards a corner."
    + ("" if stone is None else " The stone is outlined; in the last picture it is gone."),
    photo=True,
)

# %% tags=["nbval-check-output"]
quarter = np.allclose(apply(turn(0.25), slice_), np.rot90(slice_), atol=1e-3)
at_inference = np.array_equal(kinds["all three"](original, training=False), original)
print(f"a factor of 0.25 is a quarter turn: {quarter}")
print(f"at inference the image passes unchanged: {at_inference}")

# %% [markdown]
# What an augmentation may do is a medical question: *is the label still true?*
#
# - **Filling.** `"reflect"` and `"wrap"` fill the border with copies of the body, and of
#   whatever lies near its edge. We fill with black, which in CT is air.
# - **Laterality.** Mirrored, the liver lies on the patient's left, as in hardly anybody.
#   For a network that should know left from right, mirroring teaches bodies that it will
#   not meet.
# - **Out of view.** A slice is labelled Stone because of a stone. Moved or cut so far that
#   the stone is gone, as in the last picture, it is an image without a stone, labelled
#   Stone. Where masks are known this can be counted.
#
# **Try it.** `down` and `right` are shares of the side by which all images are moved. How
# many per cent of the lesions leave the picture? Guess, run, and find the largest shift
# that loses none. (Real slices have no masks; there the cell prints nothing.)

# %%
down, right = 0.3, 0.3
if cohort.masks is not None:
    lesions = cohort.masks[cohort.masks.any(axis=(1, 2))][..., None].astype(np.float32)
    visible = np.asarray(move(down, right)(lesions, training=True)).sum(axis=(1, 2, 3))
    gone = visible < 0.05 * lesions.sum(axis=(1, 2, 3))
    print(f"moved by {down} and {right}: {percent(gone.mean(), 1)} of the lesions are gone")

# %% [markdown]
# ## The study's figures, with the study's recipe
#
# We follow the study first: slices are dealt at random, images are augmented, and training
# watches a [validation set](../docs/glossary.md#validation-set). Fold 0 is the test set,
# fold 1 the validation set, and the network learns from the other three. `training.fit` is
# `fit` with *early stopping*: when the validation loss has not fallen for some epochs, it
# stops and takes back the weights of the best epoch. The test set is not involved.

# %%
fold = folds["slice", SEED]
train_part, validation, test = (
    cohort.subset(chosen) for chosen in (fold > 1, fold == 1, fold == 0)
)
seeds.set_seed(SEED)
augmented = kidney_cnn(pixels, len(class_names), augment=models.augmentation())
history = training.fit(
    augmented,
    train_part,
    validation,
    epochs=sizes["epochs, study"],
    patience=sizes["patience"],
    batch_size=sizes["batch"],
    learning_rate=sizes["learning rate"],
)
kept = history.val_loss.idxmin()

# %% tags=["hide-input"]
# @title Loss, accuracy, F1, precision and recall over the epochs
right_then = percent(history.val_accuracy[kept])
title = f"slice split: {right_then} right on validation in epoch {kept} of {len(history)}"
plots.show(
    plots.training_curves(history, title),
    f"Curves of loss, accuracy, F1, precision and recall over {len(history)} epochs. Lowest "
    f"validation loss in epoch {kept}, where the validation accuracy is {right_then}; highest "
    f"validation accuracy {percent(history.val_accuracy.max())} in epoch "
    f"{history.val_accuracy.idxmax()}; training accuracy at the end "
    f"{percent(history.accuracy.iloc[-1])}.",
)

# %% [markdown]
# Two epochs are marked, as in the study's figure: that of the lowest validation loss, whose
# weights are kept, and that of the highest validation accuracy. They need not agree. The
# loss also sees *how sure* the network is, and moves more smoothly; accuracy counts right
# and wrong.
#
# In the first epochs training may look worse than validation: a higher loss, a lower
# accuracy. It is measured under harder
# conditions: with augmentation on, and averaged over an epoch in which the weights still
# moved. And this validation set shares its patients with the training set.

# %% [markdown]
# ### Exercise 3: when to stop (2 points)
#
# Write `best_epoch(val_loss, patience)`. `val_loss` (n,) holds the validation losses of
# epochs 1, 2, ... as they would be if training ran to the end. With early stopping it ends
# after `patience` epochs in a row without a new lowest loss; a loss that equals the lowest
# so far is no new one. Return two whole numbers, counted from 1: the epoch whose weights
# are kept (the one with the lowest loss until then), and the last epoch that is trained. If
# patience never runs out, the latter is the length of `val_loss`.
#
# Example: with the losses 0.9, 0.7, 0.75, 0.8, 0.6 and patience 2 training stops after
# epoch 4, before it could see 0.6; the function should return `(2, 4)`. Hints:
# `checks.best_epoch.hint()`.


# %% nbgrader={"grade": false, "grade_id": "best_epoch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_epoch(val_loss, patience):
    """Losses (n,) float, patience >= 1 -> (kept epoch, last epoch), both from 1."""
    ### BEGIN SOLUTION
    kept, lowest = 0, np.inf
    for epoch, loss in enumerate(val_loss, start=1):
        if loss < lowest:
            kept, lowest = epoch, loss
        elif epoch - kept == patience:
            return kept, epoch
    return kept, len(val_loss)
    ### END SOLUTION


# %%
checks.best_epoch(best_epoch)

# %% nbgrader={"grade": true, "grade_id": "best_epoch_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.best_epoch(best_epoch).right
noisy_losses = np.random.default_rng(23).random(60).round(2) + np.linspace(2, 0, 60)
checked_losses = [(noisy_losses, patience, "") for patience in (1, 2, 3, 4, 6, 9, 60)]
checked_losses += [(np.array([0.4]), 1, ""), (np.array([0.4, 0.5, 0.6]), 1, "")]
checked_losses += [(np.array([0.5, 0.6, 0.7]), 2, ""), (np.full(9, 0.7), 4, "")]
falling, tied = np.linspace(1, 0.1, 12), np.array([3.0, 2.5, 2.5, 2.4])
checked_losses += [(falling, 1, ""), (tied, 1, "")]
assert checks.best_epoch(best_epoch, more=checked_losses).right
### END HIDDEN TESTS

# %% [markdown]
# ### Which class is taken for which?

# %%
predictions = augmented.predict(test.images[..., None], verbose=0).argmax(axis=1)
confusion = evaluation.confusion_matrix(test.labels, predictions, len(class_names))
study_like = evaluation.scores(confusion)
evaluation.report(confusion, class_names).round(3)

# %% [markdown]
# Rows of a [confusion matrix](../docs/glossary.md#confusion-matrix) are the truth, columns
# the prediction; the right predictions lie on the diagonal.
# [Precision](../docs/glossary.md#precision) asks down a column: of the slices predicted as
# Stone, how many are? [Recall](../docs/glossary.md#recall) asks along a row: of the stones,
# how many were found? [F1](../docs/glossary.md#f1) is their harmonic mean.
#
# The *macro average* is the plain mean over the classes: the class Stone counts as much as
# the class Normal, so that, stones being rare, one stone slice counts more than one normal
# slice. The *weighted average* weighs classes by their number of images.

# %% [markdown]
# ### Exercise 4: the confusion matrix (2 points)
#
# Write `confusion_matrix(labels, predictions, n_classes)` without scikit-learn, for integer
# classes 0 .. n_classes-1. It returns an integer array of shape (n_classes, n_classes):
# entry [i, j] is the number of images of class i that were predicted as class j. Rows are
# the truth, columns the predictions. A class that never occurs keeps its zeros.
#
# Example: for the labels 0, 0, 1, the predictions 0, 1, 1 and 3 classes the rows are
# 1 1 0, then 0 1 0, then 0 0 0. Hints: `checks.confusion_matrix.hint()`.


# %% nbgrader={"grade": false, "grade_id": "confusion_matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
def confusion_matrix(labels, predictions, n_classes):
    """Labels (n,) int, predictions (n,) int, k -> counts (k, k) int, rows = truth."""
    ### BEGIN SOLUTION
    pair_counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(pair_counts, (labels, predictions), 1)
    return pair_counts
    ### END SOLUTION


# %%
checks.confusion_matrix(confusion_matrix)

# %% nbgrader={"grade": true, "grade_id": "confusion_matrix_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.confusion_matrix(confusion_matrix).right
many_answers = np.random.default_rng(21).integers(0, 6, (2, 400))
assert checks.confusion_matrix(
    confusion_matrix,
    more=[
        (*many_answers, 6, ""),
        (*many_answers, 9, ""),
        (many_answers[0], many_answers[0], 7, ""),
        (np.array([3]), np.array([1]), 4, ""),
        (np.zeros(5, int), np.full(5, 4), 5, ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 5: macro F1 (2 points)
#
# Write `macro_f1(confusion)` without scikit-learn, for a confusion matrix with rows = truth
# and columns = predictions. A class's F1 is 2 TP / (2 TP + FP + FN): the true positives TP
# stand on the diagonal, the false negatives FN in the rest of the class's row, the false
# positives FP in the rest of its column. Macro F1 is the plain mean over *all* classes. If
# a class is neither there nor predicted its F1 is 0 / 0, and counts as 0.
#
# Example: for the rows 2 0 0, then 1 1 0, then 0 0 0 the F1 are 4/5, 2/3 and 0; their mean
# is 0.489. Hints: `checks.macro_f1.hint()`.


# %% nbgrader={"grade": false, "grade_id": "macro_f1", "locked": false, "schema_version": 3, "solution": true, "task": false}
def macro_f1(confusion):
    """Counts (k, k) int, rows = truth -> mean F1 over the k classes."""
    ### BEGIN SOLUTION
    hits = np.diag(confusion)
    there_and_predicted = confusion.sum(axis=0) + confusion.sum(axis=1)  # 2 TP + FP + FN
    return (2 * hits / np.maximum(there_and_predicted, 1)).mean()
    ### END SOLUTION


# %%
checks.macro_f1(macro_f1)

# %% nbgrader={"grade": true, "grade_id": "macro_f1_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.macro_f1(macro_f1).right
crowded = np.random.default_rng(22).integers(0, 300, (5, 5))
sparse = np.diag([7, 0, 2, 0, 0, 1])
sparse[0, 1] = sparse[4, 2] = 3
assert checks.macro_f1(
    macro_f1,
    more=[
        (crowded, ""),
        (sparse, ""),
        (np.diag([5, 1]), ""),
        (np.array([[0, 4], [6, 0]]), ""),
        (np.array([[1377, 20, 3, 0]] * 4), ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# ## Change one argument
#
# Now the experiment. The same network is cross-validated twice, and only the folds differ:
# `by="image"` dealt slices, `by="group"` patients. It is trained without augmentation and
# for a fixed, small number of epochs. So no validation set is needed, nothing is chosen, and
# all training images are used. `cross_validation.out_of_fold` does what the picture at the
# beginning shows: for each fold it starts from new random weights, trains on the other
# folds, and predicts the one that was left out.
#
# With slices dealt, the study has 99.57 %. What do you expect of our small network, with
# slices dealt and for new patients? Write two numbers down before you run.

# %%
network, outputs = compiled(kidney_cnn(pixels, len(class_names))), {}
for (split, seed), fold in folds.items():
    outputs[split, seed] = cross_validation.out_of_fold(
        network,
        images,
        labels,
        fold,
        epochs=sizes["epochs"],
        batch_size=sizes["batch"],
        seed=seed,
    )

# %% [markdown]
# A network has to beat rules that know nothing of kidneys, in the very same folds:
#
# - *the most similar slice* ([1-nearest-neighbour](../docs/glossary.md#nearest-neighbour)):
#   repeat the label of the training slice whose pixels differ least;
# - *mean grey value alone*: one number per slice, and a logistic regression;
# - *always the largest class* of the training folds.

# %%
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, cross_val_predict

cnn, lookup = "CNN as in [1]", "most similar slice"
grey, largest = "mean grey value alone", "always the largest class"
rules = (cnn, lookup, grey, largest)
mean_grey = cohort.images.mean(axis=(1, 2))[:, None]
correct = {}  # (rule, split, seed) -> (n,) bool
for (split, seed), fold in folds.items():
    nearest, _ = neighbours.nearest_in_other_folds(cohort.images, fold)
    deal = PredefinedSplit(fold)
    predicted = {
        cnn: outputs[split, seed].argmax(axis=1),
        lookup: labels[nearest],
        grey: cross_val_predict(LogisticRegression(C=1e4), mean_grey, labels, cv=deal),
        largest: cross_val_predict(DummyClassifier(), mean_grey, labels, cv=deal),
    }
    for rule in rules:
        correct[rule, split, seed] = predicted[rule] == labels

# %% [markdown]
# ### The honest table
#
# Each slice is predicted once in every deal, and gets the share of deals in which it was
# predicted rightly. The mean of these shares is the accuracy. Its *one* interval draws
# patients anew, each with all of its slices ([bootstrap](../docs/glossary.md#bootstrap)).
# The last column gives the lowest and the highest deal; deals differ in their folds and in
# their start weights.
#
# We give no interval for the slice split: its folds share patients, so it says nothing
# about new ones.

# %%
share_right = {  # (rule) -> (n,) share of the deals in which a slice of a new patient is right
    rule: np.mean([correct[rule, unit, seed] for seed in deals], axis=0) for rule in rules
}
accuracy = {
    rule: evaluation.bootstrap(lambda index, s=share: s[index].mean(), groups, draws, SEED)
    for rule, share in share_right.items()
}
each_deal = {rule: [correct[rule, unit, s].mean() for s in deals] for rule in rules}
on_slices = {rule: float(correct[rule, "slice", SEED].mean()) for rule in rules}
pd.DataFrame(
    [
        (
            percent(on_slices[rule], 1),
            percent(accuracy[rule].value),
            f"{percent(accuracy[rule].low)} to {percent(accuracy[rule].high)}",
            f"{percent(min(each_deal[rule]))} to {percent(max(each_deal[rule]))}",
        )
        for rule in rules
    ],
    index=pd.Index(rules, name="right, out of fold"),
    columns=[
        "dealt by slice",
        f"dealt by {unit}",
        f"95 % interval by {unit}",
        f"its {len(deals)} deals",
    ],
)

# %% tags=["cover", "hide-input"]
# @title The same table as a picture
fig = networks.accuracy_chart(
    {rule: (on_slices[rule], accuracy[rule], each_deal[rule]) for rule in rules},
    (
        f"{'phantom' if DATA == 'phantom' else 'real'} slices, dealt by slice",
        f"dealt by {unit}",
    ),
    published=0.9957,
)
fig.suptitle(
    f"The same network: {percent(on_slices[cnn], 1)} when slices are dealt, "
    f"{percent(accuracy[cnn].value)} on new {unit}s",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    f"Accuracy of each rule, dealt by slice and dealt by {unit}. "
    + "; ".join(
        f"{rule}: {percent(on_slices[rule], 1)} and {percent(accuracy[rule].value)} "
        f"({percent(accuracy[rule].low)} to {percent(accuracy[rule].high)})"
        for rule in rules
    )
    + ". The published 99.57 % is marked.",
)

# %% [markdown]
# When slices are dealt, even this small network, trained for a few epochs, is right nearly
# always, and a lookup of the most similar slice reaches the published accuracy: slices of
# known patients are recognised. On new patients the same layers fall by a large margin.
#
# This does not prove that the studies' networks only memorised: neither says how its slices
# were split ([1], and the abstract of [2]). It shows that under a slice split such figures
# are what memory gives, and so cannot show that anything else was learnt.
#
# Does the network beat the simple rules on new patients? Overlapping intervals do not tell:
# all rules were tested on the *same* patients, easy ones and hard ones. We take the
# difference slice by slice, and its interval again by patient. Another seed draws other
# phantoms and may change the verdict. On the real slices the mean grey value alone does no
# worse than the network: the table near the end has the figures.

# %%
differences = {
    rule: evaluation.bootstrap(
        lambda index, d=share_right[cnn] - share_right[rule]: d[index].mean(),
        groups,
        draws,
        SEED,
    )
    for rule in rules[1:]
}
pd.DataFrame(
    [
        (f"{100 * gain.value:+.0f}", f"{100 * gain.low:+.0f} to {100 * gain.high:+.0f}")
        for gain in differences.values()
    ],
    index=pd.Index(differences, name=f"{cnn}, minus"),
    columns=["points", f"95 % interval by {unit}"],
)

# %% tags=["hide-input"]
# @title The table, read aloud
beaten = [rule for rule, gain in differences.items() if gain.low > 0]
open_ = [rule for rule, gain in differences.items() if gain.low <= 0 <= gain.high]
sentences = []
if beaten:
    sentences.append(f"On new {unit}s the network is better than: {', '.join(beaten)}.")
if open_:
    sentences.append(
        f"It is not shown to be better, or worse, than: {', '.join(open_)}. (The interval of "
        "the difference contains 0.)"
    )
if len(beaten) + len(open_) < len(differences):
    sentences.append("One of the simple rules is better than the network.")
display(Markdown(" ".join(sentences)))

# %% [markdown]
# ### Beside the published figures
#
# The study reports accuracy 99.57 %, precision 99.58 %, recall 99.56 % and F1 99.34 % [1].
# (That F1 is lower than such a precision and recall allow; lesson 07 computes why.) We set
# our four figures beside them, dealt by slice and dealt by patient.


# %%
def scores_by_deal(index, split, seeds_of_deals):
    """Accuracy, precision, recall and F1 of some slices, as means over deals: (4,)."""
    return np.mean(
        [
            evaluation.scores(
                evaluation.confusion_matrix(
                    labels[index],
                    outputs[split, seed][index].argmax(axis=1),
                    len(class_names),
                )
            )
            for seed in seeds_of_deals
        ],
        axis=0,
    )


metrics = ("accuracy", "precision", "recall", "F1")
published = dict(zip(metrics, (0.9957, 0.9958, 0.9956, 0.9934)))
by_slice = dict(zip(metrics, scores_by_deal(np.arange(len(labels)), "slice", [SEED])))
# Patients are drawn within their class, or a draw might hold no stone at all. So this
# interval of the accuracy is not quite the one in the table above, which draws from all.
drawn = evaluation.bootstrap(
    lambda index: scores_by_deal(index, unit, deals), groups, draws, SEED, strata=labels
)
by_group = {
    metric: evaluation.Estimate(*(float(field[k]) for field in drawn))
    for k, metric in enumerate(metrics)
}

# %% tags=["hide-input"]
# @title Four metrics beside the published ones
fig, axis = plt.subplots(figsize=(8.5, 4.4))
plots.metric_bars(
    axis,
    {
        "published, real slices": (published, plain),
        "ours, dealt by slice": (by_slice, leak),
        f"ours, dealt by {unit} (line: interval by {unit})": (by_group, honest),
    },
)
axis.set_xlabel("%; lines are 95 % intervals")
axis.set_title(
    f"Macro F1 {percent(by_slice['F1'], 1)} when slices are dealt, "
    f"{percent(by_group['F1'].value)} on new {unit}s"
)
fig.legend(loc="outside lower center", ncols=3, fontsize=9.5)
plots.show(
    fig,
    f"Bars of four metrics: as published; ours dealt by slice; ours dealt by {unit}. "
    + "; ".join(
        f"{metric} {percent(published[metric], 2)}, {percent(by_slice[metric], 1)} and "
        f"{percent(by_group[metric].value)}"
        for metric in metrics
    )
    + ".",
)

# %%
matrices = {
    split: evaluation.confusion_matrix(
        labels, outputs[split, SEED].argmax(axis=1), len(class_names)
    )
    for split in ("slice", unit)
}

# %% tags=["hide-input"]
# @title Confusion matrices of all slices, out of fold, one deal each
fig, axes = plt.subplots(1, 2, figsize=(8.5, 4.5))
shares = {split: np.trace(matrix) / matrix.sum() for split, matrix in matrices.items()}
for axis, (split, matrix) in zip(axes, matrices.items()):
    title = f"dealt by {split}: {percent(shares[split], 1)} right"
    plots.confusion_heatmap(axis, matrix, class_names, title)
fig.suptitle(
    "Out-of-fold, one deal of each kind: count, and share of the row",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    "Two confusion matrices of the same network, counts and row percentages. On the "
    f"diagonal: {percent(shares['slice'], 1)} of the slices when slices are dealt, "
    f"{percent(shares[unit], 1)} when {unit}s are dealt.",
)

# %% [markdown]
# The matrix on the right shows *how* the network fails on new patients. Lesson 01 found a
# shortcut: the mean grey value tells classes apart. Are those classes mistaken for each other
# that share their brightness?

# %% tags=["hide-input"]
# @title The commonest mistake, and the brightness of its two classes
wrong = matrices[unit] - np.diag(np.diag(matrices[unit]))
shares_wrong = wrong / matrices[unit].sum(axis=1, keepdims=True)
truth, taken_for = np.unravel_index(shares_wrong.argmax(), wrong.shape)
brightness = [float(mean_grey[labels == c].mean()) for c in range(len(class_names))]
apart = sorted(abs(a - b) for i, a in enumerate(brightness) for b in brightness[:i])
place = apart.index(abs(brightness[truth] - brightness[taken_for])) + 1
display(
    Markdown(
        f"The commonest mistake: {percent(shares_wrong.max())} of the slices of the class "
        f"{class_names[truth]} are taken for {class_names[taken_for]}. Mean grey value of each "
        "class: "
        + ", ".join(f"{name} {b:.3f}" for name, b in zip(class_names, brightness))
        + f". Of the {len(apart)} pairs of classes, ordered by how little their brightness "
        f"differs, this pair is number {place}."
    )
)

# %% [markdown]
# ## How sure may we be?

# %% [markdown]
# ### Exercise 6: an interval by patient (3 points)
#
# Write `patient_interval(correct, groups, n_draws, seed)`: `correct` (n,) bool says which
# slices were classified rightly, `groups` (n,) from which patient each slice comes. Return
# `(low, high)`, a 95 % interval of the accuracy from a bootstrap by patient. Draw `n_draws`
# times:
#
# - as many patients as there are, *with replacement*, from `np.random.default_rng(seed)`;
# - each with *all* of its slices. A patient drawn twice counts twice, and a patient with
#   more slices weighs more;
# - the draw's result is the share of correct slices among all that were drawn.
#
# `low` and `high` are the 2.5th and the 97.5th percentile of these shares. The same seed
# gives the same interval.
#
# Example: patient A has 1 slice, correct, patient B has 3, none correct. A draw gives AA,
# AB, BA or BB, and so a share of 1, 1/4, 1/4 or 0. With `n_draws=1` both ends are that one
# draw. Hints: `checks.patient_interval.hint()`.


# %% nbgrader={"grade": false, "grade_id": "patient_interval", "locked": false, "schema_version": 3, "solution": true, "task": false}
def patient_interval(correct, groups, n_draws, seed):
    """Correct (n,) bool, patients (n,) str, n_draws >= 1, int -> (low, high)."""
    ### BEGIN SOLUTION
    generator = np.random.default_rng(seed)
    slices_of = [np.flatnonzero(groups == patient) for patient in np.unique(groups)]
    shares = []
    for _ in range(n_draws):
        drawn = generator.integers(len(slices_of), size=len(slices_of))
        shares.append(correct[np.concatenate([slices_of[k] for k in drawn])].mean())
    low, high = np.percentile(shares, [2.5, 97.5])
    return low, high
    ### END SOLUTION


# %%
checks.patient_interval(patient_interval)

# %% nbgrader={"grade": true, "grade_id": "patient_interval_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.patient_interval(patient_interval).right
cohort_like = np.random.default_rng(24)
drawn_slices = cohort_like.permutation(np.repeat(np.arange(25), np.arange(25) % 9 + 1))
patient_names = np.array([f"P{number}" for number in range(100, 125)])[drawn_slices]
skilled = cohort_like.random(25) ** 0.5
often_right = cohort_like.random(len(drawn_slices)) < skilled[drawn_slices]
three_patients = np.array(list("cabbcbbcc"))
assert checks.patient_interval(
    patient_interval,
    more=[
        (often_right, patient_names, 4000, 1, ""),
        (three_patients == "b", three_patients, 300, 2, ""),
        (np.arange(9) < 8, three_patients, 300, 0, ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# Why draw patients and not slices? Look at how the right predictions are spread.

# %%
members = np.unique(groups, return_inverse=True)[1]
share = np.bincount(members, weights=share_right[cnn]) / np.bincount(members)
class_of = labels[np.unique(groups, return_index=True)[1]]
extreme = np.mean((share < 0.1) | (share > 0.9))
by_slices = evaluation.bootstrap(  # what not to do: every slice counts as news
    lambda index: share_right[cnn][index].mean(), np.arange(len(labels)), draws, SEED
)
ratio = (accuracy[cnn].high - accuracy[cnn].low) / (by_slices.high - by_slices.low)
independent = len(labels) / ratio**2

# %% tags=["hide-input"]
# @title Right predictions by patient
fig, axis = plt.subplots(figsize=(8.5, 3.2))
of_class = [100 * share[class_of == label] for label in range(len(class_names))]
plots.strips(axis, of_class, class_names, dot=34)
axis.set_title(f"{percent(extreme)} of the {unit}s are (nearly) all right or all wrong")
axis.set(xlabel=f"right predictions of each {unit} (%); black: median", ylabel="")
axis.set_xlim(-3, 103)
plots.show(
    fig,
    f"One dot a {unit}: the share of its predictions that were right over all deals, by class. "
    f"{percent(extreme)} of the {unit}s lie below 10 % or above 90 %.",
)
display(
    Markdown(
        f"An interval that draws slices would be {ratio:.1f} times narrower than ours by "
        f"{unit}. The {len(labels)} slices are worth about as much as {independent:.0f} "
        "independent ones."
    )
)

# %% [markdown]
# The slices of a patient are right or wrong together, for two reasons: they look alike, and
# they share one label, so that a class which is never predicted is missed in all of them.
# The next slice of a known patient tells little that is new; the next patient does. An
# interval that draws slices counts every slice as news, and is too narrow. Lesson 06 turns
# this into a formula, the [design effect](../docs/glossary.md#design-effect).
#
# **Try it.** Suppose that the study had only `wanted` patients. How wide would the interval
# be? Guess, then run. (The width falls with the square root of the number of patients: to
# halve it takes four times as many as there are.)

# %%
wanted = 26
few = np.isin(members, seeds.generator(SEED).permutation(members.max() + 1)[:wanted])
narrow = evaluation.bootstrap(
    lambda index: share_right[cnn][few][index].mean(), groups[few], draws, SEED
)
print(
    f"{wanted} {unit}s: {percent(narrow.low)} to {percent(narrow.high)}; "
    f"{len(share)}: {percent(accuracy[cnn].low)} to {percent(accuracy[cnn].high)}"
)

# %% [markdown]
# ## What changes on real data?
#
# The phantom illustrates; the evidence is the real set. These figures were recorded by the
# same cells on real slices, about a quarter of the published set.

# %%
figures = {
    "slices": len(cohort),
    "groups": int(summary.groups.sum()),
    "deals": len(deals),
    "parameters": int(table.parameters.sum()),
    "published_accuracy": published["accuracy"],
    "study_recipe_slice_split": study_like.accuracy,
    "study_recipe_kept_epoch": int(kept),
    "macro_f1_cnn_slice_split": by_slice["F1"],
    "macro_f1_cnn_group_split": by_group["F1"].value,
    "macro_f1_cnn_group_split_interval": by_group["F1"][1:],
    "patients_all_or_nothing": float(extreme),
    "interval_wider_by": float(ratio),
}
rows = {
    "slices": "slices",
    "groups": "patients (real: inferred scans)",
    "study_recipe_slice_split": "the study's recipe: one test fold of slices",
}
for rule, key in zip(rules, ("cnn", "lookup", "grey", "largest")):
    figures[f"{key}_slice_split"] = on_slices[rule]
    figures[f"{key}_group_split"] = accuracy[rule].value
    figures[f"{key}_group_split_interval"] = accuracy[rule][1:]
    figures[f"{key}_group_split_deals"] = each_deal[rule]
    rows[f"{key}_slice_split"] = f"{rule}: dealt by slice"
    rows[f"{key}_group_split"] = f"{rule}: dealt by patient (scan)"
    rows[f"{key}_group_split_interval"] = "its 95 % interval"
    if rule in differences:
        figures[f"cnn_minus_{key}"] = differences[rule].value
        figures[f"cnn_minus_{key}_interval"] = differences[rule][1:]
rows |= {
    "cnn_group_split_deals": f"{cnn}: its deals",
    "macro_f1_cnn_slice_split": f"{cnn}, macro F1: dealt by slice",
    "macro_f1_cnn_group_split": f"{cnn}, macro F1: dealt by patient (scan)",
    "macro_f1_cnn_group_split_interval": "its 95 % interval",
    "patients_all_or_nothing": "share of patients (nearly) all right or all wrong",
}
results.compare_with_recorded("02", figures, rows)

# %% [markdown]
# ## Limits
#
# - The interval contains what other *test* patients would change. What other training
#   patients and other random starts would change shows in the deals, and they are few; the
#   folds of one deal share most of their training images, too.
# - Few patients, and fewest in the rare classes: bootstrap intervals are then somewhat too
#   narrow.
# - The layers that the study does not describe are ours, and so is the short training. A
#   larger network, more epochs or stronger augmentation might do better on new patients;
#   choose them on *validation* patients, never on the folds that you report.
# - The quick profile works on small images: a stone may be a pixel or two. `PROFILE = "full"`
#   takes the study's 180x180 and wants a GPU.
# - The real scans are inferred (see the [card](../data/kidney_ct.md)): some may be torn
#   apart, others joined.
#
# ## What this lesson states

# %%
results.claims(
    {
        "When slices are dealt, the network is right in 90 % of the slices or more.": (
            on_slices[cnn] >= 0.9
        ),
        "So is the lookup of the most similar slice (98 % or more).": on_slices[lookup]
        >= 0.98,
        "The study's recipe, with augmentation, is right in 85 % of a test fold of slices or "
        "more.": study_like.accuracy >= 0.85,
        f"On new {unit}s the same network is right in 80 % or less, in each deal.": (
            max(each_deal[cnn]) <= 0.8
        ),
        "It loses 20 points or more when one line is changed.": (
            on_slices[cnn] - accuracy[cnn].value >= 0.2
        ),
        f"That loss is larger than its lead over one grey value on new {unit}s.": (
            differences[grey].value < on_slices[cnn] - accuracy[cnn].value
        ),
        f"The interval by {unit} is at least half as wide again as one that draws slices.": (
            ratio >= 1.5
        ),
        "More than half of the parameters sit in the first dense layer.": in_dense > 0.5,
    }
)

# %% [markdown]
# ## Key points
#
# - A figure belongs to a network *and* a way of dealing the data. Ask for the latter first.
# - Out-of-fold predictions use every image once as a test image; deal by patient, and give
#   one interval, by patient.
# - Put the dumbest rules into the same folds and the same table.
# - A difference between two rules needs an interval of its own, of the paired difference.
# - Most parameters of a network with a flattened map sit in one dense layer; global average
#   pooling does without it.
# - Augment only in ways that leave the label true.
#
# ## Check yourself
#
# <details><summary>Why does the slice split reach almost 100 % even though no slice is in
# training and test at once?</summary>
#
# Neighbouring slices of one patient look nearly alike and share a label. A network, or a
# lookup of the most similar slice, recognises the patient and repeats the label.
#
# </details>
#
# <details><summary>A validation set dealt slice by slice says 98 %. Does it warn of the
# leak?</summary>
#
# No. Its patients are known from training as well, so it leaks just as the test set does.
#
# </details>
#
# <details><summary>Why do we train for a fixed number of epochs in the cross-validation, and
# not with early stopping?</summary>
#
# Early stopping chooses an epoch by a validation set. When slices are dealt, that set would
# share patients with training; when patients are dealt, it would not, and could choose
# another epoch. The two splits would then differ in two things. With a fixed number nothing
# is chosen, and the comparison is about the split only.
#
# </details>
#
# <details><summary>Two rules have overlapping intervals. Is there no difference between
# them?</summary>
#
# That does not follow. Both were tested on the same patients; take the difference slice by
# slice, and look at its own interval.
#
# </details>
#
# <details><summary>Which augmentations of a CT slice can make its label false?</summary>
#
# All that move or cut the finding out of view, fill the border with copies of the body, or
# swap left and right where the side matters.
#
# </details>
#
# ## Sources
#
# 1. A study that classifies kidney CT slices of 180x180 pixels with a CNN. It reports
#    accuracy 99.57 %, F1 99.34 %, recall 99.56 % and precision 99.58 %, and does not say
#    how the images were split. Our copy of its text names neither authors nor journal, so
#    we cannot cite it as we should.
# 2. A. B. Ayub, N. S. Niha, M. Z. Haque, A clinically interpretable deep CNN framework for
#    early chronic kidney disease prediction using Grad-CAM-based explainable AI, arXiv
#    2512.09244. We had its abstract, which reports 100 % and gives no layers.
# 3. M. N. Islam et al., *Scientific Reports* 12 (2022) 11440: the data set; see its
#    [card](../data/kidney_ct.md).

# %%
path = results.save("02", figures, profile=PROFILE, data=DATA, seed=SEED)

# %% [markdown]
# **What is graded.** Exercises 1 to 6, 14 points: shapes and parameters (2), the deeper
# network (3), when to stop (2), the confusion matrix (2), macro F1 (2), an interval by
# patient (3). After collection further tests are run; the checks above show most of them.
#
# The cell below adds up your points so far, by the checks that you see.

# %%
checks.score()

# %% [markdown]
# **Next.** [Lesson 03](03_transfer_learning.ipynb): what does a network bring that has seen
# a million photographs?
