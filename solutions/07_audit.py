# %% [markdown]
# # 07 The audit: can both numbers be true?
#
# A report on a network for chest X-rays gives a test accuracy of 77.40 %. Some lines below
# stands a table of the same 624 test images, and in it the accuracy is 0.54 [1]. Both
# cannot be true of the same predictions. Which of them can be, and what may have happened?
# You need no image, no network and nobody's code to find out. Printed numbers hold each
# other to account, and this lesson shows how.
#
# You will recompute the tables of the five studies that this course has rebuilt. In two of
# them, predictions seem to have been compared with the labels of *other* images. For one
# that can be seen in the public notebook behind the table. For the other it is inferred from
# the numbers, and you will learn to keep the two apart. None of this is about blame. Errors
# like these are common, the authors printed enough to let us find them, and we make such
# errors as well: the lesson ends with an audit of our own tables. Check before you believe.
#
# **Before you start.** You need lesson 02 (precision, recall, F1, the confusion matrix) and
# the beginning of lesson 06 (Cohen's d). In Python: loops, functions, NumPy arrays. In
# mathematics: shares, means, rounding. No network is trained in this lesson.
#
# **You will be able to**
#
# - rebuild from a printed report every [confusion matrix](../docs/glossary.md#confusion-matrix)
#   that can have given it, or show that there is none;
# - compute what labels and predictions agree by chance, and recognise a report at chance;
# - recognise the row of a model that always names the largest class;
# - recover from a printed t which standard deviation was used;
# - keep *impossible*, *at chance* and *suspicious* apart, and say what a check could not have
#   found;
# - write a model card and a reporting checklist for a model of your own.
#
# **Time**: 40 minutes to read, 60 to practise. **Recomputes**: the tables of [1] to [5].
#
# Where images occur they are *phantoms*, drawn by a program. Phantoms are not patients, and
# nothing here diagnoses.

# %% tags=["parameters", "setup"]
PROFILE = "quick"  # "smoke", "quick" or "full"
DATA = "phantom"  # "phantom" or "real"
DATA_ROOT = ""  # folder of the real kidney slices, with one folder per class
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
            "slices": 312,
            "pixels": 24,
            "shuffles": 200,
            "trainings": 8,
            "power": 20,
        },
        "quick": {
            "slices": 1248,
            "pixels": 32,
            "shuffles": 2000,
            "trainings": 40,
            "power": 100,
        },
        "full": {
            "slices": 12446,
            "pixels": 48,
            "shuffles": 10000,
            "trainings": 400,
            "power": 1000,
        },
    },
)
seeds.set_seed(SEED)

# %% tags=["setup"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import Markdown, display

from helpers import audit, plots, results
from helpers.checks import lesson07 as checks

# %% [markdown]
# ## Five words
#
# An audit that cries wolf helps nobody. So each verdict has one of five words, and they are
# never mixed:
#
# | verdict | what it means |
# | --- | --- |
# | **impossible** | No numbers of images give these figures, however they were rounded, or no standard average does. At least one printed figure is wrong, or is not what it is said to be. |
# | **at chance** | The figures are possible. They are what labels and predictions give that have nothing to do with each other. |
# | **suspicious** | The figures are possible, and it would be a coincidence. That is a reason to ask, never a proof. |
# | **consistent** | This was checked, and nothing was found. It is worth as much as the check was able to find. |
# | **not applicable** | The check needs something that is not printed. Nothing follows. |
#
# ## One report, four matrices
#
# This is the report of the chest X-ray study [1], as printed. (The
# [support](../docs/glossary.md#support) of a class is how many images have it; for precision,
# recall and F1 see the [glossary](../docs/glossary.md#f1).)

# %% tags=["nbval-check-output"]
report = pd.DataFrame(
    {
        "precision": (0.36, 0.62),
        "recall": (0.29, 0.68),
        "F1": (0.32, 0.65),
        "support": (234, 390),
    },
    index=["Normal", "Pneumonia"],
)
report

# %% [markdown]
# A printed 0.29 stands for a range. Of 234 images, 67, 68 and 69 hits give 0.286, 0.291 and
# 0.295, and all three are [rounded](../docs/glossary.md#rounding) to 0.29. No other number is. So a
# printed report is a riddle with few solutions, and a program can find them all.

# %% [markdown]
# ### Exercise 1: everything that fits (3 points)
#
# For one of two classes a report prints precision and recall to two decimals. `support` of
# the `n` images have this class. Write `fitting_pairs(precision, recall, support, n)`, which
# returns all pairs (hits, called) that fit, in any order, as a list of pairs or an array of
# shape (m, 2). `called` is how many images were called this class, `hits` how many of these
# have it. A pair fits if all four hold:
#
# - hits is a whole number from 0 to `support`, and called is a whole number, at least 1;
# - hits / support lies at most 0.005 from `recall`, and hits / called at most 0.005 from
#   `precision`; allow 1e-9 more, since 0.125 may be printed as 0.12 or as 0.13 and floating
#   point must not decide;
# - hits is not larger than called;
# - the false positives, called - hits, are other images: at most n - `support`.
#
# Example: precision 0.67, recall 0.50, support 4, n = 10. Only hits = 2 gives the recall, and
# of the numbers that may have been called, only 3 gives 2 / 3 = 0.667. The result is
# [(2, 3)]. Hints: `checks.fitting_pairs.hint()`.


# %% nbgrader={"grade": false, "grade_id": "fitting_pairs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fitting_pairs(precision, recall, support, n):
    """Printed shares (two decimals), images of the class, all images -> pairs (hits, called)."""
    ### BEGIN SOLUTION
    half, pairs = 0.005 + 1e-9, []
    for hits in range(support + 1):
        if abs(hits / support - recall) <= half:
            for called in range(max(hits, 1), hits + n - support + 1):
                if abs(hits / called - precision) <= half:
                    pairs.append((hits, called))
    return pairs
    ### END SOLUTION


# %%
checks.fitting_pairs(fitting_pairs)

# %% nbgrader={"grade": true, "grade_id": "fitting_pairs_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.fitting_pairs(fitting_pairs).right
pair_noise = np.random.default_rng(771)
pair_cases = [(0.62, 0.68, 390, 624, ""), (1.0, 1.0, 7, 20, ""), (0.38, 0.62, 8, 31, "")]
for tested_n in (12, 40, 100, 310):
    for tested_share in (0.1, 0.4, 0.8):
        pair_support = max(1, int(tested_share * tested_n))
        pair_hits = int(pair_noise.integers(0, pair_support + 1))
        pair_called = pair_hits + int(pair_noise.integers(1, tested_n - pair_support + 1))
        pair_cases.append(
            (
                round(pair_hits / pair_called, 2),
                round(pair_hits / pair_support, 2),
                pair_support,
                tested_n,
                "",
            )
        )
assert checks.fitting_pairs(fitting_pairs, more=pair_cases).right
### END HIDDEN TESTS

# %% [markdown]
# `audit.confusion_from_report` does the same with every column, for any number of classes,
# exactly, and for every usual way to round (half up, half even, cut off). It takes the classes
# together: an image that is not called Normal is called Pneumonia.

# %% tags=["nbval-check-output"]
columns = [report[name] for name in ("precision", "recall", "F1")]
support = report["support"].to_numpy()
fits = audit.confusion_from_report(*columns, support)
print(f"matrices that fit: {fits.count}; all were tried: {fits.complete}")

# %% tags=["hide-input"]
# @title Which numbers fit the row Normal, which the row Pneumonia, and which fit both
alone = {}
for row, name in enumerate(report.index):
    one = [np.where(np.arange(2) == row, column, np.nan) for column in columns]
    found = audit.confusion_from_report(*one, support, limit=10**6).examples
    alone[name] = np.array([(called[0], hits[0]) for hits, called in found])
both = np.array([(called[0], hits[0]) for hits, called in fits.examples])
fig, axis = plt.subplots(figsize=(8.5, 3.8))
for (name, points), colour, marker in zip(alone.items(), ("blue", "orange"), "os"):
    sns.scatterplot(
        x=points[:, 0], y=points[:, 1], color=plots.COLOURS[colour], marker=marker, s=70,
        alpha=0.55, label=f"fits the row {name}: {len(points)}", ax=axis,
    )  # fmt: skip
axis.plot(*both.T, "*", color="black", markersize=13, label=f"fits both: {len(both)}")
for scale in (axis.xaxis, axis.yaxis):
    scale.get_major_locator().set_params(integer=True)
