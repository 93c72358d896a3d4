"""Lesson 05's figures, on the phantom and on real images. (nbval runs the executed solution itself.)"""

import json

from course import project
from course.series import run

ROOTS = {
    "CHEST_ROOT": "chest_xray_224",
    "STONES_ROOT": "kidney_stone_masks",
    "LUNGS_ROOT": "montgomery_lung_masks",
}


def _measured(root):
    (lesson,) = project.lessons(root, ["05"])
    return run.saved_results(lesson.executed)["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "05.real.json").read_text())


def _holds(figures):
    """What lesson 05 tells must be so, on whatever data."""
    assert figures["sum_is_logit_less_bias"] and figures["random_labels_known_by_heart"] > 0.8
    for name in ("chest", "kidney"):
        for kind in ("energy", "pointing"):
            value = {what: figures[f"{name}_{kind}_{what}"] for what in ("map", "chance", "difference")}
            assert abs(value["map"] - value["chance"] - value["difference"]) < 1e-4
            for what, number in value.items():
                low, high = figures[f"{name}_{kind}_{what}_interval"]
                assert low <= number <= high
        low, high = figures[f"{name}_energy_less_shuffled_interval"]
        assert low <= figures[f"{name}_energy_less_shuffled"] <= high
        for opponent in ("edges", "occlusion", "blind_map"):
            key = f"{name}_energy_{opponent}"
            if opponent == "blind_map" and key not in figures:
                continue  # real training images have no masks
            less = figures[f"{name}_energy_less_{opponent}"]
            for number, (low, high) in (
                (figures[key], figures[f"{key}_interval"]),
                (less, figures[f"{name}_energy_less_{opponent}_interval"]),
            ):
                assert low <= number <= high
            # empty maps are left out of each mean, so the difference need not be exact
            assert abs(figures[f"{name}_energy_map"] - figures[key] - less) < 0.01
    # The letter: an experiment on the phantom, whatever the data.
    assert figures["corner_letter_goes_with_the_disease_interval"][0] > 0.5
    assert figures["corner_letter_means_nothing_interval"][1] < 0.35


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert figures["accuracy_chest"] > 0.88 and figures["accuracy_kidney"] < 0.8
    assert figures["chest_energy_difference_interval"][0] > 0.005, "more than chance"
    assert figures["chest_energy_less_shuffled_interval"][0] > 0.01, "more than shuffled networks"
    assert figures["chest_energy_map"] < 0.2, "nine tenths lie elsewhere, or nearly"
    low, high = figures["kidney_energy_difference_interval"]
    assert low < 0.005 and high < 0.02, "the kidney network: no more than chance"
    assert figures["chest_energy_less_edges_interval"][0] > 0.01, "more than edges"
    for name in ("chest", "kidney"):
        assert figures[f"{name}_energy_less_blind_map_interval"][1] < -0.01, "the blind map wins by far"
    assert abs(figures["spearman_all_shuffled"]) < 0.6
    assert figures["deletion_blurred"] > 0.8, "the lesson says that blurred lungs are called pneumonia"


def test_the_recorded_real_figures_hold(root):
    recorded = _recorded(root)
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("05", "real", "quick")
    figures = recorded["figures"]
    _holds(figures)
    assert figures["accuracy_chest"] > 0.9, "the lesson says: right nearly always"
    assert figures["chest_energy_less_shuffled_interval"][1] < 0, (
        "the lesson says: less than shuffled networks"
    )
    for name in ("chest", "kidney"):
        assert figures[f"{name}_energy_less_edges_interval"][1] < 0, "the lesson says: edges have more inside"
        low, high = figures[f"{name}_energy_shuffled"]
        assert low < figures[f"{name}_energy_map"] < high, "the lesson says: among the shuffled networks"
    assert figures["kidney_energy_less_occlusion_interval"][1] < 0, "and so has occlusion, on the stones"
    low, high = figures["chest_pointing_difference_interval"]
    assert low < 0 < high, "the lesson says: no difference from chance on the X-rays"
    assert figures["kidney_pointing_difference_interval"][0] > 0, "and more than chance on the stones"
    for what in ("difference", "less_shuffled"):
        assert 0 < figures[f"kidney_energy_{what}_interval"][0] < figures[f"kidney_energy_{what}"] < 0.01


def test_the_lesson_runs_on_real_images(root, real_data, tmp_path):
    """The smoke profile: what is measured there is the road, not the figures."""
    run.run(
        root, only=["05"], profile="smoke", data="real", data_root=real_data / "kidney_ct_224",
        parameters={name: str(real_data / folder) for name, folder in ROOTS.items()}, output=tmp_path,
    )  # fmt: skip
    figures = json.loads((tmp_path / "05_grad_cam.results.json").read_text())["figures"]
    assert set(figures) == set(_recorded(root)["figures"])


def test_the_readme_quotes_the_figures_that_were_measured(root):
    lines = [line.split("|")[1:-1] for line in (root / "README.md").read_text().splitlines()]
    quoted = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 4}
    for figures, (chest, kidney) in (
        (_measured(root), ("chest phantom, inside the opacity", "kidney phantom, inside the lesion")),
        (
            _recorded(root)["figures"],
            ("real chest X-rays, inside the lungs", "real CT slices, inside the stone"),
        ),
    ):
        for name, text in (("chest", chest), ("kidney", kidney)):
            low, high = figures[f"{name}_energy_difference_interval"]
            assert quoted[text] == [
                f"{100 * figures[f'{name}_energy_map']:.2f} %",
                f"{100 * figures[f'{name}_energy_chance']:.2f} %",
                f"{100 * figures[f'{name}_energy_difference']:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})",
            ]
