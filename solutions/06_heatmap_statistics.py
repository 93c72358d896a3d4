# %% [markdown]
# # 06 Statistics of heatmaps: is the difference real, and what is it a difference of?
#
# A study asks whether a network for chest X-rays "highlights" healthy and diseased images
# differently. It draws 30 images of each class, takes the mean of each Grad-CAM heatmap,
# compares the means by a t-test, and reports t = -5.3253, p = 0.0000, and a Cohen's d of
# 1.3985 [1]. It is the only one of our five studies that tests a hypothesis at all. We run
# its experiment as it was designed. Then we ask what the number measures, what the test
# assumes, and what could be concluded.
#
# **You will be able to**
#
# - run and report a two-group comparison: effect size, interval, p, and n;
# - recover from a printed t which standard deviation was used;
# - say what the mean of a heatmap is, and how its sign can be chosen afterwards;
# - distinguish images from patients, and say what it costs to mistake one for the other;
# - plan a sample size, and ask *where* a map lies instead of *how much* of it there is.
#
# **Before you start.** You need lesson 05 (what a Grad-CAM map is), the
# [logit](../docs/glossary.md#logit) of lesson 03, NumPy, and from statistics: mean, standard
# deviation, and what a t-test is for. Words that are new are linked to the
# [glossary](../docs/glossary.md).
#
# **Time**: 40 minutes to read, 50 to practise. **Rebuilds**: the experiment of [1].
#
# The images are *phantoms*: drawn by a program. Phantoms are not patients, and nothing here
# diagnoses.

# %% tags=["parameters", "setup"]
PROFILE = "quick"  # "smoke", "quick" or "full"
DATA = "phantom"  # "phantom" or "real"
DATA_ROOT = ""  # folder of the real chest X-rays, with the folders train and test
SKIP_UNREADABLE = False  # True: leave out files that cannot be read, and list them
SEED = 7

# %% tags=["setup"]
from helpers import parameters, seeds

NAMES_OF_SIZES = (
    "pixels",
    "phantom images",
    "training images, real",
    "epochs",
    "images a class",
    "networks",
    "null experiments",
    "draws",
)
sizes = parameters.choose(
    PROFILE,
    DATA,
    DATA_ROOT,
    {
        profile: dict(zip(NAMES_OF_SIZES, values))
        for profile, values in {
            "smoke": (32, 240, 200, 1, 12, 2, 200, 199),
            "quick": (48, 960, 1500, 6, 30, 5, 2000, 1999),
            "full": (224, 5216, 5216, 10, 30, 10, 10000, 9999),
        }.items()
    },
)
pixels, draws = sizes["pixels"], sizes["draws"]
seeds.set_seed(SEED)

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import plots
from helpers.checks import lesson06 as checks

# %% [markdown]
# ## What was printed
#
# This is the report of [1], as it was laid out:
#
# ```
# Feature Importance Analysis Results
# ==================================================
#
# Summary Statistics:
#             Metric    Normal  Pneumonia
#               Mean  0.215205   0.242184
# Standard Deviation  0.018152   0.020368
#        Sample Size 30.000000  30.000000
#
# Statistical Test Results:
# T-statistic: -5.3253
# P-value: 0.0000
#
# Null Hypothesis: No significant difference in feature importance between classes
# Alternative Hypothesis: Significant difference in feature importance between classes
# Significance level (α): 0.05
#
# Result: Reject the null hypothesis (p-value = 0.0000 < 0.05)
# There is a statistically significant difference in feature importance between normal and
# pneumonia classes.
#
# Effect Size:
# Cohen's d: 1.3985
# Effect size interpretation: large
# ```
#
# Before any experiment of our own: a report with means, standard deviations (SD), n, t and d
# can be checked with a calculator. An SD divides by n or by n - 1
# (`ddof` 0 or 1); the report does not say. So we compute both.

# %% tags=["nbval-check-output"]
from helpers import audit

printed = {
    f"ddof {ddof}": audit.effect_from_summary(
        0.215205, 0.018152, 30, 0.242184, 0.020368, 30, sd_ddof=ddof
    )
    for ddof in (0, 1)
}
pd.DataFrame(
    {
        name: (f"{e.t:.4f}", f"{e.d:.4f}", f"{e.g:.4f}", f"{e.p:.2e}")
        for name, e in printed.items()
    }
    | {"printed": ("-5.3253", "1.3985", "", "0.0000")},
    index=["t", "Cohen's d", "Hedges' g", "p"],
).T

# %% [markdown]
# The printed t is that of ddof 0 (to the rounding of the printed figures): the SDs had been
# divided by n, as NumPy does by default. The printed d is that of ddof 1: it took the same
# numbers for sample SDs. Most likely t was computed from the scores, by a library that divides by
# n - 1 itself, and d from the printed SDs; that is inferred, not seen. From SDs of ddof 0, d
# is 1.375, and 1.357 without its small-sample bias (Hedges' g [2]). The difference is small. What
# it shows is that nobody checked one by the other. And no p is 0: it is about two in a
# million.

# %% [markdown]
# ### Exercise 1: Cohen's d (2 points)
#
# A p-value does not say how large a difference is. Cohen's d does, in standard
# deviations. Write `cohens_d(a, b)` for the scores (n_a,) of a control group and those
# (n_b,) of another group: the mean of b less that of a, divided by the *pooled* standard
# deviation. That is the root of the pooled variance,
#
#     ((n_a - 1) s_a^2 + (n_b - 1) s_b^2) / (n_a + n_b - 2)
#
# where s_a and s_b are sample standard deviations, with n - 1 in the denominator. (NumPy
# divides by n unless told otherwise, by `ddof=1`.) So d is positive where b is larger.
# Return one number. At least one of the groups has some spread.
#
# Example: a is 1, 2, 3 and b is 2, 4, 6, 8. The means are 2 and 5, the sample variances 1
# and 6.667. The pooled variance is (2 x 1 + 3 x 6.667) / 5 = 4.4, its root 2.098, and d is
# 3 / 2.098 = 1.43. Hints: `checks.cohens_d.hint()`.


