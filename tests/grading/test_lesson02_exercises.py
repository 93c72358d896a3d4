"""Lesson 02's exercises: the table of answers; and whether the checks' own rules are those
of Keras and of the course's bootstrap."""

from dataclasses import replace
from types import SimpleNamespace

import exercises
import numpy as np
import pytest

from helpers.checks import lesson02
from helpers.deep import keras


class TestLesson02(exercises.ExerciseTests):
    lesson, points = "02", 14


def _cases(check, *further):
    return [case[:-1] for case in check._cases] + list(further)


@pytest.mark.parametrize(
    ("shape", "layers"),
    _cases(
        lesson02.conv_stack,
        ((64, 47, 1), [("conv", 6, 4, 3, "valid"), ("conv", 5, 3, 4, "same"), ("pool", 2)]),
        ((20, 31, 2), [("conv", 3, 2, 1, "same"), ("pool", 3), ("conv", 4, 1, 2, "valid")]),
    ),
)
def test_shapes_and_parameters_are_those_of_keras(shape, layers):
    made = [
        keras.layers.MaxPooling2D(layer[1])
        if layer[0] == "pool"
        else keras.layers.Conv2D(layer[1], layer[2], layer[3], layer[4])
        for layer in layers
    ]
    model = keras.Sequential([keras.Input(shape), *made])
    assert lesson02.stack(shape, layers) == (model.output_shape[1:], model.count_params())


@pytest.mark.parametrize("seed", range(30))
def test_stopping_is_that_of_keras(seed):
    rng = np.random.default_rng(seed)
    patience = int(rng.integers(1, 6))
    losses = rng.integers(3, 12, 20) / 10 - 0.02 * np.arange(20) * (seed % 2)
    stopper = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    model = SimpleNamespace(stop_training=False, get_weights=list, set_weights=lambda weights: None)
    stopper.set_model(model)
    stopper.on_train_begin()
    for epoch, loss in enumerate(losses):
        stopper.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    assert lesson02.stop(losses, patience) == (stopper.best_epoch + 1, epoch + 1)


def test_intervals_are_judged_alike_whatever_the_seed():
    """Right answers that draw other numbers pass; the 5th and 95th percentile never do."""
    row = exercises.answers("02")["patient_interval"][-1]  # the quickest
    narrow = replace(row, code=row.code.replace("[0.025, 0.975]", "[0.05, 0.95]"))
    assert narrow != row
    right, narrow = exercises.function(row), exercises.function(narrow)
    for shift in range(1000, 1020):
        for answer, state in ((right, "right"), (narrow, "wrong")):
            shifted = lesson02.patient_interval(
                lambda c, g, n, seed, answer=answer, by=shift: answer(c, g, n, seed + by)
            )
            assert shifted.state == state, shifted
