"""Checks of lesson 04. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here."""

import numpy as np

from helpers.checks.feedback import Check, Wrong, expect, numbers

_SMALLEST = 1e-7  # of a probability, before its logarithm is taken
_OTHER_LIMITS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, np.finfo(float).eps, 1e-300)


def _focal(p, gamma):
    """The focal loss of probabilities of the true class."""
    return -((1 - p) ** gamma) * np.log(np.maximum(p, _SMALLEST)) + 0.0  # + 0.0: not -0


def _loss_mistakes(labels, probabilities, gamma):
    """Pairs (what the mistake gives, reason)."""
    n, k = probabilities.shape
    p = probabilities[np.arange(n), labels]
    entropy, weight, right = _focal(p, 0), (1 - p) ** gamma, _focal(p, gamma)
    yield -right, "The minus is missing: ln p is not positive, the loss not negative."
    natural = "Take the natural logarithm, np.log."
    yield right / np.log(10), f"This is the logarithm to the base 10. {natural}"
    yield right / np.log(2), f"This is the logarithm to the base 2. {natural}"
    yield (
        p**gamma * entropy,
        "You weight with p^gamma: that favours what is answered well already. The factor is (1 - p)^gamma.",
    )
    yield entropy, "This is the cross-entropy: the factor (1 - p)^gamma is missing."
    power = "The factor is 1 - p to the power gamma"
    yield gamma * (1 - p) * entropy, f"{power}, not gamma times 1 - p."
    yield (1 - p**gamma) * entropy, f"{power}, not 1 - p^gamma."
    yield ((1 - p) * entropy) ** gamma, f"{power}; the logarithm has no power."
    yield entropy**gamma, f"{power}; the logarithm has no power."
    yield (1 - p) ** (gamma + 1) * entropy, f"{power}, not gamma + 1."
    for other in (1, 2, 3, 5):
        yield (1 - p) ** other * entropy, f"{power}; your power is always {other}."
    yield weight + entropy, "Multiply the factor by the cross-entropy; you add them."
    yield weight, "This is the factor (1 - p)^gamma alone. Multiply it by -ln p."
    yield weight * (1 - p), "This has no logarithm: multiply (1 - p)^gamma by -ln p."
    alpha = "A further weight alpha is in your loss. None is asked for: it is what Keras adds."
    for constant in (0.25, 0.5, 0.75):
        yield constant * right, alpha
        for c in range(k):
            yield right * np.where(labels == c, constant, 1 - constant), alpha
    with np.errstate(divide="ignore"):
        yield (
            -weight * np.log(p),
            "A probability of 0 makes the loss infinite: where p is below 1e-7, take the logarithm of 1e-7.",
        )
    for other in _OTHER_LIMITS:
        kept = f"{other:.0e} is not the limit: where p is below 1e-7, take the logarithm of 1e-7."
        yield -weight * np.log(np.maximum(p, other)), kept
        yield (
            -weight * np.log(p + other),
            f"{other:.0e} is added to p. Leave p as it is, unless it is below 1e-7: np.maximum(p, 1e-7).",
        )
    yield (
        -weight * np.log(p + _SMALLEST),
        "You add 1e-7, which changes small probabilities. Only what is below 1e-7 changes: "
        "np.maximum(p, 1e-7).",
    )
    for nothing in (p < _SMALLEST, p == 0):
        yield (
            np.where(nothing, 0, right),
            "Where p is 0 your loss is 0: the worst answer would cost nothing.",
        )
    true = "p is the probability of the *true* class, that which `labels` names"
    yield _focal(probabilities.max(axis=1), gamma), f"You take the largest probability of each row; {true}."
    yield _focal(probabilities.min(axis=1), gamma), f"You take the least probability of each row; {true}."
    for column in range(k):
        yield _focal(probabilities[:, column], gamma), f"You take column {column} for all images; {true}."
    yield _focal(probabilities[np.arange(n), labels - 1], gamma), f"{true}. Classes are counted from 0."
    yield (
        _focal(probabilities[np.arange(n), k - 1 - labels], gamma),
        f"The classes are in reverse order; {true}.",
    )
    if labels.max() < n <= k:
        yield (
            _focal(probabilities[labels, np.arange(n)], gamma),
            "Rows and columns are swapped: a row is an image, a column a class.",
        )
    yield _focal(1 - p, gamma), f"You take 1 - p for p; {true}."
    with np.errstate(divide="ignore", invalid="ignore"):
        yield -weight * np.log(1 - p), "The logarithm is that of p, not of 1 - p."
        yield -(p**gamma) * np.log(1 - p), f"You take 1 - p for p; {true}."
    of_all = _focal(probabilities, gamma)
    only = "Only the true class counts."
    yield of_all.sum(axis=1), f"You add up the losses of all classes. {only}"
    yield of_all.mean(axis=1), f"You average over all classes. {only}"
    yield (
        entropy * ((1 - probabilities) ** gamma).sum(axis=1),
        f"You add up (1 - p)^gamma over all classes. {only}",
    )
    is_true = np.arange(k) == labels[:, None]
    single = np.where(is_true, probabilities, 1 - probabilities)
    each = f"You treat every class as a yes-no question of its own and add up their losses. {only}"
    yield _focal(single, gamma).sum(axis=1), each
    yield _focal(single, gamma).mean(axis=1), each
    numbered = "A label is the name of a class, not a number to multiply by."
    yield labels * right, numbered
    powers = np.exp(probabilities)
    again = (powers / powers.sum(axis=1, keepdims=True))[np.arange(n), labels]
    yield _focal(again, gamma), "These are probabilities already: no softmax."
    own = "Return each image's own loss."
    yield right / n, f"You divide by the number of images. {own}"
    yield np.full(n, right.mean()), f"You return the mean for all. {own}"
    yield np.cumsum(right), f"You add up the images. {own}"
    yield right / max(weight.sum(), 1e-12), f"The factors have been scaled to a sum of 1. {own}"
    yield np.round(right), "Do not round the result."


