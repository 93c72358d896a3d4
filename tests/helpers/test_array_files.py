""".mat and .npz: classes of MATLAB, further arrays, several files, and what stands beside them."""

import io

import h5py
import numpy as np
import pytest
import scipy.io
from PIL import Image

from helpers import datasets
from helpers.datasets import DatasetError, kinds

RAMP = np.rint(np.linspace(0, 255, 6 * 64)).astype(np.uint8).reshape(6, 8, 8)
LABELS = np.array([[0, 1, 0, 1, 0, 1.0]])


def _message(path, source="real"):
    with pytest.raises(DatasetError) as caught:
        datasets.load("kidney_ct", source, path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def _mat5(path, values, kind):
    """As MATLAB writes: whole numbers of class `kind` (6: double, 7: single) in the smallest type that holds them."""
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"data": values, "label": LABELS})
    content = bytearray(buffer.getvalue())
    content[128 + 8 + 8] = kind
    path.write_bytes(content)
    assert dict((name, found) for name, _, found in scipy.io.whosmat(path))["data"] in ("double", "single")


def _mat73(path, values, kind):
    with h5py.File(path, "w", userblock_size=512) as file:
        file["data"] = np.transpose(values)
        file["data"].attrs["MATLAB_class"] = np.bytes_(kind)
        file["label"] = np.transpose(LABELS)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + b" " * 8 + b"\x00\x02IM")


