"""Three parts of a cohort: to train, to choose, to test."""

import numpy as np

from helpers import arguments
from helpers.splits.scarce import too_few

PARTS = ("train", "validation", "test")
DEALS = 200  # how many random deals compete


def split(dataset, by="group", fractions=(0.7, 0.15, 0.15), seed=7):
    """Split a `Dataset` into train, validation and test.

    by="group" keeps all images of a patient (or scan) together. Within each class the groups are dealt to the
    parts at random; of many deals the one is kept whose parts come nearest to the wanted share of every
    class. by="image" deals single images, stratified by class. Many published tables rest on it, and it
    leaks: neighbouring slices of one patient land on both sides.

    Parameters
    ----------
    by : "group" or "image".
    fractions : three positive numbers that add up to 1.
    seed : integer.

    Returns
    -------
    train, val, test : Dataset.

    Raises
    ------
    ValueError : unknown `by`, wrong fractions, images without a group, or a class with fewer than three groups
    (images), so that one part would be without it.
    """
    if by not in ("group", "image"):
        raise ValueError(f"by must be 'group' or 'image', not {by!r}")
    wanted = np.asarray(fractions, float)
    if wanted.shape != (3,) or not (wanted > 0).all() or not np.isclose(wanted.sum(), 1):
        raise ValueError(f"fractions must be three positive numbers that add up to 1, not {fractions!r}")
    labels = arguments.class_labels(dataset.labels, len(dataset.class_names))
    # Images are dealt in the order of their numbers as text: recorded figures rest on what a seed deals.
    units = arguments.patients(dataset.groups) if by == "group" else np.arange(len(dataset)).astype(str)
    rng = np.random.default_rng(seed)
    part = _deal(units, labels, dataset.class_names, wanted, rng, 1 if by == "image" else DEALS)
    if part is None:
        raise ValueError(too_few(labels, units, dataset.class_names, by, 3, "parts"))
    return tuple(dataset.subset(part == p) for p in range(3))


def _deal(units, labels, class_names, wanted, rng, n_deals):
    """The part (0, 1, 2) of every image: (n,) int; None where each deal leaves a part without a class."""
    names, unit_of_image = np.unique(units, return_inverse=True)
    counts = np.zeros((len(names), len(class_names)), int)  # images of each unit by class
    np.add.at(counts, (unit_of_image, labels), 1)
    main_class = counts.argmax(axis=1)
    totals = counts.sum(axis=0)
    present = np.flatnonzero(totals)
    best, best_miss = None, np.inf
    for _ in range(n_deals):
        part_of_unit = np.zeros(len(names), int)
        for label in np.unique(main_class):
            members = rng.permutation(np.flatnonzero(main_class == label))
            part_of_unit[members] = np.repeat(np.arange(3), _whole(len(members), wanted))
        shares = (
            np.stack([counts[part_of_unit == p].sum(axis=0) for p in range(3)])[:, present] / totals[present]
        )
        miss = np.abs(shares - wanted[:, None]).sum() + (np.inf if (shares == 0).any() else 0)
        if miss < best_miss:
            best, best_miss = part_of_unit, miss
    return None if best is None else best[unit_of_image]


def _whole(total, wanted):
    """`total` units as three whole numbers near `wanted`, none of them 0 where there are three units or
    more."""
    exact = total * wanted
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    if total >= 3:
        for part in np.flatnonzero(whole == 0):
            whole[whole.argmax()] -= 1
            whole[part] += 1
    return whole
