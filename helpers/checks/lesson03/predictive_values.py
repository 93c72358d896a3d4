"""Lesson 03, exercise 5: `predictive_values`."""

import warnings

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, numbers, same
from helpers.checks.lesson03.shared import parts_of


def _ratio(above, below):
    """above / below, NaN where both are 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)


def _bayes(sensitivity, specificity, prevalence):
    """(PPV, NPV) by the shares of all people: sick and found, sick and missed, and so on."""
    found, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
    alarmed, cleared = (1 - specificity) * (1 - prevalence), specificity * (1 - prevalence)
    return _ratio(found, found + alarmed), _ratio(cleared, cleared + missed)


def _mistakes(own, other, own_share, value, predicted, rates):
    """Pairs (what the mistake gives, reason), alike for the PPV (sensitivity, specificity, prevalence) and for the NPV
    (specificity, sensitivity, 1 - prevalence)."""
    rate, name = rates
    return [
        (np.nan_to_num(value), f"Where nobody is predicted {predicted}, {name} is 0 / 0: return NaN, not 0."),
        (own, f"This is the {rate}, a share of the sick or of the healthy. {name} asks the other way round: a share of those predicted {predicted}."),
        (1 - value, f"This is 1 - {name}: of those predicted {predicted}, the share of wrong predictions."),
        (_ratio(own, own + 1 - other), "This is right at a prevalence of 1/2 only: the prevalence has to enter."),
        (_ratio(own * own_share, own * own_share + 1 - other), "The prevalence enters on one side only: a share `prevalence` is sick, 1 - `prevalence` is healthy."),
        (own * own_share, f"This is a share of all people. Divide it by all who are predicted {predicted}."),
        (100 * value, "Return shares in [0, 1], not percentages."),
    ]  # fmt: skip


_ANY_SHAPE = (
    "Each argument may be a number or an array, and NumPy's arithmetic takes both: write no `if` and no "
    "`float(...)` about one of them. np.where, or np.divide with `where`, can tell apart entries of an array."
)


def _judge(call, sensitivity, specificity, prevalence, because):
    arguments = (sensitivity, specificity, prevalence)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 0 / 0 may warn: what counts is the NaN
            pair = parts_of(call(*arguments), ("ppv", "npv"))
    except Wrong as reason:
        if "stopped with ZeroDivisionError" in str(reason):
            raise Wrong(f"{reason}. 0 / 0 should give NaN. {because}") from None
        if "stopped with" in str(reason) and any(np.ndim(argument) for argument in arguments):
            raise Wrong(f"{reason}. {_ANY_SHAPE}") from None
        raise
    expected, arrays = _bayes(*arguments), [numbers(part) for part in pair]
    if any(array is None for array in arrays):
        raise Wrong("Return two numbers, or two arrays of numbers.")
    if expected[0].shape and any(array.shape != expected[0].shape for array in arrays):
        raise Wrong(
            f"Both values should have shape {expected[0].shape} here; yours have {arrays[0].shape} and "
            f"{arrays[1].shape}. {_ANY_SHAPE}"
        )
    if same(arrays[0], expected[1]) and same(arrays[1], expected[0]) and not same(arrays[0], expected[0]):
        raise Wrong("Swapped: return the PPV first, then the NPV.")
    s, c, p = np.broadcast_arrays(*(np.asarray(x, float) for x in arguments))
    for array, right, mistakes in zip(
        arrays,
        expected,
        (
            _mistakes(s, c, p, expected[0], "positive", ("sensitivity", "PPV")),
            _mistakes(c, s, 1 - p, expected[1], "negative", ("specificity", "NPV")),
        ),
    ):
        name = "PPV" if right is expected[0] else "NPV"
        expect(array, right, (), mistakes, arguments, f"This is the {name}. {because}")


predictive_values = Check(
    _judge,
    cases=[
        (
            0.9,
            0.75,
            0.08,
            "Of 1000 people 80 are sick, 72 of them found; of 920 healthy ones 230 are alarmed.",
        ),
        (0.62, 0.97, np.array([0.01, 0.1, 0.3, 0.5, 0.85]), "One PPV and one NPV for each prevalence."),
        (0.0, 1.0, 0.3, "Nobody is predicted positive: PPV is 0 / 0, so NaN; NPV is 0.7."),
        (1.0, 0.0, 0.3, "Nobody is predicted negative: NPV is 0 / 0, so NaN; PPV is 0.3."),
        (
            0.8,
            1.0,
            np.array([0.0, 0.4, 1.0]),
            "At prevalence 0 nobody is predicted positive: that PPV is NaN.",
        ),
    ],
    praise="The same network at the same threshold promises different things where the disease is common "
    "and where it is rare.",
    hints=[
        "Think of 1000 people. How many are sick? How many of these are predicted positive? And of the "
        "healthy?",
        "As shares of all people: sensitivity * prevalence are sick and predicted positive, (1 - specificity) "
        "* (1 - prevalence) are healthy and predicted positive. PPV is the first over the sum of both.",
        "NPV likewise: specificity * (1 - prevalence) are healthy and predicted negative, (1 - sensitivity) * "
        "prevalence are sick and predicted negative.",
        "0.0 / 0.0 is an error in plain Python and NaN (with a warning) in NumPy: turn the arguments into "
        "arrays with np.asarray first.",
    ],
)
