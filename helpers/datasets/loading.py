"""`load`: from a name and a source to a `Dataset`."""

from pathlib import Path

from helpers import paths
from helpers.datasets import dicom, downloads, folder, kinds, mat, npz, patients
from helpers.datasets.base import MEMORY_LIMIT_BYTES, Dataset, check_size, existing
from helpers.datasets.phantom import PHANTOMS, phantom_cohort

NAMES = tuple(PHANTOMS)
SOURCES = ("phantom", "real", "folder", "mat", "npz", "dicom", "download")


def load(
    name,
    source="phantom",
    root=None,
    *,
    size=None,
    seed=7,
    skip_unreadable=False,
    memory_limit=MEMORY_LIMIT_BYTES,
    window=None,
    labels=None,
    value_range=None,
    **phantom,
):
    """Load a cohort.

    Parameters
    ----------
    name : "kidney_ct", "brain_ct" or "chest_xray"; picks the phantom, the card, and how patients are known.
    source : "phantom" (built in, no files); "folder" (one folder of images per class, also within train and test
        folders), "mat", "npz" (MedMNIST's layout) or "dicom"; "real": whichever of these lies under `root`, told by
        its bytes; "download": from its publishers, unless it is on this computer (see `datasets.downloads`).
    root : folder or file of the real images.
    size : pixels along each side. Default: 96 for phantoms; real images as they are, if all have one size.
    seed : of the phantom.
    skip_unreadable : leave out files that cannot be read (they are listed in `Dataset.skipped`) instead of
        stopping.
    memory_limit : bytes that the float32 pixels of a phantom or an image folder may take; 1 GB. Loading and splitting
        need about five times as much for a while.
    window : (level, width) in HU in which CT is shown: of DICOM files, in place of their own, and of CT phantoms. None:
        that of each DICOM file, else that of the data set (abdomen: level 40, width 400; brain: level 40, width 80).
    labels : of DICOM trees only. "folder": each folder is a class; "none": no folder is (they are patients or series);
        None: told from folders and patients, see `datasets.dicom`.
    value_range : (low, high), the stored numbers that are black and white, of image folders and arrays; what lies beyond
        is clipped. None: decided once for the whole set, and refused where it is not clear, see `ranges.decide`.
    **phantom : options of the phantom, e.g. `n_images=312`, `contrast_confounder=False`; see `cohort` in
        `phantoms.kidney`, `phantoms.brain` and `phantoms.chest`.

    Returns
    -------
    Dataset; images are float32 in [0, 1]. `provenance` says which numbers became black and white; `skipped` lists every
    file that is not among the images.

    Raises
    ------
    DatasetError : bad files or folders. ValueError : unknown names or options.
    """
    if name not in NAMES:
        raise ValueError(f"unknown data set {name!r}; known: {', '.join(NAMES)}")
    if source not in SOURCES:
        raise ValueError(f"unknown source {source!r}; known: {', '.join(SOURCES)}")
    if size is not None:
        check_size(size)
    card = str(paths.DATA / f"{name}.md")
    window = dicom.as_window(window)
    if source == "phantom":
        if value_range is not None:
            raise ValueError("value_range is for files of images and arrays, not for phantoms")
        if labels is not None or (window and PHANTOMS[name][1] is None):
            raise ValueError(f"the {name} phantom takes no {'window' if labels is None else 'labels'}")
        return phantom_cohort(name, card, 96 if size is None else size, seed, memory_limit, window, phantom)
    if phantom:
        raise ValueError(f"{', '.join(phantom)}: only phantoms take these options; the source is {source!r}")
    return _real(name, card, source, root, size, skip_unreadable, memory_limit, window, labels, value_range)


def _real(name, card, source, root, size, skip_unreadable, memory_limit, window, labels, value_range):
    if source == "download":
        root = downloads.fetch(name, root)
    kind = kinds.of(root) if source in ("real", "download") else source
    if kind != "dicom" and (window or labels):
        raise ValueError(f"window and labels are for DICOM files; {root} is of the kind {kind!r}")
    if kind == "dicom" and value_range is not None:
        raise ValueError(
            f"value_range is for images and arrays; {root} is of the kind 'dicom', which takes window="
        )
    if kind == "folder":
        reading = folder.read(root, size, skip_unreadable, memory_limit, value_range)
    else:
        path = existing(root)
        if kind == "dicom":
            default = PHANTOMS[name][1] or dicom.DEFAULT_WINDOW
            reading = dicom.read(path, size, skip_unreadable, window, default, labels)
        else:
            reading = {"mat": mat, "npz": npz}[kind].read(path, size, value_range)
    groups, how = patients.groups(name, reading)
    return Dataset(
        images=reading.images,
        labels=reading.labels,
        class_names=reading.class_names,
        groups=groups,
        masks=None,
        provenance="; ".join([f"{kind} {Path(root).name}", *reading.notes, how]),
        card=card,
        part=reading.part,
        files=reading.files,
        skipped=reading.skipped,
    )
