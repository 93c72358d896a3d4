"""Which class and which part a file is of, by its folders; what is left out is listed, what is not clear is refused."""

import os
import shutil

import numpy as np
import pytest
import scipy.io
from PIL import Image

from helpers import datasets
from helpers.datasets import DatasetError
from helpers.datasets.arrangement import arrange


@pytest.fixture
def save(tmp_path):
    """`save("train/A/1.png", ...)` writes images of different pixels below tmp_path / "set", and returns that."""
    rng = np.random.default_rng(0)

    def write(*names):
        for name in names:
            path = tmp_path / "set" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (8, 8), np.uint8)).save(path, "PNG")
        return tmp_path / "set"

    return write


def _each(*folders, classes="AB"):
    return [f"{folder}/{name}/{i}.png" for folder in folders for name in classes for i in range(2)]


def _triples(root):
    return [(part, name, path.relative_to(root).as_posix()) for part, name, path in arrange(root)[0]]


def _left_out(root):
    return {str(path.relative_to(root)): (kind, reason) for path, _, kind, reason in arrange(root)[1]}


def _refused(root):
    """The message, which is that of `load` and of `inspect` alike, and draws the folders."""
    with pytest.raises(DatasetError) as loading:
        datasets.load("kidney_ct", "folder", root)
    with pytest.raises(DatasetError) as inspecting:
        datasets.inspect(root)
    assert str(loading.value) == str(inspecting.value) and f"{root.name}/\n    " in str(loading.value)
    return str(loading.value)


@pytest.mark.parametrize(
    "names", [("train", "dev", "test"), ("Training", "validate", "Eval"), ("01_train", "hold-out")]
)
def test_parts_by_their_usual_names(save, names):
    cohort = datasets.load("kidney_ct", "folder", save(*_each(*names)))
    parts = [part for part in ("train", "validation", "test") if part in set(cohort.part)]
    assert len(cohort) == 4 * len(names) and len(parts) == len(names)
    assert all((cohort.part == part).sum() == 4 for part in parts) and len(cohort.skipped) == 0


