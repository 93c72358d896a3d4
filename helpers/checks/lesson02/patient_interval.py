"""Lesson 02, exercise 6: `patient_interval`."""

from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np
from scipy.stats import beta

from helpers import evaluation
from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson02.shared import pair


@lru_cache(maxsize=32)
def whole_patient_draws(correct, groups, n_draws):
    """Sorted shares of correct slices in `n_draws` draws of the helper."""
    correct, shares = np.array(correct), []
    evaluation.bootstrap(lambda k: shares.append(correct[k].mean()) or 0, np.array(groups), n_draws, 1)
    return np.sort(shares[:n_draws])


def _judge_single_draws(interval, correct, groups, seed):
    """With n_draws = 1 both ends are the one draw, and few shares are possible."""
    member = np.unique(groups, return_inverse=True)[1]
    right, slices = np.bincount(member, weights=correct), np.bincount(member)
    draws = [list(drawn) for drawn in combinations_with_replacement(range(len(slices)), len(slices))]
    singles = np.array([interval(1, seed + k) for k in range(25)])
    if np.isclose(singles, singles[:, :1]).all():
        for shares, reason in (
            ([right[k].sum() / slices[k].sum() for k in draws], ""),
            ([(right[k] / slices[k]).mean() for k in draws], "You average the patients' shares. Take the share of all drawn slices: more slices weigh more."),
            (np.arange(len(correct) + 1) / len(correct), "Draw patients, not slices: a drawn patient brings all of its slices."),
        ):  # fmt: skip
            if np.isclose(singles[:, :1], shares).any(axis=1).all():
                if reason:
                    raise Wrong(reason)
                return
    raise Wrong(
        f"With n_draws = 1, both ends are that one draw of {len(slices)} whole patients, with replacement: one that is "
        "drawn twice counts twice. No such draw gives what your function returned."
    )


def _judge(call, correct, groups, n_draws, seed, because):
    def interval(draws, start):
        ends = numbers(pair(call(correct, groups, draws, start), "low, high"))
        if ends is None or ends.shape != (2,) or not np.isfinite(ends).all():
            raise Wrong("Return two finite numbers, the lower and the upper end of the interval.")
        if ends[0] > ends[1]:
            raise Wrong("Return the lower end first.")
        if ends[0] < -1e-9 or ends[1] > 1 + 1e-9:
            raise Wrong(
                "Return shares in [0, 1], not percentages, and take percentiles, not standard deviations."
            )
        return tuple(ends)

    first = interval(20, seed)
    if first != interval(20, seed):
        raise Wrong("The same seed should give the same interval: draw from np.random.default_rng(seed).")
    if all(np.allclose(interval(20, seed + k), first) for k in range(1, 9)):
        raise Wrong(
            "Every seed gives the same interval. Draw with replacement, from np.random.default_rng(seed)."
        )
    if len(np.unique(groups)) <= 6:
        _judge_single_draws(interval, correct, groups, seed)
    # How many of the helper's draws lie beyond the ends? 2.5 %, but for the luck of both sets of draws: exact
    # binomial (Clopper-Pearson) bounds that a right answer leaves about once in 100,000 times.
    low, high = interval(n_draws, seed)
    reference = whole_patient_draws(tuple(correct.tolist()), tuple(groups.tolist()), max(4000, 3 * n_draws))
    n = 1 / (1 / n_draws + 1 / len(reference))
    least, most = beta.ppf([1e-6, 1 - 1e-6], [0.025 * n, 0.025 * n + 2], [0.975 * n + 1, 0.975 * n - 1])
    a, b, c, d = np.quantile(reference, [least, most, 1 - most, 1 - least])
    if not (a - 1e-9 <= low <= b + 1e-9 and c - 1e-9 <= high <= d + 1e-9):
        below, above = (reference < low - 1e-9).mean(), (reference > high + 1e-9).mean()
        raise Wrong(
            f"Of our draws of whole patients, {100 * below:.1f} % lie below your lower end and {100 * above:.1f} % above "
            f"your upper one; about 2.5 % should. {because}"
        )


def _patients(right, slices):
    """Patients with these numbers of correct slices and of slices: (correct, groups)."""
    correct = np.concatenate([np.arange(n) < k for k, n in zip(right, slices)])
    return correct, np.repeat([f"patient {k}" for k in range(len(slices))], slices)


patient_interval = Check(
    _judge,
    cases=[
        (*_patients([1, 0, 5, 2, 9], [1, 3, 5, 7, 13]), 100, 5, "Draw 5 whole patients, n_draws times."),
        (*_patients([3, 2, 4, 0, 2, 3, 1, 4], [3, 2, 4, 14, 2, 3, 1, 4]), 300, 11, "Each patient is equally likely to be drawn, however many slices it has."),
        (*_patients([1, 5, 1, 6, 2, 0, 5, 1, 8, 3, 1, 2], [5, 5, 2, 7, 9, 1, 8, 4, 8, 6, 7, 2]), 4000, 7, "Percentiles 2.5 and 97.5: np.quantile takes shares, 0.025 and 0.975."),
    ],
    praise="The interval says how far the accuracy would vary with other patients, not with other slices.",
    hints=[
        "np.unique(groups) lists the patients, np.flatnonzero(groups == patient) the positions of a patient's slices.",
        "In each draw, rng.integers(n, size=n) draws n of n patients; np.concatenate joins the positions of all of them.",
        "Keep correct[positions].mean() of each draw, then np.percentile(shares, [2.5, 97.5]).",
    ],
)  # fmt: skip
