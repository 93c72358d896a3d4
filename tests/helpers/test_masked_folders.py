"""Folders of images with drawn masks."""

import numpy as np
import pytest
from PIL import Image

from helpers import datasets


@pytest.fixture
def drawn(tmp_path):
    """Three images of 40x40 with a square drawn in each; the last mask is one pixel, in colour."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for number, label in ((1, 0), (2, 1), (10, 1)):
        name = f"X_{number}_{label}.png"
        pixels = np.full((40, 40), 20 * number, np.uint8)
        mask = np.zeros((40, 40, 3), np.uint8)
        mask[10:20, 10 : 10 + number * 2, 2] = 3
        if number == 10:
            mask[:] = 0
            mask[33, 33, 0] = 255
        Image.fromarray(pixels).save(tmp_path / "images" / name)
        Image.fromarray(mask).save(tmp_path / "masks" / name)
    return tmp_path


def test_masks_stand_with_their_images(drawn):
    cohort = datasets.load_masked(drawn, size=20, holds="lesion", class_names=("normal", "ill"))
    assert cohort.groups.tolist() == ["X_1_0", "X_2_1", "X_10_1"] and cohort.labels.tolist() == [0, 1, 1]
    np.testing.assert_allclose(cohort.images[:, 0, 0], np.array([20, 40, 200]) / 255, atol=1e-6)
    expected = np.zeros((3, 20, 20), bool)
    expected[0, 5:10, 5:6] = expected[1, 5:10, 5:7] = expected[2, 16, 16] = True
    assert np.array_equal(cohort.masks, expected) and cohort.organs is None


def test_organs_are_kept_apart_from_lesions_and_one_class_needs_no_numbers(drawn):
    cohort = datasets.load_masked(drawn, size=40, holds="organ", class_names=("all",))
    assert cohort.masks is None and cohort.organs.sum(axis=(1, 2)).tolist() == [20, 40, 1]
    assert cohort.labels.tolist() == [0, 0, 0]


def test_what_does_not_fit_is_told_with_its_name(drawn):
    def load(**options):
        return datasets.load_masked(drawn, **({"size": 20, "holds": "lesion"} | options))

    with pytest.raises(ValueError, match="'lesion' or 'organ'"):
        load(holds="tumour")
    with pytest.raises(datasets.DatasetError, match="X_10_2.png: its name should end with .* _0 to _1"):
        for folder in ("images", "masks"):
            (drawn / folder / "X_10_1.png").rename(drawn / folder / "X_10_2.png")
        load(class_names=("a", "b"))
    (drawn / "masks" / "X_2_1.png").write_bytes(b"")
    with pytest.raises(
        datasets.DatasetError, match="X_2_1.png: cannot be read as an image: the file is empty"
    ):
        load()
    Image.fromarray(np.zeros((39, 40), np.uint8)).save(drawn / "masks" / "X_2_1.png")
    with pytest.raises(datasets.DatasetError, match=r"the mask is \(40, 39\), its image \(40, 40\)"):
        load()
    (drawn / "masks" / "X_2_1.png").unlink()
    with pytest.raises(datasets.DatasetError, match="'X_2_1' is not in both folders"):
        load()
    with pytest.raises(datasets.DatasetError, match="images/images: there is no such folder"):
        datasets.load_masked(drawn / "images", size=20, holds="lesion")


def test_real_masks_are_read(real_data):
    lungs = datasets.load_masked(
        real_data / "montgomery_lung_masks", size=96, holds="organ", class_names=("normal", "tuberculosis")
    )
    assert len(lungs) == 80 and 0.2 < lungs.organs.mean() < 0.35 and lungs.labels.sum() == 40
    stones = datasets.load_masked(
        real_data / "kidney_stone_masks", size=96, holds="lesion", class_names=("Stone",)
    )
    assert len(stones) == 36 and stones.masks.any(axis=(1, 2)).all() and stones.masks.mean() < 0.01


def test_files_of_one_name_are_refused_with_both(drawn):
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(drawn / "images" / "X_1_0.jpg")
    with pytest.raises(datasets.DatasetError, match=r"X_1_0.png: X_1_0.jpg has the same name"):
        datasets.load_masked(drawn, size=20, holds="lesion")


def test_folders_below_and_other_endings_belong_together_by_name(drawn):
    for folder, ending in (("images", "png"), ("masks", "tif")):
        (drawn / folder / "p2").mkdir()
        Image.fromarray(np.full((40, 40), 51, np.uint8)).save(drawn / folder / "p2" / f"X_3_1.{ending}")
    cohort = datasets.load_masked(drawn, size=20, holds="lesion", class_names=("normal", "ill"))
    assert cohort.groups.tolist() == ["p2/X_3_1", "X_1_0", "X_2_1", "X_10_1"] and cohort.masks[0].all()
    assert np.allclose(cohort.images[0], 0.2, atol=1e-6)


def test_other_files_are_listed(drawn):
    (drawn / "readme.txt").write_text("notes", encoding="utf-8")
    (drawn / "masks" / "labels.csv").write_text("a,b", encoding="utf-8")
    (drawn / "overview").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(drawn / "overview" / "all.png")
    skipped = datasets.load_masked(drawn, size=20, holds="lesion").skipped
    assert set(zip(skipped["file"], skipped["kind"], strict=True)) == {
        ("readme.txt", "left out"),
        ("labels.csv", "left out"),
        ("all.png", "left out"),
    }


def test_images_of_more_than_8_bits_and_a_range_that_is_told(drawn):
    for path in (drawn / "images").iterdir():
        Image.fromarray(np.full((40, 40), 1023, np.uint16)).save(path)
    assert np.allclose(datasets.load_masked(drawn, size=20, holds="lesion").images, 1)
    told = datasets.load_masked(drawn, size=20, holds="lesion", value_range=(0, 4092))
    assert np.allclose(told.images, 0.25, atol=1e-6) and "pixels 0 to 4092 taken" in told.provenance


def test_turned_images_and_masks_fit(drawn):
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = np.zeros((30, 40), np.uint8)
    wide[:10, :20] = 255
    Image.fromarray(wide).save(drawn / "images" / "X_1_0.png", exif=exif)
    Image.fromarray(np.rot90(wide, 3)).save(drawn / "masks" / "X_1_0.png")
    cohort = datasets.load_masked(drawn, size=40, holds="lesion")
    assert np.array_equal(cohort.images[0] > 0.5, cohort.masks[0])


def test_the_real_stones_are_drawn_without_their_jpeg_noise(real_data):
    """The published masks hold 1 to 8 where a JPEG file rang around the stones: more pixels than the stones have."""
    stones = datasets.load_masked(real_data / "kidney_stone_masks", size=512, holds="lesion")
    assert "drawn is what is above 127.5 of 255" in stones.provenance
    assert abs(stones.masks.mean() - 0.000688) < 0.00001


def test_a_pixel_is_drawn_from_half_its_area_on(tmp_path):
    """60 pixels become 20: of nine, four drawn ones are less than half, and five are more."""
    mask = np.zeros((60, 60), np.uint8)
    mask[0, :3] = mask[1, 0] = 255  # four of the nine of row 0, column 0
    mask[30, 30:33] = mask[31, 30:32] = 255  # five of those of row 10, column 10
    for folder, pixels in (("images", np.full((60, 60), 90, np.uint8)), ("masks", mask)):
        (tmp_path / folder).mkdir()
        Image.fromarray(pixels).save(tmp_path / folder / "1.png")
    found = datasets.load_masked(tmp_path, size=20, holds="lesion").masks[0]
    assert np.argwhere(found).tolist() == [[10, 10]]
