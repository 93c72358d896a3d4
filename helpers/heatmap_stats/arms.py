"""The two arms of a comparison, checked: scores, and the patients they come from."""

import numpy as np

from helpers.arguments import MISSING


def two_arms(a, b, names=("a", "b"), unit="values"):
    """Both arms as (n,) float64, two finite values at least in each, and some variance in one at least; or `ValueError`."""
    arms = [np.asarray(values, np.float64) for values in (a, b)]
    for values, name in zip(arms, names):
        if values.ndim != 1:
            raise ValueError(f"{name}: expected one score for each image, (n,); got shape {values.shape}")
        lost = np.count_nonzero(~np.isfinite(values))
        if lost:
            raise ValueError(
                f"{name}: {lost} of {len(values)} scores are NaN or infinite, as normalised scores of empty maps are. "
                "Empty maps must be counted and left out explicitly: heatmap_stats.empty(maps) tells which"
            )
        if len(values) < 2:
            raise ValueError(f"{name}: a comparison needs 2 {unit} or more in each arm, got {len(values)}")
    if all(_constant(values) for values in arms):
        raise ValueError(
            f"neither {names[0]} nor {names[1]} has any variance among its {unit}: t and d would be divided by 0. "
            "Look at the scores: were all maps empty or equal?"
        )
    return arms


def two_sets_of_patients(groups_a, groups_b, arms, names):
    """Patients of both arms as (n,) str, one per score, no patient in both, two at least in each; or `ValueError`."""
    patients = []
    for groups, values, name in zip((groups_a, groups_b), arms, names):
        groups = np.asarray(groups, object)
        if groups.shape != values.shape:
            raise ValueError(
                f"{name}: expected a patient for each of the {len(values)} scores; got groups of shape {groups.shape}"
            )
        missing = sum(str(group).strip().lower() in MISSING for group in groups)
        if missing:
            raise ValueError(
                f"{name}: {missing} of {len(groups)} scores have no patient (None, NaN or empty text)"
            )
        patients.append(groups.astype(str))
        if len(np.unique(patients[-1])) < 2:
            raise ValueError(
                f"{name}: all {len(groups)} scores are of one patient, {str(groups[0])!r}. A comparison of patients "
                "needs 2 or more in each arm: more images of one patient do not help"
            )
    both = np.intersect1d(*patients)
    if len(both):
        raise ValueError(
            f"patients in both arms: {len(both)}, the first is {str(both[0])!r}: such a design needs a paired test "
            "(scipy.stats.ttest_rel on each patient's two means)"
        )
    return patients


def exponent(*arrays):
    """e, so that all values of the arrays, divided by 2^e, lie in (-1, 1): their squares neither overflow nor vanish.

    Division by a power of two is exact: t and d of the divided values are those of the values themselves.
    """
    return int(np.frexp(max(np.abs(values).max(initial=0) for values in arrays))[1])


def patient_means(values, patients):
    """The mean of each patient's values: (n,), (n,) -> (number of patients,), in the order of the sorted ids."""
    _, member, count = np.unique(patients, return_inverse=True, return_counts=True)
    return np.bincount(member, values) / count


def _constant(values):
    """One value everywhere, but for rounding."""
    values = np.ldexp(values, -exponent(values))
    return np.ptp(values) <= 8 * np.finfo(float).eps * np.abs(values).max()


def check_options(names, alpha, n_permutations, n_draws, seed):
    """Names, level and numbers of draws that a comparison can work with, or `ValueError`."""
    if len(names) != 2 or names[0] == names[1]:
        raise ValueError(f"expected two different names, got {names}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    if min(n_permutations, n_draws) < 1:
        raise ValueError(f"expected 1 or more permutations and draws, got {n_permutations} and {n_draws}")
