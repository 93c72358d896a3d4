# %% [markdown]
# ## Your functions on recorded maps
#
# In the lesson five networks are trained on phantom X-rays, from the same recipe and from five
# random starts. Training takes Keras; the statistics do not. So here are the maps that those
# networks made of 30 normal images and 30 with pneumonia, recorded (their
# [card](../data/maps/README.md)): maps of 6x6 cells, signed, for the pneumonia class and for
# the class that each network predicts.

# %%
from helpers import heatmap_stats, plots
from helpers.heatmap_stats.recorded import recorded_maps

maps = recorded_maps()
sick = maps.pneumonia
print(f"{len(maps.signed_of_pneumonia)} networks, {(~sick).sum()} + {sick.sum()} images")


def tried(answer, *arguments):
    """What an answer returns, to three digits; nan while it is still to be written."""
    try:
        return np.round(answer(*arguments), 3)
    except NotImplementedError:
        return np.nan


# %% tags=["hide-input"]
# @title Draw two maps of each class
kept = np.maximum(maps.signed_of_predicted[0], 0)
shown = [np.flatnonzero(sick == is_sick)[k] for is_sick in (False, True) for k in (0, 1)]
fig, axes = plt.subplots(1, 4, figsize=(8.5, 2.4))
for axis, i in zip(axes, shown):
    axis.imshow(kept[i], cmap="inferno", vmin=0, vmax=kept[shown].max())
    axis.set_title("Pneumonia" if sick[i] else "Normal", fontsize=10)
    axis.axis("off")
plots.show(
    fig,
    "Grad-CAM maps of the predicted class, 6x6 cells, of two normal images and of two with "
    "pneumonia, on one scale.",
)

# %% [markdown]
# The study's score is the mean of a map that was divided by its own maximum. Your functions
# compare the two groups of scores; `compare_groups` of the course does the same, with intervals.

# %%
scores = heatmap_stats.mean_max_normalised(kept)
normal, pneumonia = scores[~sick], scores[sick]
shuffles = np.array([np.random.default_rng(k).permutation(len(scores)) for k in range(999)])
print("your Cohen's d:", tried(cohens_d, normal, pneumonia))
print("your Welch's t:", tried(welch_t, normal, pneumonia))
print("your p from shuffles:", tried(permutation_p, normal, pneumonia, shuffles))
heatmap_stats.compare_groups(normal, pneumonia, names=("Normal", "Pneumonia"))

# %% [markdown]
# **Is this a finding about lungs?** Explain the other class, or scale the map in another way:
# the images stay the same. Then take another of the five networks.

# %%
scalings = {
    "raw": heatmap_stats.mean_raw,
    "own maximum": heatmap_stats.mean_max_normalised,
    "min-max, signed": heatmap_stats.mean_minmax_normalised,
}
explained = {"pneumonia": maps.signed_of_pneumonia, "predicted": maps.signed_of_predicted}
found = {}
for class_name, signed in explained.items():
    for scaling, score in scalings.items():
        lowest = signed.min(axis=(2, 3), keepdims=True)
        cut = signed - lowest if scaling == "min-max, signed" else np.maximum(signed, 0)
        groups = [(values[~sick], values[sick]) for values in map(score, cut)]
        found[f"{class_name} class, {scaling}"] = [heatmap_stats.cohens_d(*two) for two in groups]
table = pd.DataFrame(found, index=[f"network {k}" for k in range(1, len(signed) + 1)]).T
table.round(2)

# %% tags=["hide-input"]
# @title Draw d for the six choices and the five networks
fig, axis = plt.subplots(figsize=(8.5, 3.2))
for y, (name, values) in enumerate(table.iterrows()):
    colour = plots.COLOURS["vermillion" if name.startswith("pneumonia") else "blue"]
    axis.plot(values, np.full(len(values), y), "o", color=colour, alpha=0.7)
axis.axvline(0, color="black", linewidth=1)
axis.set_yticks(range(len(table)), table.index)
axis.invert_yaxis()
axis.set(xlabel="Cohen's d, Pneumonia less Normal; a dot is a network")
axis.set_title(f"The same {len(sick)} images: d from {table.min().min():+.1f} to {table.max().max():+.1f}")
plots.show(
    fig,
    "Cohen's d of the same images for two explained classes and three scalings, five networks "
    "each. " + "; ".join(f"{n} {v.min():+.1f} to {v.max():+.1f}" for n, v in table.iterrows()) + ".",
)

# %% [markdown]
# **How many observations are these?** Here are maps of patients with pneumonia who have several
# images each. One mean a patient, and the price of counting every image as a patient:

# %%
many = heatmap_stats.mean_max_normalised(maps.several_of_predicted)
usable = np.isfinite(many)
many, patients = many[usable], maps.several_patients[usable]
icc = heatmap_stats.intraclass_correlation(many, patients)
sizes = np.unique(patients, return_counts=True)[1]
m = (sizes**2).sum() / sizes.sum()
means = tried(patient_means, many, patients)
print(f"{len(many)} images of {len(sizes)} patients, ICC {icc:.2f}, {m:.1f} images a patient")
print(f"mean over images {many.mean():.3f}, over your means of patients {np.mean(means):.3f}")
print("share of false positives at 5 %, by your function:", tried(false_positive_rate, m, icc))
