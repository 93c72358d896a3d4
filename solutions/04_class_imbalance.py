# %% [markdown]
# # 04 Class imbalance: does focal loss help, and how would you know?
#
# A course project grades infections on CT slices as none, mild or severe. Only one slice in 22
# is severe. Against the imbalance it trains with *focal loss*, and reports an accuracy of
# 94.7 % and a recall of 75 % for the severe class [1]. It does not say what the network would
# do without. A study balances its classes with SMOTE, and reports 100 % [2]. We build both
# cures and others, try each on the same patients, and ask what they bring and what they cost.
#
# **You will be able to**
#
# - read and write images in MATLAB's `.mat` files, and say what the layout cannot hold;
# - write focal loss, derive its gradient, and say what its two settings do;
# - weight, oversample, and make SMOTE samples, on the right side of the split;
# - compare cures over paired repetitions without claiming more than they show;
# - see what a cure does to the probabilities, and undo it.
#
# **Time**: 45 minutes to read, 50 to practise. **Rebuilds**: the network, the files and the
# loss of [1]; SMOTE, which [2] uses, right and wrong.
#
# The images are *phantoms*: drawn by a program. Phantoms are not patients, and nothing here
# diagnoses. In this phantom the *extent* of the lesion makes the grade, and with the extent comes
# the number of its parts (severe: three to five). That is a convention for teaching, and no
# clinic's.

# %% tags=["parameters", "setup"]
PROFILE = "quick"  # "smoke", "quick" or "full"
DATA = "phantom"  # "phantom" or "real"
DATA_ROOT = ""  # a .mat file, or the folder of Train.mat, Val.mat and Test.mat
SKIP_UNREADABLE = False  # has no effect here: a .mat file is read whole or not at all
SEED = 7

# %% tags=["setup"]
from helpers import parameters, seeds

sizes = parameters.choose(
    PROFILE,
    DATA,
    DATA_ROOT,
    {
        "smoke": {
            "network": "quick",
            "pixels": 32,
            "phantom images": 130,
            "epochs": 1,
            "repetitions": 2,
        },
        "quick": {
            "network": "quick",
            "pixels": 48,
            "phantom images": 1000,
            "epochs": 8,
            "repetitions": 5,
        },
        "full": {
            "network": "published",
            "pixels": 224,
            "phantom images": 3600,
            "epochs": 10,
            "repetitions": 5,
        },
    },
)
pixels, repetitions = sizes["pixels"], sizes["repetitions"]
seeds.set_seed(SEED)

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import plots
from helpers.checks import lesson04 as checks

# %% [markdown]
# ## From files to patients, and what is lost on the way
#
# The images of [1] came as three files, `Train.mat`, `Val.mat` and `Test.mat`, each with the
# arrays `data` (n, 224, 224) and `label`, one number an image. We write phantoms in that layout, and read
# them back: from here on they go the way of any real file. (With `DATA = "real"` the files
# below `DATA_ROOT` are read instead.)
#
# One repetition of an experiment needs its own patients. The phantom can draw as many as we
# like: repetition r has other patients in all three parts. Here each patient has one slice,
# so that images are independent and intervals are simple.

# %%
import tempfile
from dataclasses import replace
from pathlib import Path

import scipy.io

from helpers import datasets, splits
from helpers.datasets import writing

FRACTIONS = (0.54, 0.06, 0.4)
PARTS = ("train", "validation", "test")


def drawn(repetition):
    """A phantom cohort with the parts dealt by patient."""
    cohort = datasets.load(
        "brain_ct",
        size=pixels,
        seed=SEED + repetition,
        n_images=sizes["phantom images"],
        slices_per_patient=1,
    )
    dealt = splits.split(cohort, fractions=FRACTIONS, seed=SEED + repetition)
    part_of = {patient: name for name, part in zip(PARTS, dealt) for patient in part.groups}
    return replace(cohort, part=np.array([part_of[patient] for patient in cohort.groups]))


first_cohort = drawn(0)
with tempfile.TemporaryDirectory() as folder:
    writing.write(first_cohort, folder, "mat")  # scipy.io.savemat, once for each part
    for path in sorted(Path(folder).iterdir()):
        print(path.name, scipy.io.whosmat(path))
    returned = datasets.load("brain_ct", "mat", folder)  # scipy.io.loadmat, and checks
order = np.concatenate(
    [np.flatnonzero(first_cohort.part == name) for name in ("test", "train", "validation")]
)
worst = np.abs(returned.images - first_cohort.images[order]).max()
print(returned)

# %% tags=["nbval-check-output"]
print(
    "labels come back as they were:", (returned.labels == first_cohort.labels[order]).all()
)
print("grey values come back to within half a step of 1/255:", bool(worst < 0.51 / 255))
print("patients come back:", set(returned.groups) == set(first_cohort.groups))
print("class names that come back:", returned.class_names)

# %% [markdown]
# Pixels and labels survive. Patients, lesion masks and the names of the classes do not: the
# layout has no place for them. Whoever gets only the files cannot know whether slices of one
# patient lie in `Train.mat` and `Test.mat`, and no interval by patient can be computed. The
# document [1] says "brain"; the pictures that its notebook prints show lungs. A name is a claim
# to check. (Labels become floating point on the way, MATLAB's usual type, and a row: it has no
# arrays of fewer than two dimensions.)


