"""Charts that several lessons need."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from helpers.plots.base import CLASS_COLOURS, COLOURS, percent


def bars_with_intervals(axis, bars):
    """Horizontal bars from 0 to 100 %, the first on top, with their figures and 95 % intervals.

    bars : name -> (share in [0, 1], (low, high) or None, colour).
    """
    for y, (name, (share, interval, colour)) in zip(range(len(bars) - 1, -1, -1), bars.items()):
        axis.barh(y, 100 * share, color=colour, height=0.62)
        text, end = percent(share, 1 if share > 0.99 else 0), share
        if interval is not None:
            low, high = interval
            axis.plot([100 * low, 100 * high], [y, y], color="black", linewidth=1.6, solid_capstyle="butt")
            text, end = f"{text} ({percent(low)} to {percent(high)})", max(share, high)
        axis.text(100 * end + 1.5, y, text, va="center", fontsize=10)
    axis.set_yticks(range(len(bars) - 1, -1, -1), list(bars))
    axis.set_xlim(0, 118)
    axis.set_xticks(range(0, 101, 20))


def strips(axis, values, names, dot=7):
    """One row of dots per class with its median as a line; the dots are spread up and down so that all show.

    values : for each class (m,) numbers. names : what each row is called.
    """
    rows = np.repeat(names, [len(one) for one in values])
    numbers = np.concatenate([np.asarray(one, float) for one in values])
    palette = dict(zip(names, CLASS_COLOURS))
    # seaborn spreads the dots by NumPy's global numbers: a figure must not move those of others
    state = np.random.get_state()
    np.random.seed(0)
    sns.stripplot(
        x=numbers, y=rows, hue=rows, order=list(names), palette=palette, legend=False, jitter=0.28, size=dot**0.5,
        alpha=0.6, ax=axis,
    )  # fmt: skip
    np.random.set_state(state)
    for row, one in enumerate(values):
        axis.plot([np.median(one)] * 2, [row - 0.4, row + 0.4], color="black", linewidth=2)


def training_curves(history, title):
    """Loss, accuracy, F1, precision and recall over the epochs, training and validation, best epochs marked.

    history : table of `training.fit`.

    Returns
    -------
    matplotlib figure.
    """
    lowest, highest = history["val_loss"].idxmin(), history["val_accuracy"].idxmax()
    panels = {
        "loss": "loss",
        "accuracy": "accuracy",
        "f1": "F1",
        "precision": "precision",
        "recall": "recall",
    }
    fig, axes = plt.subplots(2, 3, figsize=(8.5, 4.8), sharex=True)
    key = axes[0, 2]
    for axis, (column, name) in zip((axis for axis in axes.flat if axis is not key), panels.items()):
        percents = 1 if column == "loss" else 100
        axis.axvline(lowest, color=COLOURS["grey"], linewidth=1.4)
        axis.axvline(highest, color=COLOURS["grey"], linewidth=1.4, linestyle=":")
        axis.plot(percents * history[column], "o--", color=COLOURS["blue"], markersize=3.5)
        axis.plot(percents * history[f"val_{column}"], "s-", color=COLOURS["vermillion"], markersize=3.5)
        axis.set_title(name if column == "loss" else f"{name} (%)", fontsize=10.5)
        axis.set_ylim((0, None) if column == "loss" else (0, 103))
        axis.xaxis.get_major_locator().set_params(integer=True)
    for axis in axes[1]:
        axis.set_xlabel("epoch")
    lines = [
        plt.Line2D([], [], color=COLOURS["blue"], marker="o", linestyle="--", markersize=3.5),
        plt.Line2D([], [], color=COLOURS["vermillion"], marker="s", markersize=3.5),
        plt.Line2D([], [], color=COLOURS["grey"]),
        plt.Line2D([], [], color=COLOURS["grey"], linestyle=":"),
    ]
    names = [
        "training (augmented,\nwhile the weights move)",
        "validation",
        f"lowest validation\nloss: epoch {lowest}",
        f"highest validation\naccuracy: epoch {highest}",
    ]
    key.axis("off")
    key.legend(lines, names, loc="center left", fontsize=9.5, labelspacing=0.9)
    fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    return fig


def confusion_heatmap(axis, confusion, class_names, title):
    """Counts of a confusion matrix with their share of the row, on one scale from 0 to 100 %.

    confusion : (k, k) counts, rows are the truth.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    texts = [[f"{count}\n{percent(share)}" for count, share in zip(*row)] for row in zip(confusion, shares)]
    sns.heatmap(
        shares, vmin=0, vmax=1, cmap="cividis", annot=texts, fmt="", annot_kws={"fontsize": 9.5}, cbar=False,
        square=True, xticklabels=list(class_names), yticklabels=list(class_names), ax=axis,
    )  # fmt: skip
    axis.tick_params(length=0, rotation=0)
    axis.set(xlabel="predicted", ylabel="truth")
    axis.set_title(title, fontsize=11)


def metric_bars(axis, series):
    """Bars of several metrics side by side, from 0 to 100 %, with figures and 95 % intervals.

    series : name -> (metric -> Estimate or number in [0, 1], colour); the same metrics for all.
    """
    metrics = list(next(iter(series.values()))[0])
    height = 0.8 / len(series)
    for row, (name, (values, colour)) in enumerate(series.items()):
        for y, metric in enumerate(metrics):
            value, *interval = np.atleast_1d(values[metric])
            middle, end = y + (row - (len(series) - 1) / 2) * height, max([value, *interval])
            axis.barh(middle, 100 * value, 0.9 * height, color=colour, label=name if y == 0 else None)
            if interval:
                axis.plot(100 * np.array(interval), [middle] * 2, color="black", linewidth=1.4)
            text = percent(value, 1 if value < 0.99 else 2)
            axis.text(100 * end + 1, middle, text, va="center", fontsize=9)
    axis.set_yticks(range(len(metrics)), metrics)
    axis.invert_yaxis()
    axis.set_xlim(0, 115)
    axis.set_xticks(range(0, 101, 20))


def reliability_diagram(axis, mean, share, count, colour=COLOURS["blue"], label=None):
    """Observed share against predicted probability, in bins; the larger a dot, the more images.

    mean, share, count : (n_bins,) each, as of `evaluation.reliability`. The diagonal is perfect calibration.
    """
    filled = count > 0
    axis.plot([0, 100], [0, 100], color="black", linestyle=":", linewidth=1)
    axis.plot(100 * mean[filled], 100 * share[filled], color=colour, linewidth=1.2, label=label)
    area = 20 + 180 * count[filled] / count.max()
    axis.scatter(100 * mean[filled], 100 * share[filled], s=area, color=colour, alpha=0.8, linewidths=0)
    axis.set(xlim=(-3, 103), ylim=(-3, 103), xlabel="predicted probability (%)", ylabel="observed share (%)")
