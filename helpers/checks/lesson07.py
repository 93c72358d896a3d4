"""Checks of lesson 07, in the order of its exercises. No TensorFlow here."""

import numpy as np

from helpers.checks.comparing import comparing
from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.score import Score

KIDNEYS = np.array([3709, 5077, 1377, 2283])  # images of each class


HALF = 0.005 + 1e-9  # half of the last printed digit; the rest is what floating point takes


def pairs(precision, recall, support, n, half=HALF, limited=True):
    """All (true positives, predicted) that print this precision and recall: (m, 2) int."""
    hits, called = np.meshgrid(np.arange(support + 1), np.arange(1, n + 1), indexing="ij")
    fits = (np.abs(hits / support - recall) <= half) & (np.abs(hits / called - precision) <= half)
    fits &= called >= hits
    if limited:
        fits &= called - hits <= n - support
    return np.stack([hits[fits], called[fits]], axis=1)


def _rows(array):
    return set(map(tuple, array.tolist()))


def _pair_mistakes(precision, recall, support, n):
    right = pairs(precision, recall, support, n)
    yield right[:, ::-1], "The two of each pair are swapped: first the true positives, then the predicted."
    yield right - right[:, :1] * [0, 1], "The second of a pair is true and false positives together."
    yield pairs(recall, precision, support, n), "Precision and recall are swapped."
    unlimited = pairs(precision, recall, support, n, limited=False)
    yield unlimited, f"Some pairs need more false positives than there are other images, {n - support}."
    whole = pairs(precision, recall, support, n, half=0.01 + 1e-9)
    yield whole, "Your margin is a whole unit of the last digit, not half a unit."


def _judge_pairs(call, precision, recall, support, n, because):
    arguments = precision, recall, support, n
    result, right = call(*arguments), pairs(*arguments)
    array = numbers(list(result) if isinstance(result, (set, zip, map)) else result)
    if array is None:
        raise Wrong("Expected pairs of whole numbers, such as [(2, 3), (2, 4)].")
    array = array.reshape(0, 2) if array.size == 0 else array
    if array.ndim != 2 or array.shape[1] != 2:
        raise Wrong(
            f"Expected pairs, a list of shape (m, 2), not {array.shape}. Collect *all* pairs that fit."
        )
    given, expected = _rows(array), _rows(right)
    told = f"For precision {precision}, recall {recall}, support {support} and n {n}: "
    if given == expected:
        if len(array) == len(expected):
            return
        raise Wrong(f"{told}some pairs stand in your list twice. Each pair counts once.")
    for mistaken, reason in _pair_mistakes(*arguments):
        if given and given == _rows(mistaken):
            raise Wrong(told + reason)
    missing, further = sorted(expected - given), sorted(given - expected)
    hits, called = (missing or further)[0]
    told += (
        f"your list lacks {len(missing)} of the {len(expected)} pairs" if missing else "your list holds what"
    )
    raise Wrong(
        f"{told} that {'fit' if missing else 'does not fit'}. ({hits:g}, {called:g}): recall {hits:g} / {support} = "
        f"{hits / support:.4f}, precision {hits:g} / {called:g} = {hits / max(called, 1):.4f}, and {called - hits:g} of "
        f"the {n - support} other images called so. {because}"
    )


fitting_pairs = Check(
    _judge_pairs,
    cases=[
        (0.67, 0.5, 4, 10, "Only one pair fits."),
        (0.36, 0.29, 234, 624, "A report of 624 images, in which several pairs print the same."),
        (
            0.13,
            0.50,
            2,
            40,
            "1 / 8 = 0.125 may be printed as 0.12 or as 0.13: both ends belong to the margin.",
        ),
        (
            0.25,
            0.33,
            3,
            5,
            "One hit among four would need three false positives; there are two other images.",
        ),
        (0.0, 0.0, 3, 8, "No hit at all: any number of images, but at least one, may have been called so."),
        (0.9, 0.3, 5, 20, "Nothing fits: an empty list, and the two numbers exclude each other."),
    ],
    praise="A printed report is a riddle with few solutions. Where it has none, it is impossible.",
    hints=[
        "Two loops: over the true positives, from 0 to the support, and over how many images were called so.",
        "For each pair compute both shares; keep it if each is at most 0.005 + 1e-9 away from what is printed.",
        "`predicted` begins at max(hits, 1) and ends at hits + n - support: false positives are other images.",
        "for hits in range(support + 1): for predicted in range(max(hits, 1), hits + n - support + 1): if abs(hits "
        "/ support - recall) <= 0.005 + 1e-9 and ...: pairs.append((hits, predicted))",
    ],
)


def agreement(support, predicted):
    """Share of images on which labels and predictions agree by chance."""
    return (support / support.sum() * (predicted / predicted.sum())).sum()


