"""Classes with too few patients to be in every part or fold."""

import numpy as np


def units_of_classes(labels, units):
    """How many groups (or images) each class has that occurs: (k,) int, by rising label."""
    return np.array([len(np.unique(units[labels == label])) for label in np.unique(labels)], int)


def too_few(labels, units, class_names, by, wanted, parts):
    """Which class cannot be in each of the parts or folds, and what to do: the text of an error."""
    if not len(labels):
        return f"there are no images to put into {parts}"
    held, unit = units_of_classes(labels, units), "groups" if by == "group" else "images"
    fewest = int(held.argmin())
    number, label = held[fewest], np.unique(labels)[fewest]
    name = repr(class_names[label]) if class_names else str(label)
    if number >= wanted:
        return (
            f"class {name} is missing from one of {wanted} {parts}, although it has {number} {unit}: some of these hold "
            f"several classes, and were dealt by another. Take fewer {parts}, or load more data."
        )
    if parts == "folds":
        possible = f" At most {number} folds are possible." if number > 1 else " No folds are possible."
    else:
        possible = ""
    return (
        f"class {name} has only {number} {unit}: a {parts.removesuffix('s')} would be without it. "
        f"Every class needs at least {wanted} {unit} for {wanted} {parts}.{possible} Load more data, or merge classes."
    )
