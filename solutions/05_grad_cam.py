# %% [markdown]
# # 05 Grad-CAM: where does it look?
#
# Each of the five studies of this course shows heatmaps: pictures of where a network looked.
# They are offered as a reason to trust it. We compute such maps, first by hand, and then do
# what the studies do not: measure them. Our phantoms know where the lesion is.
#
# **You will be able to**
#
# - compute Grad-CAM by hand, and say what its sum has to do with the logit;
# - show maps so that they can be compared;
# - measure whether a map lies on a lesion, beside what chance would give;
# - test whether a map depends on what the network has learnt at all;
# - catch a network that reads a letter in the corner.
#
# **Time**: 40 minutes to read, 50 to practise. **Rebuilds**: the heatmaps of [1] to [5].
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

sizes = parameters.choose(
    PROFILE,
    DATA,
    DATA_ROOT,
    {
        "smoke": {
            "pixels": 32,
            "chest images": 120,
            "kidney slices": 312,
            "epochs": 1,
            "randomised networks": 2,
            "bootstrap draws": 100,
            "backbones": 2,
        },
        "quick": {
            "pixels": 64,
            "chest images": 1040,
            "kidney slices": 1248,
            "epochs": 10,
            "randomised networks": 10,
            "bootstrap draws": 1000,
            "backbones": 3,
        },
        "full": {
            "pixels": 128,
            "chest images": 5216,
            "kidney slices": 4992,
            "epochs": 20,
            "randomised networks": 10,
            "bootstrap draws": 2000,
            "backbones": 5,
        },
    },
)
pixels, draws = sizes["pixels"], sizes["bootstrap draws"]
seeds.set_seed(SEED)

# %% tags=["setup"]
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import plots
from helpers.checks import lesson05 as checks

# %% [markdown]
# ## Two networks
#
# One tells pneumonia from normal on chest X-rays, one tells four findings on kidney CT
# slices. Both have the layers of lesson 02's deeper CNN, with three blocks: convolutions,
# global average pooling, one dense layer. They are trained once and kept in the course's
# cache. Unless said otherwise, figures are of test patients.

# %%
from helpers import datasets, evaluation, models, splits, training


def mean_known(values, axis=None):
    """Mean of all that is not NaN, that is of the maps that are not empty; 0 if all are."""
    known = ~np.isnan(values)
    return np.where(known, values, 0).sum(axis=axis) / np.maximum(known.sum(axis=axis), 1)


def by_patient(statistic, groups):
    """A statistic of images with its 95 % interval, patients drawn anew."""
    return evaluation.bootstrap(statistic, groups, draws, SEED)


def cohort_of(name, source="phantom", **options):
    """A cohort, dealt by patient into training, validation and test."""
    if source == "phantom":
        options["n_images"] = sizes[
            "chest images" if name == "chest_xray" else "kidney slices"
        ]
    else:
        options["root"] = CHEST_ROOT if name == "chest_xray" else DATA_ROOT
        options["skip_unreadable"] = SKIP_UNREADABLE
    cohort = datasets.load(name, source, size=pixels, seed=SEED, **options)
    return splits.split(cohort, fractions=(0.6, 0.15, 0.25), seed=SEED)


def network(train, validation, epochs=sizes["epochs"], keep="best"):
    """A trained network, from the cache or trained now."""
    k = len(train.class_names)
    balanced = len(train) / (k * np.maximum(np.bincount(train.labels, minlength=k), 1))
    seeds.set_seed(SEED)
    model = models.deep_cnn(pixels, k, filters=(16, 32, 64), dropout=0.0)
    training.kept(
        model,
        train,
        validation,
        epochs=epochs,
        batch_size=16,
        class_weights=balanced,
        keep=keep,
    )
    return model


if DATA == "real" and not CHEST_ROOT:
    raise ValueError("DATA = 'real' needs CHEST_ROOT, the chest X-rays (-p CHEST_ROOT DIR)")
