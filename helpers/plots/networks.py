"""A network as boxes and arrows, drawn from the Keras model itself; and how right it is on known and on new patients."""

import matplotlib.pyplot as plt
import seaborn as sns

from helpers.plots.base import COLOURS, percent
from helpers.plots.diagrams import diagram

COLUMNS = 4
KINDS = {  # class of a Keras layer -> words in the box, colour
    "InputLayer": ("image", "grey"),
    "Rescaling": ("rescaling", "grey"),
    "Conv2D": ("convolution", "blue"),
    "MaxPooling2D": ("max pooling", "sky"),
    "Flatten": ("flatten", "grey"),
    "GlobalAveragePooling2D": ("global average", "sky"),
    "Dense": ("dense", "orange"),
    "Softmax": ("softmax", "green"),
}


def network_diagram(model, title=""):
    """The layers of a model in order, four in a row, to the right and back again, each with its output shape and its number of parameters.

    Parameters
    ----------
    model : keras.Model whose layers follow one another; no branches are drawn.

    Returns
    -------
    matplotlib figure. Show it with `plots.show`.
    """
    boxes, names = {}, [layer.name for layer in model.layers]
    for number, layer in enumerate(model.layers):
        words, colour = KINDS.get(type(layer).__name__, (layer.name, "grey"))
        activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
        words += f", {activation}" * (activation not in ("linear", words))
        shape = " x ".join(str(side) for side in layer.output.shape[1:])
        text = f"{words}\n{shape}" + (
            f"\n{layer.count_params():,} parameters" if layer.count_params() else ""
        )
        row, column = divmod(number, COLUMNS)
        boxes[layer.name] = (COLUMNS - 1 - column if row % 2 else column, row, text, colour)
    return diagram(boxes, list(zip(names, names[1:])), title)


def accuracy_chart(rules, ways, published):
    """Accuracy of several rules on images of known patients and of new ones, with one interval each.

    Parameters
    ----------
    rules : name -> (accuracy on known patients, `Estimate` on new ones, (d,) accuracies on new ones in each deal).
    ways : two texts for the legend, known patients and new ones.
    published : accuracy that is marked by a line; all in [0, 1].

    Returns
    -------
    matplotlib figure. Show it with `plots.show`.
    """
    known, new = COLOURS["vermillion"], COLOURS["blue"]
    fig, axis = plt.subplots(figsize=(8.5, 0.8 * len(rules) + 1.4))
    for y, (on_known, estimate, deals) in enumerate(rules.values()):
        axis.plot([100 * estimate.low, 100 * estimate.high], [y, y], color=new, linewidth=7, alpha=0.35)
        axis.plot(100 * estimate.value, y, "o", color=new, markersize=9)
        axis.plot(100 * on_known, y, "D", color=known, markersize=8)
        sns.scatterplot(x=[100 * one for one in deals], y=y + 0.27, color=new, marker="|", s=70, ax=axis)
        low, high = percent(estimate.low), percent(estimate.high)
        text = f"{percent(estimate.value)} ({low} to {high})"
        axis.text(50 * (estimate.low + estimate.high), y - 0.25, text, ha="center", fontsize=9.5)
    axis.axvline(100 * published, color="black", linestyle=":", linewidth=1.2)
    axis.set_yticks(range(len(rules)), list(rules))
    axis.set(xlim=(0, 103), ylim=(len(rules) - 0.4, -0.6), xlabel="right slices (%)")
    marks = [
        plt.Line2D([], [], color=known, marker="D", linestyle=""),
        plt.Line2D([], [], color=new, marker="o", linewidth=7, alpha=0.6),
        plt.Line2D([], [], color=new, marker="|", linestyle=""),
        plt.Line2D([], [], color="black", linestyle=":"),
    ]
    names = [ways[0], f"{ways[1]}, 95 % interval", "single deals", "published"]
    fig.legend(marks, names, loc="outside lower center", ncols=4, fontsize=9.5)
    return fig
