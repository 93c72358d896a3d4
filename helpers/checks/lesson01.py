"""Checks of lesson 01, in the order of its exercises. No TensorFlow here."""

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.utils.class_weight import compute_class_weight

from helpers import windows
from helpers.checks.comparing import comparing
from helpers.checks.feedback import Check, Wrong
from helpers.checks.score import Score

window_hu = Check(
    comparing(lambda hu, level, width: windows.to_unit(hu, level, width)),
    cases=[
        (np.array([-160.0, 40.0, 240.0]), 40, 400, "The window's ends are 0 and 1, its level is the middle."),
        (np.array([-1000.0, 3000.0]), 40, 400, "What lies beyond the window is cut off."),
        (np.array([[0, 20], [400, 1000]]), 300, 1500, "Any window, any shape, whole numbers too."),
        (np.array([38.0, 40.0, 41.0]), 40, 3, "Half of an odd width is no whole number: width / 2, not //."),
    ],
    praise="Values below the window are black, values above are white, and the level is mid-grey.",
    hints=[
        "Which HU value should become 0, and which 1? Write both with level and width.",
        "The lower end is level - width / 2. Subtract it, then divide so that the upper end becomes 1.",
        "np.clip(values, 0, 1) cuts off what lies beyond the window.",
    ],
)


def _weight(labels):
    counts = np.bincount(labels)
    return counts.max() / counts.min(), compute_class_weight(
        "balanced", classes=np.arange(len(counts)), y=labels
    )


def _weight_mistakes(labels):
    counts = np.bincount(labels)
    ratio, weights = _weight(labels)
    yield (1 / ratio, None), "The ratio is upside down: the largest count over the smallest."
    yield (None, 1 / counts), "The mean weight over the images is not 1: take n / (k * counts)."
    yield (None, counts / counts.mean()), "Your weights grow with the count. Rare classes should weigh more."
    yield (None, weights / weights.sum()), "Your weights add up to 1. Their mean over the images should be 1."
    yield (None, weights / weights.mean()), "The mean of your weights is 1 over the classes."


class_weights = Check(
    comparing(_weight, _weight_mistakes, returns=("ratio", "weights")),
    cases=[
        (np.array([0, 0, 0, 1]), "The ratio is 3, and count times weight is n / k = 2 for both classes."),
        (np.array([2, 0, 1, 0, 2, 2, 1, 0, 2, 2]), "Is count times weight n / k?"),
    ],
    praise="Rare classes weigh more, and the mean weight over all images is 1.",
    hints=[
        "np.bincount(labels) counts how often each class occurs.",
        "If weight times count is the same for every class, and the weights' mean over the images is 1, "
        "what is weight times count?",
        "weights = n / (k * counts), with n labels and k classes.",
    ],
)


def _distances(images):
    """The right distance of all pairs, (n, n), and pairs (what a mistake takes for it, reason)."""
    apart, axes = images[:, None].astype(float) - images[None], (2, 3)
    square = (apart**2).mean(axis=axes)
    wrapped = np.sqrt(((images[:, None] - images[None]) ** 2).mean(axis=axes))
    return np.sqrt(square), (
        (square, "You compare the mean *squared* difference. Take its root before you compare."),
        (abs(apart.mean(axis=axes)), "Differences of both signs cancel in your mean: square them first."),
        (abs(apart).mean(axis=axes), "You average *absolute* differences: take the root mean *square*."),
        (abs(apart).max(axis=axes), "You compare the largest difference: take the root mean square of all."),
        (wrapped, "8-bit differences wrap around at 256: turn the images into floating point first."),
    )


def _judge_duplicate(call, images, tolerance):
    def near(distance):
        return set(zip(*map(np.ndarray.tolist, np.nonzero(np.triu(distance <= tolerance, 1)))))

    result = call(images, tolerance)
    try:
        pairs = [(int(i), int(j)) for i, j in result]
    except (TypeError, ValueError):
        raise Wrong("Return a list of pairs of positions, such as [(0, 3)], or an empty one.") from None
    if any(i == j for i, j in pairs):
        raise Wrong("An image is no duplicate of itself: leave out pairs such as (2, 2).")
    if any(i > j for i, j in pairs) or len(set(pairs)) < len(pairs):
        raise Wrong("List each pair once, the smaller position first: (0, 3), not (3, 0) as well.")
    distance, mistakes = _distances(images)
    found, right = set(pairs), near(distance)
    if found == right:
        return
    for mistaken, reason in mistakes:
        if found == near(mistaken):
            raise Wrong(reason)
    missed, extra = sorted(right - found), sorted(found - right)
    raise Wrong(f"Missed {missed[:3]}, found without cause {extra[:3]} (first three of each).")


def _practice(seed, n, *copies):
    """Random images (n, 8, 8) in [0, 1]; `copies` are (from, to, change)."""
    images = np.random.default_rng(seed).random((n, 8, 8))
    for source, target, change in copies:
        images[target] = np.clip(images[source] + change, 0, 1)
    return images


_PIXEL = np.arange(64).reshape(8, 8) == 20
_CHEQUERED = 0.2 * (np.indices((8, 8)).sum(axis=0) % 2 - 0.5)

