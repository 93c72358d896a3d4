"""Lesson 02's figures, on the phantom and on real slices. (nbval runs the executed solution itself.)"""

import json

import pytest

from course import project
from course.series import run

NETWORKS = ("cnn", "cnn_last_epoch", "deeper_cnn")
SIMPLE = ("lookup", "grey", "largest")


def _holds(figures):
    """The phenomenon: what lesson 02 tells must be so."""
    for rule in (*NETWORKS, *SIMPLE):
        low, high = figures[f"{rule}_group_split_interval"]
        assert low <= figures[f"{rule}_group_split"] <= high
        assert high - low > 0.15, "an interval by patient is wide"
    assert figures["cnn_slice_split"] >= 0.97 and figures["macro_f1_cnn_slice_split"] >= 0.96
    assert figures["deeper_cnn_slice_split"] >= 0.88 and figures["lookup_slice_split"] >= 0.98
    assert max(figures[f"{network}_group_split"] for network in NETWORKS) <= 0.85
    assert figures["grey_slice_split"] <= 0.80
    by_slice, by_group = figures["interval_by_slice"], figures["interval_by_group"]
    assert by_group == figures["cnn_last_epoch_group_split_interval"]
    assert by_group[1] - by_group[0] > 1.5 * (by_slice[1] - by_slice[0])
    assert figures["best_epoch_group_split"] < figures["best_epoch_slice_split"]
    for network in NETWORKS[1:]:
        for rule in SIMPLE:
            difference = figures[f"{network}_group_split"] - figures[f"{rule}_group_split"]
            assert figures[f"{network}_minus_{rule}"] == pytest.approx(difference, abs=1e-5)


def test_the_executed_solution_shows_the_phenomenon(root):
    (lesson,) = project.lessons(root, ["02"])
    figures = run.saved_results(lesson.executed)["figures"]
    _holds(figures)
    assert (figures["slices"], figures["groups"], figures["test_groups"]) == (1248, 104, 27)


def test_the_recorded_real_figures_show_the_phenomenon(root):
    recorded = json.loads((root / "data" / "results" / "02.real.json").read_text())
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("02", "real", "quick")
    assert (recorded["figures"]["slices"], recorded["figures"]["groups"]) == (3164, 75)
    _holds(recorded["figures"])


def test_the_lesson_runs_on_real_slices(root, real_data, tmp_path):
    """The smoke profile: what is measured there is the road, not the figures."""
    run.run(
        root,
        only=["02"],
        profile="smoke",
        data="real",
        data_root=real_data / "kidney_ct_224",
        output=tmp_path,
    )
    figures = json.loads((tmp_path / "02_custom_cnn.results.json").read_text())["figures"]
    recorded = json.loads((root / "data" / "results" / "02.real.json").read_text())["figures"]
    assert set(figures) == set(recorded)
    for name in ("slices", "groups", "test_groups", "largest_group_split"):
        assert figures[name] == recorded[name]
    assert figures["lookup_slice_split"] > 0.98


def test_the_readme_quotes_the_figures_that_were_measured(root):
    (lesson,) = project.lessons(root, ["02"])
    measured = [
        run.saved_results(lesson.executed)["figures"],
        json.loads((root / "data" / "results" / "02.real.json").read_text())["figures"],
    ]
    lines = [line.split("|")[1:-1] for line in (root / "README.md").read_text().splitlines()]
    quoted = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 5}
    for text, rule in {
        "CNN with the layers of the study": "cnn",
        "the same, trained to the last epoch": "cnn_last_epoch",
        "deeper CNN": "deeper_cnn",
        "1-NN on pixels": "lookup",
        "mean grey value alone": "grey",
    }.items():
        expected = []
        for figures in measured:
            low, high = figures[f"{rule}_group_split_interval"]
            by_slice = figures.get(f"{rule}_slice_split")
            expected += [
                "" if by_slice is None else f"{100 * by_slice:.1f} %",
                f"{100 * figures[f'{rule}_group_split']:.0f} % ({100 * low:.0f} to {100 * high:.0f})",
            ]
        assert quoted[text] == expected
