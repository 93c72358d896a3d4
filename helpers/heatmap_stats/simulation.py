"""Experiments without any effect, many at once: how often does a test find one all the same?"""

import operator
from typing import NamedTuple

import numpy as np

from helpers.heatmap_stats.effects import students_t


class NullExperiments(NamedTuple):
    """p-values of many experiments in which the two groups do not differ.

    naive_p : (n_experiments,) float, t-test that takes every slice for a patient. patient_p : t-test of patient means.
    naive_rate, patient_rate : share of p below alpha, in [0, 1]. Each has a Monte-Carlo standard error of
    sqrt(rate (1 - rate) / n_experiments): 0.005 for 5 % and 2,000 experiments.
    """

    naive_p: np.ndarray
    patient_p: np.ndarray
    naive_rate: float
    patient_rate: float


def null_experiments(n_experiments, n_patients, m, icc, *, alpha=0.05, seed=7):
    """Null experiments with m slices a patient: two groups from one population, tested naively and by patient.

    value = sqrt(icc) patient + sqrt(1 - icc) slice, both standard normal: variance 1, and slices of a patient correlate
    by icc. Both tests are Student's; on patient means it is exact, since these are independent and normal.

    Parameters
    ----------
    n_experiments : 1 or more. n_patients : in each of the two groups, 2 or more. m : slices a patient, 1 or more.
    icc : intra-class correlation, in [0, 1). With icc near 1 naive tests reject nearly always for large m.
    alpha : the level, in (0, 1).

    Returns
    -------
    NullExperiments. The naive rate is close to `naive_false_positive_rate(m, icc)` from about 10 patients a group on;
    with fewer it is higher still.
    """
    if min(n_experiments, m) < 1 or n_patients < 2 or not 0 <= icc < 1 or not 0 < alpha < 1:
        raise ValueError(
            "expected n_experiments >= 1, n_patients >= 2, m >= 1, icc in [0, 1) and alpha in (0, 1); "
            f"got {n_experiments}, {n_patients}, {m}, {icc}, {alpha}"
        )
    n_experiments, n_patients, m = (operator.index(number) for number in (n_experiments, n_patients, m))
    rng = np.random.default_rng(seed)
    patients = rng.standard_normal((n_experiments, 2, n_patients, 1))
    slices = rng.standard_normal((n_experiments, 2, n_patients, m))
    values = np.sqrt(icc) * patients + np.sqrt(1 - icc) * slices
    naive_p = _p_values(values.reshape(n_experiments, 2, n_patients * m))
    patient_p = _p_values(values.mean(axis=3))
    return NullExperiments(
        naive_p, patient_p, float((naive_p < alpha).mean()), float((patient_p < alpha).mean())
    )


def _p_values(arms):
    """Student's t-test of each experiment: (n_experiments, 2, n) -> (n_experiments,)."""
    n, means, sds = arms.shape[2], arms.mean(axis=2), arms.std(axis=2, ddof=1)
    return students_t(means[:, 0], sds[:, 0], n, means[:, 1], sds[:, 1], n).p
