"""Keras on TensorFlow, whatever the shell says."""

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


def test_another_backend_and_channels_first_are_set_aside_and_told(tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text('{"image_data_format": "channels_first"}', encoding="utf-8")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    settings = "print(keras.config.backend(), keras.layers.Conv2D(1, 3).data_format)"
    run = _run(f"from helpers.deep import keras; {settings}", "torch")
    assert run.returncode == 0 and run.stdout == "tensorflow channels_last\n"
    assert run.stderr == (
        "KERAS_BACKEND=torch is set aside: the course computes with TensorFlow.\n"
        "image_data_format=channels_first is set aside: images are (n, h, w, channels) here.\n"
    )


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
