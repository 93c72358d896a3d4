"""Networks and their training."""

import inspect

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_fscore_support

from helpers import datasets, models, seeds, splits, training
from helpers.deep import keras, tf
from helpers.training.restarting import copy_state

pytestmark = pytest.mark.usefixtures("eagerly")  # most trainings here take a few steps
BUILDERS = {"kidney_cnn": models.kidney_cnn, "deep_cnn": models.deep_cnn, "light_cnn": models.light_cnn}


@pytest.fixture
def with_graphs(eagerly):
    """For many steps, and for what depends on functions that TensorFlow has traced."""
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def parts():
    return splits.split(datasets.load("kidney_ct", size=32, n_images=312), by="image")


def _small(augment=None):
    return models.kidney_cnn(32, 4, filters=(4, 8, 8), units=16, augment=augment)


def _loss(model, part):
    """The mean cross-entropy."""
    answers = np.asarray(model(part.images[..., None]))
    return -np.log(answers[np.arange(len(part)), part.labels]).mean()


@pytest.mark.parametrize("name", BUILDERS)
def test_probabilities_and_logits_are_both_within_reach(name):
    model = BUILDERS[name](48, 3, augment=models.augmentation())
    before = [weight.numpy().copy() for weight in model.variables]
    images = np.random.default_rng(1).random((5, 48, 48, 1)).astype(np.float32)
    logits, probabilities = (np.asarray(m(images)) for m in (models.logits(model), model))
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(exponents / exponents.sum(axis=1, keepdims=True), probabilities, atol=1e-5)
    assert model.layers[-1].name == "probabilities" and model.output_shape == (None, 3)
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, model.variables, strict=True))
    assert models.logits(model).get_layer("logits").kernel is model.get_layer("logits").kernel


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize(("size", "channels"), [(180, 1), (47, 3)])
def test_networks_take_the_published_size_and_odd_ones(name, size, channels):
    model = BUILDERS[name](size, 4, channels=channels, filters=(4, 4, 8, 8)[: 3 if name != "deep_cnn" else 4])
    out = np.asarray(model(np.zeros((2, size, size, channels), np.float32)))
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