def _agreement_mistakes(support, predicted):
    n, k, right = support.sum(), len(support), agreement(support, predicted)
    yield right * n**2, "These are products of counts. Divide by n twice: each factor is a share."
    yield right * n, "Divide by n once more: both factors are shares."
    yield support * predicted / n**2, "Add the products of all classes: one number."
    yield agreement(support, support), "You multiply the support by itself, not by the predictions."
    yield agreement(predicted, predicted), "You multiply the predictions by themselves, not by the support."
    yield 1 / k, "1 / k is right only where all classes are equally frequent, in labels or in predictions."
    yield right / k, "Add the products of all classes; a mean divides by k, and nothing asks for that."
    yield support.max() / n, "This is what always naming the largest class gives."
    yield np.minimum(support, predicted).sum() / n, "This is the *best* agreement these counts allow."


expected_agreement = Check(
    comparing(agreement, _agreement_mistakes),
    cases=[
        (np.array([48, 32]), np.array([24, 56]), "0.6 x 0.3 + 0.4 x 0.7."),
        (np.array([234, 390]), np.array([192, 432]), "Document 004: more than half agree by chance."),
        (np.array([20, 30, 50]), np.array([0, 0, 100]), "Only one class is called: its share agrees."),
        (np.array([7, 7, 7, 7]), np.array([1, 2, 3, 22]), "Four equal classes: 1 / 4, whatever is called."),
        (KIDNEYS, KIDNEYS, "The counts of the kidney set."),
    ],
    praise="An accuracy is worth only what it has above this number.",
    hints=[
        "Draw a label and a prediction independently of each other. How probable is it that both are class 0?",
        "That probability is a product of two shares. Any class will do, so add the products.",
        "np.sum(support / n * predicted / n), where n is np.sum(support).",
    ],
)


def row(support, share=max):
    """Weighted precision, recall, F1, and accuracy, of naming the class with this share of the images always."""
    p = share(support) / support.sum()
    return p**2, p, 2 * p**2 / (1 + p), p


def _row_mistakes(support):
    (p2, p, f1, _), k = row(support), len(support)
    macro = "These are macro averages. Weigh each class by its share of the images."
    yield (p / k, 1 / k, f1 / p / k, p), macro
    yield (p, p, p, p), "These are micro averages. Weigh each class's own figure by its share of the images."
    yield row(support, lambda counts: counts[0]), "You take the first class. The row names the *largest*."
    yield row(support, min), "You take the smallest class. The row names the *largest*."
    yield (p2, 1, f1, p), "The largest class has recall 1, the others 0: weighed by their shares that is p."
    yield (p2, p, f1 / p, p), "F1 is averaged as well: the largest class's, 2 p / (1 + p), times its share."
    yield (p, 1, f1 / p, p), "These are the figures of the largest class alone; the others have 0."


majority_row = Check(
    comparing(row, _row_mistakes, returns=("precision", "recall", "F1", "accuracy")),
    cases=[
        (np.array([60, 40]), "p = 0.6: precision 0.36, recall 0.6, F1 0.45, accuracy 0.6."),
        (np.array([10, 20, 70]), "The largest class is the last."),
        (KIDNEYS, "The kidney data set: compare with the first row of the table."),
        (np.array([25, 25, 25, 25]), "Equal classes: naming any of them gives 1 / 4."),
    ],
    praise="Look for these numbers first in every table of results: a model that has learnt nothing prints them.",
    hints=[
        "Of the largest class, all images are found: its recall is 1. Of all images called so, a share p is "
        "right: its precision is p.",
        "All other classes are never called: their precision, recall and F1 count 0.",
        "A weighted average multiplies each class's figure by its share. One is left: p x p, p x 1, and p x F1.",
        "p = max(support) / sum(support); return p**2, p, 2 * p**2 / (1 + p), p",
    ],
)


def counts(precision, recall, support):
    """How many images each class was called for; at most one class has no hit."""
    found = recall > 0
    called = np.round(np.divide(recall * support, precision, out=np.zeros(len(support)), where=found))
    return np.where(found, called, support.sum() - called.sum())


def _count_mistakes(precision, recall, support):
    n, hits, right = support.sum(), recall * support, counts(precision, recall, support)
    exact = np.where(recall > 0, hits / precision, right)
    for rounded in (np.asarray, np.round):
        yield rounded(1.0 * support), "This is the truth, how many images each class *has*, not was called."
        yield rounded(hits), "These are the true positives. Divide by precision, the share that was right."
        yield rounded(hits * precision), "Divide by precision: true positives are precision times predicted."
        yield rounded(support * precision / recall), "Precision and recall are swapped."
        yield rounded(n * recall), "n times recall is only *about* right. Precision gives the exact number."
        yield rounded(n * precision), "In a shuffled report precision is about the class's share of *labels*."
    for zero in (np.nan, 0):
        yield np.where(recall > 0, right, zero), "Without a hit it is 0 / 0: such a class gets the rest of n."
    yield exact, "Round to whole numbers: images are counted."
    yield np.floor(exact), "Round to the nearest whole number; `int` and `//` cut off."
    yield right / n, "These are shares. Return numbers of images."