axis.set(xlabel="images called Normal", ylabel="of these, Normal (hits)")
axis.set_title(f"Of all that 624 images allow, {len(both)} matrices print this report")
axis.legend()
plots.show(
    fig,
    f"Number of images called Normal against hits. {len(alone['Normal'])} points fit the row Normal, "
    f"{len(alone['Pneumonia'])} fit the row Pneumonia, and {len(both)} fit both.",
)

# %% [markdown]
# The two rows were printed from one matrix, so only the stars are left: four matrices, nearly
# alike. Whatever the true one was, we now know it within three images.
#
# What do they say about the accuracy of 77.40 %?

# %% tags=["nbval-check-output"]
rows = []
for hits, called in fits.examples:
    rows.append(
        {
            "called Normal": called[0],
            "of these Normal": hits[0],
            "images right": hits.sum(),
            "agreement": round(hits.sum() / 624, 4),
        }
    )
four = pd.DataFrame(rows)
print(f"77.40 % of 624 images are {0.774 * 624:.1f}: {round(0.774 * 624)} right")
four

# %% [markdown]
# The report has 334 to 336 images right, and 77.40 % are 483. No rounding bridges nearly 150
# images. Beside each other, *of the same predictions*, the two are **impossible**.
#
# Be exact about what follows. At least one of the two figures is not what it is said to be.
# It does not follow which one, nor that the network is bad.

# %% [markdown]
# **Try it.** One digit is changed below: the recall of Normal is 0.39 in place of 0.29. How many
# matrices will fit? Write a number down, then run the cell. Then try 0.30, and 0.28.

# %%
recall_of_normal = 0.39
changed = audit.confusion_from_report(
    [0.36, 0.62], [recall_of_normal, 0.68], [0.32, 0.65], support
)
print(f"matrices that fit: {changed.count}")

# %% [markdown]
# ## What chance agrees
#
# An agreement of 0.54 looks like a weak classifier. Is it one? Suppose that the labels had
# been dealt out at random: how many would agree with the predictions nevertheless?

# %% [markdown]
# ### Exercise 2: expected agreement (2 points)
#
# `support` (k,) says how many of n images *have* each of k classes, `predicted` (k,) how many
# were *called* each class. Both add up to n. Write `expected_agreement(support, predicted)`: the
# share of images on which labels and predictions agree on average, if they have nothing to do
# with each other. Both are then drawn independently: an image has class 0 with probability
# `support[0]` / n and is called class 0 with probability `predicted[0]` / n. Return one
# number, a share in [0, 1].
#
# Example: of 100 images 60 and 40 have the two classes, 30 and 70 are called so. Both are
# class 0 in 0.6 x 0.3 = 0.18, both class 1 in 0.4 x 0.7 = 0.28, together 0.46. Hints:
# `checks.expected_agreement.hint()`.


# %% nbgrader={"grade": false, "grade_id": "expected_agreement", "locked": false, "schema_version": 3, "solution": true, "task": false}
def expected_agreement(support, predicted):
    """Images that have each class (k,), images called each class (k,) -> share, one number."""
    ### BEGIN SOLUTION
    return np.sum(support / np.sum(support) * predicted / np.sum(predicted))
    ### END SOLUTION


# %%
checks.expected_agreement(expected_agreement)

# %% nbgrader={"grade": true, "grade_id": "expected_agreement_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.expected_agreement(expected_agreement).right
chance_noise = np.random.default_rng(772)
chance_cases = []
for tested_classes in (2, 3, 5, 9):
    chance_labels, chance_called = chance_noise.multinomial(
        700, chance_noise.dirichlet(np.ones(tested_classes), 2)
    )
    chance_cases += [(chance_labels, chance_called, ""), (chance_called, chance_labels, "")]
chance_cases += [
    (np.array([0, 9]), np.array([5, 4]), ""),
    (np.array([1, 0]), np.array([0, 1]), ""),
]
assert checks.expected_agreement(expected_agreement, more=chance_cases).right
### END HIDDEN TESTS

# %% [markdown]
# Cohen's [kappa](../docs/glossary.md#kappa) asks how far an agreement lies above this
# expectation. z says how many standard deviations that is; between -2.58 and 2.58 lie 99 % of
# all random deals.

# %% tags=["nbval-check-output"]
four["expected"] = [
    round(float((support * called).sum()) / 624**2, 4) for _, called in fits.examples
]
four["z of kappa"] = [
    round(audit.chance_z(hits, called, support), 2) for hits, called in fits.examples
]
four

# %% [markdown]
# All four matrices agree *less* than chance expects, and not by much. So the report is **at
# chance**. We can also look at it: take the predictions of one of the four matrices, deal the
# labels anew, and count.

# %%
hits, called = fits.examples[0]
rng = seeds.generator(SEED, 1)
of_normal = rng.hypergeometric(support[0], support[1], called[0], sizes["shuffles"])
right = of_normal + support[1] - (called[0] - of_normal)  # hits of both classes
shuffled = right / 624

# %% tags=["hide-input"]
# @title How often shuffled labels agree, beside the two printed accuracies
fig, axis = plt.subplots(figsize=(8.5, 3.4))
bins = (np.arange(right.min(), right.max() + 3, 2) - 1) / 6.24  # every second count occurs
sns.histplot(x=100 * shuffled, bins=bins, color=plots.COLOURS["sky"], ax=axis)
top = axis.get_ylim()[1]
agreements = 100 * four["agreement"]
axis.axvspan(
    agreements.min() - 0.15, agreements.max() + 0.15, color=plots.COLOURS["blue"], alpha=0.6
)
axis.axvline(77.4, color=plots.COLOURS["vermillion"], linewidth=2.5)
axis.text(
    77,
    0.85 * top,
    "accuracy in the text: 77.40 %",
    ha="right",
    color=plots.COLOURS["vermillion"],
)
axis.annotate(
    "the four matrices of the report", (agreements.max() + 0.15, 0.5 * top), (60, 0.6 * top),
    color=plots.COLOURS["blue"], arrowprops={"arrowstyle": "-", "color": plots.COLOURS["blue"]},
)  # fmt: skip
axis.set(xlim=(45, 80), xlabel="images right (%)", ylabel="random deals")
low, high = np.quantile(100 * shuffled, (0.005, 0.995))
axis.set_title(
    f"99 % of {len(shuffled):,} random deals agree in {low:.0f} to {high:.0f} %: so does the report"
)
plots.show(
    fig,
    f"Histogram of the agreement of {len(shuffled)} random deals of the labels, mostly {low:.0f} to {high:.0f} %. "
    "The four matrices of the report lie in its middle, the printed 77.40 % far to the right.",
)

# %% [markdown]
# The likeliest story is that labels and predictions were not of the same images when the
# report was printed, while the accuracy was computed elsewhere, correctly. That is an
# inference: we have not seen the cell. A network that has learnt nothing would print such a
# report as well, but then 77.40 % would be wrong.
#
# Either way, one thing follows. The study goes on to explain *why* its network struggles with
# normal lungs: class imbalance, frozen layers, too few features of the lung. Those paragraphs
# rest on this report alone, and nothing in it can be told from labels dealt at random.
#
# ## What could this check have missed?
#
# A verdict is worth what the check can tell apart. Two kinds of errors are possible: unrelated
# labels that are not recognised, and honest but weak models that are called "at chance". So we
# simulate models of every quality, from kappa = 0 (knows nothing) upwards, and count.

