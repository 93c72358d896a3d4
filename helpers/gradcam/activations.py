"""Recognise softmax, sigmoid and their kin by what they do to numbers, whatever they are called."""

import numpy as np
from scipy import special


def _centred(x):
    return x - x.mean(axis=-1, keepdims=True)


def _log(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


# Name: the activation, and its inverse. Softmax forgets what is common to all logits of a row.
KNOWN = {
    "softmax": (lambda z: special.softmax(z, axis=-1), lambda p: _centred(_log(p))),
    "log_softmax": (lambda z: special.log_softmax(z, axis=-1), _centred),
    "sigmoid": (special.expit, lambda p: _log(p) - _log(1 - p)),
    "log_sigmoid": (special.log_expit, lambda p: p - _log(-np.expm1(np.minimum(p, 0)))),
    "tanh": (np.tanh, lambda p: (_log(1 + p) - _log(1 - p)) / 2),
    "hard_sigmoid": (
        lambda z: np.clip(z + 0.5, 0, 1),
        lambda p: np.where((p > 0) & (p < 1), p - 0.5, np.nan),
    ),
}


def recognise(z, answers):
    """What was done to logits, up to a scale and a shift: answers = activation(scale * z + shift).

    Parameters
    ----------
    z, answers : (m, k) float; random logits and what the model made of them.

    Returns
    -------
    (name, scale, shift), scale a float other than 0 and shift (k,); or None.
    """
    rounding = 2e-2 if np.asarray(answers).dtype.itemsize == 2 else 1e-4
    z, answers = np.asarray(z, np.float64), np.asarray(answers, np.float64)
    if z.shape[1] == 1 and (answers == 1).all():
        return "softmax", 1.0, np.zeros(1)
    for name, (activation, inverse) in KNOWN.items():
        x, u = (_centred(z) if "softmax" in name else z), inverse(answers)
        line = _line(x, u)
        if line is None:
            continue
        scale, shift = line
        if name == "hard_sigmoid" and not ((answers == 0) | (answers == 1)).any():
            continue  # a line, as far as it can be seen
        if abs(activation(scale * z + shift) - answers).max() < rounding * max(1, np.ptp(answers)):
            return name, scale, shift
    return None


def _line(x, u):
    """The common slope and the intercepts (k,) of u against x where u is finite and not at its limits."""
    fits = np.isfinite(u) & (abs(np.nan_to_num(u)) < 12)
    if (fits.sum(axis=0) < 4).any():
        return None
    n = fits.sum(axis=0)
    middle_x, middle_u = ((np.where(fits, one, 0)).sum(axis=0) / n for one in (x, u))
    away = np.where(fits, x - middle_x, 0)
    slope = (away * np.where(fits, u - middle_u, 0)).sum() / (away**2).sum()
    if not abs(slope) > 1e-3:
        return None
    if abs(slope - 1) < 1e-2:
        slope = round(slope, 4)
    intercepts = middle_u - slope * middle_x
    return float(slope), np.where(abs(intercepts) < 1e-3, 0, intercepts)
