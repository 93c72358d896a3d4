"""Lesson 02, exercise 5: `patient_interval`."""

from functools import lru_cache
from itertools import combinations, combinations_with_replacement

import numpy as np
from scipy.stats import beta

from helpers import evaluation
from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson02.shared import pair_of_numbers


@lru_cache(maxsize=32)
def _whole_patient_draws(correct, groups, n_draws):
    """Sorted shares of correct slices in `n_draws` draws of the helper."""
    correct, shares = np.array(correct), []

    def share(index):
        shares.append(correct[index].mean())
        return shares[-1]

    evaluation.bootstrap(share, np.array(groups), n_draws, 1)
    return np.sort(shares)


def _possible_shares(right, slices):
    """What one draw can give: of whole patients, as asked; of patients once each; as mean of patient "
    "means."""
    n = len(right)
    drawn = [list(chosen) for chosen in combinations_with_replacement(range(n), n)]
    once = [list(chosen) for size in range(1, n + 1) for chosen in combinations(range(n), size)]
    return (
        np.array([right[k].sum() / slices[k].sum() for k in drawn]),
        np.array([right[k].sum() / slices[k].sum() for k in once]),
        np.array([(right[k] / slices[k]).mean() for k in drawn]),
    )


def _judge_single_draws(interval, correct, groups, seed):
    """With n_draws = 1 both ends are the one draw, and few shares are possible."""
    names, member = np.unique(groups, return_inverse=True)
    right, slices = np.bincount(member, weights=correct), np.bincount(member)
    singles = []
    for k in range(25):
        low, high = interval(1, seed + k)
        if not np.isclose(low, high):
            raise Wrong(
                f"With n_draws = 1 both ends are that one draw, but your function returned {low:.4g} and "
                f"{high:.4g}."
            )
        singles.append(low)
    singles = np.array(singles)
    possible, once, means = (
        np.isclose(singles[:, None], s).any(axis=1) for s in _possible_shares(right, slices)
    )
    if possible.all():
        return
    if once.all():
        raise Wrong(
            "No patient is twice in your draws. Draw as many patients as there are, with replacement: one "
            "that is drawn twice counts twice, with its slices there twice."
        )
    if means.all():
        raise Wrong(
            "You average the patients' shares. Take the share of all drawn slices: a patient with more "
            "slices weighs more."
        )
    if np.allclose(singles * len(correct), np.round(singles * len(correct))):
        raise Wrong("Draw patients, not slices: a drawn patient brings all of its slices.")
    raise Wrong(
        f"With n_draws = 1 your function returned {singles[~possible][0]:.4g} for {len(names)} patients with "
        f"{slices.tolist()} slices, {right.astype(int).tolist()} of them correct. No draw of {len(names)} "
        f"whole patients gives that."
    )