# %% nbgrader={"grade": false, "grade_id": "cohens_d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cohens_d(a, b):
    """Scores of a control group (n_a,) and of another (n_b,) -> Cohen's d, of b - a."""
    ### BEGIN SOLUTION
    squares = (len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * np.var(b, ddof=1)
    return (np.mean(b) - np.mean(a)) / np.sqrt(squares / (len(a) + len(b) - 2))
    ### END SOLUTION


# %%
checks.cohens_d(cohens_d)

# %% nbgrader={"grade": true, "grade_id": "cohens_d_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.cohens_d(cohens_d).right
effect_noise = np.random.default_rng(661)
effect_cases = []
for tested_control, tested_other in ((30, 30), (40, 7), (2, 25), (6, 2), (3, 3), (120, 80)):
    for tested_shift in (-0.8, 0, 0.3, 2):
        effect_control = effect_noise.normal(0.4, 0.1, tested_control)
        effect_other = effect_noise.normal(0.4 + 0.2 * tested_shift, 0.25, tested_other)
        effect_cases.append((effect_control, effect_other, ""))
effect_cases += [
    (effect_control.astype(np.float32), effect_other.astype(np.float32), ""),
    (1e-3 * effect_control, 1e-3 * effect_other, ""),
    (50 * effect_control + 20, 50 * effect_other + 20, ""),
    (-effect_control, -effect_other, ""),
    (np.array([4, 4, 4]), np.array([1, 5, 3, 7]), ""),
]
assert checks.cohens_d(cohens_d, more=effect_cases).right
### END HIDDEN TESTS

# %% [markdown]
# ## The experiment, as designed
#
# The hypotheses come first, as in [1]:
#
# - **H0**: the mean score of healthy and pneumonia images (of this collection, for this network)
#   does not differ.
# - **H1**: it differs, in either direction. The level is alpha = 0.05.
#
# The *score* of an image is the mean of its Grad-CAM heatmap after the heatmap has been
# divided by its own highest value. The document does not say which class is explained;
# like most programs do unless told otherwise, we explain the class that is *predicted*: what speaks
# for normal in images that are predicted normal, and what speaks for pneumonia in the others. 30 images of each
# class are drawn from the test set, by a seed that was fixed before any map was computed.
#
# We use a small network of our own, trained from scratch: study [1] has a frozen ResNet50, which
# needs weights from the internet. Its last feature map is averaged and one dense layer
# follows, as in the study.

# %%
from helpers import datasets, evaluation, models, splits, training

cohort = datasets.load(
    "chest_xray",
    source=DATA,
    root=DATA_ROOT,
    size=pixels,
    seed=SEED,
    skip_unreadable=SKIP_UNREADABLE,
    memory_limit=3e9,
    **({"n_images": sizes["phantom images"]} if DATA == "phantom" else {}),
)
if set(cohort.class_names) != {"NORMAL", "PNEUMONIA"}:
    raise ValueError(
        f"this lesson is about the classes NORMAL and PNEUMONIA; {DATA_ROOT or 'the data'} holds "
        f"{', '.join(cohort.class_names)}. DATA_ROOT must be the folder of the chest X-rays."
    )
train, validation, test = splits.official_or_dealt(cohort, (0.4, 0.1, 0.5), seed=SEED)
if cohort.part is not None:
    some = seeds.generator(SEED, 9).permutation(len(train))
    train = train.subset(np.sort(some[: sizes["training images, real"]]))
disease = cohort.class_names.index("PNEUMONIA")
NAMES = ("Normal", "Pneumonia")


# %%
def network(seed):
    """A trained network, from the cache or trained now."""
    balanced = len(train) / (2 * np.bincount(train.labels, minlength=2))
    seeds.set_seed(seed)
    model = models.quick_cnn(pixels, 2)
    training.kept(
        model,
        train,
        validation,
        epochs=sizes["epochs"],
        learning_rate=0.01,
        schedule="cosine",
        class_weights=balanced,
        keep="last",
        progress=False,
    )
    return model


def outputs(model, images):
    """Probabilities (n, 2)."""
    blocks = [
        np.asarray(model(images[start : start + 256, ..., None], training=False))
        for start in range(0, len(images), 256)
    ]
    return np.concatenate(blocks)


# %%
model = network(SEED)
predicted = outputs(model, test.images).argmax(axis=1)
right = predicted == test.labels
share = evaluation.bootstrap(lambda index: right[index].mean(), test.groups, 500, SEED)
rng = seeds.generator(SEED, 1)
wanted = min(sizes["images a class"], np.bincount(test.labels).min())
drawn = np.concatenate(
    [
        rng.choice(np.flatnonzero((test.labels == disease) == sick), wanted, replace=False)
        for sick in (False, True)
    ]
)
sick = test.labels[drawn] == disease
called_sick = predicted == disease
sensitivity = called_sick[test.labels == disease].mean()
specificity = (~called_sick)[test.labels != disease].mean()
print(
    f"accuracy on {len(test)} test images {plots.percent(share.value)} (95 % interval "
    f"{plots.percent(share.low)} to {plots.percent(share.high)}), sensitivity "
    f"{plots.percent(sensitivity)}, specificity {plots.percent(specificity)}\n"
    f"drawn: {wanted} + {wanted} images of {len(np.unique(test.groups[drawn]))} patients; called "
    f"pneumonia: {called_sick[drawn][~sick].sum()} of the normal ones, {called_sick[drawn][sick].sum()} of the others"
)

# %%
import warnings

from IPython.display import Markdown, display
from scipy import stats

from helpers import gradcam, heatmap_stats
from helpers.heatmap_stats.effects import standardised_difference
from helpers.heatmap_stats.intervals import bca_interval

LAYER = "block4_relu"  # the last feature map; the mean over its places goes into the dense layer


def maps_of(model, images, class_index, relu=True):
    """Raw Grad-CAM maps (n, h, w) at the layer's size; empty ones are counted by us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return gradcam.grad_cam(model, images, class_index, layer=LAYER, relu=relu)


maps = maps_of(model, test.images[drawn], predicted[drawn])

# %% tags=["hide-input"]
# @title Draw two maps of each class
chosen = [np.flatnonzero(sick == is_sick)[k] for is_sick in (False, True) for k in (0, 1)]
called = [NAMES[int(label == disease)] for label in predicted[drawn]]
fig = plots.triplets(
    test.images[drawn[chosen]],
    gradcam.upsample(maps[chosen], pixels),
    [f"true {NAMES[int(sick[i])]}, predicted {called[i]}" for i in chosen],
    None if test.masks is None else test.masks[drawn[chosen]],
    title="What is averaged: maps of the predicted class, on one scale",
    label="Grad-CAM of the predicted class, raw",
)
plots.show(
    fig,
    "Two normal images and two with pneumonia, their Grad-CAM maps for the predicted class, and "
    "both. The maps differ in strength and in extent; lesions, where known, are outlined.",
    photo=True,
)

# %% [markdown]
# Now the study's score, its plots, and its report.


# %%
def comparison(scores, sick, patients=None):
    """Normal against Pneumonia; None, with the reason printed, where no test is possible."""
    known = np.isfinite(scores)  # an empty map has no such score
    arms = [known & ~sick, known & sick]
    groups = (None, None) if patients is None else [patients[arm] for arm in arms]
    try:
        return heatmap_stats.compare_groups(
            *(scores[arm] for arm in arms),
            *groups,
            names=NAMES,
            n_permutations=draws,
            n_draws=draws,
            seed=SEED,
        )
    except ValueError as reason:
        print("no comparison:", reason)
        return None


scores = heatmap_stats.mean_max_normalised(maps)
empty = heatmap_stats.empty(maps)
study = comparison(scores, sick)
found = "no comparison" if study is None else f"d = {study.d:+.2f} (Pneumonia less Normal)"
known = [scores[np.isfinite(scores) & (sick == is_sick)] for is_sick in (False, True)]
colours = [plots.COLOURS["blue"], plots.COLOURS["vermillion"]]

# %% tags=["hide-input"]
# @title Draw the scores
import seaborn as sns

table = pd.DataFrame(
    {"score": np.concatenate(known), "class": np.repeat(NAMES, [*map(len, known)])}
)
look = {"hue": "class", "palette": dict(zip(NAMES, colours))}
fig, (left, right_axis) = plt.subplots(1, 2, figsize=(8.5, 3.4))
violin = {"inner": "box", "cut": 0, "alpha": 0.5, "legend": False, "order": NAMES}
sns.violinplot(table, x="class", y="score", ax=left, **violin, **look)
state = np.random.get_state()
sns.stripplot(
    table, x="class", y="score", ax=left, size=3, legend=False, order=NAMES, **look
)
np.random.set_state(state)
left.set(xlabel="", ylabel="mean of map / its maximum", title="Scores")
sns.histplot(table, x="score", bins=14, ax=right_axis, alpha=0.55, **look)
right_axis.set(xlabel="score", ylabel="images", title="The same as histograms")
fig.suptitle(
    f"The experiment of [1], rebuilt with {wanted} + {wanted} images: {found}",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    f"Scores of {wanted} normal and {wanted} pneumonia images as violins with boxes, and as "
    f"histograms. {found}. Ranges: "
    + "; ".join(
        f"{name} {values.min():.2f} to {values.max():.2f}"
        for name, values in zip(NAMES, known)
        if len(values)
    )
    + ".",
)

# %%
print(
    f"empty maps: {empty[~sick].sum()} of {wanted} Normal, {empty[sick].sum()} of {wanted} Pneumonia"
)
study

# %%
if study is not None:
    print(study.sentence())

# %% [markdown]
# In the layout of [1], these scores would have been reported so:


# %%
def report_of_1(normal, pneumonia, alpha=0.05):
    """Print two groups of scores as [1] did: SDs with ddof 0, d from them, p to four places."""
    t, p = stats.ttest_ind(normal, pneumonia)
    means, sds = (normal.mean(), pneumonia.mean()), (normal.std(), pneumonia.std())
    d = (means[1] - means[0]) / np.sqrt((sds[0] ** 2 + sds[1] ** 2) / 2)
    size = "large" if abs(d) >= 0.8 else "medium" if abs(d) >= 0.5 else "small"
    print("            Metric    Normal  Pneumonia")
    print(f"              Mean  {means[0]:.6f}   {means[1]:.6f}")
    print(f"Standard Deviation  {sds[0]:.6f}   {sds[1]:.6f}")
    print(f"       Sample Size {len(normal):.6f}  {len(pneumonia):.6f}")
    print(f"\nT-statistic: {t:.4f}\nP-value: {p:.4f}")
    print(f"Result: {'Reject' if p < alpha else 'Fail to reject'} the null hypothesis")
    print(f"Cohen's d: {d:.4f}\nEffect size interpretation: {size}")


if study is not None:
    report_of_1(*known)

# %% [markdown]
# Our table gives what [1] gives, and what it leaves out. The *interval* says how large the
# difference may be; [p](../docs/glossary.md#p-value) alone does not. d is an
# [effect size](../docs/glossary.md#effect-size), the difference in units of the SD within the
# groups; its [interval](../docs/glossary.md#95--interval) shows how little 30 images say about
# it. ([Bootstrap](../docs/glossary.md#bootstrap): the images are drawn again from those we have,
# thousands of times; *BCa* is its bias-corrected form [8].) With maps that are empty, 0 / 0,
# something must be decided: they are counted and left out.
#
# One rule for signs: t is of Normal less Pneumonia, as in [1]; the difference, d and all figures
# below are of Pneumonia less Normal.

# %%
if study is not None:
    same_sign = "the *same* sign as" if study.d > 0 else "the *other* sign than"
    display(
        Markdown(
            f"Here the difference has {same_sign} in [1]: d = {study.d:+.2f}. Before you look for "
            "a reason in the lungs, read on."
        )
    )

# %% [markdown]
# ## What is it a difference of?
#
# A map divided by its own maximum has lost its strength. Its mean says how *spread out* it
# is: a map with one sharp peak scores low, a flat one high. And *which class* is explained
# was our choice; so is the scaling. Take the same images and vary both.
#
# - **raw**: the mean of the map after negative values have been cut off;
# - **own maximum**: the same divided by the map's highest value, the study's;
# - **min-max**: the mean of the map before anything is cut off, its lowest value taken as 0 and its
#   highest as 1.

# %%
scalings = {
    "raw": lambda kept, signed: heatmap_stats.mean_raw(kept),
    "own maximum": lambda kept, signed: heatmap_stats.mean_max_normalised(kept),
    "min-max, signed": lambda kept, signed: heatmap_stats.mean_minmax_normalised(
        signed - signed.min(axis=(1, 2), keepdims=True)
    ),
}
explained = {"pneumonia": disease, "predicted": predicted[drawn]}
trap, empties = {}, {}
for class_name, class_index in explained.items():
    signed = maps_of(model, test.images[drawn], class_index, relu=False)
    kept = np.maximum(signed, 0)
    empties[class_name] = int(heatmap_stats.empty(kept).sum())
    for scaling, score in scalings.items():
        trap[class_name, scaling] = comparison(score(kept, signed), sick)

# %% tags=["cover", "hide-input"]
# @title Draw d for the six choices
fig, axis = plt.subplots(figsize=(8.5, 3.4))
for y, ((class_name, scaling), each) in enumerate(trap.items()):
    if each is None:
        continue
    colour = plots.COLOURS["vermillion" if class_name == "pneumonia" else "blue"]
    if each.d_interval is not None:
        axis.plot(each.d_interval, [y, y], color=colour, linewidth=2)
    axis.plot(each.d, y, "o", color=colour, markersize=8)
axis.axvline(0, color="black", linewidth=1)
axis.axvline(1.375, color=plots.COLOURS["grey"], linestyle=":")
axis.text(1.4, -0.75, "study [1]", color=plots.COLOURS["grey"], fontsize=9.5)
axis.set_yticks(range(len(trap)), [f"{c} class, {s}" for c, s in trap])
axis.set_ylim(len(trap) - 0.5, -1.1)
axis.set(xlabel="Cohen's d, Pneumonia less Normal (line: 95 % interval)")
sizes_found = [each.d for each in trap.values() if each is not None] or [0.0]
axis.set_title(
    f"The same {len(drawn)} images, six choices: d from {min(sizes_found):+.1f} to {max(sizes_found):+.1f}"
)
plots.show(
    fig,
    "Cohen's d with 95 % interval for two choices of the explained class and three scalings of "
    "the same maps. "
    + "; ".join(
        f"{c} class, {s}: " + ("none" if e is None else f"{e.d:+.2f}")
        for (c, s), e in trap.items()
    )
    + ".",
)

# %%
print(
    "empty maps:",
    ", ".join(f"{n} of {len(drawn)} for the {c} class" for c, n in empties.items()),
)

# %% [markdown]
# The images are the same in all six rows. What changes is our choice: of the class, and of the
# number that each map is divided by. For the predicted class the two groups are not even compared
# in the same thing, but Normal's map of one class with Pneumonia's of another, as far as the
# network is right. Any row whose interval leaves out 0, alone, would make a table and a paragraph
# about the lungs. How firm these signs are over several trainings is asked below ("One network is
# one draw").
#
# ## The logit in disguise
#
# For this kind of network the raw score has a plain meaning (the diagram shows it). The logit is a weighted mean of
# the last feature map plus a bias. Grad-CAM's weight of a channel is the *mean* of its gradients
# over the h x w places, here the dense layer's weight divided by h w. So the *sum* of the signed
# map is exactly the logit minus the bias, and its mean that divided by h w.

# %% tags=["hide-input"]
# @title Draw how the logit becomes the score
fig = plots.diagram(
    {
        "map": (0, 0.5, "last feature map\nh x w places,\nk channels"),
        "mean": (1.25, 0, "mean over places,\ntimes k weights", "blue"),
        "logit": (2.5, 0, "+ bias = logit", "blue"),
        "cam": (1.25, 1, "times k weights,\ndivided by h w", "vermillion"),
        "heat": (2.5, 1, "heatmap", "vermillion"),
        "sum": (3.75, 1, "its sum =\nlogit - bias", "vermillion"),
    },
    [
        ("map", "mean"),
        ("mean", "logit"),
        ("map", "cam"),
        ("cam", "heat"),
        ("heat", "sum"),
        ("logit", "sum", "the same number"),
    ],
    title="Network (blue) and Grad-CAM (red) add up the same products in another order",
    row_height=1.2,
)
plots.show(
    fig,
    "Two ways from the last feature map: the network takes the mean over places, weighs and adds the "
    "bias; Grad-CAM weighs first. Summed over places, the heatmap is the logit minus the bias.",
)

# %%
weights, bias = model.get_layer("logits").get_weights()
logit = models.logits(model).predict(test.images[drawn][..., None], verbose=0)[:, disease]
signed = maps_of(model, test.images[drawn], disease, relu=False)
# The weight of a channel is the mean of its gradients: 1 / (h w) of the dense layer's weight.
total = signed.sum(axis=(1, 2))
apart = float(np.abs(total - (logit - bias[disease])).max())
kept = np.maximum(signed, 0)
cut_off = heatmap_stats.mean_raw(kept)
spread = np.nan_to_num(heatmap_stats.mean_max_normalised(kept))  # 0 for an empty map
area = (signed > 0).mean(axis=(1, 2))  # share of the places that speak for pneumonia


def correlation(one, other):
    """Pearson's r, 0 where one of the two does not vary."""
    return float(np.corrcoef(one, other)[0, 1]) if one.std() * other.std() > 0 else 0.0


like, like_spread = correlation(cut_off, logit), correlation(spread, logit)

# %% tags=["hide-input"]
# @title Draw three scores against the logit
fig, axes = plt.subplots(1, 3, figsize=(8.5, 3.2))
for axis, values, text in (
    (axes[0], total, "signed map, sum: the logit"),
    (axes[1], cut_off, f"cut off, mean: r = {like:.2f}"),
    (axes[2], spread, f"own maximum: r = {like_spread:.2f}"),
):
    for name, is_sick, colour, marker in zip(NAMES, (False, True), colours, "os"):
        axis.plot(
            (logit - bias[disease])[sick == is_sick],
            values[sick == is_sick],
            marker,
            color=colour,
            alpha=0.6,
            markersize=5,
            label=name,
        )
    axis.set(xlabel="logit minus bias")
    axis.set_title(text, fontsize=10)
fig.suptitle(
    "The sum of a signed map is the logit itself; other scores follow it", x=0.01, ha="left"
)
axes[0].axline((0, 0), slope=1, color="black", linestyle=":", linewidth=1)
axes[0].set_ylabel("score of the pneumonia class")
axes[0].legend(fontsize=9)
plots.show(
    fig,
    "Three scores of the pneumonia class against its logit minus the bias. Left, the sum of the signed "
    "map: all points lie on the diagonal. Middle, the mean with negative values cut off: "
    f"correlation {like:.2f}. Right, the mean divided by the own maximum: {like_spread:.2f}.",
)

# %%
pd.DataFrame(
    {
        "all": (like, like_spread, correlation(spread, area)),
        **{
            name: (
                correlation(cut_off[sick == is_sick], logit[sick == is_sick]),
                correlation(spread[sick == is_sick], logit[sick == is_sick]),
                correlation(spread[sick == is_sick], area[sick == is_sick]),
            )
            for name, is_sick in zip(NAMES, (False, True))
        },
    },
    index=[
        "raw and logit",
        "own maximum and logit",
        "own maximum and share of places above 0",
    ],
).round(2).rename_axis("correlation, pneumonia class")

# %%
rows = {}
for name, is_sick in zip(NAMES, (False, True)):
    for called_name, is_called in zip(NAMES, (False, True)):
        own = scores[
            (sick == is_sick) & (called_sick[drawn] == is_called) & np.isfinite(scores)
        ]
        mean = f"{own.mean():.3f}" if len(own) else "none"
        rows.setdefault(name, {})[f"predicted {called_name}"] = (
            f"{mean} ({len(own)} images)"
        )
pd.DataFrame(rows).T.rename_axis("mean score of the study, predicted class")

# %% tags=["nbval-check-output"]
print("the sum of the signed map is the logit minus the bias, to 1e-4:", apart < 1e-4)

# %% [markdown]
# For the signed map a t-test is, to the last digit, a t-test of the *logits*. For the raw score,
# cut off at 0, it is nearly one. And the own-maximum score of the pneumonia class? Dividing by
# the maximum removes the strength, not the logit: where the logit is high, more of the map lies
# above 0, and the mean over all places rises. The network was trained so that its logits differ
# between the classes. One need not compute a single heatmap to know that such scores do, too.
#
# For the predicted class the score follows the logit *of that class*: how clearly the network
# speaks for what it says. Do its errors explain the sign? They would, if unclear, wrong images
# pulled one mean down. We leave them out and look:

# %%
correct = called_sick[drawn] == sick


def gap(chosen):
    """Mean score of Pneumonia less that of Normal, among chosen images with a map; NaN if a class has none."""
    usable = chosen & np.isfinite(scores)
    both = (usable & sick).any() and (usable & ~sick).any()
    return scores[usable & sick].mean() - scores[usable & ~sick].mean() if both else np.nan


wrong = (~correct)[sick].sum(), (~correct)[~sick].sum()
gap_all, gap_right = (float(gap(chosen)) for chosen in (np.ones(len(sick), bool), correct))
Markdown(
    f"The network misses {wrong[0]} of {wanted} drawn sick images and calls {wrong[1]} of {wanted} "
    f"normal ones sick. Pneumonia less Normal, mean score of all images: {gap_all:+.3f}; of those "
    f"that it gets right: {gap_right:+.3f}."
)

# %% [markdown]
# What is left among the images that the network gets right is not the errors' doing: there, its map
# of "normal" and its map of "pneumonia" are spread differently. Those are maps of two different logits, each with weights of its own, and nothing
# makes their spreads comparable.

# %% [markdown]
# ## What the test assumes
#
# Student's t-test assumes independent values, nearly normal in each group, with equal
# variances. Independence is the one that matters most, and no plot of single images shows it; it
# gets a section of its own. The other two can be looked at. If the values were normal, the points
# would lie on the line.

# %% tags=["hide-input"]
# @title Draw quantile-quantile plots
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.2))
for axis, name, values, colour in zip(axes, NAMES, known, colours):
    if len(values) > 2 and values.std() > 0:
        (theory, ordered), (slope, middle, _) = stats.probplot(values)
        axis.plot(theory, ordered, "o", color=colour, markersize=4)
        axis.axline((0, middle), slope=slope, color="black", linewidth=1)
        axis.set_title(f"{name}: SD {values.std(ddof=1):.3f}", fontsize=11)
    axis.set(xlabel="normal quantile", ylabel="score")
