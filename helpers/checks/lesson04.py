"""Checks of lesson 04, in the order of its exercises. No TensorFlow here."""

import numpy as np

from helpers.checks.comparing import comparing
from helpers.checks.feedback import Check
from helpers.checks.score import Score

SMALLEST = 1e-7  # of a probability, before its logarithm is taken


def focal(p, gamma):
    """The focal loss of probabilities of the true class."""
    return -((1 - p) ** gamma) * np.log(np.maximum(p, SMALLEST)) + 0.0  # + 0.0: not -0


def answered(seed, n, k):
    """Labels (n,) in which every class occurs, and probabilities (n, k), none near 0."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % k)
    return labels, (rng.dirichlet(np.ones(k), n) + 0.05) / (1 + 0.05 * k)


def _loss(labels, probabilities, gamma):
    return focal(probabilities[np.arange(len(labels)), labels], gamma)


def _loss_mistakes(labels, probabilities, gamma):
    p, right = probabilities[np.arange(len(labels)), labels], _loss(labels, probabilities, gamma)
    entropy, of_all = focal(p, 0), focal(probabilities, gamma)
    yield -right, "The minus is missing: ln p is not positive, the loss not negative."
    yield right.mean(), "One number for each image: no mean over them."
    yield right.sum(), "One number for each image: no sum over them."
    yield p**gamma * entropy, "You weight with p^gamma, which favours what is right. Take (1 - p)^gamma."
    yield entropy, "This is the cross-entropy: the factor (1 - p)^gamma is missing."
    yield gamma * (1 - p) * entropy, "The factor is 1 - p to the power gamma, not gamma times 1 - p."
    yield focal(probabilities.max(axis=1), gamma), "You take the largest probability, not the true class's."
    for over in (of_all, of_all.sum(axis=1), of_all.mean(axis=1)):
        yield over, "You take the losses of all classes. Only the true class counts."
    yield 0.25 * right, "A further weight alpha is in your loss. None is asked for: it is what Keras adds."
    yield -((1 - p) ** gamma) * np.log(p), "A probability of 0 makes the loss infinite: take ln(1e-7) there."
    yield -((1 - p) ** gamma) * np.log(p + SMALLEST), "You add 1e-7, which changes all small probabilities."


_EDGES = np.array([[0.0, 1.0], [0.0, 1.0], [1 - 2e-7, 2e-7], [1e-9, 1 - 1e-9]])

focal_loss = Check(
    comparing(_loss, _loss_mistakes),
    cases=[
        (*answered(81, 6, 3), 2, "For each image take its true class only, and (1 - p)^2 times -ln p."),
        (*answered(82, 5, 2), 0, "gamma = 0 is the cross-entropy, -ln p."),
        (*answered(83, 5, 4), 3, "gamma may be any number from 0 on."),
        (*answered(84, 4, 3), 0.5, "gamma may be any number from 0 on."),
        (np.array([0, 1, 1, 0]), _EDGES, 2, "With p = 0 the loss is -ln(1e-7) = 16.1; with p = 1 it is 0."),
    ],
    praise="The worse the prediction, the larger the loss; what is predicted well hardly counts.",
    hints=[
        "Three steps: of each row the probability p of the true class, then its logarithm, then the factor.",
        "probabilities[np.arange(len(labels)), labels] takes from each row i the column labels[i].",
        "np.maximum(p, 1e-7) is p, but never below 1e-7: take the logarithm of that.",
        "The loss is -(1 - p) ** gamma times the logarithm. No mean.",
    ],
)


def slope(p, gamma):
    """The derivative of the focal loss with respect to the true class's logit."""
    return (1 - p) ** gamma * (gamma * p * np.log(p) - (1 - p))


