"""DICOM trees: which folder is a class, which a part, which a patient; and what is left out, or let in."""

import re
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import ramp, write

from helpers import datasets
from helpers.datasets import DatasetError, dicom


def _tree(root, **patients):
    """Two slices for each patient of a folder: folder = [patients]."""
    for folder, ids in patients.items():
        for patient in ids:
            for i in range(2):
                series = zlib.crc32(f"{folder} {patient}".encode())
                path = root / folder.replace("__", "/") / f"{patient}_{i}.dcm"
                tags = {"PatientID": patient, "SeriesInstanceUID": f"1.2.{series}", "InstanceNumber": i}
                write(path, ramp(0, 999) + series % 100 + i, **tags)
    return root


def _refused(root, **options):
    with pytest.raises(DatasetError) as caught:
        dicom.read(root, **options)
    assert str(root) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "tree",
    [
        {
            "TCGA-01__study__series": ["TCGA-01"],
            "TCGA-02__study__series": ["TCGA-02"],
        },  # named after the patient
        {
            "KIRC__TCGA-01__study__series": ["TCGA-01"],
            "KIRC__TCGA-02__study__series": ["TCGA-02"],
        },  # a collection
        {"patient_1": ["a1", "a2"], "patient_2": ["b2"]},  # a new number at the second visit
        {"1.2.840.113619.2.5": ["a1"], "1.2.840.113619.2.6": ["b2"]},
        {"2019-03-01": ["a1"], "2019-04-02": ["b2"]},
        {"AB0012": ["a1"], "AB0013": ["b2"], "AB0021": ["c3"]},  # a number in each name, one patient in each
        {"S1": ["a1"], "S2": ["a1"]},
        {"only": ["a1", "b2"]},
        {".": ["a1", "b2"]},
    ],
)
def test_folders_of_patients_studies_and_series_are_no_classes(tmp_path, tree):
    reading = dicom.read(_tree(tmp_path, **tree))
    assert reading.class_names == ("unlabelled",) and reading.part is None
    assert set(reading.groups) == {patient for ids in tree.values() for patient in ids}


def test_series_of_one_patient_are_no_classes_and_that_is_said(tmp_path):
    for number, name in enumerate(("arterial", "venous")):
        write(tmp_path / name / "1.dcm", ramp(0, 99) + number, SeriesInstanceUID=f"1.2.{number}")
    reading = dicom.read(tmp_path)
    assert reading.class_names == ("unlabelled",) and "arterial (1 patient, 1 file)" in reading.notes[0]


@pytest.mark.parametrize(
    "tree",
    [
        {"Cyst": ["a1"], "Tumor": ["b2"]},  # a real set with few patients: the words are known
        {"A": ["a1", "b2"], "B": ["c3"]},  # several patients in one folder
        {"0": ["a1", "b2"], "1": ["c3", "d4"]},
        {"Cyst__a1": ["a1"], "Cyst__b2": ["b2"], "Normal__c3": ["c3"]},  # patients below the classes
        {"set__data__A": ["a1", "b2"], "set__data__B": ["c3"]},  # wrapped
        {"P1__benign": ["P1"], "P1__malignant": ["P1"], "P2__benign": ["P2"]},  # classes below the patients
    ],
)
def test_folders_of_classes(tmp_path, tree):
    reading = dicom.read(_tree(tmp_path, **tree))
    wanted = {re.sub("set__data__|P[12]__", "", folder).split("__")[0] for folder in tree}
    assert set(reading.class_names) == wanted and reading.part is None
    for path, name in zip(reading.files.path, reading.files["class"]):
        assert f"/{name}/" in path
    assert np.array_equal(np.array(reading.class_names)[reading.labels], reading.files["class"])


def test_slices_of_one_series_that_were_sorted_are_classes(tmp_path):
    for name in ("showing", "hidden"):
        write(tmp_path / name / "1.dcm", ramp(0, 99) + len(name))
    assert dicom.read(tmp_path).class_names == ("hidden", "showing")


