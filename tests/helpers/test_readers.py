"""Every format by round trip, on real files, and damaged: a `DatasetError` that names the file, or the right images."""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import datasets
from helpers.datasets import Dataset, DatasetError, arrays, kinds, patients, ranges
from helpers.datasets.writing import FORMATS, write


def _cohort(parts=True):
    """Twelve random images of six patients in three classes, with official parts."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 4)
    return Dataset(
        images=rng.random((12, 10, 14)).astype(np.float32),
        labels=labels,
        class_names=("A", "B", "C"),
        groups=np.array([f"P{i % 6}" for i in range(12)]),
        masks=None,
        provenance="made for a test",
        card="none",
        part=np.repeat(["train", "validation", "test"], [6, 3, 3]) if parts else None,
    )


def _matched(cohort, read):
    """For every image that was read, the position of the written one it equals, to 8 bits."""
    distance = np.abs(read.images[:, None] - cohort.images[None]).max(axis=(2, 3))
    assert (distance.min(axis=1) < 0.6 / 255).all()
    return distance.argmin(axis=1)


@pytest.mark.parametrize("parts", [True, False])
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("source", ["real", "named"])
def test_round_trip(tmp_path, kind, parts, source):
    cohort = _cohort(parts)
    write(cohort, tmp_path / "it's ö", kind)
    read = datasets.load(
        "kidney_ct", "real" if source == "real" else kind.removesuffix("73"), tmp_path / "it's ö"
    )
    index = _matched(cohort, read)
    assert sorted(index) == list(range(12))
    assert np.array_equal(read.labels, cohort.labels[index])
    if kind == "dicom":
        assert np.array_equal(read.groups, cohort.groups[index])
    if parts:
        assert np.array_equal(read.part, cohort.part[index])
    elif kind != "npz":
        assert read.part is None


@pytest.mark.parametrize("kind", FORMATS)
def test_size_resamples_every_format(tmp_path, kind):
    write(_cohort(), tmp_path, kind)
    assert datasets.load("kidney_ct", "real", tmp_path, size=8).images.shape == (12, 8, 8)
    with pytest.raises(DatasetError, match="whole number"):
        datasets.load("kidney_ct", "real", tmp_path, size=0)


def test_an_unknown_format_lists_the_known(tmp_path):
    with pytest.raises(ValueError, match="folder, mat, mat73, npz, dicom"):
        write(_cohort(), tmp_path, "nifti")


def _mat(path, **content):
    scipy.io.savemat(path, content)
    return path


def _message(path, source="mat", **options):
    with pytest.raises(DatasetError) as caught:
        datasets.load("kidney_ct", source, path, **options)
    assert str(path) in str(caught.value)
    return str(caught.value)


DATA = np.arange(48.0).reshape(3, 4, 4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"images": DATA}, "holds images; expected `data`"),
        ({"data": DATA, "label": [0, 1]}, "2 labels for 3 images"),
        ({"data": DATA, "label": [0, 1, 0.5]}, "no whole numbers, such as 0.5"),
        ({"data": DATA, "label": [0, 1, np.nan]}, "no whole numbers, such as nan"),
        ({"data": DATA, "label": ["a", "b", "c"]}, "expected one number an image"),
        ({"data": DATA, "label": [1, 1, 1]}, "all 3 labels are 1"),
        ({"data": DATA[0], "label": [0, 1, 0]}, "images of shape"),
        ({"data": np.where(DATA == 5, np.nan, DATA), "label": [0, 1, 0]}, "1 pixels are NaN or infinite"),
        ({"data": np.where(DATA == 5, np.inf, DATA), "label": [0, 1, 0]}, "1 pixels are NaN or infinite"),
        ({"data": DATA - 1000, "label": [0, 1, 0]}, "expected 0 to 1 or 0 to 255"),
        ({"data": DATA.astype(np.int16) - 9, "label": [0, 1, 0]}, "negative pixels"),
        ({"data": np.zeros((0, 4, 4)), "label": []}, "images of shape"),
    ],
)
def test_what_is_wrong_with_a_mat_file_is_told(tmp_path, content, reason):
    assert reason in _message(_mat(tmp_path / "x.mat", **content))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.full((2, 3, 3), 51, np.uint8), 0.2),
        (np.full((2, 3, 3), 13107, np.uint16), 0.2),
        (np.full((2, 3, 3), 0.2), 0.2),
        (np.full((2, 3, 3), 51.0), 0.2),
        (np.full((2, 3, 3, 1), 51, np.uint8), 0.2),
        (np.full((2, 3, 3, 3), 51, np.uint8), 0.2),
        (np.full((2, 3, 3, 3), 0.2), 0.2),
        (np.ones((2, 3, 3), bool), 1.0),
    ],
)
def test_every_numeric_type_and_channel_layout_becomes_grey(values, expected):
    one = arrays.piece("", Path("x"), values, np.arange(2))
    scale = ranges.decide([one.numbers])
    assert np.allclose(arrays.to_unit(one, 3, 3, scale), expected, atol=1e-6)


def test_splits_of_different_sizes_need_a_size(tmp_path):
    for name, n in (("Train", 4), ("Test", 6)):
        _mat(tmp_path / f"{name}.mat", data=np.zeros((3, n, n), np.uint8), label=[0, 1, 0])
    assert "size=" in _message(tmp_path)
    assert datasets.load("kidney_ct", "mat", tmp_path, size=5).images.shape == (6, 5, 5)


def _npz(path, **content):
    np.savez(path, **content)
    return path


def test_what_is_wrong_with_an_npz_file_is_told(tmp_path):
    good = {"train_images": np.zeros((2, 4, 4), np.uint8), "train_labels": np.array([[0], [1]])}
    assert "expected train_images" in _message(_npz(tmp_path / "a.npz", other=np.zeros(3)), "npz")
    assert "Python objects" in _message(
        _npz(tmp_path / "b.npz", **good | {"train_labels": np.array([{}, {}])}), "npz"
    )
    assert "3 labels for 2" in _message(
        _npz(tmp_path / "c.npz", **good | {"train_labels": np.zeros(3)}), "npz"
    )
    (tmp_path / "d.npz").write_bytes(b"PK\x03\x04 and nothing")
    assert "cannot be read as .npz" in _message(tmp_path / "d.npz", "npz")


def test_a_zip_bomb_is_refused_by_its_declared_size(tmp_path):
    path = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("train_images.npy", "w") as member,
    ):
        for _ in range(1100):
            member.write(bytes(1_000_000))
    assert path.stat().st_size < 20_000_000
    assert "declares 1.1 GB" in _message(path, "npz")


def test_an_array_that_claims_more_than_it_holds_is_refused(tmp_path):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": (10**9, 28, 28)}
    )
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("train_images.npy", buffer.getvalue())
        archive.writestr("train_labels.npy", buffer.getvalue())
    assert "claims more pixels than it holds" in _message(tmp_path / "x.npz", "npz")


def test_kinds_are_told_by_bytes(tmp_path):
    write(_cohort(), tmp_path / "m", "mat")
    (tmp_path / "m" / "Train.mat").rename(tmp_path / "m" / "Train.jpg")
    assert kinds.of_file(tmp_path / "m" / "Train.jpg") == "mat"
    (tmp_path / "text.mat").write_text("hello", encoding="utf-8")
    assert "no known kind" in _message(tmp_path / "text.mat", "real")
    assert "is no MATLAB file" in _message(tmp_path / "text.mat", "mat")


def test_loops_of_links_end(tmp_path):
    write(_cohort(), tmp_path / "data", "folder")
    (tmp_path / "data" / "train" / "A" / "loop").symlink_to(tmp_path / "data", target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert len(datasets.load("kidney_ct", "real", tmp_path / "data")) == 12
    assert "no such folder" in _message(tmp_path / "self", "real")


def test_images_with_masks_are_not_taken_for_classes(tmp_path):
    cohort = _cohort(False)
    write(
        Dataset(**{**vars(cohort), "class_names": ("images", "masks", "C"), "labels": cohort.labels % 2}),
        tmp_path,
        "folder",
    )
    assert "images and their masks" in _message(tmp_path, "real")


def test_chest_patients_are_read_with_care():
    names = [
        "person1_bacteria_1.jpeg",
        "person1_bacteria_2.jpeg",
        "person1_virus_6.jpeg",
        "person23_virus_56_1.jpeg",
    ]
    names += ["IM-0115-0001.jpeg", "NORMAL2-IM-0115-0001.jpeg", "IM-0115-0001-0002.jpeg", "stray.jpeg"]

    class Reading:
        groups, thumbnails, files = None, None, {"file": names}

    ids, how = patients.groups("chest_xray", Reading)
    assert ids.tolist() == ["person1_bacteria"] * 2 + [
        "person1_virus",
        "person23_virus",
        "IM-0115",
        "NORMAL2-IM-0115",
        "IM-0115",
        "stray.jpeg",
    ]
    assert "7 of 8" in how


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A small valid file of each kind."""
    root = tmp_path_factory.mktemp("valid")
    for kind in ("mat", "mat73", "npz", "dicom"):
        write(_cohort(False), root / kind, kind)
    return {
        kind: next(path for path in (root / kind).rglob("*") if path.is_file())
        for kind in ("mat", "mat73", "npz", "dicom")
    }


