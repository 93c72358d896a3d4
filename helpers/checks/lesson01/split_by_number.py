"""Lesson 01, exercise 4: `split_by_number`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong


def _judge(call, numbers, test_fraction, seed):
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
    ends = order[np.flatnonzero(np.diff(run[order]))]
    starts = order[1 + np.flatnonzero(np.diff(run[order]))]
    for end, start in zip(ends, starts):
        if (others[:, end] == others[:, start]).all():
            raise Wrong(
                f"Over 40 seeds, the run that ends with file {numbers[end]} and the next, from file "
                f"{numbers[start]}, always stand on the same side. A gap of one number ends a run."
            )


def _judge_one(test, numbers, run, test_fraction):
    """`Wrong` if a split cuts a run in two, has an empty side, or too many or few files for testing."""
    for group in range(run.max() + 1):
        if len(np.unique(test[run == group])) > 1:
            first, last = numbers[run == group].min(), numbers[run == group].max()
            raise Wrong(
                f"Files {first} to {last} are one run of neighbouring slices, but stand on both sides of your "
                "split. Choose whole runs; the files may come in any order."
            )
    if not test.any() or test.all():
        raise Wrong("One side of your split is empty.")
    if abs(test.sum() - test_fraction * len(numbers)) > np.bincount(run).max():
        raise Wrong(
            f"{test.sum()} of {len(numbers)} images are for testing, wanted about {test_fraction:.0%}: no further off "
            f"than the largest run, {np.bincount(run).max()}. Count files, not runs."
        )


def _runs(seed, lengths, shuffled=True):
    """Runs of consecutive numbers; every second gap between them is one missing number, the others are longer."""
    rng = np.random.default_rng(seed)
    gaps = rng.integers(1, 20, len(lengths))
    gaps[1::2] = 1
    starts = np.cumsum(gaps + np.r_[0, lengths[:-1]])
    numbers = np.concatenate([start + np.arange(length) for start, length in zip(starts, lengths)])
    return rng.permutation(numbers) if shuffled else numbers


split_by_number = Check(
    _judge,
    cases=[
        (_runs(1, [4, 3, 5, 2, 6, 4, 3, 5], False), 0.3, 7),
        (_runs(2, [6, 2, 7, 4, 3, 5, 8, 2, 4]), 0.25, 11),
        (_runs(3, [12] * 6 + [1] * 18), 0.3, 5),
    ],
    praise="No run of neighbouring slices stands on both sides, and the seed decides which runs are for testing.",
    hints=[
        "First give every file the number of its run: sort the numbers; a new run begins where the step is more than 1.",
        "np.cumsum(np.diff(sorted_numbers) > 1) counts the runs. np.argsort carries the result back to the given order.",
        "Shuffle the runs with np.random.default_rng(seed), then add whole runs until the test side holds enough images.",
    ],
)