fig.suptitle("Nearly normal? Points on the line would be", x=0.01, ha="left", fontsize=12)
plots.show(
    fig,
    "Quantile-quantile plots of the scores of both groups against the normal distribution; "
    "points near the line are nearly normal.",
)

# %%
if study is not None:
    display_rows = {
        "Student's t": (study.t, study.p),
        "Welch's t (variances may differ)": (study.welch_t, study.welch_p),
        "Mann-Whitney U (ranks)": (study.u, study.u_p),
        "permutation of the labels": (study.difference, study.permutation_p),
    }
    display(
        pd.DataFrame(
            [(f"{s:.4g}", f"{p:.2g}") for s, p in display_rows.values()],
            index=list(display_rows),
            columns=["statistic", "p"],
        ).rename_axis(f"smallest possible p of the permutation test: {1 / (draws + 1):.2g}")
    )

# %% [markdown]
# With 30 values the *mean* is near enough to normal even where the points leave the line; with
# five it might not be. Where the four tests disagree, find out why before choosing one, and never
# choose by p. Welch's test [5] costs next to nothing if the variances are equal, so it may as well
# be the default. The Mann-Whitney test asks another question: whether a value of one group tends
# to exceed one of the other. The [permutation test](../docs/glossary.md#permutation-test) needs no
# distribution: it asks how often chance labels give as large a difference. The labels as they are
# count as one of these, so its p is never 0 [7].