parts = {"chest": cohort_of("chest_xray", DATA), "kidney": cohort_of("kidney_ct", DATA)}
networks = {
    "chest": network(*parts["chest"][:2]),
    "kidney": network(*parts["kidney"][:2], max(1, sizes["epochs"] // 2)),
}
rows, accuracy = {}, {}
for name, (_, _, test) in parts.items():
    answers = networks[name].predict(test.images[..., None], verbose=0).argmax(axis=1)
    right = answers == test.labels
    share = by_patient(lambda index: right[index].mean(), test.groups)
    accuracy[name] = share
    largest = np.bincount(test.labels).max() / len(test)
    rows[name] = (
        len(test),
        len(np.unique(test.groups)),
        plots.percent(largest),
        f"{100 * share.value:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f})",
    )
pd.DataFrame(rows, index=["test images", "patients", "largest class", "accuracy"]).T

# %% [markdown]
# The chest network is nearly always right. The kidney network is much less so on new
# patients, as in lesson 02. Keep that in mind when you look at its maps.
#
# ## Grad-CAM by hand
#
# Take the last feature map A, and the gradient of the class's logit with respect to it. Each
# channel gets one weight, the mean of its gradients; the map is the weighted sum of the
# channels [6].

# %%
from helpers.deep import keras, tf

model, test = networks["chest"], parts["chest"][2]
both = keras.Model(
    model.input, [model.get_layer("block3_pool").output, model.get_layer("logits").output]
)
with tf.GradientTape() as tape:
    features, logits = both(test.images[:8, ..., None])
    score = logits[:, 1]  # pneumonia
gradients = tape.gradient(score, features)
weights = tf.reduce_mean(gradients, axis=(1, 2))
by_hand = tf.einsum("nhwk,nk->nhw", features, weights).numpy()

# %% tags=["nbval-check-output"]
from helpers import gradcam

raw = gradcam.grad_cam(model, test.images[:8], 1, layer="block3_pool", relu=False)
print("the helper gives the same:", np.abs(raw - by_hand).max() < 1e-5, raw.shape)

# %% [markdown]
# `gradcam.grad_cam` does this for any Keras model, in batches, without changing the model. It
# returns raw maps, small as the feature map is; making them larger and scaling them are
# steps of their own, because each changes what a map may be compared with.

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
# With global average pooling and one dense layer the logit is a weighted mean of the last
# feature map, plus a bias. So before negative values are cut off, the map adds up to the
# logit less its bias, exactly. The map says nothing that the logit does not; it says
# *where*. Which logit? Many programs explain the *probability* instead: where that is near
# 1, its gradient is near 0, and the map of the surest answers is the weakest.

# %%
bias = float(model.get_layer("logits").get_weights()[1][1])
logit = models.logits(model).predict(test.images[..., None], verbose=0)[:, 1]
signed = gradcam.grad_cam(model, test.images, 1, layer="block3_pool", relu=False)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # empty maps are counted below
    cut_off = gradcam.grad_cam(model, test.images, 1, layer="block3_pool")
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.6), sharey=True)
for axis, maps, text in zip(
    axes, (signed, cut_off), ("all values", "negative values cut off")
):
    for label, colour in ((0, "blue"), (1, "vermillion")):
        chosen = test.labels == label
        axis.plot(
            (logit - bias)[chosen],
            maps.sum(axis=(1, 2))[chosen],
            "o",
            alpha=0.4,
            markersize=5,
            color=plots.COLOURS[colour],
            label=test.class_names[label].lower(),
        )
    axis.axline((0, 0), slope=1, color="black", linestyle=":", linewidth=1)
    axis.set(xlabel="logit of pneumonia less its bias", title=text)
axes[0].set_ylabel("sum of the map")
axes[0].legend()
fig.suptitle(
    "A map adds up to its logit, until negative values are cut off",
    x=0.01,
    ha="left",
    fontsize=12,
)
away = np.abs(signed.sum(axis=(1, 2)) - (logit - bias)).max()
plots.show(
    fig,
    "Sum of the Grad-CAM map against the logit less its bias, for test images. With all values "
    f"the points lie on the diagonal (largest distance {away:.0e}); with negative values cut off they do not.",
)

# %% tags=["nbval-check-output"]
print("the sum is the logit less its bias, to 1e-4:", away < 1e-4)

# %% [markdown]
# So a mean of raw map values per image, which one study compares between classes [5], compares
# little else than logits: exactly so for all values of the last feature map, nearly so for
# large logits where negative values are cut off, and no longer so once each map is scaled to
# its own highest value. Lesson 06 comes back to that. From here on we take the layer before
# the last pooling: 8x8 places in place of 4x4. There the sum need not be the logit.
#
# ## Looking
#
# Three test patients with pneumonia: the image, the map of the last convolution, and both.
# All maps have one scale, so that a faint map looks faint.

# %% tags=["cover"]
LAYER = "block3_conv2"


