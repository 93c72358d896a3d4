"""`training.stepping`: many steps in one call give what single steps give, and leave a network as it was."""

from contextlib import nullcontext

import numpy as np
import pytest

from helpers import models, seeds
from helpers.deep import keras
from helpers.training.stepping import STEPS, together

IMAGES = np.random.default_rng(5).random((150, 16, 16, 1), np.float32)
LABELS = np.random.default_rng(6).integers(0, 2, 150)


def built():
    seeds.set_seed(4)
    model = models.quick_cnn(16, 2, filters=(2, 4))
    falling = keras.optimizers.schedules.CosineDecay(0.01, 100)
    model.compile(keras.optimizers.Adam(falling), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


network = pytest.fixture(built)


@pytest.fixture(scope="module")
def shared():
    """A network and its start: one step of it, and many, are traced once for all sizes of batches."""
    model = built()
    variables = [*model.variables, *model.optimizer.variables]
    return model, [(variable, variable.numpy()) for variable in variables]


def trained(model, batch):
    keras.utils.set_random_seed(9)
    told = model.fit(
        IMAGES, LABELS, batch_size=batch, epochs=2, validation_data=(IMAGES[:50], LABELS[:50]), verbose=0
    )
    return told.history


# An epoch of 3 steps, of 75 and of 150: fewer than STEPS, and no multiple of them.
@pytest.mark.parametrize("batch", [64, 2, 1])
def test_the_same_weights_and_the_same_history_bit_for_bit(shared, batch):
    network, start = shared
    found = []
    for many in (together(network), nullcontext()):
        for variable, value in start:
            variable.assign(value)
        with many:
            history = trained(network, batch)
        found.append((history, network.get_weights()))
    assert found[0][0] == found[1][0]
    for one, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_afterwards_the_network_takes_single_steps_again(network, eagerly):
    with together(network):
        assert network.steps_per_execution == STEPS
        trained(network, 50)
    assert (network.steps_per_execution, network.train_function, network.test_function) == (1, None, None)
    expected = float(np.mean(np.asarray(network(IMAGES)).argmax(axis=1) == LABELS))
    assert network.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)["accuracy"] == pytest.approx(
        expected
    )


def test_the_second_time_nothing_is_traced_anew_unless_it_was_compiled_anew(network, eagerly):
    functions = []
    for _ in range(2):
        with together(network):
            trained(network, 50)
            functions.append(network.train_function)
    assert functions[0] is functions[1]
    network.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    with together(network):
        trained(network, 50)
        assert network.train_function is not functions[0]


def test_an_error_leaves_the_network_as_it_was(network):
    with pytest.raises(RuntimeError, match="stop"), together(network):
        raise RuntimeError("stop")
    assert network.steps_per_execution == 1
