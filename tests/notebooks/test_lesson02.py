"""Lesson 02's figures, on the phantom and on real slices. (nbval runs the executed solution itself.)"""

import json

import numpy as np
import pytest
from claims import OTHER_SEEDS, failing, failing_with

from course import project
from course.series import run

RULES = ("cnn", "lookup", "grey", "largest")


def _measured(root):
    (lesson,) = project.lessons(root, ["02"])
    return run.saved_results(lesson.executed)["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "02.real.json").read_text(encoding="utf-8"))


def _holds(figures):
    """The phenomenon: what lesson 02 tells must be so."""
    for rule in RULES:
        low, high = figures[f"{rule}_group_split_interval"]
        assert low <= figures[f"{rule}_group_split"] <= high and high - low > 0.08
        deals = figures[f"{rule}_group_split_deals"]
        assert len(deals) == figures["deals"] == 3
        assert figures[f"{rule}_group_split"] == pytest.approx(np.mean(deals), abs=1e-5)
    assert min(figures["cnn_slice_split"], figures["macro_f1_cnn_slice_split"]) >= 0.90
    assert figures["lookup_slice_split"] >= 0.98 and figures["grey_slice_split"] <= 0.80
    assert figures["study_recipe_slice_split"] >= 0.85
    assert max(figures["cnn_group_split_deals"]) <= 0.80
    for rule in RULES[1:]:
        difference = figures["cnn_group_split"] - figures[f"{rule}_group_split"]
        assert figures[f"cnn_minus_{rule}"] == pytest.approx(difference, abs=1e-5)
    assert figures["interval_wider_by"] >= 1.5


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert (figures["slices"], figures["groups"]) == (936, 78)


def test_what_the_lesson_states_holds(root):
    (lesson,) = project.lessons(root, ["02"])
    assert not failing(lesson.executed)


@pytest.mark.runs_lesson("solutions/02_*.py")
@pytest.mark.parametrize("seed", OTHER_SEEDS[:1])
def test_what_the_lesson_states_holds_with_other_seeds(root, tmp_path, seed):
    assert not failing_with(seed, "02", root, tmp_path)


def test_the_recorded_real_figures_show_the_phenomenon(root):
    recorded = _recorded(root)
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("02", "real", "quick")
    assert (recorded["figures"]["slices"], recorded["figures"]["groups"]) == (3164, 61)
    _holds(recorded["figures"])


@pytest.mark.runs_lesson("solutions/02_*.py")
def test_the_lesson_runs_on_real_slices(root, some_real_data, tmp_path):
    """The smoke profile: what is measured there is the road, not the figures. (Lesson 01 is run on all slices.)"""
    folder = some_real_data / "kidney_ct_224"
    run.run(root, only=["02"], profile="smoke", data="real", data_root=folder, output=tmp_path)
    figures = json.loads((tmp_path / "02_custom_cnn.results.json").read_text(encoding="utf-8"))["figures"]
    assert set(figures) == set(_recorded(root)["figures"])
    sizes = [len(list(kind.iterdir())) for kind in folder.iterdir()]
    assert figures["slices"] == sum(sizes)
    assert figures["largest_slice_split"] == pytest.approx(max(sizes) / sum(sizes), abs=1e-5)
    assert figures["groups"] < figures["slices"] / 10, "patients are found from the images"
    assert figures["lookup_slice_split"] > 0.98


def test_the_results_page_quotes_the_figures_that_were_measured(root):
    measured = [_measured(root), _recorded(root)["figures"]]
    lines = [
        line.split("|")[1:-1] for line in (root / "docs/results.md").read_text(encoding="utf-8").splitlines()
    ]
    quoted = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 5}
    for text, rule in {
        "CNN with the layers of the study": "cnn",
        "most similar slice": "lookup",
        "mean grey value, one number": "grey",
        "always the largest class": "largest",
    }.items():
        expected = []
        for figures in measured:
            low, high = figures[f"{rule}_group_split_interval"]
            expected += [
                f"{100 * figures[f'{rule}_slice_split']:.1f} %",
                f"{100 * figures[f'{rule}_group_split']:.0f} % ({100 * low:.0f} to {100 * high:.0f})",
            ]
        assert quoted[text] == expected


def test_the_card_quotes_the_recorded_figures(root):
    figures = _recorded(root)["figures"]
    card = " ".join((root / "data" / "kidney_ct.md").read_text(encoding="utf-8").split())
    for rule in ("cnn", "grey"):
        low, high = figures[f"{rule}_group_split_interval"]
        assert (
            f"{100 * figures[f'{rule}_group_split']:.0f} % (95 % interval by scan: {100 * low:.0f} % to {100 * high:.0f} %)"
            in card
        )