def report_of(confusion, digits=4):
    """Precision and recall, printed to `digits` decimals, and support of a confusion matrix (rows: truth)."""
    confusion = np.asarray(confusion)
    hits = np.diag(confusion)
    precision = np.divide(hits, confusion.sum(axis=0), out=np.zeros(len(hits)), where=hits > 0)
    return precision.round(digits), (hits / confusion.sum(axis=1)).round(digits), confusion.sum(axis=1)


_FOUR = [[1310, 1930, 26, 443], [1790, 2660, 35, 592], [490, 720, 9, 158], [805, 1190, 16, 272]]
_SHUFFLED = [[2, 9, 1], [7, 30, 5], [4, 19, 2]]
_NO_HIT = [[5, 3, 2], [2, 8, 3], [1, 2, 0]]

predicted_counts = Check(
    comparing(counts, _count_mistakes),
    cases=[
        (*report_of([[8, 2], [4, 6]]), "12 were called the first class, 8 the second."),
        (*report_of(_SHUFFLED), "A shuffled report of three classes: 13, 58 and 8."),
        (*report_of(_NO_HIT), "The last class has no hit, and 5 images were called so."),
        (*report_of([[0, 10], [0, 20]]), "The first class was never called: 0 remain."),
        (*report_of(_FOUR), "Four classes, 12,446 images."),
    ],
    praise="A shuffle destroys the matrix, and keeps how often each class was called. So two models can be "
    "compared even by reports that are worth nothing else.",
    hints=[
        "recall x support is the number of hits. precision is the share of the images called so that were hits.",
        "So predicted = recall * support / precision, rounded to a whole number: np.round.",
        "Where recall is 0 that is 0 / 0. At most one class has no hit: what do the others leave of sum(support)?",
        "found = recall > 0; counts[found] = np.round(...); counts[~found] = support.sum() - counts.sum()",
    ],
)


def effect(mean_a, sd_a, n_a, mean_b, sd_b, n_b, sd_ddof):
    """t of a - b, and d of b - a."""
    squares = sum(sd**2 * (n - sd_ddof) for sd, n in ((sd_a, n_a), (sd_b, n_b)))
    d = (mean_b - mean_a) / np.sqrt(squares / (n_a + n_b - 2))
    return -d / np.sqrt(1 / n_a + 1 / n_b), d


def _effect_mistakes(mean_a, sd_a, n_a, mean_b, sd_b, n_b, ddof):
    groups = mean_a, sd_a, n_a, mean_b, sd_b, n_b
    t, d = effect(*groups, ddof)
    signs = "t is of a - b, d of b - a: they have opposite signs."
    yield (-t, d), f"The sign of t is turned. {signs}"
    yield (t, -d), f"The sign of d is turned. {signs}"
    yield (-t, -d), f"Both signs are turned. {signs}"
    yield effect(*groups, 1 - ddof), "The other SD: with sd_ddof 1 the squares are SD^2 (n - 1)."
    a, b = (sd * np.sqrt(n / (n - 1 + ddof)) for sd, n in ((sd_a, n_a), (sd_b, n_b)))
    plain = (mean_b - mean_a) / np.sqrt((a**2 + b**2) / 2)
    mean = -plain / np.sqrt(1 / n_a + 1 / n_b), plain
    yield mean, "You average the two variances. Pool them: the sums of squares, divided by n_a + n_b - 2."
    welch = (mean_a - mean_b) / np.sqrt(a**2 / n_a + b**2 / n_b)
    yield (welch, d), "This t is Welch's. Here both groups share the pooled variance."
    yield (t, -t), "d is not divided by the root of 1 / n_a + 1 / n_b: that is t."
    yield (-d, d), "t is d divided by the root of 1 / n_a + 1 / n_b, with the sign turned."


_LARGER = "Here b is smaller: t is positive, d negative. The groups differ in size."

effect_from_summary = Check(
    comparing(effect, _effect_mistakes, returns=("t", "d")),
    cases=[
        (2.0, 1.0, 3, 5.0, 2.5820, 4, 1, "Sample SDs, divided by n - 1 already."),
        (
            2.0,
            0.8165,
            3,
            5.0,
            2.2361,
            4,
            0,
            "The same groups, whose SDs were divided by n: t and d are the same.",
        ),
        (0.40, 0.10, 12, 0.31, 0.05, 40, 1, _LARGER),
        (0.40, 0.10, 12, 0.31, 0.05, 40, 0, "As before, with SDs that were divided by n."),
    ],
    praise="A printed mean, SD and n hold a whole t-test. Two printed numbers that follow from them must agree.",
    hints=[
        "First the sums of squares: SD^2 times what it had been divided by, n - sd_ddof.",
        "The pooled variance is both sums of squares together, divided by n_a + n_b - 2, whatever sd_ddof is.",
        "d = (mean_b - mean_a) / pooled SD. t = (mean_a - mean_b) / (pooled SD * np.sqrt(1 / n_a + 1 / n_b)).",
    ],
)

score = Score(
    "07",
    dict(fitting_pairs=3, expected_agreement=2, majority_row=2, predicted_counts=3, effect_from_summary=3),
)