# %%
def thinned(cohort, rng):
    """A balanced real set has no rare class to learn about: keep a quarter of its last class."""
    counts = np.bincount(cohort.labels)
    rare = len(counts) - 1
    if 3 * counts[rare] <= counts.max():
        return cohort
    keep = cohort.labels != rare
    for name in [None] if cohort.part is None else np.unique(cohort.part):
        own = ~keep if name is None else (cohort.labels == rare) & (cohort.part == name)
        own = np.flatnonzero(own)
        keep[rng.choice(own, max(3, len(own) // 4), replace=False)] = True
    return cohort.subset(keep)


def parts_of(repetition):
    """Training, validation and test part of one repetition, as read from .mat files."""
    if DATA == "phantom":
        cohort = drawn(repetition) if repetition else first_cohort
        with tempfile.TemporaryDirectory() as folder:
            writing.write(cohort, folder, "mat")
            cohort = datasets.load("brain_ct", "mat", folder)
        cohort = replace(cohort, class_names=first_cohort.class_names)
    else:
        cohort = datasets.load("brain_ct", "real", DATA_ROOT, size=pixels)
        cohort = thinned(cohort, seeds.generator(SEED, repetition))
    if cohort.part is None or set(cohort.part) != set(PARTS):
        return splits.split(cohort, fractions=FRACTIONS, seed=SEED + repetition)
    return tuple(cohort.subset(cohort.part == name) for name in PARTS)


rounds = [parts_of(repetition) for repetition in range(repetitions)]
train, validation, test = rounds[0]
names = train.class_names
k = len(names)
rare = k - 1  # the class that the cures are for
counts = pd.DataFrame(
    [np.bincount(part.labels, minlength=k) for part in rounds[0]],
    index=["training", "validation", "test"],
    columns=names,
)
if k == 3:
    counts.loc["project [1], training"] = (1038, 1406, 114)
    counts.loc["project [1], test"] = (288, 391, 32)
counts.assign(**{"largest / rarest": (counts.max(axis=1) / counts.min(axis=1)).round(1)})

# %%
rng = seeds.generator(SEED, 101)
own_masks = None
if (
    DATA == "phantom"
):  # the first repetition is the cohort drawn above, in the order of the file
    own_masks = first_cohort.masks[order][returned.part == "train"]
chosen = np.concatenate(
    [rng.permutation(np.flatnonzero(train.labels == label))[:5] for label in range(k)]
)
fig = plots.montage(
    train.images[chosen],
    [names[label] for label in train.labels[chosen]],
    None if own_masks is None else own_masks[chosen],
    columns=5 if (np.bincount(train.labels) >= 5).all() else 4,
    title=f"{names[rare]} is the rare class. Could you grade these?",
)
plots.show(
    fig,
    f"Training images of each class: {', '.join(names)}. "
    + (
        "Lesions are outlined in orange: absent, small, or spread over a large part of the brain."
        if own_masks is not None
        else "No outlines are known."
    ),
    photo=True,
)

# %% [markdown]
# ## What the published figures can carry
#
# The test part of [1] has 711 slices, 32 of them severe; 24 of the 32 were found. Two
# questions to ask of any such table: what would the laziest answer score, and how sure is
# the figure for the rare class?

# %%
from helpers import evaluation

published = np.array([288, 391, 32])  # none, mild, severe slices of its test part
always_mild = np.zeros((3, 3), int)
always_mild[:, 1] = published
lazy = evaluation.scores(always_mild)
severe = evaluation.wilson(24, 32)
many = np.unique(np.logspace(np.log10(8), np.log10(2000), 200).astype(int) // 4 * 4)
many = many[many >= 8]
around = evaluation.wilson(0.75 * many, many)
fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.2), width_ratios=(1, 1.5))
for y, (name, count) in enumerate(zip(("none", "mild", "severe"), published)):
    colour = plots.COLOURS["vermillion" if name == "severe" else "grey"]
    left.barh(y, count, color=colour, height=0.6)
    left.text(count + 8, y, str(count), va="center")
left.set_yticks(range(3), ("none", "mild", "severe"))
left.invert_yaxis()
left.set(xlim=(0, 470), xlabel="test slices of [1]", title="32 severe slices ...")
right.fill_between(many, 100 * around.low, 100 * around.high, color=plots.COLOURS["sky"])
right.axhline(75, color="black", linewidth=1)
right.plot(
    [32, 32], [100 * severe.low, 100 * severe.high], color=plots.COLOURS["vermillion"], lw=3
)
right.set(
    xscale="log",
    ylim=(0, 100),
    xlabel="severe slices in the test part",
    ylabel="recall (%)",
    title=f"... let a recall of 75 % mean {100 * severe.low:.0f} to {100 * severe.high:.0f} %",
)
right.set_xticks((10, 32, 100, 320, 1000), ("10", "32", "100", "320", "1000"))
plots.show(
    fig,
    "Left: the test part of [1] has 288 slices without infection, 391 mild and 32 severe. "
    f"Right: 95 % interval of a recall of 75 % against the number of severe slices; with 32 it "
    f"reaches from {100 * severe.low:.0f} to {100 * severe.high:.0f} %.",
)

# %% tags=["nbval-check-output"]
print(
    f"always answering mild: accuracy {plots.percent(lazy.accuracy)}, macro F1 {lazy.f1:.2f}"
)
print(
    f"severe recall, 24 of 32: {plots.percent(24 / 32)}, 95 % interval "
    f"{plots.percent(severe.low)} to {plots.percent(severe.high)}"
)

# %% [markdown]
# The interval (Wilson's [3]) treats slices as independent. If several come from one patient,
# it is too narrow, and nobody can say by how much. So this one network may find fewer than
# six of ten severe slices in the long run, or nearly nine. And no figure without focal loss
# stands beside it. Would it help to test both networks on the same slices? A difference of ten
# points is three of 32 slices. If one network finds three that the other misses, and none the
# other way round, an exact test of the pairs gives p = 0.25.
#
# ## The published network, and one for a laptop
#
# Five convolutions with 64 to 1,024 filters, each followed by max pooling and dropout; then
# the last feature map is flattened, and two dense layers follow [1]. Where are the
# parameters, and where is the work?

# %%
from helpers import models
from helpers.deep import keras


def work(model):
    """Multiplications for one image, in convolutions and dense layers, in millions."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            total += np.prod(layer.output.shape[1:3]) * np.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            total += np.prod(layer.kernel.shape)
    return total / 1e6


networks = {
    "as published": models.infection_cnn(224, 3),
    "with global average pooling": models.infection_cnn(224, 3, pooling="average"),
    "quick": models.quick_cnn(224, 3),
}
table = pd.DataFrame(
    {
        name: (
            f"{model.count_params():,}",
            f"{max(layer.count_params() for layer in model.layers):,}",
            max(model.layers, key=lambda layer: layer.count_params()).name,
            f"{work(model):,.0f}",
        )
        for name, model in networks.items()
    },
    index=["parameters", "in the largest layer", "which is", "million multiplications"],
).T.rename_axis("at 224x224")
table

# %% tags=["nbval-check-output"]
published_network = networks["as published"]
share = (
    published_network.get_layer("hidden").count_params() / published_network.count_params()
)
print(f"{published_network.count_params() / 1e6:.2f} million parameters,")
print(f"{plots.percent(share)} of them in the dense layer behind the flattened map")

# %% [markdown]
# Four fifths of the parameters sit in one layer, which has weights for every place of the last
# feature map (7x7) and every filter. Averaging over the places first takes most of them away;
# what is left does nearly the same work. The quick network has four convolutions with few
# filters, and no hidden layer, dropout or penalty; instead its signals are brought to mean 0 and
# variance 1 behind every convolution (*batch normalisation*), with which it learns in fewer
# steps, at a higher learning rate that falls to 0 in the end. What does that cost in
# quality? A benchmark (`benchmarks/infection_networks.py`) trained both on the same phantoms,
# with the same loss, over five paired seeds. (At 48 pixels the published network's last feature
# map has a single place, so the layer that is so large at 224 is small.)

# %%
import json

from helpers import results

record = json.loads((results.RECORDED / "04.networks.json").read_text())
longest = record["longest"]
pd.DataFrame(
    {
        recipe: (
            f"{np.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})",
            ""
            if recipe == longest
            else "{:+.2f} ({:+.2f} to {:+.2f})".format(
                *record["less the published"][recipe]
            ),
        )
        for recipe, values in record["macro F1"].items()
    },
    index=["macro F1, mean (range) of five", f"less {longest} (95 % interval)"],
).T.rename_axis(f"{record['training images']} training images, {record['pixels']} pixels")

# %%
times = record["times an epoch of the quick network"]
print(
    f"an epoch of the published network costs {times['published']:.0f} times as much processor time"
)

# %% [markdown]
# As published, ten epochs on these few images (170 steps of 32, where the project had 800) teach
# the published network nothing: its macro F1 is that of always answering mild. With as many
# steps as the project had it learns. The quick network needs a fraction of the time for an
# epoch; trained for as many epochs it is better here, and after the eight epochs of this lesson
# it is about as good on average, with a wide interval. More images, or larger ones, may tell
# another story. Mark the difference between eight epochs and many.
#
# From here on "the network" is the quick one, trained for eight epochs, as a laptop's time
# allows (in the full profile the published one). Remember this table when you judge what a
# cure brings.
#
# ## Focal loss
#
# The cross-entropy of an image is -ln p, where p is the probability given to its true class.
# Focal loss [4] multiplies it by a factor:
#
# $$\mathrm{FL}(p) = -(1 - p)^\gamma \ln p$$
#
# For an image that is answered well, 1 - p is small, and so is the factor: easy images stop
# counting. With gamma = 0 it is the cross-entropy; [1] takes gamma = 3.

# %% [markdown]
# ### Exercise 1: the focal loss (2 points)
#
# The cross-entropy of an image is -ln p, where p is the probability that the network
# gives to the image's *true* class. The focal loss multiplies it by (1 - p)^gamma
# (equation 4 of Lin et al.): an image that is answered well already, p near 1, hardly
# counts any more. Write `focal_loss(labels, probabilities, gamma)` for the true classes
# `labels` (n,), whole numbers from 0 to k - 1, the probabilities (n, k), of which each
# row adds up to 1, and gamma >= 0. Return one loss for each image, (n,): no mean, and no
# further weight such as Keras's alpha. A single probability of 0 would make the loss
# infinite: where p is below 1e-7, take the logarithm of 1e-7 instead.
#
# Example: the labels are 2 and 0, and the probabilities 0.1, 0.4, 0.5 and 0.9, 0.1, 0. So
# p is 0.5 and 0.9. For gamma = 2 the losses are 0.25 x 0.693 = 0.173 and 0.01 x 0.105 =
# 0.00105. For gamma = 0 they are the cross-entropy, 0.693 and 0.105. Hints:
# `checks.focal_loss.hint()`.


# %% nbgrader={"grade": false, "grade_id": "focal_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def focal_loss(labels, probabilities, gamma):
    """True classes (n,), probabilities (n, k), gamma >= 0 -> losses (n,)."""
    ### BEGIN SOLUTION
    p = probabilities[np.arange(len(labels)), labels]
    return -((1 - p) ** gamma) * np.log(np.maximum(p, 1e-7))
    ### END SOLUTION


# %%
checks.focal_loss(focal_loss)

# %% nbgrader={"grade": true, "grade_id": "focal_loss_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.focal_loss(focal_loss).right
loss_noise = np.random.default_rng(641)
loss_cases = [
    (
        loss_noise.integers(0, tested_classes, tested_images),
        loss_noise.dirichlet(np.full(tested_classes, 0.6), tested_images),
        tested_gamma,
        "",
    )
    for tested_images, tested_classes, tested_gamma in (
        (40, 2, 2),
        (40, 3, 0),
        (25, 4, 3.0),
        (30, 5, 1.5),
        (6, 6, 5),
        (1, 4, 1),
    )
]
loss_cases += [
    (loss_labels.astype(np.uint8), loss_rows.astype(np.float32), tested_gamma, "")
    for loss_labels, loss_rows, tested_gamma, _ in loss_cases
]
loss_cases += [
    (np.arange(4), np.eye(4), 2, ""),
    (np.arange(4), np.eye(4)[::-1], 2, ""),
    (np.arange(4), np.eye(4)[[0, 1, 3, 2]], 0, ""),
    (np.zeros(3, int), np.array([[1e-8, 1 - 1e-8], [1e-7, 1], [3e-7, 1]]), 0.5, ""),
]
assert checks.focal_loss(focal_loss, more=loss_cases).right
### END HIDDEN TESTS

# %% [markdown]
# What does training feel of it? The gradient.

# %% [markdown]
# ### Exercise 2: the gradient of the focal loss (3 points)
#
# A network does not learn from a loss but from its gradient. Predict first: can it
# happen, for some p and gamma, that raising the *logit* of the true class raises the
# focal loss? And are there images from which it learns *more* than from the
# cross-entropy, or only less?
#
# Then derive it, with pencil and paper. For one image L = -(1 - p)^gamma ln p, where p is
# the softmax probability of the true class. The chain rule takes two steps:
#
# 1. dL / dp. L is a product, and both of its factors depend on p.
# 2. dp / dz = p (1 - p), where z is the logit of the true class and the others stay
#    fixed.
#
# The product of both is dL / dz; simplify it, until no division is left. Write
# `focal_gradient(p, gamma)`, which returns dL / dz for the probabilities p (n,) of the
# true classes, each between 0 and 1 (both excluded), and gamma >= 0: (n,), one derivative
# for each image.
#
# Example: for gamma = 0, the cross-entropy, dL / dz = p - 1. For p = 0.5 and gamma = 2 it
# is -0.298. Test your formula without knowing the answer, by a finite difference: from p
# get z = ln(p / (1 - p)), from z get p = 1 / (1 + exp(-z)), and (L(z + h) - L(z - h)) /
# (2 h) with h = 1e-5 must be nearly what you derived. Hints:
# `checks.focal_gradient.hint()`.


# %% nbgrader={"grade": false, "grade_id": "focal_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
def focal_gradient(p, gamma):
    """Probabilities of the true classes (n,), gamma >= 0 -> dL / dz (n,)."""
    ### BEGIN SOLUTION
    return (1 - p) ** gamma * (gamma * p * np.log(p) - (1 - p))
    ### END SOLUTION


# %%
checks.focal_gradient(focal_gradient)

# %% nbgrader={"grade": true, "grade_id": "focal_gradient_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.focal_gradient(focal_gradient).right
gradient_places = np.linspace(0.001, 0.999, 150)
for tested_gamma in (0, 0.3, 1, 2, 5):
    assert (np.asarray(focal_gradient(gradient_places, tested_gamma)) < 0).all()
assert checks.focal_gradient(
    focal_gradient,
    more=[
        (gradient_places, tested_gamma, "")
        for tested_gamma in (0, 0.0, 0.2, 0.5, 1, 1.5, 2, 2.5, 3.0, 4, 5, 8)
    ]
    + [
        (gradient_places[::7].astype(np.float32), 2, ""),
        (gradient_places[::9].astype(np.float32), 0.7, ""),
        (np.array([1e-6, 1e-3, 0.5, 1 - 1e-3, 1 - 1e-6]), 2, ""),
        (np.array([1e-6, 1e-3, 0.5, 1 - 1e-3, 1 - 1e-6]), 0.5, ""),
        (np.array([0.3]), 3, ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# The gradient is never positive: neither gamma p ln p nor -(1 - p) is. So the focal loss
# never pulls a network the wrong way; it only changes how hard each image pulls. Mostly
# that is less hard than with the cross-entropy, but not always: where p is small, harder.

# %% [markdown]
# How do the two look?

# %%
from helpers import imbalance

p = np.linspace(0.001, 0.999, 999)
fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.6))
gammas = {
    0: "black",
    1: plots.COLOURS["sky"],
    3: plots.COLOURS["vermillion"],
    5: plots.COLOURS["purple"],
}
pairs = np.stack([p, 1 - p], axis=1)
crossings = {}
for gamma, colour in gammas.items():
    name = f"gamma = {gamma}" + (" (cross-entropy)" if gamma == 0 else "")
    loss = imbalance.focal_loss(np.zeros(len(p), int), pairs, gamma)
    slope = -imbalance.focal_gradient(p, gamma)
    left.plot(p, loss, color=colour, label=name)
    right.plot(p, slope, color=colour)
    stronger = p[slope > 1 - p]
    crossings[gamma] = stronger.max() if len(stronger) else 0.0
left.set(xlabel="probability of the true class", ylabel="loss", ylim=(0, 4), title="Loss")
left.legend(fontsize=9.5)
right.set(
    xlabel="probability of the true class",
    ylabel="push on the true class's logit",
    ylim=(0, 1.35),
    title="Gradient, sign reversed",
)
fig.suptitle(
    "Focal loss silences what is answered well; what is answered badly counts for more beside it",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    "Left: loss against the probability of the true class, for gamma 0, 1, 3 and 5; the larger "
    "gamma, the sooner the loss vanishes. Right: the gradient on the true class's logit, sign "
    f"reversed; with gamma 3 it exceeds the cross-entropy's below {crossings[3]:.2f}.",
)

# %% tags=["nbval-check-output"]
easy, wrong = (
    float(imbalance.focal_gradient(q, 3) / imbalance.focal_gradient(q, 0))
    for q in (0.9, 0.1)
)
print(
    f"gamma = 3, gradient against the cross-entropy's: {easy:.4f} at p = 0.9, {wrong:.2f} at p = 0.1"
)
print(f"it is larger below p = {crossings[3]:.2f}")

# %% [markdown]
# The size of a push alone means little, since Adam divides by it; what counts is how much an
# image pushes beside the others. (A program in which this gradient comes out positive has lost a sign.)
#
# Note what the factor does *not* know: the class. A severe slice that is answered well is
# silenced like any other. It helps a rare class only in so far as rare images are the badly
# answered ones. To favour a class by name, one needs a second factor, alpha, with one number
# a class.
#
# ## What Keras's alpha does
#
# Keras has two focal losses. Both have `alpha=0.25` as a default.

# %% tags=["nbval-check-output"]
from helpers.imbalance.losses import FocalLoss

rng = np.random.default_rng(4)
labels = np.arange(300) % 3
answers = rng.dirichlet((1, 1, 1), 300).astype(np.float32)
one_hot = np.eye(3, dtype=np.float32)[labels]
theirs = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=3.0, reduction=None)
equal = [
    np.abs(np.asarray(theirs(one_hot, answers)) - values).max() < 1e-6
    for values in (
        np.asarray(FocalLoss(3.0, reduction=None)(labels, answers)),
        imbalance.focal_loss(labels, answers, 3.0),
    )
]
print("our loss for training, and the one in NumPy, equal Keras's to 1e-6:", *equal)
default = keras.losses.CategoricalFocalCrossentropy(gamma=3.0, reduction=None)
ratio = np.asarray(default(one_hot, answers)) / np.asarray(theirs(one_hot, answers))
print(
    "categorical, alpha=0.25 against 1:",
    [round(float(ratio[labels == c].mean()), 3) for c in range(3)],
)


def binary(**options):
    """Loss of a positive and of a negative image, each answered with 0.3 for the truth."""
    loss = keras.losses.BinaryFocalCrossentropy(gamma=2.0, reduction=None, **options)
    values = loss(np.array([[1.0], [0.0]]), np.array([[0.3], [0.7]]))
    return [round(float(value), 3) for value in np.asarray(values)]


print("binary, alpha=0.25:", binary(alpha=0.25), " alpha=0.75:", binary(alpha=0.75))
print(
    "the same with apply_class_balancing=True:",
    binary(alpha=0.25, apply_class_balancing=True),
    binary(alpha=0.75, apply_class_balancing=True),
)

# %% [markdown]
# - `CategoricalFocalCrossentropy` multiplies *every* class by 0.25. No class is favoured; it
#   is the same loss in another unit, and Adam, which divides by the size of the gradient,
#   takes nearly the same steps. (Beside a penalty on the weights, the penalty counts four
#   times as much.) It does accept a list with one number a class.
# - `BinaryFocalCrossentropy` ignores alpha, silently, unless `apply_class_balancing=True`.
#   Then positives count 0.25 and negatives 0.75: made for detectors with many easy
#   negatives, and the opposite of what a rare positive class needs.
#
# `helpers.imbalance.losses.FocalLoss` takes one alpha a class, or none.
#
# ## Weights
#
# Class weights multiply the loss of an image by a number that depends on its class alone.
# The usual choice, "balanced", makes all classes weigh the same in all, as lesson 01 did. But
# why should they? In a clinic a missed severe infection may count more than that, or less.

# %% [markdown]
# ### Exercise 3: weights for any mix (2 points)
#
# The weights of lesson 01 made all classes count the same. One may want another mix: that
# of a clinic, or one halfway. Write `class_weights(labels, n_classes, wanted)` for the
# labels (n,) of the training images, whole numbers from 0 to n_classes - 1, each of which
# occurs, and the wanted shares (n_classes,), which add up to 1. Return the weights
# (n_classes,) that do two things:
#
# - of the weight of all images, those of class c together have the share `wanted[c]`;
# - the mean weight over all *images* is 1, so that the loss keeps its size.
#
# A class may be wanted with a share of 0. If all shares are equal, the weights are those
# of lesson 01.
#
# Example: the labels are 0, 0, 0, 1 and the wanted shares 0.4 and 0.6. The weights are
# 0.533 and 2.4: three images with 0.533 are 1.6, 40 % of 1.6 + 2.4 = 4, and the mean of
# the four is 1. Hints: `checks.class_weights.hint()`.


# %% nbgrader={"grade": false, "grade_id": "class_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def class_weights(labels, n_classes, wanted):
    """Labels (n,), their number of classes, wanted shares (k,) -> weights (k,)."""
    ### BEGIN SOLUTION
    counts = np.bincount(labels, minlength=n_classes)
    return wanted * len(labels) / counts
    ### END SOLUTION


# %%
checks.class_weights(class_weights)

# %% nbgrader={"grade": true, "grade_id": "class_weights_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.class_weights(class_weights).right
weight_noise = np.random.default_rng(643)
weight_cases = []
for tested_classes in (2, 3, 4, 5, 6, 6):
    tested_mix = weight_noise.dirichlet(np.full(tested_classes, 0.5))
    drawn_labels = weight_noise.choice(tested_classes, 30 * tested_classes, p=tested_mix)
    every_class = weight_noise.permutation([*range(tested_classes), *drawn_labels])
    for tested_wanted in (
        weight_noise.dirichlet(np.ones(tested_classes)),
        np.full(tested_classes, 1 / tested_classes),
        np.eye(tested_classes)[-1],
        np.bincount(every_class) / len(every_class),
    ):
        weight_cases.append((every_class, tested_classes, tested_wanted, ""))
weight_cases += [
    (short_labels.astype(np.uint8), tested_classes, short_wanted.astype(np.float32), "")
    for short_labels, tested_classes, short_wanted, _ in weight_cases[::4]
]
weight_cases += [
    (np.array([1, 0]), 2, np.array([0.9, 0.1]), ""),
    (np.array([4, 3, 2, 1, 0]), 5, np.array([0.1, 0, 0.3, 0.4, 0.2]), ""),
]
assert checks.class_weights(class_weights, more=weight_cases).right
### END HIDDEN TESTS

# %% [markdown]
# ## Oversampling and SMOTE
#
# *Oversampling* shows images of rare classes several times. *SMOTE* [5] makes new points
# instead: on the line between an image of the class and one of its nearest neighbours of
# that class. Points of what? The abstract of [2] does not say what it mixed. One may mix the
# images themselves, pixel by pixel. We mix *features*: what the network has made of the images in its last layer but
# one. Why, we will see.

# %% [markdown]
# ### Exercise 4: one SMOTE sample (2 points)
#
# SMOTE (Chawla et al.) makes new samples of a rare class: points between an image and one
# of its nearest neighbours of the same class, in a space of features. Write
# `smote_sample(rare, i, nth, gap)`. `rare` (m, d), floating point, holds the features of
# the m images of one class, no two of them equal. Take image i (counted from 0) and its
# `nth` nearest neighbour in `rare` by the Euclidean distance: nth = 1 is the nearest one,
# and an image is no neighbour of itself. Return the point (d,) that lies the share `gap`,
# from 0 to 1, of the way from image i to that neighbour, on the straight line between
# them. (SMOTE draws image, neighbour and gap at random; here they are given, so that
# there is one answer.)
#
# Example: the features of four images are (0, 0), (4, 0), (0, 3) and (6, 8). The nearest
# neighbour of image 0 is image 2, at a distance of 3; the second nearest is image 1. So
# for i = 0, nth = 2 and gap = 0.25 the sample is (1, 0). Hints:
# `checks.smote_sample.hint()`.


# %% nbgrader={"grade": false, "grade_id": "smote_sample", "locked": false, "schema_version": 3, "solution": true, "task": false}
def smote_sample(rare, i, nth, gap):
    """Features (m, d) of one class, image, which neighbour, gap in [0, 1] -> (d,)."""
    ### BEGIN SOLUTION
    apart = np.sqrt(((rare - rare[i]) ** 2).sum(axis=1))
    neighbour = np.argsort(apart)[nth]  # place 0 is image i itself, at a distance of 0
    return rare[i] + gap * (rare[neighbour] - rare[i])
    ### END SOLUTION


# %%
checks.smote_sample(smote_sample)

# %% nbgrader={"grade": true, "grade_id": "smote_sample_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.smote_sample(smote_sample).right
smote_noise = np.random.default_rng(644)
smote_cases = []
for tested_images, tested_features in ((30, 2), (12, 12), (9, 40), (7, 1), (2, 5)):
    rare_features = smote_noise.normal(3, 2, (tested_images, tested_features))
    rare_features[:, 0] *= 4
    for tested_gap in (0, 0.13, 0.5, 0.8, 1.0):
        tested_image, tested_nth = smote_noise.integers((tested_images, tested_images - 1))
        smote_cases.append(
            (rare_features, int(tested_image), int(tested_nth) + 1, tested_gap, "")
        )
smote_cases += [
    (smote_rows.astype(np.float32), tested_image, tested_nth, tested_gap, "")
    for smote_rows, tested_image, tested_nth, tested_gap, _ in smote_cases[::3]
]
smote_cases += [(rare_features - 50, 0, 1, 0.4, ""), (1e-3 * rare_features, 1, 1, 0.4, "")]
assert checks.smote_sample(smote_sample, more=smote_cases).right
### END HIDDEN TESTS

# %% [markdown]
# ## Five cures, five repetitions
#
# Every repetition has its own patients, and one seed for the network's start and for the order
# of the images. *Within* a repetition all cures share them (but the order, where images are
# drawn again): the comparison is paired.
#
# - **0 none**: cross-entropy.
# - **1 class weights**: balanced.
# - **2 focal loss**, gamma = 3, as published.
# - **3 focal loss with alpha**: the balanced weights as alpha.
# - **4 oversampling**: rare classes drawn again until all are as frequent as the largest; fewer
#   epochs, so that the number of steps is nearly the same.
# - **5 SMOTE on features**: what network 0 has made of the training images in its last layer but
#   one; SMOTE on these features; a new last layer (logistic regression) on the result.
#
# Three more cost no training of a network, and show what the cures should be compared with:
#
# - **6 new last layer**: as 5, without SMOTE. What 5 has beyond 6 is due to SMOTE.
# - **7 prior divided out**: network 0, each probability divided by how frequent its class is in
#   training (its *prior*), rows brought back to a sum of 1. This is what the network would answer
#   if all classes were equally frequent, by Bayes' rule [9]; exercise 5 has the reason.
# - **8 focal loss, undone**: network 2, its probabilities mapped by the formula that turns what
#   minimises the focal loss into what would minimise the cross-entropy [10].
#
# Every network is trained for a fixed number of epochs and kept as it is at the end. The
# validation part chooses nothing, and no setting of any cure was tuned.

# %%
from scipy.stats import ttest_rel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import heatmap_stats, training


def network(part, validation, seed, *, epochs=sizes["epochs"], **options):
    """A trained network."""
    seeds.set_seed(seed)
    if sizes["network"] == "quick":
        model = models.quick_cnn(pixels, k)
        how = {"learning_rate": 0.01, "schedule": "cosine"}
    else:
        model, how = models.infection_cnn(pixels, k), {"learning_rate": 1e-4}
    training.fit(
        model,
        part,
        validation,
        epochs=epochs,
        keep="last",
        progress=False,
        **how,
        **options,
    )
    return model


def outputs(model, images):
    """What a model gives for images (n, h, w), as float64."""
    blocks = [
        np.asarray(model(images[start : start + 256, ..., None], training=False))
        for start in range(0, len(images), 256)
    ]
    return np.concatenate(blocks).astype(float)


def new_layer(features, labels, asked):
    """Probabilities (n, k) by a logistic regression on features."""
    layer = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    return layer.fit(features, labels).predict_proba(asked)


def normalised(probabilities):
    """Rows that add up to 1 in float64 as well."""
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def all_cures(part, validation, test, seed):
    """Probabilities (n, k) of the test images by every cure; and networks 0 and 4."""
    weights = imbalance.balanced_weights(part.labels, k)
    again = imbalance.oversample(part.labels, k, seed)
    fewer = max(1, round(sizes["epochs"] * len(part) / len(again)))
    trained = {
        "0 none": network(part, validation, seed),
        "1 class weights": network(part, validation, seed, class_weights=weights),
        "2 focal loss": network(part, validation, seed, loss=FocalLoss(3.0)),
        "3 focal loss with alpha": network(
            part, validation, seed, loss=FocalLoss(3.0, weights)
        ),
        "4 oversampling": network(part.subset(again), validation, seed, epochs=fewer),
    }
    answers = {
        name: normalised(outputs(model, test.images)) for name, model in trained.items()
    }
    plain = trained["0 none"]
    last = keras.Model(plain.input, plain.get_layer("logits").input)
    seen, asked = outputs(last, part.images), outputs(last, test.images)
    neighbours = min(5, np.bincount(part.labels).min() - 1)
    mixed = imbalance.smote(seen, part.labels, n_neighbours=neighbours, seed=seed)
    answers["5 SMOTE on features"] = new_layer(*mixed, asked)
    answers["6 new last layer"] = new_layer(seen, part.labels, asked)
    answers["7 prior divided out"] = imbalance.correct_prior(
        answers["0 none"], np.bincount(part.labels), np.ones(k)
    )
    answers["8 focal loss, undone"] = imbalance.undo_focal(answers["2 focal loss"], 3.0)
    return answers, plain, trained["4 oversampling"]


found = [all_cures(*parts, SEED + r) for r, parts in enumerate(rounds)]
answers, plain, oversampled = ([each[i] for each in found] for i in range(3))
cures = [name for name in answers[0] if name != "0 none"]

# %% [markdown]
# Four measures. The *recall of the rare class*, which the cures are for; it depends on where the
# network draws the line. The *AUC* of the rare class does not: it says how well its probability
# puts the rare images in front, wherever the line is drawn. *Macro F1*, the mean F1 of the
# classes, falls when the others pay. And the *expected calibration error* (ECE): a network
# that is 90 % sure should be right in 90 % of such cases. The test images are sorted into ten
# bins by how sure it is; ECE is the gap between sureness and accuracy, averaged over the
# images [6].

# %%
measures = {
    "recall": f"recall of {names[rare]}",
    "auc": f"AUC of {names[rare]}",
    "macro_f1": "macro F1",
    "ece": "calibration error (ECE)",
}


def measured(probabilities, labels):
    """The four measures of one set of answers."""
    called = probabilities.argmax(axis=1)
    confusion = evaluation.confusion_matrix(labels, called, k)
    return {
        "recall": float(evaluation.per_class(confusion)[1][rare]),
        "auc": evaluation.auc(probabilities[:, rare], labels == rare),
        "macro_f1": float(evaluation.scores(confusion).f1),
        "ece": evaluation.expected_calibration_error(
            probabilities.max(axis=1), called == labels
        ),
    }


values = {
    name: pd.DataFrame(
        [measured(each[name], parts[2].labels) for each, parts in zip(answers, rounds)]
    )
    for name in ["0 none", *cures]
}
floor = np.mean(
    [evaluation.calibration_floor(each["0 none"].max(axis=1)) for each in answers]
)
false_alarms = {
    name: np.mean(
        [
            np.sum((each[name].argmax(axis=1) == rare) & (parts[2].labels != rare))
            for each, parts in zip(answers, rounds)
        ]
    )
    for name in values
}
summary = pd.DataFrame(
    {
        text: {
            name: f"{each[m].mean():.2f} ({each[m].min():.2f} to {each[m].max():.2f})"
            for name, each in values.items()
        }
        for m, text in measures.items()
    }
)
summary.assign(
    **{
        f"others called {names[rare]}": {
            name: f"{n:.1f}" for name, n in false_alarms.items()
        }
    }
).rename_axis(f"mean (range) of {repetitions} repetitions")

# %% tags=["cover"]
short = ["0 none", *cures]
fig, axes = plt.subplots(1, 4, figsize=(8.5, 4.4), sharey=True)
for axis, (measure, text) in zip(axes, measures.items()):
    for r in range(repetitions):
        axis.plot(
            [100 * values[name][measure][r] for name in short],
            range(len(short)),
            "o",
            color=plots.COLOURS["grey"],
            alpha=0.55,
            markersize=5,
        )
    for y, name in enumerate(short):
        mean = 100 * values[name][measure].mean()
        colour = plots.COLOURS["vermillion" if "focal" in name else "blue"]
        axis.plot([mean] * 2, [y - 0.34, y + 0.34], color=colour, linewidth=3)
    axis.axvline(100 * values["0 none"][measure].mean(), color="black", linestyle=":", lw=1)
    axis.set_title(text.replace("calibration error (ECE)", "calibr. error"), fontsize=10.5)
    axis.set(xlabel="%", xlim=(-3, 103) if measure != "ece" else (0, None))
    axis.axhline(5.5, color=plots.COLOURS["grey"], linewidth=0.6)
axes[3].axvline(100 * floor, color=plots.COLOURS["green"], linewidth=1)
axes[0].set_yticks(range(len(short)), short)
axes[0].set_ylim(len(short) - 0.5, -0.5)
fig.suptitle(
    "Five cures and none, on the same patients: what they bring and what they cost",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    f"{repetitions} repetitions (dots) and their means (lines) of every cure; dotted: the mean "
    "without a cure; green: the calibration error that chance alone would give. "
    + "; ".join(
        f"{name}: recall {100 * each.recall.mean():.0f} %, AUC {100 * each.auc.mean():.0f} %, "
        f"macro F1 {100 * each.macro_f1.mean():.0f} %, ECE {100 * each.ece.mean():.0f} %"
        for name, each in values.items()
    )
    + ".",
)

# %% [markdown]
# (Green: the ECE to expect of a network whose every probability is right, on so many images. Few
# images never give 0.)
#
# The repetitions differ a lot among themselves: other patients, another network; now and then a
# network has hardly learnt the rare class at all. That is why the cures are compared *within*
# repetitions: the difference to "none" in each, its mean, and the 95 % t interval of that
# mean [7]. Eight comparisons for each measure are eight chances to be fooled. So the rule for the
# verdicts:
#
# - "better" or "worse" only if the p-value of the paired t-test (how often chance alone gives
#   as large a mean difference) survives *Holm's correction* [8], which asks for smaller p-values
#   the more comparisons there are; here for the eight of a measure, not for all four measures
#   together;
# - "perhaps" if it does not, but the interval excludes 0;
# - else "not shown", which does not mean that there is no difference: five repetitions see
#   large ones only.
#
# The t interval assumes differences that are nearly normal; with five of them nobody can check.

# %%
differences, verdicts = {}, {}
for measure in measures:
    base = values["0 none"][measure]
    p_values = []
    for name in cures:
        each = values[name][measure]
        differences[name, measure] = evaluation.paired_difference(each, base)
        no_spread = np.ptp(each - base) == 0  # then there is nothing to test by
        p_values.append(1.0 if no_spread else float(ttest_rel(each, base).pvalue))
    _, adjusted = heatmap_stats.holm(p_values)
    for name, p_value, p_adjusted in zip(cures, p_values, adjusted):
        higher = differences[name, measure].value > 0
        word = "better" if higher != (measure == "ece") else "worse"
        if p_adjusted >= 0.05:
            word = f"perhaps {word}" if p_value < 0.05 else "not shown"
        verdicts[name, measure] = word
pd.DataFrame(
    {
        text: {
            name: "{:+.0f} ({:+.0f} to {:+.0f})".format(
                *(100 * np.array(differences[name, measure]))
            )
            for name in cures
        }
        for measure, text in measures.items()
    }
).rename_axis("less none, points (95 % interval)")

# %%
for name in cures:
    said = [
        f"{text}: {verdicts[name, measure]}"
        for measure, text in measures.items()
        if verdicts[name, measure] != "not shown"
    ]
    print(f"{name}: {'; '.join(said) or 'no difference to none is shown'}")
by_smote = {
    text: evaluation.paired_difference(
        values["5 SMOTE on features"][m], values["6 new last layer"][m]
    )
    for m, text in measures.items()
}
print(
    "\nSMOTE on features less a new last layer without it, points: "
    + "; ".join(
        "{} {:+.0f} ({:+.0f} to {:+.0f})".format(text, *(100 * np.array(e)))
        for text, e in by_smote.items()
    )
)
if DATA == "phantom":
    print(
        "Every repetition had its own patients: the intervals cover patients and trainings."
    )
else:
    print(
        "Most images are the same in every repetition: the intervals cover little more than trainings."
    )

# %% [markdown]
# Read it slowly, each mean with its verdict. On the phantom:
#
# - **0 none** failed in one of the five repetitions: look for the lone dot far to the left in
#   the AUC. Focal loss failed there too, and worse; class weights, alpha and oversampling did not.
#   This one repetition makes much of the mean differences in AUC, and makes their intervals wide.
# - **1 class weights** finds more on average, and has the highest mean macro F1.
# - **2 focal loss**: neither in recall nor in AUC nor in macro F1 is a difference to "none" shown.
#   Its calibration error is a multiple of that without it. But row **8** gives that back: what
#   focal loss does to the probabilities is known, and a formula undoes it. (It keeps the order of
#   the classes within an image, hence the same recall and F1. With three classes it need not keep
#   the order of the *images*, so the AUC may move; with two it cannot.)
# - **5 SMOTE** must be compared with **6**, the same layer without SMOTE: the last line does, and
#   shows no difference. (In macro F1 row 5 has a verdict and row 6 has none; that says nothing
#   about the difference between the two.)
# - **7 prior divided out** finds the most on average, without any training. Its AUC is nearly
#   that of "none", whose network it is: it knows nothing more, it only draws the line elsewhere.
#   The price stands in the last column of the first table: others called severe.
#
# So watch the AUC: what raises the recall and leaves the AUC has moved the line, and that anybody can
# do for nothing. No cure is *shown* to raise it here. And compare with the benchmark above: it
# trained the same network, with focal loss, for many more epochs, and gained in macro F1 what
# the cures here gain, or more. A network that has hardly learnt needs to learn first.
#
# What would *one* repetition have said? The recall of every class in the first, with Wilson's interval:

# %%
one = {
    name: evaluation.recall_by_class(test.labels, answers[0][name].argmax(axis=1), k)
    for name in ("0 none", "1 class weights", "2 focal loss", "7 prior divided out")
}
pd.DataFrame(
    {
        name: [
            f"{100 * value:.0f} ({100 * low:.0f} to {100 * high:.0f})"
            for value, low, high in zip(*estimate)
        ]
        for name, estimate in one.items()
    },
    index=[
        f"{name} ({n} images)"
        for name, n in zip(names, np.bincount(test.labels, minlength=k))
    ],
).T.rename_axis("recall, % (95 % interval), first repetition")

# %% [markdown]
# Wide intervals for the rare class, narrow ones for the others; and none of them knows that another
# training on other patients might fail. One such table, without the intervals, is
# what [1] reports.
#
# ## What the probabilities mean afterwards
#
# ECE looks at the class that is called. What about the probability of the rare class? Of the
# images that got 30 %, 30 % should be severe. All repetitions together:


# %%
def pooled(name):
    """Probability of the rare class, and whether it is true, of all repetitions."""
    probability = np.concatenate([each[name][:, rare] for each in answers])
    truth = np.concatenate([parts[2].labels == rare for parts in rounds])
    return probability, truth


shown = ("0 none", "1 class weights", "2 focal loss", "7 prior divided out")
fig, axes = plt.subplots(1, 4, figsize=(8.5, 2.9), sharey=True)
for axis, name in zip(axes, shown):
    probability, truth = pooled(name)
    plots.reliability_diagram(
        axis,
        *evaluation.reliability(probability, truth, 5),
        colour=plots.COLOURS["vermillion" if "focal" in name else "blue"],
    )
    axis.set_title(
        f"{name}\nmean {100 * probability.mean():.1f} %, true {100 * truth.mean():.1f} %",
        fontsize=9.5,
        loc="center",
    )
    axis.set_xlabel("predicted (%)")
    if axis is not axes[0]:
        axis.set_ylabel("")
fig.suptitle(
    f"Probability of {names[rare]}: above the diagonal too low, below it too high",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    f"Observed share of {names[rare]} against its predicted probability, for four ways. "
    + "; ".join(
        f"{name}: mean {100 * pooled(name)[0].mean():.1f} %, true {100 * pooled(name)[1].mean():.1f} %"
        for name in shown
    )
    + ".",
)

# %%
rows = {}
for name in ["0 none", *cures]:
    probability, truth = pooled(name)
    sure = np.concatenate([each[name].max(axis=1) for each in answers])
    right = np.concatenate(
        [
            each[name].argmax(axis=1) == parts[2].labels
            for each, parts in zip(answers, rounds)
        ]
    )
    rows[name] = (
        f"{100 * probability.mean():.1f}",
        f"{100 * evaluation.expected_calibration_error(probability, truth):.1f}",
        f"{100 * evaluation.calibration_floor(probability):.1f}",
        f"{100 * sure.mean():.0f}",
        f"{100 * right.mean():.0f}",
    )
share_of_rare = float(pooled("0 none")[1].mean())
pd.DataFrame(
    rows,
    index=[
        f"mean probability of {names[rare]}",
        f"ECE of {names[rare]}",
        "the same if calibrated",
        "mean sureness",
        "accuracy",
    ],
).T.rename_axis(f"all together, %; true share of {names[rare]}: {100 * share_of_rare:.1f}")

# %% [markdown]
# *Sureness* is the probability of the class that is called. (Mean sureness can equal accuracy
# although the ECE is above 0: bins, and repetitions, that err in opposite directions cancel in a
# mean. And much of the ECE without a cure is chance, the green line above.) On the phantom:
#
# - **0 none**: its mean probability of the rare class is about right. Yet its diagram lies above
#   the diagonal: of the images that got a middling probability, far more are severe. It is
#   too timid where it hesitates, which is seldom; nearly all images got next to nothing.
# - **2 focal loss** is less sure than right, and gives the rare class too much. It is no fault of
#   training. Focal loss is not *proper*: even at its very minimum the answers are not the
#   shares, but nearer to each other [10]. (Where networks trained for long are too sure, that
#   may be welcome [11].) The next cell shows by how much.
# - **5** and **6**: new layers that are surer than right. They are fitted to the end, on features
#   that the network made to separate these very images.
# - **7 prior divided out** puts the mean far above the true share. It answers what would be so
#   if all classes were equally frequent; as a risk for a patient of this clinic it is wrong. The
#   ECE of the called class did not notice. About one image in six is now called severe, and few of
#   these calls are right: those answers are too sure. The others, whose probabilities were divided
#   down, are right more often than sure. In the same bins the two cancel.

# %% tags=["nbval-check-output"]
q = np.linspace(0.5, 0.999, 4991)  # what a network may answer for the first of two classes
pairs = np.stack([q, 1 - q], axis=1)
for true_share in (0.7, 0.9, 0.96):
    cost = true_share * imbalance.focal_loss(np.zeros(len(q), int), pairs, 3.0)
    cost += (1 - true_share) * imbalance.focal_loss(np.ones(len(q), int), pairs, 3.0)
    best = pairs[[cost.argmin()]]
    print(
        f"share {true_share:.2f}: focal loss is lowest for an answer of {best[0, 0]:.2f}; "
        f"undone: {imbalance.undo_focal(best, 3.0)[0, 0]:.2f}"
    )

# %% [markdown]
# ### Exercise 5: undo the oversampling (3 points)
#
# A network that was trained on resampled images has seen the rare class more often than
# it occurs, and so it expects it too often: taken as a risk, its answers are too high.
# Bayes' rule tells by how much. What a network answers for class c is proportional to a
# product: how likely such an image is within class c, times the share of class c among
# the images it was trained on. Resampling changes the second factor and leaves the first
# alone.
#
# Write `undo_oversampling(probabilities, counts_trained, counts_true)`: the probabilities
# (n, k) of a network that saw `counts_trained` (k,) images of each class, all above 0,
# where in truth there are `counts_true` (k,). Return the probabilities (n, k) that it
# should give under the true shares; each row adds up to 1. Both counts may have totals of
# their own, and a true count may be 0.
#
# Example: trained on 50 and 50 images, while in truth there are 180 and 20. The answer
# 0.2, 0.8 becomes 0.692, 0.308. Hints: `checks.undo_oversampling.hint()`.
#
# Before you go on, predict, for two classes: does this correction change the AUC? The
# recall of the rare class at a threshold of 0.5? The calibration?


# %% nbgrader={"grade": false, "grade_id": "undo_oversampling", "locked": false, "schema_version": 3, "solution": true, "task": false}
def undo_oversampling(probabilities, counts_trained, counts_true):
    """Probabilities (n, k), counts seen (k,), true counts (k,) -> probabilities (n, k)."""
    ### BEGIN SOLUTION
    trained = counts_trained / counts_trained.sum()
    true = counts_true / counts_true.sum()
    corrected = probabilities * true / trained
    return corrected / corrected.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %%
checks.undo_oversampling(undo_oversampling)

# %% nbgrader={"grade": true, "grade_id": "undo_oversampling_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.undo_oversampling(undo_oversampling).right
prior_noise = np.random.default_rng(645)
prior_cases = []
for tested_images, tested_classes in ((50, 2), (40, 3), (4, 4), (1, 5), (30, 6)):
    prior_rows = prior_noise.dirichlet(np.ones(tested_classes), tested_images)
    seen_counts = prior_noise.integers(20, 400, tested_classes)
    world_counts = prior_noise.integers(1, 3000, tested_classes)
    without_one = tested_images % tested_classes
    with_a_zero = np.where(np.arange(tested_classes) == without_one, 0, world_counts)
    prior_cases += [
        (prior_rows, seen_counts, world_counts, ""),
        (prior_rows, np.full(tested_classes, 300), world_counts, ""),
        (prior_rows, seen_counts, with_a_zero, ""),
        (prior_rows, 7 * seen_counts, seen_counts, ""),
        (prior_rows.astype(np.float32), seen_counts, world_counts.astype(float), ""),
    ]
prior_cases += [
    (np.array([[1.0, 0, 0], [0, 0.5, 0.5]]), np.array([9, 9, 9]), np.array([90, 9, 1]), ""),
    (np.array([[0.3, 0.7], [1e-5, 1 - 1e-5]]), np.array([1, 1]), np.array([10**6, 1]), ""),
]
assert checks.undo_oversampling(undo_oversampling, more=prior_cases).right
### END HIDDEN TESTS

# %% [markdown]
# Does it hold? Two models are trained on oversampled images and corrected: our network, and one
# that cannot learn much by heart, a logistic regression on nine numbers an image (the
# deciles of its grey values).


# %%
def deciles(part):
    """Nine numbers an image: the grey values below which 10, 20, ... 90 % of its pixels lie."""
    return np.quantile(part.images, np.arange(1, 10) / 10, axis=(1, 2)).T


corrected = {
    f"{model}{text}": []
    for model in ("nine numbers", "network")
    for text in (", none", ", oversampling", ", oversampling undone")
}
seen_before = {name: [] for name in corrected}  # mean probability on the training images
for each, (part, _, test_part), r in zip(answers, rounds, range(repetitions)):
    again = imbalance.oversample(part.labels, k, SEED + r)
    few, asked = deciles(part), np.concatenate([deciles(test_part), deciles(part)])
    n = len(test_part)
    found_by = {
        "nine numbers": (
            new_layer(few, part.labels, asked),
            new_layer(few[again], part.labels[again], asked),
        ),
        "network": tuple(
            np.concatenate([answer, normalised(outputs(model, part.images))])
            for answer, model in (
                (each["0 none"], plain[r]),
                (each["4 oversampling"], oversampled[r]),
            )
        ),
    }
    for name, (as_is, more) in found_by.items():
        undone = imbalance.correct_prior(more, np.ones(k), np.bincount(part.labels))
        for text, every in (
            ("none", as_is),
            ("oversampling", more),
            ("oversampling undone", undone),
        ):
            corrected[f"{name}, {text}"].append(every[:n])
            seen_before[f"{name}, {text}"].append(every[n:, rare].mean())
rows, mean_risk = {}, {}
for name, each in corrected.items():
    one = pd.DataFrame(
        [
            measured(probabilities, parts[2].labels)
            for probabilities, parts in zip(each, rounds)
        ]
    )
    mean_risk[name] = float(np.concatenate([p[:, rare] for p in each]).mean())
    rows[name] = (
        f"{100 * np.mean(seen_before[name]):.1f}",
        f"{100 * mean_risk[name]:.1f}",
        f"{100 * one['recall'].mean():.0f}",
        f"{one['auc'].mean():.2f} ({one['auc'].min():.2f} to {one['auc'].max():.2f})",
    )
pd.DataFrame(
    rows,
    index=[
        f"mean P({names[rare]}), training images (%)",
        f"mean P({names[rare]}), test images (%)",
        f"recall of {names[rare]} (%)",
        "AUC (range)",
    ],
).T.rename_axis(f"true share of {names[rare]}: {100 * share_of_rare:.1f} %")

# %% [markdown]
# The predictions of exercise 5, first on the nine numbers. Oversampling multiplies the mean
# probability of the rare class, on training and on test images alike, and the correction brings
# it back to the true share. The recall goes, too: it had come from the higher probabilities. The
# AUC hardly moves: with two classes the correction keeps the order of the images exactly, with
# three nearly, here. Oversampling had taught this model nothing new; it had moved the line.
#
# The network, on the phantom, is another matter. A third of what it saw was severe, and yet
# its mean probability on the training images is near their true share: it knows these few
# images by heart, and who is certain needs no prior. On new images, too, the mean is not raised, so
# the correction makes it far too low. Bayes' rule corrects a model that fits the mix it was
# shown, not one that remembers single images. On the real images (the table near the end) a
# network trained in few steps *was* raised, and the correction brought it back near the true
# share. The check costs one line: compare the mean probability with the share that is known.
#
#
# ## SMOTE on pixels: who is that?
#
# We take a rare training image, its nearest neighbour among the rare ones, and what SMOTE may
# make of the two: anything on the line between them. First the two that are most alike of
# all, the kindest case; then the pair that is typical (its distance is the median of the
# distances to the nearest neighbour).

# %%
severe_images = train.images[train.labels == rare]
flat = severe_images.reshape(len(severe_images), -1)
distances = ((flat[:, None] - flat[None]) ** 2).sum(axis=2)
np.fill_diagonal(distances, np.inf)
by_distance = distances.min(axis=1).argsort()
lines = []
for start in (by_distance[0], by_distance[len(by_distance) // 2]):
    pair = severe_images[start], severe_images[distances[start].argmin()]
    lines += [(1 - gap) * pair[0] + gap * pair[1] for gap in (0, 0.25, 0.5, 0.75, 1)]
steps = ("1/4 of the way", "half way", "3/4 of the way")
fig = plots.montage(
    np.stack(lines),
    ["patient A", *steps, "patient B", "patient C", *steps, "patient D"],
    columns=5,
    title="Between two patients there is no patient",
)
plots.show(
    fig,
    "Two rare training images at both ends of a row and three mixtures between them; above the "
    "two most similar ones, below a typical pair. The mixtures show the lesions and outlines of "
    "both, half transparent, and less noise than either end.",
    photo=True,
)


# %% [markdown]
# Two outlines, the lesions of both, all half transparent; half of two lesions is no lesion
# of half the extent. And the noise: averaged over two images it is weaker. Does that tell the drawn from the real? We make as many rare images as
# SMOTE would, and compare one number an image with real ones: how much neighbouring pixels
# differ from their mean (the mean size of the Laplacian).


# %%
def roughness(images):
    """Mean distance of a pixel from the mean of its four neighbours, (n,)."""
    inner = images[:, 1:-1, 1:-1]
    around = (
        images[:, :-2, 1:-1]
        + images[:, 2:, 1:-1]
        + images[:, 1:-1, :-2]
        + images[:, 1:-1, 2:]
    )
    return np.abs(inner - around / 4).mean(axis=(1, 2))


neighbours = min(5, len(severe_images) - 1)
pixel_vectors = train.images.reshape(len(train), -1)
mixed, mixed_labels = imbalance.smote(
    pixel_vectors, train.labels, n_neighbours=neighbours, seed=SEED
)
is_rare = mixed_labels == rare
is_rare[: len(train)] = False  # the new ones only
made = mixed[is_rare].reshape(-1, *train.images.shape[1:])
rough = [roughness(severe_images), roughness(made)]
told_apart = evaluation.auc(
    -np.concatenate(rough), np.arange(len(rough[0]) + len(made)) >= len(rough[0])
)
called = [
    outputs(plain[0], images).argmax(axis=1) == rare for images in (severe_images, made)
]
fig, axis = plt.subplots(figsize=(8.5, 2.3))
plots.strips(
    axis, [1000 * each for each in rough], [f"real {names[rare]}", "made by SMOTE"]
)
axis.set(xlabel="mean distance of a pixel from its neighbours (1/1000 of the grey scale)")
axis.set_title(f"SMOTE images are smoother: told apart by one number, AUC {told_apart:.2f}")
plots.show(
    fig,
    f"Roughness of {len(rough[0])} real rare images and {len(made)} made by SMOTE on pixels; "
    f"the made ones are smoother. One number tells them apart with an AUC of {told_apart:.2f}.",
)

# %%
print(
    f"called {names[rare]} by network 0: {plots.percent(called[0].mean())} of these {len(severe_images)} "
    f"training images, {plots.percent(called[1].mean())} of the {len(made)} made from them"
)

# %% [markdown]
# A network that never saw a made image does not take them for severe, although SMOTE calls them
# so. (It was trained on the real ones: part of what it finds of these is memory.) A network that
# is trained on such images may learn "smooth means severe", a shortcut that we
# made ourselves and that no real image confirms. (The made images have few parents; other
# patients would give another AUC.) In the feature space of a trained network the objection is
# weaker, not gone: the way between two feature vectors of severe images leads through what
# *this* network calls severe, more or less. No image belongs to such a point, so nobody can look
# at it and check.
#
# ## SMOTE before the split: a leak you can measure
#
# The worse mistake is one of order. If SMOTE sees all images before they are split, its
# samples lie between images that end in the training part and images that end in the test
# part: near-copies of test patients are trained on. We measure it with the simplest memory
# there is, the nearest neighbour on pixels, in four ways:
#
# - **no SMOTE**;
# - **inside**: split first, SMOTE on the training images only, real test images;
# - **before, real**: SMOTE on all, then split the made ones at random; only the *real* test
#   images are counted;
# - **before, all**: the same, and made images in the test part are counted, too: what one gets
#   who balances a data set and then splits it.
#
# And once more with *random labels*: the labels of the training images and those of the test
# images are shuffled. Then nothing can be learnt, and whatever exceeds the first two rows is
# memory. The score is the recall of the rare class.

# %%
from sklearn.neighbors import KNeighborsClassifier


def recalls(known, known_labels, asked, truth):
    """Recall of every class by the nearest neighbour on pixels, (k,)."""
    nearest = KNeighborsClassifier(1).fit(known, known_labels)
    return evaluation.per_class(
        evaluation.confusion_matrix(truth, nearest.predict(asked), k)
    )[1]


def four_ways(part, test, labels, seed):
    """Recalls (4, k) of the four ways; `labels`: of the training, then of the test images."""
    flat = np.concatenate([part.images, test.images]).reshape(len(labels), -1)
    n = len(part)
    smallest = min(np.bincount(each, minlength=k).min() for each in (labels[:n], labels))
    how = {"n_neighbours": max(1, min(5, smallest - 1)), "seed": seed}
    every, every_label = imbalance.smote(flat, labels, **how)
    in_test = np.arange(len(every)) >= n
    in_test[len(labels) :] = (
        np.random.default_rng(seed).random(len(every) - len(labels)) < 0.5
    )
    known = every[~in_test], every_label[~in_test]
    real_test = flat[n:], labels[n:]
    return [
        recalls(flat[:n], labels[:n], *real_test),
        recalls(*imbalance.smote(flat[:n], labels[:n], **how), *real_test),
        recalls(*known, *real_test),
        recalls(*known, every[in_test], every_label[in_test]),
    ]


leak = {"true labels": [], "random labels": []}
for r, (part, _, test_part) in enumerate(rounds):
    both = np.concatenate([part.labels, test_part.labels])
    leak["true labels"].append(four_ways(part, test_part, both, SEED + r))
    dealt = [seeds.generator(SEED, r, 3).permutation(p.labels) for p in (part, test_part)]
    leak["random labels"].append(
        four_ways(part, test_part, np.concatenate(dealt), SEED + r)
    )
leak = {name: np.array(scores) for name, scores in leak.items()}  # repetition, way, class
ways = ("no SMOTE", "SMOTE inside", "SMOTE before, real", "SMOTE before, all")
fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.9), sharey=True)
for axis, (name, scores) in zip(axes, leak.items()):
    for y, way in enumerate(ways):
        one = 100 * scores[:, y, rare]
        colour = plots.COLOURS["vermillion" if "before" in way else "blue"]
        axis.barh(y, one.mean(), color=colour, height=0.62)
        axis.plot(one, [y] * len(one), "o", color="black", markersize=4, alpha=0.6)
        axis.text(104, y, f"{one.mean():.0f} %", va="center")
    axis.set(xlim=(0, 120), xticks=range(0, 101, 25), title=name)
    axis.set_xlabel(f"recall of {names[rare]} (%)")
axes[0].set_yticks(range(len(ways)), ways)
axes[0].invert_yaxis()
random_recall = leak["random labels"][:, :, rare].mean(axis=0)
fig.suptitle(
    f'SMOTE before the split "finds" {plots.percent(random_recall[2])} of a class whose labels are random',
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    f"Recall of {names[rare]} by the nearest neighbour on pixels, without SMOTE, with SMOTE inside "
    "the training part, and before the split. "
    + " ".join(
        f"{name}: "
        + ", ".join(
            f"{way} {plots.percent(s)}"
            for way, s in zip(ways, scores[:, :, rare].mean(axis=0))
        )
        + "."
        for name, scores in leak.items()
    ),
)

# %%
gained = {
    name: evaluation.paired_difference(scores[:, 2, rare], scores[:, 1, rare])
    for name, scores in leak.items()
}
pd.DataFrame(
    {
        (name, column): [
            plots.percent(s)
            for s in (
                scores[:, :, rare] if column == names[rare] else scores.mean(axis=2)
            ).mean(axis=0)
        ]
        for name, scores in leak.items()
        for column in (names[rare], "mean of all classes")
    },
    index=ways,
).rename_axis("recall")

# %%
for name, each in gained.items():
    print(
        f"{name}: before (real images) less inside "
        "{:+.0f} points ({:+.0f} to {:+.0f})".format(*(100 * np.array(each)))
    )

# %% [markdown]
# On the phantom, split first, the lookup finds hardly any rare image, with true labels as with
# random ones: on these pixels it has no skill. (SMOTE lifts both alike, from nearly nothing:
# smooth images are near to everything.) Made before the split, the samples let it find all of
# them, and *all of those whose labels are random*. That is memory and nothing else: a made image
# lies on a line that starts at a real one, and hands its label over. Counting only real test
# images does not help: their near-copies stand in the training part. The largest class gets no
# copies, so a mean over all classes hides where the leak is.
#
# On the real images, where SMOTE inside the split lets the lookup find more of the true labels
# than of random ones, the leak finds most of either (the table near the end).
#
# Study [2] reports 100 % and balances with SMOTE; our copy of its abstract does not say on
# which side of the split. What is shown here is what the wrong order does, not what they did.
#
# ## The end of the road: what does the network look at?
#
# The images came from `.mat` files, a network was trained on them; now its heatmaps. The
# files hold no masks; for the phantom we know them from the cohort that was written. (Lesson
# 05 explains these maps and measures them.)

# %%
import warnings

from helpers import gradcam, localization

model = plain[0]
layer = "block4_relu" if sizes["network"] == "quick" else "block5_conv"
sick = np.flatnonzero(test.labels == rare)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # empty maps are counted below
    heat = gradcam.upsample(
        gradcam.grad_cam(model, test.images[sick], rare, layer=layer), pixels
    )
empty = int(np.sum(heat.max(axis=(1, 2)) == 0))
by_recall = np.argsort(-answers[0]["0 none"][sick, rare], kind="stable")
few = by_recall[:3]
test_masks = None
if DATA == "phantom":
    test_masks = first_cohort.masks[order][returned.part == "test"][sick]
fig = plots.triplets(
    test.images[sick[few]],
    heat[few],
    [f"P({names[rare]}) = {answers[0]['0 none'][i, rare]:.2f}" for i in sick[few]],
    None if test_masks is None else test_masks[few],
    title=f"The three {names[rare]} test images with the highest probability",
    label=f"Grad-CAM of {names[rare]}, raw",
)
plots.show(
    fig,
    f"Three {names[rare]} test images with their Grad-CAM maps and overlays"
    + (
        ", lesions outlined in blue."
        if test_masks is not None
        else "; nobody has outlined lesions."
    ),
    photo=True,
)

# %%
print(f"{len(sick)} maps, {empty} of them empty")
if test_masks is not None:
    organs = first_cohort.organs[order][returned.part == "test"][sick]
    inside = localization.energy_inside(heat, test_masks, organs)
    known = ~np.isnan(inside.values)
    print(
        f"inside the lesion: {plots.percent(inside.values[known].mean())} of the map; "
        f"chance, the same lesion elsewhere in the brain: {plots.percent(inside.chance[known].mean())}"
        if known.any()
        else "no map to measure"
    )

# %% [markdown]
# The maps are broad, and on the phantom they lie on the lesions hardly more than lesions of
# that size would be met anywhere in the brain. A heatmap that is shown beside a good
# answer proves little; lesson 05 has the tests.

# %% [markdown]
# ## What changes on real data?
#
# The files of [1] are linked from its document (a folder of the course that set the task); they
# were not fetched, and their licence is not known. What was recorded are 220 real CT slices of
# lungs in the same layout, of two classes without a stated meaning, read at 48 pixels. They
# are balanced: 60 and 60 in training. To have a rare class at all, a quarter of class 1 was kept
# in every part, drawn anew in every repetition: 15 images to train with, 7 to test on, one of
# which is 14 points of recall. The other images are the same in all five repetitions, patients are
# unknown, and eight epochs are 24 steps. A good part of the calibration error is what chance
# gives with 37 test images. Not one verdict is more than "not shown", or should be. That tests
# the road; it cannot rank cures.

# %%
figures = {
    "training_images": len(train),
    "rare_training_images": int(np.sum(train.labels == rare)),
    "severe_recall_published_interval": [float(severe.low), float(severe.high)],
    "parameters_as_published": int(published_network.count_params()),
    "files_return_labels": bool((returned.labels == first_cohort.labels[order]).all()),
    "told_apart_by_roughness": float(told_apart),
    "true_share": share_of_rare,
    "calibration_floor": float(floor),
    "empty_maps": empty,
}
rows = {
    "training_images": "training images, first repetition",
    "rare_training_images": "of them of the rare class",
}
for name in ["0 none", *cures]:
    key = name[2:].replace(",", "").replace(" ", "_")
    for measure, text in measures.items():
        each = values[name][measure]
        figures |= {
            f"{key}_{measure}": float(each.mean()),
            f"{key}_{measure}_range": [float(each.min()), float(each.max())],
        }
        rows[f"{key}_{measure}"] = f"{name}: {text}"
        if name != "0 none":
            figures[f"{key}_{measure}_difference"] = list(
                map(float, differences[name, measure])
            )
            figures[f"{key}_{measure}_verdict"] = verdicts[name, measure]
            rows[f"{key}_{measure}_verdict"] = f"{name}: {text}, verdict"
for kind, scores in leak.items():
    for way, score in zip(ways, scores[:, :, rare].mean(axis=0)):
        key = f"leak_{kind}_{way}".replace(" ", "_").replace(",", "")
        figures[key] = float(score)
        rows[key] = f"{way}, {kind}: recall of {names[rare]} by pixel lookup"
for text, model in (
    ("network", "network, oversampling"),
    ("nine_numbers", "nine numbers, oversampling"),
):
    figures[f"mean_risk_{text}_oversampling_training"] = float(np.mean(seen_before[model]))
for name, risk in mean_risk.items():
    figures["mean_risk_" + name.replace(", ", "_").replace(" ", "_")] = risk
for name in mean_risk:
    rows["mean_risk_" + name.replace(", ", "_").replace(" ", "_")] = (
        f"mean probability of {names[rare]}, {name}"
    )
rows["true_share"] = f"true share of {names[rare]} in the test parts"
rows["calibration_floor"] = "calibration error if all probabilities were right"
rows["told_apart_by_roughness"] = "SMOTE images told from real ones by smoothness, AUC"
results.compare_with_recorded("04", figures, rows)

# %% [markdown]
# ## Limits
#
# - Five repetitions see large differences only. "Not shown" does not mean that there is none.
# - One network, trained for a short time; one size, one gamma. Cures may mend what is only too
#   little training: the control that is missing here is a longer one, and the benchmark hints at what
#   it would do. We did not tune any cure, nor the network without one; who wants to
#   compare *tuned* cures must tune all of them alike, on the validation part.
# - The phantom's classes are as cleanly defined as no clinic's. Where labels of the rare class
#   are often wrong, cures that push on hard images push on wrong labels.
# - The severe phantoms have more foci than the mild ones: a network may count instead of
#   measuring. It would be as right.
# - One slice a patient. With several, repetitions stay a fair unit, Wilson's intervals do not.
# - What a missed severe infection costs against a false alarm is no statistical question.
#   Without an answer to it, "better" has no meaning beyond the measure.
#
# ## Take home
#
# 1. Put the rare class's count beside its recall, and the interval.
# 2. Compare a cure with no cure, on the same patients, several times; report the spread.
# 3. Watch the AUC of the rare class. What leaves it as it was has moved the line, and a line can be
#    moved for nothing.
# 4. A cure changes what the probabilities mean. Where the mix was changed, or the loss, it can
#    often be changed back; check that it was.
# 5. Split first. SMOTE, oversampling and augmentation belong inside the training part.
# 6. A loss has the settings that it has, not those that its name suggests: read the code.
#
# ## Sources
#
# 1. A course project at the Indian Institute of Science (DS261): infections on CT slices (none,
#    mild, severe), five convolutions, focal loss, Grad-CAM; its document and public notebook.
# 2. A. B. Ayub et al., a deep CNN with SMOTE and Grad-CAM on kidney CT, arXiv 2512.09244.
# 3. E. B. Wilson, *JASA* 22 (1927) 209-212.
# 4. T.-Y. Lin et al., Focal loss for dense object detection, arXiv 1708.02002.
# 5. N. V. Chawla et al., SMOTE, *JAIR* 16 (2002) 321-357.
# 6. C. Guo et al., On calibration of modern neural networks, arXiv 1706.04599.
# 7. Student, The probable error of a mean, *Biometrika* 6 (1908) 1-25.
# 8. S. Holm, A simple sequentially rejective multiple test procedure, *Scand. J. Statist.* 6
#    (1979) 65-70.
# 9. M. Saerens et al., Adjusting the outputs of a classifier to new a priori probabilities,
#    *Neural Computation* 14 (2002) 21-41.
# 10. N. Charoenphakdee et al., On focal loss for class-posterior probability estimation, CVPR
#    2021, arXiv 2011.09172.
# 11. J. Mukhoti et al., Calibrating deep neural networks using focal loss, arXiv 2002.09437.

# %%
path = results.save("04", figures, profile=PROFILE, data=DATA, seed=SEED)