CONVOLUTIONS = {
    "deep_cnn": [
        ("block1_conv1", "Conv2D", "32x32x16", 160),
        ("block1_conv2", "Conv2D", "32x32x16", 2320),
        ("block1_pool", "MaxPooling2D", "16x16x16", 0),
        ("block2_conv1", "Conv2D", "16x16x32", 4640),
        ("block2_conv2", "Conv2D", "16x16x32", 9248),
        ("block2_pool", "MaxPooling2D", "8x8x32", 0),
        ("block3_conv1", "Conv2D", "8x8x64", 18496),
        ("block3_conv2", "Conv2D", "8x8x64", 36928),
        ("block3_pool", "MaxPooling2D", "4x4x64", 0),
        ("block4_conv1", "Conv2D", "4x4x128", 73856),
        ("block4_conv2", "Conv2D", "4x4x128", 147584),
        ("block4_pool", "MaxPooling2D", "2x2x128", 0),
        ("average", "GlobalAveragePooling2D", "128", 0),
        ("dropout", "Dropout", "128", 0),
        ("logits", "Dense", "4", 516),
    ],
    "light_cnn": [
        ("block1_conv", "Conv2D", "32x32x16", 160),
        ("block2_conv", "Conv2D", "16x16x32", 4640),
        ("block3_conv", "Conv2D", "8x8x64", 18496),
        ("average", "GlobalAveragePooling2D", "64", 0),
        ("logits", "Dense", "4", 260),
    ],
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_networks_have_the_layers_they_are_described_with(name):
    first, last = ("image", "InputLayer", "64x64x1", 0), ("probabilities", "Softmax", "4", 0)
    table = models.layer_table(BUILDERS[name](64, 4))
    assert list(table.itertuples(name=None)) == [first, *CONVOLUTIONS[name], last]


@pytest.mark.parametrize("name", BUILDERS)
def test_hidden_layers_are_rectified_and_the_dropout_is_the_one_asked_for(name):
    model = BUILDERS[name](32, 4, **({} if name == "light_cnn" else {"dropout": 0.37}))
    hidden = [layer for layer in model.layers if hasattr(layer, "kernel") and layer.name != "logits"]
    assert hidden and all(layer.activation is keras.activations.relu for layer in hidden)
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == ([] if name == "light_cnn" else [0.37])


def test_the_head_counts_in_single_precision_also_where_the_rest_does_not():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = _small()
    finally:
        keras.config.set_dtype_policy(policy)
    kinds = [model.get_layer(name).output.dtype for name in ("hidden", "logits", "probabilities")]
    assert kinds == ["float16", "float32", "float32"]


@pytest.mark.parametrize("name", BUILDERS)
def test_a_model_that_is_merely_called_does_not_augment(name):
    model = BUILDERS[name](32, 4, augment=models.augmentation(rotation=90, contrast=0.5))
    images = np.random.default_rng(2).random((4, 32, 32, 1)).astype(np.float32)
    np.testing.assert_allclose(model(images), model(images, training=False), atol=1e-6)
    assert not np.allclose(model(images), model(images, training=True), atol=1e-4), (
        "otherwise this tells nothing"
    )


@pytest.mark.parametrize("name", BUILDERS)
def test_saved_models_give_the_same_answers_and_keep_their_augmentation(name, tmp_path):
    model = BUILDERS[name](32, 4, augment=models.augmentation(rotation=90, contrast=0.5))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(2).random((6, 32, 32, 1)).astype(np.float32)
    np.testing.assert_allclose(again(images), model(images), atol=1e-5)
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


def test_the_scale_goes_both_ways_and_is_the_same_along_both_axes():
    images = np.zeros((300, 40, 40, 1), np.float32)
    images[:, 10:30, 10:30] = 1
    layer = models.augmentation(rotation=0, zoom=0.2, contrast=0)
    scaled = np.asarray(layer(images, training=True))[..., 0]
    area = scaled.sum(axis=(1, 2)) / 400
    assert 0.64 < area.min() < 0.78 and 1.35 < area.max() < 1.60
    assert np.abs(scaled[:, :, 20].sum(axis=1) / scaled[:, 20].sum(axis=1) - 1).max() < 0.05


@pytest.mark.parametrize(("rotation", "zoom"), [(45, 0), (0, 0.3)])
def test_what_stands_beyond_the_edge_is_air_unless_asked_otherwise(rotation, zoom):
    ones = np.ones((20, 40, 40, 1), np.float32)
    darkest = [
        np.min(models.augmentation(rotation, zoom, 0, **fill)(ones, training=True))
        for fill in ({}, {"fill_mode": "reflect"})
    ]
    assert darkest[0] == 0 and darkest[1] > 0.99


def test_augmented_images_stay_in_the_unit_range():
    images = np.random.default_rng(4).random((50, 16, 16, 1)).astype(np.float32)
    out = np.asarray(models.augmentation(0, 0, 0.9)(images, training=True))
    assert out.min() == 0 and out.max() == 1


def test_the_augmentation_is_a_gentle_one_by_default():
    defaults = [value.default for value in inspect.signature(models.augmentation).parameters.values()]
    assert defaults == [5, 0.05, 0.1, "constant"]


@pytest.mark.parametrize("wrong", [{"rotation": -1}, {"rotation": 200}, {"zoom": 1.0}, {"contrast": -0.1}])
def test_an_augmentation_beyond_reason_is_refused(wrong):
    with pytest.raises(ValueError, match="rotation in degrees from 0 to 180"):
        models.augmentation(**wrong)


def test_training_twice_with_one_seed_gives_the_same_history(parts):
    few, histories = [part.subset(slice(0, 64)) for part in parts[:2]], []
    for seed in (5, 5, 6):
        seeds.set_seed(seed)
        histories.append(training.fit(_small(models.augmentation()), *few, epochs=1))
    losses = [history[["loss", "val_loss"]].to_numpy() for history in histories]
    assert np.abs(losses[0] - losses[1]).max() < 1e-3, "sums in another order may differ by rounding"
    assert np.abs(losses[0] - losses[2]).max() > 1e-2


def _points(n=50):
    """Two clouds of points that overlap, as a training and a validation part."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, (2, n))
    return [(rng.normal(2 * part[:, None] - 1, 1.0, (n, 2)), part) for part in labels]


def test_chance_comes_from_the_seed_outside_and_from_the_order_of_the_images():
    """Nothing else is random in a head without dropout that starts from the same weights."""
    model = models.head_model(2, 2, dropout=0)
    start, histories = model.get_weights(), []
    for seed in (5, 6):
        seeds.set_seed(seed)
        model.set_weights(start)
        histories.append(training.fit(model, *_points(), epochs=1, batch_size=10, learning_rate=0.1))
    assert (histories[0] - histories[1]).abs().to_numpy().max() > 1e-3


def test_the_optimizer_is_adam_with_the_steps_asked_for():
    model = models.head_model(2, 2)
    training.fit(model, *_points(50), epochs=3, batch_size=8, learning_rate=0.03)
    assert type(model.optimizer) is keras.optimizers.Adam
    assert float(model.optimizer.learning_rate) == pytest.approx(0.03)
    assert int(model.optimizer.iterations) == 3 * 7


def test_the_loss_may_be_another_one():
    def twice(truth, answers):
        return 2 * keras.losses.sparse_categorical_crossentropy(truth, answers)

    model, columns = models.head_model(2, 2, dropout=0), ["loss", "val_loss"]
    usual, doubled = (
        training.fit(model, *_points(), epochs=1, learning_rate=1e-12, **loss)
        for loss in ({}, {"loss": twice})
    )
    np.testing.assert_allclose(doubled[columns], 2 * usual[columns], rtol=1e-4)


def test_the_smallest_progress_keeps_training_going():
    model = models.head_model(2, 2, dropout=0)
    model.set_weights([np.zeros((2, 2)), np.zeros(2)])
    history = training.fit(model, *_points(), epochs=5, patience=1, learning_rate=1e-4)
    gains = -np.diff(history.val_loss)
    assert len(gains) == 4 and (gains > 0).all() and (gains < 1e-3).all()


def _decided(parts):
    """A network whose first answers are none of them near a tie, so that rounding moves no image to another class."""
    for seed in range(50):
        seeds.set_seed(seed)
        model = models.light_cnn(32, 4)
        answers = np.concatenate([model(part.images[..., None]) for part in parts])
        first, second = np.sort(answers, axis=1)[:, :-3:-1].T
        if (first - second).min() > 3e-5 and len(np.unique(answers.argmax(axis=1))) > 1:
            return model
    raise AssertionError("each network is near a tie somewhere")


def test_the_history_is_that_of_the_predictions(parts):
    """With nothing random inside and a learning rate of nearly 0, each epoch's scores are those of the model."""
    model = _decided(parts[:2])
    history = training.fit(model, *parts[:2], epochs=2, learning_rate=1e-12)
    for prefix, part in (("", parts[0]), ("val_", parts[1])):
        answers = np.asarray(model(part.images[..., None]))
        macro = precision_recall_fscore_support(
            part.labels, answers.argmax(axis=1), labels=range(4), average="macro", zero_division=0
        )
        expected = dict(zip(("precision", "recall", "f1"), macro))
        expected["accuracy"] = (answers.argmax(axis=1) == part.labels).mean()
        expected["loss"] = _loss(model, part)
        for name, value in expected.items():
            np.testing.assert_allclose(history[f"{prefix}{name}"], [value, value], atol=1e-4, err_msg=name)
    assert list(history.index) == [1, 2] and history.index.name == "epoch"


@pytest.fixture(scope="module")
def overfitted():
    """A function (**options) that trains one network from the same start each time: compiled once, as the rate stays.

    On new patients the validation loss soon rises while the training loss falls. Returns the network, its history and the
    validation part.
    """
    train, validation, _ = splits.split(datasets.load("kidney_ct", size=32, n_images=312))
    model = _small()

    def trained(**options):
        seeds.set_seed(3)
        copy_state(_small(), model)
        history = training.fit(model, train, validation, learning_rate=0.02, **options)
        return model, history, validation

    return trained


@pytest.mark.parametrize("patience", [2, None])
def test_the_best_epoch_is_kept(patience, overfitted, with_graphs):
    model, history, validation = overfitted(epochs=16, patience=patience)
    kept = history.val_loss.idxmin()
    assert kept < len(history)
    assert len(history) == (16 if patience is None else kept + patience) <= 16
    assert _loss(model, validation) == pytest.approx(history.val_loss[kept], abs=1e-4)
    assert history.val_loss.iloc[-1] - history.val_loss[kept] > 1e-2, "otherwise this tells nothing"


def test_the_last_epoch_can_be_kept(overfitted, with_graphs):
    model, history, validation = overfitted(epochs=12, keep="last")
    losses = history.val_loss
    assert losses.iloc[-1] - losses.min() > 1e-2, "otherwise this tells nothing"
    assert _loss(model, validation) == pytest.approx(losses.iloc[-1], abs=1e-4)
    with pytest.raises(ValueError, match="keep must be 'best' or 'last', not 'first'"):
        overfitted(epochs=1, keep="first")


def test_a_trained_model_can_be_saved_loaded_and_trained_on(parts, tmp_path):
    model = _small(models.augmentation())
    training.fit(model, *parts[:2], epochs=1)
    model.save(tmp_path / "trained.keras")
    again = keras.models.load_model(tmp_path / "trained.keras")
    assert _loss(again, parts[1]) == pytest.approx(_loss(model, parts[1]), abs=1e-4)
    again.fit(parts[0].images[:32, ..., None], parts[0].labels[:32], verbose=0)


def test_a_loss_that_explodes_is_told_at_once(parts):
    with pytest.raises(ValueError, match="no longer a finite number in epoch [1-3]: .* learning rate below"):
        training.fit(_small(), *parts[:2], epochs=50, learning_rate=1e38)


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
    with pytest.raises(
        ValueError, match=r"train labels must be whole numbers in 0 \.\. 2; got int64 from 0 to 3"
    ):
        training.fit(models.light_cnn(32, 3), *parts[:2], epochs=1)
    for wrong in ({"epochs": 0}, {"epochs": 2, "patience": 0}):
        with pytest.raises(ValueError, match="at least one epoch and a patience of at least 1"):
            training.fit(_small(), *parts[:2], **wrong)


def _first_loss(train, **options):
    """The loss of the first epoch of a head that starts from the same weights, all images in one batch."""
    seeds.set_seed(1)
    model = models.head_model(4, 3, dropout=0)
    model.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
    return training.fit(model, train, _three()[1], epochs=1, batch_size=30, **options).loss.iloc[0]


def _three():
    """Thirty points of three classes, twice."""
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(30, 4)).astype(np.float32), np.arange(30) % 3) for _ in range(2)]