def test_parts_may_lie_within_classes(save):
    root = save(*[f"{name}/{part}/1.png" for name in "AB" for part in ("train", "holdout")])
    assert _triples(root) == [
        ("test", "A", "A/holdout/1.png"),
        ("train", "A", "A/train/1.png"),
        ("test", "B", "B/holdout/1.png"),
        ("train", "B", "B/train/1.png"),
    ]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (_each("train", "test", "mystery"), "mystery is not known as one"),
        (_each("train", "val", "dev"), "stand for the same official part"),
        (["train/1.png", "test/2.png"], "may be an official part or a class"),
        ([*_each("train"), "B/1.png"], "train may be an official part or a class"),
        ([f"{c}/{p}/1.png" for c in "AB" for p in ("train", "test")] + ["A/9.png"], "images right in A belong to none"),
        (["A/train/1.png", "A/test/1.png", "B/1.png"], "images right in B belong to none"),
        (["A/train/1.png", "A/x/1.png", "B/train/1.png"], "A/x belong to none"),
        (["Normal/1.png", "NORMAL/2.png", "B/1.png"], "differ only in case"),
        (_each("clinic one", "clinic two"), "either clinic one and clinic two or the folders below"),
        (["A/1.png", "A/patient2/2.png"], "only one class"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused_with_the_tree(save, files, told):
    assert told in _refused(save(*files))


def test_folders_below_a_class_belong_to_it(save):
    root = save(*_each("."), "A/patient2/10.png", "A/patient2/2.png", "B/p1/deep/1.png")
    assert [name for _, _, name in _triples(root)] == [
        "A/0.png", "A/1.png", "A/patient2/2.png", "A/patient2/10.png", "B/0.png", "B/1.png", "B/p1/deep/1.png",
    ]  # fmt: skip
    cohort = datasets.load("kidney_ct", "folder", root)
    assert cohort.labels.tolist() == [0] * 4 + [1] * 3
    assert "A/patient2: images below a class folder are read as class A" in cohort.provenance
    assert any("A/patient2" in remark for remark in datasets.inspect(root).remarks)


def test_numbered_patients_below_classes_are_no_classes(save):
    root = save("A/1/1.png", "A/2/1.png", "A/3/1.png", "B/1/1.png", "B/2/1.png")
    assert {name for _, name, _ in _triples(root)} == {"A", "B"}


def test_classes_that_differ_in_case_between_parts_are_one(save):
    root = save("train/NORMAL/1.png", "train/Sick/1.png", "test/Normal/1.png", "test/SICK/2.png")
    cohort = datasets.load("kidney_ct", "folder", root)
    assert cohort.class_names == ("Normal", "SICK") and cohort.labels.tolist() == [0, 1, 0, 1]


def test_images_outside_class_folders_are_listed_as_problems(save):
    root = save(*_each("train", "test"), "stray.png", "train/also.png", "extra/1.png")
    expected = {
        name: ("image", "lies outside the class folders")
        for name in ("stray.png", "train/also.png", "extra/1.png")
    }
    assert _left_out(root) == expected
    cohort, found = datasets.load("kidney_ct", "folder", root), datasets.inspect(root)
    assert len(cohort) == 8 and set(cohort.skipped["file"]) == {"stray.png", "also.png", "1.png"}
    assert set(cohort.skipped["kind"]) == {"left out"}
    assert any("3 left out of the data set" in problem for problem in found.problems)


def test_an_empty_class_and_a_class_in_one_part_are_problems(save):
    root = save(*_each("train"), "test/A/1.png")
    (root / "test" / "B").mkdir()
    assert _left_out(root) == {"test/B": ("folder", "an empty folder")}
    told = " ".join(datasets.inspect(root).problems)
    assert "an empty folder" in told and "class B has no images in part 'test'" in told


def test_an_empty_part_is_a_problem_and_an_empty_folder_in_a_class_is_none(save):
    root = save(*_each("train"))
    (root / "test").mkdir()
    (root / "train" / "A" / "old").mkdir()
    assert _left_out(root) == {"test": ("folder", "an empty folder"), "train/A/old": ("", "an empty folder")}
    found = datasets.inspect(root)
    assert "/test: an empty folder" in " ".join(found.problems) and "old: an empty folder" in " ".join(
        found.remarks
    )


def test_a_copy_of_the_whole_in_itself_is_left_out_as_such(save):
    """The chest X-rays on Kaggle hold a folder chest_xray with everything once more."""
    root = save(*_each("train", "test"))
    shutil.copytree(root, root.parent / "again")
    shutil.move(root.parent / "again", root / "set")
    cohort = datasets.load("kidney_ct", "folder", root)
    assert len(cohort) == 8 and len(cohort.skipped) == 8 and set(cohort.skipped.problem.str[:6]) == {"a copy"}
    assert datasets.inspect(root).problems == []


def test_masks_beside_images_are_not_taken_for_images(save):
    root = save(*[f"{name}/{kind}/1.png" for name in "AB" for kind in ("images", "masks")])
    assert {name for _, _, name in _triples(root)} == {"A/images/1.png", "B/images/1.png"}
    assert _left_out(root).keys() == {"A/masks/1.png", "B/masks/1.png"}


def test_mask_files_are_told_by_the_name_of_their_image(save):
    root = save(
        "A/a (1).png", "A/a (1)_mask.png", "A/a (1)_mask_1.png", "B/b.png", "B/unmask.png", "B/x_mask.png"
    )
    assert _left_out(root).keys() == {
        "A/a (1)_mask.png",
        "A/a (1)_mask_1.png",
    }  # the others are no masks of an image


def test_other_files_are_listed_with_the_reason(save):
    root = save(*_each("."), "A/no ending", "B/x.dat", "__MACOSX/A/0.png", "A/.hidden.png")
    (root / "Thumbs.db").write_bytes(b"")
    (root / "labels.csv").write_text("a,b", encoding="utf-8")
    np.savez(root / "A" / "z.npz", a=1)
    scipy.io.savemat(root / "B" / "m.mat", {"a": 1})
    scipy.io.savemat(root / "B" / "m4.mat", {"a": np.ones(3)}, format="4")
    (root / "B" / "1.dcm").write_bytes(bytes(128) + b"DICM")
    (root / "A" / "notes.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    assert _left_out(root) == {
        "labels.csv": ("", "not an image"),
        "A/notes.zip": ("", "not an image"),
        "A/z.npz": ("npz", "a .npz file"),
        "B/m.mat": ("mat", "a MATLAB file"),
        "B/m4.mat": ("mat", "a MATLAB file"),
        "B/1.dcm": ("dicom", "a DICOM file"),
    }
    assert [name for _, _, name in _triples(root)][:6] == [
        "A/0.png", "A/1.png", "A/no ending", "B/0.png", "B/1.png", "B/x.dat",
    ]  # fmt: skip
    found = datasets.inspect(root)
    assert any("a DICOM file" in problem for problem in found.problems)
    assert any("not an image" in remark for remark in found.remarks)
    assert not any("csv" in problem for problem in found.problems)


def test_a_file_that_claims_to_be_an_image_stops_the_run_or_is_listed(save):
    root = save(*_each("."))
    (root / "A" / "page.jpg").write_text("<!DOCTYPE html><html></html>", encoding="utf-8")
    (root / "B" / "empty.png").write_bytes(b"")
    (root / "B" / "gone.png").symlink_to("nowhere")
    with pytest.raises(DatasetError, match="page.jpg: cannot be read as an image .and 2 more.: not an image"):
        datasets.load("kidney_ct", "folder", root)
    cohort = datasets.load("kidney_ct", "folder", root, skip_unreadable=True)
    listed = cohort.skipped.set_index("file")
    assert len(cohort) == 4 and set(listed.kind) == {"unreadable"} and listed.loc["page.jpg", "class"] == "A"
    assert listed.loc["empty.png", "problem"] == "the file is empty"
    assert listed.loc["gone.png", "problem"] == "a link that leads nowhere"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_followed_once(save, tmp_path):
    root = save(*_each("."))
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(outside / "linked.png")
    (outside / "back").symlink_to(outside, target_is_directory=True)
    (root / "A" / "more").symlink_to(outside, target_is_directory=True)
    (root / "B" / "other class").symlink_to(root / "A", target_is_directory=True)
    (root / "B" / "linked.png").symlink_to(outside / "linked.png")
    os.mkfifo(root / "B" / "pipe.png")
    assert [name for _, _, name in _triples(root)] == [
        "A/0.png", "A/1.png", "A/more/linked.png", "B/0.png", "B/1.png", "B/linked.png",
    ]  # fmt: skip
    assert {name: reason for name, (_, reason) in _left_out(root).items()} == {
        "A/more/back": "a link to a folder that is read in its own place",
        "B/other class": "a link to a folder that is read in its own place",
        "B/pipe.png": "no regular file",
    }


@pytest.mark.parametrize(
    "names",
    [
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("stage_1_train", "stage_1_test"),
        ("train/train_images", "test/test_images"),
        ("ct-train", "ct-val"),
    ],
)
def test_parts_by_the_word_in_which_their_names_differ(save, names):
    root = save(*_each(*names))
    parts = [word for word in ("test", "train", "validation") if any(word[:3] in name for name in names)]
    assert sorted(_triples(root)) == sorted(
        (part, name, f"{folder}/{name}/{i}.png")
        for folder in names for part in parts if part[:3] in folder for name in "AB" for i in range(2)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["HAM10000_images_part_1/1.png", "HAM10000_images_part_2/2.png"], "parts of a download"),
        (["patient_1/Cyst/1.png", "patient_2/Normal/2.png"], "patients, not as classes"),
        (["no/1.png", "yes/2.png", "pred/3.png"], "pred is named as if"),
        (["no/1.png", "yes/2.png", "set/no/3.png", "set/yes/4.png"], "set holds folders named as those"),
        (["a1/0/1.png", "a1/1/2.png", "b2/0/3.png", "b2/1/4.png", "c3/0/5.png"], "may be the classes"),
    ],
)
def test_folders_that_are_no_classes_are_not_made_into_some(save, files, told):
    assert told in _refused(save(*files))


