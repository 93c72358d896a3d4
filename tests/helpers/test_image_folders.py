"""Reading image folders: what is read, and what bad files get."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import datasets
from helpers.datasets import DatasetError, inventory, pixels, scans
from helpers.phantoms import messy_folder


def _save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


@pytest.fixture
def two_classes(tmp_path):
    """A small folder: 3 + 2 grey PNG images of 20 x 30 pixels (width x height) with known values."""
    for name, count in (("Cyst", 3), ("Stone", 2)):
        for number in range(count):
            _save(
                tmp_path / name / f"{name}- ({number + 1}).png", np.full((30, 20), 10 * number + 5, np.uint8)
            )
    return tmp_path


def test_values_labels_and_order(two_classes):
    cohort = datasets.load("kidney_ct", "folder", two_classes)
    assert cohort.images.shape == (5, 30, 20) and cohort.images.dtype == np.float32
    assert cohort.class_names == ("Cyst", "Stone") and cohort.labels.tolist() == [0, 0, 0, 1, 1]
    assert np.allclose(cohort.images[:, 0, 0] * 255, [5, 15, 25, 5, 15])
    assert cohort.masks is None and cohort.part is None and len(cohort.skipped) == 0
    assert cohort.files["file"].tolist()[1] == "Cyst- (2).png"


def test_names_are_sorted_as_people_count(tmp_path):
    for number in (10, 9, 100, 1):
        for name in "AB":
            _save(tmp_path / name / f"{name} ({number}).png", np.zeros((4, 4), np.uint8))
    assert inventory(tmp_path)["file"].tolist()[:4] == [
        "A (1).png",
        "A (9).png",
        "A (10).png",
        "A (100).png",
    ]


def test_size_resamples_without_aliasing(tmp_path):
    chequers = (255 * (np.indices((64, 64)).sum(axis=0) % 2)).astype(np.uint8)
    for name in "AB":
        _save(tmp_path / name / "1.png", chequers)
    images = datasets.load("kidney_ct", "folder", tmp_path, size=16).images
    assert images.shape == (2, 16, 16) and np.abs(images - 0.5).max() < 0.02


def test_a_wrapping_folder_is_entered_and_leftovers_are_ignored(two_classes, tmp_path_factory):
    outer = tmp_path_factory.mktemp("download")
    two_classes.rename(outer / "CT-KIDNEY")
    (outer / "CT-KIDNEY" / "Cyst" / "notes.txt").write_text("not an image", encoding="utf-8")
    (outer / "CT-KIDNEY" / "Cyst" / ".hidden.png").write_bytes(b"")
    assert len(datasets.load("kidney_ct", "real", outer)) == 5


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.fromarray(np.full((2, 2), 51, np.uint8)), 0.2),
        (Image.fromarray(np.full((2, 2), 13107, np.uint16)), 0.2),
        (Image.new("RGB", (2, 2), (51, 51, 51)), 0.2),
        (Image.new("RGBA", (2, 2), (255, 255, 255, 51)), 0.2),
        (Image.new("RGBA", (2, 2), (51, 51, 51, 255)), 0.2),
        (Image.new("1", (2, 2), 1), 1.0),
    ],
    ids=["L", "16 bit", "RGB", "transparent", "RGBA", "1 bit"],
)
def test_every_mode_becomes_grey_in_0_to_1(image, expected, tmp_path):
    white = 65535 if image.mode == "I;16" else 255
    assert np.allclose(pixels.grey(image) / white, expected, atol=0.004)
    for name in "AB":
        (tmp_path / name).mkdir()
        image.save(tmp_path / name / "1.png")
    assert np.allclose(datasets.load("kidney_ct", "folder", tmp_path).images, expected, atol=0.004)


def test_content_is_told_by_bytes_not_by_name(two_classes):
    (two_classes / "Cyst" / "Cyst- (1).png").rename(two_classes / "Cyst" / "Cyst- (1).jpg")
    assert set(inventory(two_classes)["format"]) == {"PNG"}
    assert len(datasets.load("kidney_ct", "folder", two_classes)) == 5


def _message(*arguments, **options):
    with pytest.raises(DatasetError) as caught:
        datasets.load("kidney_ct", "folder", *arguments, **options)
    return str(caught.value)


def test_missing_path_file_and_nothing_given(two_classes, tmp_path):
    missing = tmp_path / "no such folder"
    assert str(missing) in _message(missing) and "no such folder" in _message(missing)
    image = two_classes / "Cyst" / "Cyst- (1).png"
    assert str(image) in _message(image) and "a file, not a folder" in _message(image)
    assert "--data-root" in _message("") and "--data-root" in _message(None)


def test_empty_folder_and_one_class(tmp_path):
    assert str(tmp_path) in _message(tmp_path) and "no images" in _message(tmp_path)
    (tmp_path / "Cyst").mkdir()
    assert "no images" in _message(tmp_path)
    _save(tmp_path / "Cyst" / "1.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "Stone").mkdir()
    assert "only one class" in _message(tmp_path) and "Cyst" in _message(tmp_path)


def _spoil(two_classes, how):
    path = two_classes / "Stone" / "Stone- (3).jpeg"
    if how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("this is no image", encoding="utf-8")
    else:
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 20), np.uint8)).save(path, "JPEG")
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * 0.7)])
    return path


@pytest.mark.parametrize(
    ("how", "reason"), [("empty", "empty"), ("text", "not an image"), ("truncated", "cut off")]
)
def test_an_unreadable_file_is_named_with_the_remedy_or_skipped_and_listed(two_classes, how, reason):
    path = _spoil(two_classes, how)
    message = _message(two_classes)
    assert str(path) in message and reason in message and "--skip-unreadable" in message
    cohort = datasets.load("kidney_ct", "folder", two_classes, skip_unreadable=True)
    assert len(cohort) == 5
    assert cohort.skipped["file"].tolist() == [path.name] and reason in cohort.skipped["problem"][0]


def test_every_truncation_of_a_jpeg_is_read_or_refused_by_name(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 255, (16, 16), np.uint8)
    _save(tmp_path / "A" / "1.jpg", pixels)
    _save(tmp_path / "B" / "1.jpg", pixels)
    path = tmp_path / "B" / "2.jpg"
    content = (tmp_path / "A" / "1.jpg").read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        try:
            datasets.load("kidney_ct", "folder", tmp_path)
        except DatasetError as error:
            assert str(path) in str(error)


def test_skipping_that_leaves_one_class_is_an_error(two_classes):
    for path in (two_classes / "Stone").iterdir():
        path.write_bytes(b"")
    assert "only one class" in _message(two_classes, skip_unreadable=True)


def test_mixed_sizes_need_a_size(two_classes):
    _save(two_classes / "Cyst" / "test1.png", np.zeros((8, 9), np.uint8))
    assert "9x8" in _message(two_classes) and "size=" in _message(two_classes)
    assert len(datasets.load("kidney_ct", "folder", two_classes, size=16)) == 6


@pytest.mark.parametrize("size", [0, -3, 2.5, "96", True])
def test_a_wrong_size_is_refused(two_classes, size):
    assert repr(size) in _message(two_classes, size=size)


def test_too_much_memory_is_refused_before_reading(two_classes):
    assert "GB" in _message(two_classes, size=20_000)


def test_names_with_spaces_quotes_and_other_scripts(tmp_path):
    root = tmp_path / 'it\'s a "folder" ö 病'
    for name in ("Zyste ü", "石"):
        _save(root / name / "Bild (1).png", np.zeros((4, 4), np.uint8))
    assert set(datasets.load("kidney_ct", "folder", root).class_names) == {"Zyste ü", "石"}


def test_the_error_shows_no_traceback_in_a_notebook():
    assert DatasetError("a.jpg: broken")._render_traceback_() == ["DatasetError: a.jpg: broken"]


def test_unknown_names_and_options_list_the_choices():
    with pytest.raises(ValueError, match="kidney_ct"):
        datasets.load("liver")
    with pytest.raises(ValueError, match="phantom, real, folder, mat, npz, dicom, download"):
        datasets.load("kidney_ct", "internet")
    with pytest.raises(ValueError, match="contrast_confounder"):
        datasets.load("kidney_ct", contrast=False)
    with pytest.raises(ValueError, match="only phantoms"):
        datasets.load("kidney_ct", "folder", "x", n_images=3)


def test_messy_folder_plants_what_it_says(kidney, tmp_path):
    messy_folder.write(kidney, tmp_path)
    files = inventory(tmp_path)
    assert files.sha256[files.problem == ""].duplicated().sum() == 1
    assert (files.problem != "").sum() == 3
    assert (inventory(tmp_path, decode=False).problem != "").sum() == 2  # the cut-off file has a sound header
    assert {"L", "RGB", "RGBA"} <= set(files["mode"])
    assert ((files["format"] == "PNG") & files["file"].str.endswith(".jpg")).sum() == 1
    cohort = datasets.load("kidney_ct", "folder", tmp_path, size=32, skip_unreadable=True)
    assert sorted(cohort.skipped.problem.str[:14]) == ["not an image, ", "the file is cu", "the file is em"]


def test_scans_end_where_slices_jump_and_join_where_they_share_a_slice():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 64, 64), np.float32) * 0.8
    drift = np.linspace(0, 0.1, 6, dtype=np.float32)[:, None, None]
    stack = np.concatenate([first + drift, second + drift, first[None] + drift[:2] + 0.01])
    names = [f"Cyst- ({n}).jpg" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 40, 41)]
    order = rng.permutation(len(names))
    groups = np.empty(len(names), object)
    groups[order] = scans.infer_scans([names[i] for i in order], np.zeros(len(names), int), stack[order])
    assert len(set(groups[:6])) == 1 and len(set(groups[6:12])) == 1
    assert groups[0] != groups[6] and set(groups[12:]) == {groups[0]}


def test_where_files_are_missing_slices_of_one_scan_may_lie_further_apart():
    stack = np.zeros((4, 64, 64), np.float32) + np.array([0, 0.09, 0.18, 0.29])[:, None, None]
    names = [f"Cyst- ({n}).jpg" for n in (1, 2, 12, 24)]  # apart by 0.09, 0.09 over a gap, 0.11 over a gap
    first, second, third, fourth = scans.infer_scans(names, np.zeros(4, int), stack)
    assert first != second == third != fourth


def test_scans_of_two_classes_stay_apart_and_unnumbered_files_stand_alone():
    rng = np.random.default_rng(1)
    thumbnails = rng.random((4, 64, 64), np.float32)
    thumbnails[1] = thumbnails[0] + 0.01
    assert scans.file_numbers(["Cyst- (12).jpg", "b.png", "scan 3 slice 4.tif"]).tolist() == [12, -1, 4]
    assert scans.file_numbers(["1.2.840." + "9" * 40 + ".jpg"]).dtype.kind == "i"
    groups = scans.infer_scans(
        ["a (1).png", "a (2).png", "x.png", "a (3).png"], [0, 0, 0, 1], thumbnails.clip(0, 1)
    )
    assert groups[0] == groups[1] and len(set(groups)) == 3


def test_real_slices_have_the_counts_and_the_duplicates_of_their_card(real_data):
    cohort = datasets.load("kidney_ct", "real", real_data / "kidney_ct_224", size=64)
    assert cohort.summary().images.tolist() == [883, 1423, 323, 535]
    scan_of = {
        (c, n): g for c, n, g in zip(cohort.labels, scans.file_numbers(cohort.files.file), cohort.groups)
    }
    assert len(np.unique(cohort.groups)) == 61
    for label, numbers in (
        (1, range(12, 97, 12)),  # one patient, of whom every twelfth slice is there
        (1, [234, 246, 258, *range(270, 273), *range(282, 342)]),
        (2, [*range(43, 47), *range(55, 64), *range(330, 338), *range(342, 422)]),  # scans apart in number
        (2, [1346, *range(1351, 1356), *range(1374, 1378)]),
        (3, [*range(1598, 1658), *range(1718, 1820)]),
    ):
        (scan,) = {scan_of[label, n] for n in numbers}
        assert np.sum(cohort.groups == scan) == len(numbers)
    assert cohort.files.sha256.duplicated(keep=False).sum() == 78


def test_real_broken_and_messy_files_are_told_by_name(real_data, tmp_path):
    for name in ("Cyst", "Stone"):
        _save(tmp_path / name / "1.png", np.zeros((4, 4), np.uint8))
    for broken in ("empty.jpg", "text.jpeg", "truncated.jpg"):
        copy = tmp_path / "Cyst" / broken
        copy.write_bytes((real_data / "broken" / broken).read_bytes())
        message = _message(tmp_path, size=8)
        assert str(copy) in message and "--skip-unreadable" in message
        copy.unlink()
    assert "different sizes" in _message(real_data / "messy")
    assert len(datasets.load("kidney_ct", "real", real_data / "messy", size=32)) > 40


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on damaged files
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "GIF"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_images_are_read_or_refused_by_name(tmp_path_factory, kind, data):
    root = tmp_path_factory.mktemp("damaged")
    pixels = np.random.default_rng(2).integers(0, 255, (12, 9), np.uint8)
    for name in "AB":
        _save(root / name / "1.png", pixels)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    if data.draw(st.booleans(), "truncate"):
        content = content[: data.draw(st.integers(0, len(content) - 1), "length")]
    else:
        for _ in range(data.draw(st.integers(1, 4), "flips")):
            content[data.draw(st.integers(0, len(content) - 1), "where")] ^= data.draw(
                st.integers(1, 255), "by"
            )
    path = root / "B" / "2.png"
    path.write_bytes(bytes(content))
    try:
        cohort = datasets.load("kidney_ct", "real", root, size=8)
    except DatasetError as error:
        assert str(path) in str(error)
    else:
        assert np.isfinite(cohort.images).all() and len(cohort) == 3