@pytest.mark.parametrize(
    "weights",
    [
        {0: 1.0, 1: 2.0, 2: 5.0},
        {2: 5, 0: 1, 1: 2},
        {np.int64(0): 1, np.int64(2): 5, np.int64(1): 2},
        pd.Series([5.0, 1.0, 2.0], index=[2, 0, 1]),
        pd.Series([1.0, 2.0, 5.0]),
        np.array([1, 2, 5], np.uint8),
        (1, 2, 5),
    ],
)
def test_class_weights_go_by_their_class_whatever_their_order(weights):
    train = _three()[0]
    model = models.head_model(4, 3, dropout=0)
    model.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
    answers = np.asarray(model(train[0]))[np.arange(30), train[1]]
    expected = np.mean(np.array([1, 2, 5])[train[1]] * -np.log(answers))
    assert _first_loss(train, class_weights=weights) == pytest.approx(expected, rel=1e-4)


def test_class_weights_may_go_by_the_names_of_a_dataset(parts):
    losses = []
    names = parts[0].class_names
    for weights in (dict(zip(names[::-1], [9, 4, 2, 1])), [1, 2, 4, 9], [9, 4, 2, 1]):
        seeds.set_seed(2)
        history = training.fit(
            models.light_cnn(32, 4), *parts[:2], epochs=1, batch_size=512, class_weights=weights
        )
        losses.append(history.loss.iloc[0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) and losses[2] != pytest.approx(losses[1], rel=0.05)
    with pytest.raises(ValueError, match="or the names Cyst, Normal, Stone, Tumor; got .*'Cist'"):
        training.fit(models.light_cnn(32, 4), *parts[:2], epochs=1, class_weights={"Cist": 1})


@pytest.mark.parametrize(
    ("weights", "because"),
    [
        ([1, 2], "class_weights must be one number of 0 or more for each of the 3 classes"),
        ([1, 2, 3, 4], "for each of the 3 classes"),
        ([1, 2, -3], "0 or more"),
        ([1, 2, np.nan], "0 or more"),
        ([1, 2, np.inf], "0 or more"),
        ([0, 0, 0], "not all of them 0"),
        ("balanced", "one number of 0 or more"),
        (2.0, "for each of the 3 classes"),
        ({1, 2, 5}, "for each of the 3 classes"),
        ({0: 1, 1: 2}, "for each of the 3 classes"),
        ({1: 1, 2: 2, 3: 3}, "every class as a key, 0 .. k - 1; got .1, 2, 3"),
        ({0: 1, 1: 2, 3: 5}, "every class as a key"),
        ({"a": 1, "b": 2, "c": 5}, "every class as a key"),
        ({}, "every class as a key"),
    ],
)
def test_class_weights_that_are_not_one_for_each_class(weights, because):
    with pytest.raises(ValueError, match=because):
        _first_loss(_three()[0], class_weights=weights)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (lambda y: y * 0.5, "train labels must be whole numbers in 0 .. 2; got float64 from 0 to 1"),
        (lambda y: np.where(y == 1, np.nan, y), "10 of 30 are missing .* leave images without a label out"),
        (lambda y: np.array(["a", "b", "c"])[y], "for example 'a'. Names become numbers"),
        (lambda y: [None, *y[1:]], "1 of 30 are missing"),
        (lambda y: np.eye(3)[y], r"shape \(30, 3\). One-hot rows become labels by labels.argmax\(axis=1\)"),
        (lambda y: y - 1, "got int64 from -1 to 1"),
        (lambda y: (y + 254).astype(np.uint8), "got uint8 from 0 to 255"),
        (lambda y: y[:-1], "30 inputs and 29 labels"),
    ],
)
def test_labels_that_are_no_classes(change, because):
    train, validation = _three()
    with pytest.raises(ValueError, match=because):
        _first_loss((train[0], change(train[1])))
    with pytest.raises(ValueError, match=because.replace("train", "validation")):
        broken = validation[0], change(validation[1])
        training.fit(models.head_model(4, 3), train, broken, epochs=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda y: y.astype(np.uint8),
        lambda y: y.astype(np.uint64),
        lambda y: y.astype(np.float32),
        lambda y: y[:, None],
        lambda y: y.tolist(),
        lambda y: pd.Series(y, dtype="Int64"),
    ],
)
def test_labels_of_another_type_are_the_same_labels(change):
    x, y = _three()[0]
    assert _first_loss((x, change(y))) == pytest.approx(_first_loss((x, y)), rel=1e-5)


