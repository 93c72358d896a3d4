"""Backbones, their weights, frozen features and fine-tuning."""

import functools
import shutil
import sys
import types

import numpy as np
import pytest

from helpers import datasets, models, results, seeds, splits, training
from helpers.deep import keras
from helpers.models import weights

# Without top; the published numbers.
PARAMETERS = {
    "EfficientNetB0": 4_049_571,
    "MobileNetV2": 2_257_984,
    "MobileNetV2-0.35": 410_208,
    "ResNet50": 23_587_712,
    "InceptionV3": 21_802_784,
}
LIGHT = "MobileNetV2-0.35"


@pytest.fixture(scope="module")
def images():
    return datasets.load("chest_xray", size=48, n_images=40).images


@pytest.fixture(scope="module")
def parts():
    return splits.split(datasets.load("chest_xray", size=48, n_images=120))


@pytest.fixture(scope="module")
def built():
    """name -> the backbone with random weights, for grey images of 80 pixels: built once, its weights stay as they are."""
    return functools.cache(lambda name: models.backbone(name, None, size=80))


@pytest.fixture(scope="module")
def _trunk():
    return models.backbone(LIGHT, "course", size=48)


@pytest.fixture
def trunk(_trunk):
    """The course's own weights: a random MobileNetV2 gives features of 1e-11, with which any test passes."""
    start = _trunk.get_weights()
    yield _trunk
    _trunk.set_weights(start)
    _trunk.trainable = True


def _network(model):
    """The network inside a backbone."""
    return next(layer for layer in model.layers if isinstance(layer, keras.Model))


def _snapshot(model):
    return [weight.numpy().copy() for weight in model.weights]


def _same(before, model):
    return [np.array_equal(old, new.numpy()) for old, new in zip(before, model.weights, strict=True)]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_the_published_ones(name, built):
    assert built(name).count_params() == PARAMETERS[name]


def _prepared_by_keras(name, colours):
    """What each network's own authors make of colours from 0 to 255."""
    family = {
        "EfficientNetB0": keras.applications.efficientnet,
        "ResNet50": keras.applications.resnet50,
        "InceptionV3": keras.applications.inception_v3,
    }.get(name, keras.applications.mobilenet_v2)
    return family.preprocess_input(255 * colours.astype(np.float32))


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_prepared_as_keras_does_it_itself(name, channels, built, monkeypatch):
    network = _network(built(name))
    kind = models.BACKBONES[name]._replace(build=lambda **options: network)  # not built once more
    monkeypatch.setitem(models.BACKBONES, name, kind)
    model = models.backbone(name, None, size=80, channels=channels)
    before = keras.Model(model.input, network._inbound_nodes[-1].input_tensors[0])
    images = np.random.default_rng(3).random((2, 80, 80, channels)).astype(np.float32)
    colours = np.repeat(images, 3, axis=3) if channels == 1 else images
    np.testing.assert_allclose(before(images), _prepared_by_keras(name, colours.copy()), atol=1e-3)


@pytest.mark.parametrize("name", models.BACKBONES)
def test_a_classifier_survives_saving_and_stays_in_inference_mode(name, tmp_path, built):
    model = models.classifier(built(name), 3)
    images = np.random.default_rng(5).random((3, 80, 80, 1)).astype(np.float32)
    both = keras.Model(model.input, [model.get_layer("average").input, model.output])
    features, answers = map(np.asarray, both(images))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(images), answers, atol=1e-6)
    assert [layer.name for layer in again.layers[-4:]] == ["average", "dropout", "logits", "probabilities"]
    # Batch statistics would make each image's features depend on its neighbours, and the moving means move.
    trunk = again.layers[1]
    statistics = _snapshot(trunk)
    fitting = np.asarray(trunk(images, training=True))
    np.testing.assert_allclose(fitting, features, rtol=1e-3, atol=1e-4 * np.abs(features).max())
    assert all(_same(statistics, trunk))


def test_a_larger_image_gives_a_larger_map_and_the_vit_a_grid_of_tokens(trunk, built):
    assert trunk.output_shape == (None, 2, 2, 1280) and built(LIGHT).output_shape == (None, 3, 3, 1280)
    assert models.backbone("vit", None, size=96).output_shape == (None, 6, 6, 96)
    assert models.vit((64, 48, 3), patch=16, width=32, depth=1).output_shape == (None, 4, 3, 32)


