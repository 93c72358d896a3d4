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


def _mistakes(own, other, share, right, rate, name, predicted):
    """Pairs (what the mistake gives, reason), alike for the PPV (own rate: sensitivity, share: prevalence) and the NPV."""
    asked = f"{name} is a share of those predicted {predicted}."
    one_side = (
        "The prevalence enters on one side only: a share `prevalence` is sick, 1 - `prevalence` is healthy."
    )
    return [
        (np.nan_to_num(right), f"Where nobody is predicted {predicted}, {name} is 0 / 0: return NaN, not 0."),
        (own, f"This is the {rate}, a share of the truly {predicted}. {asked}"),
        (1 - right, f"This is 1 - {name}, the share of wrong predictions. {asked}"),
        (
            _ratio(own, own + 1 - other),
            "This is right at a prevalence of 1/2 only: the prevalence has to enter.",
        ),
        (_ratio(own * share, own * share + 1 - other), one_side),
        (own * share, f"This is a share of all people. Divide it by all who are predicted {predicted}."),
        (100 * right, "Return shares in [0, 1], not percentages."),
    ]


_ANY_SHAPE = (
    "Each argument may be a number or an array, and NumPy's arithmetic takes both: write no `if` and no `float(...)` "
    "about one of them. np.where, or np.divide with `where`, can tell apart entries of an array."
)


def _called(call, arguments, because):
    """The two values; a division 0 / 0 may warn, for what counts is the NaN."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parts_of(call(*arguments), ("ppv", "npv"))
    except Wrong as reason:
        if "stopped with ZeroDivisionError" in str(reason):
            raise Wrong(f"{reason}. 0 / 0 should give NaN. {because}") from None
        if "stopped with" in str(reason) and any(np.ndim(argument) for argument in arguments):
            raise Wrong(f"{reason}. {_ANY_SHAPE}") from None
        raise


def _judge(call, *case):
    arguments, because = case[:3], case[3]
    pair = _called(call, arguments, because)
    s, c, p = np.broadcast_arrays(*(np.asarray(argument, float) for argument in arguments))
    ppv, npv = _bayes(s, c, p)
    arrays = [numbers(part) for part in pair]
    if any(array is None for array in arrays):
        raise Wrong("Return two numbers, or two arrays of numbers.")
    if ppv.shape and any(array.shape != ppv.shape for array in arrays):
        yours = " and ".join(str(array.shape) for array in arrays)
        raise Wrong(f"Both values should have shape {ppv.shape} here; yours have {yours}. {_ANY_SHAPE}")
    if same(arrays[0], npv) and same(arrays[1], ppv) and not same(arrays[0], ppv):
        raise Wrong("Swapped: return the PPV first, then the NPV.")
    for_ppv = _mistakes(s, c, p, ppv, "sensitivity", "PPV", "positive")
    for_npv = _mistakes(c, s, 1 - p, npv, "specificity", "NPV", "negative")
    expect(arrays[0], ppv, (), for_ppv, arguments, f"This is the PPV. {because}")
    expect(arrays[1], npv, (), for_npv, arguments, f"This is the NPV. {because}")


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
    praise="The same network at the same threshold promises different things where the disease is rare.",
    hints=[
        "Think of 1000 people. How many are sick? How many of these are predicted positive? And of the healthy?",
        "As shares of all people: sensitivity * prevalence are sick and predicted positive, (1 - specificity) * "
        "(1 - prevalence) are healthy and predicted positive. PPV is the first over the sum of both.",
        "NPV likewise: specificity * (1 - prevalence) are healthy and predicted negative, (1 - sensitivity) * "
        "prevalence are sick and predicted negative.",
        "0.0 / 0.0 is an error in plain Python and NaN (with a warning) in NumPy: use np.asarray first.",
    ],
)
