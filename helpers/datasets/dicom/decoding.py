"""Decode the pixels of a DICOM file, or say what is missing."""

import re

import numpy as np
from pydicom.pixels import get_decoder, pixel_array

from helpers.datasets.errors import DatasetError, check_memory

PACKAGES = {"gdcm": "python-gdcm"}  # names on the Python Package Index that differ from the module's


def decode(dataset, path):
    """The stored numbers, colours as RGB: (frames, h, w) or (frames, h, w, 3) of the stored type.

    Raises
    ------
    DatasetError : no pixels, too many, a decoder that is not installed, or damaged pixels.
    """
    if not dataset.get("Rows") or not dataset.get("Columns"):
        raise DatasetError(
            f"{path}: names no Rows and Columns, so that its pixels cannot be laid out. Replace it, or leave it out "
            "(--skip-unreadable)."
        )
    check_memory(int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns), str(path))
    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise DatasetError(
            f"{path}: its pixels are stored as {syntax.name} ({syntax}), which pydicom cannot decode. Convert the "
            "file to an uncompressed transfer syntax, or leave it out (--skip-unreadable)."
        ) from None
    if not decoder.is_available:
        raise DatasetError(f"{path}: {_missing(syntax, decoder)}")
    try:
        stored = _aligned(dataset, syntax)
    except RuntimeError as error:  # every decoder that is installed has failed
        reason = " ".join(str(error).split())
        raise DatasetError(
            f"{path}: its pixels ({syntax.name}) cannot be decoded by what is installed: {reason}. "
            f"If other programs show the file, {_advice(decoder)}; otherwise it is damaged."
        ) from None
    return stored.reshape(-1, *stored.shape[-3 if dataset.get("SamplesPerPixel", 1) > 1 else -2 :])


def _aligned(dataset, syntax):
    """`pixel_array`, also where the numbers do not begin at the lowest bit (High Bit above Bits Stored - 1)."""
    bits = dataset.get("BitsStored")
    shift = 0 if bits is None else int(dataset.get("HighBit", bits - 1)) + 1 - bits
    if shift <= 0 or syntax.is_compressed or "PixelData" not in dataset:
        return pixel_array(dataset)
    return np.right_shift(pixel_array(dataset, bits_stored=bits + shift), shift)


def _missing(syntax, decoder):
    return (
        f"its pixels are compressed as {syntax.name} ({syntax}), and no decoder for that is installed. The file "
        f"itself may be sound: {_advice(decoder)} and load it again, or leave it out (--skip-unreadable)."
    )


def _advice(decoder):
    """pydicom names what each decoder requires: "pylibjpeg - requires pylibjpeg>=2.0 and pylibjpeg-libjpeg>=2.1"."""
    ways = []
    for line in decoder.missing_dependencies:
        names = re.findall(r"([A-Za-z][\w-]*)>=", line)
        ways.append("pip install " + " ".join(PACKAGES.get(name, name) for name in names))
    return "install a decoder (" + ", or ".join(sorted(ways, key=len, reverse=True)) + ")"