def _judge_loss(call, labels, probabilities, gamma, because):
    n, k = probabilities.shape
    exact = probabilities.astype(float)
    each = "One loss for each image:"
    chosen = (
        "take of each row the probability of the true class only, probabilities[np.arange(len(labels)), "
        "labels]."
    )
    shapes = [
        ((), f"{each} no mean and no sum over the images."),
        ((1,), f"{each} no mean and no sum over the images."),
        ((n, 1), f"{each} no keepdims."),
        ((1, n), f"{each} no keepdims."),
        ((n, k), f"{each} {chosen}"),
        ((n, n), f"{each} {chosen}"),
        ((k,), f"{each} keep the images apart, not the classes."),
        ((k, n), f"{each} {chosen}"),
    ]
    expect(
        call(labels, probabilities, gamma),
        _focal(exact[np.arange(n), labels], gamma),
        shapes,
        _loss_mistakes(labels.astype(int), exact, gamma),
        (labels, probabilities, gamma),
        because,
    )


def _answered(seed, n, k):
    """Labels (n,) in which every class occurs, and probabilities (n, k), none near 0."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % k)
    return labels, (rng.dirichlet(np.ones(k), n) + 0.05) / (1 + 0.05 * k)


focal_loss = Check(
    _judge_loss,
    cases=[
        (*_answered(81, 6, 3), 2, "For each image take its true class, and (1 - p)^2 times -ln p."),
        (*_answered(82, 5, 2), 0, "gamma = 0 is the cross-entropy, -ln p."),
        (*_answered(83, 5, 4), 3, "gamma may be any number from 0 on."),
        (*_answered(84, 4, 3), 0.5, "gamma may be any number from 0 on."),
        (
            np.array([0, 1, 1, 0]),
            np.array([[0.0, 1.0], [0.0, 1.0], [1 - 2e-7, 2e-7], [1e-9, 1 - 1e-9]]),
            2,
            "With p = 0 the loss is -ln(1e-7) = 16.1; with p = 1 it is 0.",
        ),
    ],
    praise="The worse the answer, the larger the loss; what is answered well hardly counts.",
    hints=[
        "Three steps: of each row the probability p of the true class, then its logarithm, then the factor.",
        "probabilities[np.arange(len(labels)), labels] takes from row 0 the column labels[0], from row 1 the "
        "column labels[1], and so on.",
        "np.maximum(p, 1e-7) is p, but never below 1e-7: take the logarithm of that.",
        "The loss is -(1 - p) ** gamma times the logarithm. No mean.",
    ],
)


def _slope(p, gamma):
    """The derivative of the focal loss with respect to the true class's logit."""
    return (1 - p) ** gamma * (gamma * p * np.log(p) - (1 - p))


