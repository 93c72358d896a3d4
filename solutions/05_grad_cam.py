# %% [markdown]
# # 05 Grad-CAM: where does it look?
#
# Each of the five studies of this course shows heatmaps: pictures of where a network looked.
# They are offered as a reason to trust it. We compute such maps, first by hand, and then do
# what the studies do not: we measure them, beside maps that know less. Our phantoms know
# where the lesion is, and they can be drawn without it.
#
# **Before you start.** Lessons 02 and 03 (what a convolution, a logit and a patient split
# are); Python with NumPy arrays of several axes; from mathematics the gradient of a function
# of many numbers. Words such as [95 % interval](../docs/glossary.md#95--interval) are
# explained in the [glossary](../docs/glossary.md).
#
# **You will be able to**
#
# - compute Grad-CAM by hand, and say what its sum has to do with the logit;
# - show maps so that they can be compared;
# - measure whether a map lies on a lesion, beside maps that cannot know;
# - take the lesion away and see whether the network notices;
# - test whether a map depends on what the network has learnt, and on the training;
# - catch a network that reads a letter in the corner.
#
# **Time**: 40 minutes to read, 60 to practise. **Rebuilds**: the heatmaps of [1] to [5].
#
# The images are *phantoms*: drawn by a program. Phantoms are not patients, and nothing here
# diagnoses.

# %% tags=["parameters", "setup"]
PROFILE = "quick"  # "smoke", "quick" or "full"
DATA = "phantom"  # "phantom" or "real"
DATA_ROOT = ""  # folder of the real kidney CT slices
SKIP_UNREADABLE = False  # True: leave out files that cannot be read, and list them
SEED = 7
CHEST_ROOT = ""  # real: folder of the chest X-rays
STONES_ROOT = ""  # real: folder of stone slices with masks
LUNGS_ROOT = ""  # real: folder of chest X-rays with lung masks

# %% tags=["setup"]
from helpers import parameters, seeds

columns = (
    "pixels",
    "chest_xray",
    "kidney_ct",
    "epochs",
    "trainings",
    "shuffles",
    "draws",
    "backbones",
)
sizes = parameters.choose(
    PROFILE,
    DATA,
    DATA_ROOT,
    {
        name: dict(zip(columns, row))
        for name, row in {
            "smoke": (32, 120, 312, 1, 2, 2, 100, 2),
            "quick": (64, 640, 600, 6, 3, 10, 1000, 5),
            "full": (128, 5216, 4992, 10, 5, 10, 2000, 5),
        }.items()
    },
)
pixels, draws = sizes["pixels"], sizes["draws"]
seeds.set_seed(SEED)

# %% tags=["setup"]
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import Markdown, display

from helpers import plots
from helpers.checks import lesson05 as checks

# %% tags=["hide-input"]
# @title The idea of this lesson, as a diagram
boxes = {
    "image": (0, 0, "X-ray", "blue"),
    "features": (1, 0, "last feature map\n(places x channels)", "blue"),
    "logit": (2, 0, "logit of\n“pneumonia”", "blue"),
    "weights": (2, 1.35, "one weight a channel:\nits mean gradient", "vermillion"),
    "map": (1, 1.35, "weighted sum,\nnegative set to 0:\nthe map", "vermillion"),
    "lesion": (0, 1.35, "where the\nlesion lies", "green"),
    "less": (2, 2.5, "maps that know less:\nblind, edges,\nshuffled networks", "grey"),
    "measure": (1, 2.5, "on the lesion,\nmore than others?", "green"),
}
arrows = [
    ("image", "features"),
    ("features", "logit"),
    ("logit", "weights", "gradient"),
    ("weights", "map"),
    ("features", "map"),
    ("map", "measure"),
    ("lesion", "measure"),
    ("less", "measure"),
]
plots.show(
    plots.diagram(
        boxes, arrows, "One gradient makes a map; only a comparison says what it is worth"
    ),
    "Diagram. An X-ray gives a feature map, and that a logit. The gradient of the logit gives each "
    "channel a weight; the weighted sum of the channels is the map. The map is then measured "
    "against the lesion, beside maps that know less.",
)

# %% [markdown]
# ## Networks
#
# One network learns to separate pneumonia from normal on chest X-rays, another to name four
# findings on kidney CT slices. Both are small: four convolutions, the last feature map averaged
# over its 8x8 places, one dense layer. We train the chest network several times from different
# start weights, because one training is one draw. Networks are kept in the course's cache.
# Unless we say otherwise, figures are of test patients.

# %%
from helpers import datasets, evaluation, models, splits, training


def cohort_of(name, source=DATA, **options):
    """Training, validation and test part of a cohort, dealt by patient."""
    if source == "phantom":
        options["n_images"] = sizes[name]
    else:
        options["root"] = CHEST_ROOT if name == "chest_xray" else DATA_ROOT
        options["skip_unreadable"] = SKIP_UNREADABLE
    cohort = datasets.load(name, source, size=pixels, seed=SEED, **options)
    return splits.split(cohort, fractions=(0.5, 0.1, 0.4), seed=SEED)


def network(train, validation, seed=SEED, epochs=sizes["epochs"], start=None, batch=32):
    """A trained network, from the cache or trained now; `start`: weights to begin with."""
    k = len(train.class_names)
    balanced = len(train) / (k * np.maximum(np.bincount(train.labels, minlength=k), 1))
    seeds.set_seed(seed)
    model = models.quick_cnn(pixels, k)
    if start is not None:
        model.set_weights(start)
    training.kept(
        model,
        train,
        validation,
        epochs=epochs,
        batch_size=batch,
        learning_rate=0.01,
        schedule="cosine",
        class_weights=balanced,
        keep="last",
        progress=False,
    )
    return model


# %%
from scipy import stats


def estimates(figures, groups, shares=True):
    """Means of images' figures, name -> (n,), each with a 95 % interval; patients drawn anew.

    NaN (an empty map) is left out. Where a share is 0 for every image, or 1, no resampling
    can move it: its interval is the exact one for so many patients (Clopper and Pearson).
    """
    values = np.stack([np.asarray(each, float) for each in figures.values()], axis=1)
    known = ~np.isnan(values)

    def means(index):
        count = np.maximum(known[index].sum(axis=0), 1)
        return np.where(known[index], values[index], 0).sum(axis=0) / count

    drawn = evaluation.bootstrap(means, groups, draws, SEED)
    found = {}
    for column, name in enumerate(figures):
        found[name] = evaluation.Estimate(*(float(part[column]) for part in drawn))
        some = values[known[:, column], column]
        if shares and len(some) and np.ptp(some) == 0 and some[0] in (0, 1):
            patients = len(np.unique(groups[known[:, column]]))
            exact = stats.binomtest(int(some[0]) * patients, patients).proportion_ci()
            found[name] = evaluation.Estimate(float(some[0]), exact.low, exact.high)
    return found


def told(e, digits=0, sign=""):
    """An estimate of a share as text, in percent."""
    value, low, high = (f"{100 * part:{sign}.{digits}f}" for part in e)
    return f"{value} ({low} to {high})"


# %%
def outputs(model, images):
    """Probabilities (n, k)."""
    blocks = range(0, len(images), 256)
    return np.concatenate(
        [np.asarray(model(images[b : b + 256, ..., None], training=False)) for b in blocks]
    )


if DATA == "real" and not (CHEST_ROOT and STONES_ROOT and LUNGS_ROOT):
    raise ValueError(
        "DATA = 'real' needs three further folders: the chest X-rays, stones with masks and X-rays "
        "with lung masks (-p CHEST_ROOT DIR -p STONES_ROOT DIR -p LUNGS_ROOT DIR)"
    )
parts = {"chest": cohort_of("chest_xray"), "kidney": cohort_of("kidney_ct")}
trainings = {"chest": sizes["trainings"], "kidney": 1}
networks = {
    name: [network(*parts[name][:2], SEED + k) for k in range(count)]
    for name, count in trainings.items()
}
rows, accuracy = {}, {}
for name, (_, _, test) in parts.items():
    right = [
        outputs(one, test.images).argmax(axis=1) == test.labels for one in networks[name]
    ]
    accuracy[name] = estimates({"right": np.mean(right, axis=0)}, test.groups)["right"]
    rows[name] = (
        len(test),
        len(np.unique(test.groups)),
        len(right),
        plots.percent(np.bincount(test.labels).max() / len(test)),
        told(accuracy[name]),
        " / ".join(f"{100 * one.mean():.0f}" for one in right),
    )
columns = ("test images", "patients", "trainings", "largest class")
columns += ("accuracy (%)", "each training")
pd.DataFrame(rows, index=columns).T

# %% [markdown]
# The chest networks are right on most new patients; this is the case in which a map has a
# chance. The kidney network is wrong much more often, as in lesson 02. Keep that in mind when
# you look at its maps.
#
# ## Grad-CAM by hand
#
# Take the last feature map A, and the gradient of the class's logit with respect to it. Each
# channel gets one weight, the mean of its gradients; the map is the weighted sum of the
# channels [6].

# %%
from helpers.deep import keras, tf

LAYER = (
    "block4_relu"  # the last feature map: chosen beforehand, for every map of this lesson
)
model, test = networks["chest"][0], parts["chest"][2]
both = keras.Model(
    model.input, [model.get_layer(LAYER).output, model.get_layer("logits").output]
)
with tf.GradientTape() as tape:
    features, logits = both(test.images[:8, ..., None], training=False)
    score = logits[:, 1]  # pneumonia
gradients = tape.gradient(score, features)
weights = tf.reduce_mean(gradients, axis=(1, 2))
by_hand = tf.einsum("nhwk,nk->nhw", features, weights).numpy()

# %% tags=["nbval-check-output"]
from helpers import gradcam

raw = gradcam.grad_cam(model, test.images[:8], 1, layer=LAYER, relu=False)
print("the helper gives the same:", np.abs(raw - by_hand).max() < 1e-4, raw.shape)

