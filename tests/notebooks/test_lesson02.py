"""Lesson 02's figures, on the phantom and on real slices. (nbval runs the executed solution itself.)"""

import json

import pytest

from course import project, run

RULES = ("published_cnn", "deeper_cnn", "1_nn_on_pixels", "mean_grey_value_alone", "always_the_largest_class")


def _holds(figures):
    """The phenomenon: what lesson 02 tells must be so."""
    for rule in RULES:
        low, high = figures[f"{rule}_group_split_interval"]
        assert low <= figures[f"{rule}_group_split"] <= high
        assert high - low > 0.05, "an interval by patient is wide"
    assert figures["published_cnn_slice_split"] >= 0.97 and figures["macro_f1_slice_split"] >= 0.96
    assert figures["deeper_cnn_slice_split"] >= 0.88
    assert figures["1_nn_on_pixels_slice_split"] >= 0.98
    assert figures["published_cnn_group_split"] <= 0.80 and figures["deeper_cnn_group_split"] <= 0.85
    assert figures["mean_grey_value_alone_slice_split"] <= 0.80
    by_slice, by_group = figures["interval_by_slice"], figures["interval_by_group"]
    assert by_group[1] - by_group[0] > 1.5 * (by_slice[1] - by_slice[0])
    assert figures["best_epoch_group_split"] < figures["best_epoch_slice_split"]
    for network in RULES[:2]:
        for rule in RULES[2:]:
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
    for name in ("slices", "groups", "test_groups", "always_the_largest_class_group_split"):
        assert figures[name] == recorded[name]
    assert figures["1_nn_on_pixels_slice_split"] > 0.98


def test_the_readme_quotes_the_figures_that_were_measured(root):
    (lesson,) = project.lessons(root, ["02"])
    measured = [
        run.saved_results(lesson.executed)["figures"],
        json.loads((root / "data" / "results" / "02.real.json").read_text())["figures"],
    ]
    lines = [line.split("|")[1:-1] for line in (root / "README.md").read_text().splitlines()]
    quoted = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 5}
    for begins, rule in {
        "this CNN": "published_cnn",
        "deeper CNN": "deeper_cnn",
        "1-NN": "1_nn_on_pixels",
        "mean grey value": "mean_grey_value_alone",
    }.items():
        (row,) = [cells for text, cells in quoted.items() if text.startswith(begins)]
        expected = []
        for figures in measured:
            low, high = figures[f"{rule}_group_split_interval"]
            expected += [
                f"{100 * figures[f'{rule}_slice_split']:.1f} %",
                f"{100 * figures[f'{rule}_group_split']:.0f} % ({100 * low:.0f} to {100 * high:.0f})",
            ]
        assert row == expected
