"""Lesson 07, exercise 1: `fitting_pairs`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, numbers

HALF = 0.005 + 1e-9  # half of the last printed digit; the rest is what floating point takes


def _pairs(precision, recall, support, n, half=HALF, limited=True):
    """All (true positives, predicted) that print this precision and recall: (m, 2) int."""
    hits, called = np.meshgrid(np.arange(support + 1), np.arange(1, n + 1), indexing="ij")
    fits = (np.abs(hits / support - recall) <= half) & (np.abs(hits / called - precision) <= half)
    fits &= called >= hits
    if limited:
        fits &= called - hits <= n - support
    return np.stack([hits[fits], called[fits]], axis=1)


def _rows(array):
    return set(map(tuple, array.tolist()))


def _why(pair, precision, recall, support, n):
    """What speaks for or against a pair, in numbers."""
    hits, called = pair
    return (
        f"recall {hits:g} / {support} = {hits / support:.4f} beside {recall:.2f}, precision {hits:g} / {called:g} = "
        f"{hits / max(called, 1):.4f} beside {precision:.2f}, and {called - hits:g} of the {n - support} other images "
        "called so"
    )


def _judge(call, precision, recall, support, n, because):
    arguments = precision, recall, support, n
    result, right = call(*arguments), _pairs(*arguments)
    array = numbers(list(result) if isinstance(result, (set, zip, map)) else result)
    if array is None:
        raise Wrong("Expected pairs of whole numbers, such as [(2, 3), (2, 4)].")
    if array.size == 0:
        array = array.reshape(0, 2)
    if array.ndim != 2 or array.shape[1] != 2:
        raise Wrong(
            f"Expected pairs, an array or list of shape (m, 2), not {array.shape}. Collect *all* pairs that fit, each as "
            "(true positives, predicted)."
        )
    given, expected = _rows(array), _rows(right)
    told = f"For precision {precision}, recall {recall}, support {support} and n {n}: "
    if given == expected:
        if len(array) == len(expected):
            return
        raise Wrong(f"{told}some pairs stand in your list twice. Each pair counts once.")
    for mistaken, reason in (
        (right[:, ::-1], "The two of each pair are swapped: first the true positives, then the predicted."),
        (
            np.stack([right[:, 0], right[:, 1] - right[:, 0]], axis=1),
            "The second of a pair is how many images were *called* so: true and false positives together.",
        ),
        (
            _pairs(recall, precision, support, n),
            "Precision and recall are swapped: recall is a share of the support, precision of the predicted.",
        ),
        (
            _pairs(*arguments, limited=False),
            f"Some of your pairs need more false positives than there are other images, {n - support}.",
        ),
        (
            _pairs(*arguments, half=0.01 + 1e-9),
            "Your margin is a whole unit of the last digit. A printed number is off by half a unit at most, 0.005.",
        ),
    ):
        if given and given == _rows(mistaken):
            raise Wrong(told + reason)
    if missing := sorted(expected - given):
        pair = missing[0]
        raise Wrong(
            f"{told}your list lacks {len(missing)} of the {len(expected)} pairs that fit, for instance {pair}: "
            f"{_why(pair, *arguments)}. {because}"
        )
    pair = sorted(given - expected)[0]
    raise Wrong(
        f"{told}your list holds {tuple(map(float, pair))}, which does not fit: {_why(pair, *arguments)}. {because}"
    )


fitting_pairs = Check(
    _judge,
    cases=[
        (0.67, 0.5, 4, 10, "Only one pair fits."),
        (0.36, 0.29, 234, 624, "A report of 624 images, in which several pairs print the same."),
        (
            0.13,
            0.50,
            2,
            40,
            "1 / 8 = 0.125 may be printed as 0.12 or as 0.13: both ends of the margin belong to it.",
        ),
        (
            0.25,
            0.33,
            3,
            5,
            "One hit among four would need three false positives, and there are two other images.",
        ),
        (0.0, 0.0, 3, 8, "No hit at all: any number of images, but at least one, may have been called so."),
        (0.9, 0.3, 5, 20, "Nothing fits: an empty list, and the two numbers exclude each other."),
    ],
    praise="A printed report is a riddle with few solutions. Where it has none, it is impossible.",
    hints=[
        "Two loops: over the true positives, from 0 to the support, and over how many images were called so.",
        "For each pair compute both shares, and keep it if each is at most 0.005 + 1e-9 away from what is printed.",
        "`predicted` begins at max(hits, 1) and ends at hits + n - support: false positives come from the other images.",
        "for hits in range(support + 1): for predicted in range(max(hits, 1), hits + n - support + 1): if abs(hits / "
        "support - recall) <= 0.005 + 1e-9 and ...: pairs.append((hits, predicted))",
    ],
)
