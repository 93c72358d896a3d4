"""Is the class written in the window? Then a network need not look at the image."""

import numpy as np
from scipy.stats import binomtest
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from helpers.datasets.quiet import quiet

FOLDS = 10
SIGNIFICANT = 0.01


def window_shortcut(files):
    """The sentence for `data check` when files have different windows and these tell the class, else "".

    They do where every class has one window of its own; or where a tree that sees nothing but level and width (and
    whether there is a window) guesses the class of patients that it was not grown on better than chance (binomial test
    at 0.01, or 0.02 where all are right, against always naming the largest class). Each patient counts once per
    class and window.

    Parameters
    ----------
    files : table with the columns class, patient, window_level and window_width (`Reading.files`).
    """
    columns = ["class", "patient", "window_level", "window_width"]
    if not set(columns) <= set(files.columns):
        return ""
    rows = files[columns].drop_duplicates()
    n_windows, n_classes = len(rows[columns[2:]].drop_duplicates()), rows["class"].nunique()
    if n_windows < 2 or n_classes < 2:
        return ""
    share = rows["class"].value_counts(normalize=True).iloc[0]
    one_each = n_windows == n_classes == len(rows[["class", *columns[2:]]].drop_duplicates())
    right = 1.0 if one_each and len(files) > n_windows else _told(rows, share)
    if not right:
        return ""
    return (
        f"the windows of the files differ ({n_windows} levels and widths) and tell the class of {right:.0%} of the "
        f"patients without a look at the image; the largest class has {share:.0%}. Pass window=(level, width) to load, "
        "so that all images are shown alike."
    )


def _told(rows, share):
    """The share of rows whose class the tree guesses; 0 where that may be chance."""
    patients = rows["patient"].to_numpy(str)
    folds = min(FOLDS, len(np.unique(patients)))
    if folds < 2:
        return 0
    windows = rows[["window_level", "window_width"]]
    numbers = windows.assign(none=windows.isna().any(axis=1)).fillna(0).to_numpy(float)
    truth = rows["class"].to_numpy(str)
    with quiet():  # classes with fewer patients than folds
        tree, cut = DecisionTreeClassifier(random_state=0), GroupKFold(folds)
        right = int(np.sum(cross_val_predict(tree, numbers, truth, groups=patients, cv=cut) == truth))
    allowed = (
        SIGNIFICANT if right < len(truth) else 2 * SIGNIFICANT
    )  # six patients of two classes, all of them right
    return right / len(truth) if binomtest(right, len(truth), share, "greater").pvalue <= allowed else 0