def test_the_vits_tokens_know_where_they_stand():
    """Two equal patches: without positions their tokens would be equal."""
    seeds.set_seed(1)
    tokens = np.asarray(models.vit((32, 32, 3), width=32, depth=1)(np.full((1, 32, 32, 3), 0.3, np.float32)))
    assert np.abs(tokens[0, 0, 0] - tokens[0, 1, 1]).max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        (("VGG16", None), "unknown backbone 'VGG16'; known: EfficientNetB0, "),
        (("ResNet50", "course"), "for MobileNetV2-0.35 only, not for ResNet50"),
        (("ResNet50", "/nowhere/file.h5"), "/nowhere/file.h5: there is no such weights file for ResNet50"),
        (("ResNet50", "imagenet"), "ImageNet weights cannot be had: COURSE_OFFLINE is 1"),
        (("ViT", "imagenet"), "ImageNet weights cannot be had: "),
    ],
)
def test_weights_and_names_that_cannot_be_had(arguments, because):
    with pytest.raises(ValueError, match=because):
        models.backbone(*arguments, size=80)


@pytest.mark.parametrize(("size", "channels"), [(40, 1), (80, 2)])
def test_sizes_and_channels_that_cannot_be_taken(size, channels):
    with pytest.raises(ValueError, match="at least 75 pixels|channels must be 1 .* or 3"):
        models.backbone("InceptionV3", None, size=size, channels=channels)


@pytest.fixture
def saved(trunk, tmp_path):
    """A weights file of the light network."""
    _network(trunk).save_weights(tmp_path / "light.weights.h5")
    return tmp_path / "light.weights.h5"


def test_a_local_file_gives_its_weights(trunk, saved):
    seeds.set_seed(99)
    again = models.backbone(LIGHT, saved, size=32)
    assert all(np.array_equal(a, b) for a, b in zip(_snapshot(trunk), _snapshot(again), strict=True))
    assert again.weights_from == "weights of light.weights.h5"


def test_files_that_do_not_fit_are_refused(saved, tmp_path):
    with pytest.raises(
        ValueError, match="light.weights.h5: holds 260 arrays of weights, ViT .* another network"
    ):
        models.backbone("ViT", saved, size=32)
    with pytest.raises(ValueError, match="light.weights.h5: does not fit MobileNetV2 "):
        models.backbone("MobileNetV2", saved, size=32)  # as many arrays, of other shapes
    cut = tmp_path / "cut.weights.h5"
    cut.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    with pytest.raises(ValueError, match="cut.weights.h5: is damaged or no HDF5 file"):
        models.backbone(LIGHT, cut, size=32)
    text = tmp_path / "text.h5"
    text.write_text("not weights", encoding="utf-8")
    with pytest.raises(ValueError, match="text.h5: is damaged or no HDF5 file"):
        models.backbone(LIGHT, text, size=32)
    model = tmp_path / "model.keras"
    shutil.copy(saved, model)
    with pytest.raises(ValueError, match="may hold code and are not loaded"):
        models.backbone(LIGHT, model, size=32)


def test_auto_takes_the_best_and_says_so_in_one_line(monkeypatch, capsys, built):
    assert models.backbone("MobileNetV2", size=32).weights_from.startswith(
        "random weights (no ImageNet weights: "
    )
    assert capsys.readouterr().out.count("\n") == 1
    assert models.backbone(LIGHT, size=32).weights_from.startswith("the course's own weights")
    assert "MobileNetV2-0.35: the course's own weights, trained on drawn scenes" in capsys.readouterr().out

    monkeypatch.setattr(weights, "_imagenet", lambda *given: (_network(built(LIGHT)), ""))
    assert models.backbone(LIGHT, size=80).weights_from == "ImageNet weights"
    assert capsys.readouterr().out == "MobileNetV2-0.35: ImageNet weights\n"


