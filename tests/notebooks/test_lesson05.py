"""Lesson 05's figures, on the phantom and on real images. (nbval runs the executed solution itself.)"""

import json

import pytest
from claims import OTHER_SEEDS, failing, failing_with

from course import project
from course.series import run

ROOTS = {
    "CHEST_ROOT": "chest_xray_224",
    "STONES_ROOT": "kidney_stone_masks",
    "LUNGS_ROOT": "montgomery_lung_masks",
}
OPPONENTS = ("occlusion", "edges", "blind_map", "weights_shuffled", "uniform")


def _lesson(root):
    return project.lessons(root, ["05"])[0]


def _measured(root):
    return run.saved_results(_lesson(root).executed)["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "05.real.json").read_text(encoding="utf-8"))


def _holds(figures):
    """What must be so on whatever data: intervals around their figures, differences that are differences."""
    for key, value in figures.items():
        if key.endswith("_interval"):
            low, high = value
            assert low - 1e-9 <= figures[key.removesuffix("_interval")] <= high + 1e-9, key
    for name in ("chest", "kidney"):
        for kind in ("pointing", "energy"):
            own = figures[f"{name}_{kind}_grad_cam"]
            for opponent in OPPONENTS:
                if f"{name}_{kind}_{opponent}" not in figures:
                    assert opponent == "blind_map"  # real training images have no masks
                    continue
                apart = own - figures[f"{name}_{kind}_{opponent}"]
                # empty maps, and occlusion's one image a patient, leave other images out of either mean
                margin = 0.1 if opponent == "occlusion" else 0.02
                assert abs(apart - figures[f"{name}_{kind}_less_{opponent}"]) < margin, (name, kind, opponent)
            low, high = figures[f"{name}_{kind}_shuffled_range"]
            assert low <= high
    apart = figures["in_lungs_fine_tuned_from_there"] - figures["in_lungs_frozen"]
    assert abs(apart - figures["in_lungs_tuned_minus_frozen"]) < 0.02


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert failing(_lesson(root).executed) == []
    assert figures["kidney_energy_blind_map"] > figures["kidney_energy_grad_cam"]


@pytest.mark.runs_lesson("solutions/05_*.py")
@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_what_the_lesson_states_holds_with_other_seeds(seed, root, tmp_path):
    assert failing_with(seed, "05", root, tmp_path) == []


def test_the_recorded_real_figures_hold(root):
    recorded = _recorded(root)
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("05", "real", "quick")
    figures = recorded["figures"]
    _holds(figures)
    assert figures["accuracy_chest_interval"][0] > 0.9
    for opponent in ("uniform", "edges"):
        less = figures[f"chest_energy_less_{opponent}_interval"]
        assert less[1] < -0.05, "the lesson says: the maps avoid the lungs"
    assert figures["in_lungs_fine_tuned_from_there"] < figures["in_lungs_uniform_over_the_body"] - 0.05
    assert figures["in_lungs_tuned_minus_frozen_interval"][1] < 0.1, "after fine-tuning a little more"
    assert figures["kidney_pointing_grad_cam"] < 0.05 and figures["smaller_than_a_cell_kidney"] > 0.9
    assert figures["same_image_two_trainings"] < figures["same_training_another_patient"] + 0.15


@pytest.mark.runs_lesson("solutions/05_*.py")
def test_the_lesson_runs_on_real_images(root, some_real_data, tmp_path):
    """The smoke profile: what is measured there is the road, not the figures."""
    run.run(
        root, only=["05"], profile="smoke", data="real", data_root=some_real_data / "kidney_ct_224",
        parameters={name: str(some_real_data / folder) for name, folder in ROOTS.items()}, output=tmp_path,
    )  # fmt: skip
    figures = json.loads((tmp_path / "05_grad_cam.results.json").read_text(encoding="utf-8"))["figures"]
    assert set(figures) == set(_recorded(root)["figures"])


def test_the_results_page_quotes_the_figures_that_were_measured(root):
    lines = [
        line.split("|")[1:-1] for line in (root / "docs/results.md").read_text(encoding="utf-8").splitlines()
    ]
    quoted = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 5}
    texts = {
        "chest": ("chest phantom, inside the opacity", "real X-rays, inside the lungs"),
        "kidney": ("kidney phantom, inside the lesion", "real CT slices, inside the stone"),
    }
    for name, rows in texts.items():
        for figures, text in zip((_measured(root), _recorded(root)["figures"]), rows, strict=True):
            low, high = figures[f"{name}_energy_grad_cam_interval"]
            least, most = figures[f"{name}_energy_shuffled_range"]
            assert quoted[text] == [
                f"{100 * figures[f'{name}_energy_grad_cam']:.1f} % ({100 * low:.1f} to {100 * high:.1f})",
                f"{100 * figures[f'{name}_energy_uniform']:.1f} %",
                f"{100 * figures[f'{name}_energy_edges']:.1f} %",
                f"{100 * least:.1f} to {100 * most:.1f} %",
            ]
