"""The contract: what a data set is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pandas as pd

from helpers.datasets.errors import (
    MEMORY_LIMIT_BYTES,
    DatasetError,
    check_memory,
    check_size,
    existing,
    printable,
)
from helpers.datasets.reading import Reading

__all__ = [
    "MEMORY_LIMIT_BYTES",
    "Dataset",
    "DatasetError",
    "Reading",
    "check_memory",
    "check_size",
    "existing",
]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with labels, and what is known of where each came from. Two data sets are equal only if they are one.

    images : (n, h, w) float32 in [0, 1].
    labels : (n,) int, index into `class_names`.
    class_names : tuple of str.
    groups : (n,) str, the patient or the scan of each image. Images of one group are not independent.
    masks : (n, h, w) bool, the lesion; None where nobody has drawn it.
    provenance : one line: where the images are from, which numbers are black and white, and how groups are known.
    card : path of the data set's card.
    organs : (n, h, w) bool, the organ that can hold the lesion (brain, lungs); None where it is not known.
    part : (n,) str, the official split ("train", "validation", "test"); None where there is none.
    confounders : name -> (n,) array of what else is known of each image (phantoms only), e.g. "contrast":
        bool.
    files : one row per image as it lay on disk (see `inventory`); None for phantoms.
    skipped : table of what lay below the root and is not among the images, with at least the columns path, file, class,
        problem (the reason) and kind: "unreadable" (claims to be an image and cannot be read; only with
        `skip_unreadable=True`, else it stops the loading) or "left out" (no image for this purpose: text, other kinds
        of data, images outside the class folders). None for phantoms.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple
    groups: np.ndarray
    masks: np.ndarray | None
    provenance: str
    card: str
    organs: np.ndarray | None = None
    part: np.ndarray | None = None
    confounders: Mapping = field(default_factory=dict)
    files: pd.DataFrame | None = None
    skipped: pd.DataFrame | None = None

    def __post_init__(self):
        n = len(self.images)
        if self.images.ndim != 3 or self.images.dtype != np.float32:
            raise ValueError(f"images must be (n, h, w) float32, not {self.images.shape} {self.images.dtype}")
        if (
            not np.isfinite(self.images).all()
            or self.images.min(initial=0) < 0
            or self.images.max(initial=1) > 1
        ):
            raise ValueError("images must be finite and lie in [0, 1]")
        for name in ("labels", "groups", "part", "masks", "organs", "files"):
            value = getattr(self, name)
            if value is not None and len(value) != n:
                raise ValueError(f"{name} has {len(value)} entries for {n} images")
        for name in ("masks", "organs"):
            value = getattr(self, name)
            if value is not None and (value.shape != self.images.shape or value.dtype != bool):
                raise ValueError(
                    f"{name} must be bool of shape {self.images.shape}, not {value.dtype} {value.shape}"
                )
        if np.asarray(self.labels).dtype.kind not in "iu":
            raise ValueError(f"labels must be whole numbers, not {np.asarray(self.labels).dtype}")
        if n and not (0 <= self.labels.min() and self.labels.max() < len(self.class_names)):
            raise ValueError(f"labels must lie in 0 .. {len(self.class_names) - 1}")

    def __len__(self):
        return len(self.images)

    def subset(self, index):
        """The same cohort, with only the images that `index` (integers, a bool mask or a slice) selects."""
        per_image = {
            f.name: value[index]
            for f in fields(self)
            if f.name not in ("class_names", "provenance", "card", "confounders", "files", "skipped")
            and (value := getattr(self, f.name)) is not None
        }
        if self.files is not None:
            is_mask = np.asarray(index).dtype.kind == "b"
            rows = self.files.loc[index] if is_mask else self.files.iloc[index]
            per_image["files"] = rows.reset_index(drop=True)
        return replace(
            self, **per_image, confounders={key: value[index] for key, value in self.confounders.items()}
        )

    def summary(self):
        """Images, groups and images a group (median), per class: a table."""
        rows = []
        for label, name in enumerate(self.class_names):
            sizes = pd.Series(self.groups[self.labels == label]).value_counts()
            rows.append((name, int(sizes.sum()), len(sizes), float(sizes.median()) if len(sizes) else 0.0))
        return pd.DataFrame(rows, columns=["class", "images", "groups", "images a group (median)"]).set_index(
            "class"
        )

    def __repr__(self):
        n, h, w = self.images.shape
        return printable(
            f"Dataset({n} images of {h}x{w}, {len(np.unique(self.groups))} groups, {', '.join(self.class_names)}; {self.provenance})"
        )
