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
