"""Is the class written in the window? Then a network need not look at the image."""

import warnings

import numpy as np
from scipy.stats import binomtest
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

FOLDS = 10
SIGNIFICANT = 0.01


def window_shortcut(files):
    """The sentence for `data check` when files have different windows and these tell the class, else "".

    A tree that sees nothing but level and width (and whether there is a window) guesses the class of patients that it
    was not grown on. Each patient counts once per class and window.

    Parameters
    ----------
    files : table with the columns class, patient, window_level and window_width (`Reading.files`).
    """
    columns = ["class", "patient", "window_level", "window_width"]
    if not set(columns) <= set(files.columns):
        return ""
    rows = files[columns].drop_duplicates()
    windows = rows[["window_level", "window_width"]]
    n_windows, classes = len(windows.drop_duplicates()), rows["class"].nunique()
    n_patients = rows["patient"].nunique()
    if n_windows < 2 or classes < 2 or n_patients < 2:
        return ""
    numbers = windows.assign(none=windows.isna().any(axis=1)).fillna(0).to_numpy(float)
    truth = rows["class"].to_numpy(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes with fewer patients than folds
        guessed = cross_val_predict(
            DecisionTreeClassifier(random_state=0), numbers, truth,
            groups=rows["patient"].to_numpy(str), cv=GroupKFold(min(FOLDS, n_patients)),
        )  # fmt: skip
    right, share = int(np.sum(guessed == truth)), rows["class"].value_counts(normalize=True).iloc[0]
    if right < len(truth) and binomtest(right, len(truth), share, "greater").pvalue > SIGNIFICANT:
        return ""
    return (
        f"the windows of the files differ ({n_windows} levels and widths) and tell the class of {right / len(truth):.0%} "
        f"of the patients without a look at the image; the largest class has {share:.0%}. Pass window=(level, width) to "
        "load, so that all images are shown alike."
    )