def _slope_mistakes(p, gamma):
    q, log = 1 - p, np.log(p)
    with_log, without = gamma * p * q**gamma * log, -(q ** (gamma + 1))  # the two terms
    by_p = slope(p, gamma) / (p * q)
    yield -with_log - without, "The sign is turned. L = -(1 - p)^gamma ln p begins with a minus."
    yield without, "(1 - p)^gamma depends on p too: the product rule gives a second term, with ln p."
    yield with_log, "The product rule gives two terms; the one of the derivative of ln p is missing."
    yield p - 1, "This is the gradient of the cross-entropy: gamma does not enter."
    for turned in (without - with_log, with_log - without):
        yield turned, "Check the inner derivative: that of (1 - p)^gamma is -gamma (1 - p)^(gamma - 1)."
    yield by_p, "This is dL / dp. One step is left: times dp / dz = p (1 - p)."
    for part in (by_p * p, by_p * q):
        yield part, "dp / dz is p (1 - p): you multiplied by one of the two only."
    yield focal(p, gamma), "This is the loss itself. Its derivative is asked for."


_P = np.array([0.08, 0.3, 0.5, 0.74, 0.95])

focal_gradient = Check(
    comparing(slope, _slope_mistakes),
    cases=[
        (_P, 2, "One number for each p: two terms, one with ln p and one without, added. Derive a formula."),
        (_P, 0, "gamma = 0 is the cross-entropy: p - 1."),
        (np.array([0.2, 0.65, 0.4]), 0.5, "gamma may be any number from 0 on."),
        (
            np.array([1e-5, 0.03, 0.5, 1 - 1e-5]),
            3,
            "It is nearly -1 where p is near 0, nearly 0 where p is near 1.",
        ),
        (
            np.float32([0.1, 0.45, 0.85]),
            1.5,
            "These p are 32-bit numbers: tiny steps drown in their rounding.",
        ),
    ],
    praise="It is never positive: raising the true class's logit lowers the loss, whatever gamma. Where p is "
    "small it is even larger, in size, than that of the cross-entropy.",
    hints=[
        "L is a product of -(1 - p)^gamma and ln p. Its derivative by p has two terms: derive the first "
        "factor and keep the second, then the other way round.",
        "The derivative of (1 - p)^gamma by p is -gamma (1 - p)^(gamma - 1); that of ln p is 1 / p.",
        "dL / dp = gamma (1 - p)^(gamma - 1) ln p - (1 - p)^gamma / p. Multiply both terms by p (1 - p).",
        "The powers of 1 - p can be put in front: (1 - p)^gamma times (gamma p ln p - ...). What is left of "
        "the second term?",
    ],
)


def _weight(labels, n_classes, wanted):
    return wanted * len(labels) / np.bincount(labels, minlength=n_classes)


def _weight_mistakes(labels, n_classes, wanted):
    n, counts, right = (
        len(labels),
        np.bincount(labels, minlength=n_classes),
        _weight(labels, n_classes, wanted),
    )
    yield n / (n_classes * counts), "These weights make all classes count the same: `wanted` is ignored."
    yield n / counts, "These weights are n / counts: `wanted` does not enter."
    for mistaken in (right / right.mean(), right / right.sum(), right / n_classes, wanted / counts):
        yield mistaken, "Right but for a factor: the mean weight is to be 1 over the *images*."
    yield wanted, "These are the wanted shares. Divide them by the shares among the labels."
    for product in (wanted * counts / n, wanted * counts):
        yield product, "Divide the wanted share by that among the labels; you multiply."
    yield counts / n / wanted, "Turned round: divide the wanted share by that among the labels."
    for other in (1, np.nan):
        yield np.where(wanted == 0, other, right), "A class whose wanted share is 0 has the weight 0."
    yield right[wanted > 0], "A class whose wanted share is 0 keeps its place, with the weight 0."
    yield right[labels], "One weight for each class, not for each image."