@pytest.mark.parametrize(
    ("values", "white"), [(RAMP // 200, 1), (RAMP, 255), (RAMP.astype(np.uint16) * 16 + 15, 4095)]
)
def test_doubles_that_matlab_keeps_in_small_types_are_doubles(tmp_path, values, white):
    for write, kinds_ in ((_mat5, (6, 7)), (_mat73, ("double", "single"))):
        for kind in kinds_:
            write(tmp_path / "all.mat", values, kind)
            cohort = datasets.load("brain_ct", "mat", tmp_path / "all.mat")
            assert np.allclose(cohort.images, values / white, atol=1e-6)
            assert f"pixels 0 to {white} taken as black to white" in cohort.provenance


def test_logical_images_are_black_and_white(tmp_path):
    values = RAMP > 100
    scipy.io.savemat(tmp_path / "five.mat", {"data": values, "label": LABELS})
    _mat73(tmp_path / "seven.mat", values.astype(np.uint8), "logical")
    for name in ("five.mat", "seven.mat"):
        assert np.array_equal(
            datasets.load("brain_ct", "real", tmp_path / name).images, values.astype(np.float32)
        )
    found = datasets.inspect(tmp_path / "five.mat")
    assert found.pixels == "pixels 0 to 1 taken as black to white"


def test_the_range_of_a_mat_file_can_be_told(tmp_path):
    hounsfield = RAMP * 16.0 - 1024
    scipy.io.savemat(tmp_path / "hu.mat", {"data": hounsfield, "label": LABELS})
    assert "from -1024 to 3056" in _message(tmp_path / "hu.mat")
    assert any("from -1024 to 3056" in problem for problem in datasets.inspect(tmp_path / "hu.mat").problems)
    cohort = datasets.load("kidney_ct", "mat", tmp_path / "hu.mat", value_range=(-160, 240))
    assert np.allclose(cohort.images, np.clip((hounsfield + 160) / 400, 0, 1), atol=1e-5)


def _write(folder, *names, **more):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        scipy.io.savemat(folder / name, {"data": RAMP, "label": LABELS} | more)
    return folder


def test_a_further_mat_file_beside_parts_is_listed(tmp_path):
    root = _write(tmp_path, "Train.mat", "Val.mat", "Val_v7.mat", patient=np.arange(6))
    scipy.io.savemat(root / "dev copy.mat", {"data": RAMP[::-1], "label": LABELS})
    (root / "readme.txt").write_text("notes", encoding="utf-8")
    (root / "mean.png").write_bytes(b"")
    (root / "old").mkdir()
    _write(root / "old", "Test.mat")
    cohort, found = datasets.load("kidney_ct", "real", root), datasets.inspect(root)
    assert len(cohort) == 12 and set(cohort.part) == {"train", "validation"}
    listed = dict(zip(cohort.skipped["file"], cohort.skipped["problem"], strict=True))
    assert listed == {
        "dev copy.mat": "its name is that of no official part, those of others are",
        "Val_v7.mat": "a copy of Train.mat",
        "readme.txt": "not an image",
        "mean.png": "an image beside .mat files",
        "Test.mat": "lies in a deeper folder",
        "Train.mat[patient]": "a variable that is not read",
        "Val.mat[patient]": "a variable that is not read",
    }
    told = " ".join(found.problems)
    assert (
        "dev copy.mat" in told
        and "Test.mat" in told
        and not any(name in told for name in ("patient", "readme", "Val_v7"))
    )


@pytest.mark.parametrize("names", [("Train.mat", "more.mat"), ("Val.mat", "validation.mat")])
def test_mat_files_whose_part_is_not_clear_are_refused(tmp_path, names):
    message = _message(_write(tmp_path, *names))
    assert (
        all(name in message for name in names)
        and "expected one file, or one for each official part" in message
    )


def test_mat_files_without_parts_are_one_set_and_a_wrapping_folder_is_entered(tmp_path):
    cohort = datasets.load("kidney_ct", "real", _write(tmp_path / "a" / "b", "one.mat", "two.mat").parent)
    assert len(cohort) == 12 and cohort.part is None


def test_two_folders_of_mat_files_are_refused(tmp_path):
    _write(tmp_path / "a", "Train.mat")
    _write(tmp_path / "b", "Train.mat")
    assert "a and b" in _message(tmp_path) and "Pass that folder as root=" in _message(tmp_path)


def test_matlab_4_and_images_along_the_last_axis_are_told_what_to_do(tmp_path):
    scipy.io.savemat(tmp_path / "four.mat", {"data": np.ones((6, 64)), "label": LABELS}, format="4")
    assert kinds.of_file(tmp_path / "four.mat") == "mat"
    for source in ("real", "mat"):
        assert "is a MATLAB 4 file" in _message(tmp_path / "four.mat", source) and "'-v7'" in _message(
            tmp_path / "four.mat"
        )
    scipy.io.savemat(tmp_path / "last.mat", {"data": RAMP.transpose(1, 2, 0), "label": LABELS})
    assert "seem to lie along the last axis" in _message(tmp_path / "last.mat")


def _npz(path, **more):
    arrays = {
        f"{part}_{kind}": value
        for part in ("train", "val", "test")
        for kind, value in (("images", RAMP), ("labels", LABELS[0]))
    }
    np.savez(path, **{name: value for name, value in (arrays | more).items() if value is not None})
    return path


def test_further_arrays_in_an_npz_file_are_listed(tmp_path):
    path = _npz(tmp_path / "set.npz", extra_images=RAMP, note=np.array("hello"))
    cohort, found = datasets.load("kidney_ct", "real", path), datasets.inspect(path)
    assert len(cohort) == 18 and set(cohort.skipped["file"]) == {"set.npz[extra_images]", "set.npz[note]"}
    assert set(cohort.skipped["kind"]) == {"left out"}
    assert any("images without labels" in problem for problem in found.problems)
    assert any("no part of the layout" in remark for remark in found.remarks)


def test_parts_of_other_names_in_an_npz_file(tmp_path):
    path = _npz(tmp_path / "set.npz", val_images=None, val_labels=None, dev_images=RAMP, dev_labels=LABELS[0])
    assert sorted(set(datasets.load("kidney_ct", "npz", path).part)) == ["test", "train", "validation"]
    twice = _npz(tmp_path / "twice.npz", dev_images=RAMP, dev_labels=LABELS[0])
    assert "same official part" in _message(twice)
    unknown = _npz(tmp_path / "unknown.npz", extra_images=RAMP, extra_labels=LABELS[0])
    assert "extra_images and extra_labels are of no known part" in _message(unknown)


def test_images_that_lost_their_labels_are_a_problem(tmp_path):
    path = _npz(tmp_path / "set.npz", test_labels=None)
    assert len(datasets.load("kidney_ct", "npz", path)) == 12
    assert any("images without labels" in problem for problem in datasets.inspect(path).problems)


def test_several_npz_files_in_a_folder_are_refused(tmp_path):
    _npz(tmp_path / "b.npz")
    assert len(datasets.load("kidney_ct", "real", tmp_path)) == 18
    _npz(tmp_path / "a.npz")
    assert "holds 2 .npz files, a.npz, b.npz" in _message(tmp_path) and "Pass the path of one" in _message(
        tmp_path
    )
    with pytest.raises(DatasetError, match="holds 2 .npz files"):
        datasets.inspect(tmp_path)


def test_a_folder_without_the_kind_that_was_asked_for_says_so(tmp_path):
    for source in ("mat", "npz"):
        assert f"expected .{source} files in one folder, found nothing of the kind" in _message(
            tmp_path, source
        )


@pytest.mark.parametrize("dtype", ["int8", "int16", "int64", "uint32", "float16", "float64", "uint16"])
def test_types_of_numpy(tmp_path, dtype):
    path = _npz(
        tmp_path / "set.npz",
        **{
            f"{part}_images": (RAMP // 2).astype(dtype) * (1 if dtype == "int8" else 2)
            for part in ("train", "val", "test")
        },
    )
    if dtype == "int8":
        assert "in int8, which holds no 0 to 255" in _message(path)
    else:
        assert np.allclose(
            datasets.load("kidney_ct", "npz", path).images[:6], (RAMP // 2 * 2) / 255, atol=1e-3
        )


def test_one_part_in_0_to_1_beside_one_in_0_to_255_is_refused_by_load_and_inspect(tmp_path):
    path = _npz(tmp_path / "set.npz", train_images=RAMP / 255, val_images=RAMP / 1.0, test_images=RAMP / 1.0)
    assert "train_images" in _message(path) and "not one scale" in _message(path)
    assert any("not one scale" in problem for problem in datasets.inspect(path).problems)


def test_nan_is_named_with_file_and_array(tmp_path):
    path = _npz(tmp_path / "set.npz", val_images=np.where(RAMP == RAMP.max(), np.nan, RAMP))
    assert f"set.npz[val_images]: {(RAMP == RAMP.max()).sum()} pixels are NaN or infinite" in _message(path)


def test_colours_become_luma_in_any_type(tmp_path):
    colours = np.zeros((6, 2, 2, 3))
    colours[:, 0, 0], colours[:, 0, 1], colours[:, 1, 0] = (1, 0, 0), (0, 1, 0), (1, 1, 1)
    for scale, dtype in ((1, float), (255, np.uint8), (255, np.int64), (4095, np.uint16)):
        more = {f"{part}_images": (colours * scale).astype(dtype) for part in ("train", "val", "test")}
        images = datasets.load("kidney_ct", "npz", _npz(tmp_path / "set.npz", **more)).images
        assert np.allclose(images[0], [[0.299, 0.587], [1, 0]], atol=1e-5)


def test_images_beside_one_another_of_unlike_sizes_are_inspected_and_loaded_by_size(tmp_path):
    path = _npz(tmp_path / "set.npz", val_images=RAMP[:, ::-1], test_images=RAMP[:, :4, :4])
    assert datasets.inspect(path).problems == []
    assert datasets.load("kidney_ct", "npz", path, size=8).images.shape == (18, 8, 8)


def test_a_picture_is_no_data_of_arrays(tmp_path):
    Image.fromarray(RAMP[0]).save(tmp_path / "1.png")
    assert "is no MATLAB file" in _message(tmp_path / "1.png", "mat")


def test_parts_by_the_word_in_which_names_differ(tmp_path):
    pixels, labels = np.arange(4 * 64).reshape(4, 8, 8).astype(np.uint8), np.array([0, 1, 0, 1])
    arrays = {}
    for name in ("lung_train", "lung_test"):
        scipy.io.savemat(tmp_path / f"{name}.mat", {"data": pixels, "label": labels})
        arrays |= {f"{name}_images": pixels, f"{name}_labels": labels}
    np.savez(tmp_path / "lung.npz", **arrays)
    for kind, root in (("mat", tmp_path), ("npz", tmp_path / "lung.npz")):
        assert sorted(datasets.load("brain_ct", kind, root).part) == ["test"] * 4 + ["train"] * 4
