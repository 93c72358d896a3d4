"""Inference for heatmaps: scores of maps, tests of two groups, patients, power, simulation, many pixels.

One sign rule holds throughout. Differences and effect sizes (difference, d, g, their intervals) are b - a: how far the
second group lies above the first. Test statistics (t, Welch's t, U) are of a against b, as in SciPy: t is negative where
b is larger.
"""

from helpers.heatmap_stats.clustering import design_effect, intraclass_correlation, naive_false_positive_rate
from helpers.heatmap_stats.comparison import compare_groups
from helpers.heatmap_stats.effects import cohens_d, hedges_correction, hedges_g
from helpers.heatmap_stats.many import Clusters, cluster_permutation, holm
from helpers.heatmap_stats.planning import power, required_n
from helpers.heatmap_stats.reporting import Comparison
from helpers.heatmap_stats.scores import (
    centroid,
    empty,
    mean_max_normalised,
    mean_minmax_normalised,
    mean_raw,
)
from helpers.heatmap_stats.simulation import NullExperiments, null_experiments

__all__ = [
    "Clusters",
    "Comparison",
    "NullExperiments",
    "centroid",
    "cluster_permutation",
    "cohens_d",
    "compare_groups",
    "design_effect",
    "empty",
    "hedges_correction",
    "hedges_g",
    "holm",
    "intraclass_correlation",
    "mean_max_normalised",
    "mean_minmax_normalised",
    "mean_raw",
    "naive_false_positive_rate",
    "null_experiments",
    "power",
    "required_n",
]
