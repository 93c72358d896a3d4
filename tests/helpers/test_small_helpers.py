"""Windows, seeds, results, parameters, plots, the data set contract."""

import base64
import errno
import io
import json
import random
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from helpers import datasets, evaluation, parameters, plots, results, seeds, windows


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: a list of (data, options)."""
    seen = []
    for module in (plots.base, results, parameters):
        monkeypatch.setattr(module, "display", lambda data, **options: seen.append((data, options)))
    return seen


def test_window_maps_its_ends_and_level():
    assert windows.to_unit([-160, 40, 240, -2000, 3000], *windows.ABDOMEN).tolist() == [0, 0.5, 1, 0, 1]
    assert windows.to_unit(np.zeros((2, 3), np.int16), 0, 10).dtype == np.float32
    with pytest.raises(ValueError, match="positive"):
        windows.to_unit(0, 40, 0)


def test_one_seed_sets_them_all():
    draws = []
    for _ in range(2):
        seeds.set_seed(11)
        draws.append((random.random(), np.random.rand(), seeds.generator(11, 1).random()))
    assert draws[0] == draws[1]
    assert seeds.generator(11, 1).random() != seeds.generator(11, 2).random()


@pytest.mark.parametrize("seed", [-1, 7.5, "7", None, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="a seed is a whole number, 0 or above, not"):
        seeds.set_seed(seed)
    for arguments in ((seed,), (7, seed)):
        with pytest.raises(ValueError, match="a seed is a whole number"):
            seeds.generator(*arguments)
    seeds.set_seed(np.int64(7))


def test_lesson_helpers_do_not_import_tensorflow():
    code = "import sys; from helpers import datasets, localization, plots, splits, results; from helpers.checks import lesson01, lesson02, lesson03; print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_results_are_saved_by_lesson_data_profile_and_seed(shown, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    figures = {
        "accuracy": np.float32(0.123456789),
        "count": np.int64(3),
        "interval": (0.1, np.float64(0.2)),
        "name": "x",
        "array of no dimensions": np.array(0.5),
    }
    path = results.save("09", figures, profile="smoke", data="phantom", seed=5)
    assert path == tmp_path / "results" / "09.phantom.smoke.5.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["figures"] == {"accuracy": 0.123457, "count": 3, "interval": [0.1, 0.2], "name": "x"} | {
        "array of no dimensions": 0.5
    }
    assert shown[0][0][results.SAVED_MIME] == content


@pytest.mark.parametrize("value", [float("nan"), np.inf, None, {"a": 1}])
def test_results_that_are_no_finite_figures_are_refused(value):
    with pytest.raises(ValueError, match="'wrong'"):
        results.save("09", {"wrong": value}, profile="smoke", data="phantom", seed=5)


def test_recorded_figures_stand_beside_those_of_the_run(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RECORDED", tmp_path)
    (tmp_path / "09.real.json").write_text(
        json.dumps({"figures": {"a": 0.25, "b": [0.1, 0.2]}}), encoding="utf-8"
    )
    results.compare_with_recorded("09", {"a": 0.5, "b": (0.3, 0.4), "c": 7}, {"a": "A", "b": "B", "c": "C"})
    data = shown[0][0]
    assert data[results.RECORDED_MIME] == {"a": 0.25, "b": [0.1, 0.2]}
    assert all(text in data["text/html"] for text in ("0.250", "0.100 to 0.200", "not recorded"))
    assert results.recorded("08") == {}


PROFILES = {name: {"size": number} for number, name in enumerate(("smoke", "quick", "full"))}


def test_parameters_give_the_sizes_and_show_the_table(shown):
    assert parameters.choose("quick", "phantom", "", PROFILES) == {"size": 1}
    assert shown[0][0].loc["quick", "chosen"] == "yes"


def test_a_cache_that_cannot_be_written_is_told_in_the_first_cell(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("COURSE_CACHE", str(place))
        with pytest.raises(OSError, match=r"file.*COURSE_CACHE to a folder that can be written"):
            parameters.choose("quick", "phantom", "", PROFILES)


def test_a_full_disk_is_told_in_the_first_cell(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, content):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(results.tempfile, "TemporaryFile", lambda **options: Full())
    with pytest.raises(OSError, match=r"No space left.*COURSE_CACHE to a folder that can be written"):
        parameters.choose("quick", "phantom", "", PROFILES)


def test_unknown_parameter_values_list_the_choices():
    with pytest.raises(ValueError, match="PROFILE = 'fast'.*'smoke'.*'quick'.*'full'"):
        parameters.choose("fast", "phantom", "", PROFILES)
    with pytest.raises(ValueError, match="DATA = 'mine'.*'phantom'.*'real'"):
        parameters.choose("quick", "mine", "", PROFILES)
    with pytest.raises(ValueError, match="DATA_ROOT"):
        parameters.choose("quick", "real", " ", PROFILES)


def test_show_hands_over_the_picture_with_its_alt_text(shown):
    plt.close("all")  # what other tests in this process have left open
    for photo, mime, magic in ((False, "image/png", "iVBOR"), (True, "image/jpeg", "/9j/")):
        figure, _ = plt.subplots()
        plots.show(figure, "A line that rises.", photo=photo)
        data, options = shown.pop()
        assert data[mime].startswith(magic) and options["metadata"][mime]["alt"] == "A line that rises."
        picture = Image.open(io.BytesIO(base64.b64decode(data[mime])))
        assert picture.mode == ("RGB" if photo else "P")  # charts have a palette: their files are small
    assert not plt.get_fignums()
    with pytest.raises(ValueError, match="alt="):
        plots.show(plt.figure(), " ")


def test_montage_outlines_only_what_has_a_mask(kidney):
    chosen = [int(np.flatnonzero(kidney.labels == label)[0]) for label in range(4)]
    figure = plots.montage(kidney.images[chosen], list(kidney.class_names), kidney.masks[chosen], columns=3)
    outlined = [len(axis.collections) for axis in figure.axes]
    assert len(outlined) == 6 and outlined[:4] == [1, 0, 1, 1]
    plt.close(figure)


def _fields(n=3):
    return {
        "images": np.zeros((n, 2, 2), np.float32), "labels": np.zeros(n, int), "class_names": ("A", "B"),
        "groups": np.array(["p"] * n), "masks": None, "provenance": "test", "card": "none",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"images": np.zeros((3, 2, 2))},
        {"images": np.full((3, 2, 2), 1.5, np.float32)},
        {"images": np.full((3, 2, 2), np.nan, np.float32)},
        {"labels": np.zeros(2, int)},
        {"labels": np.array([0, 1, 2])},
        {"masks": np.zeros((3, 2, 2))},
        {"groups": np.array(["p"])},
    ],
)
def test_the_data_set_contract_is_enforced(wrong):
    with pytest.raises(ValueError):
        datasets.Dataset(**(_fields() | wrong))


def test_subset_takes_masks_confounders_and_groups_along(kidney):
    for index in (np.array([5, 2]), kidney.labels == 3, slice(0, 4)):
        part = kidney.subset(index)
        assert np.array_equal(part.images, kidney.images[index]) and np.array_equal(
            part.masks, kidney.masks[index]
        )
        assert np.array_equal(part.groups, kidney.groups[index])
        assert np.array_equal(part.confounders["contrast"], kidney.confounders["contrast"][index])
        assert part.class_names == kidney.class_names


@pytest.mark.parametrize("name", datasets.NAMES)
def test_every_set_has_a_phantom_under_the_contract_and_a_card(name):
    from pathlib import Path

    cohort = datasets.load(name, size=48)
    assert cohort.images.shape[1:] == (48, 48) and cohort.masks.any() and cohort.confounders
    assert cohort.images.std() > 0.05
    card = Path(cohort.card).read_text(encoding="utf-8")
    for heading in (
        "# Data set card",
        "## Known traps",
        "## What the phantom is",
        "## What neither may be used for",
    ):
        assert heading in card


def test_the_card_exists_and_the_summary_adds_up(kidney):
    from pathlib import Path

    assert Path(kidney.card).is_file()
    summary = kidney.summary()
    assert summary.images.sum() == 1248 and summary.groups.sum() == 104


def test_the_memory_limit_can_be_raised_and_lowered():
    pixels = 4 * 312 * 32 * 32
    with pytest.raises(datasets.DatasetError, match="memory_limit= raises the limit"):
        datasets.load("kidney_ct", size=32, n_images=312, memory_limit=pixels - 1)
    assert len(datasets.load("kidney_ct", size=32, n_images=312, memory_limit=pixels)) == 312


def _history():
    """Three epochs; each column has values of its own."""
    columns = [
        f"{p}{name}" for p in ("", "val_") for name in ("loss", "accuracy", "precision", "recall", "f1")
    ]
    values = {name: np.array([0.5, 0.4, 0.6]) + number / 50 for number, name in enumerate(columns)}
    return pd.DataFrame(values, index=[1, 2, 3])


def test_training_curves_stand_where_their_names_say():
    history = _history()
    figure = plots.training_curves(history, "title")
    legend = next(axis.get_legend() for axis in figure.axes if axis.get_legend())
    colours = [handle.get_color() for handle in legend.legend_handles[:2]]
    assert [text.get_text().split()[0] for text in legend.texts[:2]] == ["training", "validation"]
    panels = {
        axis.get_title(loc="left").removesuffix(" (%)").lower(): axis for axis in figure.axes if axis.lines
    }
    assert set(panels) == {"loss", "accuracy", "precision", "recall", "f1"}
    for name, axis in panels.items():
        curves = {line.get_color(): line.get_ydata() for line in axis.lines if len(line.get_xdata()) == 3}
        for colour, column in zip(colours, (name, f"val_{name}"), strict=True):
            expected = history[column] * (1 if name == "loss" else 100)
            np.testing.assert_allclose(curves[colour], expected, err_msg=column)
        assert axis.get_ylim()[0] == 0
    plt.close(figure)


def test_training_curves_mark_the_best_epochs():
    history = _history()
    figure = plots.training_curves(history, "title")
    panels = [axis for axis in figure.axes if axis.lines]
    assert len(panels) == 5 and len(figure.axes) == 6
    for axis in panels:
        marked = [line.get_xdata()[0] for line in axis.lines if len(set(line.get_xdata())) == 1]
        assert marked == [2, 3], "lowest validation loss, highest validation accuracy"
    texts = [text.get_text() for axis in figure.axes if axis.get_legend() for text in axis.get_legend().texts]
    assert any("loss: epoch 2" in text for text in texts)
    assert any("accuracy: epoch 3" in text for text in texts)
    plt.close(figure)


def _tick_names(axis):
    """Height on the axis -> name beside it."""
    return dict(zip(axis.get_yticks().tolist(), [label.get_text() for label in axis.get_yticklabels()]))


def _bar_lengths(axis):
    """(name of the nearest tick, colour) -> length."""
    names = _tick_names(axis)
    return {
        (names[round(bar.get_y() + bar.get_height() / 2)], to_hex(bar.get_facecolor())): bar.get_width()
        for bar in axis.patches
    }


def test_bars_stand_beside_their_names_from_the_top_down():
    figure, axis = plt.subplots()
    plots.bars_with_intervals(axis, {"a": (0.25, (0.125, 0.75), "red"), "b": (0.5, None, "blue")})
    assert _bar_lengths(axis) == {("a", to_hex("red")): 25, ("b", to_hex("blue")): 50}
    assert _tick_names(axis) == {1: "a", 0: "b"} and not axis.yaxis_inverted()
    assert [line.get_xydata().tolist() for line in axis.lines] == [[[12.5, 1], [75, 1]]]
    assert [text.get_text() for text in axis.texts] == ["25 % (12 % to 75 %)", "50 %"]
    plt.close(figure)


def test_metric_bars_show_figures_with_and_without_intervals():
    figure, axis = plt.subplots()
    with_interval = {
        "accuracy": evaluation.Estimate(0.5, 0.4, 0.7),
        "F1": evaluation.Estimate(0.25, 0.2, 0.3),
    }
    plots.metric_bars(
        axis, {"ours": (with_interval, "r"), "published": ({"accuracy": 0.9957, "F1": 0.9934}, "b")}
    )
    ours, published = to_hex("r"), to_hex("b")
    lengths = {
        ("accuracy", ours): 50,
        ("F1", ours): 25,
        ("accuracy", published): 99.57,
        ("F1", published): 99.34,
    }
    assert _bar_lengths(axis) == pytest.approx(lengths)
    handles, labels = axis.get_legend_handles_labels()
    assert labels == ["ours", "published"]
    assert [to_hex(handle.patches[0].get_facecolor()) for handle in handles] == [ours, published]
    assert [tuple(line.get_xdata()) for line in axis.lines] == [(40, 70), (20, 30)]
    assert [text.get_text() for text in axis.texts] == ["50.0 %", "25.0 %", "99.57 %", "99.34 %"]
    plt.close(figure)