@pytest.mark.parametrize("tree", [{"Alpha": ["a1"], "Beta": ["b2"]}, {"grade2": ["a1"], "grade3": ["b2"]}])
def test_what_cannot_be_told_is_asked_and_settled(tmp_path, tree):
    root = _tree(tmp_path, **tree)
    said = _refused(root)
    first = min(tree)
    assert f"{first} (1 patient, 2 files)" in said and 'labels="folder"' in said and 'labels="none"' in said
    assert datasets.load("kidney_ct", "dicom", root, labels="folder").class_names == tuple(tree)
    assert datasets.load("kidney_ct", "dicom", root, labels="none").class_names == ("unlabelled",)
    with pytest.raises(ValueError, match='labels must be "folder"'):
        dicom.read(root, labels="patients")


def test_numbered_folders_that_share_a_series_are_asked(tmp_path):
    for name in ("AB01", "AB02"):
        write(tmp_path / name / "1.dcm", ramp(0, 99) + len(name))
    assert "AB01 (1 patient, 1 file), AB02 (1 patient, 1 file)" in _refused(tmp_path)


@pytest.mark.parametrize("parts", [("train", "test"), ("Training", "dev", "holdout"), ("train",)])
@pytest.mark.parametrize("layout", ["{part}__{name}", "set__{part}__{part}_images__{name}", "{name}__{part}"])
def test_official_parts(tmp_path, parts, layout):
    tree = {layout.format(part=p, name=n): [f"{p}{n}1", f"{p}{n}2"] for p in parts for n in ("Cyst", "Other")}
    reading = dicom.read(_tree(tmp_path, **tree))
    official = {"train": "train", "Training": "train", "dev": "validation", "test": "test", "holdout": "test"}
    assert reading.class_names == ("Cyst", "Other") and set(reading.part) == {
        official[part] for part in parts
    }
    for path, part, name in zip(reading.files.path, reading.part, reading.files["class"]):
        assert f"/{name}/" in path and any(f"/{p}/" in path for p in parts if official[p] == part)


def test_parts_without_classes(tmp_path):
    reading = dicom.read(_tree(tmp_path, train__P1=["P1"], train__P2=["P2"], test__P3=["P3"]))
    assert reading.class_names == ("unlabelled",) and sorted(set(reading.part)) == ["test", "train"]


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"train__Cyst": ["a1"], "extra__Cyst": ["b2"]}, "but beside them are extra"),
        ({"dev__Cyst": ["a1"], "val__Cyst": ["b2"]}, "dev and val stand for the same official part"),
        ({".": ["a1"], "Cyst": ["b2"]}, ", beside the folders"),
    ],
)
def test_files_and_folders_that_belong_to_nothing_are_asked(tmp_path, tree, said):
    assert said in _refused(_tree(tmp_path, **tree))


def test_classes_of_parts_are_one_whatever_their_case(tmp_path):
    tree = {"train__Cyst": ["a1"], "train__Normal": ["b2"], "test__cyst": ["c3"], "test__normal": ["d4"]}
    reading = dicom.read(_tree(tmp_path, **tree))
    assert reading.class_names == ("Cyst", "Normal")
    assert (reading.files["class"] == "Cyst").sum() == 4


@pytest.mark.parametrize("patient", ["", "ANONYMOUS", "anonymized", "Unknown", "0", "XXXX", None])
def test_a_placeholder_does_not_make_one_patient_of_many(tmp_path, patient):
    for k in range(3):
        tags = {"PatientID": patient, "StudyInstanceUID": f"1.{k}"}
        write(tmp_path / f"{k}.dcm", ramp(0, 99) + k, **tags)
    cohort = datasets.load("kidney_ct", "dicom", tmp_path)
    assert sorted(cohort.groups) == ["1.0", "1.1", "1.2"]
    assert (
        "PatientID is missing or a placeholder in 3 of 3 images: there a group is a study"
        in cohort.provenance
    )


