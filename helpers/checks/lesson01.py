"""Checks of lesson 01. Each judge compares with a library or with the definition, never with one stored
answer."""

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.utils.class_weight import compute_class_weight

from helpers import windows
from helpers.checks.feedback import Check, Wrong, expect_close


def _judge_window(call, hu, level, width, because):
    expected = windows.to_unit(hu, level, width)
    result = call(hu, level, width)
    if np.asarray(result).dtype.kind != "f":
        raise Wrong(f"The result should be floating point in [0, 1], not {np.asarray(result).dtype}.")
    expect_close(result, expected, (hu, level, width), because, tolerance=1e-5)


window_hu = Check(
    _judge_window,
    cases=[
        (
            np.array([-160.0, 40.0, 240.0]),
            40,
            400,
            "The ends of the window are black (0) and white (1), its level is the middle.",
        ),
        (np.array([-1000.0, 3000.0]), 40, 400, "What lies beyond the window is cut off."),
        (np.array([[0, 20], [400, 1000]]), 300, 1500, "Any window, any shape, whole numbers too."),
    ],
    praise="Values below the window are black, values above are white, and the level is mid-grey.",
    hints=[
        "Which HU value should become 0, and which 1? Write both with level and width.",
        "The lower end is level - width / 2. Subtract it, then divide so that the upper end becomes 1.",
        "np.clip(values, 0, 1) cuts off what lies beyond the window.",
    ],
)


def _judge_weights(call, labels, because):
    counts = np.bincount(labels)
    result = call(labels)
    try:
        ratio, weights = result
    except (TypeError, ValueError):
        raise Wrong(
            "Return two things, `return ratio, weights`: the imbalance ratio, and one weight per class."
        ) from None
    if np.ndim(ratio) or np.shape(weights) != counts.shape:
        raise Wrong(
            f"Return the ratio first, a single number, then the {len(counts)} weights; "
            f"your function returned things of shape {np.shape(ratio)} and {np.shape(weights)}."
        )
    expect_close(
        ratio, counts.max() / counts.min(), (labels,), "The ratio is the largest count over the smallest."
    )
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    if np.allclose(weights, expected / expected.mean()) and not np.allclose(expected.mean(), 1):
        raise Wrong("The mean of your weights is 1 over the classes. It should be 1 over the images.")
    expect_close(weights, expected, (labels,), because)


class_weights = Check(
    _judge_weights,
    cases=[
        (
            np.array([0, 0, 0, 1]),
            "Every class should weigh the same in all: count times weight is n / k for each.",
        ),
        (
            np.array([2, 0, 1, 0, 2, 2, 1, 0, 2, 2]),
            "Count times weight should be n / k for each of the k classes.",
        ),
    ],
    praise="Rare classes weigh more, and the mean weight over all images is 1.",
    hints=[
        "np.bincount(labels) counts how often each class occurs.",
        "If weight times count is the same for every class, and the weights' mean over the images is 1, "
        "what is weight times count?",
        "weights = n / (k * counts), with n labels and k classes.",
    ],
)


def _judge_duplicates(call, images, tolerance, because):
    n = len(images)
    expected = [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if np.sqrt(np.mean((images[i].astype(float) - images[j]) ** 2)) <= tolerance
    ]
    result = call(images, tolerance)
    try:
        pairs = [(int(i), int(j)) for i, j in result]
    except (TypeError, ValueError):
        raise Wrong(
            "Return a list of pairs of positions, such as [(0, 3), (2, 5)]; an empty list if there are none."
        ) from None
    if any(i == j for i, j in pairs):
        raise Wrong("An image is no duplicate of itself: leave out pairs such as (2, 2).")
    if any(i > j for i, j in pairs) or len(set(pairs)) < len(pairs):
        raise Wrong("List each pair once, the smaller position first: (0, 3), not (3, 0) as well.")
    if sorted(pairs) != expected:
        missed, extra = sorted(set(expected) - set(pairs)), sorted(set(pairs) - set(expected))
        raise Wrong(f"Missed {missed[:3]}, found without cause {extra[:3]} (first three of each). {because}")


def _practice_images(seed, n, copies):
    """Random images (n, 8, 8) in [0, 1]; `copies` are (from, to, change)."""
    images = np.random.default_rng(seed).random((n, 8, 8))
    for source, target, change in copies:
        images[target] = np.clip(images[source] + change, 0, 1)
    return images


_CHEQUERED = 0.2 * (np.indices((8, 8)).sum(axis=0) % 2 - 0.5)
_ONE_PIXEL = 0.9 * (np.arange(64).reshape(8, 8) == 20)
find_duplicates = Check(
    _judge_duplicates,
    cases=[
        (_practice_images(1, 6, [(0, 3, 0), (0, 4, 0)]), 0.0, "Images 0, 3 and 4 are equal: three pairs."),
        (
            _practice_images(2, 6, [(1, 4, 0.01)]),
            0.02,
            "A copy that is slightly brighter is a near duplicate.",
        ),
        (
            _practice_images(3, 4, [(0, 2, _CHEQUERED)]),
            0.02,
            "Differences of both signs must not cancel: square them before averaging.",
        ),
        (
            np.stack([_ONE_PIXEL, 0 * _ONE_PIXEL, np.full((8, 8), 0.5)]),
            0.05,
            "The mean *absolute* difference of images 0 and 1 is small, the root mean *square* is not.",
        ),
        (
            np.stack([np.full((8, 8), grey, np.uint8) for grey in (10, 26, 27, 200)]),
            2.0,
            "8-bit images: turn them into floating point first, or differences wrap around at 256.",
        ),
    ],
    praise="Exact copies have distance 0; near copies lie within the tolerance.",
    hints=[
        "Compare every image i with every later image j.",
        "The distance is the root mean square of the pixel differences: subtract, square, average, take "
        "the root.",
        "for i in range(len(images)): for j in range(i + 1, len(images)): keep (i, j) if the distance is "
        "at most the tolerance.",
    ],
)


