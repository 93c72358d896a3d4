"""Keras on TensorFlow, whatever the shell says."""

import os
import subprocess
import sys

import pytest


def _run(code, backend):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": backend},
    )


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_another_backend_of_the_shell_is_set_aside_and_told(backend):
    run = _run("from helpers.deep import keras; print(keras.config.backend())", backend)
    assert run.returncode == 0 and run.stdout == "tensorflow\n"
    assert run.stderr == f"KERAS_BACKEND={backend} is set aside: the course computes with TensorFlow.\n"


def test_channels_first_in_the_settings_of_keras_is_set_aside_and_told(tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text('{"image_data_format": "channels_first"}', encoding="utf-8")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    run = _run("from helpers.deep import keras; print(keras.layers.Conv2D(1, 3).data_format)", "tensorflow")
    assert run.returncode == 0 and run.stdout == "channels_last\n"
    assert (
        run.stderr == "image_data_format=channels_first is set aside: images are (n, h, w, channels) here.\n"
    )


def test_keras_imported_before_with_another_backend_is_told():
    """A stand-in for Keras on PyTorch, which is not installed."""
    code = (
        "import sys, types; keras = types.ModuleType('keras'); keras.config = types.SimpleNamespace(backend=lambda: 'torch')\n"
        "sys.modules['keras'] = keras\nimport helpers.deep"
    )
    run = _run(code, "torch")
    assert run.returncode == 1 and "KERAS_BACKEND=tensorflow" in run.stderr.strip().splitlines()[-1]
