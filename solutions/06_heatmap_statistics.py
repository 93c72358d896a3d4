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
# - tell images from patients, and say what it costs to mistake one for the other;
# - plan a sample size, and ask *where* a map lies instead of *how much* of it there is.
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

sizes = parameters.choose(
    PROFILE,
    DATA,
    DATA_ROOT,
    {
        "smoke": {
            "pixels": 32,
            "phantom images": 240,
            "training images, real": 200,
            "epochs": 1,
            "images a class": 12,
            "networks": 2,
            "null experiments": 200,
            "draws": 199,
        },
        "quick": {
            "pixels": 64,
            "phantom images": 960,
            "training images, real": 1500,
            "epochs": 8,
            "images a class": 30,
            "networks": 5,
            "null experiments": 2000,
            "draws": 1999,
        },
        "full": {
            "pixels": 224,
            "phantom images": 5216,
            "training images, real": 5216,
            "epochs": 10,
            "images a class": 30,
            "networks": 10,
            "null experiments": 10000,
            "draws": 9999,
        },
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
# Before any experiment of our own: a report with means, standard deviations (SD), n, t and d
# can be checked with a calculator. The study prints means 0.215205 (Normal) and 0.242184
# (Pneumonia), SDs 0.018152 and 0.020368, and n = 30 each. An SD divides by n or by n - 1
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
# The printed t is that of ddof 0: the SDs had been divided by n, as NumPy does by default. The
# printed d is that of ddof 1: it took the same numbers for sample SDs. Both cannot be
# right; from these SDs, d is 1.375, and 1.357 without its small-sample bias (Hedges' g
# [2]). The difference is small. What it shows is that nobody computed one from the other. And
# no p is 0: it is about two in a million.

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
# - **H0**: the mean score of healthy and pneumonia images does not differ.
# - **H1**: it differs, in either direction. The level is alpha = 0.05.
#
# The *score* of an image is the mean of its Grad-CAM heatmap after the heatmap has been
# divided by its own highest value. The document does not say which class is explained;
# like most programs do unless told otherwise, we explain the class that is *predicted*. 30
# images of each class are drawn from the test part, by a seed that was fixed before any map
# was computed.
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
if cohort.part is None:
    train, validation, test = splits.split(cohort, fractions=(0.5, 0.1, 0.4), seed=SEED)
else:
    test, development = (
        cohort.subset((cohort.part == "test") == is_test) for is_test in (True, False)
    )
    fold = splits.fold_numbers(development.labels, development.groups, seed=SEED)
    train, validation = development.subset(fold > 0), development.subset(fold == 0)
    some = seeds.generator(SEED, 9).permutation(len(train))
    train = train.subset(np.sort(some[: sizes["training images, real"]]))
disease = cohort.class_names.index("PNEUMONIA")
NAMES = ("Normal", "Pneumonia")


def network(seed):
    """A trained network, from the cache or trained now."""
    balanced = len(train) / (2 * np.bincount(train.labels, minlength=2))

    def make():
        seeds.set_seed(seed)
        model = models.quick_cnn(pixels, 2)
        history = training.fit(
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
        return model, history

    depends_on = {
        "images": train.images,
        "labels": train.labels,
        "settings": [sizes["epochs"], seed],
    }
    return training.kept("chest-quick", depends_on, make)[0]


def outputs(model, images):
    """Probabilities (n, 2)."""
    blocks = [
        np.asarray(model(images[start : start + 256, ..., None], training=False))
        for start in range(0, len(images), 256)
    ]
    return np.concatenate(blocks)


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
print(
    f"accuracy on {len(test)} test images {plots.percent(share.value)} (95 % interval "
    f"{plots.percent(share.low)} to {plots.percent(share.high)}); drawn: {wanted} + {wanted} images "
    f"of {len(np.unique(test.groups[drawn]))} patients"
)

# %%
import warnings

from helpers import gradcam, heatmap_stats

LAYER = "block4_relu"  # the last feature map; the mean over its places goes into the dense layer


def maps_of(model, images, class_index, relu=True):
    """Raw Grad-CAM maps (n, h, w) at the layer's size; empty ones are counted by us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return gradcam.grad_cam(model, images, class_index, layer=LAYER, relu=relu)


maps = maps_of(model, test.images[drawn], predicted[drawn])
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
fig, (left, right_axis) = plt.subplots(1, 2, figsize=(8.5, 3.4))
known = [scores[np.isfinite(scores) & (sick == is_sick)] for is_sick in (False, True)]
colours = [plots.COLOURS["blue"], plots.COLOURS["vermillion"]]
for place, (values, colour) in enumerate(zip(known, colours)):
    if len(values) > 1:
        (body,) = left.violinplot([values], [place], widths=0.8, showextrema=False)[
            "bodies"
        ]
        body.set_facecolor(colour)
    left.boxplot([values], positions=[place], widths=0.2, medianprops={"color": "black"})
    spread = rng.uniform(-0.08, 0.08, len(values))
    left.plot(place + spread, values, "o", color=colour, markersize=3.5, alpha=0.6)
left.set_xticks((0, 1), NAMES)
left.set(ylabel="mean of map / its maximum", title="Scores")
edges = np.histogram_bin_edges(np.concatenate(known), 14)
for name, values, colour, hatch in zip(NAMES, known, colours, ("", "//")):
    right_axis.hist(
        values, edges, alpha=0.55, color=colour, label=name, hatch=hatch, edgecolor="white"
    )
right_axis.set(xlabel="score", ylabel="images", title="The same as histograms")
right_axis.legend()
found = "no comparison" if study is None else f"d = {study.d:+.2f} (Pneumonia less Normal)"
fig.suptitle(
    f"The published experiment on {wanted} + {wanted} images: {found}",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    f"Scores of {wanted} normal and {wanted} pneumonia images as violins with boxes, and as "
    f"histograms. {found}; the groups overlap.",
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
# The table gives what [1] gives, and what it leaves out. The *interval* says how large the
# difference may be; p alone does not. d is the difference in units of the SD within the
# groups; its interval tells how little 30 images say about it. With maps that are empty,
# 0 / 0, something must be decided: they are counted and left out.
#
# On the phantom the difference has the *other* sign than in [1]: here the normal images
# score higher. Before you look for a reason in the lungs, do the exercise, and read on.

# %% [markdown]
# ## What is it a difference of?
#
# A map divided by its own maximum has lost its strength. Its mean says how *spread out* it
# is: a map with one sharp peak scores low, a flat one high. And *which class* is explained
# was our choice; so is the scaling. Take the same images and vary both.
#
# - **raw**: the mean of the map after negative values have been cut off;
# - **own maximum**: the study's;
# - **min-max**: the map before anything is cut off, from its lowest (0) to its highest (1).

# %% tags=["cover"]
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
fig, axis = plt.subplots(figsize=(8.5, 3.4))
for y, ((class_name, scaling), each) in enumerate(trap.items()):
    if each is None:
        continue
    colour = plots.COLOURS["vermillion" if class_name == "pneumonia" else "blue"]
    if each.d_interval is not None:
        axis.plot(each.d_interval, [y, y], color=colour, linewidth=2)
    axis.plot(each.d, y, "o", color=colour, markersize=8)
    axis.text(4.6, y, f"t = {-each.t:+.1f}", va="center")
axis.axvline(0, color="black", linewidth=1)
axis.axvline(1.375, color=plots.COLOURS["grey"], linestyle=":")
axis.text(1.4, -0.75, "study [1]", color=plots.COLOURS["grey"], fontsize=9.5)
axis.set_yticks(range(len(trap)), [f"{c} class, {s}" for c, s in trap])
axis.set_ylim(len(trap) - 0.5, -1.1)
axis.set(xlim=(-3, 5.4), xlabel="Cohen's d, Pneumonia less Normal (line: 95 % interval)")
signs = {np.sign(each.d) for each in trap.values() if each is not None}
axis.set_title(
    f"The same {len(drawn)} images: explained class and scaling "
    + ("choose the sign" if len(signs) > 1 else "choose the size")
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
# For the pneumonia class, raw or divided by the own maximum, the "finding" is large and
# positive: of course, since a network that tells the classes apart gives sick images more of what
# speaks for pneumonia. For the predicted class it is smaller, or reversed: there each image is
# explained by whatever it was called. And who scales the signed map from its minimum gets
# something else again. Any of these rows, alone, would make a table and a paragraph about the
# lungs. None of them is about lungs.
#
# ## The logit in disguise
#
# For this kind of network the raw score has a plain meaning. The logit is a weighted mean of
# the last feature map plus a bias; the signed map is that weighted sum before the mean. So the
# mean of the signed map *is* the logit less its bias.

# %%
weights, bias = model.get_layer("logits").get_weights()
logit = models.logits(model).predict(test.images[drawn][..., None], verbose=0)[:, disease]
signed = maps_of(model, test.images[drawn], disease, relu=False)
# The weight of a channel is the mean of its gradients: 1 / (h w) of the dense layer's weight.
total = signed.sum(axis=(1, 2))
apart = float(np.abs(total - (logit - bias[disease])).max())
cut_off = np.maximum(signed, 0).mean(axis=(1, 2))
like = float(np.corrcoef(cut_off, logit)[0, 1]) if cut_off.std() > 0 else 0.0
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.3))
for axis, values, text in (
    (axes[0], total, "signed map: the sum is the logit less its bias"),
    (axes[1], cut_off, f"cut off at 0: the mean still follows it (r = {like:.2f})"),
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
    axis.set(xlabel="logit of pneumonia less its bias")
    axis.set_title(text, fontsize=10)
axes[0].axline((0, 0), slope=1, color="black", linestyle=":", linewidth=1)
axes[0].set_ylabel("sum of the map")
axes[1].set_ylabel("mean of the map")
axes[0].legend()
plots.show(
    fig,
    "Left: the sum of the signed map of the pneumonia class against the logit less its bias; all "
    "points lie on the diagonal. Right: the mean of the map with negative values cut off, "
    f"which still follows the logit (correlation {like:.2f}).",
)

# %% tags=["nbval-check-output"]
print("the sum of the signed map is the logit less its bias, to 1e-4:", apart < 1e-4)

# %% [markdown]
# A t-test of the raw score therefore asks whether the network's *logits* differ between the
# classes. It was trained so that they do. One need not compute a single heatmap to know the
# answer.

# %% [markdown]
# ## What the test assumes
#
# Student's t-test assumes independent values, nearly normal in each group, with equal
# variances. Independence is the one that matters most, and the one that no plot shows; it gets
# a section of its own. The other two can be looked at.

# %%
from IPython.display import display
from scipy import stats

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
        )
    )

# %% [markdown]
# With 30 + 30 values of this shape the four tests agree. Where they do not, find out why before
# choosing one, and never choose by p. Welch's test costs nothing if the variances are equal, so it
# may as well be the default. The Mann-Whitney test asks another question: whether a value
# of one group tends to exceed one of the other. The permutation test needs no distribution:
# it asks how often chance labels give as large a difference, so its p is never 0.

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
# *Power* is the chance that a test finds an effect that is there. It depends on the size of
# the effect, on n, and on alpha; so n can be chosen before the experiment.

# %%
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
# "Small", "medium" and "large" are Cohen's words, not a law. Two warnings. To compute the power
# of a finished experiment from the effect that it found says nothing new: it is p in other
# words. And where power is low, the experiments that do reach p < 0.05 are those that
# overestimate: plan with an effect that would matter, not with one that was published.
#
# ## Images are not patients
#
# All of this counted images as independent. Images of one patient are alike. How alike, says
# the *intra-class correlation* (ICC): the share of the variance that lies between patients.

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
# patients each from one population, m slices a patient that correlate by ICC, 2,000
# times for each pair. How often is p < 0.05?

# %%
pairs = [(1, 0.3), (2, 0.5), (5, 0.1), (5, 0.3), (10, 0.3), (10, 0.6)]
simulated = {
    (m, icc): heatmap_stats.null_experiments(
        sizes["null experiments"], 20, m, icc, seed=SEED
    )
    for m, icc in pairs
}
formula = {
    (m, icc): float(heatmap_stats.naive_false_positive_rate(m, icc)) for m, icc in pairs
}
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
    f"5 %: {100 * furthest_patient:.1f} points"
)

# %% [markdown]
# The simulation knows its ICC. What is it for *our* scores? The experiment above had hardly any
# clustering, as few patients were drawn twice. So take a cohort with several images a patient, all
# with pneumonia, and score them as in the experiment. Then draw two groups of patients at random,
# many times: there is nothing to find, and we know it.

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
many_maps = maps_of(model, several.images, disease)
many = heatmap_stats.mean_max_normalised(many_maps)
usable = np.isfinite(many)
many, of_patient = many[usable], several.groups[usable]
icc = heatmap_stats.intraclass_correlation(many, of_patient) if np.ptp(many) > 0 else 0.0
patients, member = np.unique(of_patient, return_inverse=True)
slices = np.bincount(member)
m = float((slices**2).sum() / slices.sum())
means = np.bincount(member, many) / slices
half = len(patients) // 2
rng = seeds.generator(SEED, 4)
false = np.zeros(2)
for _ in range(sizes["null experiments"]):
    first = np.isin(np.arange(len(patients)), rng.permutation(len(patients))[:half])
    with np.errstate(invalid="ignore", divide="ignore"):
        naive = stats.ttest_ind(many[first[member]], many[~first[member]]).pvalue
        honest = stats.ttest_ind(means[first], means[~first]).pvalue
    false += np.array([naive, honest]) < 0.05
false /= sizes["null experiments"]
expected = float(heatmap_stats.naive_false_positive_rate(m, max(icc, 0.0)))
pd.DataFrame(
    {
        "value": (
            f"{len(many)} of {len(patients)}",
            f"{icc:.2f}",
            f"{float(heatmap_stats.design_effect(m, max(icc, 0.0))):.2f}",
            plots.percent(false[0], 1),
            plots.percent(expected, 1),
            plots.percent(false[1], 1),
        )
    },
    index=[
        "images of patients",
        "intra-class correlation",
        "design effect",
        "false positives, images as independent",
        "the formula says",
        "false positives, patient means",
    ],
)

# %% [markdown]
# The remedy is old and simple: one number a patient, then the t-test. It costs nothing that one
# had: the other images never were independent. (Mixed models use images of patients with
# unequal numbers better, and are needed for more complicated designs. With few patients,
# "cluster-robust" standard errors and bootstraps of patients are too narrow.)
#
# And the experiment of this lesson, by patient?

# %%
by_patient = comparison(scores, sick, test.groups[drawn])
by_patient

# %% [markdown]
# ## One network is one draw
#
# There is a third thing that varies. "The network" is one of many that the same recipe
# would give: another random start, another order of the images. A claim about *the
# recipe* needs several networks, and then the network is the unit.

# %%
networks = [model] + [network(SEED + number) for number in range(1, sizes["networks"])]
effects_of = {"pneumonia": [], "predicted": []}
for one in networks:
    called = outputs(one, test.images[drawn]).argmax(axis=1)
    for class_name, class_index in (("pneumonia", disease), ("predicted", called)):
        each = comparison(
            heatmap_stats.mean_max_normalised(
                maps_of(one, test.images[drawn], class_index)
            ),
            sick,
        )
        effects_of[class_name].append(0.0 if each is None else each.d)
across = {
    name: evaluation.paired_difference(values, np.zeros(len(values)))
    for name, values in effects_of.items()
}
fig, axis = plt.subplots(figsize=(8.5, 2.3))
for y, (name, values) in enumerate(effects_of.items()):
    colour = plots.COLOURS["vermillion" if name == "pneumonia" else "blue"]
    axis.plot(values, [y] * len(values), "o", color=colour, alpha=0.6, markersize=8)
    axis.plot(
        [across[name].low, across[name].high], [y + 0.25] * 2, color=colour, linewidth=2
    )
axis.axvline(0, color="black", linewidth=1)
axis.set_yticks((0, 1), [f"{name} class explained" for name in effects_of])
axis.set_ylim(1.6, -0.5)
axis.set(
    xlabel="Cohen's d of the same images; a dot a network, line: 95 % interval of the mean"
)
axis.set_title(
    f"{len(networks)} networks from one recipe, the same images: d moves with the network"
)
plots.show(
    fig,
    "Cohen's d of the own-maximum score for several networks of one recipe on the same images. "
    + "; ".join(
        f"{name} class: {min(v):+.2f} to {max(v):+.2f}" for name, v in effects_of.items()
    )
    + ".",
)

# %% [markdown]
# ## Where, not how much
#
# "Does the network look at the lungs?" is a question about *places*. The score for it is the
# share of a map's sum that lies inside a mask, and its yardstick is chance: the same mask
# elsewhere in the picture (lesson 05). The phantom knows lungs and lesions.

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
    lung_test = comparison(lung_share.values, sick, test.groups[drawn])
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
# On the phantom: for the pneumonia class, the map's share inside the lungs and inside the lesion,
# beside chance and with an interval by patient. That is a result about places, and it may be
# small. It can be wrong, too, which is what makes it worth testing: a score that must come out
# positive for any network that works tests nothing.
#
# ## Many tests
#
# Six rows in the trap, two scores, several tests: whoever tries twenty and reports the one with
# p < 0.05 finds something in nearly two of three experiments without any effect. Write
# the one test down beforehand; if several are needed, correct for them. Holm's correction
# [3] keeps the chance of *any* false finding below alpha:

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
# Recorded by the same cells on the real X-rays: trained on 1,500 images of the official
# training part, 30 + 30 images of the official test part.

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
    "icc": float(icc),
    "false_positives_images": float(false[0]),
    "false_positives_patients": float(false[1]),
    "false_positives_formula": expected,
    "furthest_from_the_formula": float(furthest),
    "furthest_from_5_percent": float(furthest_patient),
    "printed_t_ddof_0": printed["ddof 0"].t,
    "printed_d_ddof_0": printed["ddof 0"].d,
    "printed_d_ddof_1": printed["ddof 1"].d,
}
rows = {
    "accuracy": "accuracy on test images",
    "icc": "several images a patient: intra-class correlation",
    "false_positives_images": "false positives, images as independent",
    "false_positives_patients": "false positives, patient means",
}
for (class_name, scaling), each in trap.items():
    key = f"d_{class_name}_{scaling}".replace(" ", "_").replace(",", "").replace("-", "_")
    figures |= {key: number(each, "d"), key.replace("d_", "t_", 1): number(each, "t")}
    rows[key] = f"d, {class_name} class, {scaling}"
for class_name, n_empty in empties.items():
    figures[f"empty_{class_name}"] = n_empty
    rows[f"empty_{class_name}"] = f"empty maps of {len(drawn)}, {class_name} class"
for class_name, values in effects_of.items():
    figures[f"d_of_networks_{class_name}"] = [min(values), max(values)]
    rows[f"d_of_networks_{class_name}"] = (
        f"d of {len(networks)} networks, {class_name} class"
    )
for name, estimate in inside.items():
    key = "inside_" + name.lower().replace(", ", "_")
    figures |= {key: estimate.value, f"{key}_interval": estimate[1:]}
results.compare_with_recorded("06", figures, rows)

# %% [markdown]
# ## Limits
#
# - A small network at 64 pixels, not the study's frozen ResNet50 at 224. The study's own maps
#   and scores are not public; only its printed numbers are.
# - Which class the study explained is not known to us. Its sign fits the pneumonia class.
# - 30 images a class were drawn once, by one seed, as in the study.
# - The simulated slices are normal with one ICC for all pairs of slices. Neighbouring slices
#   of a scan are more alike than distant ones.
# - That the raw score is the logit holds for a last feature map that is averaged and followed
#   by one dense layer; with further layers it does not.
#
# ## Take home
#
# 1. Report n, means, SDs (say which), the difference with an interval, an effect size with an
#    interval, and p, in this order of importance.
# 2. The mean of a heatmap is its strength (the logit) or its spread, never its place.
# 3. If the sign of a finding depends on a choice, state the choice beforehand, or show all.
# 4. The patient is the unit. Average first, then test.
# 5. One network is one draw.
# 6. Ask a question that a good network could fail.
#
# ## Appendix: testing every pixel
#
# Instead of one number, compare the maps pixel by pixel: a t at every place. Many places, many
# tests; neighbours are alike. A *cluster-based permutation test* [4] joins neighbouring places
# whose |t| exceeds a threshold, sums their t, and asks how often shuffled labels give as heavy a
# cluster. It says that there is a difference somewhere. It does not test the cluster's
# outline. It needs the package mne.

# %%
import importlib.util

has_mne = importlib.util.find_spec("mne") is not None
if has_mne:
    found = heatmap_stats.cluster_permutation(
        np.maximum(signed, 0)[~sick],
        np.maximum(signed, 0)[sick],
        n_permutations=max(100, draws // 4),
        seed=SEED,
    )
    fig, axes = plt.subplots(1, 3, figsize=(8.5, 2.9))
    for axis, values, text in (
        (axes[0], np.maximum(signed, 0)[~sick].mean(axis=0), "mean map, Normal"),
        (axes[1], np.maximum(signed, 0)[sick].mean(axis=0), "mean map, Pneumonia"),
    ):
        shown = axis.imshow(
            values,
            cmap="inferno",
            vmin=0,
            vmax=np.maximum(signed, 0)[sick].mean(axis=0).max() or 1,
        )
        axis.set_title(text, fontsize=10)
    fig.colorbar(shown, ax=axes[:2], shrink=0.75, label="Grad-CAM of pneumonia")
    limit = max(np.abs(found.statistic).max(), found.threshold)
    shown = axes[2].imshow(-found.statistic, cmap="RdBu_r", vmin=-limit, vmax=limit)
    for cluster, p_value in zip(found.clusters, found.p_values):
        if p_value < 0.05 and 0 < cluster.sum() < cluster.size:
            axes[2].contour(cluster.astype(float), [0.5], colors="black", linewidths=2)
    fig.colorbar(shown, ax=axes[2], shrink=0.75, label="t, Pneumonia less Normal")
    for axis in axes:
        axis.set(xticks=[], yticks=[])
    significant = [p for p in found.p_values if p < 0.05]
    axes[2].set_title(f"clusters with p < 0.05: {len(significant)}", fontsize=10)
    plots.show(
        fig,
        "Mean heatmaps of normal and pneumonia images, and t at every place of the layer's map; "
        f"{len(significant)} clusters of places beyond |t| = {found.threshold:.2f} have p < 0.05.",
    )
else:
    print("mne is not installed: pip install mne, then run this part again")

# %% [markdown]
# Pixel (3, 4) of one map is compared with pixel (3, 4) of another. Is that the same place in the
# body? In brain research, where the test comes from, images are first warped to one atlas.
# Chest X-rays are not. What that does can be tried: 30 + 30 maps of pure noise, smoothed, with one
# spot added in one group, at the same place; and the same again with every map moved
# about by up to six pixels.

# %%
from scipy import ndimage

rng = seeds.generator(SEED, 6)
y, x = np.mgrid[:24, :24]
spot = 0.9 * np.exp(-((y - 12) ** 2 + (x - 12) ** 2) / 8)
noise = np.array(
    [ndimage.gaussian_filter(one, 1.0) for one in rng.standard_normal((60, 24, 24))]
)
noise /= noise.std()
moves = rng.integers(-6, 7, (60, 2))
unaligned = {}
if has_mne:
    fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.2))
    for axis, moved in zip(axes, (False, True)):
        maps_now = noise.copy()
        maps_now[30:] += spot
        if moved:
            maps_now = np.stack(
                [np.roll(one, move, (0, 1)) for one, move in zip(maps_now, moves)]
            )
        each = heatmap_stats.cluster_permutation(
            maps_now[:30], maps_now[30:], n_permutations=max(100, draws // 4), seed=SEED
        )
        name = "moved about" if moved else "aligned"
        unaligned[name] = float(min(each.p_values, default=1.0))
        shown = axis.imshow(-each.statistic, cmap="RdBu_r", vmin=-6, vmax=6)
        axis.set(xticks=[], yticks=[])
        axis.set_title(f"{name}: smallest cluster p = {unaligned[name]:.3f}", fontsize=11)
    fig.colorbar(shown, ax=axes, shrink=0.8, label="t, with spot less without")
    fig.suptitle(
        "The same effect in every map: found where maps are aligned",
        x=0.01,
        ha="left",
        fontsize=12,
    )
    plots.show(
        fig,
        "t at every pixel for 30 maps of noise against 30 with a spot added; aligned, the spot shows, "
        f"p = {unaligned['aligned']:.3f}; with every map moved about, p = {unaligned['moved about']:.3f}.",
    )

# %% [markdown]
# The effect is there in every map of the second group. Moved about, it is smeared out and hardly a
# pixel stands out. A cluster test of unaligned anatomy that finds nothing has not shown that
# there is nothing; and one that finds something may have found that the children of one group
# stand higher in the picture.
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

# %%
path = results.save("06", figures, profile=PROFILE, data=DATA, seed=SEED)
