"""One DICOM file: its frames, or why it is no image."""

import numpy as np
from PIL import Image

from helpers.datasets.dicom import decoding, files, grey, tags
from helpers.datasets.errors import DatasetError
from helpers.datasets.quiet import quiet


def frames(path, size, window, default):
    """The frames of one file as `grey.Frame`, resampled to `size`, each with its row of the table.

    Returns
    -------
    list, and why the file is no image to learn from ("" where it is one).

    Raises
    ------
    DatasetError : it claims to be an image and cannot be read.
    """
    try:
        with quiet():  # odd but readable files
            dataset = files.open_file(path)
            if reason := files.why_no_image(dataset):
                return [], reason
            return _frames(dataset, path, size, window, default), ""
    except DatasetError:
        raise
    except MemoryError:
        raise DatasetError(f"{path}: claims more pixels than fit into memory. Replace the file.") from None
    except Exception as error:  # pydicom and its decoders raise many kinds for damaged files
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise DatasetError(
            f"{path}: cannot be read as DICOM ({reason}). Replace it, or leave it out (--skip-unreadable)."
        ) from None


def _frames(dataset, path, size, window, default):
    if not any(tag in dataset for tag in files.PIXELS):
        raise DatasetError(f"{path}: is a DICOM file without pixels. Leave it out (--skip-unreadable).")
    about = tags.describe(dataset, path)
    identities = tags.identities(dataset)
    little = dataset.file_meta.TransferSyntaxUID.is_little_endian
    found = []
    for number, stored in enumerate(decoding.decode(dataset, path)):
        shown = tags.of_frame(dataset, number)
        frame = grey.to_frame(stored, shown, little, window, default)
        if not frame.values.size or not np.isfinite(frame.values).all():
            raise DatasetError(f"{path}: its pixels are empty, NaN or infinite. Replace it, or leave it out.")
        frame.row = {"path": str(path), "file": path.name} | about | {
            "position": tags.position(shown), "frame": number, "height": stored.shape[0], "width": stored.shape[1],
            "window_level": frame.window[0], "window_width": frame.window[1], "identities": identities,
        }  # fmt: skip
        found.append(_resampled(frame, size))
    return found


def _resampled(frame, size):
    if size is not None:
        frame.values = _resize(frame.values, size, Image.Resampling.BILINEAR)
        if frame.padding is not None:
            frame.padding = _resize(frame.padding, size, Image.Resampling.NEAREST)
    return frame


def _resize(pixels, size, method):
    return np.asarray(Image.fromarray(pixels).resize((size, size), method))
