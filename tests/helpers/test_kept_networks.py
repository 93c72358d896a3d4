"""Trained networks in the course's cache: the right one comes back, and any change trains anew."""

import errno
import shutil

import numpy as np
import pandas as pd
import pytest

from helpers import models, seeds, training
from helpers.deep import keras, tf
from helpers.imbalance.losses import FocalLoss
from helpers.training import digests, keeping

pytestmark = pytest.mark.usefixtures("eagerly")  # two epochs of one batch
RNG = np.random.default_rng(0)
X, Y = RNG.random((24, 32, 32, 1)).astype(np.float32), np.arange(24) % 3
PARTS = (X[:16], Y[:16]), (X[16:], Y[16:])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return tmp_path / "trainings"


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A cache that holds what `_kept()`, `_kept(_linear("tanh"))` and `_once()` learn."""
    cache = tmp_path_factory.mktemp("cache")
    tf.config.run_functions_eagerly(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(cache))
        _kept(), _kept(_linear("tanh")), _once()
    return cache / "trainings"


@pytest.fixture
def known(folder, begun):
    """The test's own folder, with those three trainings in it."""
    return shutil.copytree(begun, folder)


@pytest.fixture
def trainings(monkeypatch):
    """The options of each training that was really done."""
    done = []

    def fit(model, train, validation, **options):
        done.append(options)
        return training.fit(model, train, validation, **options)

    monkeypatch.setattr(keeping, "fit", fit)
    return done


def _network(seed=1, filters=4):
    seeds.set_seed(seed)
    return models.light_cnn(32, 3, filters=(filters, 8), augment=models.augmentation())


def _kept(model=None, train=PARTS[0], validation=PARTS[1], **options):
    model = model or _network()
    return model, training.kept(model, train, validation, **({"epochs": 2, "progress": False} | options))


def test_a_network_is_trained_once_and_comes_back_the_same(folder, trainings):
    (first, history), (second, again) = _kept(), _kept(progress=None)
    assert len(trainings) == 1 and [path.suffix for path in folder.iterdir()] == [".npz"]
    start = _network()
    for a, b, untrained in zip(first.get_weights(), second.get_weights(), start.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)  # read back, not computed again
    assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(first.get_weights(), start.get_weights()))
    np.testing.assert_allclose(first(X), second(X), atol=1e-6)
    pd.testing.assert_frame_equal(history, again)
    assert list(again.index) == [1, 2] and again.index.name == "epoch"


CHANGES = {
    "seed": lambda: _kept(_network(seed=2)),
    "filters": lambda: _kept(_network(filters=5)),
    "other network, same shapes": lambda: _kept(_linear("relu")),
    "learning rate": lambda: _kept(learning_rate=1e-4),
    "epochs": lambda: _kept(epochs=1),
    "class weights": lambda: _kept(class_weights=[1.0, 2.0, 1.0]),
    "loss": lambda: _kept(loss=FocalLoss(3.0)),
    "focusing": lambda: _kept(loss=FocalLoss(2.0)),
    "which epoch": lambda: _kept(keep="last"),
    "images": lambda: _kept(train=(1 - X[:16], Y[:16])),
    "labels": lambda: _kept(train=(X[:16], Y[1:17])),
    "fewer images": lambda: _kept(train=(X[:15], Y[:15])),
    "validation": lambda: _kept(validation=(X[16:], Y[15:23])),
}


def _linear(activation):
    seeds.set_seed(1)
    return keras.Sequential(
        [
            keras.layers.Input((32, 32, 1)),
            keras.layers.AveragePooling2D(8),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation=activation),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_it_is_trained_anew(known, trainings, change):
    _kept(_linear("tanh") if change == "other network, same shapes" else None)
    assert not trainings
    CHANGES[change]()
    assert len(trainings) == 1, change
    CHANGES[change]()
    assert len(trainings) == 1, "and kept"


def test_a_change_of_the_helpers_own_code_trains_anew(known, trainings, tmp_path, monkeypatch):
    _kept()
    assert not trainings
    copy = tmp_path / "helpers"
    for pattern in digests.SOURCES:
        path = copy / pattern.replace("*", "some")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    monkeypatch.setattr(digests.helpers, "__file__", str(copy / "__init__.py"))
    _kept()
    assert len(trainings) == 1
    for count, changed in enumerate(
        ("training/some.py", "imbalance/some.py", "cross_validation.py"), start=2
    ):
        (copy / changed).write_text("RATE = 1\n", encoding="utf-8")
        _kept()
        assert len(trainings) == count, changed


def test_class_weights_of_any_kind_are_told_apart(folder, trainings):
    for weights in (
        {0: 1.0, 1: 2.0, 2: 5.0},
        pd.Series([1.0, 2.0, 5.0]),
        {np.int64(k): k + 1 for k in range(3)},
    ):
        _kept(class_weights=weights, epochs=1)
        _kept(class_weights=weights, epochs=1)
    assert len(trainings) == 2, "a dict and a Series of the same weights are the same"


def test_names_that_keras_makes_up_do_not_count(folder, trainings):
    _kept(_linear("relu"))
    _linear("relu"), _linear("relu")  # dense_7, dense_8 ...
    _kept(_linear("relu"))
    assert len(trainings) == 1


@pytest.mark.parametrize("damage", [lambda content: content[:500], lambda content: b""])
def test_damaged_files_are_replaced(known, trainings, damage):
    for path in known.iterdir():
        path.write_bytes(damage(path.read_bytes()))
    _kept()
    _kept()
    assert len(trainings) == 1


def test_on_a_full_disk_a_training_is_done_and_not_kept(folder, trainings, monkeypatch):
    def full(*paths, **arrays):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keeping.np, "savez", full)
    with pytest.warns(UserWarning, match="not kept in .*No space left"):
        model, history = _kept()
    assert len(history) == 2 and not list(folder.iterdir())
    assert any(np.abs(a - b).max() > 0 for a, b in zip(model.get_weights(), _network().get_weights()))