def _judge_interval(call, correct, groups, n_draws, seed, because):
    def interval(draws, start):
        low, high = pair = pair_of_numbers(call(correct, groups, draws, start), "low, high")
        array = numbers(pair)
        if array is None or array.shape != (2,) or not np.isfinite(array).all():
            raise Wrong("Return two finite numbers, the lower and the upper end of the interval.")
        low, high = array
        if low > high:
            raise Wrong("Return the lower end first.")
        if high > 2:
            raise Wrong("Return shares in [0, 1], not percentages.")
        if low < -1e-9 or high > 1 + 1e-9:
            raise Wrong(
                "A share cannot leave [0, 1]. Take percentiles of the draws, not a mean plus and minus 1.96 "
                "standard deviations."
            )
        return low, high

    first = interval(20, seed)
    if first != interval(20, seed):
        raise Wrong("The same seed should give the same interval: draw from np.random.default_rng(seed).")
    others = [interval(20, seed + k) for k in range(1, 9)]
    if all(np.allclose(other, first) for other in others):
        if np.isclose(*first):
            raise Wrong(
                "All your draws are the same. Draw patients with replacement: some twice, some not at all."
            )
        raise Wrong("Every seed gives the same interval: draw from np.random.default_rng(seed).")
    if len(np.unique(groups)) <= 6:
        _judge_single_draws(interval, correct, groups, seed)

    # How many of the helper's draws lie beyond the ends? 2.5 %, but for the luck of both sets of draws: exact
    # binomial (Clopper-Pearson) bounds that a right answer leaves about once in 100,000 times.
    low, high = interval(n_draws, seed)
    reference = _whole_patient_draws(tuple(correct.tolist()), tuple(groups.tolist()), max(4000, 3 * n_draws))
    n = 1 / (1 / n_draws + 1 / len(reference))
    least, most = beta.ppf([1e-6, 1 - 1e-6], [0.025 * n, 0.025 * n + 2], [0.975 * n + 1, 0.975 * n - 1])
    a, b, c, d = np.quantile(reference, [least, most, 1 - most, 1 - least])
    if a - 1e-9 <= low <= b + 1e-9 and c - 1e-9 <= high <= d + 1e-9:
        return
    below, above = (reference < low - 1e-9).mean(), (reference > high + 1e-9).mean()
    if high < np.quantile(reference, 0.5):
        because = (
            "np.percentile takes percentages (2.5 and 97.5), np.quantile takes shares (0.025 and 0.975)."
        )
    elif n_draws >= 1000 and 0.035 < below < 0.07 and 0.035 < above < 0.07:
        because = "Take the 2.5th and the 97.5th percentile: 95 % of the draws lie between them."
    raise Wrong(
        f"Of our draws of whole patients, {100 * below:.1f} % lie below your lower end and "
        f"{100 * above:.1f} % above your upper one; about 2.5 % should. {because}"
    )


def _practice_answers(seed, patients, most, shares):
    """Patients of 1 to `most` slices, in mixed order, each with its own share of correct slices: (correct,
    groups)."""
    rng = np.random.default_rng(seed)
    slices = rng.integers(1, most + 1, patients)
    groups = np.repeat([f"patient {k:02d}" for k in rng.permutation(patients)], slices)
    correct = rng.random(len(groups)) < np.repeat(rng.choice(shares, patients), slices)
    order = rng.permutation(len(groups))
    return correct[order], groups[order]


def _patients(right, slices):
    """Patients with these numbers of correct slices and of slices: (correct, groups)."""
    correct = np.concatenate([np.arange(n) < k for k, n in zip(right, slices)])
    return correct, np.repeat([f"patient {k}" for k in range(len(slices))], slices)


patient_interval = Check(
    _judge_interval,
    cases=[
        (*_patients([1, 0, 5, 2, 9], [1, 3, 5, 7, 13]), 100, 5, "Draw 5 whole patients, n_draws times."),
        (
            *_patients([3, 2, 4, 0, 2, 3, 1, 4], [3, 2, 4, 14, 2, 3, 1, 4]),
            300,
            11,
            "Draw 8 patients n_draws times. Each is equally likely to be drawn, however many slices it has.",
        ),
        (
            *_practice_answers(3, 12, 9, [0.2, 0.6, 0.95]),
            4000,
            7,
            "Draw as many patients as there are, n_draws times, each with all of its slices; then take the "
            "2.5th and the 97.5th percentile.",
        ),
    ],
    praise="The interval says how far the accuracy would vary with other patients, not with other slices of "
    "the same ones.",
    hints=[
        "np.unique(groups) lists the patients, np.flatnonzero(groups == patient) the positions of a "
        "patient's slices.",
        "In each draw, rng.integers(n, size=n) draws n of n patients with replacement. np.concatenate joins "
        "the positions of all of them; a patient drawn twice stands there twice.",
        "Keep correct[positions].mean() of each draw, then np.percentile(shares, [2.5, 97.5]).",
    ],
)