# %% [markdown]
# `gradcam.grad_cam` does this for any Keras model, in batches, without changing the model. It
# returns raw maps, small as the feature map is. Enlarging and scaling are steps of their own,
# because each changes what a map may be compared with.

# %% [markdown]
# ### Exercise 1: what a channel is worth (2 points)
#
# A network's feature map has k channels at h x w places. Its *gradients* say, for each
# channel and each place, how much the logit of a class would rise if the feature there
# rose a little. Grad-CAM gives each channel one weight, the mean of its gradients over the
# places (equation 1 of Selvaraju et al.). Write `channel_weights(gradients)`: for
# gradients (n, h, w, k) of n images, return the weights (n, k). Nothing is set to 0 and
# nothing is scaled; a channel that speaks against the class has a negative weight.
#
# Example: one image, 2 x 2 places, two channels. The gradients of the first channel are
# 0.4, 0, 0, 0, those of the second -0.2, -0.6, 0, 0. The weights are `[[0.1, -0.2]]`.
# Hints: `checks.channel_weights.hint()`.


# %% nbgrader={"grade": false, "grade_id": "channel_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def channel_weights(gradients):
    """Gradients (n, h, w, k) of a logit -> Grad-CAM's weights of the channels (n, k)."""
    ### BEGIN SOLUTION
    return gradients.mean(axis=(1, 2))
    ### END SOLUTION


# %%
checks.channel_weights(channel_weights)

