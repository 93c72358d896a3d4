"""The contract: what a data set is, and the one error that bad files raise."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

MEMORY_LIMIT_BYTES = 1_000_000_000


class DatasetError(Exception):
    """Files that cannot be used. The message names the file or folder, and says what to do.

    In a notebook only the message is shown: the traceback would be of this package, not of the mistake.
    """

    def _render_traceback_(self):
        return [f"DatasetError: {self}"]


@dataclass(frozen=True)
class Dataset:
    """Images with labels, and what is known of where each came from.

    images : (n, h, w) float32 in [0, 1].
    labels : (n,) int, index into `class_names`.
    class_names : tuple of str.
    groups : (n,) str, the patient or the scan of each image. Images of one group are not independent.
    masks : (n, h, w) bool, the lesion; None where nobody has drawn it.
    provenance : one line: where the images are from and how groups are known.
    card : path of the data set's card.
    organs : (n, h, w) bool, the organ that can hold the lesion (brain, lungs); None where it is not known.
    part : (n,) str, the official split ("train", "validation", "test"); None where there is none.
    confounders : name -> (n,) array of what else is known of each image (phantoms only), e.g. "contrast":
        bool.
    files : one row per image as it lay on disk (see `inventory`); None for phantoms.
    skipped : table of the files that could not be read, with the reason (`skip_unreadable=True`).
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
            rows = self.files.loc[index] if getattr(index, "dtype", None) == bool else self.files.iloc[index]
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
        return f"Dataset({n} images of {h}x{w}, {len(np.unique(self.groups))} groups, {', '.join(self.class_names)}; {self.provenance})"


@dataclass(frozen=True)
class Reading:
    """What a reader of files hands to `load`.

    images : (n, h, w) float32 in [0, 1]. labels : (n,) int. class_names : tuple of str.
    files : one row per image, with at least the columns path, file and class.
    skipped : rows of `files` kind that could not be read, with their problem.
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


def existing(root):
    """`root` as a path that is there, or `DatasetError`."""
    if not str(root or "").strip():
        raise DatasetError("No path was given for the real images. Pass root= (--data-root).")
    root = Path(root).expanduser()
    if not root.exists():
        raise DatasetError(
            f"{root}: there is no such folder. Check the path that was given as root (--data-root)."
        )
    return root


def check_memory(n_images, height, width, what, limit=MEMORY_LIMIT_BYTES):
    """Refuse to hold more than `limit` bytes of float32 pixels."""
    needed = 4 * n_images * height * width
    if needed > limit:
        raise DatasetError(
            f"{what}: {n_images} images of {height}x{width} need {needed / 1e9:.1f} GB of memory as float32; "
            f"the limit is {limit / 1e9:g} GB. Give a smaller size=, or use datasets.stream, which holds one "
            "batch at a time. For image folders and phantoms, memory_limit= raises the limit."
        )
