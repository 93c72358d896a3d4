"""Lesson 07's figures and verdicts, with and without deep learning. (nbval runs the executed solution itself.)"""

import json

import nbformat
import pytest
from claims import OTHER_SEEDS, failing, failing_with
from nbformat.v4 import new_code_cell

from course import kernels, project
from course.lessons import build
from course.series import run

BLOCKED = '''
import sys

class Blocked:
    """No deep learning, and no scikit-learn: this lesson is arithmetic."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "keras", "torch", "sklearn"):
            raise ImportError(f"{name} is blocked by a test")

sys.meta_path.insert(0, Blocked())
'''


def _lesson(root):
    (lesson,) = project.lessons(root, ["07"])
    return lesson


def _measured(root):
    return run.saved_results(_lesson(root).executed)["figures"]


def _recorded(root):
    return json.loads((root / "data" / "results" / "07.real.json").read_text(encoding="utf-8"))


def _holds(figures):
    """What does not depend on the images."""
    assert figures["matrices_that_fit"] == 4 and figures["called_normal"] == [191, 194]
    assert figures["agreement_of_these"] == [0.5353, 0.5385]
    assert figures["expected_of_these"] == [0.5473, 0.5485]
    assert figures["unrelated_called_at_chance"] > 0.98 and figures["kappa_025_called_at_chance"] < 0.01
    assert max(figures["most_that_the_counts_allow"]) < 0.8303 and 0.3 < figures["three_models_p"] < 0.8
    assert figures["best_of_100_overstates_wobbling"] > figures["best_of_100_overstates_calm"] > 0
    assert figures["best_of_100_reported"] - figures["best_of_100_true"] == pytest.approx(
        figures["best_of_100_overstates_wobbling"], abs=1e-5
    )


def test_the_executed_solution_shows_the_phenomenon(root):
    figures = _measured(root)
    _holds(figures)
    assert figures["accuracy_paired"] > 0.95 and figures["macro_recall_paired"] > 0.95
    assert abs(figures["macro_recall_unpaired"] - 0.25) < 0.08
    assert abs(figures["accuracy_unpaired"] - figures["expected_by_chance"]) < 0.08


def test_the_verdicts_are_those_that_the_lesson_tells(root):
    """Each table's gravest verdict; the three words are never mixed."""
    found = {}
    for line in _measured(root)["findings"]:
        table, verdict = line.rsplit(" (", 1)[0].split(": ")
        found.setdefault(table, []).append(verdict)
    assert "impossible" in found["[1] report"] and "at chance" in found["[1] report"]
    assert "impossible" in found["[1] test"]
    assert "impossible" in found["[2] row 1"] and "at chance" in found["[2] row 1"]
    for number in (2, 3, 4):
        assert "at chance" in found[f"[2] row {number}"] and "impossible" not in found[f"[2] row {number}"]
    assert "not applicable" in found["[2] row 5"] and "impossible" not in found["[2] row 5"]
    assert found["[2] three models"] == ["suspicious"]
    assert "impossible" in found["[3] row"]


def test_the_recorded_real_figures_hold(root):
    recorded = _recorded(root)
    assert (recorded["lesson"], recorded["data"], recorded["profile"]) == ("07", "real", "quick")
    figures = recorded["figures"]
    _holds(figures)
    assert figures["accuracy_paired"] > 0.99 and abs(figures["macro_recall_unpaired"] - 0.25) < 0.04
    assert abs(figures["accuracy_unpaired"] - figures["expected_by_chance"]) < 0.04
    assert set(figures) == set(_measured(root))


def test_what_the_lesson_states_holds(root):
    assert failing(_lesson(root).executed) == []


@pytest.mark.runs_lesson("solutions/07_*.py")
@pytest.mark.parametrize("seed", OTHER_SEEDS[:1])
def test_what_the_lesson_states_holds_with_other_seeds(seed, root, tmp_path):
    assert failing_with(seed, "07", root, tmp_path) == []


@pytest.mark.runs_lesson("solutions/07_*.py")
def test_the_lesson_runs_without_deep_learning(root, tmp_path):
    notebook = build.read(_lesson(root), project.address(root))
    notebook.cells.insert(0, new_code_cell(BLOCKED))
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += '\nPROFILE = "smoke"'
    notebook.cells.append(
        new_code_cell('print(any(n.startswith(("keras", "tensorflow")) for n in sys.modules))')
    )
    kernels.execute(notebook, root, tmp_path, cache=tmp_path)
    assert notebook.cells[-1].outputs[0].text == "False\n"
    assert (tmp_path / "cards" / "model_card.md").is_file()
    assert (tmp_path / "cards" / "claim_checklist.md").read_text(encoding="utf-8").count("\n| ") > 42


def test_the_card_and_the_checklist_are_shown(root):
    cells = nbformat.read(_lesson(root).executed, 4).cells
    shown = [
        output["data"]["text/markdown"]
        for cell in cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    ]
    assert any(text.startswith("# Model card") for text in shown)
    assert any(text.startswith("# Reporting checklist") for text in shown)


def test_the_results_page_quotes_the_figures_that_were_measured(root):
    text = (root / "docs/results.md").read_text(encoding="utf-8")
    measured, recorded = _measured(root), _recorded(root)["figures"]
    for key, name in (
        ("accuracy_paired", "labels of the same batch"),
        ("accuracy_unpaired", "labels from the folder"),
        ("expected_by_chance", "expected by chance"),
    ):
        values = (f"{100 * figures[key]:.1f} %" for figures in (measured, recorded))
        assert f"| {name} | {' | '.join(values)} |" in text
    reported, true = (f"{100 * measured[f'best_of_100_{what}']:.0f} %" for what in ("reported", "true"))
    assert f"reports {reported} where {true} is true" in text.replace("\n", " ")


@pytest.mark.runs_lesson("solutions/07_*.py")
def test_the_lesson_runs_on_real_images(root, real_data, tmp_path):
    """The smoke profile: what is measured there is the road, not the figures."""
    run.run(
        root, only=["07"], profile="smoke", data="real", data_root=real_data / "kidney_ct_224",
        parameters={}, output=tmp_path,
    )  # fmt: skip
    figures = json.loads((tmp_path / "07_audit.results.json").read_text(encoding="utf-8"))["figures"]
    assert set(figures) == set(_recorded(root)["figures"])
