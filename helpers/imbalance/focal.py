"""Focal loss, written out.

T.-Y. Lin et al., Focal loss for dense object detection, ICCV 2017, arXiv 1708.02002. Its equation 5, for one image
whose true class t has the probability p_t:

    FL(p_t) = - alpha_t (1 - p_t)^gamma ln(p_t)

gamma = 0 is the cross-entropy. The factor (1 - p_t)^gamma knows nothing of classes: it takes weight from whatever
is answered well already. Only alpha_t, one number for each class, could favour a rare class.
"""

import numpy as np

from helpers import arguments

SMALLEST = 1e-7  # Keras's epsilon: probabilities are kept this far from 0 and 1, so that losses stay finite


def focal_loss(labels, probabilities, gamma=2.0, alpha=None):
    """The focal loss of every image.

    Parameters
    ----------
    labels : (n,) whole numbers in 0 .. k - 1.
    probabilities : (n, k) float in [0, 1]; each row adds up to 1.
    gamma : 0 or more. 0 gives the cross-entropy; 2 is the paper's choice.
    alpha : None: all classes count alike. (k,) not negative: one factor per class, or a dict of them by class, 0 .. k - 1;
        that of the *true* class is used. A single number multiplies all losses and favours no class: it is another unit.

    Returns
    -------
    (n,) float64, 0 or more, finite: a probability of exactly 0 counts as 1e-7.

    Raises
    ------
    ValueError : labels that are no class, probabilities that are none or do not add up to 1, gamma or alpha below 0.
    """
    labels, probabilities = _checked(labels, probabilities)
    gamma = checked_gamma(gamma)
    weights = 1.0 if alpha is None else checked_alpha(alpha, probabilities.shape[1])[labels]
    true = np.clip(probabilities[np.arange(len(labels)), labels], SMALLEST, 1 - SMALLEST)
    return -weights * (1 - true) ** gamma * np.log(true)


def focal_gradient(true, gamma=2.0):
    """The derivative of the focal loss with respect to the logit of the true class.

        d FL / d z_t = (1 - p)^gamma (gamma p ln p - (1 - p))

    It is never above 0: whatever gamma, raising the true class's logit lowers the loss.

    Parameters
    ----------
    true : (...) float in (0, 1), the softmax probability p of the true class.
    gamma : 0 or more; 0 gives the gradient of the cross-entropy, p - 1.
    """
    true = np.asarray(true, float)
    gamma = checked_gamma(gamma)
    if not ((true > 0) & (true < 1)).all():
        raise ValueError("expected probabilities between 0 and 1, both excluded")
    return (1 - true) ** gamma * (gamma * true * np.log(true) - (1 - true))


def undo_focal(probabilities, gamma=2.0):
    """What a network that minimises the focal loss would answer, had it minimised the cross-entropy.

    The focal loss is not a proper loss: even at its minimum the answers are not the shares of the classes, but nearer to
    each other (under-confident). With answers q, the shares are proportional to

        h(q) = q / ((1 - q)^gamma - gamma (1 - q)^(gamma - 1) q ln q)

    Parameters
    ----------
    probabilities : (n, k) float, rows that add up to 1. gamma : of the loss, 0 or more; 0 changes nothing.

    Returns
    -------
    (n, k) float; rows add up to 1, and the order of the classes in a row stays.

    References
    ----------
    N. Charoenphakdee et al., On focal loss for class-posterior probability estimation, CVPR 2021, arXiv 2011.09172.
    """
    gamma = checked_gamma(gamma)
    labels = np.zeros(len(probabilities), int)
    q = np.clip(_checked(labels, probabilities)[1], SMALLEST, 1 - SMALLEST)
    h = q * (1 - q) / -focal_gradient(q, gamma)
    return h / h.sum(axis=1, keepdims=True)


def checked_gamma(gamma):
    """gamma as it is, or `ValueError`."""
    if not (np.isfinite(gamma) and gamma >= 0):
        raise ValueError(f"gamma must be 0 or more, not {gamma}: below 0 the easiest images would count most")
    return float(gamma)


def checked_alpha(alpha, n_classes):
    """One factor per class, (n_classes,) float, or `ValueError`; a single number is that of all classes."""
    single = np.isscalar(alpha) or np.shape(alpha) == () and hasattr(alpha, "dtype")
    return arguments.class_factors([alpha] * n_classes if single else alpha, n_classes, "alpha")


def _checked(labels, probabilities):
    shape, probabilities = np.shape(labels), np.asarray(probabilities, float)
    if probabilities.ndim != 2 or shape != probabilities.shape[:1]:
        raise ValueError(
            "expected labels (n,) and probabilities (n, k), one row per label; "
            f"got shapes {shape} and {probabilities.shape}"
        )
    labels = arguments.class_labels(labels, probabilities.shape[1])
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("probabilities must lie in [0, 1]. Are these logits? Apply a softmax first.")
    off = np.abs(probabilities.sum(axis=1) - 1)
    if (off > 1e-4).any():
        row = int(off.argmax())
        raise ValueError(
            "the probabilities of each image must add up to 1; "
            f"those of image {row} add up to {probabilities[row].sum():.4g}"
        )
    return labels, probabilities