# %%
if study is not None:
    below = [p < 0.05 for p in (study.p, study.welch_p, study.u_p, study.permutation_p)]
    agree = "the same verdict" if len(set(below)) == 1 else "different verdicts"
    display(
        Markdown(f"Here the four tests reach {agree}: p below 0.05 in {sum(below)} of 4.")
    )

# %% [markdown]
# ### Exercise 2: Welch's t (2 points)
#
# Student's t-test takes both groups to have the same variance, Welch's does not. Write
# `welch_t(a, b)` for the scores (n_a,) and (n_b,) of two groups. Let e_a = s_a^2 / n_a,
# where s_a is the sample standard deviation (`ddof=1`): the squared standard error of the
# mean of a. Let e_b be that of b. Return the pair (t, df):
#
# - t is the mean of a less that of b, divided by the root of e_a + e_b;
# - df, the degrees of freedom, is (e_a + e_b)^2 / (e_a^2 / (n_a - 1) + e_b^2 / (n_b - 1)).
#
# t is of a - b, as in SciPy: negative where b is larger, so that its sign is opposite to
# that of d. df need not be a whole number. At least one of the groups has some spread.
#
# Example: a is 1, 2, 3 and b is 2, 4, 6, 8. e_a is 1 / 3 and e_b is 6.667 / 4 = 1.667, so
# t = -3 / 1.414 = -2.121 and df = 4 / (0.1111 / 2 + 2.778 / 3) = 4.075. With other scores
# you can ask SciPy: `ttest_ind(a, b, equal_var=False)`, of `scipy.stats`, knows both.
# Hints: `checks.welch_t.hint()`.


# %% nbgrader={"grade": false, "grade_id": "welch_t", "locked": false, "schema_version": 3, "solution": true, "task": false}
def welch_t(a, b):
    """Scores of two groups, (n_a,) and (n_b,) -> Welch's t, of a - b, and its df."""
    ### BEGIN SOLUTION
    e_a, e_b = np.var(a, ddof=1) / len(a), np.var(b, ddof=1) / len(b)
    t = (np.mean(a) - np.mean(b)) / np.sqrt(e_a + e_b)
    df = (e_a + e_b) ** 2 / (e_a**2 / (len(a) - 1) + e_b**2 / (len(b) - 1))
    return t, df
    ### END SOLUTION


# %%
checks.welch_t(welch_t)

# %% nbgrader={"grade": true, "grade_id": "welch_t_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.welch_t(welch_t).right
welch_noise = np.random.default_rng(662)
welch_cases = []
for tested_control, tested_other in ((30, 30), (40, 7), (2, 25), (6, 2), (3, 3), (120, 80)):
    for tested_spread in (0.02, 0.1, 0.6):
        welch_control = welch_noise.normal(0.4, 0.1, tested_control)
        welch_other = welch_noise.normal(0.5, tested_spread, tested_other)
        welch_cases.append((welch_control, welch_other, ""))
welch_cases += [
    (welch_other, welch_control, ""),
    (welch_control.astype(np.float32), welch_other.astype(np.float32), ""),
    (1e-3 * welch_control, 1e-3 * welch_other, ""),
    (50 * welch_control + 20, 50 * welch_other + 20, ""),
    (np.array([4, 4, 4]), np.array([1, 5, 3, 7]), ""),
]
assert checks.welch_t(welch_t, more=welch_cases).right
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 3: a p-value from shuffles (3 points)
#
# If the groups do not differ, it does not matter which score bears which label. So shuffle
# the labels: how often is the difference of the means as large as the one observed? Write
# `permutation_p(a, b, shuffles)` for the scores (n_a,) and (n_b,). Join them, a first:
# `np.concatenate([a, b])`. Each row of `shuffles` (m, n_a + n_b) is one shuffle, and names
# positions in the joined scores: the scores at the first n_a positions that it names
# become group a, the others group b. (Usually shuffles are drawn at random; here they are
# given, so that there is one answer.)
#
# Count the shuffles whose difference of the means is at least as large as that of a and b
# as they are. Both differences are taken without their signs: the test is two-sided. A tie
# counts, also one that rounding hides: the same scores, added up in another order, may
# differ in the last digit. So whatever falls short by no more than 1e-12 of the largest
# score counts as well. The scores as they are count as one more shuffle. Return one number,
# p = (1 + count) / (1 + m).
#
# Example: a is 1, 3 and b is 6, 8, so the observed difference is 5. The shuffle 2, 3, 0, 1
# makes 6, 8 group a: without its sign its difference is 5, and it counts. The shuffle
# 0, 2, 1, 3 makes 1, 6 group a, with a difference of 2, and 1, 2, 0, 3 makes it 3, 6, with
# one of 0. For these three p = (1 + 1) / (1 + 3) = 0.5. Hints:
# `checks.permutation_p.hint()`.


# %% nbgrader={"grade": false, "grade_id": "permutation_p", "locked": false, "schema_version": 3, "solution": true, "task": false}
def permutation_p(a, b, shuffles):
    """Scores (n_a,) and (n_b,), positions (m, n_a + n_b) -> two-sided p."""
    ### BEGIN SOLUTION
    joined = np.concatenate([a, b])
    shuffled = joined[shuffles]
    differences = shuffled[:, len(a) :].mean(axis=1) - shuffled[:, : len(a)].mean(axis=1)
    observed, tie = np.abs(b.mean() - a.mean()), 1e-12 * np.abs(joined).max()
    count = np.count_nonzero(np.abs(differences) >= observed - tie)
    return (1 + count) / (1 + len(shuffles))
    ### END SOLUTION


# %%
checks.permutation_p(permutation_p)

# %% nbgrader={"grade": true, "grade_id": "permutation_p_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.permutation_p(permutation_p).right
shuffle_noise = np.random.default_rng(663)
shuffle_cases = []
for tested_control, tested_other in ((30, 30), (12, 5), (4, 16), (1, 9), (6, 1), (8, 8)):
    shuffle_rows = shuffle_noise.permuted(
        np.tile(np.arange(tested_control + tested_other), (400, 1)), axis=1
    )
    for tested_shift in (-0.1, 0, 0.3):
        shuffle_control = shuffle_noise.normal(0.4, 0.2, tested_control)
        shuffle_other = shuffle_noise.normal(0.4 + tested_shift, 0.2, tested_other)
        shuffle_cases += [
            (shuffle_control, shuffle_other, shuffle_rows, ""),
            (shuffle_control.round(1), shuffle_other.round(1), shuffle_rows, ""),
            (shuffle_control - 1, shuffle_other - 1, shuffle_rows[:19], ""),
        ]
shuffle_cases += [
    (
        np.array([0, 1, 0, 1]),
        np.array([1, 0, 1]),
        shuffle_rows[:50, :7].argsort(axis=1),
        "",
    ),
    (shuffle_control, shuffle_other, shuffle_rows.astype(np.int16), ""),
    (shuffle_control, shuffle_other, np.tile(np.arange(16), (5, 1)), ""),
    (shuffle_control, shuffle_other, shuffle_rows[:1], ""),
]
assert checks.permutation_p(permutation_p, more=shuffle_cases).right
### END HIDDEN TESTS

# %% [markdown]
# ## How many images?
#
# [Power](../docs/glossary.md#power) is the chance that a test finds an effect that is there. It
# depends on the size of the effect, on n, and on alpha; so n can be chosen before the experiment.

# %% tags=["hide-input"]
# @title Draw the power against n
n_values = np.arange(2, 101)
effects = {0.2: "small", 0.5: "medium", 0.8: "large", 1.375: "study [1]"}
fig, axis = plt.subplots(figsize=(8.5, 3.4))
needed = {}
for (d, text), colour in zip(effects.items(), ("grey", "sky", "blue", "vermillion")):
    axis.plot(
        n_values, 100 * heatmap_stats.power(d, n_values), color=plots.COLOURS[colour],
        label=f"d = {d:g} ({text})",
    )  # fmt: skip
    needed[d] = heatmap_stats.required_n(d)
axis.axhline(80, color="black", linestyle=":", linewidth=1)
axis.axvline(30, color="black", linewidth=0.8)
axis.text(31, 4, "30 a group")
axis.set(xlabel="images (patients!) in each group", ylabel="power (%)", ylim=(0, 103))
axis.legend(loc="center right")
axis.set_title(
    f"30 a group find d = 0.8 in {plots.percent(heatmap_stats.power(0.8, 30))} of experiments, "
    f"d = 0.2 in {plots.percent(heatmap_stats.power(0.2, 30))}"
)
plots.show(
    fig,
    "Power against the number in each group, for four effect sizes. For a power of 80 % one needs "
    + ", ".join(f"{n} a group for d = {d:g}" for d, n in needed.items())
    + ".",
)

# %% tags=["nbval-check-output"]
print("a group for 80 % power:", {d: int(n) for d, n in needed.items()})

# %% [markdown]
# **Try it.** How many images a group does an effect of d = 0.35 need for a power of 80 %? And of
# 90 %? Guess first, then change the numbers.

# %%
wanted_d, wanted_power = 0.35, 0.8
heatmap_stats.required_n(wanted_d, power=wanted_power)

# %% [markdown]
# "Small", "medium" and "large" are Cohen's words, not a law. Two warnings. To compute the power
# of a finished experiment from the effect that it found says nothing new: it is p in other
# words [9]. And where power is low, the experiments that do reach p < 0.05 are those that
# overestimate:

# %%
rng = seeds.generator(SEED, 8)
many_a, many_b = rng.standard_normal((2, sizes["null experiments"], 30))
many_b += 0.2
reached = stats.ttest_ind(many_a, many_b, axis=1).pvalue < 0.05
spread_of_both = np.sqrt((many_a.var(axis=1, ddof=1) + many_b.var(axis=1, ddof=1)) / 2)
sizes_seen = np.abs(many_b.mean(axis=1) - many_a.mean(axis=1)) / spread_of_both
print(
    f"true d = 0.2, 30 a group, {len(reached)} experiments: {plots.percent(reached.mean())} reach "
    f"p < 0.05; their mean |d| is {sizes_seen[reached].mean():.2f}"
)

