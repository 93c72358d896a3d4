"""Charts of a classifier at work: ROC curves with operating points, scores, reliability with counts, repeated trainings."""

import matplotlib.pyplot as plt
import numpy as np

from helpers.plots.base import COLOURS, percent

PARTS = {"validation": ("sky", "--"), "test": ("blue", "-")}


def roc_panel(axis, curves, points, title):
    """ROC curves of validation and test patients, with the point of the chosen threshold.

    curves : part -> (false positive rate, true positive rate), shares. points : part -> (sensitivity, specificity).
    """
    axis.plot([0, 100], [0, 100], color="#B0B0B0", linewidth=1)
    for part, (false_positive_rate, true_positive_rate) in curves.items():
        colour, line = COLOURS[PARTS[part][0]], PARTS[part][1]
        axis.plot(
            100 * np.asarray(false_positive_rate), 100 * np.asarray(true_positive_rate), line, color=colour,
            linewidth=2.2, label=part,
        )  # fmt: skip
        sensitivity, specificity = points[part]
        axis.plot(100 - 100 * specificity, 100 * sensitivity, "o", color=colour, markersize=9, mec="black")
    axis.set(xlim=(-2, 102), ylim=(-2, 104), xlabel="100 % - specificity (%)", ylabel="sensitivity (%)")
    axis.set_title(title, fontsize=11)
    axis.legend(loc="lower right", title="dots: our threshold", title_fontsize=9, fontsize=9)


def score_figure(sources):
    """How the probabilities of normal (left) and diseased (right) images are spread, on validation and test patients.

    sources : name -> (threshold, {False or True, diseased: {part: (n_bins,) shares in bins of equal width from 0 to 1}}).

    Returns
    -------
    matplotlib figure, a row for each source.
    """
    fig, axes = plt.subplots(
        len(sources), 2, figsize=(8.5, 2.6 * len(sources) + 0.4), sharex=True, squeeze=False
    )
    for row, (name, (threshold, found)) in zip(axes, sources.items()):
        for axis, diseased in zip(row, (False, True)):
            for part, colour, width in (("validation", "sky", 5), ("test", "vermillion", 2)):
                shares = np.asarray(found[diseased][part])
                axis.stairs(
                    100 * shares, np.linspace(0, 1, len(shares) + 1), color=COLOURS[colour], linewidth=width,
                    label=part,
                )  # fmt: skip
            axis.axvline(threshold, color="black", linestyle=":", linewidth=1.5)
            axis.set_title(f"{name}: {'pneumonia' if diseased else 'normal'}", fontsize=10.5)
        row[0].set_ylabel("images (%)")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    for axis in axes[-1]:
        axis.set_xlabel("probability of pneumonia (dotted: threshold)")
    return fig


def reliability_panel(axis, bins, title):
    """Observed share against mean probability, with the number of images at each dot.

    bins : name -> ((mean, share, count) as of `evaluation.reliability`, colour of `COLOURS`, marker).
    """
    axis.plot([0, 1], [0, 1], color="#B0B0B0", linewidth=1)
    for number, (name, ((mean, share, count), colour, marker)) in enumerate(bins.items()):
        filled = count > 0
        axis.plot(mean[filled], share[filled], marker, color=COLOURS[colour], label=name)
        if number == len(bins) - 1:
            for x, y, n in zip(mean[filled], share[filled], count[filled]):
                axis.annotate(str(n), (x, y), xytext=(5, -12), textcoords="offset points", fontsize=8.5)
    axis.set(xlim=(-0.02, 1.08), ylim=(-0.08, 1.04), xlabel="mean probability in the bin")
    axis.set_title(title, fontsize=11)
    axis.legend(fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def trainings(axis, values, chosen=(), shapes=None):
    """One row a recipe: a dot for each training, and their mean as a line.

    values : name -> list of numbers. chosen : names drawn in blue, all others in grey. shapes : name -> marker.
    """
    for y, (name, found) in enumerate(values.items()):
        colour, marker = COLOURS["blue" if name in chosen else "grey"], (shapes or {}).get(name, "o")
        axis.plot(found, [y] * len(found), marker, color=colour, alpha=0.7, markersize=8)
        axis.plot([np.mean(found)] * 2, [y - 0.3, y + 0.3], color="black", linewidth=2)
    axis.set_yticks(range(len(values)), list(values))
    axis.set_ylim(len(values) - 0.5, -0.5)


def curves(history, epochs, end):
    """Loss and accuracy over the epochs, with the recipe's last epoch and the validation loss that training runs towards.

    history : table of `training.fit`. epochs : of the recipe. end : validation loss of the head trained to its end.

    Returns
    -------
    matplotlib figure.
    """
    fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.2))
    for axis, column, scale in zip(axes, ("loss", "accuracy"), (1, 100)):
        axis.plot(scale * history[column], "--", color=COLOURS["blue"], label="training")
        axis.plot(scale * history[f"val_{column}"], color=COLOURS["vermillion"], label="validation")
        axis.axvline(epochs, color="black", linestyle=":", linewidth=1.3)
        axis.annotate(
            f"epoch {epochs}", (epochs, 0.97), xycoords=("data", "axes fraction"), xytext=(4, 0),
            textcoords="offset points", va="top", fontsize=9,
        )  # fmt: skip
        axis.set(xlabel="epoch", ylabel=column if scale == 1 else f"{column} (%)")
    axes[0].axhline(end, color=COLOURS["grey"], linewidth=1.3, label="validation, trained to the end")
    axes[0].set_ylim(0, None)
    axes[0].legend(fontsize=9)
    return fig


def predictive_panel(axis, prevalence, positive_value, negative_value, at):
    """Predictive values against prevalence; `at`: prevalence -> Estimate of the positive one. All are shares."""
    for values, text, style, colour in (
        (negative_value, "no pneumonia, if predicted negative", "--", "blue"),
        (positive_value, "pneumonia, if predicted positive", "-", "vermillion"),
    ):
        axis.plot(100 * prevalence, 100 * values, style, color=COLOURS[colour], linewidth=2.4, label=text)
    for share, (value, low, high) in at.items():
        axis.plot([100 * share] * 2, [100 * low, 100 * high], color="black", linewidth=1.5)
        axis.plot(100 * share, 100 * value, "o", color="black")
        axis.annotate(
            f"{percent(share)} diseased: {percent(value)} ({100 * low:.0f} to {100 * high:.0f})",
            (100 * share, 100 * value), xytext=(8, -14), textcoords="offset points",
        )  # fmt: skip
    axis.legend(loc="lower right")
    axis.set(
        xlabel="prevalence (% diseased)", ylabel="predictive value (%)", ylim=(0, 104),
        xlim=(0, 100 * prevalence.max()),
    )  # fmt: skip
