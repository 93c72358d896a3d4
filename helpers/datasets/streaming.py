"""`stream`: image folders of any size through `tf.data`, batch by batch, in constant memory."""

import os

import numpy as np
import pandas as pd

from helpers.datasets import folder
from helpers.datasets.base import check_size
from helpers.datasets.inventories import survey
from helpers.datasets.stream_decoders import jpeg_decoder, pillow_decoder, to_unit


def stream(
    name,
    root,
    *,
    size,
    batch_size=32,
    part=None,
    shuffle=False,
    seed=7,
    skip_unreadable=False,
    value_range=None,
):
    """Batches of an image folder that need not fit into memory.

    Every file is decoded once before the stream is built, so that a broken one is told by name and not in the middle
    of an epoch; the same look decides which numbers are black and white. JPEG files in grey or RGB then go through
    TensorFlow's decoder, which halves them while decoding as often as the size allows, and are resampled for the rest;
    all others go through Pillow, as in `load`.

    Parameters
    ----------
    name : the data set, as in `load`. root : folder with one folder of images per class, also within official parts.
    size : pixels along each side. batch_size : images a batch; the last one may be smaller.
    part : "train", "validation" or "test": only this official part. None: all.
    shuffle : draw the files in a new order in every epoch, from `seed`.
    skip_unreadable : leave out files that cannot be read, instead of stopping.
    value_range : (low, high), the stored numbers that are black and white; None: see `ranges.decide`.

    Returns
    -------
    tf.data.Dataset of (images (b, size, size) float32 in [0, 1], labels (b,) int32). Its attribute `class_names` says
    what the labels are, `skipped` lists the files that are left out (as `Dataset.skipped`), and `notes` says which
    numbers became black and white.

    Raises
    ------
    DatasetError : bad files or folders. ValueError : unknown names or parts.
    """
    from helpers.datasets.loading import NAMES
    from helpers.deep import tf

    if name not in NAMES:
        raise ValueError(f"unknown data set {name!r}; known: {', '.join(NAMES)}")
    check_size(size)
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number, at least 1, not {batch_size!r}")
    found = survey(root)
    folder.refuse(found.files, skip_unreadable)
    files, numbers = found.readable()
    folder.refuse_one_class(root, files, len(found.files))
    scale = folder.scale_of(files, numbers, value_range)
    kinds = np.array([one.kind for one in numbers])
    class_names, labels = np.unique(files["class"].to_numpy(str), return_inverse=True)
    if part is not None:
        chosen = (files["part"] == part).to_numpy()
        if not chosen.any():
            raise ValueError(f"there is no part {part!r}; there are {', '.join(sorted(set(files['part'])))}")
        files, labels, kinds = files[chosen], labels[chosen], kinds[chosen]

    paths = [os.fsencode(path) for path in files["path"]]  # names need not be UTF-8
    batches = tf.data.Dataset.from_tensor_slices((paths, kinds, labels.astype(np.int32)))
    if shuffle:
        batches = batches.shuffle(len(paths), seed=seed)
    plain = (files["format"] == "JPEG") & files["mode"].isin(["L", "RGB"]) & (files["orientation"] == 1)
    fast = plain.all() and value_range is None
    decode = jpeg_decoder(tf, files, size) if fast else pillow_decoder(tf, size, scale)
    batches = batches.map(
        lambda path, kind, label: (decode(path, kind), label), num_parallel_calls=tf.data.AUTOTUNE
    )
    batches = batches.batch(batch_size).map(
        lambda images, label: (to_unit(tf, images, size), label), num_parallel_calls=tf.data.AUTOTUNE
    )
    batches = batches.prefetch(tf.data.AUTOTUNE)
    batches.class_names = class_names.tolist()
    bad = found.files[found.files.problem != ""]
    batches.skipped = pd.concat([bad, found.left_out], ignore_index=True)
    batches.notes = [scale.said, *found.notes]
    return batches