def _judge_split(call, numbers, test_fraction, seed, because):
    arguments = (numbers, test_fraction, seed)
    result = np.asarray(call(*arguments))
    if result.shape != numbers.shape or result.dtype != bool:
        raise Wrong(
            f"Return one True or False per file number: a bool array of shape {numbers.shape}, not "
            f"{result.dtype} {result.shape}."
        )
    order = np.argsort(numbers)
    run = np.empty(len(numbers), int)
    run[order] = np.r_[0, np.cumsum(np.diff(numbers[order]) > 1)]
    for group in range(run.max() + 1):
        members = run == group
        if result[members].any() and not result[members].all():
            first, last = numbers[members].min(), numbers[members].max()
            raise Wrong(
                f"Files {first} to {last} are one run of neighbouring slices, but stand on both sides of "
                f"your split. {because}"
            )
    if not result.any() or result.all():
        raise Wrong("One side of your split is empty.")
    largest = np.bincount(run).max()
    if abs(result.sum() - test_fraction * len(numbers)) > largest:
        raise Wrong(
            f"{result.sum()} of {len(numbers)} images are for testing, wanted about {test_fraction:.0%}: "
            f"no further off than the largest run, {largest}."
        )
    if not np.array_equal(result, np.asarray(call(*arguments))):
        raise Wrong("The same seed should give the same split: draw from np.random.default_rng(seed).")
    others = np.array([call(numbers, test_fraction, seed + k) for k in range(1, 41)])
    if (others == result).all():
        raise Wrong("Every seed gives the same split: which runs are for testing should be drawn at random.")
    for group in range(run.max()):
        here, there = np.flatnonzero(run == group), np.flatnonzero(run == group + 1)
        if (others[:, here[0]] == others[:, there[0]]).all():
            raise Wrong(
                f"Over 40 seeds, the run that ends with file {numbers[here].max()} and the next, from file "
                f"{numbers[there].min()}, always stand on the same side. A gap of one number ends a run."
            )


def _runs(seed, lengths, shuffled):
    """File numbers made of runs of consecutive numbers, with gaps of one missing number and more between."""
    rng = np.random.default_rng(seed)
    gaps = rng.integers(1, 20, len(lengths))
    gaps[1::2] = 1  # every second gap is one missing number
    starts = np.cumsum(gaps + np.r_[0, lengths[:-1]])
    numbers = np.concatenate([start + np.arange(length) for start, length in zip(starts, lengths)])
    return rng.permutation(numbers) if shuffled else numbers


split_by_number = Check(
    _judge_split,
    cases=[
        (_runs(1, [4, 3, 5, 2, 6, 4, 3, 5], False), 0.3, 7, "Choose whole runs, not single files."),
        (
            _runs(2, [6, 2, 7, 4, 3, 5, 8, 2, 4], True),
            0.25,
            11,
            "The files may come in any order: sort the numbers first.",
        ),
    ],
    praise="No run of neighbouring slices stands on both sides, and the seed decides which runs are for "
    "testing.",
    hints=[
        "First give every file the number of its run: sort the numbers; a new run begins where the step is "
        "more than 1.",
        "np.cumsum(np.diff(sorted_numbers) > 1) counts the runs. Use np.argsort to carry the result back "
        "to the given order.",
        "Shuffle the runs with np.random.default_rng(seed), then add whole runs to the test side until it "
        "holds enough images.",
    ],
)


def _judge_auc(call, scores, positive, because):
    expect_close(call(scores, positive), roc_auc_score(positive, scores), (scores, positive), because)


shortcut_auc = Check(
    _judge_auc,
    cases=[
        (
            np.array([0.1, 0.2, 0.7, 0.9]),
            np.array([False, False, True, True]),
            "Every positive lies above every negative.",
        ),
        (
            np.array([0.9, 0.3, 0.8, 0.2, 0.5]),
            np.array([False, True, True, False, True]),
            "Count the pairs that are in order.",
        ),
        (np.array([0.5, 0.5, 0.5, 0.8]), np.array([False, True, True, False]), "A tie counts one half."),
    ],
    praise="The AUC is the share of pairs, one positive and one negative, in which the positive has the "
    "higher score.",
    hints=[
        "Take every pair of one positive and one negative image. In what share is the positive's score "
        "higher?",
        "scores[positive][:, None] > scores[~positive][None, :] compares all pairs at once.",
        "Add half of the pairs with equal scores.",
    ],
)