def test_studies_with_one_patient_id_are_told(tmp_path):
    for k in range(2):
        write(tmp_path / f"{k}.dcm", ramp(0, 99) + k, PatientID="P7", StudyInstanceUID=f"1.{k}")
    assert "all 2 studies have the PatientID P7" in dicom.read(tmp_path).notes[-1]


def test_slices_are_ordered_along_the_normal_of_their_plane(tmp_path):
    """Coronal slices differ in y; their z is the same."""
    for name, y in (("a", 30.0), ("b", -10.0), ("c", 20.0)):
        tags = {"ImagePositionPatient": [0, y, 5], "ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}
        write(tmp_path / f"{name}.dcm", ramp(0, 99), **tags)
    assert dicom.read(tmp_path).files["file"].tolist() == ["b.dcm", "c.dcm", "a.dcm"]
    for name, z in (("a", 30.0), ("b", 10.0), ("c", 20.0)):
        write(tmp_path / f"{name}.dcm", ramp(0, 99), ImagePositionPatient=[0, 0, z])
    assert dicom.read(tmp_path).files.position.tolist() == [10, 20, 30]


def _skipped(reading):
    return {row.file: (row.kind, row.problem) for row in reading.skipped.itertuples()}


OBJECTS = {
    "dose.dcm": ("RTDOSE", "1.2.840.10008.5.1.4.1.1.481.2"),
    "seg.dcm": ("SEG", "1.2.840.10008.5.1.4.1.1.66.4"),
    "map.dcm": ("MR", "1.2.840.10008.5.1.4.1.1.30"),
    "labelmap.dcm": ("OT", "1.2.840.10008.5.1.4.1.1.66.5"),
}


def test_objects_that_are_no_images_and_other_files_are_listed(tmp_path):
    root = _tree(tmp_path, Cyst=["a1", "b2"], Tumor=["c3"])
    for name, (modality, sop) in OBJECTS.items():
        write(root / "Cyst" / name, ramp(0, 255), bits=8, Modality=modality, sop=sop)
    for name, modality in (
        ("report.dcm", "SR"),
        ("plan", "RTPLAN"),
        ("state.ima", "PR"),
        ("letter.dcm", "DOC"),
    ):
        tags = dict.fromkeys(["Rows", "Columns", "PixelData", "RescaleSlope"])
        path = write(
            root / "Tumor" / name, ramp(0, 9), Modality=modality, sop="1.2.840.10008.5.1.4.1.1.88.11", **tags
        )
        file = pydicom.dcmread(path)
        del file.Rows, file.Columns
        file.save_as(path)
    (root / "LICENSE.txt").write_text("do as you like", encoding="utf-8")
    (root / "Cyst" / "thumbnail.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (root / ".DS_Store").write_bytes(b"\0\1")
    for hidden in (".cache", "__MACOSX"):
        write(root / hidden / "1.dcm", ramp(0, 9))
    (root / "Cyst" / "._a1_0.dcm").write_bytes(b"\0\5\x16\7")
    cohort = datasets.load("kidney_ct", "dicom", root)
    found = _skipped(cohort)
    assert len(cohort) == 6 and set(found) == {*OBJECTS} | {
        "report.dcm", "plan", "state.ima", "letter.dcm", "LICENSE.txt", "thumbnail.png",
    }  # fmt: skip
    assert {kind for kind, _ in found.values()} == {"left out"}
    assert found["dose.dcm"][1] == "is no image to learn from: its modality is RTDOSE"
    assert found["map.dcm"][1] == "is no image to learn from, but Parametric Map"
    assert found["LICENSE.txt"][1] == "is text, no DICOM file"
    assert cohort.skipped.set_index("file")["class"]["dose.dcm"] == "Cyst"
    inspected = datasets.inspect(root)
    assert set(inspected.left_out["file"]) == set(found) and not len(inspected.unreadable)
    assert "its modality is RTDOSE" in " ".join(inspected.problems + inspected.remarks)
    assert "dose.dcm is no image to learn from" in _refused(root / "Cyst" / "dose.dcm")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.dcm", b"", "is empty, no DICOM file"),
        ("page.dcm", b"<!DOCTYPE html><html>please log in</html>", "is a web page, no DICOM file"),
        ("text.IMA", b"hello", "is text, no DICOM file"),
        ("a1_9.dcm", bytes(128) + b"DICM" + bytes(9), "without pixels"),
        ("IM000007", b"\0\1\2\3" * 99, "is of an unknown format, no DICOM file"),  # as the others are named
        ("IM000008", b"", "is empty, no DICOM file"),
    ],
)
def test_what_claims_to_be_dicom_stops_the_run_or_is_listed(tmp_path, name, content, said):
    root = _tree(tmp_path, Cyst=["a1", "b2"], Tumor=["c3"])
    (root / "Cyst" / "a1_0.dcm").rename(root / "Cyst" / "IM000001")
    (root / "Cyst" / name).write_bytes(content)
    (root / "Cyst" / "README").write_text("no ending, and text", encoding="utf-8")
    message = _refused(root)
    assert name in message and said in message
    cohort = datasets.load("kidney_ct", "dicom", root, skip_unreadable=True)
    found = _skipped(cohort)
    assert len(cohort) == 6 and found[name][0] == "unreadable" and said in found[name][1]
    assert found["README"][0] == "left out"
    assert datasets.inspect(root).unreadable["file"].tolist() == [name]


