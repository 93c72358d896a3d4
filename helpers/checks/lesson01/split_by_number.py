"""Lesson 01, exercise 4: `split_by_number`."""

import numpy as np

from helpers.checks.feedback import Check, Wrong


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
