"""Lesson 01's figures, on the phantom and on real slices, and what bad input gets. (nbval runs the executed
solution itself.)"""

import json

import nbformat
import pytest
from claims import OTHER_SEEDS, failing, failing_with

from course import project
from course.project import CourseError
from course.series import run
from helpers import datasets
from helpers.phantoms import messy_folder

STEPS = ("as_they_are", "histogram_equalised", "noise_reduced", "standardised")


def _holds(figures):
    """The phenomenon: what lesson 01 tells must be so."""
    low, high = figures["nn_accuracy_group_split_interval"]
    assert figures["nn_accuracy_slice_split"] >= 0.98
    assert low <= figures["nn_accuracy_group_split"] <= high and figures["nn_accuracy_group_split"] <= 0.75
    assert figures["random_label_accuracy_slice_split"] >= 0.95
    low, high = figures["random_label_interval"]
    assert low < figures["random_label_expected_agreement"] < high
    assert (
        abs(figures["random_label_accuracy_group_split"] - figures["random_label_expected_agreement"]) < 0.03
    )
    low, high = figures["nn_less_largest_class_interval"]
    assert low < figures["nn_less_largest_class"] < high
    assert figures["lookup_by_scans_at_0.05"] > figures["lookup_by_groups"] + 0.02, "patients cut in two leak"
    assert min(figures[f"{step}_lookup"] for step in STEPS) >= 0.98, "no preprocessing takes the leak away"
    assert 0.80 <= figures["shortcut_auc"] <= 0.95
    assert 0.35 < figures["shortcut_auc_contrast_dealt_evenly"] < 0.65
    assert figures["contrast_auc"] > 0.8
    assert figures["rms_to_nearest_same_group"] < 0.5 * figures["rms_to_nearest_other_group"]


def test_the_executed_solution_shows_the_phenomenon(root):
    (lesson,) = project.lessons(root, ["01"])
    figures = run.saved_results(lesson.executed)["figures"]
    _holds(figures)
    assert figures["standardised_auc_of_bright"] > 0.7
    assert (figures["slices"], figures["groups"], figures["files_with_equal_bytes"]) == (1248, 104, 2)


@pytest.mark.runs_lesson("solutions/01_*.py")
def test_a_fresh_run_gives_the_committed_figures(root, tmp_path):
    """No network is trained here: on any machine the figures are those that stand in the executed solution."""
    (lesson,) = project.lessons(root, ["01"])
    run.run(root, only=["01"], output=tmp_path)
    fresh = json.loads((tmp_path / "01_data_exploration.results.json").read_text(encoding="utf-8"))["figures"]
    committed = run.saved_results(lesson.executed)["figures"]
    assert set(fresh) == set(committed)
    for name, value in committed.items():
        assert fresh[name] == pytest.approx(value, abs=0.005), name


def test_the_recorded_real_figures_show_the_phenomenon(root):
    recorded = json.loads((root / "data" / "results" / "01.real.json").read_text(encoding="utf-8"))
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("01", "real", "quick")
    _holds(recorded["figures"])
    assert recorded["figures"]["groups"] == 61
    assert 0.35 < recorded["figures"]["standardised_auc_of_bright"] < 0.65, "unlike on the phantom"


@pytest.mark.runs_lesson("solutions/01_*.py")
def test_real_slices_give_the_recorded_figures(root, real_data, tmp_path):
    run.run(root, only=["01"], data="real", data_root=real_data / "kidney_ct_224", output=tmp_path)
    figures = json.loads((tmp_path / "01_data_exploration.results.json").read_text(encoding="utf-8"))[
        "figures"
    ]
    recorded = json.loads((root / "data" / "results" / "01.real.json").read_text(encoding="utf-8"))["figures"]
    assert set(figures) == set(recorded)
    assert figures["slices"] == 3164 and figures["groups"] == recorded["groups"]
    for name, value in recorded.items():
        assert figures[name] == pytest.approx(value, abs=0.01), name


@pytest.fixture
def messy(tmp_path):
    """A folder of phantom slices with three files that cannot be read."""
    cohort = datasets.load("kidney_ct", size=48)
    messy_folder.write(cohort, tmp_path / "messy", per_class=8)
    return tmp_path / "messy"