def enlarged(model, images, class_index, layer=LAYER, method="gradcam"):
    """Maps at the size of the images; empty ones do not warn here, they are counted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        maps = gradcam.grad_cam(model, images, class_index, layer=layer, method=method)
    return gradcam.upsample(maps, images.shape[1])


sick = np.flatnonzero(test.labels == 1)
_, first = np.unique(test.groups[sick], return_index=True)  # one image of each patient
shown = sick[first][seeds.generator(SEED, 1).permutation(len(first))[:3]]
maps = enlarged(model, test.images[shown], 1)
names = [name.lower() for name in test.class_names]
answers = model.predict(test.images[shown][..., None], verbose=0).argmax(axis=1)
fig = plots.triplets(
    test.images[shown],
    maps,
    [
        f"{test.groups[i]}: predicted {names[a]}, true {names[test.labels[i]]}"
        for i, a in zip(shown, answers)
    ],
    None if test.masks is None else test.masks[shown],
    title="Where does the network look? Lesions, where known, are outlined",
    label="Grad-CAM of pneumonia, raw",
)
plots.show(
    fig,
    "Three X-rays with pneumonia, their Grad-CAM maps and both. The maps are broad; where lesions "
    "are known they are outlined in blue, and the maps cover more than them and partly miss them.",
)

# %% [markdown]
# ## Measuring
#
# An eye that knows the lesion finds it in any blob. So we count. For every test image with a
# lesion: which share of the map lies inside it (*energy*), and does the highest point lie on
# it or within two pixels (*pointing game*)? And what would chance give? We move the lesion
# to every other place in the body, and measure again: `helpers.localization` returns both.
# A third comparison: the same network with its weights shuffled, ten times. The class
# explained is the true one, also where the network answers otherwise.

# %%
from dataclasses import replace

from scipy import ndimage

from helpers import localization


def bodies(images):
    """What is not air around the patient, (n, h, w) bool."""
    return np.stack([ndimage.binary_fill_holes(image > 0.08) for image in images])


def marked():
    """What is measured: name -> (images with groups, masks, class to explain)."""
    if DATA == "phantom":
        sick = {
            name: test.subset(test.masks.any(axis=(1, 2)))
            for name, (_, _, test) in parts.items()
        }
        return {name: (part, part.masks, part.labels) for name, part in sick.items()}
    found = {}
    if LUNGS_ROOT:
        lungs = datasets.load_masked(
            LUNGS_ROOT, size=pixels, holds="organ", class_names=("normal", "tuberculosis")
        )
        found["chest"] = lungs, lungs.organs, np.ones(len(lungs), int)
    if STONES_ROOT:
        stones = datasets.load_masked(STONES_ROOT, size=pixels, holds="lesion")
        stone = parts["kidney"][0].class_names.index("Stone")
        found["kidney"] = stones, stones.masks, np.full(len(stones), stone)
    return found


def shares_inside(maps, masks):
    """Share of each map that lies inside its mask, (n,); NaN where a map is empty."""
    total, inside = maps.sum(axis=(1, 2)), np.sum(maps * masks, axis=(1, 2))
    return np.divide(inside, total, out=np.full(len(maps), np.nan), where=total > 0)


def shuffled_energies(name, images, masks, classes):
    """Energy inside the masks by networks with shuffled weights: (networks, n)."""
    copy = keras.models.clone_model(networks[name])  # one copy: its maps are compiled once
    found = []
    for number in range(sizes["randomised networks"]):
        other = localization.randomised(networks[name], SEED + number)
        copy.set_weights(other.get_weights())
        found.append(shares_inside(enlarged(copy, images, classes), masks))
    return np.stack(found)


measured, reference, energies_of_shuffled, sets = {}, {}, {}, marked()
for name, (part, masks, classes) in sets.items():
    region = bodies(part.images)
    heat = enlarged(networks[name], part.images, classes)
    energies_of_shuffled[name] = shuffled_energies(name, part.images, masks, classes)
    reference[name] = mean_known(energies_of_shuffled[name], axis=1)
    energy = localization.energy_inside(heat, masks, region)
    pointing = localization.pointing_game(heat, masks, region, tolerance=2)
    for kind, found in (("energy", energy), ("pointing", pointing)):
        values = {
            "map": found.values,
            "chance": found.chance,
            "difference": found.values - found.chance,
        }
        if kind == "energy":
            values["less shuffled"] = found.values - mean_known(
                energies_of_shuffled[name], axis=0
            )
        measured[name, kind] = {
            what: by_patient(lambda index: mean_known(each[index]), part.groups)
            for what, each in values.items()
        }

fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.9))
for axis, name in zip(axes, sets):
    own = measured[name, "energy"]
    for y, (what, colour) in enumerate((("map", "blue"), ("chance", "orange"))):
        axis.plot(
            [100 * own[what].low, 100 * own[what].high],
            [y, y],
            color=plots.COLOURS[colour],
            linewidth=2,
        )
        axis.plot(100 * own[what].value, y, "o", color=plots.COLOURS[colour], markersize=8)
    axis.plot(
        100 * np.array(reference[name]),
        [2] * len(reference[name]),
        "o",
        color=plots.COLOURS["grey"],
        alpha=0.6,
    )
    axis.set_yticks(
        range(3),
        ["trained network", "mask elsewhere", "weights shuffled"]
        if axis is axes[0]
        else [""] * 3,
    )
    axis.set(ylim=(2.5, -0.5), xlabel="share of the map inside the mask (%)", title=name)
    axis.set_xlim(left=0)
verdicts = {
    name: "exceed"
    if measured[name, "energy"]["difference"].low > 0
    else "are not shown to exceed"
    for name in sets
}
fig.suptitle(
    "Inside the mask: "
    + "; ".join(f"{name} maps {verdict} chance" for name, verdict in verdicts.items()),
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    "Energy inside the mask for the trained network, for the mask moved elsewhere, and for "
    "networks with shuffled weights. "
    + "; ".join(
        f"{name}: {plots.percent(measured[name, 'energy']['map'].value, 1)} against "
        f"{plots.percent(measured[name, 'energy']['chance'].value, 1)} by chance"
        for name in sets
    )
    + ".",
)

# %%
pd.DataFrame(
    {
        (name, kind): {
            what: f"{100 * e.value:.1f} % ({100 * e.low:.1f} to {100 * e.high:.1f})"
            for what, e in found.items()
        }
        for (name, kind), found in measured.items()
    }
).T

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
# (The helper differs in small print: of several equally high points it takes the share that
# hits, and where a map or a mask is empty it says NaN.)
#
# On the phantom the chest network's maps lie on the lesions more than chance and more than
# shuffled networks would have it; yet nine tenths of the map lie elsewhere. For the kidney
# network we find no difference from chance; its interval for the pointing game is wide. It
# was hardly right either: a map of a network that has not learnt the lesion cannot show it.
# What the real masks say stands in the table near the end.
#
# ## Smaller than a cell
#
# A map of 8x8 places cannot outline what is smaller than one of them. Enlarging it smoothly
# hides that, and adds nothing.

# %%
side = model.get_layer(LAYER).output.shape[1]
cell = (pixels / side) ** 2
pd.DataFrame(
    {
        name: (
            f"{np.median(masks.sum(axis=(1, 2))):.0f}",
            f"{cell:.0f}",
            plots.percent(np.mean(masks.sum(axis=(1, 2)) < cell)),
        )
        for name, (_, masks, _) in sets.items()
    },
    index=[
        "median lesion (pixels)",
        "cell of the map (pixels)",
        "lesions smaller than a cell",
    ],
).T

# %% [markdown]
# ## Does the map depend on what was learnt?
#
# Shuffle the weights of the last layers, then those of the layers before as well, and so on
# towards the image. A map that stays the same explains nothing of what was learnt [7].
# The second question goes further: train the same network on *random labels*, dealt out to
# 40 patients, until it knows most of their images by heart. Are its maps any different?

# %%
few = test.subset(seeds.generator(SEED, 2).permutation(len(test))[:24])
cascade = localization.randomisation_test(
    model, few.images, 1, layer=LAYER, stages=4, seed=SEED
)
train = parts["chest"][0]
patients = np.unique(train.groups)
few_patients = seeds.generator(SEED, 3).permutation(patients)[:40]
part = train.subset(np.isin(train.groups, few_patients))
position = np.searchsorted(np.sort(few_patients), part.groups)
shuffled = replace(part, labels=(np.arange(len(few_patients)) % 2)[position])
by_heart = network(shuffled, shuffled, 4 * sizes["epochs"], "last")
answers = by_heart.predict(shuffled.images[..., None], verbose=0).argmax(axis=1)
learnt = np.mean(answers == shuffled.labels)
fig, axis = plt.subplots(figsize=(8.5, 3.4))
stages = cascade.groupby("stage")
names_down = stages["down to"].first()
for image, rows in cascade.groupby("image"):
    axis.plot(rows.stage, rows.spearman, color="#C0C0C0", linewidth=0.8)
axis.plot(
    stages.spearman.mean(),
    "o-",
    color=plots.COLOURS["blue"],
    label="rank correlation, mean",
)
axis.plot(
    stages.ssim.mean(),
    "s--",
    color=plots.COLOURS["vermillion"],
    label="structural similarity, mean",
)
axis.axhline(0, color="black", linewidth=0.8)
axis.set_xticks(
    names_down.index,
    [name.replace("block", "block ").replace("_conv", ", conv ") for name in names_down],
    fontsize=9,
    rotation=20,
)
axis.set(
    xlabel="weights shuffled from the output down to",
    ylabel="likeness to the first map",
    ylim=(-1.05, 1.05),
)
axis.legend(loc="lower left")
last = float(mean_known(cascade.spearman[cascade.stage == cascade.stage.max()].to_numpy()))
axis.set_title(
    f"All weights shuffled: mean rank correlation {last:.2f} with the map of the trained network"
)
plots.show(
    fig,
    "Likeness of the maps to those of the trained network while more and more layers lose what they learnt. "
    + "; ".join(
        f"down to {name}: rank correlation {value:.2f}"
        for name, value in zip(names_down, stages.spearman.mean())
    )
    + ".",
)

# %%
rows = {}
for stage, table in cascade.groupby("stage"):
    values = table.spearman.to_numpy()
    estimate = by_patient(lambda index: mean_known(values[index]), few.groups)
    rows[table["down to"].iloc[0]] = (
        f"{estimate.value:+.2f} ({estimate.low:+.2f} to {estimate.high:+.2f})",
        int(np.isnan(values).sum()),
    )
pd.DataFrame(rows, index=["rank correlation, 95 % interval", "empty maps"]).T.rename_axis(
    "shuffled down to"
)

# %%
rows = {}
for text, one in (
    ("trained on the diagnoses", model),
    ("trained on random labels", by_heart),
):
    heat = enlarged(one, test.images[sick], 1)
    if test.masks is None:
        break
    region = bodies(test.images[sick])
    inside = localization.energy_inside(heat, test.masks[sick], region)
    estimate = by_patient(
        lambda index: mean_known((inside.values - inside.chance)[index]), test.groups[sick]
    )
    rows[text] = (
        plots.percent(mean_known(inside.values), 1),
        f"{100 * estimate.value:+.1f} ({100 * estimate.low:+.1f} to {100 * estimate.high:+.1f})",
        int(np.isnan(inside.values).sum()),
    )
print("random labels of the training images known by heart:", plots.percent(learnt))
pd.DataFrame(
    rows, index=["energy inside the lesion", "less chance (points)", "empty maps"]
).T

# %% [markdown]
# (With lesions known, on the phantom, the last table has two lines.) What the maps of the
# second network have over chance, they have without the network ever having learnt the
# disease; compare the two intervals. In the cascade little likeness is left once two layers
# are shuffled. A last value that is not 0 has a reason: it is *one* shuffle, and all images
# share one layout, so that all correlations lean one way. The interval redraws patients, not
# shuffles.
#
# ## A letter in the corner
#
# In one hospital, X-rays of the sick carry a letter. We draw such a cohort: nearly all with
# pneumonia have it, nearly all normals do not. (This experiment needs a switch, so it is
# made on the phantom whatever DATA is.) One network learns there. Both networks then meet
# test patients of a hospital in which the letter means nothing.

# %%
marked_train, marked_validation, marked_test = cohort_of(
    "chest_xray", marker_confounder=True
)
plain_parts = parts["chest"] if DATA == "phantom" else cohort_of("chest_xray")
plain = plain_parts[2]
readers = {
    "letter means nothing": network(*plain_parts[:2]),
    "letter goes with the disease": network(
        marked_train, marked_validation, max(1, sizes["epochs"] // 4)
    ),
}
letter = np.zeros((pixels, pixels), bool)
letter[: pixels // 4, : pixels // 3] = letter[: pixels // 4, -(pixels // 3) :] = (
    True  # both upper corners
)
rows = {}
for text, one in readers.items():
    at_home = {"letter means nothing": plain, "letter goes with the disease": marked_test}[
        text
    ]
    right = [
        np.mean(
            one.predict(part.images[..., None], verbose=0).argmax(axis=1) == part.labels
        )
        for part in (at_home, plain)
    ]
    with_letter = plain.subset(plain.confounders["marker"])
    heat = enlarged(one, with_letter.images, 1, layer="block3_conv1", method="hirescam")
    share = localization.energy_inside(heat, np.broadcast_to(letter, heat.shape).copy())
    estimate = by_patient(lambda index: mean_known(share.values[index]), with_letter.groups)
    rows[text] = (*right, estimate)
corner = {text: row[2] for text, row in rows.items()}
pd.DataFrame(
    {
        f"trained where the {text}": (
            plots.percent(at_home),
            plots.percent(elsewhere),
            f"{100 * e.value:.0f} % ({100 * e.low:.0f} to {100 * e.high:.0f})",
        )
        for text, (at_home, elsewhere, e) in rows.items()
    },
    index=[
        "accuracy at home",
        "accuracy where it means nothing",
        "energy in the upper corners",
    ],
).T

# %%
chosen = np.flatnonzero(with_letter.labels == 0)[[0]]
chosen = np.concatenate([chosen, np.flatnonzero(with_letter.labels == 1)[[0]]])
fig = plots.gallery(
    with_letter.images[chosen],
    {
        f"trained where the\n{text}": enlarged(
            one, with_letter.images[chosen], 1, layer="block3_conv1", method="hirescam"
        )
        for text, one in readers.items()
    },
    ["normal", "pneumonia"],
    with_letter.masks[chosen],
    shared=False,
    label="HiResCAM of pneumonia,\nshare of the column's highest",
    title="The network that learnt from the letter looks at the letter",
)
plots.show(
    fig,
    "Two X-rays with a letter, one normal, one with pneumonia, explained by two networks. Energy in the "
    "upper corners: "
    + "; ".join(f"{text} {plots.percent(e.value)}" for text, e in corner.items())
    + ".",
)

# %% [markdown]
# The network that learnt from the letter does well at home and is at a coin's level elsewhere,
# where always saying "pneumonia" would be right in three of four. Most of its maps' energy
# lies in the upper corners, which are a sixth of the image; of the other network's, less
# than that share. But look at the normal X-ray: scaled to the highest of its column, the
# other network's map lights up beside the letter as well. One picture would accuse both; the
# number tells them apart. (HiResCAM at an earlier layer, which is sharper; the appendix has
# the methods.)
#
# ## Cutting off what lies outside
#
# One study wishes its maps did not spill over the edge of the body, and suggests a mask [4].
# That makes them look better. Does it make them better? Energy inside the lesion cannot fall,
# since what is cut off was outside; so must chance. Their ratio tells.

# %%
rows = {}
for name, (part, masks, classes) in sets.items():
    region = bodies(part.images)
    heat = enlarged(networks[name], part.images, classes)
    for text, maps in (("as they are", heat), ("outside the body cut off", heat * region)):
        inside = localization.energy_inside(maps, masks, region)
        outside = np.sum(maps * ~region) / max(np.sum(maps), 1e-12)
        ratio = by_patient(
            lambda index: (
                mean_known(inside.values[index])
                / max(mean_known(inside.chance[index]), 1e-12)
            ),
            part.groups,
        )
        rows[name, text] = (
            plots.percent(outside),
            plots.percent(mean_known(inside.values), 1),
            plots.percent(mean_known(inside.chance), 1),
            f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})",
        )
pd.DataFrame(
    rows, index=["outside the body", "energy inside the lesion", "chance", "ratio"]
).T

# %% [markdown]
# Energy rises, and chance rises with it; the ratio hardly moves. The maps look better and are
# not.
#
# ## Taking away what it marks
#
# If the marked pixels matter, the answer should fall when they go, and return when only they
# come back. Pixels are replaced by a blurred image, the highest of the map first [8]. Chance:
# the same maps, rolled around the edges. Look first at the end where everything is blurred:
# only if the answer has fallen there can the way to it tell anything.

# %%
few_sick = test.subset(sick[first][:24])
heat = enlarged(model, few_sick.images, 1)
curves = {
    "deletion": localization.deletion_curve(
        model, few_sick.images, heat, 1, steps=5, draws=2, seed=SEED
    ),
    "insertion": localization.insertion_curve(
        model, few_sick.images, heat, 1, steps=5, draws=2, seed=SEED
    ),
}
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.3), sharey=True)
for axis, (text, curve) in zip(axes, curves.items()):
    axis.plot(
        100 * curve.shares,
        curve.probability.mean(axis=0),
        "o-",
        color=plots.COLOURS["blue"],
        label="the map's order",
    )
    axis.plot(
        100 * curve.shares,
        curve.chance.mean(axis=0),
        "s--",
        color=plots.COLOURS["grey"],
        label="rolled maps",
    )
    own, chance = (area.mean() for area in curve.area)
    axis.set(
        xlabel=f"pixels {'gone' if text == 'deletion' else 'there'} (%)", ylim=(-0.02, 1.02)
    )
    axis.set_title(f"{text}: area {own:.2f}, by chance {chance:.2f}", fontsize=11)
axes[0].set_ylabel("probability of pneumonia, mean")
axes[0].legend(loc="lower left")
plots.show(
    fig,
    "Mean probability of pneumonia while pixels are deleted or inserted, in the map's order and in that of rolled maps. "
    + "; ".join(
        f"{text}: area {c.area[0].mean():.2f} against {c.area[1].mean():.2f}"
        for text, c in curves.items()
    )
    + ".",
)

# %%
blurred = float(curves["deletion"].probability[:, -1].mean())
print(f"mean probability of pneumonia of the wholly blurred images: {blurred:.2f}")
for text, curve in curves.items():
    gained = np.subtract(*curve.area)
    estimate = by_patient(lambda index: gained[index].mean(), few_sick.groups)
    print(
        f"{text}: area less that by chance {estimate.value:+.3f}, 95 % interval "
        f"{estimate.low:+.3f} to {estimate.high:+.3f}"
    )

# %% [markdown]
# The wholly blurred images are still called pneumonia, perhaps because a blurred lung looks
# hazy: there is next to nothing to lose or to gain, and the curves say next to nothing of
# the map, even where an interval leaves out 0. Whoever reports only the area under them
# would not notice. What stands in for "nothing" must be nothing *to the network*.
#
# ## Browse
#
# Choose a patient, a class, a layer and a method. (Where widgets do not run, the first
# picture is shown.)

# %%
from helpers.plots.browsing import viewer

predicted = model.predict(test.images[..., None], verbose=0).argmax(axis=1)
_ = viewer(
    test,
    lambda i, class_index, layer, method: enlarged(
        model, test.images[i : i + 1], class_index, layer, method
    )[0],
    predicted,
    ["block3_conv2", "block3_conv1", "block3_pool", "block2_conv2"],
    list(gradcam.METHODS),
)

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
# lesions: a map that is just one of them does not count.
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
# Such a map knows where lesions usually are, and nothing of the patient: it is the same
# for everyone, and lights up in the healthy too. Still it scores several times as high as
# a map that is equal everywhere. Two things follow. An energy, or a share of hits, says
# little without its chance level: the score of a map that cannot know. And a high score is
# no proof that the network looked at the lesion: it may have learnt where lesions usually
# are. To credit a map, it should score higher than a blind one, on the same patients.
#
# ## Grad-CAM and its opponents
#
# Four opponents meet Grad-CAM on the same images and the same masks.
#
# - *Edges* is the strength of the image's own edges (Sobel's filter). It knows the image and
#   no network at all. A map that edges beat need not have come from a network [7].
# - *Occlusion* asks the network without any gradient: each patch as large as a cell of the
#   map is covered with the mean grey of the image, and the fall of the logit is noted [9].
# - The *blind map* is the mean of the lesions of the training patients. It knows where
#   lesions lie, and nothing of the patient. (Real training images have no masks: there it is
#   left out.)
# - The *shuffled networks* are the ten from before.
#
# The table gives the difference between Grad-CAM and each opponent, image by image. A
# positive difference means that Grad-CAM has more inside the mask.


# %%
def opponents_of(name):
    """Name of an opponent -> its maps for the measured images, at their size."""
    part, _, classes = sets[name]
    patch = pixels // networks[name].get_layer(LAYER).output.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # empty maps become NaN below
        falls = gradcam.occlusion(
            networks[name], part.images, classes, patch=patch, stride=patch, batch_size=256
        )
    found = {"edges": gradcam.edges(part.images), "occlusion": falls}
    if DATA == "phantom":
        known = parts[name][0].masks
        found["blind map"] = np.broadcast_to(known.mean(axis=0), part.masks.shape)
    return found


contest, differences = {}, {}
for name, (part, masks, classes) in sets.items():
    own = shares_inside(enlarged(networks[name], part.images, classes), masks)
    shares = {text: shares_inside(maps, masks) for text, maps in opponents_of(name).items()}
    shares["weights shuffled"] = mean_known(energies_of_shuffled[name], axis=0)
    contest[name] = {
        text: by_patient(lambda index: mean_known(values[index]), part.groups)
        for text, values in ({"Grad-CAM": own} | shares).items()
    }
    differences[name] = {
        text: by_patient(lambda index: mean_known((own - values)[index]), part.groups)
        for text, values in shares.items()
    }

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.2), sharey=True)
for axis, (name, found) in zip(axes, contest.items()):
    for y, (text, e) in enumerate(found.items()):
        colour = plots.COLOURS["blue" if text == "Grad-CAM" else "orange"]
        axis.plot([100 * e.low, 100 * e.high], [y, y], color=colour, linewidth=2)
        axis.plot(100 * e.value, y, "o", color=colour, markersize=8)
    axis.set_yticks(range(len(found)), list(found))
    axis.set(xlabel="share of the map inside the mask (%)", title=name)
    axis.set_xlim(left=0)
axes[0].invert_yaxis()
beaten = {
    name: [text for text, e in found.items() if e.low > 0]
    for name, found in differences.items()
}
fig.suptitle(
    "More inside the mask than others? Grad-CAM beats "
    + "; ".join(f"{', '.join(texts) or 'none'} ({name})" for name, texts in beaten.items()),
    x=0.01,
    ha="left",
    fontsize=11,
)
plots.show(
    fig,
    "Share of the map inside the mask, with 95 % intervals by patient, for Grad-CAM and its opponents. "
    + " ".join(
        f"{name}: "
        + ", ".join(f"{text} {plots.percent(e.value, 1)}" for text, e in found.items())
        + "."
        for name, found in contest.items()
    ),
)

# %%
pd.DataFrame(
    {
        name: {
            f"Grad-CAM - {text} (points)": f"{100 * e.value:+.1f} ({100 * e.low:+.1f} to {100 * e.high:+.1f})"
            for text, e in found.items()
        }
        for name, found in differences.items()
    }
)

# %%
for name, found in differences.items():
    kinds = {"more inside than": [], "less inside than": [], "not told apart from": []}
    for text, e in found.items():
        verdict = "more inside than" if e.low > 0 else "less inside than"
        kinds[verdict if e.low > 0 or e.high < 0 else "not told apart from"].append(text)
    told = [f"{verdict} {', '.join(texts)}" for verdict, texts in kinds.items() if texts]
    print(f"{name}: Grad-CAM has {'; '.join(told)}")

# %% [markdown]
# What a map has to beat is not nothing. Edges come from the image alone and the blind map comes
# from other patients alone: a map that does not exceed them has shown nothing about this network
# and this patient. On the phantoms the blind map wins by far, because it is narrow and Grad-CAM
# is broad. Of all these maps only occlusion asks a question that can be stated in one sentence:
# how much does the answer change when this patch is covered? It needs no gradient and no layer,
# and it works for any classifier. In exchange it takes one forward pass for each patch, and it
# needs a choice that Grad-CAM is spared: what shall a covered patch look like?

# %% [markdown]
# ## What changes on real data?
#
# These figures were recorded by the same cells: a kidney network trained on real slices
# (scans kept together) and measured on stones of another collection, a chest network trained
# on real X-rays and measured by the share of its map inside the lungs, on X-rays of adults.

# %%
from helpers import results

figures = {
    "deletion_blurred": blurred,
    "sum_is_logit_less_bias": bool(away < 1e-4),
    "random_labels_known_by_heart": float(learnt),
}
rows = {}
for (name, kind), found in measured.items():
    for what, estimate in found.items():
        key = f"{name}_{kind}_{what}".replace(" ", "_")
        figures |= {key: estimate.value, f"{key}_interval": estimate[1:]}
    rows |= {
        f"{name}_{kind}_map": f"{name}, {kind}",
        f"{name}_{kind}_chance": f"{name}, {kind}, by chance",
        f"{name}_{kind}_difference": f"{name}, {kind}, difference",
        f"{name}_{kind}_difference_interval": "its 95 % interval",
    }
    if kind == "energy":
        rows |= {
            f"{name}_energy_less_shuffled": f"{name}, energy, less that of shuffled networks",
            f"{name}_energy_less_shuffled_interval": "its 95 % interval",
        }
for name, found in contest.items():
    for text, estimate in found.items():
        if text in ("Grad-CAM", "weights shuffled"):
            continue  # these are saved above
        key = f"{name}_energy_{text}".replace(" ", "_")
        less = differences[name][text]
        figures |= {key: estimate.value, f"{key}_interval": estimate[1:]}
        figures |= {f"{name}_energy_less_{text}".replace(" ", "_"): less.value}
        figures |= {f"{name}_energy_less_{text}_interval".replace(" ", "_"): less[1:]}
        rows |= {
            f"{name}_energy_less_{text}".replace(
                " ", "_"
            ): f"{name}, energy, less that of {text}"
        }
        rows |= {
            f"{name}_energy_less_{text}_interval".replace(" ", "_"): "its 95 % interval"
        }
for name, energies in reference.items():
    figures[f"{name}_energy_shuffled"] = [float(np.min(energies)), float(np.max(energies))]
for name, right in accuracy.items():
    figures |= {f"accuracy_{name}": right.value, f"accuracy_{name}_interval": right[1:]}
    rows |= {f"accuracy_{name}": f"accuracy of the {name} network, test patients"}
for text, estimate in corner.items():
    key = "corner_" + text.replace(" ", "_")
    figures |= {key: estimate.value, f"{key}_interval": estimate[1:]}
figures["spearman_all_shuffled"] = last
results.compare_with_recorded("05", figures, rows)

# %% [markdown]
# Look at the real X-rays. Against the same lungs moved elsewhere the maps have a little more
# inside; against the mean of ten shuffled networks they have less. Two ideas of chance
# disagree, and the intervals redraw patients, not shuffles: the ten differ widely, and the
# trained network lies among them. By this measure it cannot be told from networks that know
# nothing, though it is right on nearly all of its own test X-rays. The edges of the images have
# clearly more inside the lungs than Grad-CAM has, and edges never saw a network.
#
# On the stones both differences in energy are above 0 and tiny, and again within the range of
# the ten; edges and occlusion have more inside. Coarse cells are not the only reason (a map with
# all its energy in the right cell would hold several percent): the kidney network itself is
# wrong more often than not. Its highest point lies on the stone or beside it more often than
# chance would have it, with a wide interval. On the X-rays the pointing game does not differ
# from chance.
#
# One thing we learnt while we recorded these figures. The masks of the stones are PNG files, but
# they hold the traces of an earlier JPEG file: more pixels of grey 1 to 8 around the stones than
# pixels of stone. If every pixel that is not black counts as drawn, the stones are twice as
# large. `datasets.load_masked` decides from the histogram of all masks, and says what it decided
# in `provenance`.
#
# ## Limits
#
# - Intervals redraw patients; networks, shuffles and trainings stay fixed.
# - On the real X-rays the mask is a pair of lungs, which hardly finds another place in the
#   body: there chance lies close to the value by construction.
# - Small networks and small images: maps of 8x8 places. One training of each network.
# - Moving the lesion about is one idea of chance. It asks whether the map lies on *this*
#   lesion rather than elsewhere in the body; a map that knows where lesions usually are
#   passes it.
# - Blurred pixels are not missing pixels: deletion also measures how a network takes images
#   that it never met.
#
# ## Take home
#
# 1. Explain the logit, keep the raw map, and say which layer.
# 2. Put a number beside the picture, and chance beside the number.
# 3. Shuffle the weights. A map that does not change explains nothing.
# 4. A right answer can come from a corner. The map may tell you; accuracy at home will not.
# 5. A measure that cannot fail, or cannot succeed, measures nothing: look at its ends.
#
# ## Appendix: every network, four methods
#
# The same call works for the five backbones of [1], the transformer included. Three of them
# here (all five with PROFILE = "full"), with random weights, to see layers and sizes.

# %%
rows = []
for name in ("MobileNetV2", "ViT", "ResNet50", "EfficientNetB0", "InceptionV3")[
    : sizes["backbones"]
]:
    seeds.set_seed(SEED)
    backbone = models.classifier(models.backbone(name, None, size=96), 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        its = gradcam.grad_cam(backbone, np.zeros((2, 96, 96), np.float32) + 0.5, 1)
    rows.append(
        (
            name,
            gradcam.default_layer(backbone).path.split("/")[-1],
            "x".join(map(str, its.shape[1:])),
        )
    )
pd.DataFrame(rows, columns=["network", "layer chosen", "map"]).set_index("network")

# %%
fig = plots.gallery(
    test.images[shown[:2]],
    {
        method: enlarged(model, test.images[shown[:2]], 1, method=method)
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

# %%
path = results.save("05", figures, profile=PROFILE, data=DATA, seed=SEED)
