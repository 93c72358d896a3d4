"""What a reader of files hands to `load`."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Reading:
    """What a reader of files hands to `load`.

    images : (n, h, w) float32 in [0, 1]. labels : (n,) int. class_names : tuple of str.
    files : one row per image, with at least the columns path, file and class.
    skipped : what is not among the images, with path, file, class, problem and kind (see `Dataset.skipped`).
    groups : (n,) str where the files tell the patient, else None. part : (n,) str, official split, or None.
    thumbnails : (n, 64, 64) float32 in [0, 1], to tell scans apart; None where that is not asked for.
    notes : what the reader had to decide, a sentence each; they become part of `Dataset.provenance`.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple
    files: pd.DataFrame
    skipped: pd.DataFrame
    groups: np.ndarray | None = None
    part: np.ndarray | None = None
    thumbnails: np.ndarray | None = None
    notes: tuple = ()