def _slope_mistakes(p, gamma):
    """Pairs (what the mistake gives, reason)."""
    q, log, right, n = 1 - p, np.log(p), _slope(p, gamma), len(p)
    power, entropy = gamma * p * q**gamma * log, -(q ** (gamma + 1))  # the two terms
    by_p = gamma * q ** (gamma - 1) * log - q**gamma / p
    loss = _focal(p, gamma)
    yield -right, "The sign is turned. L = -(1 - p)^gamma ln p begins with a minus."
    yield (
        entropy,
        "This is the gradient of the cross-entropy, times (1 - p)^gamma. But the factor depends on p too: "
        "the product rule gives a second term, with ln p.",
    )
    yield -entropy, "The product rule gives a second term, with ln p; and the sign is turned."
    both = "The product rule gives two terms; the one of the {} is missing."
    yield power, both.format("derivative of ln p")
    yield -power, both.format("derivative of ln p") + " And the sign is turned."
    yield p - 1, "This is the gradient of the cross-entropy: gamma does not enter."
    inner = (
        "Check the inner derivative: that of (1 - p)^gamma is -gamma (1 - p)^(gamma - 1), with a minus. The "
        "two terms get the same sign."
    )
    yield entropy - power, inner
    yield power - entropy, inner
    step = "This is dL / dp. One step is left: times dp / dz = p (1 - p)."
    yield by_p, step
    yield -by_p, f"{step} And the sign is turned."
    yield -(q**gamma) / p, f"{step} And the product rule gives a second term, with ln p."
    yield gamma * q ** (gamma - 1) * log, f"{step} And the term of the derivative of ln p is missing."
    yield -1 / p, f"{step} And the factor (1 - p)^gamma is missing."
    softmax = "dp / dz is p (1 - p): you multiplied by {}."
    yield by_p * p, softmax.format("p only")
    yield by_p * q, softmax.format("1 - p only")
    yield by_p * p * p, softmax.format("p^2")
    yield by_p * q * q, softmax.format("(1 - p)^2")
    yield -by_p * p * q, "The sign is turned."
    yield by_p * (p * q) ** 2, softmax.format("it twice")
    yield by_p / (p * q), "Multiply dL / dp by dp / dz = p (1 - p); you divide."
    yield by_p + p * q, "Multiply dL / dp by dp / dz = p (1 - p); you add."
    yield (
        q * power + entropy,
        "The derivative of (1 - p)^gamma has the power gamma - 1, one less.",
    )
    yield (
        p * q**gamma * log + entropy,
        "The derivative of (1 - p)^gamma has the factor gamma; it is missing.",
    )
    yield (
        q**gamma * (gamma * log - q),
        "In the term with ln p a factor is missing: dp / dz = p (1 - p) multiplies both terms.",
    )
    yield (
        q**gamma * (gamma * p * log - 1),
        "In the term without ln p a factor is missing: dp / dz = p (1 - p) multiplies both terms.",
    )
    yield gamma * p * log - q, "The common factor (1 - p)^gamma is missing."
    yield p**gamma * (gamma * p * log - q), "The common factor is (1 - p)^gamma, not p^gamma."
    yield p**gamma * (p - 1), "The factor of the focal loss is (1 - p)^gamma; and it depends on p."
    yield p**gamma * (gamma * q * np.log(q) - p), "p and 1 - p are swapped: p belongs to the true class."
    yield q**gamma * (gamma * p * np.log(q) - q), "The logarithm is that of p, not of 1 - p."
    for base, name in ((10, "10"), (2, "2")):
        natural = f"Your logarithm has the base {name}. Take the natural one, np.log."
        yield power / np.log(base) + entropy, natural
        yield right / np.log(base), natural
    yield loss, "This is the loss itself. Its derivative is asked for."
    yield -loss, "This is the loss itself, without its minus. Its derivative is asked for."
    yield q**gamma, "This is the factor of the loss. The loss's derivative is asked for."
    yield p * q, "This is dp / dz alone. Multiply it by dL / dp."
    yield right / n, "You divide by the number of images. Return the derivative of each image's own loss."
    yield np.full(n, right.mean()), "You return the mean for all. Each image has a derivative of its own."
    for alpha in (0.25, 0.75):
        yield alpha * right, "A further weight alpha is in your gradient. None is asked for."
    if n > 1:
        with np.errstate(all="ignore"):
            yield (
                np.gradient(loss, p),
                "np.gradient between these few p is far too coarse, and gives dL / dp. Derive a formula.",
            )
            yield (
                np.gradient(loss),
                "np.gradient knows nothing of the distances between the p. Derive a formula.",
            )
    logit = np.log(p / q)
    coarse = "This is a finite difference, and not near enough. Use it to test the formula that you derive."
    for h in (1.0, 0.5, 0.1, 0.05, 0.01, 1e-3, 1e-4):
        above, below = (1 / (1 + np.exp(-logit - shift)) for shift in (h, -h))
        up, down = _focal(above, gamma), _focal(below, gamma)
        yield (up - loss) / h, coarse
        yield (loss - down) / h, coarse
        yield (up - down) / (2 * h), coarse
        yield (up - down) / h, f"{coarse} (Divide by 2 h: both ends are moved.)"
        yield up - down, f"{coarse} (Divide by 2 h.)"
    for digits in (0, 1, 2):
        yield np.round(right, digits), "Do not round the result."


def _judge_slope(call, p, gamma, because):
    n, exact = len(p), p.astype(float)
    each = "One derivative for each image:"
    shapes = [
        ((), f"{each} no mean and no sum."),
        ((1,), f"{each} no mean and no sum."),
        ((n, 1), f"{each} no further axis."),
        ((1, n), f"{each} no further axis."),
        ((n, n), f"{each} images have nothing to do with each other here."),
        ((n - 1,), f"{each} no differences between images."),
        ((2, n), f"{each} add the two terms."),
    ]
    expect(
        call(p, gamma),
        _slope(exact, gamma),
        shapes,
        _slope_mistakes(exact, gamma),
        (p, gamma),
        because,
    )


_SOME_P = np.array([0.08, 0.3, 0.5, 0.74, 0.95])

