"""Networks and their training."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_fscore_support

from helpers import datasets, models, seeds, splits, training
from helpers.deep import keras

BUILDERS = {"kidney_cnn": models.kidney_cnn, "deep_cnn": models.deep_cnn, "light_cnn": models.light_cnn}


@pytest.fixture(scope="module")
def parts():
    return splits.split(datasets.load("kidney_ct", size=32, n_images=312), by="image")


def _small(augment=None):
    return models.kidney_cnn(32, 4, filters=(4, 8, 8), units=16, augment=augment)


def _loss(model, part):
    """The mean cross-entropy."""
    answers = model.predict(part.images[..., None], verbose=0)
    return -np.log(answers[np.arange(len(part)), part.labels]).mean()


@pytest.mark.parametrize("name", BUILDERS)
def test_probabilities_and_logits_are_both_within_reach(name):
    model = BUILDERS[name](48, 3, augment=models.augmentation())
    before = [weight.numpy().copy() for weight in model.variables]
    images = np.random.default_rng(1).random((5, 48, 48, 1)).astype(np.float32)
    logits, probabilities = (m.predict(images, verbose=0) for m in (models.logits(model), model))
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(exponents / exponents.sum(axis=1, keepdims=True), probabilities, atol=1e-6)
    assert model.layers[-1].name == "probabilities" and model.output_shape == (None, 3)
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, model.variables, strict=True))


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize(("size", "channels"), [(180, 1), (47, 3)])
def test_networks_take_the_published_size_and_odd_ones(name, size, channels):
    model = BUILDERS[name](size, 4, channels=channels, filters=(4, 4, 8, 8)[: 3 if name != "deep_cnn" else 4])
    out = model.predict(np.zeros((2, size, size, channels), np.float32), verbose=0)
    assert out.shape == (2, 4) and np.allclose(out.sum(axis=1), 1)


def test_a_model_without_logits_is_told_apart():
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2, name="answer")])
    with pytest.raises(ValueError, match="no layer 'logits'; it has answer"):
        models.logits(model)


def test_the_layer_table_tells_shapes_and_parameters():
    table = models.layer_table(models.kidney_cnn(180, 4))
    assert table.loc["block1_conv"].tolist() == ["Conv2D", "180x180x32", 9 * 32 + 32]
    assert table.loc["block3_pool", "output shape"] == "22x22x128"
    assert table.loc["hidden", "parameters"] == 22 * 22 * 128 * 128 + 128
    assert table.parameters.sum() == models.kidney_cnn(180, 4).count_params()


@pytest.mark.parametrize("name", BUILDERS)
def test_saved_models_give_the_same_answers_and_keep_their_augmentation(name, tmp_path):
    model = BUILDERS[name](32, 4, augment=models.augmentation(rotation=90, contrast=0.5))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(2).random((6, 32, 32, 1)).astype(np.float32)
    np.testing.assert_allclose(again.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6)
    layer = again.get_layer("augmentation")
    assert not np.allclose(layer(images, training=True), images, atol=0.05)
    assert np.array_equal(layer(images, training=False), images)


def test_the_rotation_stays_within_its_degrees():
    """A bright dot on a radius shows the angle."""
    images = np.zeros((300, 65, 65, 1), np.float32)
    images[:, 30:35, 54:59] = 1
    turned = np.asarray(models.augmentation(rotation=20, zoom=0, contrast=0)(images, training=True))[..., 0]
    rows, columns = np.indices((65, 65)) - 32
    mass = turned.sum(axis=(1, 2))
    angle = np.degrees(
        np.arctan2((turned * rows).sum(axis=(1, 2)) / mass, (turned * columns).sum(axis=(1, 2)) / mass)
    )
    assert 17 < angle.max() < 20.7 and -20.7 < angle.min() < -17


def test_the_contrast_goes_both_ways():
    images = np.full((300, 4, 4, 1), 0.5, np.float32)
    images[:, :2] = 0.6
    out = np.asarray(models.augmentation(rotation=0, zoom=0, contrast=0.4)(images, training=True))
    ratio = (out[:, 0, 0, 0] - out[:, 3, 0, 0]) / 0.1
    assert 0.58 < ratio.min() < 0.65 and 1.35 < ratio.max() < 1.42


def test_the_scale_goes_both_ways_and_fills_with_air():
    images = np.zeros((300, 40, 40, 1), np.float32)
    images[:, 10:30, 10:30] = 1
    layer = models.augmentation(rotation=0, zoom=0.2, contrast=0)
    area = np.asarray(layer(images, training=True)).sum(axis=(1, 2, 3)) / 400
    assert 0.64 < area.min() < 0.78 and 1.35 < area.max() < 1.60
    shrunk = np.asarray(
        models.augmentation(rotation=45, zoom=0, contrast=0)(np.ones_like(images), training=True)
    )
    assert shrunk.min() == 0


@pytest.mark.parametrize("wrong", [{"rotation": -1}, {"rotation": 200}, {"zoom": 1.0}, {"contrast": -0.1}])
def test_an_augmentation_beyond_reason_is_refused(wrong):
    with pytest.raises(ValueError, match="rotation in degrees from 0 to 180"):
        models.augmentation(**wrong)


def test_training_twice_with_one_seed_gives_the_same_history(parts):
    histories = []
    for seed in (5, 5, 6):
        seeds.set_seed(seed)
        histories.append(training.fit(_small(models.augmentation()), *parts[:2], epochs=2))
    pd.testing.assert_frame_equal(histories[0], histories[1], rtol=0, atol=1e-6)
    assert (histories[0] - histories[2]).abs().to_numpy().max() > 1e-3


def test_the_history_is_that_of_the_predictions(parts):
    """With nothing random inside and a learning rate of nearly 0, each epoch's scores are those of the model."""
    model = models.light_cnn(32, 4)
    history = training.fit(model, *parts[:2], epochs=2, learning_rate=1e-12)
    for prefix, part in (("", parts[0]), ("val_", parts[1])):
        answers = model.predict(part.images[..., None], verbose=0)
        macro = precision_recall_fscore_support(
            part.labels, answers.argmax(axis=1), labels=range(4), average="macro", zero_division=0
        )
        expected = dict(zip(("precision", "recall", "f1"), macro))
        expected["accuracy"] = (answers.argmax(axis=1) == part.labels).mean()
        expected["loss"] = _loss(model, part)
        for name, value in expected.items():
            np.testing.assert_allclose(history[f"{prefix}{name}"], [value, value], atol=1e-5, err_msg=name)
    assert list(history.index) == [1, 2] and history.index.name == "epoch"


