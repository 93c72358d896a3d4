"""One image file: every mode by its value, upright, one page; and what `data check` passes, `load` reads."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from helpers import datasets
from helpers.datasets import DatasetError, opening, pixels

RAMP = np.tile(np.linspace(0, 255, 32).round().astype(np.uint8), (16, 1))


@pytest.fixture
def folder(tmp_path):
    """Two classes of two grey images; `folder(name, content)` adds a file to class A and returns the root."""
    for label, name in enumerate("AB"):
        (tmp_path / name).mkdir()
        for i in range(2):
            Image.fromarray(RAMP // 2 + 60 * label + i).save(tmp_path / name / f"{i}.png")

    def add(name, content):
        (tmp_path / "A" / name).write_bytes(content)
        return tmp_path

    return add


def _bytes(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _agree(root):
    """What inspect finds no fault with is loaded, and what it does is refused: the image named x..., or the message."""
    found = datasets.inspect(root)
    try:
        cohort = datasets.load("chest_xray", "folder", root)
    except DatasetError as error:
        assert len(found.unreadable) or found.problems, f"the check passes, load does not: {error}"
        return str(error)
    assert not len(found.unreadable) and not found.problems, f"load reads it, the check says {found.problems}"
    return cohort.images[cohort.files["file"].str.startswith("x").to_numpy()][0]


def _lab():
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(Image.fromarray(RAMP).convert("RGB"), *profiles, outputMode="LAB")


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "BMP"), ("L", "JPEG2000"), ("P", "GIF"), ("P", "PNG"), ("RGB", "TIFF"), ("RGB", "AVIF"), ("RGBA", "WEBP"),
        ("LA", "PNG"), ("LA", "TIFF"), ("CMYK", "TIFF"), ("CMYK", "JPEG"), ("YCbCr", "TIFF"), ("RGB", "PPM"), ("LAB", "TIFF"),
    ],
)  # fmt: skip
def test_every_mode_has_the_values_of_its_grey(folder, mode, kind):
    if kind not in opening.formats():
        pytest.skip(f"this Pillow cannot read {kind}")
    image = (
        _lab()
        if mode == "LAB"
        else Image.fromarray(RAMP).convert("L" if mode == "P" else "RGB").convert(mode)
    )
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind in ("JPEG", "AVIF") else {}
    read = _agree(folder("x.tif", _bytes(image, kind, **options)))
    assert np.abs(read - RAMP / 255).max() < (8 if kind in ("JPEG", "AVIF") else 1.6) / 255


@pytest.mark.parametrize("mode", ["RGBa", "La", "HSV", "PA"])
def test_modes_that_no_file_has_are_converted_too(mode):
    plain = Image.fromarray(RAMP).convert({"La": "LA", "RGBa": "RGBA", "HSV": "RGB", "PA": "P"}[mode])
    image = plain.convert(mode)
    assert image.mode == mode and np.abs(pixels.grey(image).astype(int) - RAMP).max() <= 3


def test_luma_and_transparency_have_their_values():
    colours = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8))
    assert np.abs(pixels.grey(colours) - 255 * np.array([[0.299, 0.587, 0.114]])).max() <= 1
    half = Image.fromarray(np.array([[[200, 200, 200, 128], [200, 200, 200, 0]]], np.uint8))
    assert np.abs(pixels.grey(half).astype(int) - [[100, 0]]).max() <= 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_images_are_turned_upright_as_exif_says(tmp_path, kind, orientation, turns):
    exif = Image.Exif()
    exif[pixels.ORIENTATION] = orientation
    for name in "AB":
        (tmp_path / name).mkdir()
        content = _bytes(
            Image.fromarray(RAMP), kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {})
        )
        (tmp_path / name / "1.img").write_bytes(content)
    cohort = datasets.load("chest_xray", "folder", tmp_path)  # without size=: header and pixels agree
    assert np.abs(cohort.images[0] - np.rot90(RAMP, turns) / 255).max() < 4 / 255
    row = cohort.files.iloc[0]
    assert (row.height, row.width) == np.rot90(RAMP, turns).shape and row.orientation == orientation
    batches = datasets.stream("chest_xray", tmp_path, size=16)
    resized = datasets.load("chest_xray", "folder", tmp_path, size=16).images
    assert np.abs(next(iter(batches))[0].numpy() - resized).mean() < 0.02


def test_an_orientation_that_cannot_be_read_is_none(folder):
    content = _bytes(Image.fromarray(RAMP), "JPEG", quality=95)
    damaged = b"\xff\xe1" + (2 + 6 + 20).to_bytes(2, "big") + b"Exif\0\0" + b"\x99" * 20
    assert np.abs(_agree(folder("x.jpg", content[:2] + damaged + content[2:])) - RAMP / 255).max() < 0.04


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG", "MPO", "AVIF"])
def test_further_pages_and_frames_are_not_dropped_in_silence(folder, kind):
    if kind == "AVIF" and kind not in opening.formats():
        pytest.skip("this Pillow cannot read AVIF")
    others = [Image.fromarray(RAMP[::-1, ::step]).resize((32, 16)).convert("RGB") for step in (-1, 2)]
    content = _bytes(Image.fromarray(RAMP).convert("RGB"), kind, save_all=True, append_images=others)
    root = folder("x.img", content)
    assert "x.img: cannot be read as an image: holds 3 pages, one image per file is expected" in _agree(root)
    cohort = datasets.load("chest_xray", "folder", root, skip_unreadable=True)
    assert (
        len(cohort) == 4 and "3 pages" in cohort.skipped.problem[0] and cohort.skipped.kind[0] == "unreadable"
    )


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (RAMP / np.float32(255), RAMP / 255),
        (RAMP.astype(np.float32), RAMP / 255),
        (RAMP * np.float32(1.004 / 255), np.minimum(RAMP * 1.004 / 255, 1)),
        (RAMP.astype(np.uint16) * 257, RAMP / 255),
        (RAMP.astype(np.uint16) * 16, RAMP / 255.9375),
        (RAMP.astype(np.uint16), RAMP / 255),
        (RAMP.astype(np.int32) * 16, RAMP / 255.9375),
        (np.zeros((16, 32), np.float32), np.zeros((16, 32))),
        (RAMP * np.float32(1.5 / 255), "x.tif: pixels from 0 to 1.5; expected 0 to 1 or 0 to 255"),
        (RAMP * np.float32(8) - 1000, "x.tif: pixels from -1000 to 1040; expected 0 to 1 or 0 to 255, and no negative"),
        (RAMP.astype(np.int16) - 100, "x.tif: pixels from -100 to 155"),
        (np.where(RAMP > 250, np.float32(np.nan), RAMP), "x.tif: cannot be read as an image: 16 of its pixels are NaN"),
    ],
    ids=["float 1", "float 255", "overshoot", "16 bit", "12 bit", "8 in 16", "int", "black", "1.5", "HU", "signed", "NaN"],
)  # fmt: skip
def test_images_of_more_than_8_bits_by_the_range_of_their_numbers(folder, array, expected):
    read = _agree(folder("x.tif", _bytes(Image.fromarray(array), "TIFF")))
    if isinstance(expected, str):
        assert expected in read
    else:
        assert np.abs(read - expected).max() < 1e-6


def test_the_range_can_be_told_and_is_said(folder):
    root = folder("x.tif", _bytes(Image.fromarray(RAMP * np.float32(8) - 1000), "TIFF"))
    cohort = datasets.load("chest_xray", "folder", root, value_range=(-160, 240))
    read = cohort.images[cohort.files["file"].to_numpy() == "x.tif"][0]
    assert np.allclose(read, np.clip((RAMP * 8.0 - 1000 + 160) / 400, 0, 1), atol=1e-6)
    assert (
        "pixels -160 to 240 taken as black to white, as told, and those from -1000 to 1040 clipped"
        in cohort.provenance
    )


def test_other_byte_order_and_white_that_is_zero(folder):
    image = Image.new("I;16B", (32, 16))
    image.frombytes((RAMP.astype(">u2") * 257).tobytes())
    assert np.abs(_agree(folder("x.tif", _bytes(image, "TIFF"))) - RAMP / 255).max() < 1e-6
    inverted = _bytes(Image.fromarray(RAMP.astype(np.uint16) * 257), "TIFF", tiffinfo={262: 0})
    assert "stores white as zero" in _agree(folder("x.tif", inverted))


def _png16(colours):
    """A PNG of 16-bit RGB, which Pillow does not write."""
    height, width, _ = colours.shape

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in colours)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_colours_of_16_bits_are_read_or_refused_where_they_use_12(folder):
    colours = np.repeat(RAMP[..., None], 3, axis=2).astype(np.uint16)
    assert np.abs(_agree(folder("x.png", _png16(colours * 257))) - RAMP / 255).max() < 1.5 / 255
    assert "colours of 16 bits stay below 4096" in _agree(folder("x.png", _png16(colours * 16)))


def test_signed_numbers_of_8_bits_are_refused(folder):
    signed = _bytes(Image.fromarray(RAMP), "TIFF", tiffinfo={opening.SAMPLE_FORMAT: 2})
    assert "holds signed numbers of 8 bits" in _agree(folder("x.tif", signed))


def test_classes_on_different_scales_are_refused(folder):
    root = folder("x.png", _bytes(Image.fromarray(RAMP.astype(np.uint16)), "PNG"))
    (root / "B" / "y.png").write_bytes(_bytes(Image.fromarray(RAMP.astype(np.uint16) * 257), "PNG"))
    assert "pixels end at 255, in " in _agree(root) and "y.png at 65535: not one scale" in _agree(root)


def test_images_of_nothing_but_0_and_1_are_remarked(folder):
    found = datasets.inspect(folder("x.png", _bytes(Image.fromarray(RAMP // 200), "PNG")))
    assert any(
        "1 images hold nothing but 0 and 1" in remark and "x.png" in remark for remark in found.remarks
    )


def test_an_image_of_more_pixels_than_pillow_allows_is_refused(folder, monkeypatch):
    root = folder("x.png", _bytes(Image.fromarray(np.zeros((40, 50), np.uint8)), "PNG"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert "x.png: cannot be read as an image: 50x40 pixels are more than the limit of 1500" in _agree(
            root
        )
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600)
    assert "x.png: cannot be read as an image" in _agree(root)


def test_nothing_changes_the_warnings_of_the_process(folder):
    root = folder("x.jpg", _bytes(Image.fromarray(RAMP), "JPEG")[:200])
    before = list(warnings.filters)
    for _ in range(5):
        datasets.load("chest_xray", "folder", root, skip_unreadable=True)
        datasets.inspect(root)
    assert list(warnings.filters) == before


def test_formats_that_hold_programs_stay_closed(folder):
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    assert "not an image" in _agree(folder("x.png", content))


def test_files_of_different_types_are_scaled_each_by_its_own(folder):
    root = folder("x.tif", _bytes(Image.fromarray(RAMP / np.float32(255)), "TIFF"))
    cohort = datasets.load("chest_xray", "folder", root)
    assert "8-bit pixels 0 to 255 taken as black to white; other pixels 0 to 1 taken" in cohort.provenance
    assert np.abs(cohort.images[cohort.files["file"].to_numpy() == "x.tif"][0] - RAMP / 255).max() < 1e-6
    assert np.abs(cohort.images[-1] * 255 - (RAMP // 2 + 61)).max() < 1e-3
