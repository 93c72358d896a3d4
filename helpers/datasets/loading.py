"""`load`: from a name and a source to a `Dataset`."""

import inspect
from pathlib import Path

import numpy as np

from helpers import windows
from helpers.datasets import folder, scans
from helpers.datasets.base import Dataset, DatasetError, check_memory
from helpers.phantoms import kidney

CARDS = Path(__file__).resolve().parents[2] / "data"
NAMES = ("kidney_ct",)
SOURCES = ("phantom", "real", "folder")


def load(name, source="phantom", root=None, *, size=None, seed=7, skip_unreadable=False, **phantom):
    """Load a cohort.

    Parameters
    ----------
    name : "kidney_ct"; picks the phantom, the card, and how patients are known.
    source : "phantom" (built in, no files), "folder" (one folder of images per class) or "real" (whatever
        lies under `root`).
    root : folder of the real images.
    size : pixels along each side. Default: 96 for phantoms; real images as they are, if all have one size.
    seed : of the phantom.
    skip_unreadable : leave out files that cannot be read (they are listed in `Dataset.skipped`) instead of
        stopping.
    **phantom : options of the phantom, e.g. `n_images=312`, `contrast_confounder=False`; see
    `phantoms.kidney.cohort`.

    Returns
    -------
    Dataset; images are float32 in [0, 1]. CT phantoms are shown in the abdominal window (level 40, width 400
    HU).

    Raises
    ------
    DatasetError : bad files or folders. ValueError : unknown names or options.
    """
    if name not in NAMES:
        raise ValueError(f"unknown data set {name!r}; known: {', '.join(NAMES)}")
    if source not in SOURCES:
        raise ValueError(f"unknown source {source!r}; known: {', '.join(SOURCES)}")
    card = str(CARDS / f"{name}.md")
    if source == "phantom":
        return _phantom(card, size or 96, seed, phantom)
    if phantom:
        raise ValueError(f"{', '.join(phantom)}: only phantoms take these options; the source is {source!r}")
    return _folder(card, root, size, skip_unreadable)


def _phantom(card, size, seed, options):
    known = [
        option for option in inspect.signature(kidney.cohort).parameters if option not in ("size", "seed")
    ]
    if unknown := set(options) - set(known):
        raise ValueError(f"unknown phantom option {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    check_memory(options.get("n_images", 0), size, size, "kidney phantom")
    cohort = kidney.cohort(size=size, seed=seed, **options)
    return Dataset(
        images=windows.to_unit(cohort.hu, *windows.ABDOMEN),
        labels=cohort.labels,
        class_names=kidney.CLASS_NAMES,
        groups=cohort.groups,
        masks=cohort.masks,
        provenance=f"synthetic kidney CT phantom, seed {seed}; groups are its patients",
        card=card,
        confounders={"contrast": cohort.contrast},
    )


def _folder(card, root, size, skip_unreadable):
    images, thumbnails, files, skipped = folder.read(root, size, skip_unreadable)
    class_names, labels = np.unique(files["class"].to_numpy(str), return_inverse=True)
    return Dataset(
        images=images,
        labels=labels,
        class_names=tuple(class_names.tolist()),
        groups=scans.infer_scans(files["file"], labels, thumbnails),
        masks=None,
        provenance=f"image folder {Path(root).name}; groups are scans inferred from file numbers and jumps between slices",
        card=card,
        files=files,
        skipped=skipped,
    )
