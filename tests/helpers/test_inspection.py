"""`inspect` and `python -m course data check` find what would spoil a result, and only that."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from helpers import datasets
from helpers.datasets import DatasetError
from helpers.datasets.writing import write


@pytest.fixture
def chest(tmp_path):
    """Train and test folders with names like the public chest X-rays; three images a class and part."""
    rng = np.random.default_rng(0)
    number = 0
    for part, first in (("train", 1), ("test", 501)):
        for name, pattern in (("NORMAL", "IM-{:04d}-0001.jpeg"), ("PNEUMONIA", "person{}_virus_1.jpeg")):
            for patient in range(first, first + 3):
                path = tmp_path / part / name / pattern.format(patient)
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(rng.integers(0, 255, (20, 30), np.uint8)).save(path)
                number += 1
    return tmp_path


def _check(folder, root):
    return subprocess.run(
        [sys.executable, "-m", "course", "data", "check", str(folder)],
        cwd=root,
        capture_output=True,
        text=True,
    )


def test_a_clean_folder_is_found_clean(chest):
    found = datasets.inspect(chest)
    assert found.kind == "folder" and found.counts.to_numpy().tolist() == [[3, 3], [3, 3]]
    assert found.problems == [] and found.remarks == [] and "12 of 12" in found.patients


def test_every_test_file_that_was_copied_into_train_is_found(chest, root):
    copied = sorted((chest / "test").rglob("*.jpeg"))
    for path in copied:
        shutil.copy(path, chest / "train" / path.parent.name / path.name)
    found = datasets.inspect(chest)
    assert set(found.duplicates["file"]) == {path.name for path in copied}
    assert set(found.shared_patients["patient"]) == {
        path.stem.removesuffix("_1").removesuffix("-0001") for path in copied
    }
    assert any("6 patients are in several parts" in problem for problem in found.problems)
    assert any("6 images are in two parts" in problem for problem in found.problems)
    told = _check(chest, root)
    assert (
        told.returncode == 1
        and "6 patients are in several parts" in told.stderr
        and "Traceback" not in told.stderr
    )


def test_a_patient_with_another_image_in_the_other_part_is_found(chest):
    pixels = np.random.default_rng(5).integers(0, 255, (20, 30), np.uint8)
    Image.fromarray(pixels).save(chest / "test" / "PNEUMONIA" / "person2_virus_77.jpeg")
    found = datasets.inspect(chest)
    assert found.shared_patients["patient"].unique().tolist() == ["person2_virus"] and found.duplicates.empty


def test_equal_images_with_two_labels_unreadable_files_and_missing_classes_are_problems(chest):
    shutil.copy(
        chest / "train" / "NORMAL" / "IM-0001-0001.jpeg",
        chest / "train" / "PNEUMONIA" / "person9_virus_1.jpeg",
    )
    (chest / "test" / "NORMAL" / "IM-0999-0001.jpeg").write_bytes(b"nothing")
    shutil.rmtree(chest / "test" / "PNEUMONIA")
    found = datasets.inspect(chest)
    told = " ".join(found.problems)
    assert "1 equal images have different labels" in told and "1 files cannot be read" in told
    assert "class PNEUMONIA has no images in part 'test'" in told
    assert "1 pairs of equal images have different patient ids." in found.remarks


@pytest.mark.parametrize("kind", ["mat", "mat73", "npz", "dicom"])
def test_other_kinds_are_inspected_too(kidney, tmp_path, kind):
    one = kidney.subset(np.arange(24))
    part = np.repeat(["train", "validation", "test"], 8)
    cohort = datasets.Dataset(**(vars(one) | {"part": None if kind == "dicom" else part, "masks": None}))
    cohort.images[16] = cohort.images[0]  # an image of train in test
    write(cohort, tmp_path, kind)
    found = datasets.inspect(tmp_path)
    assert len(found.duplicates) == 1
    if kind == "dicom":
        assert found.patients == "read from the DICOM files"
    else:
        assert any("1 images are in two parts" in problem for problem in found.problems)


def test_nothing_to_inspect_is_one_error(tmp_path, root):
    with pytest.raises(DatasetError, match="no images found"):
        datasets.inspect(tmp_path)
    told = _check(tmp_path / "none", root)
    assert told.returncode == 1 and "there is no such folder" in told.stderr


def test_list_and_show(root):
    def course(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "course", "data", *arguments], cwd=root, capture_output=True, text=True
        )

    listed = course("list")
    for name in datasets.NAMES:
        assert name in listed.stdout
        shown = course("show", name)
        assert shown.returncode == 0 and "## Known traps" in shown.stdout and f"{name}.png" in shown.stdout
        assert (root / "build" / "data" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert course("show", "liver").returncode == 1


def test_real_chest_folder_has_no_patient_in_both_parts(real_data):
    found = datasets.inspect(real_data / "chest_xray_224")
    assert found.shared_patients.empty and found.problems == []
    assert found.counts.loc["PNEUMONIA"].to_dict() == {"test": 390, "train": 3875}