# %%
rng = seeds.generator(SEED, 2)
shares = support / support.sum()
rows = []
for n in (100, 624, 2000):
    for kappa in np.arange(0, 0.41, 0.05):
        labels = rng.random((sizes["shuffles"] // 2, n)) < shares[1]
        guesses = rng.random(labels.shape) < shares[1]
        called_one = np.where(rng.random(labels.shape) < kappa, labels, guesses)
        hits = np.stack([(~labels & ~called_one).sum(1), (labels & called_one).sum(1)], -1)
        called = np.stack([(~called_one).sum(1), called_one.sum(1)], -1)
        truth = np.stack([(~labels).sum(1), labels.sum(1)], -1)
        z = audit.chance_z(hits, called, truth)
        rows.append((n, kappa, (np.abs(z) < 2.58).mean()))
called_chance = pd.DataFrame(rows, columns=["images", "kappa", "share"])
called_chance.pivot(index="kappa", columns="images", values="share").round(3)

# %% tags=["hide-input"]
# @title How often models of each quality are called "at chance"
fig, axis = plt.subplots(figsize=(8.5, 3.4))
sns.lineplot(
    data=called_chance.assign(share=100 * called_chance["share"], images=called_chance["images"].astype(str)),
    x="kappa", y="share", hue="images", style="images", markers=True, dashes=False, ax=axis,
    palette=[plots.COLOURS[name] for name in ("grey", "blue", "vermillion")],
)  # fmt: skip
axis.set(xlabel="true kappa of the model", ylabel='called "at chance" (%)', ylim=(-2, 103))
axis.set_title('With 624 images "at chance" is a strong verdict, with 100 a weak one')
axis.legend(title="test images")
plots.show(
    fig,
    "Share of simulated models called at chance against their true kappa, for 100, 624 and 2000 test images. "
    "At kappa 0 nearly all are; the curves of 624 and 2000 images fall to 0 before kappa 0.25, that of 100 does not.",
)

# %% [markdown]
# With 624 images a model whose kappa is 0.25 is hardly ever called at chance, and that is a
# poor model. With 100 images the verdict would be weak, as an honest model of that quality
# receives it often. State the number of images with the verdict.
#
# ## The row of a model that knows nothing
#
# The second table is of five networks that tell kidney CT slices apart [2]: 12,446 slices, four
# classes, and two accuracies for each network.

# %% tags=["nbval-check-output"]
of_class = pd.Series({"Cyst": 3709, "Normal": 5077, "Stone": 1377, "Tumor": 2283})
kidney_table = pd.DataFrame(
    [
        ("EfficientNetB0", "0.1664", "0.4079", "0.2364", "33.98 %", "40.59 %"),
        ("MobileNetV2", "0.2525", "0.2500", "0.2350", "33.98 %", "82.58 %"),
        ("ResNet50", "0.2522", "0.2504", "0.2353", "34.08 %", "99.82 %"),
        ("InceptionV3", "0.2517", "0.2490", "0.2339", "33.95 %", "100.00 %"),
        ("Vision transformer", "0.30", "0.33", "0.31", "31 %", "87.32 %"),
    ],
    columns=["", "precision", "recall", "F1", "accuracy", "test accuracy"],
).set_index("")
kidney_table

# %% [markdown]
# ### Exercise 3: the majority row (2 points)
#
# A model always names the largest class, whatever it sees. Write `majority_row(support)` for
# the number of images of each class, (k,). Return the four numbers of its row in a results
# table: *weighted* precision, *weighted* recall, *weighted* F1, and accuracy, as shares in
# [0, 1].
#
# A weighted average multiplies the figure of each class by the class's share of all images,
# and adds. F1 is averaged like the others: first the F1 of each class, then the average. A
# class that is never named has precision, recall and F1 of 0. If several classes are equally
# large, it does not matter which one is named.
#
# Example: two classes with 60 and 40 images. The first has recall 1, precision 0.6, and F1
# 2 x 0.6 x 1 / (0.6 + 1) = 0.75. Weighted: 0.6 x 0.6 = 0.36, 0.6 x 1 = 0.6 and
# 0.6 x 0.75 = 0.45. The accuracy is 0.6. Hints: `checks.majority_row.hint()`.


# %% nbgrader={"grade": false, "grade_id": "majority_row", "locked": false, "schema_version": 3, "solution": true, "task": false}
def majority_row(support):
    """Images of each class (k,) -> weighted precision, recall and F1, and accuracy."""
    ### BEGIN SOLUTION
    p = np.max(support) / np.sum(support)
    return p**2, p, 2 * p**2 / (1 + p), p
    ### END SOLUTION


# %%
checks.majority_row(majority_row)

# %% nbgrader={"grade": true, "grade_id": "majority_row_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.majority_row(majority_row).right
assert checks.majority_row(
    majority_row,
    more=[
        (np.array([234, 390]), ""),
        (np.array([1, 2, 3, 4, 5, 6]), ""),
        (np.array([900, 1, 1]), ""),
        (np.array([3, 3]), ""),
        (np.array([0, 8]), ""),
        (np.array([1038, 1406, 114]), ""),
    ],
).right
### END HIDDEN TESTS


# %% tags=["nbval-check-output"]
def verdicts(findings):
    """Findings as a table."""
    with pd.option_context("display.max_colwidth", None):
        display(
            pd.DataFrame(
                [
                    (each.severity, each.code, each.title, each.evidence)
                    for each in findings
                ],
                columns=["verdict", "code", "", "evidence"],
            ).set_index("verdict")
        )


majority = audit.majority_row(of_class)
print("always Normal:", " ".join(f"{value:.4f}" for value in majority))
efficientnet = audit.audit_averages(
    0.1664, 0.4079, 0.2364, 0.3398, support=of_class, averaging="weighted", decimals=4
)
verdicts(efficientnet)

# %% [markdown]
# Three figures, four digits each: the first row is that of a model that calls every slice
# Normal (the averages are weighted). Its accuracy is then 40.79 %, since weighted recall *is*
# accuracy: each class's recall times its share is the share of images found. Beside it the table
# prints 33.98 %, and that is **impossible** for the same predictions. It is also, to the digit, the
# accuracy of the row below. Perhaps a line was copied; that is a guess. The other accuracy, 40.59 %,
# is near what always saying Normal gives on test images with classes in the same proportions.
#
# ## The rows beside it
#
# The next three rows have a recall of 0.2500, 0.2504 and 0.2490, with test accuracies of 82.58,
# 99.82 and 100.00 %. Suppose again that labels and predictions are unrelated. Then a slice is
# called Stone with the same probability whether or not it is a stone, so the recall of a class
# is simply the share of all slices that are called so. These shares add up to 1, and their plain
# average over four classes (the [macro](../docs/glossary.md#macro-average) recall) is 1/4, for any model, good or bad. With 12,446
# slices it strays from 1/4 by a few thousandths.

# %% tags=["nbval-check-output"]
averages = {
    "MobileNetV2": (0.2525, 0.2500, 0.2350, 0.3398),
    "ResNet50": (0.2522, 0.2504, 0.2353, 0.3408),
    "InceptionV3": (0.2517, 0.2490, 0.2339, 0.3395),
}
test_accuracy = {"MobileNetV2": 0.8258, "ResNet50": 0.9982, "InceptionV3": 1.0}
macro_rows = {
    name: audit.audit_averages(*row, averaging="macro", support=of_class, decimals=4)
    for name, row in averages.items()
}
verdicts(macro_rows["InceptionV3"])

# %% [markdown]
# And the last row, 0.30, 0.33, 0.31 and 31 %? If the averages were weighted, recall and accuracy
# would have to agree, and 0.33 is not 0.31. If they were macro averages, the four numbers fit. The
# table does not say which, so the check is **not applicable**: from a missing word nothing
# follows, in either direction.

# %% tags=["nbval-check-output"]
transformer = {
    averaging: audit.audit_averages(
        0.30, 0.33, 0.31, 0.31, averaging=averaging, support=of_class, decimals=2
    )
    for averaging in ("weighted", "macro", None)
}
for averaging, findings in transformer.items():
    print(f"{averaging or 'not told'}: {', '.join(each.severity for each in findings)}")

# %% [markdown]
# ## The cause, by experiment
#
# For this study the cause is known: it can be read in the public notebook behind the table. The
# images come from a *generator*, which hands them out in batches and, unless told otherwise,
# shuffles them anew on every pass. The generator also has a list `classes`: the labels *in the
# order of the folders*. The notebook pairs this list with predictions that arrived in shuffled
# order. Every line of it works, and nothing warns.

# %% tags=["hide-input"]
# @title The idea of this lesson in one picture
fig = plots.diagram(
    {
        "folder": (0, 0.8, "folder\nCyst, Cyst, ...\nTumor, Tumor"),
        "classes": (1, 0, "generator.classes\nfolder order", "blue"),
        "batches": (1, 1.6, "batches,\nshuffled", "orange"),
        "predictions": (2, 1.6, "predictions\nin shuffled order", "orange"),
        "report": (3, 0, "report: chance", "vermillion"),
        "loop": (2, 2.7, "labels of\nthe same batch", "green"),
        "right": (3, 2.2, "report:\nthe model", "green"),
    },
    [
        ("folder", "classes"),
        ("folder", "batches"),
        ("batches", "predictions"),
        ("classes", "report", "!label of image 1"),
        ("predictions", "report", "!prediction for 317"),
        ("predictions", "right"),
        ("batches", "loop"),
        ("loop", "right"),
    ],
    title="The same predictions, paired with the labels of other images, and with their own",
)
plots.show(
    fig,
    "A folder in the order of its classes feeds two paths: the list of classes in folder order, and shuffled "
    "batches, from which predictions come. Paired with the list they give a report at chance (dashed); paired "
    "with the labels of their own batches they give the model's report.",
)

# %% [markdown]
# We rebuild it with a model that we know to be excellent here: the lookup of lesson 01, which
# names the class of the most similar known slice. Slices of one patient stand on both sides, so
# it is nearly always right (and worth nothing for new patients; but that is lesson 01's story).

# %%
if DATA == "phantom":
    from helpers import windows
    from helpers.phantoms import kidney

    cohort = kidney.cohort(sizes["slices"], size=sizes["pixels"], seed=SEED)
    images, labels = windows.to_unit(cohort.hu, *windows.ABDOMEN), cohort.labels
    names = list(kidney.CLASS_NAMES)
else:
    from helpers import datasets

    cohort = datasets.load(
        "kidney_ct",
        "real",
        root=DATA_ROOT,
        size=sizes["pixels"],
        skip_unreadable=SKIP_UNREADABLE,
    )
    images, labels, names = cohort.images, cohort.labels, list(cohort.class_names)
order = seeds.generator(SEED, 3).permutation(len(labels))
known, asked = order[::2], order[1::2]  # slices dealt at random
memory = np.asarray(images[known], np.float32).reshape(len(known), -1)
lengths = (memory**2).sum(axis=1)


def lookup(batch):
    """Slices (n, h, w) -> the class of the most similar known slice, (n,)."""
    batch = np.asarray(batch, np.float32).reshape(len(batch), -1)
    distance = (
        lengths - 2 * batch @ memory.T
    )  # and the batch's own length, the same for all
    return labels[known][distance.argmin(axis=1)]


# %%
class Generator:
    """Slices of a folder, class after class; handed out in batches, shuffled on every pass."""

    def __init__(self, images, labels, shuffle=True, batch=32):
        in_order = np.argsort(labels, kind="stable")
        self.images, self.classes = images[in_order], labels[in_order]
        self.shuffle, self.batch, self.rng = shuffle, batch, seeds.generator(SEED, 4)

    def __iter__(self):
        rows = np.arange(len(self.classes))
        if self.shuffle:
            self.rng.shuffle(rows)
        for start in range(0, len(rows), self.batch):
            some = rows[start : start + self.batch]
            yield self.images[some], self.classes[some]


def confusion(truth, called):
    """Counts (k, k), rows are the truth."""
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (truth, called), 1)
    return counts


generator = Generator(images[asked], labels[asked])

# as in the notebook: predictions of shuffled batches, labels from the folder
called = np.concatenate([lookup(batch) for batch, _ in generator])
unpaired = confusion(generator.classes, called)

# in one loop: each batch's predictions beside its own labels
pairs = [(truth, lookup(batch)) for batch, truth in generator]
paired = confusion(*(np.concatenate(side) for side in zip(*pairs)))

# %% tags=["cover", "hide-input"]
# @title The two reports of one model
accuracies = [np.trace(counts) / counts.sum() for counts in (paired, unpaired)]
fig, axes = plt.subplots(1, 2, figsize=(8.5, 4.3))
for axis, counts, text in zip(
    axes, (paired, unpaired), ("labels of the same batch", "labels from the folder")
):
    share = np.trace(counts) / counts.sum()
    plots.confusion_heatmap(axis, counts, names, f"{text}: {plots.percent(share)} right")
fig.suptitle(
    f"One model, the same {paired.sum()} slices, two reports: {plots.percent(accuracies[0])} and "
    f"{plots.percent(accuracies[1])}",
    x=0.01, ha="left", fontsize=12,
)  # fmt: skip
plots.show(
    fig,
    f"Two confusion matrices of one model. Paired in one loop, nearly all of {paired.sum()} slices lie on the "
    f"diagonal ({plots.percent(accuracies[0])} right). Paired with the labels of the folder, every row has the "
    f"same shares ({plots.percent(accuracies[1])} right).",
)


# %%
def summary(counts):
    """Accuracy, macro averages and z of a confusion matrix."""
    hits, of_truth, of_called = np.diag(counts), counts.sum(1), counts.sum(0)
    return {
        "accuracy": hits.sum() / counts.sum(),
        "expected by chance": (of_truth * of_called).sum() / counts.sum() ** 2,
        "macro recall": (hits / of_truth).mean(),
        "macro F1": (2 * hits / (of_truth + of_called)).mean(),
        "z of kappa": audit.chance_z(hits, of_called, of_truth),
    }


two_reports = pd.DataFrame(
    {
        "labels of the same batch": summary(paired),
        "labels from the folder": summary(unpaired),
    }
).T
two_reports.round(3)

# %% [markdown]
# In the right-hand matrix every row has the same shares: what a slice *is* makes no difference
# to what it is called. Macro recall is about 1/4, and the accuracy is what chance expects. The
# model behind it is nearly perfect. So a shuffled report says nothing about the model, neither
# good nor bad.
#
# The cure is one loop: take the labels from the batch that gave the predictions. Or switch
# shuffling off for everything that is evaluated. And compute one number twice, by two ways: if
# the accuracy of the report is not that of `model.evaluate`, stop.

# %% [markdown]
# **Try it.** With `shuffle = False` both reports should agree. Predict the number first. Then make
# it `True` again.

# %%
shuffle = False
again = Generator(images[asked], labels[asked], shuffle=shuffle)
again_called = np.concatenate([lookup(batch) for batch, _ in again])
print(
    f"right, by the labels of the folder: {plots.percent((again_called == again.classes).mean())}"
)

# %% [markdown]
# ## What a shuffle cannot destroy
#
# A shuffle moves predictions from image to image. It does not change *how many* images were
# called Stone: the columns of both matrices have the same sums. So even a report that is worth
# nothing else tells how often each class was predicted.

# %% tags=["nbval-check-output"]
print("same number called of each class:", bool((paired.sum(0) == unpaired.sum(0)).all()))

# %% [markdown]
# ### Exercise 4: how often was each class predicted? (3 points)
#
# From a report we have `precision`, `recall` and `support` of each of k classes, (k,) each.
# Write `predicted_counts(precision, recall, support)`, which returns how many images were
# called each class, (k,), rounded to whole numbers.
#
# - Recall is hits / support, and precision is hits / predicted. Both share the hits.
# - If nothing of a class was found, its recall and precision are 0, and 0 / 0 says nothing. At
#   most one class is so. All n images were called something: take what the other classes
#   leave of the sum of `support`.
#
# Example: precision 0.6667 and 0.75, recall 0.8 and 0.6, support 10 and 10. The hits are 8 and
# 6. So 8 / 0.6667 = 12 images were called the first class, and 6 / 0.75 = 8 the second. Hints:
# `checks.predicted_counts.hint()`.


# %% nbgrader={"grade": false, "grade_id": "predicted_counts", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predicted_counts(precision, recall, support):
    """Precision, recall, support (k,) -> how many images were called each class, (k,)."""
    ### BEGIN SOLUTION
    found = recall > 0
    counts = np.zeros(len(support))
    counts[found] = np.round(recall[found] * support[found] / precision[found])
    counts[~found] = np.sum(support) - counts.sum()
    return counts
    ### END SOLUTION


# %%
checks.predicted_counts(predicted_counts)

# %% nbgrader={"grade": true, "grade_id": "predicted_counts_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.predicted_counts(predicted_counts).right
from helpers.checks.lesson07 import report_of

count_noise = np.random.default_rng(775)
count_cases = []
for tested_classes in (2, 3, 4, 6):
    for tested_none in (False, True):
        count_matrix = count_noise.integers(1, 60, (tested_classes, tested_classes))
        count_matrix[-1, -1] *= not tested_none
        count_cases.append((*report_of(count_matrix, 8), ""))
count_cases.append((*report_of(np.eye(3, dtype=int) * [4, 9, 2]), ""))
assert checks.predicted_counts(predicted_counts, more=count_cases).right
### END HIDDEN TESTS

# %% [markdown]
# ## Three networks, or one?
#
# Now to the three rows of [2]. The counts below come from the public notebook behind the table,
# not from the table itself. Take them to be right within an image or two (those of ResNet50 add
# up to 12,445, not 12,446). Beside them stands the truth.

# %% tags=["nbval-check-output"]
counts_of = pd.DataFrame(
    {
        "truth": of_class,
        "MobileNetV2": (4393, 6508, 86, 1459),
        "ResNet50": (4383, 6552, 90, 1420),
        "InceptionV3": (4414, 6485, 111, 1436),
    }
).T
counts_of

# %%
from scipy import stats

networks = counts_of.drop("truth")
alike = stats.chi2_contingency(networks.to_numpy()).pvalue
bounds = pd.DataFrame(
    {
        name: {
            "test accuracy, printed": test_accuracy[name],
            "most that these counts allow": 1 - np.abs(row - of_class).sum() / 2 / 12446,
            "accuracy beside the averages, printed": averages[name][3],
            "expected by chance from these counts": (row * of_class).sum() / 12446**2,
        }
        for name, row in networks.iterrows()
    }
).T
print(f"three draws from one model would differ this much or more with p = {alike:.2f}")
(100 * bounds).round(2).astype(str) + " %"

# %% tags=["hide-input"]
# @title How often each class was predicted
long = (
    counts_of.rename_axis("model")
    .reset_index()
    .melt("model", var_name="class", value_name="slices")
)
fig, axis = plt.subplots(figsize=(8.5, 3.6))
sns.barplot(
    data=long, x="class", y="slices", hue="model", ax=axis,
    palette=[plots.COLOURS[name] for name in ("grey", "sky", "blue", "purple")],
)  # fmt: skip
for bars in axis.containers:
    axis.bar_label(bars, fontsize=8, padding=1)
axis.set(xlabel="", ylabel="slices")
axis.legend(title="")
axis.set_title("Three networks, nearly the same counts, and all far from the truth")
plots.show(
    fig,
    "Bars of how many slices each of three networks called Cyst, Normal, Stone and Tumor, beside the truth. "
    "The three agree within a few dozen; the truth holds 1377 stones, the networks call about 100 slices so.",
)

# %% [markdown]
# Read the table in three steps.
#
# - *The accuracy beside the averages is chance.* 33.98, 34.08 and 33.95 % are printed, and 34.04
#   to 34.14 % are expected for these counts. A perfect model's shuffled report would have about 30.1 %
#   (its counts would be those of the truth). So **at chance**, three times.
# - *The counts set a limit.* A model that calls 111 slices Stone has missed at least 1,266 of the
#   1,377 stones. With these counts no model is right in more than 83 % *of these slices*. MobileNetV2
#   states 82.58 %, ResNet50 99.82 % and InceptionV3 100.00 %. Of the same slices the last two would
#   be **impossible**. They are of 7,100 test images, so the word is **suspicious**: the test images
#   are among the 12,446, and the networks would have to be perfect there and wrong in about 40 % of
#   the other 5,346 slices, on which they were trained.
# - *The counts are alike.* Three draws of 12,446 predictions from *one* model differ about as much as
#   these three do. Three networks of different design would hardly agree so. **Suspicious**: most
#   likely one model was evaluated three times. A second look at the code settles it, and only that.
#
# ## F1 below both of its parents
#
# The third study [3] reports, for its kidney network, an accuracy of 99.57 %, a precision of 99.58 %,
# a recall of 99.56 % and an F1 of 99.34 %. For one class F1 is the harmonic mean of precision and
# recall, so it lies between them. For averages over classes that is not so:

# %% tags=["nbval-check-output"]
precision, recall = np.array([1.0, 0.5]), np.array([0.5, 1.0])
f1 = 2 * precision * recall / (precision + recall)
print(
    f"two classes, macro: precision {precision.mean()}, recall {recall.mean()}, F1 {f1.mean():.3f}"
)

# %% [markdown]
# Averaged F1 can lie below both, where one class has much precision and little recall and another
# the reverse. But the room shrinks near 100 %. How low can F1 be beside 99.58 and 99.56 %?

# %% tags=["nbval-check-output"]
rows = []
for averaging in audit.AVERAGINGS:
    low, high = audit.f1_bounds(0.9958, 0.9956, averaging, of_class, decimals=4)
    both_ends = (
        (f"{100 * low:.3f} %", f"{100 * high:.3f} %") if low <= high else ("none", "none")
    )
    rows.append((averaging, *both_ends, "99.34 %"))
f1_range = pd.DataFrame(rows, columns=["average", "lowest F1", "highest F1", "printed"])
cnn = audit.audit_averages(0.9958, 0.9956, 0.9934, 0.9957, support=of_class, decimals=4)
display(f1_range.set_index("average"))
verdicts(cnn)

# %% [markdown]
# Under none of the three standard averages does the row exist (with micro averages precision and
# recall would have to be equal), so it is **impossible** as a row of one average. It may well
# have a harmless origin: precision and recall of one average and F1 of another, or a figure kept by
# the training loop, which averages over batches. What does not follow is that the network is worse
# than stated. The gap is 0.2 points. Lesson 02 has asked the question that matters more, which is
# whether the test slices were of new patients.
#
# ## Which standard deviation?
#
# The chest X-ray study [1] ends with a test: means of 30 heatmaps in each of two groups. It prints
# means, standard deviations, t and d. Lesson 06 began with it; now you write the check.

# %% [markdown]
# ### Exercise 5: an effect from its summary (3 points)
#
# Write `effect_from_summary(mean_a, sd_a, n_a, mean_b, sd_b, n_b, sd_ddof)`, which returns the
# pair (t, d) of Student's t-test and of Cohen's d.
#
# - A standard deviation is the root of a sum of squares, divided by n - `sd_ddof`. So the sum of
#   squares of group a is sd_a^2 (n_a - `sd_ddof`), whichever of the two was printed: 1 for sample
#   standard deviations, 0 where n was divided by.
# - The pooled variance is both sums of squares together, divided by n_a + n_b - 2. Its root is s.
# - d = (mean_b - mean_a) / s, and t = (mean_a - mean_b) / (s sqrt(1 / n_a + 1 / n_b)). So t is of
#   a - b, as in SciPy, d of b - a, and their signs are opposite.
#
# Example: means 2 and 5, SDs 1 and 2.582, n 3 and 4, `sd_ddof` 1. The sums of squares are 2 and
# 20, the pooled variance is 22 / 5 = 4.4, d = 3 / 2.098 = 1.43 and t = -1.87. Hints:
# `checks.effect_from_summary.hint()`.


# %% nbgrader={"grade": false, "grade_id": "effect_from_summary", "locked": false, "schema_version": 3, "solution": true, "task": false}
def effect_from_summary(mean_a, sd_a, n_a, mean_b, sd_b, n_b, sd_ddof):
    """Printed means, SDs and numbers of two groups, and what the SDs' n is less -> t, d."""
    ### BEGIN SOLUTION
    squares = sd_a**2 * (n_a - sd_ddof) + sd_b**2 * (n_b - sd_ddof)
    s = np.sqrt(squares / (n_a + n_b - 2))
    d = (mean_b - mean_a) / s
    return -d / np.sqrt(1 / n_a + 1 / n_b), d
    ### END SOLUTION


# %%
checks.effect_from_summary(effect_from_summary)

# %% nbgrader={"grade": true, "grade_id": "effect_from_summary_tests", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Graded after collection, by further tests.
### BEGIN HIDDEN TESTS
assert checks.effect_from_summary(effect_from_summary).right
summary_noise = np.random.default_rng(774)
summary_cases = [
    (0.215205, 0.018152, 30, 0.242184, 0.020368, 30, tested, "") for tested in (0, 1)
]
for tested_a, tested_b in ((5, 50), (12, 3), (2, 2), (400, 90)):
    summary_means = summary_noise.normal(0, 3, 2)
    summary_sds = summary_noise.uniform(0.1, 4, 2)
    for tested in (0, 1):
        summary_cases.append(
            (
                summary_means[0], summary_sds[0], tested_a,
                summary_means[1], summary_sds[1], tested_b, tested, "",
            )
        )  # fmt: skip
assert checks.effect_from_summary(effect_from_summary, more=summary_cases).right
### END HIDDEN TESTS

# %% tags=["nbval-check-output"]
means_and_sds = (0.215205, 0.018152, 30, 0.242184, 0.020368, 30)
effects = {ddof: audit.effect_from_summary(*means_and_sds, sd_ddof=ddof) for ddof in (0, 1)}
display(
    pd.DataFrame(
        {f"SD of ddof {ddof}": (f"{e.t:.4f}", f"{e.d:.4f}") for ddof, e in effects.items()}
        | {"printed": ("-5.3253", "1.3985")},
        index=["t", "d"],
    ).T
)
two_sds = audit.audit_effects(*means_and_sds, t="-5.3253", d="1.3985")
verdicts(two_sds)

# %% [markdown]
# The printed t belongs to one reading of the SDs and the printed d to the other. Each is possible
# alone; together they are not. The difference is small, and no conclusion of the study turns on it. It
# is a good example of what an audit mostly finds: not fraud, but a line of code that nobody checked
# against another.
#
# ## What arithmetic cannot settle
#
# The gravest errors often leave no trace in the sums. Some checks need a list of images, some a look
# at a picture, some only a slow reading:

# %%
severe = audit.interval_for_accuracy(24, 32)
ratio = of_class.max() / of_class.min()
parts = (12446, 11024, 7100)
lookup_on_real = results.recorded("01").get("nn_accuracy_slice_split")
lookup_text = "not recorded" if lookup_on_real is None else plots.percent(lookup_on_real)
read = [
    ("[3]", "a balanced representation", f"5,077 to 1,377: {ratio:.1f} to 1", "counting"),
    ("[2]", "three parts of images", f"{sum(parts):,} in parts, 12,446 in all", "adding"),
    (
        "[4]",
        "chronic kidney disease",
        "labels: cyst, stone, tumour, normal",
        "reading the labels",
    ),
    ("[5]", "brain CT", "the sample images show lungs", "looking at the images"),
    (
        "[2]",
        "Grad-CAM of kidney networks",
        "cells load ImageNet weights",
        "reading the code",
    ),
    (
        "[4]",
        "an accuracy of 100 %",
        f"pixel lookup: {lookup_text}",
        "a baseline (lesson 01)",
    ),
    (
        "[5]",
        "recall 0.75 of a class",
        f"24 of 32: {plots.percent(severe.low)} to {plots.percent(severe.high)}",
        "an interval",
    ),
]
pd.DataFrame(read, columns=["study", "claim", "beside it", "found by"]).set_index("study")

# %% [markdown]
# The second line is a *pigeonhole*: three parts with 30,570 images in all cannot be separate when
# there are 12,446. Since the training part holds them all, each test image was trained on. The
# sources of these lines are the texts of [2] to [5] and the public notebooks behind [2] and [5]; the
# interval of the last line is Wilson's [6], with images taken as independent.
#
# ## The best of a hundred epochs
#
# One more case is not among the five, and it is everywhere. A tutorial trains a network on image
# patches for 100 epochs, looks at 25 validation patches after each, keeps the best epoch, and
# reports that epoch's accuracy on the same 25 patches. No figure in it is impossible. How much does
# the *design* add?
#
# Here we know the truth. A patch is noise of 12 x 12 pixels with a faint spot, bright or dark.
# Logistic regression learns from 200 patches, with the wobble that real training has: a constant
# step, small batches, and pixels dropped at random. After each epoch it classifies its 25
# validation patches, and 1,000 new ones.


# %%
SPOT_Y, SPOT_X = np.mgrid[:12, :12] - 5.5
SPOT = 0.3 * np.exp(-(SPOT_X**2 + SPOT_Y**2) / 6).ravel().astype(np.float32)


def patches(rng, *shape):
    """Noise with a faint spot: images (..., 144), and whether the spot is bright (...)."""
    bright = rng.integers(0, 2, shape)
    noise = rng.standard_normal((*shape, 144), dtype=np.float32)
    return noise + SPOT * np.float32(2 * bright - 1)[..., None], bright


def hundred_epochs(validation, dropout, repetitions, stream):
    """Accuracy on `validation` patches and on 1000 new ones, (100, repetitions) each."""
    rng = seeds.generator(SEED, 5, stream)
    images, bright = patches(rng, repetitions, 200)
    few, few_bright = patches(rng, repetitions, validation)
    new, new_bright = patches(rng, 1000)
    weights, seen, true = np.zeros((repetitions, 144), np.float32), [], []
    for _ in range(100):
        for some in np.split(rng.permutation(200), 20):  # batches of 10
            kept = images[:, some]
            if dropout:
                kept = kept * (rng.random(kept.shape, np.float32) > dropout) / (1 - dropout)
            logit = np.einsum("rbd,rd->rb", kept, weights)
            error = 1 / (1 + np.exp(-np.clip(logit, -30, 30))) - bright[:, some]
            weights -= np.float32(0.3 / 10) * np.einsum(
                "rb,rbd->rd", np.float32(error), kept
            )
        seen.append(
            ((np.einsum("rvd,rd->rv", few, weights) > 0) == few_bright).mean(axis=1)
        )
        true.append(((new @ weights.T > 0) == new_bright[:, None]).mean(axis=0))
    return np.array(seen), np.array(true)


# %%
runs = {
    "wobbling": hundred_epochs(25, 0.5, sizes["trainings"], 0),
    "calm": hundred_epochs(25, 0.0, sizes["trainings"], 1),
}
tutorial = {}
for name, (seen, true) in runs.items():
    best, column = seen.argmax(axis=0), np.arange(seen.shape[1])
    tutorial[name] = {
        "reported: best epoch, 25 patches": seen.max(axis=0),
        "true: the same epoch, 1000 new patches": true[best, column],
        "last epoch, 25 patches": seen[-1],
        "true: last epoch, 1000 new patches": true[-1],
    }
inflation = {
    name: (
        each["reported: best epoch, 25 patches"]
        - each["true: the same epoch, 1000 new patches"]
    ).mean()
    for name, each in tutorial.items()
}
pd.DataFrame(
    {
        name: {row: plots.percent(v.mean(), 1) for row, v in each.items()}
        for name, each in tutorial.items()
    }
)

# %% tags=["hide-input"]
# @title One training, and what many would have reported
seen, true = runs["wobbling"]
one, best = 0, int(seen[:, 0].argmax())
fig, (left, right_axis) = plt.subplots(1, 2, figsize=(8.5, 3.6), width_ratios=(1.25, 1))
for accuracy, colour, name in (
    (seen[:, one], "sky", "25 validation patches"),
    (true[:, one], "blue", "1,000 new patches"),
):
    line = {"color": plots.COLOURS[colour], "label": name, "ax": left}
    sns.lineplot(x=np.arange(1, 101), y=100 * accuracy, **line)
star = {"color": plots.COLOURS["vermillion"], "markersize": 15, "label": "reported"}
left.plot(best + 1, 100 * seen[best, one], "*", **star)
left.set(xlabel="epoch", ylabel="accuracy (%)", ylim=(40, 105), title="One training")
left.legend(loc="lower right", fontsize=9)
long = pd.DataFrame(
    {
        "reported": 100 * tutorial["wobbling"]["reported: best epoch, 25 patches"],
        "true": 100 * tutorial["wobbling"]["true: the same epoch, 1000 new patches"],
    }
).melt(var_name="", value_name="accuracy (%)")
sns.boxplot(
    data=long, x="", y="accuracy (%)", hue="", width=0.5, ax=right_axis, saturation=1,
    palette={"reported": plots.COLOURS["vermillion"], "true": plots.COLOURS["blue"]},
)  # fmt: skip
right_axis.set(ylim=(40, 105), title=f"{seen.shape[1]} trainings, the same epoch")
fig.suptitle(
    f"The best of 100 epochs on 25 patches overstates by {100 * inflation['wobbling']:.0f} points",
    x=0.01, ha="left", fontsize=12,
)  # fmt: skip
plots.show(
    fig,
    "Left, accuracy over 100 epochs on 25 validation patches, jumping widely, and on 1000 new patches, nearly flat; "
    "the star marks the highest point, which is reported. Right, reported and true accuracy of many trainings: "
    f"{plots.percent(long[long[''] == 'reported']['accuracy (%)'].mean() / 100)} against "
    f"{plots.percent(long[long[''] == 'true']['accuracy (%)'].mean() / 100)} on average.",
)

# %% [markdown]
# The epoch that was kept is no better than the last one: its true accuracy is about the same. Only
# the report is better. 25 patches move by 4 points with every patch, a hundred looks find a lucky
# moment, and the luck is reported as skill. How much luck there is depends on how much the network
# still changes: a calm training gains less. Choosing an epoch on validation patches is fine.
# *Reporting* on the patches that chose it is not: report on others.
#
# The same can be estimated without training anything. If the hundred looks were independent, how
# good would the best be of a network that is truly right in 70 %, on 25 patches?

# %% tags=["nbval-check-output"]
right_of_25 = np.arange(26)
highest = np.diff(stats.binom.cdf(np.arange(-1, 26), 25, 0.7) ** 100)
alone = audit.interval_for_accuracy(18, 25)
print(
    f"best of 100 independent looks: {plots.percent((highest * right_of_25).sum() / 25)} on average"
)
print(
    f"one look, 18 of 25 right: 95 % interval {plots.percent(alone.low)} to {plots.percent(alone.high)}"
)

# %% [markdown]
# **Try it.** With ten times as many validation patches, how many points remain? Predict, then run.

# %%
validation_patches = 250
seen, true = hundred_epochs(validation_patches, 0.5, 20, 2)
chosen = seen.argmax(axis=0)
print(
    f"overstated by {100 * (seen.max(axis=0) - true[chosen, np.arange(20)]).mean():.1f} points"
)

# %% [markdown]
# ## Checks that cannot fail
#
# "We checked it, and it was consistent" sounds good. How good is it? A check has *power*: the share
# of tables with an error that it would have called impossible. `audit.power` prints random tables
# of a given shape, changes one digit, and counts. A check whose power is 0 could not have failed,
# and its silence says nothing.

# %%
one_report, one_row = {"support": (234, 390)}, {"support": tuple(of_class), "decimals": 4}
shapes = {
    "report of 624 images, 2 decimals": ("report", one_report),
    "report of 10,000 images, 2 decimals": ("report", {"support": (4000, 6000)}),
    "recall alone, 624 images, 2 decimals": (
        "report",
        one_report | {"columns": ("recall",), "accuracy": False},
    ),
    "row of weighted averages, 4 classes": (
        "averages",
        one_row | {"averaging": "weighted"},
    ),
    "t and d of 30 + 30 values, 4 decimals": ("effect", {"n_a": 30, "n_b": 30}),
    "mean of 30 whole numbers, 2 decimals": ("grim", {"n": 30}),
    "mean of 200 whole numbers, 2 decimals": ("grim", {"n": 200}),
}
powers = {
    text: audit.power(check, n_draws=sizes["power"], seed=SEED, **shape)
    for text, (check, shape) in shapes.items()
}

# %% tags=["hide-input"]
# @title The power of each check
fig, axis = plt.subplots(figsize=(8.5, 3.6))
plots.bars_with_intervals(
    axis,
    {
        text: (each.value, (each.low, each.high), plots.COLOURS["blue"])
        for text, each in powers.items()
    },
)
axis.set(xlabel="tables with one wrong digit that are called impossible (%)")
fig.suptitle(
    "A report betrays a wrong digit, a row of averages seldom, and two checks cannot fail",
    x=0.01,
    ha="left",
    fontsize=12,
)
plots.show(
    fig,
    "Share of tables with one wrong digit that each check calls impossible: "
    + "; ".join(f"{text} {plots.percent(each.value)}" for text, each in powers.items())
    + ".",
)

# %% [markdown]
# A whole report has so many numbers that bind each other that a wrong digit hardly passes. A row of
# averages over four classes is another matter: one equation (weighted recall is accuracy) and a few
# wide bounds are all there is, and most wrong digits pass. So that we could refute the row of [3] and
# the first row of [2] was luck, and the silence of such a check means little.
#
# Two checks cannot fail at all. With 234 and 390 images every recall of two decimals occurs, and so
# does every mean of 200 whole numbers (GRIM [7] is the name of that check). There the verdict must be
# *not applicable*, and "consistent" would be an empty word.
#
# ## All tables, one list
#
# These are the findings of this lesson. `audit` keeps them as objects: a code, a verdict, the
# evidence, what follows and what does not. The codes are explained in
# [docs/findings.md](../docs/findings.md).

# %% tags=["nbval-check-output"]
xray = audit.audit_report(
    *columns, support, 0.54, beside={"test accuracy": 0.7740}, classes=list(report.index),
    decimals={"test accuracy": 4},
)  # fmt: skip
models = audit.audit_models(
    {name: {"predicted": tuple(row)} for name, row in networks.iterrows()}, support=of_class
)
found = {
    "[1] report": xray,
    "[1] test": two_sds,
    "[2] row 1": efficientnet,
    **{f"[2] row {number}": macro_rows[name] for number, name in enumerate(averages, 2)},
    "[2] row 5": transformer[None],
    "[2] three models": models,
    "[3] row": cnn,
}
listed = [
    (table, f.severity, f.code, f.title) for table, each in found.items() for f in each
]
with pd.option_context("display.max_colwidth", None):
    display(
        pd.DataFrame(listed, columns=["table", "verdict", "code", ""]).set_index("table")
    )

# %%
for finding in xray:
    display(
        Markdown(
            f"**{finding.code} {finding.title}** ({finding.severity}). {finding.evidence}\n\n"
            f"*Follows:* {finding.what_follows} *Does not follow:* {finding.what_does_not_follow}"
        )
    )

# %% [markdown]
# Notice the last words of each. An audit that does not say what it has *not* shown is an
# accusation.
#
# You need not write Python for this. Put a table into a CSV file and run
#
#     python -m course audit TABLE.csv
#
# which reads percent signs, decimal commas and column names, and writes the same findings as a
# page. The tables of this lesson lie in `data/published/`, ready to be tried.
#
# ## Our own tables
#
# Who audits others should be audited first. [Our own results](../docs/results.md) give, for lesson
# 03, the accuracy, sensitivity and specificity on 624 real test images (234 normal, 390 with
# pneumonia). The figures are those that were recorded, rounded as that page rounds them.

# %%
own = results.recorded("03")
wanted = ("test_specificity", "test_sensitivity", "test_accuracy")
if all(name in own for name in wanted):
    specificity, sensitivity, accuracy = (round(own[name], 2) for name in wanted)
    ours = audit.audit_report(
        recall=(specificity, sensitivity), support=(234, 390), accuracy=accuracy,
        classes=["Normal", "Pneumonia"],
    )  # fmt: skip
    verdicts(ours)
else:
    ours = []
    print("no figures of lesson 03 are recorded: not applicable")

# %% [markdown]
# A test of this repository does the same with every table of that page that can be audited, by the
# command above. If it fails, we have printed something that cannot be, and the course does not pass
# its own tests.
#
# ## A card for your model
#
# The best audit is the one that your readers need not do. A *model card* [8] tells in one page what
# a model is for, how good it is and for whom, and where it fails. The next cell writes one for the
# classifier of lesson 03, from the results that the lessons saved on your machine. For lessons that
# you have not run, figures recorded on real images stand in, and the card says so. What is missing
# is said to be missing.

# %%
from helpers import cards

sources = cards.gather(PROFILE, DATA, SEED)
card = cards.model_card(sources)
cards.write("model_card.md", card)
Markdown(card)

# %% [markdown]
# A *reporting checklist* asks what a report must tell so that others can judge it. CLAIM [9] is
# the one for imaging, with 42 questions in its version of 2020 (there is an update of 2024, and a
# journal will want that one). Here it is for the same model. Read the lines that say *missing*: these
# are the ones a reviewer will ask about.

# %%
claim = cards.checklist(sources)
cards.write("claim_checklist.md", claim)
Markdown(claim)

# %% [markdown]
# Both files lie in the folder `cards` of the course's cache (`results.cache()` names it). Take them
# as the beginning of your own: the answers are text in `helpers/cards`, and a model of yours needs
# answers of yours.
#
# ## What this lesson states

# %%
at_zero, at_quarter = (
    called_chance.query("images == 624 and abs(kappa - @kappa) < 0.01")["share"].item()
    for kappa in (0, 0.25)
)
right_paired, right_unpaired = accuracies
first_row = " ".join(f"{value:.4f}" for value in majority[:3])
stated = {
    "Exactly four matrices fit the chest X-ray report, none with 77.40 % right.": (
        fits.complete and fits.count == 4 and bool((four["agreement"] < 0.54).all())
    ),
    "All four lie within 2.58 standard deviations of chance.": (
        bool((four["z of kappa"].abs() < 2.58).all())
    ),
    "With 624 images at least 97 % of unrelated labels are called at chance.": at_zero
    > 0.97,
    "With 624 images under 2 % of models with kappa 0.25 are.": at_quarter < 0.02,
    "Always naming Normal gives the first row of the kidney table to four digits.": (
        first_row == "0.1664 0.4079 0.2364"
    ),
    "In one loop the lookup is right in more than 95 %; unpaired it is at chance.": bool(
        right_paired > 0.95 and abs(two_reports["z of kappa"].iloc[1]) < 4
    ),
}

# %%
stated |= {
    "Both pairings have the same number of predictions of each class.": bool(
        (paired.sum(0) == unpaired.sum(0)).all()
    ),
    "The printed t belongs to SDs divided by n, the printed d to SDs divided by n - 1.": (
        abs(effects[0].t + 5.3253) < 2e-4 and abs(effects[1].d - 1.3985) < 1e-4
    ),
    "The best of 100 epochs on 25 patches overstates by more than 5 points.": bool(
        inflation["wobbling"] > 0.05
    ),
    "A wrong digit in a report of 624 images seldom passes, in a row of averages it often does.": (
        powers["report of 624 images, 2 decimals"].value
        > 0.8
        > powers["row of weighted averages, 4 classes"].value
    ),
    "Recall alone and the mean of 200 whole numbers could not have failed.": (
        powers["recall alone, 624 images, 2 decimals"].value == 0
        and powers["mean of 200 whole numbers, 2 decimals"].value == 0
    ),
    "Our own table of lesson 03 is not impossible.": (
        all(finding.severity != "impossible" for finding in ours)
    ),
}
results.claims(stated)

# %% [markdown]
# ## What changes on real data?
#
# The published tables are real already. What can be repeated on the real kidney slices is the
# experiment with the two reports.

# %%
figures = {
    "slices_asked": int(paired.sum()),
    "accuracy_paired": right_paired,
    "accuracy_unpaired": right_unpaired,
    "expected_by_chance": float(two_reports["expected by chance"].iloc[1]),
    "macro_recall_paired": float(two_reports["macro recall"].iloc[0]),
    "macro_recall_unpaired": float(two_reports["macro recall"].iloc[1]),
    "matrices_that_fit": int(fits.count),
    "agreement_of_these": [float(four["agreement"].min()), float(four["agreement"].max())],
    "expected_of_these": [float(four["expected"].min()), float(four["expected"].max())],
    "called_normal": [int(four["called Normal"].min()), int(four["called Normal"].max())],
    "unrelated_called_at_chance": float(at_zero),
    "kappa_025_called_at_chance": float(at_quarter),
    "three_models_p": float(alike),
    "most_that_the_counts_allow": [
        float(value) for value in bounds["most that these counts allow"]
    ],
    "best_of_100_overstates_wobbling": float(inflation["wobbling"]),
    "best_of_100_overstates_calm": float(inflation["calm"]),
    "best_of_100_reported": float(
        tutorial["wobbling"]["reported: best epoch, 25 patches"].mean()
    ),
    "best_of_100_true": float(
        tutorial["wobbling"]["true: the same epoch, 1000 new patches"].mean()
    ),
    "findings": [f"{table}: {severity} ({code})" for table, severity, code, _ in listed],
} | {f"power: {text}": each.value for text, each in powers.items()}
rows = {
    "slices_asked": "slices asked",
    "accuracy_paired": "accuracy, labels of the same batch",
    "accuracy_unpaired": "accuracy, labels from the folder",
    "expected_by_chance": "expected by chance",
    "macro_recall_paired": "macro recall, labels of the same batch",
    "macro_recall_unpaired": "macro recall, labels from the folder",
}
results.compare_with_recorded("07", figures, rows)

# %% [markdown]
# ## Limits
#
# - An audit sees what is printed. A table can be consistent in every digit and wrong: the leak of
#   lesson 01 passes all of these checks.
# - "At chance" needs the matrix, or the margins that a report implies. For macro averages alone it
#   rests on the recall being near 1 / k, which an odd model can reach by itself.
# - The counts of the three networks are from a notebook, not from the table, and are right within an
#   image or two.
# - That one model was reported three times, and how the chest X-ray report came about, are inferences.
# - The trainings of the hundred epochs are of a small linear model; larger networks wobble in their
#   own way.
# - The power of a check depends on how tables go wrong. Ours changes one digit. Real errors may be
#   larger, and then they are found more often.
#
# ## Key points
#
# - Printed numbers constrain each other. Compute what one implies, and compare it with the next.
# - *Impossible*, *at chance* and *suspicious* are three different things. Say which one you mean, and
#   what does not follow.
# - Before you admire an accuracy, compute what chance agrees and what always naming the largest
#   class scores.
# - Labels and predictions belong in one loop. A shuffled report says nothing about the model, good or
#   bad, except how often each class was predicted.
# - Do not report on the images that chose the model.
# - A check that could not have failed shows nothing. State its power, or at least n.
#
# ## Check yourself
#
# <details><summary>A report of 40 images and a report of 40,000 images are printed to two decimals. Which of the two can an audit find fault with more easily, and why?</summary>
#
# That of 40 images. With few images only few shares exist, so a wrong digit mostly gives a number that
# no counts can give. With 40,000 nearly every combination of two-digit shares exists.
#
# </details>
#
# <details><summary>A table of four classes gives macro recall 0.251 for a network with a stated accuracy of 97 %. What do you suspect, and what would you ask for?</summary>
#
# Predictions that were paired with the labels of other images: macro recall is then about 1/4 for
# any model. Ask for the confusion matrix, or for the loop that collects labels and predictions. It is
# not shown that the network is bad.
#
# </details>
#
# <details><summary>Weighted recall 0.88, accuracy 0.91, the same test images. What can you say?</summary>
#
# Impossible: weighted recall is accuracy. Perhaps the recall is a macro average, or the figures come
# from two runs.
#
# </details>
#
# <details><summary>Macro F1 is lower than both macro precision and macro recall. Is that impossible?</summary>
#
# No. It happens where one class has more precision than recall and another more recall than
# precision. How far below it can lie depends on both numbers; near 100 % there is hardly any room.
#
# </details>
#
# <details><summary>Somebody trains 50 networks, chooses the best by 40 validation patients, and reports its accuracy on these. Which single sentence would you add to the paper?</summary>
#
# "The reported accuracy is the highest of fifty on the patients that chose the network and is
# therefore too high; on new patients it is ...", with the figure and its interval.
#
# </details>
#
# ## Sources
#
# 1. A study of chest X-rays with a frozen ResNet50 and Grad-CAM. Our copy names neither authors nor
#    journal.
# 2. A comparison of five networks on kidney CT slices, with its public notebook.
# 3. A study of a convolutional network for kidney CT, 180 x 180 pixels.
# 4. A study of a deep network with SMOTE on the same kidney slices, arXiv 2512.09244.
# 5. A course project on CT slices with focal loss, with its public notebook.
# 6. E. B. Wilson, *J. Am. Stat. Assoc.* 22 (1927) 209-212.
# 7. N. J. L. Brown, J. A. J. Heathers, *Soc. Psychol. Personal. Sci.* 8 (2017) 363-369: GRIM.
# 8. M. Mitchell et al., Model cards for model reporting, *FAT\** (2019) 220-229.
# 9. J. Mongan, L. Moy, C. E. Kahn, *Radiol. Artif. Intell.* 2 (2020) e200029: CLAIM; update: A. S.
#    Tejani et al., *Radiol. Artif. Intell.* 6 (2024) e240300.
# 10. J. Cohen, *Educ. Psychol. Meas.* 20 (1960) 37-46: kappa. J. L. Fleiss, J. Cohen, B. S. Everitt,
#     *Psychol. Bull.* 72 (1969) 323-327: its standard error.
#
# **What is graded.** The five exercises, 13 points in all: everything that fits (3), expected
# agreement (2), the majority row (2), counts from a report (3), an effect from its summary (3).
# Hidden tests call your functions on further numbers.
#
# The cell below adds up your points so far, by the checks that you see.

# %%
checks.score()

# %% [markdown]
# **Next.** This was the last lesson. Use it on your own paper, before somebody else does. If you want
# to begin again with other eyes: [Lesson 01](01_data_exploration.ipynb).

# %%
path = results.save("07", figures, profile=PROFILE, data=DATA, seed=SEED)
