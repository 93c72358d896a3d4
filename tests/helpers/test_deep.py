"""Keras on TensorFlow, whatever the shell says: imported in silence, seeded; and what training writes."""

import os
import subprocess
import sys

import pytest

# In place of the libraries, for what does not depend on them: each takes seconds to import.
KERAS = """
import os, types
config = types.SimpleNamespace(backend=lambda: os.environ["KERAS_BACKEND"], image_data_format=lambda: "channels_last")
"""
TENSORFLOW = """
import types
config = types.SimpleNamespace(get_visible_devices=list)
get_logger = lambda: types.SimpleNamespace(setLevel=str)
"""


@pytest.fixture
def stand_ins(tmp_path):
    (tmp_path / "keras.py").write_text(KERAS, encoding="utf-8")
    (tmp_path / "tensorflow.py").write_text(TENSORFLOW, encoding="utf-8")
    return str(tmp_path)


def _run(code, backend, folder=""):
    """Python with a backend in its environment, and with a folder whose modules come first."""
    path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": path},
    )


# With the libraries themselves; what is written to stderr is divided by lines of "--".
REAL = """
import os, sys
from helpers import seeds
seeds.set_seed(3)
from helpers.deep import _quiet_descriptor_2, keras, tf
for _ in range(2):
    print(float(tf.random.uniform(())), float(keras.random.uniform(())))
    seeds.set_seed(3)
print(keras.config.backend(), keras.layers.Conv2D(1, 3).data_format)
import numpy as np
from helpers import models, training
points, head = (np.eye(2)[[0, 1] * 20], np.arange(40) % 2), models.head_model(2, 2)
for setting in ("0", "1"):
    sys.stderr.write("--\\n")
    os.environ["COURSE_PROGRESS"] = setting
    training.fit(head, points, points, epochs=2)
sys.stderr.write("--\\n")
with _quiet_descriptor_2():
    os.write(2, b"the cause\\n")
    raise ImportError("failed")
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One process with another backend in its environment, and channels first in the settings of Keras."""
    home = tmp_path_factory.mktemp("keras")
    (home / "keras.json").write_text('{"image_data_format": "channels_first"}', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(home))
        return _run(REAL, "torch")


def test_keras_is_imported_in_silence_and_another_backend_and_channels_first_are_set_aside_and_told(run):
    assert run.stdout.endswith("\ntensorflow channels_last\n")
    assert run.stderr.split("--\n")[0] == (
        "KERAS_BACKEND=torch is set aside: the course computes with TensorFlow.\n"
        "image_data_format=channels_first is set aside: images are (n, h, w, channels) here.\n"
    )


def test_keras_is_seeded_when_it_is_imported_and_whenever_the_seed_is_set(run):
    imported, seeded, _ = run.stdout.splitlines()
    assert imported == seeded


def test_a_bar_moves_once_an_epoch_and_can_be_silenced(run):
    _, silent, shown, _ = run.stderr.split("--\n")
    assert silent == "" and "2/2" in shown and "validation=" in shown


def test_a_failing_import_tells_what_was_written(run):
    told = run.stderr.split("--\n")[-1]
    assert run.returncode == 1 and "the cause" in told and told.endswith("ImportError: failed\n")


@pytest.mark.parametrize(
    ("backend", "told"),
    [("jax", "KERAS_BACKEND=jax is set aside: the course computes with TensorFlow.\n"), ("tensorflow", "")],
)
def test_any_other_backend_is_set_aside_and_of_tensorflow_nothing_is_told(backend, told, stand_ins):
    run = _run("from helpers.deep import keras; print(keras.config.backend())", backend, stand_ins)
    assert (run.returncode, run.stdout, run.stderr) == (0, "tensorflow\n", told)


def test_keras_imported_before_with_another_backend_is_told(stand_ins):
    """As it would be with Keras on PyTorch, which is not installed."""
    run = _run("import keras, helpers.deep", "torch", stand_ins)
    assert run.returncode == 1 and "KERAS_BACKEND=tensorflow" in run.stderr.strip().splitlines()[-1]