focal_gradient = Check(
    _judge_slope,
    cases=[
        (_SOME_P, 2, "Two terms, one with ln p and one without."),
        (_SOME_P, 0, "gamma = 0 is the cross-entropy: p - 1."),
        (np.array([0.2, 0.65, 0.4]), 0.5, "gamma may be any number from 0 on."),
        (
            np.array([1e-5, 0.03, 0.5, 1 - 1e-5]),
            3,
            "Where p is near 0 the gradient is nearly -1, and where p is near 1 it is nearly 0.",
        ),
        (
            np.array([0.1, 0.45, 0.85], np.float32),
            1.5,
            "These p are 32-bit numbers, as a network returns them: what is divided by tiny steps or "
            "probabilities drowns in their rounding, your formula should not.",
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


def _share_mistakes(labels, k, wanted):
    """Pairs (what the mistake gives, reason)."""
    n, counts = len(labels), np.bincount(labels, minlength=k)
    share, right = counts / n, wanted * n / counts
    yield (
        n / (k * counts),
        "These weights make all classes count the same: `wanted` is ignored.",
    )
    mean = "The mean weight is to be 1 over the *images*, of which class c has counts[c]. {}"
    yield right / right.mean(), mean.format("The mean of yours is 1 over the classes.")
    yield right / right.sum(), mean.format("Yours add up to 1 over the classes.")
    yield right * k, mean.format("Yours are k times too large: n_classes does not enter.")
    yield right / k, mean.format("Yours are k times too small: n_classes does not enter.")
    yield right / right.max(), mean.format("Your largest weight is 1.")
    yield _over(right, right[right > 0].min()), mean.format("Your least weight is 1.")
    yield wanted / counts, mean.format("Multiply by the number of images: yours add up to 1 over the images.")
    yield wanted * counts.max() / counts, mean.format("Multiply by the number of all images.")
    yield wanted * counts.min() / counts, mean.format("Multiply by the number of all images.")
    yield wanted * counts.mean() / counts, mean.format("Multiply by the number of all images.")
    ignored = "`wanted` does not enter."
    yield n / counts, f"These weights are n / counts: {ignored}"
    yield 1 / counts, f"These weights are 1 / counts: {ignored}"
    yield counts.max() / counts, f"These weights are max(counts) / counts: {ignored}"
    yield counts.max() / counts / (counts.max() / counts).mean(), ignored[:-1] + ", nor the images."
    yield (1 / counts) / (1 / counts).sum(), f"These weights are 1 / counts, scaled to a sum of 1: {ignored}"
    yield 1 - share, f"These weights are 1 - share: {ignored}"
    yield share, f"These are the shares of the classes among the labels: {ignored}"
    yield np.ones(k), "All weights are 1: the labels keep their own mix."
    yield (
        wanted,
        "These are the wanted shares. A class with many images needs less weight for each of them: divide by "
        "its share among the labels.",
    )
    divide = "Divide the wanted share by that among the labels; you multiply."
    product = wanted * share
    yield product, divide
    yield wanted * counts, divide
    yield _over(product, product.sum()), divide
    yield _over(product, (product * share).sum()), divide
    yield wanted * n, "Divide by the number of images of the class."
    yield wanted * k, "The number of images of each class does not enter: divide by its share."
    turned = "Turned round: divide the wanted share by that among the labels."
    with np.errstate(divide="ignore"):
        yield share / wanted, turned
        yield counts / (n * wanted), turned
        yield np.sqrt(right), "No root: the wanted shares would not be reached."
        yield np.log(right), "No logarithm: the wanted shares would not be reached."
    yield _over(share, wanted), turned
    yield np.log1p(right), "No logarithm: the wanted shares would not be reached."
    yield wanted - share, "Divide the wanted share by that among the labels; you subtract."
    yield 1 + wanted - share, "Divide the wanted share by that among the labels; you subtract."
    yield right**2, "No square: the wanted shares would not be reached."
    for other in (1, 1e-3, 0.01, 0.1):
        yield (
            np.where(wanted == 0, other, right),
            "A class that is wanted with a share of 0 has the weight 0.",
        )
    for other in (np.nan, np.inf):
        yield (
            np.where(wanted == 0, other, right),
            "A class that is wanted with a share of 0 has the weight 0, not NaN or infinity.",
        )
    order = "The weights stand in the wrong order: weight c belongs to class c."
    appears = np.argsort([np.argmax(labels == c) for c in range(k)], kind="stable")
    yield wanted * n / counts[appears], f"{order} Your counts stand in the order in which classes appear."
    yield wanted * n / np.sort(counts), f"{order} Your counts are sorted by size."
    yield wanted * n / np.sort(counts)[::-1], f"{order} Your counts are sorted by size."
    yield right[appears], f"{order} Yours stand in the order in which the classes appear."
    yield right[::-1], f"{order} Yours are reversed."
    for ranked in (np.argsort(counts, kind="stable"), np.argsort(-counts, kind="stable")):
        yield right[ranked], f"{order} Yours stand in the order of the counts."
    yield np.sort(right), f"{order} Yours are sorted by size."
    yield wanted[::-1] * n / counts, f"{order} Your wanted shares are reversed."
    yield 100 * right, "The mean weight over the images is to be 1, not 100."
    yield wanted * (n // counts), "Do not round: n // counts drops what is behind the point."
    yield np.floor(right), "Do not round the result."
    yield np.round(right), "Do not round the result."
    yield np.round(right, 1), "Do not round the result."
    for added in (1, k):
        yield wanted * n / (counts + added), "Do not add anything to the counts: every class occurs."
        yield wanted * (n + added) / (counts + 1), "Do not add anything to the counts: every class occurs."


def _over(above, below):
    """above / below, 0 where below is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)


def _judge_shares(call, labels, n_classes, wanted, because):
    n, counts = len(labels), np.bincount(labels, minlength=n_classes)
    each = "One weight for each class."
    shapes = [
        ((n,), f"{each} Yours are one for each image."),
        ((), each),
        ((1,), each),
        ((n_classes, 1), f"{each} No further axis."),
        ((1, n_classes), f"{each} No further axis."),
        (
            ((wanted > 0).sum(),),
            f"{each} A class whose wanted share is 0 keeps its place, with the weight 0.",
        ),
        ((n_classes + 1,), f"{each} Classes go from 0 to n_classes - 1."),
        ((n_classes - 1,), f"{each} Classes go from 0 to n_classes - 1."),
        ((2, n_classes), f"{each} Return the weights only."),
        ((n_classes, 2), f"{each} Return the weights only."),
        ((n, n_classes), each),
        ((n_classes, n_classes), each),
    ]
    result = call(labels, n_classes, wanted)
    if isinstance(result, dict):
        raise Wrong(
            "Return an array (k,), not a dictionary. (Keras wants one: dict(enumerate(weights)) makes it.)"
        )
    exact = wanted.astype(float)
    expect(
        result,
        exact * n / counts,
        shapes,
        _share_mistakes(labels.astype(int), n_classes, exact),
        (labels, n_classes, wanted),
        because,
    )


class_weights = Check(
    _judge_shares,
    cases=[
        (
            np.array([0, 2, 1, 1, 0, 1, 1, 2, 1, 1, 0, 1, 1, 1]),
            3,
            np.array([0.5, 0.2, 0.3]),
            "Of 14 images class 0 has 3, class 1 has 9 and class 2 has 2.",
        ),
        (
            np.array([2, 0, 2, 2, 0, 1, 2, 2, 2, 3]),
            4,
            np.full(4, 0.25),
            "Equal shares: count times weight is n / k for each class.",
        ),
        (
            np.array([1, 1, 0, 1, 2, 1, 2]),
            3,
            np.array([0.35, 0.65, 0.0]),
            "Class 2 is not wanted at all: its weight is 0, and the others make up for it.",
        ),
        (
            np.array([1, 0, 1, 1, 1]),
            2,
            np.array([0.2, 0.8]),
            "The labels have the wanted mix already: all weights are 1.",
        ),
    ],
    praise="Weighted like this, every class has the wanted share of the loss, and the mean weight over the "
    "images is 1.",
    hints=[
        "Which share do the images of a class have without weights? By which factor must it change?",
        "np.bincount(labels, minlength=n_classes) counts the images of each class, in the order of the "
        "classes.",
        "counts * weights, divided by n, is to be `wanted`: solve for the weights. Then their mean over the "
        "images is 1 by itself, because the wanted shares add up to 1.",
    ],
)


def _ranked(rare, i, distances):
    """Numbers of the other images, the nearest first."""
    order = np.argsort(distances, kind="stable")
    return order[order != i]


def _smote(rare, i, nth, gap):
    apart = np.sqrt(((rare - rare[i]) ** 2).sum(axis=1))
    return rare[i] + gap * (rare[_ranked(rare, i, apart)[nth - 1]] - rare[i])


def _sample_mistakes(rare, i, nth, gap):
    """Pairs (what the mistake gives, reason)."""
    (m, d), here = rare.shape, rare[i]
    difference = rare - here
    apart = np.sqrt((difference**2).sum(axis=1))
    ranked = _ranked(rare, i, apart)
    way = rare[ranked[nth - 1]] - here
    counted = "nth = 1 is the nearest *other* image."
    if nth > 1:
        yield (
            here + gap * (rare[ranked[nth - 2]] - here),
            f"This goes to neighbour nth - 1: you counted the image itself as its nearest. {counted}",
        )
    else:
        yield here, f"This is image i itself. Was it counted as its own nearest neighbour? {counted}"
    if nth < m - 1:
        yield (
            here + gap * (rare[ranked[nth]] - here),
            f"This goes to neighbour nth + 1. {counted} Without the image itself in the order, that is place "
            "nth - 1.",
        )
    yield here, "This is image i itself. Go the share `gap` of the way to the neighbour."
    yield here + way, "This is the neighbour itself. Go only the share `gap` of the way."
    yield (
        here + (1 - gap) * way,
        "This starts at the neighbour. The way begins at image i: gap = 0 is image i.",
    )
    yield here + way / 2, "This is the point in the middle. `gap` says how far along the way it lies."
    yield here - gap * way, "This leads away from the neighbour: the way is neighbour - image i."
    yield here + (1 + gap) * way, "This lies beyond the neighbour. Start at image i, not at the neighbour."
    yield gap * way, "This is the step alone. Add it to image i."
    yield -gap * way, "This is the step alone, and in the wrong direction. Add it to image i."
    yield (
        here + gap * (here + way),
        "Add the share `gap` of the *difference*, neighbour - image i, to image i.",
    )
    yield gap * here + here + way, "Only one of both points is weighted: (1 - gap) image i + gap neighbour."
    yield gap * (2 * here + way), "Take the share `gap` of the difference, not of the sum."
    yield here + way * gap**2, "The share `gap` counts once, not squared."
    unit = way / np.linalg.norm(way)
    yield here + gap * unit, "`gap` is a share of the way, not a distance."
    yield here + gap, "`gap` is a share of the way to the neighbour. The neighbour does not enter."
    yield gap * here, "The neighbour does not enter."
    yield here + gap * np.abs(way), "Keep the signs of the differences."
    yield here + gap * way.mean(), "Every feature has a difference of its own."
    if d > 1:
        one = np.where(np.arange(d) == 0, gap, 0)
        yield here + one * way, "Only the first feature has moved. All of them do."
        yield here + one[::-1] * way, "Only the last feature has moved. All of them do."

    euclidean = "Near is meant by the Euclidean distance, the root of the sum of squared differences"
    cancel = f"{euclidean}; without squares, differences cancel."
    position = f"{euclidean}, not by the position in `rare`."
    scaling = f"{euclidean}, of the features as they are: no scaling."
    lengths = np.maximum(np.sqrt((rare**2).sum(axis=1)), 1e-300)
    spread, span = (np.maximum(scale, 1e-300) for scale in (rare.std(axis=0), np.ptp(rare, axis=0)))
    near = [
        (-apart, "These neighbours are the farthest. Sort from small to large distances."),
        (np.abs(difference).sum(axis=1), f"{euclidean}; you add up the absolute differences."),
        (np.abs(difference).max(axis=1), f"{euclidean}; you take the largest difference only."),
        (np.abs(difference[:, 0]), f"{euclidean}; you look at the first feature only."),
        (np.abs(difference[:, -1]), f"{euclidean}; you look at the last feature only."),
        (np.abs(difference.sum(axis=1)), cancel),
        (difference.sum(axis=1), cancel),
        (np.abs(np.arange(m) - i), position),
        (np.arange(m), position),
        (1 - rare @ here / lengths / lengths[i], f"{euclidean}; you compare directions."),
        (-(rare @ here), f"{euclidean}; you compare by the product."),
        (np.abs(lengths - lengths[i]), f"{euclidean}; you compare lengths."),
        (((difference / spread) ** 2).sum(axis=1), scaling),
        (((difference / span) ** 2).sum(axis=1), scaling),
        (
            ((rare - rare.mean(axis=0)) ** 2).sum(axis=1),
            "Distances are those to image i, not to the mean image.",
        ),
        (((rare - rare[0]) ** 2).sum(axis=1), "Distances are those to image i, not to image 0."),
    ]
    for distances, reason in near:
        yield here + gap * (rare[_ranked(rare, i, distances)[nth - 1]] - here), reason
    if nth < m - 1:
        yield here + gap * (rare[ranked[::-1][nth]] - here), near[0][1]
    yield here + gap * (rare[(i + nth) % m] - here), position
    rank = np.argsort(np.argsort(apart, kind="stable"), kind="stable")
    yield (
        here + gap * (rare[rank[nth]] - here),
        "np.argsort gives the images in the order of their distances; sorting its answer again gives ranks.",
    )
    shifted = "With image i taken out of `rare`, the positions behind it move up by one. Index what is left."
    without = np.delete(apart, i)
    yield here + gap * (rare[np.argsort(without, kind="stable")[nth - 1]] - here), shifted
    average = "There is one neighbour: the nth nearest, not the mean of several."
    yield here + gap * (rare[ranked[:nth]].mean(axis=0) - here), average
    yield here + gap * (np.delete(rare, i, axis=0).mean(axis=0) - here), average
    yield here + gap * (rare.mean(axis=0) - here), average
    if i > 0:
        yield _smote(rare, i - 1, nth, gap), "This starts at image i - 1. Images are counted from 0."
    if i < m - 1:
        yield _smote(rare, i + 1, nth, gap), "This starts at image i + 1. Images are counted from 0."
    yield _smote(rare, 0, nth, gap), "This starts at image 0, not at image i."
    yield (1 - gap) * rare[0] + gap * (here + way), "This starts at image 0, not at image i."
    yield _smote(rare, m - 1, nth, gap), "This starts at the last image, not at image i."
    yield _smote(rare, i, 1, gap), "`nth` is ignored: this goes to the nearest neighbour."
    nearest = np.argmin(np.where(np.arange(m) == i, np.inf, apart))
    yield _smote(rare, nearest, 1, gap), "This starts at the neighbour. Start at image i."
    yield _smote(rare, ranked[nth - 1], nth, gap), "This starts at the neighbour. Start at image i."
    for digits in (0, 1, 2):
        yield np.round(here + gap * way, digits), "Do not round the result."


def _judge_sample(call, rare, i, nth, gap, because):
    (m, d), exact = rare.shape, rare.astype(float)
    one = "One sample, with one value for each feature."
    shapes = [
        ((1, d), f"{one} No further axis."),
        ((d, 1), f"{one} No further axis."),
        ((), one),
        ((m, d), f"{one} Return the sample only."),
        ((m + 1, d), f"{one} Return the sample only, without the images that there are."),
        ((nth, d), f"{one} It goes to the nth nearest neighbour, not to all up to it."),
        ((m - 1, d), f"{one} It goes to the nth nearest neighbour, not to all of them."),
        ((m,), one),
    ]
    arguments = (rare, i, nth, gap)
    result, expected = call(*arguments), _smote(exact, i, nth, gap)
    array = numbers(result)
    mistakes = list(_sample_mistakes(exact, i, nth, gap))
    if array is not None and array.shape == (d,):
        mistakes += _off_the_line(array, exact, i, nth)
    expect(result, expected, shapes, mistakes, arguments, because)


def _off_the_line(sample, rare, i, nth):
    """A pair (the sample, what its place says of the mistake), or none."""
    apart = np.sqrt(((rare - rare[i]) ** 2).sum(axis=1))
    neighbour = _ranked(rare, i, apart)[nth - 1]
    way, step = rare[neighbour] - rare[i], sample - rare[i]
    if (way == 0).any() or not (np.abs(step) < 1e9).all() or len(way) == 1:
        return []
    gaps = step / way
    if np.ptp(gaps) < 1e-5:
        reason = f"Your sample lies {gaps[0]:.3g} of the way to the neighbour, not `gap`."
    elif gaps.min() >= -1e-6 and gaps.max() <= 1 + 1e-6:
        reason = (
            "Your sample is between image and neighbour in each feature, but not on the line between them: "
            "the same `gap` for all features."
        )
    else:
        return []
    return [(sample, f"{reason} Nothing is drawn at random here.")]


def _features(seed, m, d):
    """Features on unlike scales."""
    return np.random.default_rng(seed).normal(2, 1, (m, d)) * np.linspace(1, 2.2, d)


smote_sample = Check(
    _judge_sample,
    cases=[
        # by other distances, other neighbours: the seed was looked for
        (_features(105, 90, 6), 6, 4, 0.3, "Sort the distances of all images to image 6."),
        (
            np.array([[0.0, 0.0], [4.0, 0.5], [0.2, 3.0], [6.0, 8.0], [-1.5, -1.0]]),
            0,
            1,
            0.25,
            "The nearest neighbour of image 0 is image 4.",
        ),
        (
            np.array([[0.0, 1.0], [3.2, 3.1], [0.3, 5.2], [-0.4, -3.7], [9.0, 2.0], [2.0, 2.6]]),
            0,
            2,
            0.6,
            "The distances from image 0 are 3.8, 4.2, 4.7, 9.1 and 2.6: the second nearest is image 1.",
        ),
        (_features(85, 9, 4), 5, 3, 0.3, "Sort the distances of all images to image 5."),
        (_features(86, 8, 3), 7, 1, 0.85, "Sort the distances of all images to image 7."),
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


def _under(probabilities, trained, true):
    """Probabilities under another prior, by Bayes' rule."""
    weighed = probabilities * (true / true.sum()) / (trained / trained.sum())
    return weighed / weighed.sum(axis=1, keepdims=True)


def _prior_mistakes(probabilities, trained, true):
    """Pairs (what the mistake gives, reason)."""
    p, k = probabilities, len(trained)
    seen, real = trained / trained.sum(), true / true.sum()
    ratio = real / seen

    def scaled(values):
        return _over(values, values.sum(axis=1, keepdims=True))

    each_row = "Each row is to add up to 1: divide it by its own sum."
    yield p, "Nothing has changed. Multiply by the true share over the trained share."
    yield p * ratio, each_row
    yield p * true / trained, each_row
    yield p * ratio / ratio.sum(), each_row
    yield p * ratio / ratio.max(), each_row
    yield np.clip(p * ratio, 0, 1), f"{each_row} Cutting at 1 does not do that."
    yield np.clip(p * true / trained, 0, 1), f"{each_row} Cutting at 1 does not do that."
    yield (
        _over(p * ratio, (p * ratio).sum(axis=0)),
        "You divide by the sums over the images, axis 0. Each *row* is to add up to 1: axis 1, with "
        "keepdims=True.",
    )
    yield _over(p * ratio, (p * ratio).sum()), f"You divide by the sum of everything. {each_row}"
    yield _over(p * ratio, (p * ratio).max(axis=1, keepdims=True)), f"You divide by the largest. {each_row}"
    if len(p) == k:
        yield (
            (p * ratio) / (p * ratio).sum(axis=1),
            "The row sums are applied to columns: keepdims=True keeps them upright.",
        )
        yield scaled(p * ratio[:, None]), "The ratios are applied to rows. Columns are classes."
    turned = _over(1, ratio)
    reverse = (
        "Turned round: you multiply by the trained share over the true one, which undoes the undoing. The "
        "rare class must become less likely."
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        reversed_ratio = seen / real
        weighed = p * reversed_ratio
        yield weighed / weighed.sum(axis=1, keepdims=True), reverse
        yield weighed, f"{reverse} {each_row}"
        yield p * trained / true, f"{reverse} {each_row}"
    yield scaled(p * turned), reverse
    yield p * turned, f"{reverse} {each_row}"
    half = "The {} share enters as well: multiply by the true share, divide by the trained share."
    yield scaled(p / seen), half.format("true")
    yield p / seen, half.format("true")
    yield p / trained, half.format("true")
    yield scaled(p * real), half.format("trained")
    yield p * real, half.format("trained")
    yield p * true, half.format("trained")
    yield scaled(p * seen), "You multiply by the trained share. Divide by it, and multiply by the true one."
    yield p * seen, "You multiply by the trained share. Divide by it, and multiply by the true one."
    yield scaled(p * real * seen), "Divide by the trained share; you multiply by it."
    multiply = "Priors multiply: p times true share over trained share. You {}."
    moved = p + real - seen
    yield moved, multiply.format("add the difference of the shares")
    yield np.clip(moved, 0, 1), multiply.format("add the difference of the shares")
    yield np.maximum(moved, 0), multiply.format("add the difference of the shares")
    yield scaled(np.maximum(moved, 0)), multiply.format("add the difference of the shares")
    yield scaled(np.clip(moved, 1e-7, 1)), multiply.format("add the difference of the shares")
    yield scaled(p + ratio), multiply.format("add the ratio")
    yield (p + real) / 2, multiply.format("average with the true shares")
    yield np.broadcast_to(real, p.shape), "These are the true shares for all. What the network saw is lost."
    yield np.broadcast_to(ratio, p.shape), "These are the ratios of the shares. Multiply p by them."
    yield np.broadcast_to(scaled(ratio[None]), p.shape), "The probabilities do not enter. Multiply by them."
    every = "Every class changes by its own ratio, not {} only."
    names = {c: f"class {c}" for c in range(k)} | {
        real.argmax(): "the one that is most frequent in truth",
        ratio.argmin(): "the most oversampled one",
        real.argmin(): "the one that is rarest in truth",
    }
    for c, name in names.items():
        own = np.arange(k) == c
        yield p * np.where(own, ratio, 1), f"{every.format(name)} {each_row}"
        yield scaled(p * np.where(own, ratio, 1)), every.format(name)
        yield scaled(p * np.where(own, _over(true, trained), 1)), every.format(name)
        risk = (p * ratio)[:, c]
        if k == 2:
            yield (
                np.where(own, risk[:, None], 1 - risk[:, None]),
                f"{every.format(name)} Do not take the rest as 1 - p: divide each row by its sum.",
            )
        else:
            rest = scaled(np.where(own, 0, p))
            yield np.where(own, risk[:, None], (1 - risk[:, None]) * rest), every.format(name)
    power = "The ratio enters once: no {}."
    yield scaled(p * np.sqrt(ratio)), power.format("root")
    yield scaled(p * ratio**2), power.format("square")
    yield scaled(p**ratio), power.format("power")
    yield scaled(np.sqrt(p) * ratio), "Take the probabilities as they are: no root."
    yield scaled(p**2 * ratio), "Take the probabilities as they are: no square."
    for values in (p * ratio, p * true / trained, p):
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        yield scaled(powers), "These are probabilities already: no softmax. Divide each row by its sum."
    yield scaled(np.exp(p) * ratio), "These are probabilities already: no softmax."
    for added in (1e-3, 0.01, 0.1, 0.5, 1, k):
        yield (
            _under(p, trained + added, true + added),
            "Do not add anything to the counts: a true count of 0 means a probability of 0.",
        )
        yield (
            _under(p, trained, true + added),
            "Do not add anything to the counts: a true count of 0 means a probability of 0.",
        )
    yield _under(p, trained, np.maximum(true, 1)), "A true count of 0 means a probability of 0."
    kept = np.where(real == 0, 1, ratio)
    yield scaled(p * kept), "A true count of 0 means a probability of 0; you leave that class as it was."
    yield np.where(real == 0, np.nan, _under(p, trained, true)), "A true count of 0 means 0, not NaN."
    for other in (np.full(k, 1 / k), p.mean(axis=0)):
        yield (
            scaled(p * real / other),
            "Divide by the shares of `counts_trained`, what the network was trained on.",
        )
    yield (
        scaled(p * np.full(k, 1 / k) / seen),
        "You correct to equal shares. Multiply by the true shares as well.",
    )
    yield scaled(p * ratio[::-1]), "The ratios are in reverse order: ratio c belongs to class c."
    yield _under(p, np.sort(trained), np.sort(true)), "The counts are sorted: count c belongs to class c."
    right = _under(p, trained, true)
    yield scaled(right * ratio), "The correction has been applied twice."
    yield 100 * right, "Return shares in [0, 1], not percentages."
    yield 1 - right, "These are the probabilities that it is *not* the class."
    yield right[:, ::-1], "The classes are in reverse order."
    yield (right == right.max(axis=1, keepdims=True)), "Return probabilities, not the class that is chosen."
    yield np.round(right), "Do not round the result."
    yield np.round(right, 1), "Do not round the result."
    yield np.round(right, 2), "Do not round the result."
    yield np.log(np.maximum(right, 1e-300)), "Return probabilities, not their logarithms."


def _judge_prior(call, probabilities, trained, true, because):
    n, k = probabilities.shape
    every = "One row for each image, with the probabilities of all classes."
    shapes = [
        ((n,), f"{every} Not the rare class only, and not the class that is chosen."),
        ((k,), every),
        ((), every),
        ((k, n), f"{every} Rows are images."),
        ((n, 1), every),
        ((n, 1, k), f"{every} No further axis."),
        ((n, k, k), every),
        ((n, n), every),
        ((n, (true > 0).sum()), f"{every} A class with a true count of 0 keeps its place, with 0."),
        ((n, 2), f"{every} There may be more than two."),
        ((n, k - 1), f"{every} Return the first or the last class as well."),
    ]
    exact = probabilities.astype(float)
    expect(
        call(probabilities, trained, true),
        _under(exact, trained, true),
        shapes,
        _prior_mistakes(exact, trained, true),
        (probabilities, trained, true),
        because,
    )


undo_oversampling = Check(
    _judge_prior,
    cases=[
        (
            _answered(91, 6, 4)[1],
            np.array([120, 60, 20, 40]),
            np.array([60, 300, 40, 140]),
            "Multiply each column by true share / trained share, then divide each row by its sum.",
        ),
        (
            np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.03, 0.97], [0.65, 0.35]]),
            np.array([60, 60]),
            np.array([270, 30]),
            "Class 1 was half of the images and is a tenth in truth: its odds fall to a ninth.",
        ),
        (
            _answered(90, 3, 3)[1],
            np.array([100, 80, 120]),
            np.array([300, 40, 10]),
            "Multiply each column by true share / trained share, then divide each row by its sum.",
        ),
        (_answered(92, 5, 3)[1], np.array([40, 50, 90]), np.array([80, 0, 20]), "Class 1 does not occur: 0."),
        (
            _answered(93, 5, 2)[1],
            np.array([30, 90]),
            np.array([400, 1200]),
            "The shares are the same, only the totals differ: nothing changes.",
        ),
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
