"""One factor for each class: class weights, alpha, shares."""

from collections.abc import Mapping

import numpy as np


def by_class(factors, class_names=None):
    """Factors in the order of the classes: those of a dict by its keys, anything else as it is.

    Parameters
    ----------
    factors : a dict or pandas.Series with the keys 0 .. k - 1, or with all class names; or a sequence.
    class_names : k texts, or None.

    Raises
    ------
    ValueError : a dict with other keys.
    """
    if hasattr(factors, "to_dict"):
        factors = factors.to_dict()
    if not isinstance(factors, Mapping):
        return factors
    for keys in (range(len(factors)), tuple(class_names or ())):
        if factors and set(factors) == set(keys):
            return [factors[key] for key in keys]
    known = "" if class_names is None else f", or the names {', '.join(map(str, class_names))}"
    raise ValueError(f"a dict of classes needs every class as a key, 0 .. k - 1{known}; got {list(factors)}")


def class_factors(factors, n_classes, name="class_weights", class_names=None):
    """One factor for each class, (n_classes,) float64: finite, not negative, one at least above 0.

    Parameters
    ----------
    factors : (n_classes,) numbers, or a dict as in `by_class`. name : what the error calls them.

    Raises
    ------
    ValueError : another number of factors, keys that are no classes, negative numbers, NaN, text.
    """
    wanted = f"{name} must be one number of 0 or more for each of the {n_classes} classes"
    given = by_class(factors, class_names)
    try:
        numbers = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if (
        numbers.shape != (n_classes,)
        or not (np.isfinite(numbers) & (numbers >= 0)).all()
        or not numbers.any()
    ):
        raise ValueError(f"{wanted}, not all of them 0; got {factors}")
    return numbers
