"""The course's own backbone: the command end to end in miniature, and the committed file, its record and its card."""

import hashlib
import json
import re

import numpy as np
import pytest

from course import cli, pretrain
from course.project import CourseError
from helpers import datasets, models
from helpers.deep import keras
from helpers.phantoms import scenes

FOLDER = "data/weights"


@pytest.fixture(scope="module")
def record(root):
    return json.loads((root / FOLDER / pretrain.RECORD).read_text())


@pytest.fixture(scope="module")
def card(root):
    return (root / FOLDER / "mobilenetv2_035_course.md").read_text()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The folder that the command wrote with 64 scenes and one epoch, at 96 pixels."""
    folder = tmp_path_factory.mktemp("weights") / "new"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrain, "HELD_OUT", 28)
        pretrain.pretrain(None, images=64, epochs=1, output=folder)
    return folder


def test_a_tiny_run_writes_weights_and_record(tiny):
    assert {path.name for path in tiny.iterdir()} == {pretrain.WEIGHTS, pretrain.RECORD}
    made = json.loads((tiny / pretrain.RECORD).read_text())
    assert made["file"] == pretrain.describe(tiny / pretrain.WEIGHTS)
    assert made["training"]["images"] == 64 and made["training"]["epochs"] == 1
    assert set(made["training"]["held_out_recall"]) == set(scenes.CLASS_NAMES)
    assert "comparison" not in made


def test_a_tiny_run_trains_batch_normalisation_too(tiny):
    trunk = models.backbone(pretrain.NAME, str(tiny / pretrain.WEIGHTS), size=96)
    layer = next(
        layer for layer in trunk.layers[-1].layers if isinstance(layer, keras.layers.BatchNormalization)
    )
    _, _, mean, variance = layer.get_weights()
    assert np.abs(mean).min() > 0 and np.abs(variance - 1).min() > 0  # they start at 0 and 1


def test_saved_weights_are_exact_and_small(tmp_path):
    _, network = pretrain.classifier(3)
    pretrain.save(network, tmp_path / "some.weights.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["some.weights.h5"]
    back = models.backbone(pretrain.NAME, str(tmp_path / "some.weights.h5"), size=96).layers[-1]
    assert all((a == b).all() for a, b in zip(network.get_weights(), back.get_weights(), strict=True))
    assert (tmp_path / "some.weights.h5").stat().st_size < pretrain.LARGEST_BYTES


def test_batches_hold_every_scene_once_an_epoch_mirrored_at_most():
    data = scenes.scenes(70, size=32, seed=1)
    batches = pretrain.Batches(data, seed=0)
    images, labels = (np.concatenate(part) for part in zip(*(batches[i] for i in range(len(batches)))))
    assert images.shape == (70, 32, 32, 1) and images.dtype == np.float32
    left, mirrored = set(range(70)), 0
    for image, label in zip(images[..., 0], labels):
        turned = np.stack([image, image[::-1], image[:, ::-1], image[::-1, ::-1]])
        away = np.abs(data.images[:, None] - turned).max(axis=(2, 3))  # (70, 4)
        which, how = np.unravel_index(away.argmin(), away.shape)
        assert away[which, how] < 0.51 / 255 and data.labels[which] == label
        left.remove(which)
        mirrored += how > 0
    assert not left and 30 < mirrored < 70
    batches.on_epoch_end()
    assert not (batches[0][1] == labels[: pretrain.BATCH]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"images": 10}, "at least 32 images"),
        ({"epochs": 0}, "1 epoch"),
        ({"compare": True, "images": 64}, "leave out --images"),
        ({"compare": True}, "First: python -m course pretrain"),
    ],
)
def test_wrong_options_are_told(tmp_path, options, said):
    with pytest.raises(CourseError, match=said):
        pretrain.pretrain(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_a_comparison_of_other_weights_is_refused(tiny, tmp_path):
    (tmp_path / pretrain.RECORD).write_text((tiny / pretrain.RECORD).read_text())
    (tmp_path / pretrain.WEIGHTS).write_bytes((tiny / pretrain.WEIGHTS).read_bytes() + b"x")
    with pytest.raises(CourseError, match="is not the file that"):
        pretrain.pretrain(None, compare=True, output=tmp_path)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--images", "many"], ["--epochs", "1.5"]])
def test_unknown_options_end_the_command_with_a_message(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["pretrain", *arguments])
    assert stopped.value.code == 2 and arguments[0] in capsys.readouterr().err


def test_help_names_the_defaults(capsys):
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["pretrain", "--help"])
    said = capsys.readouterr().out
    assert f"(default: {pretrain.IMAGES})" in said and f"(default: {pretrain.EPOCHS})" in said


def test_the_labelled_patients_are_forty_and_split_by_patient():
    pool = datasets.load("chest_xray", size=32, seed=5, n_images=240)
    train, validation = (pool.subset(part) for part in pretrain._labelled(pool, 0))
    sizes = [len(np.unique(part.groups)) for part in (train, validation)]
    assert sum(sizes) == 40 and 6 <= sizes[1] <= 14 and not set(train.groups) & set(validation.groups)
    for label, wanted in enumerate(pretrain.LABELLED.values()):
        drawn = [part.groups[part.labels == label] for part in (train, validation)]
        assert all(len(part) for part in drawn) and len(np.unique(np.concatenate(drawn))) == wanted
    assert set(pool.groups[pretrain._labelled(pool, 1)[0]]) != set(train.groups)


def test_the_committed_weights_load_and_are_not_random(root):
    """Loaded twice the same; in inference mode they tell scenes that they never saw, which random weights do not."""
    course, random = (models.backbone(pretrain.NAME, weights, size=96) for weights in ("course", None))
    assert (root / FOLDER / pretrain.WEIGHTS).stat().st_size < pretrain.LARGEST_BYTES
    kernels = [trunk.layers[-1].get_layer("block_1_expand").get_weights()[0] for trunk in (course, random)]
    assert kernels[0].shape == kernels[1].shape and np.abs(kernels[0] - kernels[1]).max() > 0.05

    data = scenes.scenes(420, seed=99)
    scores = [_one_nearest_centroid(trunk, data) for trunk in (course, random)]
    assert scores[0] > 0.4 and scores[0] > scores[1] + 0.15, scores


def _one_nearest_centroid(trunk, data):
    """Accuracy on the second half of the scenes of the nearest class mean of the first half, on averaged features."""
    maps = trunk.predict(data.images[..., None], batch_size=70, verbose=0)
    features = maps.mean(axis=(1, 2))
    half = len(features) // 2
    features = (features - features[:half].mean(axis=0)) / (features[:half].std(axis=0) + 1e-6)
    means = np.stack([features[:half][data.labels[:half] == label].mean(axis=0) for label in range(14)])
    distances = ((features[half:, None] - means[None]) ** 2).sum(axis=2)
    return (distances.argmin(axis=1) == data.labels[half:]).mean()


def test_the_card_names_this_file(root, card, record):
    content = (root / FOLDER / pretrain.WEIGHTS).read_bytes()
    assert re.findall(r"\b[0-9a-f]{64}\b", card) == [hashlib.sha256(content).hexdigest()]
    assert f"{len(content):,} bytes" in card
    assert record["file"] == pretrain.describe(root / FOLDER / pretrain.WEIGHTS)


def test_the_cards_figures_are_the_recorded_ones(card, record):
    training = record["training"]
    assert f"{training['images']:,} scenes" in card and f"{training['epochs']} epochs" in card
    assert f"{training['held_out_accuracy']:.1%}".replace("%", " %") in card
    assert f"{training['seconds_training']:,} seconds" in card
    assert pretrain.table(record["comparison"]) in card
    assert (
        record["comparison"]["test_patients"] >= 200
        and f"{record['comparison']['test_images']:,} images" in card
    )


def test_the_recorded_summaries_follow_from_the_repeats(record):
    ways = record["comparison"]["ways"]
    assert set(ways) == {"scratch", "random frozen", "frozen", "fine-tuned"}
    assert record["comparison"]["repeats"] >= 5
    for entry in ways.values():
        for measure in ("auc", "balanced accuracy"):
            assert len(entry[measure]) == record["comparison"]["repeats"]
            assert entry[f"{measure}, summary"] == pretrain._spread(entry[measure])
    for way in ("frozen", "fine-tuned"):
        differences = np.subtract(ways[way]["auc"], ways["scratch"]["auc"])
        assert record["comparison"]["differences"][f"{way} - scratch"]["auc"] == pretrain._spread(
            differences, True
        )


def test_spread_is_mean_sd_and_t_interval():
    found = pretrain._spread([1.0, 2.0, 3.0], interval=True)
    assert found["mean"] == 2 and found["sd"] == 1
    assert found["interval"] == pytest.approx([2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5], abs=2e-4)