@pytest.mark.parametrize("patience", [2, None])
def test_the_best_epoch_is_kept(patience):
    """On new patients the validation loss soon rises while the training loss falls."""
    train, validation, _ = splits.split(datasets.load("kidney_ct", size=32, n_images=312))
    seeds.set_seed(3)
    model = _small()
    history = training.fit(model, train, validation, epochs=16, patience=patience, learning_rate=0.02)
    kept = history.val_loss.idxmin()
    assert kept < len(history)
    assert len(history) == (16 if patience is None else kept + patience) <= 16
    assert _loss(model, validation) == pytest.approx(history.val_loss[kept], abs=1e-5)
    assert history.val_loss.iloc[-1] - history.val_loss[kept] > 1e-3


def test_a_loss_that_explodes_is_told(parts):
    with pytest.raises(ValueError, match="no longer a finite number .* learning rate below"):
        training.fit(_small(), *parts[:2], epochs=3, learning_rate=1e38)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (lambda part: part.subset(slice(0, 0)), "the validation part holds no images"),
        (
            lambda part: datasets.load("kidney_ct", size=48, n_images=312),
            r"images are \(48, 48, 1\), the model",
        ),
    ],
)
def test_parts_that_do_not_fit_the_model(parts, change, because):
    with pytest.raises(ValueError, match=because):
        training.fit(_small(), parts[0], change(parts[1]), epochs=1)
    with pytest.raises(ValueError, match=because.replace("validation", "train")):
        training.fit(_small(), change(parts[0]), parts[1], epochs=1)


def test_labels_beyond_the_models_classes_and_no_epochs(parts):
    with pytest.raises(ValueError, match=r"labels go from 0 to 3; the model knows 0 \.\. 2"):
        training.fit(models.light_cnn(32, 3), *parts[:2], epochs=1)
    for wrong in ({"epochs": 0}, {"epochs": 2, "patience": 0}):
        with pytest.raises(ValueError, match="at least one epoch and a patience of at least 1"):
            training.fit(_small(), *parts[:2], **wrong)


PROGRESS = """
import os
from helpers import datasets, models, splits, training
parts = splits.split(datasets.load("kidney_ct", size=16, n_images=312), by="image")
training.fit(models.light_cnn(16, 4, filters=(2, 2)), *parts[:2], epochs=2)
"""


@pytest.mark.parametrize(("setting", "shown"), [("0", False), ("1", True)])
def test_a_bar_moves_once_an_epoch_and_can_be_silenced(setting, shown, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", setting)
    run = subprocess.run([sys.executable, "-c", PROGRESS], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == ""
    assert ("2/2" in run.stderr and "validation=" in run.stderr) if shown else run.stderr == ""