@pytest.mark.runs_lesson("solutions/01_*.py")
def test_an_unreadable_file_stops_the_lesson_with_one_sentence(root, messy, tmp_path):
    with pytest.raises(CourseError) as caught:
        run.run(root, only=["01"], profile="smoke", data="real", data_root=messy, output=tmp_path / "out")
    message = str(caught.value)
    assert str(messy / "Normal" / "Normal- (9).jpg") in message and "--skip-unreadable" in message
    assert message.count("\n") == 0 and "Traceback" not in message


@pytest.mark.runs_lesson("solutions/01_*.py")
def test_unreadable_files_can_be_skipped_and_are_listed(root, messy, tmp_path):
    run.run(
        root,
        only=["01"],
        profile="smoke",
        data="real",
        data_root=messy,
        skip_unreadable=True,
        output=tmp_path / "out",
    )
    notebook = nbformat.read(tmp_path / "out" / "01_data_exploration.ipynb", 4)
    tables = "".join(
        str(output.get("data", {}).get("text/html", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    for file, reason in (
        ("Normal- (9).jpg", "empty"),
        ("Normal- (10).jpg", "cut off"),
        ("Normal- (11).jpeg", "not an image"),
    ):
        assert file in tables and reason in tables


@pytest.mark.runs_lesson("solutions/01_*.py")
def test_a_missing_folder_stops_the_lesson_with_one_sentence(root, tmp_path):
    missing = tmp_path / "nowhere"
    with pytest.raises(CourseError, match="nowhere: there is no such folder"):
        run.run(root, only=["01"], profile="smoke", data="real", data_root=missing, output=tmp_path / "out")


def test_results_page_and_card_quote_the_figures_that_were_measured(root):
    """The prose outside the lesson is held to the executed solution and to the recorded figures."""
    (lesson,) = project.lessons(root, ["01"])
    phantom = run.saved_results(lesson.executed)["figures"]
    real = json.loads((root / "data" / "results" / "01.real.json").read_text(encoding="utf-8"))["figures"]

    def share(figures, name):
        return f"{100 * figures[name]:.3g} %"

    def with_interval(figures, name, digits, scale=1):
        low, high = figures[f"{name}_interval"]
        unit = " %" if scale == 100 else ""
        return "{:.{d}f}{u} ({:.{d}f}{u} to {:.{d}f}{u})".format(
            scale * figures[name], scale * low, scale * high, d=digits, u=unit
        )

    table = [
        line.split("|")[1:4]
        for line in (root / "docs/results.md").read_text(encoding="utf-8").splitlines()
        if line.count("|") == 4
    ]
    quoted = {text.strip(): (first.strip(), second.strip()) for text, first, second in table}
    for begins, show in {
        "1-nearest-neighbour": lambda figures: share(figures, "nn_accuracy_slice_split"),
        "the same, patients": lambda figures: with_interval(figures, "nn_accuracy_group_split", 0, 100),
        "the same, *random*": lambda figures: share(figures, "random_label_accuracy_slice_split"),
        "mean grey value": lambda figures: with_interval(figures, "shortcut_auc", 2),
    }.items():
        (row,) = [cells for text, cells in quoted.items() if text.startswith(begins)]
        assert row == (show(phantom), show(real))

    card = (root / "data" / "kidney_ct.md").read_text(encoding="utf-8")
    assert f"{real['files_with_equal_bytes']} of the {real['slices']:,} files" in card
    assert f"{real['groups']} scans remain" in card
    assert f"Stone is {with_interval(real, 'shortcut_auc_tumor_stone', 2)}" in " ".join(card.split())
    assert f"AUC {with_interval(real, 'shortcut_auc', 2)}" in " ".join(card.split())


def test_what_the_lesson_states_holds_in_the_executed_solution(root):
    (lesson,) = project.lessons(root, ["01"])
    assert failing(lesson.executed) == []


@pytest.mark.runs_lesson("solutions/01_*.py")
@pytest.mark.parametrize("seed", OTHER_SEEDS[:1])
def test_what_the_lesson_states_holds_with_other_seeds(seed, root, tmp_path):
    assert failing_with(seed, "01", root, tmp_path) == []