@pytest.mark.parametrize("cut", [128, 132])
def test_files_without_preamble_and_with_any_ending_are_read(tmp_path, cut):
    root = _tree(tmp_path, Cyst=["a1", "b2"], Tumor=["c3"])
    whole = dicom.read(root)
    for path in (root / "Cyst").glob("*.dcm"):
        path.write_bytes(path.read_bytes()[cut:])
        path.rename(path.with_suffix(".1234" if "a1" in path.name else ""))
    cohort = datasets.load("kidney_ct", "real", root)
    assert len(cohort) == 6 and np.array_equal(cohort.images, whole.images) and not len(cohort.skipped)


def test_data_sets_without_meta_information_are_read_in_every_byte_order(tmp_path):
    """The element that stands first is of group 8, as in files of before DICOM."""
    want = np.arange(256).reshape(16, 16) / 255
    for name, (implicit, little) in {"a": (True, True), "b": (False, True), "c": (False, False)}.items():
        path = write(tmp_path / name / "1.dcm", ramp(-160, 240) + 1024)
        file = pydicom.dcmread(path)
        if not little:
            file.PixelData = file.pixel_array.astype(">u2").tobytes()
        bare = pydicom.Dataset()
        bare.update(file)
        pydicom.dcmwrite(path, bare, implicit_vr=implicit, little_endian=little, overwrite=True)
        assert path.read_bytes()[128:132] != b"DICM" and dicom.is_dicom(path)
        assert np.abs(dicom.read(path).images[0] - want).max() < 0.01


def test_text_is_never_taken_for_dicom(tmp_path):
    for number, content in enumerate(
        (b"\x08\x00 is how this text begins" * 9, b"\x02\x00", b"\x08\x00" + bytes(500))
    ):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(content)
        assert not dicom.is_dicom(path)
    assert not dicom.is_dicom(tmp_path) and not dicom.is_dicom(tmp_path / "none")


