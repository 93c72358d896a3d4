"""The heatmaps recorded for exercises without networks: as the card says, and those of lesson 06."""

import hashlib

import nbformat
import numpy as np
import pytest

from course import project
from course.lessons import maps
from course.project import CourseError
from helpers import heatmap_stats, results
from helpers.heatmap_stats.recorded import FILE, recorded_maps

ROOT = project.find_root(__file__)
ANEW = "Record the maps anew: python -m course maps, then write the checksum into data/maps/README.md."


@pytest.fixture(scope="module")
def recorded():
    return recorded_maps()


def test_the_file_is_small_and_the_one_on_the_card():
    content = FILE.read_bytes()
    assert len(content) < 300_000
    assert f"`{hashlib.sha256(content).hexdigest()}`" in (FILE.parent / "README.md").read_text(
        encoding="utf-8"
    ), ANEW


def test_shapes_and_values(recorded):
    networks, n, height, width = recorded.signed_of_pneumonia.shape
    assert (networks, n, height, width) == (5, 60, 6, 6)
    assert recorded.signed_of_predicted.shape == (networks, n, height, width)
    assert recorded.called_pneumonia.shape == (networks, n) and recorded.pneumonia.sum() == 30
    assert recorded.patients.shape == recorded.pneumonia.shape == (n,)
    assert recorded.several_of_predicted.shape == (len(recorded.several_patients), height, width)
    assert min(np.unique(recorded.several_patients, return_counts=True)[1]) > 1
    for each in (recorded.signed_of_pneumonia, recorded.signed_of_predicted, recorded.several_of_predicted):
        assert each.dtype == np.float32 and np.isfinite(each).all()
    assert recorded.signed_of_pneumonia.min() < 0 <= recorded.several_of_predicted.min()


def test_where_a_network_calls_pneumonia_both_maps_are_one(recorded):
    called = recorded.called_pneumonia
    same = np.isclose(recorded.signed_of_pneumonia, recorded.signed_of_predicted, atol=1e-5).all(axis=(2, 3))
    assert (same == called).mean() > 0.98


@pytest.mark.parametrize(
    ("name", "field", "score"),
    [
        ("pneumonia_raw", "signed_of_pneumonia", heatmap_stats.mean_raw),
        ("pneumonia_own_maximum", "signed_of_pneumonia", heatmap_stats.mean_max_normalised),
        ("predicted_own_maximum", "signed_of_predicted", heatmap_stats.mean_max_normalised),
    ],
)
def test_they_give_the_effects_of_the_lesson(recorded, name, field, score):
    executed = nbformat.read(next((ROOT / "solutions").glob("06_*.ipynb")), 4)
    (figures,) = [
        output["data"][results.SAVED_MIME]["figures"]
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if results.SAVED_MIME in output.get("data", {})
    ]
    sick = recorded.pneumonia
    values = [score(np.maximum(signed, 0)) for signed in getattr(recorded, field)]
    d = [heatmap_stats.cohens_d(each[~sick], each[sick]) for each in values]
    assert d[0] == pytest.approx(figures[f"d_{name}"], abs=0.3), ANEW
    assert [min(d), max(d)] == pytest.approx(figures[f"d_of_networks_{name}"], abs=0.5), ANEW


def test_a_lesson_that_no_longer_makes_them_is_told(tmp_path):
    (tmp_path / "solutions").mkdir()
    path = tmp_path / "solutions" / "06_heatmap_statistics.py"
    path.write_text("# %% [markdown]\n# # 06 Nothing\n\n# %%\ntest = 1\n", encoding="utf-8")
    with pytest.raises(CourseError, match="no cell makes networks, drawn, sick"):
        maps._run(project.Lesson(path), "https://github.com/a/b")


def test_the_same_arrays_give_the_same_bytes():
    arrays = {"a": np.arange(3), "b": np.array(["x", "yz"])}
    assert maps._packed(arrays) == maps._packed(arrays)
