"""Lesson 04's figures, on the phantom and on real images. (nbval runs the executed solution itself.)"""

import json

import pytest
from claims import OTHER_SEEDS, failing, failing_with

from course import project
from course.series import run

REMEDIES = ("class_weights", "focal_loss", "longer")
UNTRAINED = ("prior_divided_out", "focal_loss_undone")
MEASURES = ("recall", "false_alarms", "sensitivity", "auc", "ece")


def _executed(root):
    (lesson,) = project.lessons(root, ["04"])
    return lesson.executed


def _measured(root):
    return run.saved_results(_executed(root))["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "04.real.json").read_text(encoding="utf-8"))


def _holds(figures):
    """What lesson 04 tells must be so, on whatever data."""
    assert figures["parameters_as_published"] == 31_961_603 and figures["files_return_labels"]
    assert [round(one, 2) for one in figures["severe_recall_published_interval"]] == [0.58, 0.87]
    for way in ("no_remedy", *REMEDIES, *UNTRAINED):
        for measure in MEASURES:
            mean, low, high = figures[f"{way}_{measure}"]
            assert 0 <= low <= mean <= high <= 1
    for way in REMEDIES:
        for measure, verdict in zip(MEASURES, figures[f"{way}_verdicts"], strict=True):
            mean, from_, to = figures[f"{way}_{measure}_difference"]
            assert from_ <= mean <= to
            assert abs(figures[f"{way}_{measure}"][0] - figures[f"no_remedy_{measure}"][0] - mean) < 1e-4
            if verdict != "not shown":  # it claims no more than the interval allows
                assert from_ > 0 or to < 0
                assert verdict.removeprefix("perhaps ") == ("higher" if mean > 0 else "lower")


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert (figures["training_images"], figures["rare_training_images"]) == (540, 24)
    assert (figures["test_images"], figures["rare_test_images"]) == (3000, 134)
    assert figures["leak_random_labels_SMOTE_before_real"] > 0.95
    assert max(figures[f"leak_{kind}_labels_no_SMOTE"] for kind in ("true", "random")) < 0.2
    assert abs(figures["risk_oversampled_undone"] - figures["risk_true"]) < 0.15 * figures["risk_true"]


def test_what_the_lesson_states_holds_in_the_executed_solution(root):
    assert failing(_executed(root)) == []


@pytest.mark.runs_lesson("solutions/04_*.py")
@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_what_the_lesson_states_holds_with_other_seeds(seed, root, tmp_path):
    assert failing_with(seed, "04", root, tmp_path) == []


def test_the_recorded_real_figures_hold(root):
    recorded = _recorded(root)
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("04", "real", "quick")
    figures = recorded["figures"]
    _holds(figures)
    assert (figures["training_images"], figures["rare_training_images"]) == (75, 15)
    assert figures["rare_test_images"] == 7, "the lesson says: one image is 14 points of recall"


def test_the_results_page_quotes_the_figures_that_were_measured(root):
    figures, text = _measured(root), (root / "docs/results.md").read_text(encoding="utf-8")
    for way in ("no_remedy", *REMEDIES, *UNTRAINED):
        cells = [
            "{:.0f} ({:.0f} to {:.0f})".format(*(100 * value for value in figures[f"{way}_{measure}"]))
            for measure in MEASURES
        ]
        assert f"| {' | '.join(cells)} |" in text, way
    leak = 100 * figures["leak_random_labels_SMOTE_before_real"]
    assert f'lets a pixel lookup "find" {leak:.0f} % of the severe test images' in text


@pytest.mark.runs_lesson("solutions/04_*.py")
@pytest.mark.parametrize("file", ["", "Val_v73.mat"])
def test_the_lesson_runs_on_real_images(root, real_data, tmp_path, file):
    """The smoke profile, for files of MATLAB 5 and 7.3: what is measured there is the road, not the figures."""
    run.run(
        root, only=["04"], profile="smoke", data="real", data_root=real_data / "infection_mat" / file,
        parameters={}, output=tmp_path,
    )  # fmt: skip
    figures = json.loads((tmp_path / "04_class_imbalance.results.json").read_text(encoding="utf-8"))[
        "figures"
    ]
    assert set(figures) == set(_recorded(root)["figures"])
