"""Three parts of a cohort that may bring an official test part of its own."""

from helpers.splits.folds import fold_numbers
from helpers.splits.parts import split


def official_or_dealt(dataset, fractions=(0.7, 0.15, 0.15), seed=7, n_folds=5):
    """Keep the official test part, where there is one; otherwise deal all three parts by patient, as `split` does.

    Beside an official test part, training and validation are dealt anew from all other images, by patient: official
    validation parts are often too small to choose anything by (16 images in the chest X-rays of Kermany et al.).

    Parameters
    ----------
    dataset : Dataset; its `part` is the official split, or None.
    fractions : as in `split`, for data without an official split.
    seed : integer. n_folds : beside an official test part, one of so many folds validates.

    Returns
    -------
    train, validation, test : Dataset.

    Raises
    ------
    ValueError : an official split without a test part, or without anything else; as `split` and `fold_numbers`.
    """
    if dataset.part is None:
        return split(dataset, fractions=fractions, seed=seed)
    is_test = dataset.part == "test"
    if is_test.all() or not is_test.any():
        raise ValueError(
            f"the official parts are {', '.join(sorted(set(dataset.part)))}: expected a test part and at least one more"
        )
    rest = dataset.subset(~is_test)
    fold = fold_numbers(rest.labels, rest.groups, n_folds=n_folds, seed=seed)
    return rest.subset(fold > 0), rest.subset(fold == 0), dataset.subset(is_test)