class_weights = Check(
    comparing(_weight, _weight_mistakes),
    cases=[
        (np.repeat([0, 1, 2], [3, 9, 2]), 3, np.array([0.5, 0.2, 0.3]), "The counts are 3, 9 and 2."),
        (
            np.array([2, 0, 2, 2, 0, 1, 2, 2, 2, 3]),
            4,
            np.full(4, 0.25),
            "Count times weight is n / k for each.",
        ),
        (np.array([1, 1, 0, 1, 2, 1, 2]), 3, np.array([0.35, 0.65, 0.0]), "Class 2 has the weight 0."),
        (
            np.array([1, 0, 1, 1, 1]),
            2,
            np.array([0.2, 0.8]),
            "The labels have the wanted mix: weights are 1.",
        ),
    ],
    praise="Weighted like this, every class has the wanted share of the loss, and the mean weight over the "
    "images is 1.",
    hints=[
        "Which share do the images of a class have without weights? By which factor must it change?",
        "np.bincount(labels, minlength=n_classes) counts the images of each class, in the order of the classes.",
        "counts * weights, divided by n, is to be `wanted`: solve for the weights. Then their mean over the "
        "images is 1 by itself, because the wanted shares add up to 1.",
    ],
)


def _rows(values):
    """Rows that add up to 1."""
    return values / values.sum(axis=1, keepdims=True)


def under(probabilities, trained, true):
    """Probabilities under another prior, by Bayes' rule."""
    return _rows(probabilities * (true / true.sum()) / (trained / trained.sum()))


def _prior_mistakes(p, trained, true):
    seen, real = trained / trained.sum(), true / true.sum()
    weighed = p * real / seen
    yield p, "Nothing has changed. Multiply by the true share over the trained share."
    for unscaled in (weighed, p * true / trained, np.clip(weighed, 0, 1)):
        yield unscaled, "Each row is to add up to 1: divide it by its own sum."
    yield weighed / weighed.sum(axis=0), "You divide by the sums over the images. Each *row* adds up to 1."
    yield _rows(p * seen / real), "Turned round: you multiply by the trained share over the true one."
    yield _rows(p / seen), "The true share enters as well: multiply by it, divide by the trained share."
    yield _rows(p * real), "The trained share enters as well: multiply by the true share, divide by it."
    yield p + real - seen, "Priors multiply: p times true share over trained share. You add the difference."
    rarest = np.where(real == real.min(), real / seen, 1)
    yield _rows(p * rarest), "Every class changes by its own ratio, not the one that is rarest in truth only."
    yield _rows(p * np.maximum(true, 1) / trained), "A true count of 0 means a probability of 0: add nothing."
    yield under(p, trained, true)[:, true > 0], "A class with a true count of 0 keeps its place, with 0."


_RULE = "Multiply each column by true share / trained share, then divide each row by its sum."
_HALVES = np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.03, 0.97], [0.65, 0.35]])
_TENTH = "Class 1 was half of the images and is a tenth in truth: its odds fall to a ninth."

undo_oversampling = Check(
    comparing(under, _prior_mistakes),
    cases=[
        (answered(91, 6, 4)[1], np.array([120, 60, 20, 40]), np.array([60, 300, 40, 140]), _RULE),
        (_HALVES, np.array([60, 60]), np.array([270, 30]), _TENTH),
        (answered(90, 3, 3)[1], np.array([100, 80, 120]), np.array([300, 40, 10]), _RULE),
        (answered(92, 5, 3)[1], np.array([40, 50, 90]), np.array([80, 0, 20]), "Class 1 does not occur: 0."),
        (answered(93, 5, 2)[1], np.array([30, 90]), np.array([400, 1200]), "The shares are the same."),
    ],
    praise="These are the probabilities for the true mix, without training again: exact, if the network "
    "was, and if only the numbers of images differ.",
    hints=[
        "Turn both counts into shares. By which factor did the share of each class change?",
        "The network's probability holds the trained share as a factor. Divide by it, and multiply by the "
        "true share.",
        "After that the rows no longer add up to 1. Divide each by its sum: .sum(axis=1, keepdims=True).",
        "In short: probabilities * true_share / trained_share, divided by the sum of its row.",
    ],
)


