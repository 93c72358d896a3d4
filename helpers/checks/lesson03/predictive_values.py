"""Lesson 03, exercise 5: `predictive_values`."""

import warnings

import numpy as np

from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.lesson03.shared import expect, parts_of, same


def _ratio(above, below):
    """above / below, NaN where both are 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)


def _bayes(sensitivity, specificity, prevalence):
    """(PPV, NPV) by the shares of all people: sick and found, sick and missed, and so on."""
    found, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
    alarmed, cleared = (1 - specificity) * (1 - prevalence), specificity * (1 - prevalence)
    return _ratio(found, found + alarmed), _ratio(cleared, cleared + missed)


def _value_mistakes(sensitivity, specificity, prevalence):
    """For PPV, then for NPV: pairs (what the mistake gives, reason)."""
    s, c, p = np.broadcast_arrays(*(np.asarray(x, float) for x in (sensitivity, specificity, prevalence)))
    ppv, npv = _bayes(s, c, p)
    half = "This is right at a prevalence of 1/2 only: the prevalence has to enter."
    one_side = (
        "The prevalence enters on one side only: a share `prevalence` is sick, 1 - `prevalence` is healthy."
    )
    turned = "The prevalence is the share of the sick; you use it as that of the healthy."
    undefined = "Where nobody is called {}, {} is 0 / 0: return NaN, not {}."
    return (
        [
            (np.nan_to_num(ppv, nan=0), undefined.format("positive", "PPV", 0)),
            (np.nan_to_num(ppv, nan=1), undefined.format("positive", "PPV", 1)),
            (
                s,
                "This is the sensitivity: of the sick, the share called positive. PPV asks the other way "
                "round: of those called positive, the share that is sick.",
            ),
            (
                1 - ppv,
                "This is 1 - PPV, the false discovery rate: of those called positive, the share that is "
                "healthy.",
            ),
            (npv, "This is the NPV. Return the PPV first."),
            (_ratio(s, s + 1 - c), half),
            (
                _ratio(s * p, s * p + c * (1 - p)),
                "Of the healthy, a share of 1 - specificity is called positive; you take the specificity "
                "itself.",
            ),
            (_ratio(s * p, s * p + 1 - c), one_side),
            (_ratio(s, s + (1 - c) * (1 - p)), one_side),
            (_ratio(s * (1 - p), s * (1 - p) + (1 - c) * p), turned),
            (
                s * p,
                "This is the share of all people who are sick and found. Divide it by all who are called "
                "positive.",
            ),
            (
                _ratio(s * p, s * p + (1 - s) * p),
                "Those called positive are the sick who are found and the healthy who are alarmed, not the "
                "sick.",
            ),
            (100 * ppv, "Return shares in [0, 1], not percentages."),
        ],
        [
            (np.nan_to_num(npv, nan=0), undefined.format("negative", "NPV", 0)),
            (np.nan_to_num(npv, nan=1), undefined.format("negative", "NPV", 1)),
            (
                c,
                "This is the specificity: of the healthy, the share called negative. NPV asks the other way "
                "round: of those called negative, the share that is healthy.",
            ),
            (1 - npv, "This is 1 - NPV: of those called negative, the share that is sick."),
            (1 - ppv, "NPV is not 1 - PPV: it is about those called negative."),
            (_ratio(c, c + 1 - s), half),
            (
                _ratio(c * (1 - p), c * (1 - p) + s * p),
                "Of the sick, a share of 1 - sensitivity is called negative; you take the sensitivity "
                "itself.",
            ),
            (_ratio(c * (1 - p), c * (1 - p) + 1 - s), one_side),
            (_ratio(c, c + (1 - s) * p), one_side),
            (_ratio(c * p, c * p + (1 - s) * (1 - p)), turned),
            (
                c * (1 - p),
                "This is the share of all people who are healthy and called so. Divide it by all who are "
                "called negative.",
            ),
            (
                _ratio(c * (1 - p), c * (1 - p) + (1 - c) * (1 - p)),
                "Those called negative are the healthy who are cleared and the sick who are missed, not the "
                "healthy.",
            ),
            (100 * npv, "Return shares in [0, 1], not percentages."),
        ],
    )


_ANY_SHAPE = (
    "Each argument may be a number or an array, and NumPy's arithmetic takes both: write no `if` and no "
    "`float(...)` about one of them. np.where, or np.divide with `where`, can tell apart entries of an "
    "array."
)


def _judge_values(call, sensitivity, specificity, prevalence, because):
    arguments = (sensitivity, specificity, prevalence)
    expected = _bayes(*arguments)
    names = ("PPV", "NPV")
    try:
        with np.errstate(divide="warn", invalid="warn"), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            pair = parts_of(call(*arguments), ("ppv", "npv"))
    except Wrong as reason:
        if "stopped with ZeroDivisionError" in str(reason):
            raise Wrong(f"{reason}. 0 / 0 should give NaN. {because}") from None
        if "stopped with" in str(reason) and any(np.ndim(argument) for argument in arguments):
            raise Wrong(f"{reason}. {_ANY_SHAPE}") from None
        raise
    arrays, shape = [numbers(part) for part in pair], expected[0].shape
    readable = all(array is not None for array in arrays)
    if readable and shape and any(array.shape != shape for array in arrays):
        raise Wrong(
            f"For arguments of shapes {', '.join(str(np.shape(argument)) for argument in arguments)} both "
            f"values should have shape {shape}; yours have {arrays[0].shape} and {arrays[1].shape}. "
            f"{_ANY_SHAPE}"
        )
    if readable and not same(arrays[0], expected[0]):
        if same(arrays[0], expected[1]) and same(arrays[1], expected[0]):
            raise Wrong("Swapped: return the PPV first, then the NPV.")
    for k, mistakes in enumerate(_value_mistakes(*arguments)):
        _expect_value(call, arguments, pair[k], expected[k], mistakes, names[k], because, k)
    if any(issubclass(warning.category, RuntimeWarning) for warning in told):
        raise Wrong(
            "The values are right, but NumPy warns of a division 0 / 0. It is meant here: say so with `with "
            'np.errstate(invalid="ignore"):` around the division, or use np.divide with `where`.'
        )


def _expect_value(call, arguments, value, expected, mistakes, name, because, k):
    """`Wrong` unless the value, number `k` of what is returned, is as expected."""
    array = numbers(value)
    if array is None or same(array, expected) or any(same(array, mistaken) for mistaken, _ in mistakes):
        expect(value, expected, mistakes, arguments, because)
        return
    prevalence = np.asarray(arguments[2], float)
    other = np.where(prevalence < 0.5, prevalence + 0.3, prevalence - 0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = parts_of(call(*arguments[:2], other if other.ndim else float(other)), ("ppv", "npv"))[k]
    again = numbers(again)
    if again is not None and same(array, again):
        raise Wrong(
            f"Your {name} does not change with the prevalence. It would hold for one mix of the sick and the "
            "healthy only, such as that of a test set."
        )
    expect(value, expected, mistakes, arguments, f"This is the {name}. {because}")


predictive_values = Check(
    _judge_values,
    cases=[
        (
            0.9,
            0.75,
            0.08,
            "Of 1000 people 80 are sick and 72 of them found; of 920 healthy ones 230 are called positive.",
        ),
        (
            0.62,
            0.97,
            np.array([0.01, 0.1, 0.3, 0.5, 0.85]),
            "One PPV and one NPV for each prevalence.",
        ),
        (0.0, 1.0, 0.3, "Nobody is called positive: PPV is 0 / 0, so NaN; NPV is 0.7."),
        (1.0, 0.0, 0.3, "Nobody is called negative: NPV is 0 / 0, so NaN; PPV is 0.3."),
        (
            0.8,
            1.0,
            np.array([0.0, 0.4, 1.0]),
            "At a prevalence of 0 nobody is called positive here: that PPV is NaN, the others are 1.",
        ),
    ],
    praise="The same network at the same threshold promises different things where the disease is common "
    "and where it is rare.",
    hints=[
        "Think of 1000 people. How many are sick? How many of these are called positive? And of the healthy?",
        "As shares of all people: sensitivity * prevalence are sick and called positive, (1 - specificity) * "
        "(1 - prevalence) are healthy and called positive. PPV is the first over the sum of both.",
        "NPV likewise: specificity * (1 - prevalence) are healthy and called negative, (1 - sensitivity) * "
        "prevalence are sick and called negative.",
        "np.float64(0) / 0 is NaN and warns, 0.0 / 0.0 is an error: turn the arguments into arrays with "
        'np.asarray, and divide inside `with np.errstate(invalid="ignore"):`.',
    ],
)
