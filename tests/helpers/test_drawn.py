"""What counts as drawn in masks: the same pixels, however the mask was saved, or a refusal."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from helpers import datasets
from helpers.datasets import DatasetError

ROWS, COLUMNS = np.mgrid[:64, :64]
DISC = np.where((ROWS - 30) ** 2 + (COLUMNS - 33) ** 2 < 100, 255, 0).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
BLACK, WHITE = np.zeros_like(DISC), np.full_like(DISC, 255)


@pytest.fixture
def read(tmp_path):
    """`read(contents)`: the drawn pixels (n, 64, 64) of masks that are given as bytes, and the provenance."""

    def load(*contents, **options):
        for folder in ("images", "masks"):
            (tmp_path / folder).mkdir(exist_ok=True)
        for i, content in enumerate(contents):
            Image.fromarray(DISC // 2).save(tmp_path / "images" / f"{i}.png")
            (tmp_path / "masks" / f"{i}.png").write_bytes(content)
        cohort = datasets.load_masked(tmp_path, size=64, holds="lesion", **options)
        return cohort.masks, cohort.provenance

    return load


def _bytes(image, kind="PNG", **options):
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _smooth():
    large = Image.new("L", (512, 512))
    ImageDraw.Draw(large).ellipse((180, 160, 340, 320), fill=255)
    return np.asarray(large.resize((64, 64), Image.Resampling.BICUBIC)), (np.asarray(large) > 0).mean()


def _with_alpha(red, green, blue, alpha):
    return np.stack([red, green, blue, alpha], axis=2)


PALETTE = Image.fromarray(DISC // 255, "L").convert("P")
PALETTE.putpalette([0, 0, 0, 128, 0, 0])
LABELS = np.where(DISC > 0, 1 + COLUMNS // 6 % 9, 0).astype(np.uint8)


@pytest.mark.parametrize(
    "mask",
    [
        DISC, DISC // 255, DISC > 0, DISC.astype(np.uint16) * 257, np.where(DISC, 128 + (ROWS > 30) * 127, 0).astype(np.uint8),
        LABELS, PALETTE, np.dstack([DISC // 255, BLACK, BLACK]), _with_alpha(DISC, DISC, DISC, WHITE),
        _with_alpha(WHITE, WHITE, WHITE, DISC), _with_alpha(BLACK, BLACK, BLACK, DISC), _with_alpha(NOISE, NOISE, NOISE, DISC),
        _with_alpha(WHITE, BLACK, BLACK, DISC // 2), np.dstack([BLACK, DISC]),
    ],
    ids=["0 255", "0 1", "bool", "16 bit", "0 128 255", "labels", "palette", "red 1", "opaque", "alpha", "black ink", "cut-out",
         "red veil", "LA"],
)  # fmt: skip
def test_clean_masks_are_drawn_where_they_are_not_black(read, mask):
    masks, provenance = read(_bytes(mask))
    assert (
        np.array_equal(masks[0], DISC > 0) and "drawn is what is not black, 7.45% of all pixels" in provenance
    )
    takes_alpha = (
        isinstance(mask, np.ndarray) and mask.ndim == 3 and mask.shape[2] in (2, 4) and mask[0, 0, -1] == 0
    )
    assert ("by the alpha channel" in provenance) == takes_alpha


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {"quality": quality}) for quality in (100, 95, 75, 50, 30, 10)] + [("WEBP", {"quality": 50})],
)
def test_jpeg_noise_is_not_drawn(read, kind, options):
    content = _bytes(DISC, kind, **options)
    masks, provenance = read(content)
    assert abs(masks[0].mean() / (DISC > 0).mean() - 1) < 0.02 and "drawn is what is above 127" in provenance
    again, _ = read(_bytes(Image.open(io.BytesIO(content)).convert("L")))  # its traces, saved as PNG
    assert np.array_equal(again, masks)


def test_the_threshold_is_that_of_the_set_not_of_a_mask(read):
    masks, _ = read(_bytes(DISC, "JPEG", quality=50), _bytes(BLACK, "JPEG"), _bytes(DISC))
    assert np.abs(masks.mean(axis=(1, 2)) / (DISC > 0).mean() - [1, 0, 1]).max() < 0.02


def test_smoothed_borders_are_drawn_where_more_than_half_is_covered(read):
    smooth, share = _smooth()
    for mask in (smooth, _with_alpha(WHITE, WHITE, WHITE, smooth), (smooth / 255).astype(np.float32)):
        masks, _ = read(_bytes(mask, "TIFF"))
        assert abs(masks[0].mean() / share - 1) < 0.02
    box = np.zeros((64, 64), np.uint8)
    box[19:41, 9:31], box[20:40, 10:30] = 120, 255  # one grey, on the border only: no label
    assert read(_bytes(box))[0].sum() == 400
    box[50:55, 50:55] = 120  # the same grey away from the border: a label
    assert read(_bytes(box))[0].sum() == 22 * 22 + 25


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        (NOISE, "not clear what is drawn"),
        ((COLUMNS * 4).astype(np.uint8), "not clear what is drawn: masks hold 64 numbers from 0 to 252"),
        (255 - DISC, "they seem inverted"),
        (DISC.astype(np.int32) - 1, "masks hold numbers from -1"),
        (np.where(DISC > 0, np.float32(np.nan), 0), "pixels are NaN or infinite"),
        (np.random.default_rng(0).random((300, 300)).astype(np.float32), "as pictures do, not masks"),
        (Image.fromarray(DISC // 5), "not clear what is drawn"),
        (Image.fromarray(np.where(DISC, 128 + (ROWS > 30) * 127, 0).astype(np.uint8)), "not clear what is drawn"),
    ],
)  # fmt: skip
def test_what_is_no_mask_or_not_clear_is_refused(read, tmp_path, mask, told):
    kind = "JPEG" if isinstance(mask, Image.Image) else "TIFF"
    images = Image.fromarray(np.zeros(np.shape(mask), np.uint8))
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    images.save(tmp_path / "images" / "a.png")
    (tmp_path / "masks" / "a.png").write_bytes(_bytes(mask, kind))
    with pytest.raises(DatasetError, match=told) as caught:
        datasets.load_masked(tmp_path, size=64, holds="lesion")
    assert str(tmp_path / "masks") in str(caught.value)


def test_photographs_in_the_place_of_masks_are_refused(real_data, tmp_path):
    for name in ("montgomery_lung_masks", "kidney_stone_masks"):
        (tmp_path / name).mkdir()
        for folder in ("images", "masks"):
            (tmp_path / name / folder).symlink_to(real_data / name / "images", target_is_directory=True)
        with pytest.raises(DatasetError, match="not clear what is drawn"):
            datasets.load_masked(tmp_path / name, size=32, holds="lesion")


def test_masks_that_are_all_black_or_all_white(read):
    assert not read(_bytes(BLACK))[0].any() and read(_bytes(WHITE))[0].all()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_drawing_survives_any_format_or_is_refused(data, tmp_path_factory):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), "seed"))
    truth = np.zeros((64, 64), np.uint8)
    for _ in range(data.draw(st.integers(1, 3), "ellipses")):
        row, column, height, width = rng.integers(8, 40, 2).tolist() + rng.integers(6, 20, 2).tolist()
        truth[((ROWS - row) / height) ** 2 + ((COLUMNS - column) / width) ** 2 < 1] = 255
    root = tmp_path_factory.mktemp("any")
    kind, options = data.draw(
        st.sampled_from([("PNG", {}), ("JPEG", {"quality": 90}), ("JPEG", {"quality": 40}), ("WEBP", {})])
    )
    white = data.draw(st.sampled_from([1, 2, 100, 255]), "white")
    for folder, content in (
        ("images", _bytes(truth // 2)),
        ("masks", _bytes(truth // 255 * np.uint8(white), kind, **options)),
    ):
        (root / folder).mkdir()
        (root / folder / "1.img").write_bytes(content)
    try:
        masks = datasets.load_masked(root, size=64, holds="organ").organs
    except DatasetError as error:
        assert str(root) in str(error) and (kind != "PNG" or "inverted" in str(error))
    else:
        if not np.asarray(Image.open(root / "masks" / "1.img").convert("L")).any():
            truth[:] = 0  # compression took a drawing of one grey away: nothing in the file can tell of it
        assert (masks[0] != (truth > 0)).mean() < (0.001 if kind == "PNG" else 0.02)


def test_masks_without_black_are_refused(read):
    viridis = Image.fromarray(DISC // 255, "L").convert("P")
    viridis.putpalette([68, 1, 84, 253, 231, 37])
    with pytest.raises(DatasetError, match="no pixel of any mask is black; the numbers begin at 84"):
        read(_bytes(viridis))
    masks, _ = read(_bytes(WHITE), _bytes(DISC))
    assert masks[0].all() and np.array_equal(masks[1], DISC > 0)


def test_labels_that_were_saved_as_jpeg_are_not_clear(read):
    labels = DISC.copy()
    labels[48:60, 4:28] = 128
    with pytest.raises(DatasetError, match="not clear what is drawn"):
        read(_bytes(labels, "JPEG", quality=75))
    masks, _ = read(_bytes(labels))
    assert np.array_equal(masks[0], labels > 0)
