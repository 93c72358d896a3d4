"""Can a class be told from format, mode and size alone, without a look at a pixel?"""

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

FOLDS = 5
SIGNIFICANT = 0.01


def format_shortcut(files):
    """A sentence, if a small tree that sees only format, mode, width and height tells the class better than chance
    (5-fold cross-validation, binomial test at 0.01 against always naming the largest class); else "".

    Parameters
    ----------
    files : table with the columns class, format, mode, width and height.
    """
    truth = files["class"].to_numpy(str)
    names, counts = np.unique(truth, return_counts=True)
    if (
        len(names) < 2
        or counts.min() < FOLDS
        or len(files[["format", "mode", "width", "height"]].drop_duplicates()) < 2
    ):
        return ""
    seen = pd.get_dummies(files[["format", "mode"]]).join(files[["width", "height"]]).to_numpy(float)
    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=2, random_state=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    right = int((cross_val_predict(tree, seen, truth, cv=folds) == truth).sum())
    share = counts.max() / len(truth)
    if binomtest(right, len(truth), share, "greater").pvalue > SIGNIFICANT:
        return ""
    return (
        f"a small decision tree that sees nothing else tells the class of {right / len(truth):.0%} of the images; the "
        f"largest class has {share:.0%}. Save all images alike, or a network may learn that."
    )