@pytest.mark.parametrize("kind", ["mat", "mat73", "npz", "dicom"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_files_give_their_images_or_one_error_that_names_them(written, tmp_path_factory, kind, data):
    content = bytearray(written[kind].read_bytes())
    if data.draw(st.booleans(), "truncate"):
        content = content[: data.draw(st.integers(0, len(content) - 1), "length")]
    else:
        for _ in range(data.draw(st.integers(1, 4), "flips")):
            content[data.draw(st.integers(0, min(len(content), 4000) - 1), "where")] ^= data.draw(
                st.integers(1, 255), "by"
            )
    path = tmp_path_factory.mktemp("damaged") / f"x{written[kind].suffix}"
    path.write_bytes(bytes(content))
    for source in ("real", kind.removesuffix("73")):
        try:
            cohort = datasets.load("kidney_ct", source, path)
        except DatasetError as error:
            assert str(path) in str(error)
        else:
            assert np.isfinite(cohort.images).all()


def test_real_infection_files_in_both_matlab_versions(real_data):
    folder = real_data / "infection_mat"
    cohort = datasets.load("kidney_ct", "real", folder)
    assert {part: int((cohort.part == part).sum()) for part in set(cohort.part)} == {
        "train": 120,
        "validation": 40,
        "test": 60,
    }
    five, seven = (datasets.load("kidney_ct", "mat", folder / name) for name in ("Val.mat", "Val_v73.mat"))
    assert np.array_equal(five.images, seven.images) and np.array_equal(five.labels, seven.labels)


def test_real_medmnist_files(real_data):
    cohort = datasets.load("kidney_ct", "real", real_data / "pneumoniamnist")
    assert {part: int((cohort.part == part).sum()) for part in set(cohort.part)} == {
        "train": 4708,
        "validation": 524,
        "test": 624,
    }


def test_no_real_chest_patient_is_in_two_parts(real_data):
    files = datasets.inventory(real_data / "chest_xray_224", decode=False)
    ids = np.array([patients.CHEST_NAME.match(name)[0] for name in files["file"]])
    train, test = (set(ids[files.part == part]) for part in ("train", "test"))
    assert (len(train), len(test), len(train & test)) == (3654, 428, 0)


@pytest.mark.parametrize("name", ["not_a_mat_dicom_inside.mat", "not_a_mat_text.mat", "truncated.mat"])
def test_real_broken_mat_files_are_told_by_name(real_data, name):
    _message(real_data / "broken" / name)


def test_hdf5_that_is_no_cohort_is_told(tmp_path):
    with h5py.File(tmp_path / "x.mat", "w") as file:
        file.create_group("data")
        file["label"] = [1]
    _message(tmp_path / "x.mat")


def test_a_download_that_is_on_this_computer_is_loaded(tmp_path, monkeypatch):
    write(_cohort(False), tmp_path / "kidney_ct", "folder")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    assert len(datasets.load("kidney_ct", "download")) == 12


def test_without_network_a_download_tells_the_manual_steps(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DatasetError, match="by hand"):
        datasets.load("brain_ct", "download")