def test_the_pretrained_vit_of_keras_hub_becomes_a_grid_of_tokens(monkeypatch, capsys):
    """A stand-in for the library, which few have installed: 196 tokens behind a class token, each its own number."""

    def from_preset(name):
        assert name == "vit_base_patch16_224_imagenet"
        image = keras.Input((224, 224, 3))
        patches = keras.layers.AveragePooling2D(16)(image)
        tokens = keras.layers.Reshape((196, 3))(patches)
        class_token = keras.layers.Lambda(lambda x: 0 * x[:, :1] + 7)(tokens)
        return keras.Model(image, keras.layers.Concatenate(axis=1)([class_token, tokens]))

    hub = types.SimpleNamespace(models=types.SimpleNamespace(ViTBackbone=types.SimpleNamespace()))
    hub.models.ViTBackbone.from_preset = from_preset
    monkeypatch.setitem(sys.modules, "keras_hub", hub)
    monkeypatch.setattr(weights, "_offline", lambda: "")
    trunk = models.backbone("ViT", size=224)
    assert capsys.readouterr().out == "ViT: ImageNet weights\n"
    image = np.zeros((1, 224, 224, 1), np.float32)
    image[0, 16:32, 48:64] = 1  # the patch in row 1, column 3; the network sees [-1, 1]
    grid = np.asarray(trunk(image))[0, :, :, 0]
    assert grid.shape == (14, 14) and grid[1, 3] == 1 and (np.delete(grid.ravel(), 17) == -1).all()
    monkeypatch.setattr(weights, "_offline", lambda: "no network")
    assert "no network" in models.backbone("ViT", size=224).weights_from
    assert "takes 224 pixels, not 96" in models.backbone("ViT", size=96).weights_from


def test_real_imagenet_weights_load(real_data):
    path = real_data / "weights" / "mobilenet_v2_0.35_224_notop.weights.h5"
    model = models.backbone(LIGHT, path, size=96)
    first = _network(model).get_layer("Conv1")
    assert 0.01 < np.std(first.get_weights()[0]) and model.weights_from.startswith("weights of mobilenet")


