"""Arguments of `load` that are refused everywhere alike, and what a `Dataset` is equal to."""

import os

import numpy as np
import pytest
from PIL import Image

from helpers import datasets
from helpers.datasets import DatasetError
from helpers.datasets.writing import FORMATS, write


@pytest.fixture(scope="module")
def written(kidney, tmp_path_factory):
    """The same eight images in every format."""
    root = tmp_path_factory.mktemp("written")
    index = np.concatenate([np.flatnonzero(kidney.labels == label)[:4] for label in (0, 1)])
    for kind in FORMATS:
        write(kidney.subset(index), root / kind, kind)
    return root


@pytest.mark.parametrize("size", [33.5, 0, -5, True, "96", float("nan")])
def test_a_wrong_size_is_refused_by_every_source(written, size):
    for source, root in (("phantom", None), *(("real", written / kind) for kind in FORMATS)):
        with pytest.raises(DatasetError, match="size must be a whole number of pixels, at least 1, not"):
            datasets.load("kidney_ct", source, root, size=size)


def test_every_reader_lists_what_it_left_out_in_the_same_columns(written):
    for kind in FORMATS:
        cohort = datasets.load("kidney_ct", "real", written / kind)
        assert {"path", "file", "class", "problem", "kind"} <= set(cohort.skipped.columns) and len(
            cohort.skipped
        ) == 0


def test_black_and_white_are_said_and_told_only_where_numbers_are_stored(written):
    for kind in ("folder", "mat", "mat73", "npz"):
        assert (
            "pixels 0 to 255 taken as black to white"
            in datasets.load("kidney_ct", "real", written / kind).provenance
        )
        told = datasets.load("kidney_ct", "real", written / kind, value_range=(0, 510))
        assert (
            told.images.max() <= 0.5 and "pixels 0 to 510 taken as black to white, as told" in told.provenance
        )
    for source, root in (("phantom", None), ("dicom", written / "dicom")):
        with pytest.raises(ValueError, match="value_range is for"):
            datasets.load("kidney_ct", source, root, value_range=(0, 510))
    with pytest.raises(DatasetError, match="value_range must be"):
        datasets.load("kidney_ct", "folder", written / "folder", value_range=(5, 5))


def test_a_mistyped_root_is_not_answered_by_an_earlier_download(tmp_path, monkeypatch):
    for name in ("Cyst", "Normal"):
        (tmp_path / "kidney_ct" / name).mkdir(parents=True)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "kidney_ct" / name / "1.png")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    assert len(datasets.load("kidney_ct", "download")) == 2
    with pytest.raises(DatasetError, match="typo: there is no such folder or file"):
        datasets.load("kidney_ct", "download", root=tmp_path / "typo")


def test_data_sets_are_equal_only_to_themselves(kidney):
    other = kidney.subset(slice(None))
    assert kidney == kidney and kidney != other and len({kidney, other, kidney}) == 2


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_classes_whose_names_are_no_utf_8_can_be_shown(tmp_path):
    for name in (b"/caf\xe9", b"/b"):
        os.mkdir(os.fsencode(tmp_path) + name)
        with open(os.fsencode(tmp_path) + name + b"/1.png", "wb") as file:
            Image.fromarray(np.zeros((4, 4), np.uint8)).save(file, "PNG")
    cohort = datasets.load("kidney_ct", "folder", tmp_path)
    assert len(cohort) == 2 and "caf\\udce9" in repr(cohort).encode().decode()
    assert next(iter(datasets.stream("kidney_ct", tmp_path, size=4)))[1].numpy().tolist() == [0, 1]


@pytest.mark.parametrize("root", ["~nobody that is known/images", "", None, "no such folder"])
def test_paths_that_are_not_there_are_told(root):
    with pytest.raises(DatasetError, match="there is no such folder|No path was given"):
        datasets.load("kidney_ct", "folder", root)