def smote(rare, i, nth, gap, power=2):
    """The sample; the distance is the sum of the differences, each to this power."""
    order = np.argsort((np.abs(rare - rare[i]) ** power).sum(axis=1), kind="stable")
    return rare[i] + gap * (rare[order[order != i][nth - 1]] - rare[i])


def _smote_mistakes(rare, i, nth, gap):
    here, neighbour = rare[i], smote(rare, i, nth, 1)
    if nth > 1:
        yield smote(rare, i, nth - 1, gap), "You counted the image itself as its nearest."
    if nth < len(rare) - 1:
        yield smote(rare, i, nth + 1, gap), "This goes to neighbour nth + 1, one too far."
    yield here, "This is image i itself. Was it counted as its own nearest neighbour?"
    yield neighbour, "This is the neighbour itself. Go only the share `gap` of the way."
    yield neighbour + gap * (here - neighbour), "This starts at the neighbour: gap = 0 should be image i."
    yield gap * (neighbour - here), "This is the step alone. Add it to image i."
    yield here + gap * neighbour, "Add the share `gap` of the *difference*, neighbour - image i, to image i."
    yield (here + neighbour) / 2, "This is the point in the middle. `gap` says how far along the way it lies."
    yield smote(rare, i, 1, gap), "`nth` is ignored: this goes to the nearest neighbour."
    yield smote(rare, i, nth, gap, power=1), "You add up absolute differences: take the Euclidean distance."


def _features(seed, m, d):
    """Features on unlike scales."""
    return np.random.default_rng(seed).normal(2, 1, (m, d)) * np.linspace(1, 2.2, d)


_FIVE = np.array([[0.0, 0.0], [4.0, 0.5], [0.2, 3.0], [6.0, 8.0], [-1.5, -1.0]])
_SIX = np.array([[0.0, 1.0], [3.2, 3.1], [0.3, 5.2], [-0.4, -3.7], [9.0, 2.0], [2.0, 2.6]])
_ALL = "Sort the distances of all images to image i. All features move by the same share of the way."

smote_sample = Check(
    comparing(lambda rare, i, nth, gap: smote(rare, i, nth, gap), _smote_mistakes),
    cases=[
        (_features(105, 90, 6), 6, 4, 0.3, _ALL),  # by other distances, other neighbours
        (_FIVE, 0, 1, 0.25, "The nearest neighbour of image 0 is image 4."),
        (_SIX, 0, 2, 0.6, "The distances are 3.8, 4.2, 4.7, 9.1 and 2.6: the second nearest is image 1."),
        (_features(85, 9, 4), 5, 3, 0.3, _ALL),
        (_features(86, 8, 3), 7, 1, 0.85, _ALL),
        (_features(87, 6, 5), 2, 5, 0.4, "There are five neighbours: the fifth is the farthest."),
        (_features(88, 6, 3), 3, 2, 0, "With gap = 0 the sample is image i itself."),
        (_features(89, 6, 3), 3, 2, 1, "With gap = 1 the sample is the neighbour."),
    ],
    praise="A new point between two images of the class. Whether an image could look like that, SMOTE does "
    "not ask.",
    hints=[
        "First the distances of all images from image i, then their order, then the point.",
        "rare - rare[i] holds the differences, (m, d). The root of the sum of their squares over axis 1 is "
        "the distance; that of image i itself is 0.",
        "np.argsort(distances) names the images, the nearest first. Place 0 is image i itself, so the nth "
        "neighbour stands at place nth.",
        "rare[i] + gap * (neighbour - rare[i]).",
    ],
)

score = Score(
    "04", dict(focal_loss=2, focal_gradient=3, class_weights=2, undo_oversampling=3, smote_sample=2)
)