def test_grades_and_numbers_are_classes(save):
    for names in (
        ("grade_1", "grade_2"),
        ("0", "1"),
        ("class1", "class2"),
        ("test_positive", "test_negative"),
    ):
        root = save(*[f"{'-'.join(names)}/{name}/1.png" for name in names]) / "-".join(names)
        assert sorted(datasets.load("kidney_ct", "folder", root).class_names) == sorted(names)


def test_a_copy_beside_the_classes_is_left_out_as_such(save):
    root = save(*_each("."))
    for name in "AB":
        shutil.copytree(root / name, root / "everything" / name)
    cohort = datasets.load("kidney_ct", "folder", root)
    assert len(cohort) == 4 and cohort.class_names == ("A", "B") and len(cohort.skipped) == 4
    assert set(cohort.skipped.problem) == {"a copy of an image that is read, by its name and size"}


def test_images_of_formats_that_are_not_read_are_problems(save):
    root = save(*_each("."))
    np.save(root / "A" / "3.npy", np.zeros((8, 8)))
    (root / "B" / "4.nii.gz").write_bytes(b"\x1f\x8b" + bytes(20))
    assert {kind for kind, _ in _left_out(root).values()} == {"image"}
    assert any("A/3.npy: .npy files are not read" in problem for problem in datasets.inspect(root).problems)
    for path in root.rglob("*.png"):
        path.unlink()
    with pytest.raises(DatasetError, match="no images found in its folders .found: 3.npy"):
        datasets.load("kidney_ct", "folder", root)


@pytest.mark.parametrize("below", [("1", "2"), ("patient1", "patient2"), ("40X", "100X")])
def test_the_same_folders_below_diagnoses_are_no_classes(save, below):
    root = save(*[f"{name}/{inner}/1.png" for name in ("Normal", "Tumor") for inner in below])
    cohort = datasets.load("kidney_ct", "folder", root)
    assert (
        cohort.class_names == ("Normal", "Tumor") and len(cohort) == 4 and "images below" in cohort.provenance
    )
