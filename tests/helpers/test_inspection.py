"""`inspect` and `python -m course data check` find what would spoil a result, and only that."""

import functools
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from course import cli
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


@pytest.fixture
def told(capsys):
    """A function that runs a command line in this process: its exit code, and what it wrote to stdout and to stderr."""

    def run(*words):
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, words)])
        code, (out, err) = end.value.code or 0, capsys.readouterr()
        return (
            (code, out, err) if isinstance(code, int) else (1, out, f"{err}{code}\n")
        )  # as Python tells a text

    return run


def test_a_clean_folder_is_found_clean(chest):
    found = datasets.inspect(chest)
    assert found.kind == "folder" and found.counts.to_numpy().tolist() == [[3, 3], [3, 3]]
    assert found.problems == [] and found.remarks == [] and "12 of 12" in found.patients


def test_every_test_file_that_was_copied_into_train_is_found(chest, told):
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
    code, _, err = told("data", "check", chest)
    assert code == 1 and "6 patients are in several parts" in err


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


def test_left_out_files_pages_and_unclear_pixels_are_told_and_end_with_1(chest, told):
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(chest / "stray.png")
    (chest / "notes.txt").write_text("hello", encoding="utf-8")
    pages = [Image.fromarray(np.full((20, 30), value, np.uint8)) for value in (1, 2)]
    pages[0].save(chest / "train" / "NORMAL" / "IM-0009-0001.tif", save_all=True, append_images=pages[1:])
    Image.fromarray(np.full((20, 30), 1.5, np.float32)).save(chest / "train" / "NORMAL" / "IM-0010-0001.tif")
    found = datasets.inspect(chest)
    assert found.left_out["file"].tolist() == ["notes.txt", "stray.png"]
    assert found.unreadable["file"].tolist() == ["IM-0009-0001.tif"]
    code, out, err = told("data", "check", chest)
    assert code == 1
    for expected in ("stray.png: lies outside the class folders", "holds 2 pages", "from 1.5 to 1.5"):
        assert expected in err
    assert "notes.txt: not an image" in out and "notes.txt" not in err and "left out: 2" in out


def test_a_clean_check_says_which_numbers_are_black_and_white(chest, told):
    code, out, _ = told("data", "check", chest)
    assert code == 0 and "pixels 0 to 255 taken as black to white" in out


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
def test_names_in_another_encoding_are_printed(chest, root):
    with open(os.fsencode(chest / "train" / "NORMAL") + b"/caf\xe9.png", "wb") as file:
        file.write(b"nothing")
    told = subprocess.run(  # with a terminal's encoding
        [sys.executable, "-m", "course", "data", "check", str(chest)],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1 and "caf\\udce9.png" in told.stdout and "Traceback" not in told.stderr


def _formats(tmp_path, suffixes):
    """Forty random images a class; `suffixes` : class -> endings in turn."""
    rng = np.random.default_rng(1)
    for name, endings in suffixes.items():
        (tmp_path / name).mkdir()
        for i in range(40):
            path = tmp_path / name / f"{name}{i}{endings[i % len(endings)]}"
            Image.fromarray(rng.integers(0, 255, (9, 9), np.uint8)).save(path)
    return " ".join(datasets.inspect(tmp_path).remarks)


def test_a_class_that_format_mode_and_size_tell_is_remarked(tmp_path):
    remarks = _formats(tmp_path, {"A": [".png"], "B": [".bmp"]})
    assert "sees nothing else tells the class of 100% of the images; the largest class has 50%" in remarks


def test_formats_that_go_with_no_class_are_not_called_a_shortcut(tmp_path):
    remarks = _formats(tmp_path, {"A": [".png", ".bmp"], "B": [".bmp", ".png"]})
    assert "2 combinations of format, mode and size: they were not found to go with a class" in remarks


def test_sizes_that_go_with_a_class_are_remarked(tmp_path):
    rng = np.random.default_rng(2)
    for label, name in enumerate("AB"):
        (tmp_path / name).mkdir()
        for i in range(40):  # no two sizes are the same
            side = int(20 + 40 * label + i)
            Image.fromarray(rng.integers(0, 255, (side, side), np.uint8)).save(tmp_path / name / f"{i}.png")
    assert "sees nothing else tells the class of" in " ".join(datasets.inspect(tmp_path).remarks)


def test_nothing_to_inspect_is_one_error(tmp_path, told):
    with pytest.raises(DatasetError, match="no images found"):
        datasets.inspect(tmp_path)
    code, _, err = told("data", "check", tmp_path / "none")
    assert code == 1 and "there is no such folder" in err


def test_list_and_show(root, told, monkeypatch):
    monkeypatch.setattr(datasets, "load", functools.partial(datasets.load, size=32))  # no pixel is looked at
    code, listed, _ = told("data", "list")
    assert code == 0
    for name in datasets.NAMES:
        assert name in listed
        picture = root / "build" / "data" / f"{name}.png"
        picture.unlink(missing_ok=True)
        code, shown, _ = told("data", "show", name)
        assert code == 0 and "## Known traps" in shown and f"{name}.png" in shown
        assert picture.read_bytes().startswith(b"\x89PNG")
    code, _, err = told("data", "show", "liver")
    assert code == 1 and "unknown data set 'liver'" in err


def test_real_chest_folder_has_no_patient_in_both_parts(real_data):
    found = datasets.inspect(real_data / "chest_xray_224")
    assert found.shared_patients.empty and found.problems == []
    assert found.counts.loc["PNEUMONIA"].to_dict() == {"test": 390, "train": 3875}
