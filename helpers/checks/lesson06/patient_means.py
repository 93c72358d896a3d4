"""Lesson 06, exercise 4: `patient_means`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, numbers
from helpers.checks.lesson06.shared import drawn_scores


def _appearing(patients):
    """Names in the order of first appearance, and the number of each one's patient, (n,)."""
    names, first, member = np.unique(patients, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return names[order], np.argsort(order)[member]


def _means(scores, patients):
    _, member = _appearing(patients)
    return np.bincount(member, scores) / np.bincount(member)


def _mean_mistakes(scores, patients):
    """Pairs (what the mistake gives, reason)."""
    names, member = _appearing(patients)
    k, counts, right = len(names), np.bincount(member), _means(scores, patients)
    own = [scores[member == j] for j in range(k)]
    last = [np.flatnonzero(member == j)[-1] for j in range(k)]
    orders = {
        "Yours stand in the order of the sorted names, as np.unique gives them.": np.argsort(names),
        "Yours are sorted the other way round.": np.argsort(names)[::-1],
        "Yours are sorted by length and name.": sorted(range(k), key=lambda j: (len(names[j]), names[j])),
        "Yours are reversed.": np.arange(k)[::-1],
        "Yours stand in the order of last appearance.": np.argsort(last),
        "Yours stand in the order of last appearance, the last first.": np.argsort(last)[::-1],
        "Yours stand in the order of the numbers of slices.": np.argsort(-counts, kind="stable"),
        "Yours are sorted by size.": np.argsort(right),
        "Yours are sorted by size, the largest first.": np.argsort(-right),
    }
    order = "The means are right, but not their order: patients in the order of *first appearance*. "
    for reason, places in orders.items():
        yield right[places], order + reason
    values = {
        "These are the sums. Divide each by the patient's own number of slices.": [x.sum() for x in own],
        "This is one slice of each patient, the first. Take the mean of all.": [x[0] for x in own],
        "This is one slice of each patient, the last. Take the mean of all.": [x[-1] for x in own],
        "These are medians. Take means.": [np.median(x) for x in own],
        "These are the largest scores. Take means.": [x.max() for x in own],
        "These are the smallest scores. Take means.": [x.min() for x in own],
        "These are the numbers of slices. Take the means of the scores.": counts,
        "These are standard deviations. Take means.": [x.std() for x in own],
        "You average the largest and the smallest. Take the mean of all slices.": [
            (x.min() + x.max()) / 2 for x in own
        ],
        "Equal scores of a patient were counted once. Every slice counts.": [
            np.unique(x).mean() for x in own
        ],
        "You divide by the number of all slices. Divide by the patient's own number.": [
            x.sum() / len(scores) for x in own
        ],
        "You divide by the mean number of slices. Divide by the patient's own number.": [
            x.sum() / (len(scores) / k) for x in own
        ],
        "You divide by the largest number of slices. Divide by the patient's own number.": [
            x.sum() / counts.max() for x in own
        ],
        "You divide by the number of patients. Divide by the patient's own number of slices.": [
            x.sum() / k for x in own
        ],
        "You divide by the number of slices plus 1.": [x.sum() / (len(x) + 1) for x in own],
        "You divide by the number of slices less 1.": [x.sum() / max(len(x) - 1, 1) for x in own],
        "You divide by the number of slices twice.": [x.mean() / len(x) for x in own],
        "Weighted by the number of slices: return the plain mean of each patient.": [
            x.mean() * len(x) / counts.mean() for x in own
        ],
        "Each new slice counts half: (mean + score) / 2 is no mean of more than two.": [
            _halved(x) for x in own
        ],
        "This is the mean of all scores, for every patient.": np.full(k, scores.mean()),
        "Do not round the result.": np.round(right),
    }
    for reason, mistaken in values.items():
        mistaken = np.asarray(mistaken)
        yield mistaken, reason
        yield mistaken[np.argsort(names)], f"{reason} And keep the order of first appearance."
    for digits in (1, 2):
        yield np.round(right, digits), "Do not round the result."
    starts = np.array([scores[np.char.startswith(patients, name)].mean() for name in names])
    within = np.array([scores[np.char.find(patients, name) >= 0].mean() for name in names])
    for mistaken in (starts, within):
        yield (
            mistaken,
            "A patient gets slices of another one whose name holds the first one's. Compare whole names: ==.",
        )
    if len(scores) % k == 0:
        yield (
            scores.reshape(k, -1).mean(axis=1),
            "You cut the scores into equal pieces. Patients differ in number, and are mixed.",
        )
        yield (
            scores.reshape(-1, k).mean(axis=0),
            "You cut the scores into equal pieces. Patients differ in number, and are mixed.",
        )


def _halved(values):
    mean = values[0]
    for value in values[1:]:
        mean = (mean + value) / 2
    return mean


def _judge_means(call, scores, patients, because):
    n, member = len(scores), _appearing(patients)[1]
    k, runs = member.max() + 1, 1 + np.count_nonzero(member[1:] != member[:-1])
    each = "One mean for each patient."
    result = call(scores, patients)
    if isinstance(result, dict):
        raise Wrong("Return an array (k,) of the means, not a dictionary: np.array(list(means.values())).")
    if _named(result):
        raise Wrong("Return the means only, without the names.")
    shapes = [
        ((n,), f"{each} Yours are one for each slice."),
        ((), each),
        ((runs,), f"{each} Slices of one patient need not stand side by side: collect all of them."),
        ((1,), each),
        ((k, 1), f"{each} No further axis."),
        ((1, k), f"{each} No further axis."),
        ((2, k), f"{each} Return the means only."),
        ((k, 2), f"{each} Return the means only."),
        ((k, n), f"{each} Take the mean over the patient's own slices."),
        ((k - 1,), f"{each} One patient is missing. Is the last one added after the loop?"),
        ((k + 1,), f"{each} There is one too many."),
    ]
    exact = scores.astype(float)
    expect(
        result, _means(exact, patients), shapes, _mean_mistakes(exact, patients), (scores, patients), because
    )


def _named(result):
    """Whether names are returned beside numbers: (names, means), (means, names), or pairs."""
    try:
        parts = [np.asarray(part) for part in result]
    except Exception:
        return False
    return any(part.dtype.kind in "US" for part in parts) and numbers(result) is None


_PATIENTS = np.array(["p7", "p10", "p10", "p7", "p7", "p7", "p10", "p30", "p1", "p1", "p7"])


patient_means = Check(
    _judge_means,
    cases=[
        (
            np.array([0.61, 0.92, 0.72, 0.63, 0.56, 0.61, 0.89, 0.33, 0.79, 0.67, 0.1]),
            _PATIENTS,
            "The patients are p7, p10, p30 and p1, in this order; p30 has a single slice.",
        ),
        (
            np.array([3.0, 1.0, 7.5, 2.0, 4.0, 8.0, 1.0, 2.5]),
            np.array(["b", "b", "d", "d", "a", "b", "c", "c"]),
            "The patients are b, d, a and c, in this order.",
        ),
        (np.array([0.4, 0.8, 0.3]), np.array(["one", "one", "one"]), "There is one patient: one mean, (1,)."),
        (
            drawn_scores(331, 40, 0.4, 0.2),
            np.random.default_rng(332).choice([f"scan{j}" for j in (12, 3, 1, 33, 2, 21, 13)], 40),
            "Patients stand in the order of their first slice.",
        ),
    ],
    praise="As many values as patients, each independent of the others: what a t-test asks for.",
    hints=[
        "First the names, each once, in the order in which they appear. Then the mean of each.",
        "dict.fromkeys(patients) holds each name once, in the order of first appearance. np.unique sorts.",
        "scores[patients == name] are the scores of one patient, wherever they stand.",
        "np.array([scores[patients == name].mean() for name in ...])",
    ],
)
