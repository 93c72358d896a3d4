"""The judge of most exercises: the result of an answer beside that of the right function."""

from inspect import signature
from itertools import permutations

import numpy as np

from helpers.checks.feedback import Wrong, expect_close, numbers, same

NUMBER = {2: "two", 3: "three", 4: "four"}


def comparing(right, mistakes=None, returns=(), tolerance=1e-5):
    """A judge for `Check`. Its cases are (*arguments, because); `because`, what the case is about, may be left out.

    Parameters
    ----------
    right : function of the arguments that gives the right result: numbers, or a tuple of several things. Its
        parameters with a default, which make mistakes, are left alone.
    mistakes : function of the arguments that yields pairs: what a typical mistake gives, of any shape, and the
        reason. Of several things it gives a tuple, in which None stands for the right one.
    returns : names of the things that are returned, if they are several.
    tolerance : relative and absolute; 32 bits are enough for the default.
    """

    count = sum(one.default is one.empty for one in signature(right).parameters.values())

    def judge(call, *case):
        arguments, because = case[:count], "".join(case[count:])
        try:
            result = call(*arguments)
        except Wrong as reason:
            told = str(reason)
            if " stopped with " not in told:
                raise
            raise Wrong(f"{told}{'' if told.endswith(('.', '?', '!')) else '.'} {because}".strip()) from None
        found = parts(result, returns) if returns else (result,)
        exact = [_exact(argument) for argument in arguments]
        with np.errstate(all="ignore"):
            expected = [np.asarray(one) for one in (right(*exact) if returns else (right(*exact),))]
            arrays = [numbers(one) for one in found]
            if all(one is not None for one in arrays) and not _all_same(arrays, expected, tolerance):
                _explain(arrays, expected, mistakes(*exact) if mistakes else (), returns, tolerance)
        for name, one, wanted in zip(returns or [""], found, expected):
            told = f"This is about `{name}`. {because}" if name else because
            expect_close(one, wanted, arguments, told, tolerance)

    return judge


def parts(result, names):
    """The things that an answer returns, as many as there are names."""
    try:
        found = tuple(result)
    except TypeError:
        found = ()
    if len(found) != len(names):
        raise Wrong(f"Return {NUMBER[len(names)]} things, `return {', '.join(names)}`.")
    return found


def _explain(arrays, expected, mistakes, returns, tolerance):
    """`Wrong` with the reason, if this is a known mistake, or one that can be made in any exercise."""
    for order in permutations(arrays):
        if _all_same(order, expected, tolerance):
            raise Wrong(f"These are the right results in another order: `return {', '.join(returns)}`.")
    for mistaken, reason in mistakes:
        pairs = zip(arrays, expected, mistaken if returns else (mistaken,))
        if all(
            same(one, wanted, tolerance) or (other is not None and same(one, other, tolerance))
            for one, wanted, other in pairs
        ):
            raise Wrong(reason)
    for factor, reason in (
        (100, "Return shares in [0, 1], not percentages."),
        (-1, "The sign is turned: multiplied by -1, your result would be right."),
    ):
        if _all_same(arrays, [factor * wanted for wanted in expected], tolerance):
            raise Wrong(reason)
    for digits in range(4):
        if _all_same(arrays, [np.round(wanted, digits) for wanted in expected], tolerance):
            raise Wrong("Do not round the result: in general it is no such number.")


def _all_same(arrays, expected, tolerance):
    return all(same(one, wanted, tolerance) for one, wanted in zip(arrays, expected))


def _exact(argument):
    """Arrays of 32-bit numbers as 64-bit ones."""
    floating = isinstance(argument, np.ndarray) and argument.dtype.kind == "f"
    return argument.astype(float) if floating else argument