def test_a_dicom_directory_is_left_out_and_links_are_named(tmp_path):
    folder = pydicom.data.get_testdata_file("DICOMDIR")
    root = _tree(tmp_path, Cyst=["a1", "b2"], Tumor=["c3"])
    (root / "DICOMDIR").write_bytes(Path(folder).read_bytes())
    (root / "Cyst" / "loop").symlink_to(root, target_is_directory=True)
    (root / "Cyst" / "gone.dcm").symlink_to(root / "nowhere")
    found = _skipped(dicom.read(root))
    assert found["DICOMDIR"] == ("left out", "is a DICOM directory: a list of files, no image")
    assert found["loop"][0] == "left out" and "link" in found["loop"][1]
    assert found["gone.dcm"][0] == "left out"


def test_names_in_another_encoding(tmp_path):
    folder = tmp_path.joinpath(b"Gef\xe4\xdf tumor".decode("utf-8", "surrogateescape"))
    _tree(tmp_path, Normal=["a1", "b2"])
    write(folder / "1.dcm", ramp(0, 99), PatientID="Müller", SpecificCharacterSet="ISO_IR 100")
    cohort = datasets.load("kidney_ct", "dicom", tmp_path)
    assert len(cohort) == 5 and len(cohort.class_names) == 2 and "Müller" in cohort.groups
    cohort.summary()
    datasets.inspect(tmp_path)


def test_images_of_several_sizes_need_a_size(tmp_path):
    write(tmp_path / "1.dcm", ramp(0, 99))
    write(tmp_path / "2.dcm", ramp(0, 99)[:8])
    assert "size=" in _refused(tmp_path)
    assert dicom.read(tmp_path, size=12).images.shape == (2, 12, 12)


def test_an_image_without_pixels_is_told_or_skipped(tmp_path):
    root = _tree(tmp_path, Cyst=["a1", "b2"], Tumor=["c3"])
    file = pydicom.dcmread(root / "Cyst" / "a1_0.dcm")
    del file.PixelData
    file.save_as(root / "Cyst" / "a1_0.dcm")
    assert "without pixels" in _refused(root)
    cohort = datasets.load("kidney_ct", "dicom", root, skip_unreadable=True)
    assert len(cohort) == 5 and cohort.skipped["file"].tolist() == ["a1_0.dcm"]


@pytest.mark.parametrize(
    "names", [("stage_2_train_images", "stage_2_test_images"), ("rsna_train", "rsna_test")]
)
def test_parts_are_no_classes_whatever_else_their_names_say(tmp_path, names):
    found = dicom.read(_tree(tmp_path, **{names[0]: ["a", "b"], names[1]: ["c", "d"]}))
    assert found.class_names == ("unlabelled",) and sorted(found.part) == ["test"] * 4 + ["train"] * 4
    with_classes = {f"{name}__{kind}": [f"{name[-3]}{kind}"] for name in names for kind in ("Cyst", "Normal")}
    found = dicom.read(_tree(tmp_path / "labelled", **with_classes))
    assert found.class_names == ("Cyst", "Normal") and sorted(found.part) == ["test"] * 4 + ["train"] * 4


@pytest.mark.parametrize(
    "tree",
    [
        {"T1": ["a", "b"], "T2": ["a", "b"]},  # sequences of the same patients
        {"images": ["a", "b"], "masks": ["c", "d"]},
        {"part_1": ["a", "b"], "part_2": ["c", "d"]},
        {"hospital1": ["a", "b"], "hospital2": ["c", "d"]},
    ],
)
def test_folders_that_may_be_no_classes_are_asked_for(tmp_path, tree):
    assert 'labels="folder"' in _refused(_tree(tmp_path, **tree))
    assert dicom.read(tmp_path, labels="folder").class_names == tuple(sorted(tree))
    assert dicom.read(tmp_path, labels="none").class_names == ("unlabelled",)


def test_threads_that_read_at_once_leave_the_warning_filters_as_they_were(tmp_path):
    root = _tree(tmp_path, Cyst=[f"a{i}" for i in range(8)], Normal=[f"b{i}" for i in range(8)])
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: datasets.load("kidney_ct", "dicom", root), range(16)))
    assert list(warnings.filters) == before