def test_labels_of_two_classes_may_be_truth_values():
    x, y = _three()[0]
    assert _first_loss((x, y == 1)) == pytest.approx(_first_loss((x, (y == 1).astype(int))), rel=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_inputs_that_are_not_numbers_are_named_and_not_the_learning_rate(bad):
    train, validation = _three()
    broken = train[0].copy()
    broken[[4, 7], [0, 3]] = bad
    with pytest.raises(
        ValueError, match="2 of 30 train inputs hold NaN or infinite values, the first is number 4"
    ):
        _first_loss((broken, train[1]))
    with pytest.raises(ValueError, match="2 of 30 validation inputs"):
        training.fit(models.head_model(4, 3), train, (broken, train[1]), epochs=1)
    with pytest.raises(ValueError, match="train inputs must be numbers; got <U"):
        _first_loss((train[0].astype(str), train[1]))


FROM_LESSON_04 = {"infection_cnn": models.infection_cnn, "quick_cnn": models.quick_cnn}
INFECTION = [
    ("image", "InputLayer", "224x224x1", 0),
    ("block1_conv", "Conv2D", "224x224x64", 640),
    ("block1_pool", "MaxPooling2D", "112x112x64", 0),
    ("block1_dropout", "Dropout", "112x112x64", 0),
    ("block2_conv", "Conv2D", "112x112x128", 73856),
    ("block2_pool", "MaxPooling2D", "56x56x128", 0),
    ("block2_dropout", "Dropout", "56x56x128", 0),
    ("block3_conv", "Conv2D", "56x56x256", 295168),
    ("block3_pool", "MaxPooling2D", "28x28x256", 0),
    ("block3_dropout", "Dropout", "28x28x256", 0),
    ("block4_conv", "Conv2D", "28x28x512", 1180160),
    ("block4_pool", "MaxPooling2D", "14x14x512", 0),
    ("block4_dropout", "Dropout", "14x14x512", 0),
    ("block5_conv", "Conv2D", "14x14x1024", 4719616),
    ("block5_pool", "MaxPooling2D", "7x7x1024", 0),
    ("block5_dropout", "Dropout", "7x7x1024", 0),
]
INFECTION_TOP = [
    ("dropout", "Dropout", "512", 0),
    ("logits", "Dense", "3", 1539),
    ("probabilities", "Softmax", "3", 0),
]


@pytest.mark.parametrize(
    ("options", "middle", "total"),
    [
        ({}, [("flatten", "Flatten", "50176", 0), ("hidden", "Dense", "512", 25_690_624)], 31_961_603),
        (
            {"pooling": "average"},
            [("average", "GlobalAveragePooling2D", "1024", 0), ("hidden", "Dense", "512", 524_800)],
            6_795_779,
        ),
    ],
)
def test_the_infection_network_is_the_published_one(options, middle, total):
    model = models.infection_cnn(224, 3, **options)
    table = models.layer_table(model)
    assert list(table.itertuples(name=None)) == [*INFECTION, *middle, *INFECTION_TOP]
    assert model.count_params() == table.parameters.sum() == total
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    for layer in convolutions:
        assert layer.kernel_size == (3, 3) and layer.activation is keras.activations.relu
        assert isinstance(layer.kernel_regularizer, keras.regularizers.L2)
        assert float(layer.kernel_regularizer.l2) == pytest.approx(1e-4)
    assert model.get_layer("hidden").activation is keras.activations.relu
    assert len(model.losses) == len(convolutions) == 5, "the dense layers are not penalised"
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.1] * 5 + [0.3]


