"""Lesson 06's figures, on the phantom and on real images. (nbval runs the executed solution itself.)"""

import json

import numpy as np
import pytest
from claims import OTHER_SEEDS, failing, failing_with

from course import project
from course.series import run


def _measured(root):
    (lesson,) = project.lessons(root, ["06"])
    return run.saved_results(lesson.executed)["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "06.real.json").read_text(encoding="utf-8"))


def _holds(figures):
    """What lesson 06 tells must be so, on whatever data."""
    assert figures["sum_is_logit_less_bias"] and figures["correlation_with_the_logit"] > 0.8
    assert (
        abs(figures["printed_t_ddof_0"] + 5.3252) < 1e-4 and abs(figures["printed_d_ddof_0"] - 1.375) < 1e-4
    )
    assert abs(figures["printed_d_ddof_1"] - 1.3985) < 1e-4
    assert figures["images_a_class"] == 30 and 50 <= figures["patients"] <= 60
    assert figures["furthest_from_the_formula"] < 0.02, "within two points of the formula"
    assert figures["furthest_from_5_percent"] < 0.015, "patient means: 5 %, within Monte-Carlo error"
    assert abs(figures["false_positives_patients"] - 0.05) < 0.015
    assert figures["false_positives_images"] > figures["false_positives_patients"] + 0.03
    assert abs(figures["false_positives_images"] - figures["false_positives_formula"]) < 0.06
    effects = [
        figures[f"d_{who}_{scaling}"]
        for who in ("pneumonia", "predicted")
        for scaling in ("raw", "own_maximum", "min_max_signed")
    ]
    assert min(effects) < 0 and max(effects) > 1, "the choice decides the size"
    assert min(figures["d_pneumonia_raw"], figures["d_pneumonia_own_maximum"]) > 1
    low, high = figures["d_of_networks_pneumonia_own_maximum"]
    assert low > 0.5 and high - low > 0.2, "d moves with the network"
    assert figures["d_of_networks_pneumonia_raw"][0] > 0
    five, _, thirty = figures["coverage_of_d"]
    assert five < 0.93 and thirty >= 0.9, "a bootstrap interval of five values is too narrow"
    assert np.sign(figures["gap_all"]) == np.sign(figures["d_predicted_own_maximum"])


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert figures["accuracy"] > 0.7
    assert figures["icc"] > 0.4 and figures["false_positives_images"] > 0.2


def test_the_recorded_real_figures_hold(root):
    recorded = _recorded(root)
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("06", "real", "quick")
    figures = recorded["figures"]
    _holds(figures)
    assert figures["specificity"] < 0.7 and figures["called_pneumonia"] > 36, "most are called pneumonia"
    ends = [figures[f"d_of_networks_{who}_min_max_signed"] for who in ("pneumonia", "predicted")]
    assert all(-1 < low < 0 < high < 1 for low, high in ends), "scaled so, either sign is found"
    of_networks = figures["d_of_networks_predicted_own_maximum"]
    assert min(figures["d_predicted_own_maximum"], *of_networks) > 0, "for either class as in [1]"
    assert 0 < figures["icc_interval"][0] < figures["icc"] < 0.4, "alike, less than in the phantom"
    assert min(figures["centroid_row_p"], figures["centroid_column_p"]) > 0.05, "no difference in place"


def test_the_results_page_quotes_the_figures_that_were_measured(root):
    text = (root / "docs/results.md").read_text(encoding="utf-8")
    measured, recorded = _measured(root), _recorded(root)["figures"]
    for who in ("pneumonia", "predicted"):
        for key, scaling in (
            ("raw", "raw"),
            ("own_maximum", "own maximum"),
            ("min_max_signed", "min-max, signed"),
        ):
            values = (f"{figures[f'd_{who}_{key}']:+.2f}" for figures in (measured, recorded))
            assert f"| {who} class explained, {scaling} | {' | '.join(values)} |" in text
    rates = (figures["false_positives_images"] for figures in (measured, recorded))
    on_phantom, on_real = (f"{100 * rate:.0f} %" for rate in rates)
    assert f"in {on_phantom} of draws on the phantom and in {on_real} on the real images" in text.replace(
        "\n", " "
    )


@pytest.mark.runs_lesson("solutions/06_*.py")
def test_the_lesson_runs_on_real_images(root, some_real_data, tmp_path):
    """The smoke profile: what is measured there is the road, not the figures."""
    run.run(
        root, only=["06"], profile="smoke", data="real", data_root=some_real_data / "chest_xray_224",
        parameters={}, output=tmp_path,
    )  # fmt: skip
    figures = json.loads((tmp_path / "06_heatmap_statistics.results.json").read_text(encoding="utf-8"))[
        "figures"
    ]
    assert set(figures) == set(_recorded(root)["figures"])


def test_what_the_lesson_states_holds_in_the_executed_solution(root):
    (lesson,) = project.lessons(root, ["06"])
    assert failing(lesson.executed) == []


@pytest.mark.runs_lesson("solutions/06_*.py")
@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_what_the_lesson_states_holds_with_other_seeds(seed, root, tmp_path):
    assert failing_with(seed, "06", root, tmp_path) == []