def test_features_are_the_mean_of_the_map_and_are_kept_on_disk(trunk, images, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    found = training.features(trunk, images)
    np.testing.assert_allclose(
        found, np.asarray(trunk(images[..., None])).mean(axis=(1, 2)), rtol=1e-3, atol=1e-5
    )
    assert found.shape == (40, 1280) and found.dtype == np.float32
    (kept,) = (results.cache() / "features").iterdir()
    np.save(kept, np.full_like(found, 7))  # what is on disk is what is taken
    assert (training.features(trunk, images) == 7).all()
    assert np.array_equal(training.features(trunk, images, cached=False), found)
    kept.write_bytes(b"cut off")
    assert np.array_equal(training.features(trunk, images), found)


def test_features_are_computed_anew_when_anything_changes(trunk, images, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    first = training.features(trunk, images)
    brighter = np.clip(images + np.float32(0.2), 0, 1)
    assert not np.allclose(training.features(trunk, brighter), first)
    trunk.weights[0].assign(trunk.weights[0] * 2)
    assert not np.allclose(training.features(trunk, images), first)
    assert len(list((tmp_path / "features").iterdir())) == 3
    with pytest.raises(ValueError, match=r"images are \(47, 48\), the backbone takes \(48, 48, 1\)"):
        training.features(trunk, images[:, 1:])


@pytest.fixture(scope="module")
def features(_trunk, parts):
    """Of the three parts."""
    return [training.features(_trunk, part.images, cached=False) for part in parts]


def test_the_quick_way_is_the_slow_way(trunk, parts, features, eagerly):
    """A head on features against the frozen network trained on images: the same histories, the same answers."""
    train, validation, test = parts
    before = _snapshot(trunk)
    histories, models_ = [], []
    for quick in (True, False):
        seeds.set_seed(11)
        model = models.head_model(1280, 2) if quick else models.classifier(trunk, 2)
        data = [(f, part.labels) for f, part in zip(features, parts)] if quick else (train, validation)
        histories.append(training.fit(model, data[0], data[1], epochs=2))
        models_.append(model)
    np.testing.assert_allclose(histories[0], histories[1], atol=1e-3)
    assert all(_same(before, trunk))
    joined = training.with_head(trunk, models_[0])
    answers = joined(test.images[..., None])
    np.testing.assert_allclose(answers, models_[0](features[2]), atol=1e-4)
    np.testing.assert_allclose(answers, models_[1](test.images[..., None]), atol=1e-3)


def test_fine_tuning_changes_the_last_layers_and_nothing_else(trunk, parts, eagerly):
    model = models.classifier(trunk, 2)
    assert len(model.trainable_weights) == 2
    opened = models.unfreeze(model, 2)
    assert opened == ["block_16_project", "Conv_1"]
    network = _network(trunk)
    before = {layer.name: [w.copy() for w in layer.get_weights()] for layer in network.layers}
    training.fit(model, *parts[:2], epochs=1, learning_rate=1e-2)
    changed = {
        layer.name
        for layer in network.layers
        if any(not np.array_equal(a, b) for a, b in zip(before[layer.name], layer.get_weights()))
    }
    assert changed == set(opened)


@pytest.mark.parametrize("name", ["EfficientNetB0", "ResNet50", "ViT"])
def test_unfreezing_finds_the_backbone_inside(name, built):
    model = models.classifier(built(name), 2)
    opened = models.unfreeze(model, 3)
    network = _network(model.layers[1])
    expected = sum(len(network.get_layer(layer).trainable_weights) for layer in opened)
    assert len(model.trainable_weights) == expected + 2
    with pytest.raises(ValueError, match="n_last must lie in 1 .. "):
        models.unfreeze(model, 10_000)
    with pytest.raises(ValueError, match="no backbone inside"):
        models.unfreeze(models.light_cnn(32, 2), 1)


@pytest.mark.parametrize(
    ("name", "n_last", "first_behind"),
    [
        ("MobileNetV2-0.35", 13, "block_13_expand"),
        ("MobileNetV2-0.35", 9, "block_14_expand"),  # within a block: cut before all of it
        ("ResNet50", 10, "conv5_block1_1_conv"),
        ("ViT", 1, "norm"),
    ],
)
def test_the_halves_of_a_backbone_give_what_the_whole_gives(name, n_last, first_behind, built, trunk):
    trunk = trunk if name == LIGHT else built(name)
    first, second = models.cut(trunk, n_last)
    images = np.random.default_rng(5).random((3, *trunk.input_shape[1:]), np.float32)
    whole = np.asarray(trunk(images))
    np.testing.assert_allclose(second(first(images)), whole, atol=1e-5)
    opened = models.unfreeze(models.classifier(second, 2), n_last)
    assert len(opened) == n_last and first_behind in {layer.name for layer in second.layers}
    assert not {layer.name for layer in second.layers if layer.weights} & {
        layer.name for layer in first.layers[-1].layers
    }
    second.set_weights([np.zeros_like(weight) for weight in second.get_weights()])
    np.testing.assert_array_equal(trunk(images), whole, "the second half is a copy")


def test_a_backbone_is_not_cut_before_its_first_layer(built):
    trunk = built("ViT")
    with pytest.raises(ValueError, match="nothing of vit stays frozen"):
        models.cut(trunk, 23)
    with pytest.raises(ValueError, match="n_last must lie in 1 .. "):
        models.cut(trunk, 10_000)


def test_class_weights_count_in_training_and_not_in_validation(parts, features, eagerly):
    given, losses = [(one, part.labels) for one, part in zip(features[:2], parts)], []
    for class_weights in (None, (1, 1), (4, 4)):
        seeds.set_seed(3)
        head = models.head_model(1280, 2, dropout=0.0)
        losses.append(training.fit(head, *given, epochs=1, learning_rate=1e-9, class_weights=class_weights))
    assert losses[1].loss[1] == pytest.approx(losses[0].loss[1]) and losses[2].loss[1] == pytest.approx(
        4 * losses[0].loss[1]
    )
    assert losses[2].val_loss[1] == pytest.approx(losses[0].val_loss[1])


def test_a_pair_must_fit_together():
    with pytest.raises(ValueError, match="train part has 3 inputs and 2 labels"):
        training.fit(
            models.head_model(4, 2), (np.zeros((3, 4)), [0, 1]), (np.zeros((2, 4)), [0, 1]), epochs=1
        )