def test_the_infection_network_refuses_other_poolings_and_images_that_cannot_be_halved_five_times():
    for pooling in ("max", None, "Average"):
        with pytest.raises(ValueError, match=f"pooling must be 'flatten' or 'average', not {pooling!r}"):
            models.infection_cnn(64, 3, pooling=pooling)
    assert models.infection_cnn(32, 3).get_layer("block5_pool").output.shape[1:] == (1, 1, 1024)
    with pytest.raises(ValueError, match="zero or negative"):
        models.infection_cnn(31, 3)


def test_the_quick_network_has_the_layers_it_is_described_with():
    model = models.quick_cnn(64, 3)
    table = models.layer_table(model)
    assert list(table.itertuples(name=None)) == [
        ("image", "InputLayer", "64x64x1", 0),
        ("block1_conv", "Conv2D", "64x64x8", 72),
        ("block1_pool", "MaxPooling2D", "32x32x8", 0),
        ("block1_norm", "BatchNormalization", "32x32x8", 32),
        ("block1_relu", "ReLU", "32x32x8", 0),
        ("block2_conv", "Conv2D", "32x32x16", 1152),
        ("block2_pool", "MaxPooling2D", "16x16x16", 0),
        ("block2_norm", "BatchNormalization", "16x16x16", 64),
        ("block2_relu", "ReLU", "16x16x16", 0),
        ("block3_conv", "Conv2D", "16x16x32", 4608),
        ("block3_pool", "MaxPooling2D", "8x8x32", 0),
        ("block3_norm", "BatchNormalization", "8x8x32", 128),
        ("block3_relu", "ReLU", "8x8x32", 0),
        ("block4_conv", "Conv2D", "8x8x32", 9216),
        ("block4_norm", "BatchNormalization", "8x8x32", 128),
        ("block4_relu", "ReLU", "8x8x32", 0),
        ("average", "GlobalAveragePooling2D", "32", 0),
        ("logits", "Dense", "3", 99),
        ("probabilities", "Softmax", "3", 0),
    ]
    assert model.count_params() == 15_499
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):  # its bias would be taken off again by the normalisation
            assert not layer.use_bias and layer.activation is keras.activations.linear
        if isinstance(layer, keras.layers.BatchNormalization):
            assert layer.momentum == 0.9


