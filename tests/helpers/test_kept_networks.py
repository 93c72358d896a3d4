"""Trained networks in the course's cache."""

import numpy as np
import pandas as pd
import pytest

from helpers import models, seeds, training
from helpers.deep import keras


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return tmp_path / "models"


def _maker(calls):
    def make():
        calls.append(1)
        seeds.set_seed(len(calls))
        model = models.light_cnn(32, 3, augment=models.augmentation())
        return model, pd.DataFrame({"loss": [1.0, 0.25]}, index=pd.RangeIndex(1, 3, name="epoch"))

    return make


def test_a_network_is_trained_once_and_then_read(folder):
    calls, x = [], np.random.default_rng(0).random((4, 32, 32, 1)).astype(np.float32)
    depends_on = {"seed": 7, "images": x}
    (first, history), (second, again) = (training.kept("cnn", depends_on, _maker(calls)) for _ in range(2))
    assert len(calls) == 1 and [path.suffix for path in sorted(folder.iterdir())] == [".csv", ".keras"]
    np.testing.assert_allclose(first.predict(x, verbose=0), second.predict(x, verbose=0), atol=1e-6)
    pd.testing.assert_frame_equal(history, again)
    assert isinstance(second, keras.Model) and [layer.name for layer in second.layers] == [
        layer.name for layer in first.layers
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"images": np.ones((2, 3))},
        {"images": np.zeros((3, 2))},
        {"more": [1]},
        {"classes": ["b", "a"]},
    ],
)
def test_whatever_changes_it_is_trained_anew(folder, change):
    calls = []
    depends_on = {"seed": 7, "images": np.zeros((2, 3)), "classes": ["a", "b"]}
    for given in (depends_on, depends_on | change, depends_on):
        training.kept("cnn", given, _maker(calls))
    assert len(calls) == 2


@pytest.mark.parametrize("damage", ["cut", "no history"])
def test_damaged_files_are_replaced(folder, damage):
    calls = []
    training.kept("cnn", {"seed": 7}, _maker(calls))
    (model,), (table,) = folder.glob("*.keras"), folder.glob("*.csv")
    if damage == "cut":
        model.write_bytes(model.read_bytes()[:500])
    else:
        table.unlink()
    training.kept("cnn", {"seed": 7}, _maker(calls))
    training.kept("cnn", {"seed": 7}, _maker(calls))
    assert len(calls) == 2


def test_a_training_that_fails_leaves_nothing(folder):
    with pytest.raises(ZeroDivisionError):
        training.kept("cnn", {"seed": 7}, lambda: 1 / 0)
    assert not folder.exists() or not list(folder.iterdir())
