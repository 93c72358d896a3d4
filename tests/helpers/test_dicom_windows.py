"""A window that goes with the class is a shortcut: found where it does, and only there."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from dicom_files import ramp, write

from helpers import datasets
from helpers.datasets import dicom


def _files(root, windows, patients=3, **tags):
    """`windows` : class -> (level, width) or None, or a function of the patient's number that gives one."""
    number = 0
    for name, window in windows.items():
        for i in range(patients):
            number += 1
            shown = window(number) if callable(window) else window
            level, width = shown or (None, None)
            about = {"PatientID": f"{name}{i}", "WindowCenter": level, "WindowWidth": width} | tags
            write(root / name / f"{i}.dcm", ramp(0, 999) + number, **about)
    return root


@pytest.mark.parametrize(
    "windows",
    [
        {"Cyst": (40, 400), "Tumor": (60, 350)},
        {"Cyst": (40, 400), "Tumor": (40, 350)},
        {"Cyst": lambda number: (40 + number, 400), "Tumor": lambda number: (60 + number, 350)},
        {"Cyst": (40, 80), "Tumor": None},  # the default is the abdominal one
        {"Cyst": (40, 400), "Normal": (40, 400), "Tumor": (60, 350)},
    ],
)
def test_a_window_that_goes_with_the_class_is_a_problem(tmp_path, windows):
    found = datasets.inspect(_files(tmp_path, windows, patients=12 if len(windows) > 2 else 3))
    told = [problem for problem in found.problems if "windows of the files differ" in problem]
    assert len(told) == 1 and "Pass window=(level, width) to load" in told[0]
    assert not dicom.window_shortcut(dicom.read(tmp_path, window=(40, 400)).files)


def test_data_check_stops_at_it(tmp_path, root):
    def check(folder):
        command = [sys.executable, "-m", "course", "data", "check", str(folder)]
        return subprocess.run(command, cwd=root, capture_output=True, text=True)

    told = check(_files(tmp_path / "differ", {"Cyst": (40, 400), "Tumor": (60, 350)}))
    assert told.returncode == 1 and "windows of the files differ (2 levels and widths)" in told.stderr
    assert "tell the class of 100% of the patients" in told.stderr
    told = check(_files(tmp_path / "same", {"Cyst": (40, 400), "Tumor": (40, 400)}))
    assert told.returncode == 0 and "windows" not in told.stderr


@pytest.mark.parametrize("seed", range(5))
def test_windows_that_do_not_go_with_the_class_are_none(tmp_path, seed):
    """Drawn for every patient, as MR scanners do, and the same few in both classes."""
    rng = np.random.default_rng(seed)
    n = 60
    drawn = pd.DataFrame({"class": np.repeat(["A", "B"], n), "patient": np.arange(2 * n).astype(str)})
    levels = rng.normal(300, 80, 2 * n).round()
    assert not dicom.window_shortcut(drawn.assign(window_level=levels, window_width=2 * levels))
    few = rng.choice([40.0, 50.0, np.nan], 2 * n)
    assert not dicom.window_shortcut(drawn.assign(window_level=few, window_width=few))
    shifted = levels + np.repeat([0, 120], n)  # the class can be guessed from the level
    assert dicom.window_shortcut(drawn.assign(window_level=shifted, window_width=2 * levels))


def test_one_patient_counts_once_however_many_slices():
    """Four patients, 50 slices each, a window each: that tells nothing; but one window for each class does."""
    files = pd.DataFrame(
        {"class": np.repeat(["A", "B"], 100), "patient": np.repeat(["1", "2", "3", "4"], 50)}
    )
    files = files.assign(window_level=np.repeat([40.0, 60.0, 50.0, 45.0], 50), window_width=400.0)
    assert not dicom.window_shortcut(files)
    assert dicom.window_shortcut(files.assign(window_level=np.repeat([40.0, 60.0], 100)))
    assert dicom.window_shortcut(files.assign(window_level=np.repeat([40.0, 60.0], 100), patient="1"))
    assert not dicom.window_shortcut(files.assign(window_level=40.0))
    assert not dicom.window_shortcut(files[["class", "patient"]])


def test_unsigned_numbers_of_ct_that_nothing_rescales_are_no_hu(tmp_path):
    none = {"RescaleSlope": None, "RescaleIntercept": None}
    path = write(tmp_path / "1.dcm", ramp(0, 255), bits=8, **none)
    found = dicom.read(path)
    assert (
        np.allclose(found.images[0], ramp(0, 255) / 255, atol=1e-6) and "black 0, white 255" in found.notes[0]
    )
    found = dicom.read(write(tmp_path / "2.dcm", ramp(-160, 240), signed=1, **none))  # HU, as they stand
    assert np.allclose(found.images[0], (ramp(-160, 240) + 160) / 400, atol=1e-6)


def test_ct_without_modality_is_told_by_its_class(tmp_path):
    path = write(tmp_path / "1.dcm", ramp(-160, 240) + 1024, Modality=None)
    assert np.allclose(dicom.read(path).images[0], (ramp(-160, 240) + 160) / 400, atol=1e-6)


def test_an_image_of_one_grey_in_its_window_is_named(tmp_path):
    write(tmp_path / "1.dcm", ramp(0, 200), WindowCenter=9000, WindowWidth=10)
    write(tmp_path / "2.dcm", ramp(0, 200) + 1024, WindowCenter=9000, WindowWidth=20000)
    notes = dicom.read(tmp_path).notes
    assert any(note == "1 images are all of one grey in their window, such as 1.dcm" for note in notes)