@pytest.mark.parametrize("name", FROM_LESSON_04)
def test_networks_of_lesson_04_give_probabilities_logits_and_the_same_once_saved(name, tmp_path):
    filters = {"filters": (4, 4, 8, 8, 8)} if name == "infection_cnn" else {}
    model = FROM_LESSON_04[name](48, 3, **filters)
    before = [weight.numpy().copy() for weight in model.variables]
    images = np.random.default_rng(1).random((5, 48, 48, 1)).astype(np.float32)
    logits, probabilities = (np.asarray(m(images)) for m in (models.logits(model), model))
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(exponents / exponents.sum(axis=1, keepdims=True), probabilities, atol=1e-5)
    assert model.layers[-1].name == "probabilities" and model.output_shape == (None, 3)
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, model.variables, strict=True))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(images), probabilities, atol=1e-5)


@pytest.mark.parametrize("name", FROM_LESSON_04)
@pytest.mark.parametrize(("size", "channels"), [(180, 1), (47, 3)])
def test_networks_of_lesson_04_take_odd_sizes_and_colours(name, size, channels):
    model = FROM_LESSON_04[name](size, 4, channels=channels, filters=(4, 4, 8))
    out = np.asarray(model(np.zeros((2, size, size, channels), np.float32)))
    assert out.shape == (2, 4) and np.allclose(out.sum(axis=1), 1)


