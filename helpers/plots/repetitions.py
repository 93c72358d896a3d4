"""Repetitions of an experiment: each a line from way to way, so that the pairs can be seen."""

import numpy as np
import pandas as pd
import seaborn as sns

from helpers.plots.base import COLOURS


def paired(axis, values, colours):
    """Several ways that were tried on the same repetitions: a grey line is a repetition, a bar the mean of a way.

    Parameters
    ----------
    axis : matplotlib axes. values : name of a way -> (r,) numbers, entry i of all ways from repetition i.
    colours : one colour for each way.

    Raises
    ------
    ValueError : ways with different numbers of repetitions, or not one colour for each.
    """
    lengths = {name: len(each) for name, each in values.items()}
    if len(set(lengths.values())) != 1 or len(colours) != len(values):
        raise ValueError(
            f"expected as many repetitions of each way, and a colour for each; got {lengths} and {len(colours)} colours"
        )
    long = pd.DataFrame(values).rename_axis("repetition").reset_index().melt("repetition", var_name="way")
    sns.lineplot(
        long, x="way", y="value", units="repetition", estimator=None, sort=False, marker="o", linewidth=1,
        color=COLOURS["grey"], alpha=0.55, ax=axis,
    )  # fmt: skip
    for x, (each, colour) in enumerate(zip(values.values(), colours)):
        axis.plot([x - 0.3, x + 0.3], [np.mean(each)] * 2, color=colour, linewidth=3.5, solid_capstyle="butt")
    axis.set(xlabel="", ylabel="", xlim=(-0.5, len(values) - 0.5))