find_duplicates = Check(
    _judge_duplicate,
    cases=[
        (_practice(1, 6, (0, 3, 0), (0, 4, 0)), 0.0),
        (_practice(2, 6, (1, 4, 0.01)), 0.02),
        (_practice(3, 4, (0, 2, _CHEQUERED)), 0.02),
        (np.stack([0.9 * _PIXEL, 0 * _PIXEL, np.full((8, 8), 0.5)]), 0.05),
        (np.stack([0.1 * _PIXEL, 0 * _PIXEL, np.full((8, 8), 0.5)]), 0.05),
        (np.stack([np.full((8, 8), grey, np.uint8) for grey in (10, 26, 27, 200)]), 2.0),
    ],
    praise="Exact copies have distance 0; near copies lie within the tolerance.",
    hints=[
        "Compare every image i with every later image j.",
        "The distance is the root mean square of the differences: subtract, square, average, take the root.",
        "for i in range(len(images)): for j in range(i + 1, len(images)): keep (i, j) if the distance is at "
        "most the tolerance.",
    ],
)


def _judge_split(call, numbers, test_fraction, seed):
    result = np.asarray(call(numbers, test_fraction, seed))
    if result.shape != numbers.shape or result.dtype != bool:
        raise Wrong(f"Return a bool array of shape {numbers.shape}, not {result.dtype} {result.shape}.")
    order = np.argsort(numbers)
    run = np.empty(len(numbers), int)
    run[order] = np.r_[0, np.cumsum(np.diff(numbers[order]) > 1)]
    others = np.array([call(numbers, test_fraction, seed + k) for k in range(41)])
    if not np.array_equal(result, others[0]):
        raise Wrong("The same seed should give the same split: draw from np.random.default_rng(seed).")
    for test in others:
        _judge_one(test, numbers, run, test_fraction)
    if (others == result).all():
        raise Wrong("Every seed gives the same split: which runs are for testing should be drawn at random.")
    for last in np.flatnonzero(np.diff(run[order])):
        end, start = order[last : last + 2]
        if (others[:, end] == others[:, start]).all():
            raise Wrong(
                f"Over 40 seeds, the run that ends with file {numbers[end]} and the next always stand on the same "
                "side. A gap of one number ends a run."
            )


def _judge_one(test, numbers, run, test_fraction):
    """`Wrong` if a split cuts a run in two, has an empty side, or too many or few files for testing."""
    for members in (numbers[run == group] for group in range(run.max() + 1)):
        if len(np.unique(test[np.isin(numbers, members)])) > 1:
            raise Wrong(
                f"Files {members.min()} to {members.max()} are one run of neighbouring slices, but stand on both "
                "sides of your split. Choose whole runs; the files may come in any order."
            )
    if not test.any() or test.all():
        raise Wrong("One side of your split is empty.")
    if abs(test.sum() - test_fraction * len(numbers)) > np.bincount(run).max():
        raise Wrong(
            f"{test.sum()} of {len(numbers)} images are for testing, wanted about {test_fraction:.0%}: no further "
            "off than the largest run. Count files, not runs."
        )


def _runs(seed, lengths, shuffled=True):
    """Runs of consecutive numbers; every second gap is one missing number, the others are longer."""
    rng = np.random.default_rng(seed)
    gaps = rng.integers(1, 20, len(lengths))
    gaps[1::2] = 1
    starts = np.cumsum(gaps + np.r_[0, lengths[:-1]])
    numbers = np.concatenate([start + np.arange(length) for start, length in zip(starts, lengths)])
    return rng.permutation(numbers) if shuffled else numbers


split_by_number = Check(
    _judge_split,
    cases=[
        (_runs(1, [4, 3, 5, 2, 6, 4, 3, 5], False), 0.3, 7),
        (_runs(2, [6, 2, 7, 4, 3, 5, 8, 2, 4]), 0.25, 11),
        (_runs(3, [12] * 6 + [1] * 18), 0.3, 5),
    ],
    praise="No run of neighbouring slices stands on both sides, and the seed decides which runs are for testing.",
    hints=[
        "First give every file the number of its run: sort; a new run begins where the step is more than 1.",
        "np.cumsum(np.diff(sorted_numbers) > 1) counts the runs. np.argsort leads back to the given order.",
        "Shuffle the runs with np.random.default_rng(seed), then add whole runs until there are enough images.",
    ],
)


def _auc_mistakes(scores, positive):
    right = roc_auc_score(positive, scores)
    yield max(right, 1 - right), "An AUC may lie below 0.5: the score then ranks the wrong way."
    yield 1 - right, "This is the chance that the *negative* image has the higher score."


shortcut_auc = Check(
    comparing(lambda scores, positive: roc_auc_score(positive, scores), _auc_mistakes),
    cases=[
        (np.array([0.1, 0.2, 0.7, 0.9]), np.arange(4) > 1, "Every positive lies above every negative."),
        (np.array([0.9, 0.3, 0.8, 0.2, 0.4]), np.arange(5) > 1, "Count the pairs in order."),
        (np.array([0.5, 0.8, 0.1, 0.5, 0.5]), np.arange(5) > 2, "A tie counts one half."),
    ],
    praise="The AUC is the share of pairs, one positive and one negative, in which the positive scores higher.",
    hints=[
        "Take every pair of one positive and one negative image. In what share is the positive's score higher?",
        "scores[positive][:, None] > scores[~positive][None, :] compares all pairs at once.",
        "Add half of the pairs with equal scores.",
    ],
)

score = Score("01", dict(window_hu=2, class_weights=2, find_duplicates=3, split_by_number=3, shortcut_auc=2))