# %% nbgrader={"grade": true, "grade_id": "channel_weights_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.channel_weights(channel_weights).right
gradient_noise = np.random.default_rng(551).normal(0, 2, (9, 7, 6, 8))
shut_by_relu = gradient_noise * (gradient_noise > 1)
assert checks.channel_weights(
    channel_weights,
    more=[
        (gradient_noise, ""),
        (shut_by_relu, ""),
        (-100 * shut_by_relu[:4], ""),
        (gradient_noise.astype(np.float32), ""),
        (gradient_noise[:6, :6, :6, :6], ""),
        (gradient_noise[:1, :1, :1], ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 2: the map (2 points)
#
# Write `class_activation_map(features, weights)` for feature maps (n, h, w, k) and the
# weights (n, k) of their channels. At each place multiply every feature by the weight of
# its channel, and sum over the channels; where the sum is negative the map is 0 (equation
# 2 of Selvaraju et al.: ReLU). Row i of `weights` belongs to image i. Features may be
# negative. Return the maps (n, h, w), unscaled.
#
# Example: one image, 1 x 3 places, two channels with the weights 0.5 and -0.2. The first
# channel is 2, 0, 1 and the second 1, 3, 0. The sums are 0.8, -0.6 and 0.5, so the map is
# `[[[0.8, 0, 0.5]]]`. Hints: `checks.class_activation_map.hint()`.


# %% nbgrader={"grade": false, "grade_id": "class_activation_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def class_activation_map(features, weights):
    """Features (n, h, w, k), weights (n, k) -> maps (n, h, w), 0 or more."""
    ### BEGIN SOLUTION
    summed = (features * weights[:, np.newaxis, np.newaxis, :]).sum(axis=-1)
    return np.maximum(summed, 0)
    ### END SOLUTION


# %%
checks.class_activation_map(class_activation_map)

# %% nbgrader={"grade": true, "grade_id": "class_activation_map_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.class_activation_map(class_activation_map).right
feature_noise = np.random.default_rng(552).normal(0.2, 1, (7, 7, 7, 12))
weight_noise = np.random.default_rng(553).normal(0, 1, (7, 12))
assert checks.class_activation_map(
    class_activation_map,
    more=[
        (feature_noise, weight_noise, ""),
        (50 * np.abs(feature_noise), weight_noise, ""),
        (feature_noise[:5, :2], 0.01 * weight_noise[:5], ""),
        (feature_noise[:4, :, :3, :4], weight_noise[:4, :4], ""),
        (feature_noise.astype(np.float32), weight_noise.astype(np.float32), ""),
        (np.abs(feature_noise[:2]), -np.abs(weight_noise[:2]), ""),
        (feature_noise[:1, :, :, :1], weight_noise[:1, :1], ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# ## The map's sum is the logit
#
# The last feature map is averaged and one dense layer follows, so the logit is a weighted
# mean of the feature map, plus a bias. Before negative values are cut off, the map therefore
# adds up to the logit minus its bias, exactly. The map says nothing that the logit does not;
# it says *where*. Which logit? Many programs explain the *probability* instead: where that is
# near 1 its gradient is near 0, and the network's surest predictions get the weakest maps.

# %%
bias = float(model.get_layer("logits").get_weights()[1][1])
logit = models.logits(model).predict(test.images[..., None], verbose=0)[:, 1]
signed = gradcam.grad_cam(model, test.images, 1, layer=LAYER, relu=False)
away = np.abs(signed.sum(axis=(1, 2)) - (logit - bias)).max()
sums = {
    "all values": signed.sum(axis=(1, 2)),
    "negative values set to 0": np.maximum(signed, 0).sum(axis=(1, 2)),
}

# %% tags=["hide-input"]
# @title Sum of the map against the logit
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.6), sharey=True)
for axis, (text, values) in zip(axes, sums.items()):
    sns.scatterplot(
        x=logit - bias,
        y=values,
        hue=[test.class_names[label].lower() for label in test.labels],
        hue_order=[name.lower() for name in test.class_names],
        palette=[plots.COLOURS["blue"], plots.COLOURS["vermillion"]],
        alpha=0.5,
        legend=axis is axes[0],
        ax=axis,
    )
    axis.axline((0, 0), slope=1, color="black", linestyle=":", linewidth=1)
    axis.set(
        xlabel="logit of pneumonia minus its bias", ylabel="sum of the map", title=text
    )
fig.suptitle(
    "A map adds up to its logit, until negative values are set to 0",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    "Sum of the Grad-CAM map against the logit minus its bias, for test images. With all values "
    f"the points lie on the diagonal (largest distance {away:.0e}); with negative values set to 0 "
    "they do not.",
)

# %% tags=["nbval-check-output"]
print("the sum is the logit minus its bias, to 1e-3:", away < 1e-3)

# %% [markdown]
# So a mean of raw map values per image, which one study compares between classes [5], compares
# little else than logits. Lesson 06 comes back to that.
#
# ## Looking
#
# Three test patients with pneumonia: the image, its map, and both, as one study shows them
# [4]. All maps have one scale, so that a faint map looks faint.

# %%


def enlarged(model, images, class_index, layer=LAYER, method="gradcam"):
    """Maps at the size of the images; empty ones do not warn here, they are counted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        maps = gradcam.grad_cam(model, images, class_index, layer=layer, method=method)
    return gradcam.upsample(maps, images.shape[1])


sick = np.flatnonzero(test.labels == 1)
_, first = np.unique(test.groups[sick], return_index=True)  # one image of each patient
shown = sick[first][seeds.generator(SEED, 1).permutation(len(first))[:3]]
names = [name.lower() for name in test.class_names]
predicted = outputs(model, test.images).argmax(axis=1)
fig = plots.triplets(
    test.images[shown],
    enlarged(model, test.images[shown], 1),
    [
        f"{test.groups[i]}: predicted {names[predicted[i]]}, true {names[test.labels[i]]}"
        for i in shown
    ],
    None if test.masks is None else test.masks[shown],
    title="Where does the network look? Lesions, where known, are outlined",
    label="Grad-CAM of pneumonia, raw",
)
plots.show(
    fig,
    "Three X-rays with pneumonia, their Grad-CAM maps and both. The maps are broad; where lesions "
    "are known they are outlined in blue.",
    photo=True,
)

# %% [markdown]
# **Try it.** Which class is explained is a choice. What will the same map show for the class
# *normal*? Predict, change 1 to 0, and run.

# %%
EXPLAINED = 1  # 0: normal, 1: pneumonia

fig = plots.triplets(
    test.images[shown[:1]],
    enlarged(model, test.images[shown[:1]], EXPLAINED),
    [f"explained: {names[EXPLAINED]}"],
    None if test.masks is None else test.masks[shown[:1]],
)
plots.show(fig, f"One X-ray with its map for the class {names[EXPLAINED]}.", photo=True)

# %% [markdown]
# ## Measuring
#
# An eye that knows the lesion finds it in any blob. So we count, with two rulers:
#
# - the *pointing game*: does the highest point of the map lie on the lesion, or within two
#   pixels of it? [10]
# - *energy*: which share of the map's sum lies inside the lesion?
#
# You write both.

# %% [markdown]
# ### Exercise 3: the pointing game (3 points)
#
# Does a map point at the lesion? Write `pointing_game(maps, masks, tolerance)` for maps
# (n, h, w) and the lesions' masks (n, h, w) bool. Take the highest point of each map; of
# several equally high points take the first in reading order (row by row from the top,
# each row from left to right). It is a hit if it lies at most `tolerance` pixels from
# *some* pixel of the lesion. The distance is the Euclidean one between the centres of the
# pixels; the tolerance is a number from 0 on, not always a whole one. Where a mask is
# empty there is nothing to hit: False. Return (n,) bool.
#
# Example: a map is highest at row 0, column 3, and the nearest pixel of the lesion is at
# row 2, column 2. They are 2 rows and 1 column apart, a distance of 2.24: False for a
# tolerance of 2, True for 2.5. Hints: `checks.pointing_game.hint()`.


# %% nbgrader={"grade": false, "grade_id": "pointing_game", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pointing_game(maps, masks, tolerance):
    """Maps (n, h, w), masks (n, h, w) bool, pixels -> whether each is a hit, (n,) bool."""
    ### BEGIN SOLUTION
    hits = np.zeros(len(maps), dtype=bool)
    for i, (heat, mask) in enumerate(zip(maps, masks)):
        top = np.unravel_index(heat.argmax(), heat.shape)
        apart = np.sqrt(((np.argwhere(mask) - top) ** 2).sum(axis=1))
        hits[i] = (apart <= tolerance).any()
    return hits
    ### END SOLUTION


# %%
checks.pointing_game(pointing_game)

# %% nbgrader={"grade": true, "grade_id": "pointing_game_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.pointing_game(pointing_game).right
pointing_noise = np.random.default_rng(554)
pointing_maps = pointing_noise.integers(0, 40, (80, 23, 31)) / 8
pointing_lesions = np.zeros(pointing_maps.shape, bool)
for lesion_number, one_lesion in enumerate(pointing_lesions):
    for _ in range(lesion_number % 4):
        lesion_row, lesion_column = pointing_noise.integers(0, (22, 29))
        one_lesion[lesion_row : lesion_row + 3, lesion_column : lesion_column + 2] = True
assert checks.pointing_game(
    pointing_game,
    more=[
        (pointing_maps, pointing_lesions, tested_tolerance, "")
        for tested_tolerance in (0, 1, 1.5, 3, 5, 7.5, 10, 13, 15, 100)
    ]
    + [
        (pointing_maps[:, :, :9], pointing_lesions[:, :, :9], 4, ""),
        (pointing_maps[:1], pointing_lesions[:1], 4, ""),
        (pointing_maps.astype(np.float32), ~pointing_lesions, 1, ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 4: energy inside (2 points)
#
# The highest point is one pixel. Another measure asks for the whole map: which share of
# its sum lies inside the lesion? Write `energy_inside(maps, masks)` for maps (n, h, w), 0
# or more, and masks (n, h, w) bool: return the shares (n,). Where a map is empty (0
# everywhere), its share is 0 / 0: NaN, without an error or a warning.
#
# Example: a map with the rows 1, 3 and 0, 4, and a lesion that covers the lower row. The
# sum inside is 4 and that of the whole map 8: the share is 0.5. Hints:
# `checks.energy_inside.hint()`.


# %% nbgrader={"grade": false, "grade_id": "energy_inside", "locked": false, "schema_version": 3, "solution": true, "task": false}
def energy_inside(maps, masks):
    """Maps (n, h, w), masks (n, h, w) bool -> shares (n,), NaN where a map is empty."""
    ### BEGIN SOLUTION
    energy, inside = maps.sum(axis=(1, 2)), (maps * masks).sum(axis=(1, 2))
    shares = np.full(len(maps), np.nan)
    return np.divide(inside, energy, out=shares, where=energy > 0)
    ### END SOLUTION


# %%
checks.energy_inside(energy_inside)

# %% nbgrader={"grade": true, "grade_id": "energy_inside_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.energy_inside(energy_inside).right
energy_noise = np.random.default_rng(555)
energy_maps = np.maximum(energy_noise.normal(0, 1, (30, 12, 17)), 0)
energy_masks = energy_noise.random((30, 12, 17)) < np.linspace(0, 1, 30)[:, None, None]
some_empty = energy_maps * (np.arange(30) % 4 > 0)[:, None, None]
assert checks.energy_inside(
    energy_inside,
    more=[
        (energy_maps, energy_masks, ""),
        (some_empty, energy_masks, ""),
        (1e-9 * some_empty, energy_masks, ""),
        (1e6 * some_empty, energy_masks, ""),
        (energy_maps.astype(np.float32), energy_masks, ""),
        (0 * energy_maps[:3], energy_masks[:3], ""),
        (some_empty[:1], energy_masks[:1], ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# Now for all test images with a lesion. The class explained is the true one, also where the
# network predicts another. (On real X-rays the mask is a pair of lungs, on real CT slices a
# stone; both come from other collections than the training images.)

# %%
from scipy import ndimage

from helpers import localization


def inside(maps, masks):
    """Share of each map that lies inside its mask, (n,); NaN where a map is empty."""
    total, part = maps.sum(axis=(1, 2)), np.sum(maps * masks, axis=(1, 2))
    return np.divide(part, total, out=np.full(len(maps), np.nan), where=total > 0)


def hits(maps, masks, tolerance=2):
    """Share of a map's highest points within `tolerance` pixels of its mask; NaN if empty."""
    y, x = np.ogrid[-tolerance : tolerance + 1, -tolerance : tolerance + 1]
    wide = ndimage.binary_dilation(masks, (y * y + x * x <= tolerance**2)[None])
    peaks = maps == maps.max(axis=(1, 2), keepdims=True)
    share = (peaks & wide).sum(axis=(1, 2)) / peaks.sum(axis=(1, 2))
    return np.where(maps.any(axis=(1, 2)), share, np.nan)


def bodies(images):
    """What is not air around the patient, (n, h, w) bool."""
    return np.stack([ndimage.binary_fill_holes(image > 0.08) for image in images])


# %%
def marked():
    """What is measured: name -> (images with groups, masks, class to explain)."""
    if DATA == "phantom":
        ill = {
            name: part[2].subset(part[2].masks.any(axis=(1, 2)))
            for name, part in parts.items()
        }
        return {name: (part, part.masks, part.labels) for name, part in ill.items()}
    lungs = datasets.load_masked(
        LUNGS_ROOT, size=pixels, holds="organ", class_names=("normal", "tuberculosis")
    )
    stones = datasets.load_masked(STONES_ROOT, size=pixels, holds="lesion")
    stone = parts["kidney"][0].class_names.index("Stone")
    return {
        "chest": (lungs, lungs.organs, np.ones(len(lungs), int)),
        "kidney": (stones, stones.masks, np.full(len(stones), stone)),
    }


sets = marked()
heat = {
    name: [enlarged(one, part.images, classes) for one in networks[name]]
    for name, (part, _, classes) in sets.items()
}

# %%
rows = {}
for name, (part, masks, _) in sets.items():
    figures = {f"training {k + 1}": hits(maps, masks) for k, maps in enumerate(heat[name])}
    region = bodies(part.images)
    if part.masks is not None:  # a lesion can be moved about; a pair of lungs cannot
        chance = localization.pointing_game(
            heat[name][0], masks, region, tolerance=2
        ).chance
        figures["the lesion moved about in the body"] = chance
    figures["a map uniform over the body"] = hits(region.astype(float), masks)
    for what, e in estimates(figures, part.groups).items():
        rows[name, what] = (told(e), int(np.isnan(figures[what]).sum()))
pd.DataFrame(rows, index=["the highest point hits (%)", "empty maps"]).T

# %% [markdown]
# Two levels of chance stand below the trainings. *The lesion moved about* takes the same map
# and moves the lesion to every other place in the body: so large lesions, and maps that always
# mark the middle, get what they deserve. *A map uniform over the body* knows where the patient
# ends and nothing else. Where not a single image is hit, resampling can only give 0 again;
# there the interval is the exact one for so many patients.
#
# ## Smaller than a cell
#
# Why do the kidneys fail? A map of 8x8 places cannot outline what is smaller than one of
# them. Enlarging it smoothly hides that, and adds nothing.

# %%
cell = (pixels / model.get_layer(LAYER).output.shape[1]) ** 2
small = {
    name: float(np.mean(masks.sum(axis=(1, 2)) < cell))
    for name, (_, masks, _) in sets.items()
}
pd.DataFrame(
    {
        name: (
            f"{np.median(masks.sum(axis=(1, 2))):.0f}",
            f"{cell:.0f}",
            plots.percent(small[name]),
            told(accuracy[name]),
        )
        for name, (_, masks, _) in sets.items()
    },
    index=[
        "median mask (pixels)",
        "cell of the map (pixels)",
        "masks smaller than a cell",
        "accuracy of the network (%)",
    ],
).T

# %% [markdown]
# Two reasons, then, and either is enough: the map is too coarse for most of these lesions, and
# a network that has not learnt the lesion cannot show it. No choice of colours repairs that.
#
# **Try it.** The pointing game has a tolerance; two pixels are a choice. What will happen to
# the hits of the chest network, and to those of the uniform map, at 0 pixels and at 8?

# %%
TOLERANCE = 2  # pixels

for name, (part, masks, _) in sets.items():
    uniform = hits(bodies(part.images).astype(float), masks, TOLERANCE)
    own = np.mean([np.nanmean(hits(maps, masks, TOLERANCE)) for maps in heat[name]])
    print(f"{name}: Grad-CAM {plots.percent(own)}, uniform {plots.percent(uniform.mean())}")

# %% [markdown]
# ## What must a map beat?
#
# Chance is a low bar. Exercise 5 sets a higher one: a map of a player who has seen neither the
# network nor the image.

# %% [markdown]
# ### Exercise 5: a map that has seen nothing (3 points)
#
# How high is a good score? Try to earn one without a network and without an image. You are
# given `other_masks` (m, h, w) bool, the lesions of m other patients; they lie around two
# places, as kidneys do. Write `blind_map(other_masks)`, which returns *one* map (h, w) for
# all patients to come: finite, 0 or more, and not 0 everywhere. The check draws new
# lesions around the same two places, and takes the mean energy inside them, by the measure
# of the exercise before. It must be at least three times that of a map that is equal
# everywhere. The places, and h and w, differ from case to case. Use all of the other
# lesions, in whatever order they come: a map made of a few of them does not count.
#
# Example: an image has 1 x 4 pixels. Two new lesions cover one pixel each, the second and
# the fourth. A map that is equal everywhere has an energy inside of 0.25 for both, so 0.25
# in the mean. The map 0, 3, 0, 1 has 0.75 and 0.25, so 0.5 in the mean: twice as much.
# Hints: `checks.blind_map.hint()`.


# %% nbgrader={"grade": false, "grade_id": "blind_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def blind_map(other_masks):
    """Lesions of other patients (m, h, w) bool -> one map (h, w) for every new patient."""
    ### BEGIN SOLUTION
    return other_masks.mean(axis=0)
    ### END SOLUTION


# %%
checks.blind_map(blind_map)

# %% nbgrader={"grade": true, "grade_id": "blind_map_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.blind_map(blind_map).right
assert checks.blind_map(
    blind_map,
    more=[
        (576, 60, (48, 64), ((0.62, 0.2), (0.42, 0.76)), ""),
        (577, 80, (64, 40), ((0.3, 0.3), (0.5, 0.78)), ""),
        (578, 40, (50, 70), ((0.5, 0.16), (0.3, 0.6)), ""),
        (579, 60, (44, 56), ((0.7, 0.25), (0.6, 0.8)), ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# Such a map knows where lesions usually are, and nothing of the patient: it is the same for
# everyone, and lights up in the healthy too. A high score is therefore no proof that the
# network looked at the lesion. To credit a map, it should beat one that cannot know, on the
# same patients. These are Grad-CAM's opponents:
#
# - The *[blind map](../docs/glossary.md#blind-map)*, the mean of the lesions of the training
#   patients. (Real training images have no masks: there it is left out.)
# - *Edges*, the strength of the image's own edges (Sobel's filter). It knows the image and no
#   network. A map that edges beat need not have come from a network [7].
# - *[Occlusion](../docs/glossary.md#occlusion)*, which asks the network without a gradient: a
#   patch as large as a cell of the map is covered with grey, and the fall of the logit noted [9].
#   (One image of at most 60 patients, since it takes 64 forward passes an image.)
# - *[Shuffled networks](../docs/glossary.md#shuffled-networks)*: the same network, its weights
#   shuffled within each layer, ten times.
# - A map *uniform* over the body.


# %%
def shuffled_maps(model, images, classes):
    """Maps of the network with its weights shuffled, one array for each shuffle."""
    copy, found = None, []
    for number in range(sizes["shuffles"]):  # one copy: its maps are compiled once
        copy = localization.randomised(model, SEED + number, copy=copy)
        found.append(enlarged(copy, images, classes))
    return found


def occlusion_of(model, part, classes):
    """Falls of the logit, (n, h, w), for one image of 60 patients; 0 for the other images."""
    once = np.unique(part.groups, return_index=True)[1][:60]
    patch = pixels // model.get_layer(LAYER).output.shape[1]
    falls = np.zeros(part.images.shape, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # empty maps become NaN below
        falls[once] = gradcam.occlusion(
            model,
            part.images[once],
            classes[once],
            patch=patch,
            stride=patch,
            batch_size=256,
        )
    return falls


# %%
def opponents_of(name):
    """Name of a kind of map -> list of such maps for the measured images, at their size."""
    part, masks, classes = sets[name]
    one = networks[name][0]
    found = {
        "Grad-CAM": heat[name],
        "occlusion": [occlusion_of(one, part, classes)],
        "edges": [gradcam.edges(part.images)],
    }
    if DATA == "phantom":
        blind = parts[name][0].masks.mean(axis=0)
        found["blind map"] = [np.broadcast_to(blind, masks.shape)]
    found["weights shuffled"] = shuffled_maps(one, part.images, classes)
    return found | {"uniform": [bodies(part.images).astype(float)]}


# %%
RULERS = {"pointing": hits, "energy": inside}
maps_of = {name: opponents_of(name) for name in sets}
contest, differences, of_shuffled = {}, {}, {}
for name, (part, masks, _) in sets.items():
    for kind, ruler in RULERS.items():
        every = {
            text: np.array([ruler(one, masks) for one in found])
            for text, found in maps_of[name].items()
        }
        known = {text: np.isfinite(each).sum(axis=0) for text, each in every.items()}
        each = {
            text: np.where(known[text], np.nansum(values, axis=0), np.nan)
            / np.maximum(known[text], 1)
            for text, values in every.items()
        }
        contest[name, kind] = estimates(each, part.groups)
        less = {text: each["Grad-CAM"] - each[text] for text in each if text != "Grad-CAM"}
        differences[name, kind] = estimates(less, part.groups, shares=False)
        means = [
            np.nanmean(one) for one in every["weights shuffled"] if np.isfinite(one).any()
        ]
        of_shuffled[name, kind] = [float(min(means)), float(max(means))]

winners = {
    name: [text for text, e in differences[name, "pointing"].items() if e.low > 0]
    for name in sets
}

# %% tags=["cover", "hide-input"]
# @title Grad-CAM and its opponents, two rulers
fig, axes = plt.subplots(len(sets), 2, figsize=(8.5, 2.4 * len(sets) + 0.5), squeeze=False)
for axis, (name, kind) in zip(axes.flat, contest):
    found = contest[name, kind]
    for y, (text, e) in enumerate(found.items()):
        colour = plots.COLOURS["blue" if text == "Grad-CAM" else "orange"]
        if text == "weights shuffled":
            axis.plot(
                100 * np.array(of_shuffled[name, kind]), [y, y], "#C0C0C0", linewidth=7
            )
        axis.plot([100 * e.low, 100 * e.high], [y, y], color=colour, linewidth=2)
        axis.plot(100 * e.value, y, "o", color=colour, markersize=7)
    axis.set_yticks(
        range(len(found)), list(found) if kind == "pointing" else [""] * len(found)
    )
    axis.set(title=name, ylim=(len(found) - 0.5, -0.5), xlim=(0, None))
for axis, text in zip(
    axes[-1], ("highest point hits (%)", "share of the map inside the mask (%)")
):
    axis.set_xlabel(text)
fig.suptitle(
    "\n".join(
        f"{name}: Grad-CAM hits more often than {', '.join(texts)}"
        if texts
        else f"{name}: Grad-CAM beats no opponent"
        for name, texts in winners.items()
    ),
    x=0.01,
    ha="left",
    fontsize=11,
)
plots.show(
    fig,
    "Hits and energy inside the mask with 95 % intervals by patient; grey: range of the shuffled networks. "
    + " ".join(
        f"{name}, {kind}: "
        + ", ".join(f"{text} {plots.percent(e.value)}" for text, e in found.items())
        for (name, kind), found in contest.items()
    ),
)

# %% tags=["hide-input"]
# @title Which differences are shown, in words
for (name, kind), found in differences.items():
    kinds = {"more than": [], "less than": [], "not told apart from": []}
    for text, e in found.items():
        verdict = "more than" if e.low > 0 else "less than"
        kinds[verdict if e.low > 0 or e.high < 0 else "not told apart from"].append(
            f"{text} ({told(e, sign='+') if e.low < e.high else '0'} points)"
        )
    sentences = [
        f"{verdict} {', '.join(texts)}" for verdict, texts in kinds.items() if texts
    ]
    display(Markdown(f"- **{name}, {kind}**: Grad-CAM has {'; '.join(sentences)}."))

# %% [markdown]
# The rulers need not agree, and about the blind map that is worth a thought. Whatever the
# highest points say, on the chest phantom Grad-CAM's energy does not reach that of the blind
# map: it is broad and spills over the edge of the lungs, while the blind map is narrow. So we
# ask two fairer questions. *Within the lungs*, which part of either map lies on the lesion? And
# does Grad-CAM know something of *this* patient that the blind map cannot: is their product
# better than the blind map alone? A network with shuffled weights, times the blind map, is the
# control.

# %%
drawn = parts["chest"] if DATA == "phantom" else cohort_of("chest_xray", "phantom")
drawn_networks = (
    networks["chest"]
    if DATA == "phantom"
    else [network(*drawn[:2], SEED + k) for k in range(sizes["trainings"])]
)
ill = drawn[2].subset(drawn[2].masks.any(axis=(1, 2)))
drawn_maps = [enlarged(one, ill.images, 1) for one in drawn_networks]
blind = np.broadcast_to(drawn[0].masks.mean(axis=0), ill.masks.shape)
shuffled = (
    maps_of["chest"]["weights shuffled"]
    if DATA == "phantom"
    else shuffled_maps(drawn_networks[0], ill.images, 1)
)


# %%
def mean_of(ruler, maps, by=1):
    """Mean over trainings or shuffles of what a ruler says of maps x `by`, image by image."""
    return np.nanmean([ruler(one * by, ill.masks) for one in maps], axis=0)


with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)  # an image may be empty in all
    prior = {
        "within the lungs, energy: blind map": inside(blind * ill.organs, ill.masks),
        "within the lungs, energy: Grad-CAM": mean_of(inside, drawn_maps, ill.organs),
        "hits: blind map": hits(blind, ill.masks),
        "hits: Grad-CAM": mean_of(hits, drawn_maps),
        "hits: Grad-CAM x blind map": mean_of(hits, drawn_maps, blind),
        "hits: shuffled networks x blind map": mean_of(hits, shuffled, blind),
    }
    shuffled_hits = [  # an empty product does not hit
        float(np.nan_to_num(hits(one * blind, ill.masks)).mean()) for one in shuffled
    ]
prior["within the lungs, energy: difference"] = (
    prior["within the lungs, energy: Grad-CAM"]
    - prior["within the lungs, energy: blind map"]
)
prior["hits: product minus blind map"] = (
    prior["hits: Grad-CAM x blind map"] - prior["hits: blind map"]
)
knows = estimates(prior, ill.groups)
pd.DataFrame({name: told(e) for name, e in knows.items()}, index=["% (95 % interval)"]).T

# %% tags=["hide-input"]
# @title In words
display(
    Markdown(
        f"Within the lungs Grad-CAM has {told(knows['within the lungs, energy: difference'], sign='+')} points "
        f"more on the lesion than the blind map. Multiplied with the blind map it hits in "
        f"{told(knows['hits: Grad-CAM x blind map'])} % of the X-rays, the blind map alone in "
        f"{told(knows['hits: blind map'])} %, and single shuffled networks times the blind map in "
        f"{100 * min(shuffled_hits):.0f} to {100 * max(shuffled_hits):.0f} %."
    )
)

# %% [markdown]
# This is where Grad-CAM convinces: it knows of this patient what no prior can.
#
# %% [markdown]
# ## When the ruler is broken
#
# Three kinds of maps have no business in a table of results: a map that is the same everywhere,
# an empty map, and a map of an image without a lesion. A ruler should notice. Many do not.

# %% [markdown]
# ### Exercise 6: when the ruler is broken (2 points)
#
# The pointing game of exercise 3 takes the *first* of several equally high points; many
# programs ask whether *any* of them lies in the lesion. A map that is the same everywhere then
# misses always, or hits always. Write `fair_hits(maps, masks)` for maps (n, h, w), 0 or more,
# and masks (n, h, w) bool, without tolerance: for each image the share of the map's highest
# points that lie in the lesion. One highest point gives 0 or 1; of k equally high points each
# counts 1 / k. Where a map is empty (0 everywhere) or a mask is empty there is nothing to
# measure: NaN. Return the shares (n,).
#
# Example: a map has the rows 3, 1 and 0, 3, and its lesion covers the lower row. Two points
# are highest, one of them lies in the lesion: 0.5. A map with the value 2 everywhere gets the
# lesion's share of the image, 0.5 as well, which is just what it deserves. Hints:
# `checks.fair_hits.hint()`.


# %% nbgrader={"grade": false, "grade_id": "fair_hits", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fair_hits(maps, masks):
    """Maps (n, h, w), masks (n, h, w) bool -> share of the highest points that hit, (n,)."""
    ### BEGIN SOLUTION
    highest = maps == maps.max(axis=(1, 2), keepdims=True)
    share = (highest & masks).sum(axis=(1, 2)) / highest.sum(axis=(1, 2))
    measurable = maps.any(axis=(1, 2)) & masks.any(axis=(1, 2))
    return np.where(measurable, share, np.nan)
    ### END SOLUTION


# %%
checks.fair_hits(fair_hits)

# %% nbgrader={"grade": true, "grade_id": "fair_hits_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.fair_hits(fair_hits).right
ruler_noise = np.random.default_rng(580)
ruler_maps = ruler_noise.integers(0, 4, (40, 9, 7)) / 3
ruler_masks = ruler_noise.random((40, 9, 7)) < 0.3
ruler_maps[::6] = 0
ruler_masks[::5] = False
ruler_maps[7], ruler_maps[8] = 0.25, np.eye(9, 7)
assert checks.fair_hits(
    fair_hits,
    more=[
        (ruler_maps, ruler_masks, ""),
        (1e-9 * ruler_maps, ruler_masks, ""),
        (1e6 * ruler_maps, ~ruler_masks, ""),
        (ruler_maps.astype(np.float32), ruler_masks, ""),
        (ruler_maps[:1], ruler_masks[:1], ""),
        (ruler_noise.random((20, 6, 11)), ruler_noise.random((20, 6, 11)) < 0.4, ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# Now the broken maps on both rulers, and honest ones beside them: the naive ruler counts any of
# the highest points as a hit, and what is empty as a hit or a miss like everything else.

# %%
rng = seeds.generator(SEED, 4)
healthy = np.flatnonzero(~drawn[2].masks.any(axis=(1, 2)))[: len(ill)]
nothing = np.zeros_like(ill.masks)
candidates = {
    "equal everywhere": (np.ones(ill.masks.shape), ill.masks),
    "empty": (np.zeros(ill.masks.shape), ill.masks),
    "of healthy images, no lesion": (
        enlarged(drawn_networks[0], drawn[2].images[healthy], 1),
        drawn[2].masks[healthy],
    ),
    "edges of the image": (gradcam.edges(ill.images), ill.masks),
    "noise": (rng.random(ill.masks.shape), ill.masks),
    "blind map": (blind, ill.masks),
    "Grad-CAM": (drawn_maps[0], ill.masks),
}
rulers = {}
for text, (maps, masks) in candidates.items():
    peaks = maps == maps.max(axis=(1, 2), keepdims=True)
    naive = (peaks & masks).any(axis=(1, 2)).mean()
    fair = hits(maps, masks, tolerance=0)
    fair[~masks.any(axis=(1, 2))] = np.nan
    n = int(np.isfinite(fair).sum())
    mean = plots.percent(np.nanmean(fair)) if n else "nothing to measure"
    rulers[text] = (plots.percent(naive), mean, f"{n} of {len(maps)}")
pd.DataFrame(rulers, index=["naive ruler", "fair ruler", "maps measured"]).T

# %% [markdown]
# The naive ruler gives its best score to the map that says nothing at all, and hands out
# numbers for empty maps and for patients without a lesion. Try a new ruler on maps whose score
# you know before you lay it on a map that you care about.

# %% [markdown]
# ## The healthy twin
#
# A direct test: take away what the map marks, and see whether the probability falls. But what
# should stand there instead? The usual stand-in is a blurred image [8]. Phantoms offer what no
# data set does, the *healthy twin*: the same patient, drawn again without the lesion.

# %%
twin_part = cohort_of("chest_xray", "phantom", lesions=False)[2]
once = np.unique(ill.groups, return_index=True)[1][:60]  # one image of 60 patients
few = ill.subset(once)
twins = twin_part.images[drawn[2].masks.any(axis=(1, 2))][once]
assert (twin_part.groups == drawn[2].groups).all()
blurred = ndimage.gaussian_filter(few.images, (0, 0.1 * pixels, 0.1 * pixels))
ends = {
    text: float(np.mean([outputs(one, images)[:, 1].mean() for one in drawn_networks]))
    for text, images in (("ill", few.images), ("blurred", blurred), ("twin", twins))
}

# %% tags=["hide-input"]
# @title A patient, the blurred image, the healthy twin
fig, axes = plt.subplots(1, 4, figsize=(8.5, 2.7))
pictures = (few.images[0], blurred[0], twins[0], few.images[0] - twins[0])
texts = ("with the lesion", "blurred", "healthy twin", "image minus twin")
for axis, picture, text in zip(axes, pictures, texts):
    signed = {"vmin": -0.4, "vmax": 0.4, "cmap": "RdBu_r"}
    axis.imshow(
        picture, **(signed if "minus" in text else {"vmin": 0, "vmax": 1, "cmap": "gray"})
    )
    axis.set_title(text, fontsize=10, loc="center")
    axis.axis("off")
fig.suptitle(
    f"Mean probability of pneumonia: {ends['ill']:.2f} with lesions, {ends['blurred']:.2f} blurred, "
    f"{ends['twin']:.2f} as healthy twins",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    "One phantom X-ray with its lesion, blurred, drawn without the lesion, and the difference of the first "
    f"and the third. Mean probability of pneumonia over {len(few)} patients: {ends['ill']:.2f}, "
    f"{ends['blurred']:.2f}, {ends['twin']:.2f}.",
    photo=True,
)

# %% [markdown]
# Look first at where a curve must end: only if the probability falls when *everything* is
# replaced can the way there tell anything. The twin brings it down; the blurred image keeps
# much of it, since a blurred lung looks hazy. Now we replace pixels a tenth at a time, in the
# order of Grad-CAM's map, of the same map rolled by half the image (its shape, elsewhere), and
# of the opponents.

# %%
orders = {"edges": gradcam.edges(few.images), "blind map": blind[once]}
orders["Grad-CAM"] = drawn_maps[0][once]
orders["rolled Grad-CAM"] = np.roll(
    orders["Grad-CAM"], (pixels // 2, pixels // 2), axis=(1, 2)
)
orders["Grad-CAM x blind map"] = drawn_maps[0][once] * blind[once]
curves = {
    text: localization.deletion_curve(
        drawn_networks[0],
        few.images,
        maps,
        1,
        replacement=twins,
        draws=0,
    )
    for text, maps in orders.items()
}
blur_curves = {
    text: localization.deletion_curve(
        drawn_networks[0], few.images, orders[text], 1, draws=0
    )
    for text in ("Grad-CAM", "rolled Grad-CAM")
}
areas = {text: curve.area[0] for text, curve in curves.items()}
twin_figures = areas | {
    f"Grad-CAM minus {text}": areas["Grad-CAM"] - each
    for text, each in areas.items()
    if text != "Grad-CAM"
}
twin_figures["the product minus the blind map"] = (
    areas["Grad-CAM x blind map"] - areas["blind map"]
)
twin_test = estimates(twin_figures, few.groups, shares=False)

# %% tags=["hide-input"]
# @title Deletion by the healthy twin, and by blurring
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.8), sharey=True)
dashes = {"rolled Grad-CAM": (4, 2), "edges": (1, 1), "blind map": (6, 2, 1, 2)}
colours = dict(
    zip(curves, (plots.COLOURS[c] for c in ("orange", "green", "blue", "grey", "purple")))
)
for axis, group, text in zip(
    axes, (curves, blur_curves), ("by the healthy twin", "by the blurred image")
):
    for name, curve in group.items():
        axis.plot(
            100 * curve.shares, curve.probability.mean(axis=0), color=colours[name], label=name, linewidth=2,
            dashes=dashes.get(name, (1, 0)),
        )  # fmt: skip
    axis.set(xlabel="pixels replaced (%)", ylim=(-0.02, 1.02), title=f"replaced {text}")
axes[0].set_ylabel("probability of pneumonia, mean")
axes[0].legend(fontsize=9)
e = twin_test["Grad-CAM minus rolled Grad-CAM"]
fig.suptitle(
    f"By the twin, Grad-CAM's order has an area {-e.value:.2f} ({-e.high:.2f} to {-e.low:.2f}) smaller than rolled maps",
    x=0.01,
    ha="left",
    fontsize=11.5,
)
plots.show(
    fig,
    "Mean probability of pneumonia while pixels are replaced, the highest of a map first. Areas with the twin: "
    + ", ".join(f"{text} {each.mean():.2f}" for text, each in areas.items())
    + ".",
)

# %%
pd.DataFrame(
    {
        text: f"{e.value:+.3f} ({e.low:+.3f} to {e.high:+.3f})"
        for text, e in twin_test.items()
    },
    index=["area under the curve, less is better"],
).T

# %% [markdown]
# With the twin the test can fail and can succeed, so it says something: in Grad-CAM's order the
# probability falls at once, and in that of rolled maps it lingers. It is a test of *place*,
# though, and the blind map passes it about as well: lesions lie where lesions usually lie.
# Whether Grad-CAM adds to that, the last line tells. Whoever deletes by blurring and reports
# only areas would not notice that the curves have little room to fall.
#
# **Try it.** How much of the lesion must go before the network changes its mind? Predict the
# mean probability when the highest 2 % of Grad-CAM's pixels are replaced by the twin's.

# %%
REPLACED = 0.02  # share of the pixels

rank = np.argsort(np.argsort(-drawn_maps[0][once].reshape(len(few), -1), axis=1), axis=1)
gone = rank.reshape(few.images.shape) < REPLACED * pixels**2
print(f"{outputs(drawn_networks[0], np.where(gone, twins, few.images))[:, 1].mean():.2f}")

# %% [markdown]
# ## Does the map depend on what was learnt?
#
# Shuffle the weights of the last layer, then those of the layer before as well, and so on
# towards the image. A map that stays the same explains nothing of what was learnt [7]. One
# shuffle is one draw: its maps may resemble the old ones, or be their opposite, by luck, and in
# all images at once. So we go through the cascade ten times. The second question goes further:
# train the same network on *random labels*, dealt out to 20 patients, until it knows their
# images by heart. Are its maps any different?

# %%
from dataclasses import replace

cascade = localization.randomisation_test(
    drawn_networks[0],
    few.images[:24],
    1,
    layer=LAYER,
    stages=5,
    shuffles=sizes["shuffles"],
    seed=SEED,
)
by_shuffle = cascade.groupby(["shuffle", "stage"]).spearman.mean().unstack()
by_shuffle.columns = cascade.groupby("stage")["down to"].first()

train = drawn[0]
some = np.sort(seeds.generator(SEED, 3).permutation(np.unique(train.groups))[:20])
part = train.subset(np.isin(train.groups, some))
coin = np.arange(len(some)) % 2
dealt = replace(part, labels=coin[np.searchsorted(some, part.groups)])
by_heart = network(dealt, dealt, epochs=3 * sizes["epochs"], batch=8)
learnt = float(np.mean(outputs(by_heart, dealt.images).argmax(axis=1) == dealt.labels))

# %% tags=["hide-input"]
# @title The cascade, every shuffle
fig, axis = plt.subplots(figsize=(8.5, 3.4))
long = by_shuffle.melt(var_name="layer", value_name="likeness")
long["layer"] = long.layer.str.replace("_conv", "")
sns.stripplot(
    long, x="layer", y="likeness", color=plots.COLOURS["grey"], alpha=0.7, ax=axis
)
sns.pointplot(
    long, x="layer", y="likeness", errorbar=None, color=plots.COLOURS["blue"], linestyle="none",
    marker="D", ax=axis,
)  # fmt: skip
axis.axhline(0, color="black", linewidth=0.8)
axis.set(
    xlabel="weights shuffled from the output down to",
    ylabel="rank correlation with the first map",
    ylim=(-1.05, 1.05),
    title="One dot is one shuffle; after the last layer alone, a single one says little",
)
means = by_shuffle.mean()
plots.show(
    fig,
    "Mean rank correlation of maps with those of the trained network, one dot a shuffle, diamonds their mean. "
    + "; ".join(
        f"down to {layer}: mean {means[layer]:+.2f}, {by_shuffle[layer].min():+.2f} to {by_shuffle[layer].max():+.2f}"
        for layer in by_shuffle
    )
    + ".",
)

# %%
heart_maps = enlarged(by_heart, ill.images, 1)
labels = estimates(
    {
        "diagnoses: hits": prior["hits: Grad-CAM"],
        "random labels: hits": hits(heart_maps, ill.masks),
        "diagnoses: energy": np.nanmean(
            [inside(one, ill.masks) for one in drawn_maps], axis=0
        ),
        "random labels: energy": inside(heart_maps, ill.masks),
    },
    ill.groups,
)
print("random labels of the training images known by heart:", plots.percent(learnt))
pd.DataFrame({text: told(e) for text, e in labels.items()}, index=["% (95 % interval)"]).T

# %% [markdown]
# With all layers shuffled the mean likeness over ten shuffles is near 0: these maps do depend
# on what was learnt. With only the last layer shuffled, single shuffles lie far on either side,
# and whoever drew one of them would tell either story. And what a network on random labels
# shows is a map, too, as smooth and as confident; only the measurement says that it has far
# less on the lesions.
#
# ## Would another training show the same?
#
# A map is shown as the reason for a prediction. Then the same recipe, trained again from other
# start weights and about as accurate, should give about the same map. Arun and others asked
# this of published methods for chest X-rays, and many failed [11]. We correlate the maps of two
# trainings for the same image, and, for comparison, those of one training for two patients.

# %%
own = test.subset(sick[first][:100])  # one image of 100 patients with pneumonia at most
maps = [enlarged(one, own.images, 1) for one in networks["chest"]]
pairs = [(i, k) for i in range(len(maps)) for k in range(i)]


def likeness(a, b):
    """Pearson's correlation of each map with its partner, (n,); NaN where one is constant."""
    a, b = (each.reshape(len(each), -1) for each in (a, b))
    a, b = (each - each.mean(axis=1, keepdims=True) for each in (a, b))
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide((a * b).sum(axis=1), size, out=np.full(len(a), np.nan), where=size > 0)


with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)  # an image may be empty in all
    repeat = estimates(
        {
            "same image, two trainings": np.nanmean(
                [likeness(maps[i], maps[k]) for i, k in pairs], axis=0
            ),
            "same training, another patient": np.nanmean(
                [likeness(one, np.roll(one, 1, axis=0)) for one in maps], axis=0
            ),
        },
        own.groups,
        shares=False,
    )
scaled = [
    one / np.maximum(one.sum(axis=(1, 2), keepdims=True), 1e-12) for one in heat["chest"]
]
part, masks, _ = sets["chest"]
repeat_hits = estimates(
    {"the mean map hits": hits(np.mean(scaled, axis=0), masks)}, part.groups
)

# %% tags=["hide-input"]
# @title The same images explained by several trainings
fig = plots.gallery(
    own.images[:3],
    {f"training {k + 1}": one[:3] for k, one in enumerate(maps)},
    own.groups[:3].tolist(),
    None if own.masks is None else own.masks[:3],
    shared=False,
    label="share of the training's highest",
    title="Correlation of the maps of two trainings of one recipe: "
    f"{repeat['same image, two trainings'].value:.2f}; of two patients: {repeat['same training, another patient'].value:.2f}",
)
plots.show(
    fig,
    "Three X-rays explained by several trainings of the same recipe. Mean correlation of the maps, "
    + "; ".join(f"{text}: {e.value:.2f}" for text, e in repeat.items())
    + ".",
    photo=True,
)

# %%
rows = {text: f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})" for text, e in repeat.items()}
pd.DataFrame(rows, index=["correlation of the maps"]).T

# %% [markdown]
# On the phantom the maps of two trainings are more alike than those of two patients, but they
# are not the same map, and how often they hit differs too (see the first table of “Measuring”).
# On real X-rays it is worse, as the section on real data shows. Whoever shows the map of one
# training should say so, or show the mean of several.
#
# ## A letter in the corner
#
# In one hospital, X-rays of the sick carry a letter. We draw such a cohort: nearly all with
# pneumonia have it, nearly all normals do not. (This experiment needs a switch, so it is made
# on the phantom whatever DATA is.) One network learns there. Both networks then meet test
# patients of a hospital in which the letter means nothing. The choice was made beforehand: the
# same method, layer and class as for all maps of this lesson.

# %%
marked_parts = cohort_of("chest_xray", "phantom", marker_confounder=True)
readers = {
    "means nothing": (drawn_networks[0], drawn[2]),
    "goes with the disease": (
        network(*marked_parts[:2], epochs=max(1, sizes["epochs"] // 2)),
        marked_parts[2],
    ),
}
corners = np.zeros((pixels, pixels), bool)  # both upper corners
corners[: pixels // 4, : pixels // 3] = corners[: pixels // 4, -(pixels // 3) :] = True
elsewhere = drawn[2]
with_letter = elsewhere.subset(elsewhere.confounders["marker"])
in_corners, rows, home = {}, {}, {}
for text, (one, at_home) in readers.items():
    right = [
        float(np.mean(outputs(one, part.images).argmax(axis=1) == part.labels))
        for part in (at_home, elsewhere)
    ]
    maps = enlarged(one, with_letter.images, 1)
    share = inside(maps, np.broadcast_to(corners, maps.shape))
    in_corners[text] = estimates({"share": share}, with_letter.groups)["share"]
    home[text] = right
    rows[f"trained where the letter {text}"] = (
        *(plots.percent(each) for each in right),
        told(in_corners[text]),
    )
columns = ("accuracy at home", "accuracy where it means nothing")
pd.DataFrame(rows, index=(*columns, "energy in the upper corners (%)")).T

# %% tags=["hide-input"]
# @title Two X-rays with the letter, two networks
chosen = [np.flatnonzero(with_letter.labels == label)[0] for label in (0, 1)]
fig = plots.gallery(
    with_letter.images[chosen],
    {
        f"trained where the letter\n{text}": enlarged(one, with_letter.images[chosen], 1)
        for text, (one, _) in readers.items()
    },
    ["normal", "pneumonia"],
    with_letter.masks[chosen],
    label="Grad-CAM of pneumonia, raw",
    title="The network that learnt from the letter looks at the letter",
)
plots.show(
    fig,
    "Two X-rays with a letter, one normal, one with pneumonia, explained by two networks on one scale. Energy "
    "in the upper corners: "
    + "; ".join(f"letter {text} {plots.percent(e.value)}" for text, e in in_corners.items())
    + ".",
    photo=True,
)

# %%
choices = {}
for layer in ("block2_relu", "block3_relu", LAYER):
    maps = enlarged(readers["goes with the disease"][0], with_letter.images, 1, layer=layer)
    choices[layer] = float(np.nanmean(inside(maps, np.broadcast_to(corners, maps.shape))))
pd.DataFrame(
    {layer: plots.percent(share) for layer, share in choices.items()},
    index=["energy in the upper corners, letter network"],
)

# %% [markdown]
# The network that learnt from the letter does well at home and badly elsewhere, and a large
# share of its maps lies in the upper corners, which are a sixth of the image. How large depends
# on the layer, as the last table shows: whoever may choose the layer afterwards may choose the
# finding. Had we not known of the letter, accuracy at home would have told us nothing; the map,
# measured, would.
#
# ## “Because it was frozen”
#
# One study sees its maps miss the lungs and blames the frozen backbone: features learnt
# elsewhere “cannot adapt” [5]. It did not test that. We can, on a small scale: take the
# features of the *kidney* network, freeze them, and fit only a last layer to the X-rays; then
# unfreeze everything and train on from there.

# %%
from sklearn.linear_model import LogisticRegression

seeds.set_seed(SEED)
frozen = models.quick_cnn(pixels, 2)
for own, theirs in zip(frozen.layers, networks["kidney"][0].layers):
    if own.name not in ("logits", "probabilities"):
        own.set_weights(theirs.get_weights())
start = frozen.get_weights()
pooled = keras.Model(frozen.input, frozen.get_layer("average").output)
fitted = LogisticRegression(C=10, max_iter=5000, class_weight="balanced").fit(
    outputs(pooled, parts["chest"][0].images), parts["chest"][0].labels
)
kernel, constant = fitted.coef_[0] / 2, fitted.intercept_[0] / 2
frozen.get_layer("logits").set_weights(
    [np.stack([-kernel, kernel], axis=1), np.array([-constant, constant])]
)
tuned = network(*parts["chest"][:2], start=start)

# %%
part, masks, classes = sets["chest"]
organs = part.organs if part.organs is not None else masks
body = bodies(part.images).astype(float)
rows, in_lungs = {}, {"uniform over the body": inside(body, organs)}
for text, one in (
    ("frozen", frozen),
    ("fine-tuned from there", tuned),
    ("from scratch", networks["chest"][0]),
):
    maps = enlarged(one, part.images, classes)
    right = outputs(one, test.images).argmax(axis=1) == test.labels
    share = estimates({"right": right}, test.groups)["right"]
    in_lungs[text] = inside(maps, organs)
    rows[text] = (
        told(share),
        told(estimates({"hits": hits(maps, masks)}, part.groups)["hits"]),
    )
of_lungs = estimates(
    in_lungs
    | {"tuned minus frozen": in_lungs["fine-tuned from there"] - in_lungs["frozen"]},
    part.groups,
)
rows = {text: (*rows.get(text, ("", "")), told(e)) for text, e in of_lungs.items()}
pd.DataFrame(rows, index=["accuracy (%)", "hits (%)", "energy in the lungs (%)"]).T

# %% [markdown]
# On the phantom the study's guess fares well: with foreign, frozen features the maps do not
# prefer the lungs to the rest of the body, and after fine-tuning they lie more within them. But
# look at the first column as well. The frozen network is also the least accurate, and a map
# that looks away may be the consequence of that rather than of the freezing. And the real
# images, below, have their own say.
#
# ## Cutting off what lies outside
#
# Another study wishes its maps did not spill over the edge of the body, and suggests a mask
# [4]. That makes them look better. Does it make them better? Energy inside the lesion cannot
# fall, since what is cut off was outside; but the same holds for every opponent's map.

# %%
rows, cut = {}, {}
for name, (part, masks, _) in sets.items():
    region = bodies(part.images)
    for text in ("Grad-CAM", "weights shuffled", "edges"):
        maps = [one for one in maps_of[name][text] if one.any()]
        each = {
            "spilt": [1 - inside(one, region) for one in maps],
            "before": [inside(one, masks) for one in maps],
            "after": [inside(one * region, masks) for one in maps],
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # an image may be empty in all
            each = {what: np.nanmean(values, axis=0) for what, values in each.items()}
        cut[name, text] = estimates(each, part.groups)
        rows[name, text] = [told(e, 1) for e in cut[name, text].values()]
pd.DataFrame(
    rows,
    index=[
        "outside the body (%)",
        "energy inside, as they are (%)",
        "energy inside, cut off (%)",
    ],
).T

# %% [markdown]
# The cut helps every map by what it had spilt, also those that know nothing of the lesion: the
# maps look better and know no more.
#
# ## Browse
#
# Choose a patient, a class, a layer and a method. (Where widgets do not run, the first picture
# is shown.)

# %%
from helpers.plots.browsing import viewer

_ = viewer(
    test,
    lambda i, class_index, layer, method: enlarged(
        model, test.images[i : i + 1], class_index, layer, method
    )[0],
    predicted,
    ["block4_relu", "block3_relu", "block2_relu"],
    list(gradcam.METHODS),
)

# %% [markdown]
# ## What changes on real data?
#
# These figures were recorded by the same cells: a kidney network trained on real slices
# (scans kept together) and measured on stones of another collection, and chest networks trained
# on real X-rays of children and measured by the lungs of adults in another collection.

# %%
import re

from helpers import results


def key_of(*words):
    return re.sub(r"[\W_]+", "_", "_".join(words)).lower()


figures, rows = {}, {}


def note(key, e, text=None):
    """Put an estimate into the figures to be saved and, with a text, into the table."""
    figures.update({key: e.value, f"{key}_interval": list(e[1:])})
    if text:
        rows.update({key: text, f"{key}_interval": "its 95 % interval"})


# %%
for name, e in accuracy.items():
    note(f"accuracy_{name}", e, f"accuracy of the {name} networks, test patients")
for (name, kind), found in contest.items():
    for what, e in found.items():
        note(
            key_of(name, kind, what),
            e,
            f"{name}, {kind}: {what}" if kind == "energy" else None,
        )
    for what, e in differences[name, kind].items():
        note(key_of(name, kind, "less", what), e)
    figures[key_of(name, kind, "shuffled range")] = of_shuffled[name, kind]
for text, e in of_lungs.items():
    note(key_of("in lungs", text), e, f"energy in the lungs: {text}")
for text, e in repeat.items():
    note(key_of(text), e, f"correlation of maps: {text}")
note("mean_map_hits", repeat_hits["the mean map hits"])
for text, e in (knows | labels | twin_test).items():
    note(key_of("phantom", text), e)
for text, e in in_corners.items():
    note(key_of("corners", text), e)
figures |= {
    "smaller_than_a_cell_kidney": small.get("kidney", "not measured"),
    "sum_is_logit_minus_bias": bool(away < 1e-3),
    "random_labels_known_by_heart": learnt,
    "letter_accuracy": home["goes with the disease"],
    "letter_layers": list(choices.values()),
    "cascade_all_shuffled": float(by_shuffle.iloc[:, -1].mean()),
    "cascade_logits_shuffled": by_shuffle["logits"].tolist(),
    "shuffled_times_blind": shuffled_hits,
    "ends": list(ends.values()),
}
results.compare_with_recorded("05", figures, rows)

# %% tags=["hide-input"]
# @title The real figures in words
real = results.recorded("05")


def said(key, digits=0):
    return told((real[key], *real[f"{key}_interval"]), digits)


if real:
    display(
        Markdown(
            f"- *The X-rays.* {trainings['chest']} trainings are right on {said('accuracy_chest')} % of their own test images, "
            f"and their maps **avoid the lungs**: {said('chest_energy_grad_cam')} % of a map lies within them, where a "
            f"map uniform over the body has {said('chest_energy_uniform')} %, the image's edges "
            f"{said('chest_energy_edges')} % and shuffled networks {said('chest_energy_weights_shuffled')} %.\n"
            f"- *Trained again.* The maps of two trainings correlate with {real['same_image_two_trainings']:.2f}, those "
            f"of two patients with {real['same_training_another_patient']:.2f}.\n"
            f"- *“Because it was frozen.”* With frozen features {said('in_lungs_frozen')} % of the map lies within the "
            f"lungs, after fine-tuning {said('in_lungs_fine_tuned_from_there')} %; the difference is "
            f"{said('in_lungs_tuned_minus_frozen')} points.\n"
            f"- *The stones.* {100 * real['smaller_than_a_cell_kidney']:.0f} % are smaller than a cell of the map, and the "
            f"highest point hits in {said('kidney_pointing_grad_cam')} %."
        )
    )

# %% [markdown]
# So the case that works on the phantom does not work here. The chest networks know something,
# since they are right on new patients of their collection; that they know it from the lungs,
# their maps do not show, and by the uniform map they look elsewhere. (Lesson 03 names what else
# differs between the classes of this collection.) Had we moved the lungs about the body, as one
# moves a lesion, we should have missed it: a pair of lungs finds no other place, and “chance”
# is then the map itself. Nor does the freezing explain it here: after fine-tuning a little more
# of the map lies in the lungs, and still far less than of the uniform map. And the maps of two
# trainings are not much more alike than those of two patients. The stones are as hopeless as
# the phantom's, and for the same two reasons.
#
# One thing we learnt while we recorded these figures. The masks of the stones are PNG files,
# but they hold the traces of an earlier JPEG file: more pixels of grey 1 to 8 around the stones
# than pixels of stone. If every pixel that is not black counts as drawn, the stones are twice
# as large. `datasets.load_masked` decides from the histogram of all masks, and says what it
# decided in `provenance`.
#
# ## Limits
#
# - Intervals redraw patients; networks, shuffles and trainings stay fixed. Their spread is shown
#   beside them.
# - Small networks and small images: maps of 8x8 places.
# - On the real X-rays the mask is a pair of lungs, not a lesion, and belongs to adults with another
#   disease than the children whom the network learnt from.
# - A healthy twin exists only for a drawing. Methods that paint a lesion out of a real image are
#   networks themselves, with errors of their own.
# - The freezing was tried with features of a kidney network, not with those of photographs.
# - Whether heatmaps help a reader is another question than whether they lie on the lesion. In chest
#   X-rays with lesions outlined by radiologists, maps of several methods located less well than a
#   second radiologist did [12].
#
# ## Appendix: five networks, four methods
#
# One study shows the maps of five networks side by side [1]. Its own notebook explains a
# network with ImageNet weights that has never seen a kidney. Does one see that? The same call
# explains all five, the transformer included; here they have random weights and have seen
# nothing at all. (With PROFILE = "full" they have ImageNet weights, where those can be had.)

# %%
BACKBONES = ("MobileNetV2", "ViT", "ResNet50", "EfficientNetB0", "InceptionV3")
side = 96  # InceptionV3 takes no smaller images than 75
picture = test.images[shown[:2]]
zoomed = np.asarray(
    tf.image.resize(picture[..., None], (side, side), antialias=True)[..., 0]
).clip(0, 1)
unlearnt, rows = {}, []
for name in BACKBONES[: sizes["backbones"]]:
    seeds.set_seed(SEED)
    trunk = models.backbone(name, "auto" if PROFILE == "full" else None, size=side)
    backbone = models.classifier(trunk, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        maps = gradcam.grad_cam(backbone, zoomed, 1)
        if not maps.any():  # of two random classes one may have nothing but negative places
            maps = gradcam.grad_cam(backbone, zoomed, 0)
    unlearnt[name] = gradcam.upsample(maps, side)
    layer = gradcam.default_layer(backbone).path.split("/")[-1]
    rows.append(
        (name, layer, "x".join(map(str, maps.shape[1:])), f"{trunk.count_params():,}")
    )
pd.DataFrame(rows, columns=["network", "layer chosen", "map", "parameters"]).set_index(
    "network"
)

# %% tags=["hide-input"]
# @title The maps of networks that have learnt nothing
fig = plots.gallery(
    zoomed,
    unlearnt,
    [test.groups[i] for i in shown[:2]],
    shared=False,
    label="share of the network's highest",
    title="Networks that have learnt nothing about X-rays: maps nevertheless",
)
plots.show(
    fig,
    "Two X-rays with the maps of networks that were never trained on X-rays. All show a coloured blob.",
    photo=True,
)

# %% [markdown]
# Each looks at something, as it were. No reader could say from these pictures that nothing was
# learnt. At one layer, four methods need not agree either:

# %% tags=["hide-input"]
# @title Four methods at one layer
fig = plots.gallery(
    test.images[shown[:2]],
    {
        method: enlarged(
            model, test.images[shown[:2]], 1, layer="block3_relu", method=method
        )
        for method in gradcam.METHODS
    },
    [test.groups[i] for i in shown[:2]],
    None if test.masks is None else test.masks[shown[:2]],
    shared=False,
    label="share of the method's highest",
    title="Four methods, one layer: they need not agree",
)
plots.show(
    fig,
    "Two X-rays with pneumonia, explained by four methods at one layer. The maps differ in extent and place.",
    photo=True,
)

# %% [markdown]
# ## Sources
#
# 1. A study of kidney CT with five networks, one of them a vision transformer.
# 2. A study of kidney CT with a custom network. 3. A deep CNN for kidney CT, arXiv 2512.09244.
# 4. A study of brain CT with focal loss. 5. A study of chest X-rays with a frozen ResNet50.
#    Of 1, 2, 4 and 5 our copies name neither authors nor journal.
# 6. R. R. Selvaraju et al., Grad-CAM, ICCV 2017.
# 7. J. Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018.
# 8. V. Petsiuk, A. Das, K. Saenko, RISE, BMVC 2018.
# 9. M. D. Zeiler, R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014.
# 10. J. Zhang et al., Top-down neural attention by excitation backprop, IJCV 126 (2018).
# 11. N. Arun et al., Assessing the trustworthiness of saliency maps for localizing abnormalities
#     in medical imaging, *Radiology: Artificial Intelligence* 3 (2021) e200267.
# 12. A. Saporta et al., Benchmarking saliency methods for chest X-ray interpretation, *Nature
#     Machine Intelligence* 4 (2022) 867-878.
#
# ## Does your run agree?

# %%
hit, energy = (contest["chest", kind] for kind in RULERS)
stated = {
    "The map of all values adds up to the logit minus its bias.": away < 1e-3,
    "The network that learnt random labels knows most of them by heart.": learnt > 0.8,
    "Multiplied with the blind map, Grad-CAM hits the lesions of the chest phantom more often than "
    "the blind map alone.": knows["hits: product minus blind map"].low > 0.05,
    "Within the lungs, Grad-CAM has more on the lesion than the blind map.": knows[
        "within the lungs, energy: difference"
    ].low
    > 0,
    "With random labels the maps hit the lesions less often than with the diagnoses.": labels[
        "random labels: hits"
    ].high
    < labels["diagnoses: hits"].low,
}

# %%
stated |= {
    "The healthy twins bring the mean probability of pneumonia below one third.": ends[
        "twin"
    ]
    < 1 / 3,
    "The blurred images keep a higher probability than the twins.": ends["blurred"]
    > ends["twin"] + 0.1,
    "With the twin's pixels, Grad-CAM's order takes the pneumonia away sooner than rolled maps and edges do.": max(
        twin_test[f"Grad-CAM minus {text}"].high for text in ("rolled Grad-CAM", "edges")
    )
    < -0.03,
    "By this test the blind map does about as well as Grad-CAM.": abs(
        twin_test["Grad-CAM minus blind map"].value
    )
    < 0.1,
    "With only the last layer shuffled, single shuffles differ widely.": np.ptp(
        by_shuffle["logits"]
    )
    > 0.3,
    "The network that learnt from the letter has more than twice as much in the upper corners.": in_corners[
        "goes with the disease"
    ].value
    > 2 * in_corners["means nothing"].value,
    "It is less accurate where the letter means nothing.": home["goes with the disease"][0]
    > home["goes with the disease"][1] + 0.1,
    "With all weights shuffled, the maps' mean likeness over ten shuffles lies near 0.": abs(
        by_shuffle.iloc[:, -1].mean()
    )
    < 0.35,
}

# %%
rarely = contest["kidney", "pointing"]["Grad-CAM"].value
if DATA == "phantom":
    stated |= {
        "The chest networks are right more often than always naming the larger class.": accuracy[
            "chest"
        ].value
        > np.bincount(test.labels).max() / len(test) + 0.03,
        "The kidney network is right less often than the chest networks.": accuracy[
            "kidney"
        ].value
        < accuracy["chest"].value,
        "On the chest phantom Grad-CAM hits at least twice as often as the uniform map.": hit[
            "Grad-CAM"
        ].low
        > 2 * hit["uniform"].high,
        "On the chest phantom it beats edges and shuffled networks by both rulers.": min(
            differences["chest", kind][text].low
            for kind in RULERS
            for text in ("edges", "weights shuffled")
        )
        > 0,
        "By energy, Grad-CAM is not ahead of the blind map.": differences[
            "chest", "energy"
        ]["blind map"].value
        < 0,
        "Maps of two trainings are more alike than those of two patients.": repeat[
            "same image, two trainings"
        ].low
        > repeat["same training, another patient"].high,
        "Most kidney lesions are smaller than a cell of the map.": small["kidney"] > 0.8,
        "The kidney network's maps hit in fewer than one in five.": rarely < 0.2,
        "With frozen features the maps do not prefer the lungs.": of_lungs["frozen"].value
        < of_lungs["uniform over the body"].value + 0.1,
        "After fine-tuning the maps lie more within the lungs than with frozen features.": of_lungs[
            "tuned minus frozen"
        ].low
        > 0.03,
    }
results.claims(stated)

# %%
path = results.save("05", figures, profile=PROFILE, data=DATA, seed=SEED)

# %% [markdown]
# ## Key points
#
# - Grad-CAM weighs the channels of a feature map by their mean gradient. Explain the logit, keep
#   the raw map, and say beforehand which layer, class and method.
# - A picture is not a measurement. Put a number beside it, and beside the number the score of
#   maps that cannot know: blind, uniform, edges, shuffled weights.
# - A coarse map cannot show what is smaller than its cells, and no map shows what the network has
#   not learnt.
# - Try a ruler on maps whose score you know before you use it.
# - Taking the lesion away is the direct test. It needs a stand-in that is nothing to the network:
#   look where the curve ends.
# - One training is one draw, and one shuffle is one draw.
#
# ## Check yourself
#
# <details><summary>Why does Grad-CAM explain the logit and not the probability?</summary>
#
# Where the probability is near 1 its gradient is near 0, so the surest predictions would get
# the weakest maps. With average pooling and one dense layer the map of the logit also adds up
# to the logit minus its bias.
#
# </details>
#
# <details><summary>A paper reports that its maps point at the lesion in 45 % of images. What do you ask?</summary>
#
# How often a map points there that cannot know: one uniform over the body, one that shows where
# lesions lie in other patients, one of the same network with shuffled weights.
#
# </details>
#
# <details><summary>Why is the blind map multiplied with Grad-CAM, and what would equal scores mean?</summary>
#
# The blind map holds what is known without the patient. If the product hits no more often than
# the blind map alone, Grad-CAM adds nothing about this patient.
#
# </details>
#
# <details><summary>A deletion curve falls hardly at all. Name two reasons.</summary>
#
# The map may mark the wrong pixels; or the stand-in (a blurred lung, say) is itself a sign of
# the disease to the network, so that nothing could have made the curve fall. Look where it
# ends.
#
# </details>
#
# <details><summary>No map of 40 patients hits. Why is “0 % (0 to 0)” not an interval?</summary>
#
# Resampling patients without a hit can only give 0 again. The exact interval for 0 of 40
# patients reaches up to about 9 %.
#
# </details>

# %% [markdown]
# **What is graded.** Six exercises, 14 points: the weights of the channels (2), the map (2),
# the pointing game (3), energy inside (2), a map that has seen nothing (3), the broken ruler
# (2). Hidden tests call your functions on further arrays.
#
# The cell below adds up your points so far, by the checks that you see.

# %%
checks.score()

# %% [markdown]
# **Next.** [Lesson 06](06_heatmap_statistics.ipynb) takes one number per map and compares
# groups of patients: is the difference real, and what is it a difference of?
