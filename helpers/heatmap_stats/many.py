"""Many tests at once: Holm's correction, and clusters of pixels."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from helpers.heatmap_stats.arms import exponent


class Clusters(NamedTuple):
    """statistic : (h, w) float64, t of a - b at each pixel. clusters : list of (h, w) bool, joined pixels beyond the
    threshold, of one sign each. p_values : (number of clusters,) float64. threshold : |t| that a pixel must exceed.
    """

    statistic: np.ndarray
    clusters: list
    p_values: np.ndarray
    threshold: float


def holm(p_values, alpha=0.05):
    """Holm's correction: keeps the chance of any false rejection among several tests at alpha, whatever their dependence.

    In rising order the k-th of n p-values is multiplied by n - k + 1; none may fall below its predecessor, or exceed 1.

    Parameters
    ----------
    p_values : (n,) float in [0, 1].

    Returns
    -------
    rejected : (n,) bool. adjusted : (n,) float64 in [0, 1]; rejected where adjusted <= alpha.

    References
    ----------
    S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979) 65-70; computed by
    `statsmodels.stats.multitest.multipletests`.
    """
    p_values = np.asarray(p_values, float)
    if p_values.ndim != 1 or not len(p_values) or not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError(
            "expected p-values (n,), one at least, all in [0, 1]; NaN is none: leave that test out, and say so"
        )
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    from statsmodels.stats.multitest import multipletests  # takes a second to import

    rejected, adjusted, *_ = multipletests(p_values, alpha, method="holm")
    return rejected, adjusted


def cluster_permutation(maps_a, maps_b, *, threshold=None, n_permutations=1000, seed=7):
    """Where do two groups of maps differ? Cluster-based permutation test over pixels.

    Student's t at each pixel; neighbours (above, below, left, right) beyond the threshold and of one sign join in a
    cluster; a cluster weighs the sum of its t. Its p is the share of label shuffles (the labels as they are count as one
    of them) whose heaviest cluster, of either sign, weighs as much or more. So the chance of *any* cluster with p <= alpha
    under the null is alpha, but a cluster's outline is not itself tested: it moves with the threshold.

    It compares pixel (i, j) with pixel (i, j). Where anatomy is not aligned, the same organ lies at different pixels, and
    an effect on it is smeared out or lost. Maps must be independent: one a patient (average a patient's maps first).

    Parameters
    ----------
    maps_a, maps_b : (n_a, h, w), (n_b, h, w) finite float; h, w at least 2; two maps or more in each group.
    threshold : |t|, above 0; None: that of a two-sided p of 0.01 at one pixel, df n_a + n_b - 2. Fix it beforehand.
    n_permutations : the labels as they are included, so p >= 1 / n_permutations. Time grows with it and with the pixels:
        a second for 1,000 and 30 + 30 maps of 56 x 56, half a minute at 224 x 224.

    Returns
    -------
    Clusters, heaviest first (so smallest p first); none where no pixel exceeds the threshold. A pixel that is constant over
    all maps has t = 0.

    Raises
    ------
    ModuleNotFoundError : mne is not installed. ValueError : maps of other shapes, fewer than two, NaN.

    References
    ----------
    E. Maris, R. Oostenveld, Nonparametric statistical testing of EEG- and MEG-data, J. Neurosci. Methods 164 (2007)
    177-190; computed by `mne.stats.permutation_cluster_test`. Outlines: J. Sassenhagen, D. Draschkow, Psychophysiology
    56 (2019) e13335.
    """
    maps_a, maps_b = np.asarray(maps_a, np.float64), np.asarray(maps_b, np.float64)
    if maps_a.ndim != 3 or maps_a.shape[1:] != maps_b.shape[1:] or min(maps_a.shape[1:], default=0) < 2:
        raise ValueError(
            f"expected maps (n, h, w), of one size in both groups; got {maps_a.shape} and {maps_b.shape}"
        )
    if maps_b.ndim != 3 or min(len(maps_a), len(maps_b)) < 2:
        raise ValueError(f"expected 2 maps or more in each group; got {len(maps_a)} and {len(maps_b)}")
    if not (np.isfinite(maps_a).all() and np.isfinite(maps_b).all()):
        raise ValueError("maps hold NaN or infinite values")
    threshold = stats.t.isf(0.005, len(maps_a) + len(maps_b) - 2) if threshold is None else threshold
    if not 0 < threshold < np.inf or n_permutations < 1:
        raise ValueError(
            f"expected a threshold above 0 and 1 permutation or more; got {threshold}, {n_permutations}"
        )
    try:
        import mne
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "cluster_permutation needs the optional package mne: pip install mne (or this course with its extra [cluster])",
            name="mne",
        ) from error

    unit = exponent(maps_a, maps_b)
    maps_a, maps_b = np.ldexp(maps_a, -unit), np.ldexp(maps_b, -unit)  # t stays
    with mne.use_log_level("error"):
        statistic, clusters, p_values, _ = mne.stats.permutation_cluster_test(
            [maps_a - maps_a[0], maps_b - maps_a[0]],  # t stays; pixels that are constant become exactly 0
            threshold=threshold,
            n_permutations=n_permutations,
            tail=0,
            stat_fun=_t,
            adjacency=None,  # the pixel lattice, without diagonals
            out_type="mask",
            buffer_size=None,
            seed=seed,
        )
    order = np.argsort([-abs(statistic[cluster].sum()) for cluster in clusters]).astype(int)
    return Clusters(
        statistic, [clusters[k] for k in order], np.asarray(p_values, float)[order], float(threshold)
    )


def _t(a, b):
    """Student's t of a - b for each column: (n_a, pixels), (n_b, pixels) -> (pixels,); 0 where nothing varies."""
    difference = a.mean(axis=0) - b.mean(axis=0)
    squares = len(a) * a.var(axis=0) + len(b) * b.var(axis=0)
    error = np.sqrt(squares / (len(a) + len(b) - 2) * (1 / len(a) + 1 / len(b)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((difference == 0) & (error == 0), 0.0, difference / error)