def test_a_network_that_is_not_compiled_is_refused(folder):
    with pytest.raises(ValueError, match="not compiled"):
        training.once(_linear("relu"), X, Y, epochs=1)


def test_a_training_that_fails_leaves_nothing(folder):
    with pytest.raises(ValueError, match="at least one epoch"):
        _kept(epochs=0)
    assert not folder.exists() or not list(folder.iterdir())


def test_an_option_that_cannot_be_told_is_refused(folder):
    with pytest.raises(ValueError, match="cannot tell what"):
        _kept(loss=object())


@pytest.mark.parametrize("frozen", [False, True])
def test_networks_that_share_a_trainer_learn_what_each_would_learn_alone(folder, frozen):
    def begun(seed):
        model = _network(seed)
        model.get_layer("block1_conv").trainable = not frozen
        return model

    _kept(begun(1))
    together, history = _kept(begun(2))
    alone = begun(2)
    expected = training.fit(alone, *PARTS, epochs=2, progress=False)
    pd.testing.assert_frame_equal(history, expected)
    for one, other in zip(together.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def _compiled(seed=1, rate=0.01, loss="sparse_categorical_crossentropy", metrics=("accuracy",), layer=None):
    model = _linear("relu") if layer is None else keras.Sequential([layer, _linear("relu")])
    seeds.set_seed(seed)
    model.set_weights([np.random.uniform(-0.5, 0.5, weights.shape) for weights in model.get_weights()])
    model.compile(keras.optimizers.Adam(rate), loss, metrics=list(metrics))
    return model


def _once(model=None, images=X, labels=Y, **options):
    model = model or _compiled()
    seeds.set_seed(1)
    return model, training.once(model, images, labels, **({"epochs": 2, "batch_size": 8} | options))


@pytest.fixture
def fits(monkeypatch):
    """The options of each call of Keras's `fit`."""
    done, fit = [], keras.Model.fit

    def counted(model, *args, **options):
        done.append(options)
        return fit(model, *args, **options)

    monkeypatch.setattr(keras.Model, "fit", counted)
    return done


def _same(one, other):
    values = [[variable.numpy() for variable in [*a.variables, *a.optimizer.variables]] for a in (one, other)]
    return all(np.array_equal(a, b) for a, b in zip(*values, strict=True))


def test_keras_own_fit_is_done_once_and_goes_on_from_there(folder, fits):
    (first, history), (second, again) = _once(), _once()
    assert len(fits) == 1 and history == again and list(history) == ["accuracy", "loss"]
    assert [len(column) for column in history.values()] == [2, 2]
    assert _same(first, second)
    usual = _compiled()
    seeds.set_seed(1)
    usual.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    assert _same(first, usual), "the weights and the optimizer's state that Keras's fit gives"
    fits.clear()
    for model in (first, second):
        _once(model, epochs=1)
    assert len(fits) == 1 and _same(first, second), "going on is a training of its own, and kept, too"
    untouched = _compiled()
    _once(untouched, epochs=1)
    assert len(fits) == 2 and not _same(first, untouched)


@pytest.mark.parametrize(
    "change",
    [
        lambda: _once(_compiled(seed=2)),
        lambda: _once(_compiled(rate=0.02)),
        lambda: _once(_compiled(rate=keras.optimizers.schedules.CosineDecay(0.01, 9))),
        lambda: _once(_compiled(loss=FocalLoss(3.0))),
        lambda: _once(_compiled(loss=FocalLoss(2.0))),
        lambda: _once(_compiled(metrics=())),
        lambda: _once(images=1 - X),
        lambda: _once(labels=(Y + 1) % 3),
        lambda: _once(epochs=1),
        lambda: _once(batch_size=12),
        lambda: _once(class_weight={0: 1.0, 1: 2.0, 2: 1.0}),
        lambda: _once(validation_data=(X[:8], Y[:8])),
    ],
)
def test_whatever_changes_keras_fits_anew(known, fits, change):
    _once()
    assert not fits
    change()
    assert len(fits) == 1
    change()
    assert len(fits) == 1, "and kept"


def _own(true, given):
    return keras.losses.sparse_categorical_crossentropy(true, given)


class OwnLoss(keras.losses.SparseCategoricalCrossentropy):
    pass


class OwnLayer(keras.layers.Layer):
    def call(self, inputs):
        return inputs


class OwnMetric(keras.metrics.SparseCategoricalAccuracy):
    pass


@pytest.mark.parametrize(
    "own",
    [
        lambda: {"loss": _own},
        lambda: {"loss": OwnLoss()},
        lambda: {"layer": OwnLayer()},
        lambda: {"metrics": [OwnMetric()]},
    ],
)
def test_what_may_change_unseen_is_trained_each_time(folder, fits, own):
    for _ in range(2):
        _once(_compiled(**own()), epochs=1)
    assert len(fits) == 2 and not folder.exists()


def test_nor_is_a_training_kept_with_options_that_nobody_can_know_again(folder, fits):
    for _ in range(2):
        _once(callbacks=[keras.callbacks.TerminateOnNaN()], epochs=1)
    assert len(fits) == 2 and not folder.exists()
