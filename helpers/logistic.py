"""Logistic regression: the dumbest rule worth trying first, and the end that a dense layer's training runs towards."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController  # scikit-learn brings it along

from helpers import arguments, splits

_threads = ThreadpoolController()

STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)  # scikit-learn's C: the smaller, the stronger the penalty


def thumbnails(images, side=16):
    """Images in miniature: the mean of each of side x side tiles, as one row of numbers.

    Parameters
    ----------
    images : (n, h, w) float; h and w multiples of `side`.

    Returns
    -------
    (n, side * side) float32.
    """
    images = np.asarray(images, np.float32)
    n, height, width = images.shape
    if side < 1 or height % side or width % side:
        raise ValueError(f"images of {height}x{width} pixels do not divide into {side}x{side} equal tiles")
    tiles = images.reshape(n, side, height // side, side, width // side)
    return tiles.mean(axis=(2, 4)).reshape(n, -1)


def fit(train, validation=None, *, balanced=False, strengths=STRENGTHS):
    """Logistic regression on standardised inputs; the penalty is the one of lowest validation loss.

    A dense layer with softmax that is trained on fixed inputs is logistic regression: its loss is convex, so there is one
    minimum, whatever the start. What gradient descent reaches after many epochs, L-BFGS finds at once. The squared penalty
    takes the place of stopping early; because of it, weights that no training input sees stay 0, and where there are fewer
    inputs than numbers in each, the same minimum is found among the few directions that the inputs span.

    Parameters
    ----------
    train, validation : pairs (inputs (n, d) float, labels (n,) int). validation : None where `strengths` holds one only.
    balanced : count each class as n / (k * its count), as `class_weights` in `training.fit`.
    strengths : values of C to choose from.

    Returns
    -------
    scikit-learn Pipeline; `predict_proba(inputs)` gives (n, k).

    References
    ----------
    T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, 2nd ed., Springer 2009, sections 4.4 and
    7.2; section 11.5.2 on stopping early, section 18.3.5 on fewer inputs than numbers in each.
    """
    if validation is None and len(strengths) != 1:
        raise ValueError("without validation images there is nothing to choose by: pass one strength")
    scale = StandardScaler().fit(train[0])
    fitted = []
    with _threads.limit(limits=1, user_api="blas"):  # for so little, threads mostly wait for each other
        spanned, directions = _spanned(scale.transform(train[0]))
        for strength in strengths:
            regression = LogisticRegression(
                C=strength, max_iter=3000, class_weight="balanced" if balanced else None
            ).fit(spanned, train[1])
            if directions is not None:
                regression.coef_ = regression.coef_ @ directions.T
                regression.n_features_in_ = len(directions)
            fitted.append(make_pipeline(scale, regression))
    if len(fitted) == 1:
        return fitted[0]
    inputs, labels = validation
    losses = [log_loss(labels, one.predict_proba(inputs), labels=one.classes_) for one in fitted]
    return fitted[int(np.argmin(losses))]


def _spanned(x):
    """Inputs (n, d), n < d, in the directions that they span: (n, r), and these directions (d, r). Else x, None."""
    if len(x) >= x.shape[1]:
        return x, None
    x = x.astype(float)
    squares, turned = np.linalg.eigh(x @ x.T)  # far fewer numbers than a decomposition of x itself
    seen = squares > 1e-10 * squares[-1]
    lengths = np.sqrt(squares[seen])
    return turned[:, seen] * lengths, x.T @ (turned[:, seen] / lengths)


def dense_weights(fitted):
    """Kernel (d, 2) and bias (2,) of the dense layer with softmax that gives the same probabilities (two classes)."""
    scale, regression = fitted[0], fitted[-1]
    if len(regression.classes_) != 2:
        raise ValueError(f"expected a regression with two classes; this one has {len(regression.classes_)}")
    slope = regression.coef_[0] / scale.scale_
    shift = regression.intercept_[0] - slope @ scale.mean_
    return np.stack([np.zeros_like(slope), slope], axis=1), np.array([0.0, shift])


def told_apart(first, second, seed, *, n_folds=3, strength=0.01):
    """Can a logistic regression tell two sets of images apart? Scores from cross-validation by patient.

    Parameters
    ----------
    first, second : pairs (inputs (n, d), patients (n,)). No patient may be in both.

    Returns
    -------
    score : (n1 + n2,) rank within its fold, in [0, 1): the higher, the more like the second set. The folds' own scales
        differ, so ranks are pooled. source : (n1 + n2,) bool, True for the second set. groups : patients.
    """
    (x1, g1), (x2, g2) = first, second
    if shared := set(np.asarray(g1).tolist()) & set(np.asarray(g2).tolist()):
        raise ValueError(f"patient {min(map(str, shared))} is in both sets: images of one patient are alike")
    x, groups = np.concatenate([x1, x2]), arguments.patients(np.concatenate([g1, g2]))
    source = np.repeat([False, True], [len(x1), len(x2)])
    fold = splits.fold_numbers(source.astype(int), groups, n_folds=n_folds, seed=seed)
    score = np.empty(len(x))
    for number in range(n_folds):
        model = fit((x[fold != number], source[fold != number]), strengths=(strength,))
        rank = np.argsort(np.argsort(model.decision_function(x[fold == number])))
        score[fold == number] = rank / len(rank)
    return score, source, groups
