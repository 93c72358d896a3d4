"""Recognise softmax, sigmoid and their kin by what they do to numbers, whatever they are called."""

import numpy as np
from scipy import special


def _centred(x):
    return x - x.mean(axis=-1, keepdims=True)


def _log(x):
    return np.log(np.where(x > 0, x, np.nan))


# Name: the activation, and its inverse. Softmax forgets what is common to all logits of a row.
KNOWN = {
    "softmax": (lambda z: special.softmax(z, axis=-1), lambda p: _centred(_log(p))),
    "log_softmax": (lambda z: special.log_softmax(z, axis=-1), _centred),
    "sigmoid": (special.expit, lambda p: _log(p) - _log(1 - p)),
    "log_sigmoid": (special.log_expit, lambda p: p - _log(-np.expm1(np.minimum(p, 0)))),
    "tanh": (np.tanh, lambda p: (_log(1 + p) - _log(1 - p)) / 2),
    "hard_sigmoid": (
        lambda z: np.clip(z / 6 + 0.5, 0, 1),
        lambda p: np.where((p > 0) & (p < 1), 6 * p - 3, np.nan),
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
    z, answers = np.asarray(z, np.float64), np.asarray(answers, np.float64)
    if z.shape[1] == 1 and (answers == 1).all():
        return "softmax", 1.0, np.zeros(1)
    if not np.isfinite(answers).all() or np.ptp(answers) == 0:
        return None
    for name, (activation, inverse) in KNOWN.items():
        if name == "softmax":
            total = answers.sum(axis=1)  # percentages are welcome
            answers = (
                answers / total.mean()
                if z.shape[1] > 1 and 0 < np.ptp(total) < 1e-2 * total.mean()
                else answers
            )
        if name == "hard_sigmoid" and not ((answers == 0) | (answers == 1)).any():
            continue  # a line, as far as it can be seen
        x, u = (_centred(z) if "softmax" in name else z), inverse(answers)
        line = _line(x, u)
        if line is None:
            continue
        scale, shift = line
        if (abs(activation(scale * z + shift) - answers) < 5e-3 + 2e-3 * abs(answers)).all():
            return name, scale, shift
    return None


def _line(x, u):
    """The common slope and the intercepts (k,) of u against x where u is finite and not at its limits."""
    fits = np.isfinite(u) & (abs(np.nan_to_num(u)) < 4)
    if (fits.sum(axis=0) < 4).any():
        return None
    n = fits.sum(axis=0)
    middle_x, middle_u = (np.where(fits, one, 0).sum(axis=0) / n for one in (x, u))
    away = np.where(fits, x - middle_x, 0)
    spread = (away**2).sum()
    slope = (away * np.where(fits, u - middle_u, 0)).sum() / spread if spread else 0
    if abs(slope) < 1e-3:
        return None
    if abs(slope - 1) < 5e-3:  # half precision rounds
        slope = 1.0
    intercepts = middle_u - slope * middle_x
    return float(slope), np.where(abs(intercepts) < 5e-3, 0, intercepts)


def compared(z, answers, shape):
    """What was done to random logits, as `recognise` tells; None where the numbers do not fit.

    One logit may give two answers, 1 - p and p.
    """
    if answers is None:
        return None
    z, answers = rows_of(np.asarray(z), shape), rows_of(np.asarray(answers), shape)
    if z is None or answers is None:
        return None
    if z.shape[1] == 1 and answers.shape[1] == 2 and np.allclose(answers.sum(axis=1), 1, atol=1e-2):
        answers = answers[:, 1:]
    return recognise(z, answers) if z.shape == answers.shape else None


def rows_of(x, shape):
    """(m, k): one row an image, or one an image and place where the answer has places; None where that does not fit."""
    places = [8 if side is None else side for side in shape[1:-1]]
    if len(shape) > 2 and int(np.prod(places)) > 1:
        return x.reshape(-1, shape[-1]) if x.shape[1:] == (*places, shape[-1]) else None
    k = shape[-1] if len(shape) > 1 else 1
    numbers = int(np.prod(x.shape[1:]))
    return x.reshape(-1, numbers) if numbers == k or (numbers, k) == (1, 2) else None
