"""Lesson 04's figures, on the phantom and on real images. (nbval runs the executed solution itself.)"""

import json

import pytest

from course import project
from course.series import run

CURES = (
    "class_weights", "focal_loss", "focal_loss_with_alpha", "oversampling", "SMOTE_on_features", "new_last_layer",
    "prior_divided_out", "focal_loss_undone",
)  # fmt: skip
MEASURES = ("recall", "auc", "macro_f1", "ece")


def _measured(root):
    (lesson,) = project.lessons(root, ["04"])
    return run.saved_results(lesson.executed)["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "04.real.json").read_text())


def _holds(figures):
    """What lesson 04 tells must be so, on whatever data."""
    assert figures["parameters_as_published"] == 31_961_603 and figures["files_return_labels"]
    assert [round(one, 2) for one in figures["severe_recall_published_interval"]] == [0.58, 0.87]
    for cure in CURES:
        for measure in MEASURES:
            name = f"{cure}_{measure}"
            low, high = figures[f"{name}_range"]
            mean, from_, to = figures[f"{name}_difference"]
            assert low - 1e-5 <= figures[name] <= high + 1e-5 and from_ <= mean <= to
            assert abs(figures[name] - figures[f"none_{measure}"] - mean) < 1e-4
            verdict = figures[f"{name}_verdict"]
            if verdict != "not shown":  # it claims no more than the interval allows
                assert from_ > 0 or to < 0
                better = (mean > 0) != (measure == "ece")
                assert verdict.removeprefix("perhaps ") == ("better" if better else "worse")
    for kind in ("true", "random"):
        before, inside = (figures[f"leak_{kind}_labels_SMOTE_{way}"] for way in ("before_real", "inside"))
        assert before > 0.8 and before > inside + 0.2, "made before the split, the samples leak"
    share = figures["true_share"]
    undone = figures["mean_risk_nine_numbers_oversampling_undone"]
    assert figures["mean_risk_nine_numbers_oversampling"] > 1.7 * share, "oversampling raises the risk"
    assert abs(undone - share) < 0.15 * share, "and the correction brings it back"


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert figures["training_images"] > 20 * figures["rare_training_images"]
    assert figures["focal_loss_ece"] > 2 * figures["none_ece"], "a multiple of that without"
    assert figures["focal_loss_undone_ece"] < 0.6 * figures["focal_loss_ece"], "a formula undoes it"
    for measure in ("recall", "auc", "macro_f1"):
        assert figures[f"focal_loss_{measure}_verdict"] == "not shown"
    assert all(figures[f"{cure}_auc_verdict"] == "not shown" for cure in CURES)
    assert figures["prior_divided_out_recall"] == max(figures[f"{cure}_recall"] for cure in CURES)
    assert abs(figures["prior_divided_out_auc"] - figures["none_auc"]) < 0.03, "the same network"
    assert figures["class_weights_macro_f1"] == max(figures[f"{cure}_macro_f1"] for cure in CURES)
    assert figures["none_auc_range"][0] < 0.75 < 0.9 < figures["none_auc_range"][1], "one failure"
    assert figures["leak_random_labels_SMOTE_before_real"] > 0.95
    assert max(figures[f"leak_{kind}_labels_no_SMOTE"] for kind in ("true", "random")) < 0.15
    share = figures["true_share"]
    assert figures["mean_risk_network_oversampling"] < 1.6 * share, "the network's was not raised"
    assert figures["mean_risk_network_oversampling_training"] < 2 * share, "nor on training images"
    assert figures["mean_risk_network_oversampling_undone"] < 0.6 * share, "the correction: too low"
    assert figures["told_apart_by_roughness"] > 0.75


def test_the_recorded_real_figures_hold(root):
    recorded = _recorded(root)
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("04", "real", "quick")
    figures = recorded["figures"]
    _holds(figures)
    assert (figures["training_images"], figures["rare_training_images"]) == (75, 15)
    verdicts = {figures[f"{cure}_{measure}_verdict"] for cure in CURES for measure in MEASURES}
    assert verdicts == {"not shown"}, "the lesson says: not one verdict is more"
    share = figures["true_share"]
    assert figures["mean_risk_network_oversampling"] > 1.4 * share, "the lesson says: was raised"
    assert abs(figures["mean_risk_network_oversampling_undone"] - share) < 0.2 * share
    assert figures["calibration_floor"] > 0.05, "a good part of the calibration error is chance"
    assert figures["leak_true_labels_SMOTE_inside"] > figures["leak_random_labels_SMOTE_inside"]


def test_the_benchmark_that_the_lesson_quotes_was_recorded(root):
    record = json.loads((root / "data" / "results" / "04.networks.json").read_text())
    assert record["times an epoch of the quick network"]["published"] >= 15
    assert set(record["macro F1"]) == set(record["less the published"])
    assert record["longest"] in record["macro F1"]
    assert all(len(values) == 5 for values in record["macro F1"].values()), "five paired seeds"


def test_the_readme_quotes_the_figures_that_were_measured(root):
    figures, text = _measured(root), (root / "README.md").read_text()
    for cure in ("none", *CURES):
        cells = [
            "{:.0f} ({:.0f} to {:.0f})".format(
                *(
                    100 * value
                    for value in (figures[f"{cure}_{measure}"], *figures[f"{cure}_{measure}_range"])
                )
            )
            for measure in MEASURES
        ]
        assert f"| {' | '.join(cells)} |" in text, cure
    leak = 100 * figures["leak_random_labels_SMOTE_before_real"]
    assert f'lets a pixel lookup "find" {leak:.0f} % of the severe test images' in text


@pytest.mark.parametrize("file", ["", "Val_v73.mat"])
def test_the_lesson_runs_on_real_images(root, real_data, tmp_path, file):
    """The smoke profile, for files of MATLAB 5 and 7.3: what is measured there is the road, not the figures."""
    run.run(
        root, only=["04"], profile="smoke", data="real", data_root=real_data / "infection_mat" / file,
        parameters={}, output=tmp_path,
    )  # fmt: skip
    figures = json.loads((tmp_path / "04_class_imbalance.results.json").read_text())["figures"]
    assert set(figures) == set(_recorded(root)["figures"])