def _disc_parts():
    """A bright disc in the left or the right half, in noise: 64 images to train on, 64 to validate on."""
    rng, rows = np.random.default_rng(2), np.arange(16)
    labels = rng.integers(0, 2, (2, 64))
    disc = [(rows[:, None] - 8) ** 2 + (rows - middle) ** 2 < 9 for middle in (4, 12)]
    noise = rng.normal(0, 0.1, (2, 64, 16, 16, 1))
    return [(np.where(np.array(disc)[y], 0.7, 0.3)[..., None] + n, y) for n, y in zip(noise, labels)]


def test_the_quick_network_learns_within_few_epochs_of_a_falling_learning_rate(with_graphs):
    parts = _disc_parts()
    seeds.set_seed(1)
    model = models.quick_cnn(16, 2, filters=(4, 8, 8))
    history = training.fit(
        model, *parts, epochs=8, batch_size=8, learning_rate=0.02, schedule="cosine", keep="last"
    )
    assert history.val_accuracy.iloc[-1] > 0.9
    moving = model.get_layer("block1_norm").moving_mean.numpy()
    assert np.abs(moving).max() > 0.01, "the moving means have followed"


def _watched(monkeypatch, **options):
    """The model, whether its optimizer was built before training, and the learning rate of each step."""
    seen, usual = {"rates": []}, keras.Model.fit

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            seen["rates"].append(float(self.model.optimizer.learning_rate))

    def fit(self, *args, callbacks=(), **arguments):
        seen["built"] = self.optimizer.built
        seen["slots"] = len(self.optimizer.variables)
        return usual(self, *args, callbacks=[*callbacks, Watch()], **arguments)

    model = models.head_model(2, 2, dropout=0)
    monkeypatch.setattr(keras.Model, "fit", fit)
    monkeypatch.setattr("helpers.training.stepping.STEPS", 1)  # so that each of them can be watched
    training.fit(model, *_points(50), **options)
    return model, seen


@pytest.mark.parametrize(("epochs", "batch_size"), [(3, 8), (1, 50), (4, 64)])
def test_the_learning_rate_falls_to_0_along_half_a_cosine_over_all_steps(epochs, batch_size, monkeypatch):
    model, seen = _watched(
        monkeypatch, epochs=epochs, batch_size=batch_size, learning_rate=0.03, schedule="cosine"
    )
    steps = epochs * int(np.ceil(50 / batch_size))
    expected = 0.03 * (1 + np.cos(np.pi * np.arange(steps) / steps)) / 2
    np.testing.assert_allclose(seen["rates"], expected, rtol=1e-5, atol=1e-9)
    assert int(model.optimizer.iterations) == steps
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)
    assert type(model.optimizer) is keras.optimizers.Adam


def test_without_a_schedule_the_learning_rate_stays(monkeypatch):
    for options in ({}, {"schedule": None}):
        model, seen = _watched(monkeypatch, epochs=2, batch_size=8, learning_rate=0.03, **options)
        np.testing.assert_allclose(seen["rates"], [0.03] * 14, rtol=1e-6)
        assert float(model.optimizer.learning_rate) == pytest.approx(0.03)