# %% [markdown]
# Plan with an effect that would matter, not with one that was published; and count patients, or
# multiply the images by the [design effect](../docs/glossary.md#design-effect) [6] (exercise 5).
#
# Small n has another price. Our intervals of d are bootstrap intervals, and a bootstrap knows
# only the values that it draws from. Do 95 % intervals hold the true d in 95 % of experiments? We
# draw two normal groups with a true d of 1.4, that of [1], again and again:

# %%
coverage = {}
for n in (5, 10, 30):
    rng, held = seeds.generator(SEED, 10, n), []
    for _ in range(sizes["null experiments"] // 5):
        a, b = rng.standard_normal(n), 1.4 + rng.standard_normal(n)
        ends = bca_interval(
            standardised_difference, a, b, n_draws=400, seed=rng.integers(10**6)
        )
        held.append(ends is not None and ends[0] <= 1.4 <= ends[1])
    coverage[n] = float(np.mean(held))
error = 100 * np.sqrt(0.9 * 0.1 / len(held))
print(
    "BCa intervals of d that hold the true d: "
    + ", ".join(f"{plots.percent(share)} with {n} a group" for n, share in coverage.items())
    + f" (Monte-Carlo standard error about {error:.1f} points)"
)

# %% [markdown]
# With 30 a group they are nearly what they say; with 5 they are too narrow, because five values
# rarely show how far the population spreads. Where n is small, take an interval that knows a
# distribution (Welch's, for a difference of means), and say that the sample is small.
#
# ## Images are not patients
#
# All of this counted images as independent. Images of one patient may be alike. How alike, says
# the [intra-class correlation](../docs/glossary.md#icc) (ICC): the share of the variance that lies
# between patients. It is also the correlation of two images of one patient.

# %% [markdown]
# ### Exercise 4: one value a patient (2 points)
#
# Several slices of a patient are not several patients. The simplest cure is one value for
# each patient, the mean of the patient's slices. Write `patient_means(scores, patients)`
# for the scores (n,) of n slices and the patient of each, (n,) str. Return the means (k,)
# of the k patients, in the order in which they first appear in `patients`. A patient's
# slices need not stand side by side, and patients differ in number of slices.
#
# Example: the scores are 0.2, 0.5, 0.4, 0.9 and 0.3, the patients "p9", "p2", "p9", "p2"
# and "p9". Return 0.3 and 0.7: first p9, then p2. Hints: `checks.patient_means.hint()`.


# %% nbgrader={"grade": false, "grade_id": "patient_means", "locked": false, "schema_version": 3, "solution": true, "task": false}
def patient_means(scores, patients):
    """Scores (n,), patients (n,) str -> mean of each patient (k,), as they first appear."""
    ### BEGIN SOLUTION
    names = dict.fromkeys(patients.tolist())  # each once, in the order of appearance
    return np.array([scores[patients == name].mean() for name in names])
    ### END SOLUTION


# %%
checks.patient_means(patient_means)

# %% nbgrader={"grade": true, "grade_id": "patient_means_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.patient_means(patient_means).right
slice_noise = np.random.default_rng(664)
slice_cases = []
for tested_slices, tested_patients in (
    (60, 12),
    (200, 50),
    (30, 30),
    (25, 2),
    (1, 1),
    (90, 7),
):
    slice_owners = np.array(
        [f"P{number}" for number in slice_noise.permutation(tested_patients)]
    )[slice_noise.integers(0, tested_patients, tested_slices)]
    slice_values = slice_noise.normal(0.4, 0.2, tested_slices)
    slice_cases += [
        (slice_values, slice_owners, ""),
        (slice_values, np.sort(slice_owners)[::-1], ""),
        (slice_values.astype(np.float32), slice_owners, ""),
    ]
slice_cases += [
    (slice_values.round(1) * 0, slice_owners, ""),
    (np.array([3, 1, 2, 2]), np.array(["10", "9", "9", "1"]), ""),
    (np.array([3, 1, 2, 4, 8]), np.array(["b", "B", "b ", "b", "a"]), ""),
]
assert checks.patient_means(patient_means, more=slice_cases).right
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 5: the price of counting slices as patients (3 points)
#
# Predict first. Two groups do not differ at all, each patient has 5 slices, and these are
# moderately alike. A two-sided t-test at 5 % takes all slices for independent values. How
# often does it find a "significant" difference? Write a number down. And what, if you take
# 10 slices a patient instead of 5: does it get better or worse?
#
# Then derive it, with pencil and paper. The scores of single slices have the variance s^2.
# Two slices of the same patient have the covariance icc s^2 (icc is the *intra-class
# correlation*, from 0 to 1), two slices of different patients have the covariance 0.
#
# 1. The variance of a sum is the sum of all entries of its covariance matrix. One patient
#    has m slices: how many of the m x m entries are variances, how many covariances?
# 2. n slices come from n / m patients. What is the variance of their mean? The test takes
#    it for s^2 / n. It is larger by a factor, the *design effect*, which depends on m and
#    icc only.
# 3. So the standard error that the test divides by is too small. By which factor?
# 4. With many patients, the test's statistic would have a standard normal distribution if
#    slices were independent, and |statistic| would exceed z = `norm.ppf(0.975)`, about
#    1.96, in 5 % of all experiments. Its true distribution is wider. How often does it
#    exceed z? `norm.cdf`, Phi, gives the share of a standard normal distribution that lies
#    below a value.
#
# Write `false_positive_rate(m, icc)`, which returns this share. m (1 or more) and icc are
# numbers or arrays; arrays are broadcast, as in NumPy's own functions.
#
# Example: for m = 5 and icc = 0.3 it is 0.186, for m = 2 and icc = 0.5 it is 0.110. Were
# you near? Hints: `checks.false_positive_rate.hint()`.


# %% nbgrader={"grade": false, "grade_id": "false_positive_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
from scipy.stats import norm


def false_positive_rate(m, icc):
    """Slices a patient, intra-class correlation -> share of true nulls rejected at 5 %."""
    ### BEGIN SOLUTION
    # a patient has m variances s^2 and m (m - 1) covariances icc s^2
    design_effect = 1 + (m - 1) * icc
    return 2 * norm.cdf(-norm.ppf(0.975) / np.sqrt(design_effect))
    ### END SOLUTION


# %%
checks.false_positive_rate(false_positive_rate)

# %% nbgrader={"grade": true, "grade_id": "false_positive_rate_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.false_positive_rate(false_positive_rate).right
every_size, every_likeness = np.arange(1, 61), np.linspace(0, 1, 41)
assert checks.false_positive_rate(
    false_positive_rate,
    more=[
        (every_size[:, None], every_likeness, ""),
        (every_likeness[:, None] * 9 + 1, every_likeness[:7], ""),
        (every_size, 0.35, ""),
        (6, every_likeness, ""),
        (3.7, 0.45, ""),
        (500, 0.02, ""),
        (1, 1, ""),
        (100, 1, ""),
        (np.array([4]), np.array([0.6]), ""),
    ],
).right
### END HIDDEN TESTS

# %% [markdown]
# Was your prediction right? Experiments in which there is nothing to find: two groups of 20
# patients each from one population, m slices a patient that correlate by ICC, many times for
# each pair. How often is p < 0.05? (One slice a patient is the control: there the ICC has no
# meaning.)

# %%
pairs = [(1, 0.3), (2, 0.5), (5, 0.1), (5, 0.3), (10, 0.3), (10, 0.6)]
simulated = {
    (m, icc): heatmap_stats.null_experiments(
        sizes["null experiments"], 20, m, icc, seed=SEED + place
    )
    for place, (m, icc) in enumerate(pairs)
}
formula = {
    (m, icc): float(heatmap_stats.naive_false_positive_rate(m, icc)) for m, icc in pairs
}

# %% tags=["hide-input"]
# @title Draw the false positives beside the formula
fig, axis = plt.subplots(figsize=(8.5, 3.4))
for y, (pair, each) in enumerate(simulated.items()):
    axis.barh(y - 0.2, 100 * each.naive_rate, 0.36, color=plots.COLOURS["vermillion"],
              label="t-test on slices" if y == 0 else None)  # fmt: skip
    axis.barh(y + 0.2, 100 * each.patient_rate, 0.36, color=plots.COLOURS["blue"],
              label="t-test on patient means" if y == 0 else None)  # fmt: skip
    axis.plot(100 * formula[pair], y - 0.2, "|", color="black", markersize=16, markeredgewidth=2.5,
              label="formula of exercise 5" if y == 0 else None)  # fmt: skip
    axis.text(
        100 * each.naive_rate + 1.5, y - 0.2, plots.percent(each.naive_rate), va="center"
    )
axis.axvline(5, color="black", linestyle=":", linewidth=1)
axis.set_yticks(range(len(pairs)), [f"{m} a patient, ICC {icc}" for m, icc in pairs])
axis.invert_yaxis()
axis.set(xlabel="false positives (%); 5 % are wanted")
axis.legend(loc="upper right")
worst = max(each.naive_rate for each in simulated.values())
axis.set_title(f"Nothing to find, and found in up to {plots.percent(worst)} of experiments")
plots.show(
    fig,
    "Share of null experiments with p below 0.05, for slices taken as independent and for patient "
    "means, beside the formula. "
    + "; ".join(
        f"{m} slices, ICC {icc}: {plots.percent(e.naive_rate)} and {plots.percent(e.patient_rate)}"
        for (m, icc), e in simulated.items()
    )
    + ".",
)

# %%
furthest = max(abs(simulated[pair].naive_rate - formula[pair]) for pair in pairs)
furthest_patient = max(abs(each.patient_rate - 0.05) for each in simulated.values())
print(
    f"largest distance to the formula: {100 * furthest:.1f} points; of the t-test on patient means to "
    f"5 %: {100 * furthest_patient:.1f} points (Monte-Carlo standard error of a rate of 5 %: "
    f"{100 * np.sqrt(0.05 * 0.95 / sizes['null experiments']):.1f} points)"
)

# %% [markdown]
# The simulation knows its ICC. What is it for *our* scores? The experiment above had hardly any
# clustering, as few patients were drawn twice. So take patients with several images each, all
# with pneumonia, and the study's score of the predicted class. Then deal the patients into two
# groups at random, many times: there is nothing to find, and we know it. (Patients now differ in number
# of images. For m take the mean over *images*, not over patients: a patient with eight images counts
# eight times. It is the sum of m squared over the sum of m.)

# %%
if DATA == "phantom":
    several = datasets.load(
        "chest_xray",
        size=pixels,
        seed=SEED + 1,
        n_images=max(160, sizes["phantom images"] // 3),
        images_per_patient=5,
    )
else:
    several = test
several = several.subset(several.labels == disease)
_, member, count = np.unique(several.groups, return_inverse=True, return_counts=True)
several = several.subset(count[member] > 1)

# %%
many_maps = maps_of(model, several.images, outputs(model, several.images).argmax(axis=1))
many = heatmap_stats.mean_max_normalised(many_maps)
usable = np.isfinite(many)
many, of_patient = many[usable], several.groups[usable]
patients, member = np.unique(of_patient, return_inverse=True)
order = np.argsort(member, kind="stable")
many, of_patient, member = many[order], of_patient[order], member[order]
icc, icc_range = 0.0, (0.0, 0.0)
if np.ptp(many) > 0:
    icc = heatmap_stats.intraclass_correlation(many, of_patient)
    rng = seeds.generator(SEED, 5)
    of_one = [np.flatnonzero(member == patient) for patient in range(len(patients))]
    redrawn = []
    for _ in range(300):
        again = rng.integers(len(patients), size=len(patients))
        labels_again = np.repeat(np.arange(len(again)), [len(of_one[p]) for p in again])
        rows_again = np.concatenate([of_one[p] for p in again])
        redrawn.append(heatmap_stats.intraclass_correlation(many[rows_again], labels_again))
    icc_range = tuple(float(q) for q in np.quantile(redrawn, (0.025, 0.975)))

# %%
slices = np.bincount(member)
m = float((slices**2).sum() / slices.sum())
means = np.bincount(member, many) / slices
in_half = np.arange(len(patients)) < len(patients) // 2
deals = seeds.generator(SEED, 4).permuted(
    np.tile(in_half, (sizes["null experiments"], 1)), axis=1
)  # a row for each experiment: which patients are in the first group


def p_values(values, first):
    """p of Student's t-test for each way (n_ways, n) to deal values (n,) into two groups."""
    summary = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for group in (first, ~first):
            n = group.sum(axis=1)
            mean = group @ values / n
            summary += [mean, np.sqrt((group @ values**2 - n * mean**2) / (n - 1)), n]
        return stats.ttest_ind_from_stats(*summary).pvalue


# %%
false = [
    float((p_values(values - values.mean(), first) < 0.05).mean())
    for values, first in ((many, deals[:, member]), (means, deals))
]
expected = float(heatmap_stats.naive_false_positive_rate(m, max(icc, 0.0)))
pd.DataFrame(
    {
        "value": (
            f"{len(many)} of {len(patients)}",
            f"{icc:.2f} ({icc_range[0]:.2f} to {icc_range[1]:.2f})",
            f"{float(heatmap_stats.design_effect(m, max(icc, 0.0))):.2f}",
            plots.percent(false[0], 1),
            plots.percent(expected, 1),
            plots.percent(false[1], 1),
        )
    },
    index=[
        "images of patients",
        "intra-class correlation (95 % interval, patients drawn anew)",
        "design effect",
        "false positives, images as independent",
        "the formula says",
        "false positives, patient means",
    ],
)

# %% [markdown]
# On the phantom a patient's images are drawn from one thorax, and are very much alike; on the
# real X-rays much less (the table near the end). The more alike, the more often a test that
# takes them for independent finds what is not there. (All these "experiments" are new deals of one
# cohort. That means of patients keep to 5 % is nearly forced by the dealing; it checks the
# arithmetic, not the population. The formula is near, not exact: patients differ in number of
# images, and it is one cohort.)
#
# The remedy is old and simple: one number a patient, then the t-test. With equal numbers of images
# a patient it costs nothing; with unequal ones a little precision, and every patient then counts
# alike. (Mixed models weigh unequal patients better. Standard errors that are made
# "cluster-robust" need many patients: with few, tests by them reject too often [11].)
#
# And the experiment of this lesson, by patient?

# %%
by_patient = comparison(scores, sick, test.groups[drawn])
by_patient

# %% [markdown]
# Few patients were drawn twice, so that little changes. For the same reason the ICC in this table
# is no estimate: it rests on the few pairs that there are.
#
# ## One network is one draw
#
# There is a third thing that varies. "The network" is one of many that the same recipe
# would give: another random start, another order of the images. A claim about *the
# recipe* needs several networks, and then the network is the unit.

# %%
networks = [model] + [network(SEED + number) for number in range(1, sizes["networks"])]
effects_of = {row: [] for row in trap}
for one in networks:
    called = outputs(one, test.images[drawn]).argmax(axis=1)
    for class_name, class_index in (("pneumonia", disease), ("predicted", called)):
        signed_now = maps_of(one, test.images[drawn], class_index, relu=False)
        for scaling, score in scalings.items():
            values = score(np.maximum(signed_now, 0), signed_now)
            arms = [
                values[np.isfinite(values) & (sick == is_sick)] for is_sick in (False, True)
            ]
            if min(map(len, arms)) > 1 and np.ptp(np.concatenate(arms)) > 0:
                effects_of[class_name, scaling].append(heatmap_stats.cohens_d(*arms))
across = {
    row: evaluation.paired_difference(values, np.zeros(len(values)))
    for row, values in effects_of.items()
    if len(values) > 1
}
pd.DataFrame(
    {
        f"{c} class, {s}": (
            f"{min(effects_of[c, s]):+.2f} to {max(effects_of[c, s]):+.2f}",
            f"{e.value:+.2f} ({e.low:+.2f} to {e.high:+.2f})",
            f"{sum(d > 0 for d in effects_of[c, s])} of {len(effects_of[c, s])}",
        )
        for (c, s), e in across.items()
    },
    index=["d of the networks", "mean (95 % interval for networks)", "above 0"],
).T

# %% tags=["hide-input"]
# @title Draw d for each network
dots = pd.DataFrame(
    [(f"{c} class, {s}", c, d) for (c, s), values in effects_of.items() for d in values],
    columns=["choice", "class", "d"],
)
fig, axis = plt.subplots(figsize=(8.5, 3.2))
palette = {"pneumonia": plots.COLOURS["vermillion"], "predicted": plots.COLOURS["blue"]}
sns.pointplot(
    dots, x="d", y="choice", hue="class", palette=palette, linestyle="none", marker="|",
    markersize=16, errorbar=None, legend=False, ax=axis,
)  # fmt: skip
for row, values in enumerate(effects_of.values()):
    colour = palette[list(effects_of)[row][0]]
    axis.plot(values, [row] * len(values), "o", color=colour, alpha=0.6, markersize=7)
    axis.plot(
        values[:1], [row] * len(values[:1]), "o", mfc="none", mec="black", markersize=12
    )
axis.axvline(0, color="black", linewidth=1)
axis.set(
    xlabel="Cohen's d (ring: the network of all sections before; bar: mean)", ylabel=""
)
axis.set_title(f"{len(networks)} networks from one recipe, the same images: d moves")
plots.show(
    fig,
    "Cohen's d of six scores for several networks of one recipe on the same images. "
    + "; ".join(
        f"{c} class, {s}: {min(v):+.2f} to {max(v):+.2f}"
        for (c, s), v in effects_of.items()
        if v
    )
    + ".",
)

# %% [markdown]
# Had another network come first, the report would have had another d, with as narrow an interval,
# and on the real images in some rows another sign. The intervals in the table are for the recipe *on these images*;
# images vary as well, and a claim about both needs both drawn anew, as in lesson 04.
#
# ## Where, not how much
#
# "Does the network look elsewhere in sick images?" is a question about *places*. The simplest
# answer is the *centroid* of a map: the mean row and column, weighted by the map. It needs no
# masks, and can be compared by patient.

# %%
centres = heatmap_stats.centroid(np.maximum(signed, 0))
place_tests = {
    text: comparison(centres[:, axis_number], sick, test.groups[drawn])
    for axis_number, text in enumerate(
        ("row (0 top, 1 bottom)", "column (0 left, 1 right)")
    )
}
pd.DataFrame(
    {
        text: (
            f"{each.patients.means[0]:.2f}",
            f"{each.patients.means[1]:.2f}",
            "{:+.2f} ({:+.2f} to {:+.2f})".format(
                each.patients.difference, *each.patients.interval
            ),
            f"{each.patients.welch_p:.2g}",
        )
        for text, each in place_tests.items()
        if each is not None
    },
    index=["Normal", "Pneumonia", "difference (95 % interval)", "p (Welch, by patient)"],
).T.rename_axis("centroid of the map of pneumonia")

# %% [markdown]
# A centroid says whether there is a difference in place, not what it means, and it cannot see maps
# that move from both sides to the middle.
#
# Where masks are known one can ask for more: which share of a map's sum lies inside the lungs,
# inside the lesion? The yardstick is chance: the same mask elsewhere (lesson 05). The phantom
# knows lungs and lesions.

# %%
from helpers import localization

places = {}
if test.masks is not None:
    heat = gradcam.upsample(np.maximum(signed, 0), pixels)
    lungs = test.organs[drawn]
    lung_share = localization.energy_inside(heat, lungs)
    lesion_share = localization.energy_inside(
        heat[sick], test.masks[drawn][sick], lungs[sick]
    )
    places = {
        "lungs, Normal": (lung_share.values[~sick], lung_share.chance[~sick], drawn[~sick]),
        "lungs, Pneumonia": (lung_share.values[sick], lung_share.chance[sick], drawn[sick]),
        "lesion, Pneumonia": (lesion_share.values, lesion_share.chance, drawn[sick]),
    }

# %%
rows, inside = {}, {}
for name, (values, chance, index) in places.items():
    usable = np.isfinite(values)
    if len(np.unique(test.groups[index[usable]])) < 2:
        continue
    estimate = evaluation.bootstrap(
        lambda k, v=values[usable] - chance[usable]: v[k].mean(),
        test.groups[index[usable]],
        500,
        SEED,
    )
    inside[name] = estimate
    rows[name] = (
        plots.percent(values[usable].mean(), 1),
        plots.percent(chance[usable].mean(), 1),
        "{:+.1f} ({:+.1f} to {:+.1f})".format(*(100 * np.array(estimate))),
    )
if rows:
    display(
        pd.DataFrame(
            rows, index=["share of the map", "chance", "difference, points (95 % interval)"]
        ).T
    )
else:
    print(
        "nobody has outlined lungs or lesions on these images; lesson 05 uses another collection"
    )

# %% [markdown]
# The chance levels differ between the groups, since chance knows how a map is spread: so compare
# differences to chance, never the shares. Whatever the table shows, it is a result about places.
# It could have been otherwise, which is what makes it worth testing: a score that must come out
# positive for any network that works tests nothing.
#
# ## Many tests
#
# Six rows in the trap, several tests, places, networks: whoever tries twenty independent tests and
# reports the one with p < 0.05 finds something in nearly two of three experiments without any effect
# (1 - 0.95 to the power of 20 is 64 %). Write the one test down beforehand; if several are
# needed, correct for them. [Holm's correction](../docs/glossary.md#holm-correction) [3] keeps the chance of *any* false finding below
# alpha. For the six rows, as if we had planned these and nothing else:

# %%
known_rows = {name: each for name, each in trap.items() if each is not None}
if known_rows:
    rejected, adjusted = heatmap_stats.holm([each.welch_p for each in known_rows.values()])
    display(
        pd.DataFrame(
            {
                f"{c} class, {s}": (
                    f"{each.d:+.2f}",
                    f"{each.welch_p:.1g}",
                    f"{p:.1g}",
                    "yes" if r else "no",
                )
                for ((c, s), each), r, p in zip(known_rows.items(), rejected, adjusted)
            },
            index=["d", "p (Welch)", "p (Holm)", "below 0.05"],
        ).T
    )

# %% [markdown]
# A correction makes six honest tests out of six tests. It does not make a sensible question out
# of a score that means something else.

# %% [markdown]
# ## What changes on real data?
#
# Recorded by the same cells on the real X-rays (quick profile, 48 pixels): trained on 1,500 images
# of the official training set, 30 + 30 images of the official test set. What to look for:
#
# - Nearly all sick images are predicted to have pneumonia, and so are many of the normal ones (the
#   specificity is low: the official test Normals are not like those of the training set, lesson
#   03). The study's score has the sign of [1] for either class: on the real images the explained
#   class does not choose the sign. The *scaling* decides whether there is a finding: from the
#   minimum of the signed map, the same images give a d near 0, above it with one network and
#   below it with another.
# - Images of one patient are alike, but far less than in the phantom; the naive test is wrong less
#   often, and still more often than it should be.
# - The centroid shows no difference, for rows or for columns. That is not "no difference in place":
#   on the real images the test of the appendix finds a cluster. Maps can move from both edges to the
#   middle without moving their centre.
#
# And a warning that no test can give: the real classes differ in more than lungs (image size,
# burnt-in letters, how they were collected; see the [card](../data/chest_xray.md)). A perfect test of
# a confounded comparison is still a comparison of everything that differs.

# %%
from helpers import results


def number(each, field):
    """A figure of a comparison, or a text where there was none."""
    return "not defined" if each is None else float(getattr(each, field))


figures = {
    "accuracy": share.value,
    "images_a_class": int(wanted),
    "patients": int(len(np.unique(test.groups[drawn]))),
    "sum_is_logit_less_bias": bool(apart < 1e-4),
    "correlation_with_the_logit": like,
    "sensitivity": float(sensitivity),
    "specificity": float(specificity),
    "called_pneumonia": int(called_sick[drawn].sum()),
    "correlation_of_own_maximum_with_the_logit": like_spread,
    "icc": float(icc),
    "icc_interval": list(icc_range),
    "false_positives_images": float(false[0]),
    "false_positives_patients": float(false[1]),
    "false_positives_formula": expected,
    "furthest_from_the_formula": float(furthest),
    "furthest_from_5_percent": float(furthest_patient),
    "gap_all": gap_all,
    "gap_of_right_images": gap_right if np.isfinite(gap_right) else "a class has none",
    "coverage_of_d": list(coverage.values()),
    "printed_t_ddof_0": printed["ddof 0"].t,
    "printed_d_ddof_0": printed["ddof 0"].d,
    "printed_d_ddof_1": printed["ddof 1"].d,
}

# %% tags=["hide-input"]
# @title Name the rows of the table below
rows = {
    "accuracy": "accuracy on test images",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "called_pneumonia": "of the drawn images, called pneumonia",
    "correlation_with_the_logit": "raw score and logit: correlation",
    "correlation_of_own_maximum_with_the_logit": "own-maximum score and logit: correlation",
    "gap_all": "the study's score, Pneumonia less Normal",
    "gap_of_right_images": "the same, images that the network gets right",
    "coverage_of_d": "coverage of 95 % intervals of d: 5, 10, 30 a group",
    "icc": "several images a patient: intra-class correlation",
    "icc_interval": "its 95 % interval",
    "false_positives_images": "false positives, images as independent",
    "false_positives_patients": "false positives, patient means",
}

# %% tags=["hide-input"]
# @title Show them beside those of the real images
for (class_name, scaling), each in trap.items():
    key = f"d_{class_name}_{scaling}".replace(" ", "_").replace(",", "").replace("-", "_")
    figures |= {key: number(each, "d"), key.replace("d_", "t_", 1): number(each, "t")}
    rows[key] = f"d, {class_name} class, {scaling}"
for class_name, n_empty in empties.items():
    figures[f"empty_{class_name}"] = n_empty
    rows[f"empty_{class_name}"] = f"empty maps of {len(drawn)}, {class_name} class"
for (class_name, scaling), values in effects_of.items():
    key = f"d_of_networks_{class_name}_{scaling}".replace(" ", "_").replace(",", "")
    key = key.replace("-", "_")
    figures[key] = [min(values), max(values)] if values else "not defined"
    rows[key] = f"d of {len(networks)} networks, {class_name} class, {scaling}"
for text, each in place_tests.items():
    key = f"centroid_{text.split()[0]}"
    figures[f"{key}_difference"] = number(
        None if each is None else each.patients, "difference"
    )
    figures[f"{key}_p"] = number(None if each is None else each.patients, "welch_p")
    rows |= {
        f"{key}_difference": f"centroid, {text}: difference",
        f"{key}_p": f"centroid, {text}: p by patient",
    }
for name, estimate in inside.items():
    key = "inside_" + name.lower().replace(", ", "_")
    figures |= {key: estimate.value, f"{key}_interval": estimate[1:]}
results.compare_with_recorded("06", figures, rows)

# %% [markdown]
# ## Limits
#
# - A small network at 48 pixels, not the study's frozen ResNet50 at 224. The study's own maps
#   and scores are not public; only its printed numbers are.
# - Which class the study explained is not known to us. On the real images its score has the
#   study's sign for either class, so the sign does not say which.
# - Scores are taken on the 6x6 map, not on one enlarged to the image.
# - 30 images a class were drawn once, by one seed, as in the study.
# - The simulated slices are normal with one ICC for all pairs of slices. Neighbouring slices
#   of a scan are more alike than distant ones.
# - That the sum of the signed map is the logit holds for a last feature map that is averaged and
#   followed by one dense layer; with further layers it does not.
#
# ## Appendix: testing every pixel
#
# Instead of one number, compare the maps pixel by pixel: a t at every place. Many places, many
# tests; neighbours are alike. A *cluster-based permutation test* [4] joins neighbouring places
# whose t exceeds a threshold (here that of p = 0.01 at one place, fixed beforehand), of one sign,
# sums their t, and asks how often the *heaviest* cluster of shuffled labels is as heavy. It says
# that there is a difference somewhere. It does not test the cluster's outline [10]. It needs
# the package mne.
#
# Raw maps differ in strength everywhere, so they would only repeat what the mean says. To ask
# where, each map is divided by its sum first (empty ones are left out), and the maps of one patient
# are averaged.

# %%
import importlib.util

has_mne = importlib.util.find_spec("mne") is not None
kept = np.maximum(signed, 0)
full = ~heatmap_stats.empty(kept)
shape = kept[full] / kept[full].sum(axis=(1, 2), keepdims=True)
arms = {}
for name, is_sick in zip(NAMES, (False, True)):
    of_arm = test.groups[drawn][full][sick[full] == is_sick]
    own = shape[sick[full] == is_sick]
    arms[name] = np.array(
        [own[of_arm == patient].mean(axis=0) for patient in np.unique(of_arm)]
    )
enough = min(len(each) for each in arms.values()) > 1
found = None
if not has_mne:
    print("mne is not installed: pip install mne, then run this part again")
elif not enough:
    print("too few maps that are not empty")
else:
    found = heatmap_stats.cluster_permutation(
        *arms.values(), n_permutations=max(100, draws // 4), seed=SEED
    )

# %% tags=["hide-input"]
# @title Draw the mean maps and t at every place
if found is not None:
    significant = [p for p in found.p_values if p < 0.05]
    fig, axes = plt.subplots(1, 3, figsize=(8.5, 2.9))
    mean_maps = [100 * each.mean(axis=0) for each in arms.values()]
    for axis, name, values in zip(axes, NAMES, mean_maps):
        shown = axis.imshow(
            values, cmap="inferno", vmin=0, vmax=max(m.max() for m in mean_maps)
        )
        axis.set_title(f"{name}, mean of {len(arms[name])}", fontsize=10)
    fig.colorbar(shown, ax=axes[:2], shrink=0.75, label="share of the map (%)")
    limit = max(np.abs(found.statistic).max(), found.threshold)
    shown = axes[2].imshow(-found.statistic, cmap="RdBu_r", vmin=-limit, vmax=limit)
    for cluster, p_value in zip(found.clusters, found.p_values):
        if p_value < 0.05 and 0 < cluster.sum() < cluster.size:
            # each cell as 20 x 20 points, so that the outline follows the cells' edges
            columns, lines = (
                (np.arange(20 * n) + 0.5) / 20 - 0.5 for n in cluster.shape[::-1]
            )
            outlined = np.kron(cluster, np.ones((20, 20)))
            axes[2].contour(columns, lines, outlined, [0.5], colors="black", linewidths=2)
    fig.colorbar(shown, ax=axes[2], shrink=0.75, label="t, Pneumonia less Normal")
    for axis in axes:
        axis.set(xticks=[], yticks=[])
    fig.suptitle(
        f"Where maps differ: {len(significant)} of {len(found.clusters)} clusters have p < 0.05",
        x=0.01,
        ha="left",
    )
    axes[2].set_title(
        f"|t| > {found.threshold:.2f}; smallest p {min(found.p_values, default=1.0):.3f}",
        fontsize=10,
    )
    plots.show(
        fig,
        "Mean maps of normal and pneumonia patients, each map divided by its sum, and t at every place; "
        f"of {len(found.clusters)} clusters beyond |t| = {found.threshold:.2f}, {len(significant)} have p < 0.05 "
        "(outlined).",
    )

# %% [markdown]
# On the real images a cluster is found, where the centroid showed nothing. But ask first whether
# the question can be asked.
#
# Pixel (3, 4) of one map is compared with pixel (3, 4) of another. Is that the same place in the
# body? In brain research, where the test comes from, images are first warped to one atlas.
# Chest X-rays are not. What that does can be tried with maps of noise, 30 + 30:
#
# - **aligned**: one group has a spot added, always at the same place;
# - **moved about**: the same, but every map is moved by up to six pixels;
# - **one group higher**: *all* maps have the same spot, there is no effect; but one group stands
#   three pixels higher in the picture.

# %%
from scipy import ndimage

rng = seeds.generator(SEED, 6)
y, x = np.mgrid[:24, :24]
spot = np.exp(-((y - 12) ** 2 + (x - 12) ** 2) / 8)
tries = {"aligned": [], "moved about": [], "one group higher": []}
statistics = {}
for trial in range(20 if has_mne else 0):
    noise = ndimage.gaussian_filter(rng.standard_normal((60, 24, 24)), (0, 1, 1))
    noise /= noise.std()
    moves = rng.integers(-6, 7, (60, 2))
    with_effect = noise + 0.9 * spot * (np.arange(60) >= 30)[:, None, None]
    without = noise + 1.5 * spot
    without[30:] = np.roll(without[30:], -3, axis=1)
    every = {
        "aligned": with_effect,
        "moved about": np.stack(
            [np.roll(one, move, (0, 1)) for one, move in zip(with_effect, moves)]
        ),
        "one group higher": without,
    }
    for name, maps_now in every.items():
        each = heatmap_stats.cluster_permutation(
            maps_now[:30], maps_now[30:], n_permutations=40, seed=SEED + trial
        )
        tries[name].append(min(each.p_values, default=1.0) < 0.05)
        statistics.setdefault(name, each.statistic)

# %% tags=["hide-input"]
# @title Draw what alignment does
if has_mne:
    fig, axes = plt.subplots(1, 3, figsize=(8.5, 3.1))
    for axis, (name, statistic) in zip(axes, statistics.items()):
        shown = axis.imshow(-statistic, cmap="RdBu_r", vmin=-6, vmax=6)
        axis.set(xticks=[], yticks=[])
        axis.set_title(
            f"{name}: {sum(tries[name])} of {len(tries[name])} found", fontsize=10
        )
    fig.colorbar(shown, ax=axes, shrink=0.7, label="t at each pixel")
    fig.suptitle(
        "An effect that is lost, and one that is not there: what alignment decides",
        x=0.01,
        ha="left",
        fontsize=12,
    )
    plots.show(
        fig,
        "t at every pixel in the first of 20 trials for three kinds of maps. A cluster with p < 0.05 is "
        "found: "
        + ", ".join(f"{name} in {sum(hits)} of {len(hits)}" for name, hits in tries.items())
        + ".",
    )

# %% [markdown]
# Moved about, an effect that is there in every map of one group is smeared out and mostly missed. And
# where one group merely stands higher in the picture, the test finds a cluster in most trials,
# the spot's new place in one sign and its old one in the other: children who are held up higher,
# and nothing else.
#
# ## Key points
#
# - Report n, means, SDs (say which), the difference with an interval, an effect size with an
#   interval, and p, in this order. Checklists say what else belongs into a report on such a model
#   [12, 13].
# - The mean of a heatmap is its strength (nearly the logit) or its spread, never its place.
# - If the sign of a finding depends on a choice, state the choice beforehand, or show all.
# - The patient is the unit. Average first, then test.
# - One network is one draw: repeat the training before you speak of the recipe.
# - Ask a question that a good network could fail.
#
# ## Check yourself
#
# <details><summary>A report says p = 0.0000. What do you know?</summary>
#
# That p is below 0.00005, and that nobody thought about it: no p is 0. Nor do you know how large
# the difference is.
#
# </details>
#
# <details><summary>t and d of a report belong to different standard deviations. What follows?</summary>
#
# One was computed from the scores, the other from printed SDs with another ddof, and nobody checked
# one by the other. The difference is small here; the habit is not.
#
# </details>
#
# <details><summary>Why must the raw score differ between the classes if the network works?</summary>
#
# The sum of the signed map is the logit minus the bias, and the network was trained to make its
# logits differ.
#
# </details>
#
# <details><summary>60 images of 12 patients: which n does the t-test take?</summary>
#
# 12, the patients' means. With 60 it finds differences that are not there.
#
# </details>
#
# <details><summary>Five networks give d between -3.5 and -0.4. One report shows the first. What is missing?</summary>
#
# How much d moves with the training. The interval by images does not contain it.
#
# </details>
#
# ## Sources
#
# 1. A study of chest X-rays with a frozen ResNet50 and Grad-CAM: 30 images a class, mean
#    heatmap value, t-test, alpha 0.05. Our copy names neither authors nor journal.
# 2. L. V. Hedges, *J. Educ. Statist.* 6 (1981) 107-128.
# 3. S. Holm, *Scand. J. Statist.* 6 (1979) 65-70.
# 4. E. Maris, R. Oostenveld, *J. Neurosci. Methods* 164 (2007) 177-190.
# 5. B. L. Welch, *Biometrika* 34 (1947) 28-35.
# 6. A. Donner, N. Birkett, C. Buck, *Am. J. Epidemiol.* 114 (1981) 906-914: the design effect.
# 7. B. Phipson, G. K. Smyth, *Stat. Appl. Genet. Mol. Biol.* 9 (2010) 39: p is never 0.
# 8. B. Efron, *J. Am. Stat. Assoc.* 82 (1987) 171-185: BCa.
# 9. J. M. Hoenig, D. M. Heisey, *Am. Stat.* 55 (2001) 19-24: power after the fact.
# 10. J. Sassenhagen, D. Draschkow, *Psychophysiology* 56 (2019) e13335.
# 11. A. C. Cameron, J. B. Gelbach, D. L. Miller, *Rev. Econ. Stat.* 90 (2008) 414-427.
# 12. G. S. Collins et al., TRIPOD+AI, *BMJ* 385 (2024) e078378.
# 13. J. Mongan, L. Moy, C. E. Kahn, CLAIM, *Radiol. Artif. Intell.* 2 (2020) e200029.

# %%
lows = {row: min(values, default=np.nan) for row, values in effects_of.items()}
highs = {row: max(values, default=np.nan) for row, values in effects_of.items()}
stated = {
    "The printed t belongs to SDs of ddof 0, the printed d to SDs of ddof 1.": (
        abs(printed["ddof 0"].t + 5.3253) < 2e-4
        and abs(printed["ddof 1"].d - 1.3985) < 1e-4
    ),
    "The sum of the signed map is the logit minus the bias.": bool(apart < 1e-4),
    "The raw score follows the logit, with a correlation above 0.8.": like > 0.8,
    "The six choices move d by more than 1.": max(sizes_found) - min(sizes_found) > 1,
    "For the pneumonia class, raw or by the own maximum, d is positive in every network.": bool(
        min(lows["pneumonia", "raw"], lows["pneumonia", "own maximum"]) > 0
    ),
    "Which network came first moves d by more than 0.2.": bool(
        highs["pneumonia", "own maximum"] - lows["pneumonia", "own maximum"] > 0.2
    ),
    "The interval of d is too narrow with 5 a group: it holds the true d in less than 93 %.": (
        coverage[5] < 0.93
    ),
    "With 30 a group it holds the true d in 90 % or more.": coverage[30] >= 0.9,
    "The simulation is within three points of the formula.": furthest < 0.03,
    "A t-test on patients' means keeps to 5 %, within 1.5 points.": furthest_patient
    < 0.015,
    "Images counted as patients are wrong more often than patients' means, by 2 points or more.": bool(
        false[0] > false[1] + 0.02
    ),
}
if has_mne:
    stated |= {
        "Moved about, the effect is found in at most half of the trials.": (
            np.mean(tries["moved about"]) <= 0.5
        ),
        "One group higher, without any effect, is found in more than half.": (
            np.mean(tries["one group higher"]) > 0.5
        ),
    }
results.claims(stated)

# %% [markdown]
# **What is graded.** Five exercises, 12 points: Cohen's d (2), Welch's t (2), a p from shuffles
# (3), patients' means (2), and the price of counting slices as patients (3). Only the functions
# are graded, by the visible check and by further cases.
#
# The cell below adds up your points so far, by the checks that you see.

# %%
checks.score()

# %% [markdown]
# **Next.** [Lesson 07](07_audit.ipynb) turns these sums into an audit of published tables.

# %%
path = results.save("06", figures, profile=PROFILE, data=DATA, seed=SEED)
