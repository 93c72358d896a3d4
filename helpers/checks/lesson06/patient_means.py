"""Lesson 06, exercise 4: `patient_means`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect
from helpers.checks.lesson06.shared import drawn_scores


def _appearing(patients):
    """Names in the order of first appearance, and the number of each one's patient, (n,)."""
    names, first, member = np.unique(patients, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return names[order], np.argsort(order)[member]


def _means(scores, patients):
    _, member = _appearing(patients)
    return np.bincount(member, scores) / np.bincount(member)


def _mistakes(scores, patients):
    """Pairs (what the mistake gives, reason)."""
    (names, member), right = _appearing(patients), _means(scores, patients)
    own = [scores[member == j] for j in range(len(names))]
    order = "The means are right, but not their order: patients in the order of *first appearance*."
    yield (
        right[np.argsort(names)],
        f"{order} Yours are in the order of the sorted names, as np.unique gives them.",
    )
    yield np.sort(right), f"{order} Yours are sorted by size."
    for reason, values in {
        "These are the sums. Divide each by the patient's own number of slices.": [x.sum() for x in own],
        "This is one slice of each patient, the first. Take the mean of all.": [x[0] for x in own],
        "This is one slice of each patient, the last. Take the mean of all.": [x[-1] for x in own],
        "You divide by the number of all slices. Divide by the patient's own.": [
            x.sum() / len(scores) for x in own
        ],
    }.items():
        yield np.array(values), reason
        yield np.array(values)[np.argsort(names)], f"{reason} And keep the order of first appearance."


def _judge(call, scores, patients, because):
    member, each = _appearing(patients)[1], "One mean for each patient."
    runs = 1 + np.count_nonzero(member[1:] != member[:-1])
    result = call(scores, patients)
    if isinstance(result, dict):
        raise Wrong("Return an array (k,) of the means, not a dictionary: np.array(list(means.values())).")
    shapes = [
        (scores.shape, f"{each} Yours are one for each slice."),
        ((), each),
        ((runs,), f"{each} Slices of one patient need not stand side by side: collect all of them."),
        ((member.max(),), f"{each} One patient is missing. Is the last one added after the loop?"),
    ]
    exact = scores.astype(float), patients
    expect(result, _means(*exact), shapes, _mistakes(*exact), (scores, patients), because)


_PATIENTS = np.array(["p7", "p10", "p10", "p7", "p7", "p7", "p10", "p30", "p1", "p1", "p7"])


patient_means = Check(
    _judge,
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