@pytest.mark.parametrize("schedule", [None, "cosine"])
def test_the_optimizer_is_built_before_training(schedule, monkeypatch):
    model, seen = _watched(monkeypatch, epochs=1, schedule=schedule)
    assert seen["built"] and seen["slots"] == len(model.optimizer.variables) >= 5, (
        "with moments of all weights"
    )


def test_a_schedule_that_is_not_known_is_refused(parts):
    for schedule in ("linear", "Cosine", True):
        with pytest.raises(ValueError, match=f"schedule must be None or 'cosine', not {schedule!r}"):
            training.fit(_small(), *parts[:2], epochs=1, schedule=schedule)


def test_a_model_trained_on_a_schedule_can_be_saved_and_loaded(tmp_path):
    model = models.head_model(2, 2)
    training.fit(model, *_points(50), epochs=2, schedule="cosine")
    model.save(tmp_path / "trained.keras")
    again = keras.models.load_model(tmp_path / "trained.keras")
    assert type(again.optimizer.learning_rate) is type(model.optimizer.learning_rate)
    points = _points(50)[1][0]
    np.testing.assert_allclose(again(points), model(points), atol=1e-5)


def test_frozen_layers_get_no_moments_and_stay_as_they_are():
    model = models.quick_cnn(16, 2, filters=(4, 4))
    model.get_layer("block1_conv").trainable = False
    kernel = model.get_layer("block1_conv").kernel.numpy()
    training.fit(model, *_disc_parts(), epochs=1)
    assert np.array_equal(model.get_layer("block1_conv").kernel.numpy(), kernel)
    assert len(model.optimizer.variables) == 2 + 2 * len(model.trainable_variables)


def _compiled(seed):
    seeds.set_seed(seed)
    model = _small()
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


def test_a_restarted_network_learns_exactly_what_a_new_one_learns(parts, with_graphs):
    given = parts[0].images[:64, ..., None], parts[0].labels[:64]
    new, again = _compiled(3), _compiled(5)
    again.fit(*given, epochs=2, verbose=0)
    seeds.set_seed(3)
    training.restart(again, _small())
    losses = []
    for model in (again, new):
        seeds.set_seed(3)  # the order of the images
        losses.append(model.fit(*given, epochs=3, verbose=0).history["loss"])
    assert losses[0] == losses[1]
    for one, other in zip(again.get_weights(), new.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert float(again.optimizer.learning_rate) == pytest.approx(0.01)


def test_a_restart_needs_the_same_layers():
    with pytest.raises(ValueError, match="other layers"):
        training.restart(_compiled(3), models.kidney_cnn(32, 4, filters=(4, 8, 9), units=16))


@pytest.mark.parametrize("schedule", [None, "cosine"])
def test_a_network_that_is_trained_again_is_not_compiled_again_and_learns_what_a_new_one_learns(
    schedule, with_graphs
):
    def trained(model):
        seeds.set_seed(3)
        model.set_weights(models.head_model(2, 2, dropout=0.0).get_weights())
        history = training.fit(model, *_points(), epochs=3, schedule=schedule)
        return history, model.get_weights()

    again = models.head_model(2, 2, dropout=0.0)
    trained(again)
    step = again.train_function
    (history, weights), (new_history, new_weights) = (
        trained(again),
        trained(models.head_model(2, 2, dropout=0.0)),
    )
    assert again.train_function is step
    pd.testing.assert_frame_equal(history, new_history)
    for one, other in zip(weights, new_weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("change", ["rate", "frozen", "compiled by others", "loss"])
def test_a_network_that_is_trained_otherwise_is_compiled_again(change):
    model, options = models.head_model(2, 2, dropout=0.0), {"epochs": 1, "learning_rate": 0.01}
    training.fit(model, *_points(), **options)
    before = model.optimizer
    if change == "rate":
        options["learning_rate"] = 0.02
    elif change == "loss":
        options["loss"] = keras.losses.SparseCategoricalCrossentropy()
    elif change == "frozen":
        model.get_layer("logits").bias.trainable = False
    else:
        model.compile("sgd", "mse")
    training.fit(model, *_points(), **options)
    assert model.optimizer is not before and isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(options["learning_rate"])
