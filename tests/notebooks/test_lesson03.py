"""Lesson 03's figures, on the phantom and on real X-rays. (nbval runs the executed solution itself.)"""

import json

import numpy as np
import pytest
from claims import OTHER_SEEDS, failing, failing_with

from course import project
from course.series import run

MEASURES = ("accuracy", "balanced_accuracy", "sensitivity", "specificity", "auc")
RECIPES = (
    "frozen_10_epochs",
    "frozen_to_the_end",
    "frozen_to_the_end_balanced",
    "fine_tuned_balanced",
)
MODELS = ("thumbnails_test", "recipe_test", "test")


def _measured(root):
    (lesson,) = project.lessons(root, ["03"])
    return run.saved_results(lesson.executed)["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "03.real.json").read_text(encoding="utf-8"))


def _holds(figures):
    """What lesson 03 tells must be so, on whatever data."""
    for part in ("validation", *MODELS):
        for measure in MEASURES:
            low, high = figures[f"{part}_{measure}_interval"]
            assert 0 <= low <= figures[f"{part}_{measure}"] <= high <= 1
            assert high > low or high == 1
        balanced = (figures[f"{part}_sensitivity"] + figures[f"{part}_specificity"]) / 2
        assert figures[f"{part}_balanced_accuracy"] == pytest.approx(balanced, abs=1e-5)
    assert figures["same_history_slow_and_quick"] and figures["trainable_parameters_of_the_head"] == 2562
    means = {recipe: np.mean(figures[f"validation_auc_{recipe}"]) for recipe in RECIPES}
    chosen = figures["chosen"].replace(",", "").replace(" ", "_").replace("-", "_")
    good_enough = [recipe for recipe in RECIPES if means[recipe] >= max(means.values()) - 0.002]
    assert chosen == good_enough[0], "the rule: the simplest within 0.002 of the best"
    steps = [means[RECIPES[k + 1]] - means[RECIPES[k]] for k in range(3)]
    assert figures["steps_in_validation_auc"][:3] == pytest.approx(steps, abs=1e-5)
    assert figures["end_validation_loss"] < figures["recipe_validation_loss"]
    assert figures["best_epoch_of_the_recipe"] == 10, "the lesson says: still learning"
    assert figures["auc_pixels_dark_at_the_end"] > figures["auc_pixels_dark"][1], "not learnt, not destroyed"
    low, high = figures["test_accuracy_of_all_trainings"]
    assert low <= figures["test_accuracy"] <= high
    for part in ("validation", "test"):
        curve = np.array(figures[f"roc_{part}"])
        assert len(curve) == 16 and (np.diff(curve) >= 0).all() and curve[-1] == 1
        for kind in ("normal", "pneumonia"):
            assert sum(figures[f"histogram_{part}_{kind}"]) == pytest.approx(1, abs=1e-4)
    for kind in ("thumbnails", "features"):
        for label in ("normal", "pneumonia"):
            assert 0.3 < figures[f"{kind}_validation_told_from_training_{label}"] < 0.7, "the control"
    # Bayes' rule, from the measured rates
    for share in (0.05, 0.20):
        true = figures["test_sensitivity"] * share
        false = (1 - figures["test_specificity"]) * (1 - share)
        name = f"positive_predictive_value_at_{100 * share:.0f}_percent"
        assert figures[name] == pytest.approx(true / (true + false), abs=1e-4)
        low, high = figures[f"{name}_interval"]
        assert low < figures[name] < high


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert figures["weights"].startswith("the course's own weights")
    finished, tuned = figures["steps_in_validation_auc"][0], figures["steps_in_validation_auc"][2]
    assert finished > 0.05 and finished > tuned, "the lesson says: much of the gain is finishing the head"
    for name in ("normal", "pneumonia"):  # the phantom's parts are drawn alike
        assert 0.3 < figures[f"features_test_told_from_training_{name}"] < 0.75


def test_what_the_lesson_states_holds(root):
    (lesson,) = project.lessons(root, ["03"])
    assert not failing(lesson.executed)


@pytest.mark.runs_lesson("solutions/03_*.py")
@pytest.mark.parametrize("seed", OTHER_SEEDS[:1])
def test_what_the_lesson_states_holds_with_other_seeds(root, tmp_path, seed):
    assert not failing_with(seed, "03", root, tmp_path)


def test_the_recorded_real_figures_show_the_phenomenon(root):
    recorded = _recorded(root)
    figures = recorded["figures"]
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("03", "real", "quick")
    _holds(figures)
    assert "mobilenet_v2_0.35_224" in figures["weights"]
    assert min(figures["validation_auc_frozen_10_epochs"]) > 0.98, "the lesson says: nearly perfect"
    assert figures["chosen"] == "frozen, 10 epochs", "the lesson says: the rule takes the simplest"
    assert (
        figures["test_balanced_accuracy"] + 0.03
        < figures["test_balanced_accuracy_in_hindsight"]
        < figures["validation_balanced_accuracy"] - 0.03
    ), "the lesson says: a part can be regained, the rest is lost"
    card = " ".join((root / "data" / "chest_xray.md").read_text(encoding="utf-8").split())
    said = "AUC {:.2f} and {:.2f}, specificity {:.2f} and {:.2f}"
    names = ("features_test_told_from_training_normal", "features_test_told_from_training_pneumonia",
             "validation_specificity", "test_specificity")  # fmt: skip
    assert said.format(*(figures[name] for name in names)) in card
    low, high = figures["thumbnails_test_accuracy_interval"]
    assert low < figures["published_accuracy"] == 0.774 < high, "the lesson says: within reach"
    assert figures["network_minus_thumbnails_test_auc_interval"][0] > 0, "the lesson says: it ranks better"
    assert figures["test_accuracy"] > figures["published_accuracy"]
    assert figures["test_auc_interval"][0] > 0.85
    assert figures["validation_specificity"] - figures["test_specificity"] > 0.15
    assert abs(figures["validation_sensitivity"] - figures["test_sensitivity"]) < 0.05
    for kind in ("thumbnails", "features"):
        normal, pneumonia = (
            figures[f"{kind}_test_told_from_training_{name}"] for name in ("normal", "pneumonia")
        )
        assert normal > 0.85 and normal > pneumonia + 0.1
    as_trained, _, _, local = figures["calibration_test_losses"]
    assert local < as_trained - 0.05, "the lesson says: what repairs are patients of the new hospital"
    low, high = figures["stress_auc_interval"]
    assert low <= figures["stress_auc"] <= high and high - low > 0.05


@pytest.mark.runs_lesson("solutions/03_*.py")
def test_the_lesson_runs_on_real_x_rays(root, some_real_data, tmp_path):
    """The smoke profile: what is measured there is the road, not the figures."""
    weights = some_real_data / "weights" / "mobilenet_v2_0.35_224_notop.weights.h5"
    run.run(
        root,
        only=["03"],
        profile="smoke",
        data="real",
        data_root=some_real_data / "chest_xray_224",
        parameters={
            "WEIGHTS": str(weights),
            "STRESS_ROOT": str(some_real_data / "montgomery_lung_masks"),
            "KIDNEY_ROOT": str(some_real_data / "kidney_ct_224"),
        },
        output=tmp_path,
    )
    figures = json.loads((tmp_path / "03_transfer_learning.results.json").read_text(encoding="utf-8"))[
        "figures"
    ]
    assert set(figures) == set(_recorded(root)["figures"])
    assert figures["weights"] == f"weights of {weights.name}"


def test_the_results_page_quotes_the_figures_that_were_measured(root):
    both = [_measured(root), _recorded(root)["figures"]]
    page = " ".join((root / "docs/results.md").read_text(encoding="utf-8").split())
    low, high = both[1]["test_accuracy_of_all_trainings"]
    assert f"give {100 * low:.0f} to {100 * high:.0f} % on the real test set" in page
    low, high = both[1]["thumbnails_test_accuracy_of_all_settings"]
    assert f"{100 * low:.0f} to {100 * high:.0f} % with other settings" in page
    hindsight = both[1]["test_balanced_accuracy_in_hindsight"]
    assert f"balanced accuracy would be {100 * hindsight:.0f} %" in page
    told = [both[1][f"{kind}_test_told_from_training_normal"] for kind in ("thumbnails", "features")]
    assert "AUC of {:.2f} by thumbnails and {:.2f} by the network's features".format(*told) in page
    lines = [
        line.split("|")[1:-1] for line in (root / "docs/results.md").read_text(encoding="utf-8").splitlines()
    ]
    quoted = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 5}
    for measure in MEASURES:
        expected = [_told(figures, part, measure) for figures in both for part in ("validation", "test")]
        assert quoted[measure.replace("_", " ").replace("auc", "AUC")] == expected
    rows = ("logistic regression on 16x16 thumbnails, no network",
            "the study's recipe: 10 epochs, threshold 0.5", "chosen on validation patients")  # fmt: skip
    quoted = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 3}
    for where, figures in zip(("phantom", "real"), both):
        for row, part in zip(rows, MODELS):
            assert quoted[f"{where}: {row}"] == [_told(figures, part, m) for m in ("accuracy", "auc")]


def _told(figures, part, measure):
    value, (low, high) = figures[f"{part}_{measure}"], figures[f"{part}_{measure}_interval"]
    if measure == "auc":
        return f"{value:.3f} ({low:.3f} to {high:.3f})"
    return f"{100 * value:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
