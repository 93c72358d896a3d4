"""Every file that pydicom brings along for its own tests, through the reader: grey as pydicom's functions give it, or
the reason why it is none. The table names every file that is not equal; a file that is neither fails."""

import re
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_windowing, get_decoder, pixel_array

from helpers.datasets import DatasetError, dicom

FOLDER = Path(pydicom.data.__file__).parent / "test_files"
LUMA = np.array([0.299, 0.587, 0.114])

NO_DECODER = r"no decoder for that is installed.*pip install pylibjpeg pylibjpeg-libjpeg"
EXPECTED = {
    # compressed in a way for which no decoder is among the course's libraries
    r"JPEGLS.*|MR_small_jpeg_ls_lossless\.dcm|SC_rgb_jls.*|SC_rgb_jpeg_gdcm\.dcm": NO_DECODER,
    r"JPEG-lossy\.dcm|JPGExtended\.dcm": r"Pillow does not support.*12-bit.*install a decoder \(pip install pylibjpeg",
    # the streams are damaged or not to Pillow's liking
    r"GDCMJ2K_TextGBR\.dcm|JPEG2000-embedded-sequence-delimiter\.dcm": r"cannot be decoded by what is installed",
    # damaged on purpose
    r"MR_truncated\.dcm": r"bytes of pixel data is less than expected",
    r"meta_missing_tsyntax\.dcm|nested_priv_SQ\.dcm": r"names no Rows and Columns",
    r"no_meta\.dcm": r"unknown format, no DICOM file",  # a byte too many stands before its first element
    # objects that are no images to learn from
    r"(badVR|rtdose.*)\.dcm": r"its modality is RTDOSE",
    r"liver.*": r"its modality is SEG",
    r"ExplVR_...EndNoMeta\.dcm|rtplan(_truncated)?\.dcm": r"its modality is RTPLAN",
    r"rtstruct\.dcm": r"its modality is RTSTRUCT",
    r"reportsi.*|test-SR\.dcm": r"its modality is SR",
    r"waveform_ecg\.dcm": r"its modality is ECG",
    r"dicomdirtests/DICOMDIR.*|.*/DICOMDIR": r"a DICOM directory",
    # DICOM objects without pixels
    r"UN_sequence\.dcm|empty_charset_LEI\.dcm|no_meta_group_length\.dcm|priv_SQ\.dcm": r"without pixels",
    r"dicomdirtests/TINY_ALPHA/.*/IM.*": r"without pixels",
    # no DICOM
    r".*README(\.txt)?|rt.*\.dump|test.*\.json": r"is text, no DICOM file",
    r"crayons\.icc|zipMR\.gz": r"unknown format, no DICOM file",
}  # fmt: skip
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
FILES = [name for name in FILES if not name.endswith((".py", ".pyc"))]


def _reference(path):
    """Grey by pydicom's functions, as its documentation puts them together."""
    tags = pydicom.dcmread(path, force=True)
    values = pixel_array(tags)
    if tags.SamplesPerPixel == 3:
        return values @ LUMA / (2**tags.BitsStored - 1)
    if tags.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(values, tags)
        return colours @ LUMA / np.iinfo(colours.dtype).max
    grey = _grey(apply_modality_lut(values, tags), tags)
    return 1 - grey if tags.PhotometricInterpretation == "MONOCHROME1" else grey


def _grey(values, tags):
    low, high = (0, 2**tags.BitsStored - 1)
    if tags.PixelRepresentation == 1:
        low, high = -(2 ** (tags.BitsStored - 1)), 2 ** (tags.BitsStored - 1) - 1
    if "WindowWidth" in tags:
        slope, intercept = tags.get("RescaleSlope", 1), tags.get("RescaleIntercept", 0)
        return (apply_windowing(values, tags) - (low * slope + intercept)) / ((high - low) * slope)
    if tags.get("Modality") == "CT":
        return np.clip((values - (40 - 400 / 2)) / 400, 0, 1)  # the course's abdominal window
    if tags.PixelRepresentation == 1:
        low, high = values.min(), values.max()  # no window: what a signed type can hold says nothing
    return (values - low) / (high - low)


def _reason(name):
    return next((reason for pattern, reason in EXPECTED.items() if re.fullmatch(pattern, name)), None)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_pydicom_is_equal_or_told(name):
    path = FOLDER / name
    reason = _reason(name)
    if reason == NO_DECODER and get_decoder(pydicom.dcmread(path).file_meta.TransferSyntaxUID).is_available:
        pytest.skip("a decoder that the course does not ask for is installed")
    if reason:
        with pytest.raises(DatasetError, match=reason) as caught:
            dicom.read(path)
        assert str(path) in str(caught.value)
        return
    images = dicom.read(path).images
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = _reference(path)
    assert np.abs(images - want.reshape(images.shape)).max() <= 1 / 255


def test_the_table_has_no_line_too_many():
    for pattern in EXPECTED:
        assert any(re.fullmatch(pattern, name) for name in FILES), pattern
    assert sum(_reason(name) is None for name in FILES) > 70
