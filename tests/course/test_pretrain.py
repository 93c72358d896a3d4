"""The course's own backbone: the command end to end in miniature, and the committed file, its record and its card."""

import hashlib
import json
import re

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course import cli, pretraining
from course.pretraining import compare, train
from course.pretraining import record as names
from course.project import CourseError
from helpers import datasets, evaluation, models
from helpers.deep import keras, tf
from helpers.phantoms import scenes

FOLDER = "data/weights"


@pytest.fixture(scope="module")
def record(root):
    return json.loads((root / FOLDER / names.RECORD).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def card(root):
    return (root / FOLDER / "mobilenetv2_035_course.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The folder that the command wrote with 32 scenes and one epoch, at 96 pixels."""
    folder = tmp_path_factory.mktemp("weights") / "new"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "HELD_OUT", 28)
        tf.config.run_functions_eagerly(True)  # as the fixture `eagerly`
        pretraining.pretrain(None, images=32, epochs=1, output=folder)
        tf.config.run_functions_eagerly(False)
    return folder


def test_a_tiny_run_writes_weights_and_record(tiny):
    assert {path.name for path in tiny.iterdir()} == {names.WEIGHTS, names.RECORD}
    made = json.loads((tiny / names.RECORD).read_text(encoding="utf-8"))
    assert made["file"] == names.describe(tiny / names.WEIGHTS)
    assert made["training"]["images"] == 32 and made["training"]["epochs"] == 1
    assert set(made["training"]["held_out"]["auc"]) == set(scenes.CLASS_NAMES)
    assert "comparison" not in made


def test_a_tiny_run_trains_batch_normalisation_too(tiny):
    trunk = models.backbone(names.NAME, str(tiny / names.WEIGHTS), size=96)
    layer = next(
        layer for layer in trunk.layers[-1].layers if isinstance(layer, keras.layers.BatchNormalization)
    )
    _, _, mean, variance = layer.get_weights()
    assert np.abs(mean).min() > 0 and np.abs(variance - 1).min() > 0  # they start at 0 and 1


def test_saved_weights_are_exact_and_small(tmp_path):
    _, network = train.source_model(96)
    train.save(network, tmp_path / "some.weights.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["some.weights.h5"]
    back = models.backbone(names.NAME, str(tmp_path / "some.weights.h5"), size=96).layers[-1]
    assert all((a == b).all() for a, b in zip(network.get_weights(), back.get_weights(), strict=True))
    assert (tmp_path / "some.weights.h5").stat().st_size < train.LARGEST_BYTES


def test_batches_hold_every_scene_once_an_epoch_mirrored_with_its_cells():
    data = scenes.scenes(70, size=64, seed=1)
    batches = train.Batches(data, seed=0)
    drawn = [batches[i] for i in range(len(batches))]
    images = np.concatenate([images for images, _ in drawn])
    presence, statistics = (
        np.concatenate([told[name] for _, told in drawn]) for name in ("presence", "statistics")
    )
    assert images.shape == (70, 64, 64, 1) and images.dtype == np.float32
    left, mirrored = set(range(70)), 0
    for image, present in zip(images[..., 0], presence):
        ways = [np.s_[:, :], np.s_[::-1], np.s_[:, ::-1], np.s_[::-1, ::-1]]
        away = np.stack([np.abs(data.images - image[way]).max(axis=(1, 2)) for way in ways])  # (4, 70)
        how, which = np.unravel_index(away.argmin(), away.shape)
        assert away[how, which] < 0.51 / 255 and (data.presence[which] == present[ways[how]]).all()
        left.remove(which)
        mirrored += how > 0
    assert not left and 30 < mirrored < 70
    tiles = images.reshape(70, 2, 32, 2, 32)  # what is told of the grey values holds for the mirrored image
    np.testing.assert_allclose(statistics[..., 0], tiles.mean(axis=(2, 4)), atol=0.01)
    np.testing.assert_allclose(statistics[..., 1], tiles.std(axis=(2, 4)), atol=0.01)
    first = batches[0][0]
    batches.on_epoch_end()
    assert not (batches[0][0] == first).all()


def test_examine_knows_a_perfect_and_a_useless_model():
    data = scenes.scenes(300, seed=2)

    class Answers:
        def __init__(self, presence, statistics):
            self.told = {"presence": presence, "statistics": statistics}

        def predict(self, images, **options):
            assert images.shape == (300, 96, 96, 1)
            return self.told

    found = train.examine(Answers(data.presence, data.statistics), data)
    assert set(found["auc"].values()) == {1.0} and set(found["r_squared"].values()) == {1.0}
    means = np.broadcast_to(data.statistics.mean(axis=(0, 1, 2)), data.statistics.shape)
    found = train.examine(Answers(0 * data.presence, means), data)
    assert set(found["auc"].values()) == {0.5}
    assert list(found["r_squared"].values()) == pytest.approx([0, 0], abs=1e-3)


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
        pretraining.pretrain(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_a_comparison_of_other_weights_is_refused(tiny, tmp_path):
    (tmp_path / names.RECORD).write_text((tiny / names.RECORD).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / names.WEIGHTS).write_bytes((tiny / names.WEIGHTS).read_bytes() + b"x")
    with pytest.raises(CourseError, match="is not the file that"):
        pretraining.pretrain(None, compare=True, output=tmp_path)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--images", "many"], ["--epochs", "1.5"]])
def test_unknown_options_end_the_command_with_a_message(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["pretrain", *arguments])
    assert stopped.value.code == 2 and arguments[0] in capsys.readouterr().err


def test_help_names_the_defaults(capsys):
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["pretrain", "--help"])
    said = capsys.readouterr().out
    assert f"(default: {train.IMAGES})" in said and f"(default: {train.EPOCHS})" in said


@pytest.mark.parametrize("count", compare.LABELLED)
def test_the_labelled_patients_are_as_many_as_wanted_and_split_by_patient(count):
    pool = datasets.load("chest_xray", size=32, seed=5, n_images=640)
    train, validation = (pool.subset(part) for part in compare._labelled(pool, count, 0))
    sizes = [len(np.unique(part.groups)) for part in (train, validation)]
    assert sum(sizes) == count and 0.15 * count <= sizes[1] <= 0.35 * count
    assert not set(train.groups) & set(validation.groups)
    for label, wanted in enumerate((count // 4, count - count // 4)):
        drawn = [part.groups[part.labels == label] for part in (train, validation)]
        assert all(len(part) for part in drawn) and len(np.unique(np.concatenate(drawn))) == wanted
    assert set(pool.groups[compare._labelled(pool, count, 1)[0]]) != set(train.groups)


def test_the_committed_weights_load_and_are_not_random(root):
    """Loaded twice the same; in inference mode they tell scenes that they never saw, which random weights do not."""
    course, random = (models.backbone(names.NAME, weights, size=96) for weights in ("course", None))
    assert (root / FOLDER / names.WEIGHTS).stat().st_size < train.LARGEST_BYTES
    kernels = [trunk.layers[-1].get_layer("block_1_expand").get_weights()[0] for trunk in (course, random)]
    assert kernels[0].shape == kernels[1].shape and np.abs(kernels[0] - kernels[1]).max() > 0.05

    data = scenes.scenes(240, seed=99)
    scores = [_found_by_ridge(trunk, data) for trunk in (course, random)]
    assert scores[0] > 0.7 and scores[0] > scores[1] + 0.08, scores


def _found_by_ridge(trunk, data):
    """Mean AUC, in the second half of the scenes, of what linear maps of the first half's features tell of the cells."""
    parts = np.split(data.images[..., None], 3)
    maps = np.concatenate([trunk(part, training=False) for part in parts])
    x, y = maps.reshape(-1, maps.shape[-1]), data.presence.reshape(-1, data.presence.shape[-1])
    half = len(x) // 2
    told = make_pipeline(StandardScaler(), Ridge(1000.0)).fit(x[:half], y[:half]).predict(x[half:])
    return np.mean([evaluation.auc(told[:, k], y[half:, k] > 0.5) for k in range(y.shape[1])])


def test_the_card_names_this_file(root, card, record):
    content = (root / FOLDER / names.WEIGHTS).read_bytes()
    assert re.findall(r"\b[0-9a-f]{64}\b", card) == [hashlib.sha256(content).hexdigest()]
    assert f"{len(content):,} bytes" in card
    assert record["file"] == names.describe(root / FOLDER / names.WEIGHTS)


def test_the_cards_figures_are_the_recorded_ones(card, record):
    training = record["training"]
    assert f"{training['images']:,} scenes" in card and f"{training['epochs']} epochs" in card
    areas = training["held_out"]["auc"]
    assert f"mean AUC {np.mean(list(areas.values())):.3f}" in card
    for name in (max(areas, key=areas.get), min(areas, key=areas.get)):
        assert f"{name} ({areas[name]:.3f})" in card
    for value in training["held_out"]["r_squared"].values():
        assert f"{value:.3f}" in card
    assert f"{training['seconds_training']:,} seconds" in card
    assert list(record["comparison"]) == [str(count) for count in compare.LABELLED]
    for found in record["comparison"].values():
        assert compare.table(found) in card
        assert found["test_patients"] >= 200 and f"{found['test_images']:,} images" in card


def test_the_recorded_summaries_follow_from_the_repeats(record):
    for count, found in record["comparison"].items():
        ways = found["ways"]
        assert set(ways) == {"scratch", "small CNN", "random frozen", "frozen", "fine-tuned"}
        assert found["repeats"] >= 5 and found["labelled_patients"] == int(count)
        for entry in ways.values():
            for measure in ("auc", "balanced accuracy"):
                assert len(entry[measure]) == found["repeats"]
                assert entry[f"{measure}, summary"] == compare._spread(entry[measure])
        for way in ("frozen", "fine-tuned"):
            for other in ("scratch", "small CNN"):
                differences = np.subtract(ways[way]["auc"], ways[other]["auc"])
                recorded = found["differences"][f"{way} - {other}"]["auc"]
                assert recorded == compare._spread(differences, True)


def test_a_comparison_in_miniature(tiny, monkeypatch, eagerly):
    """All five ways are walked, on the same patients, and end in scores of every test image. The weights fit every size."""
    for settings in ("SCRATCH", "SMALL_CNN", "FINE_TUNING"):
        monkeypatch.setitem(getattr(compare, settings), "epochs", 1)
        monkeypatch.setitem(getattr(compare, settings), "first", 1)
    for name, value in (("REGULARISATION", (0.01,)), ("TUNE_BATCH", 40), ("SIZE", 32)):
        monkeypatch.setattr(compare, name, value)
    pool, test = (datasets.load("chest_xray", size=32, seed=seed, n_images=40) for seed in (1, 2))
    found = compare.compare(tiny / names.WEIGHTS, pool, test, 2, 16)
    assert found["labelled_patients"] == 16 and found["test_images"] == 40
    assert set(found["ways"]) == {"scratch", "small CNN", "random frozen", "frozen", "fine-tuned"}
    for entry in found["ways"].values():
        assert len(entry["auc"]) == 2 and all(0 <= area <= 1 for area in entry["auc"])
    assert found["ways"]["frozen"]["chosen"] == [0.01, 0.01] and found["ways"]["scratch"]["chosen"] == [1, 1]
    assert compare.table(found).count("\n") == 5 + 2 + 4 + 2


def test_spread_is_mean_sd_and_t_interval():
    found = compare._spread([1.0, 2.0, 3.0], interval=True)
    assert found["mean"] == 2 and found["sd"] == 1
    assert found["interval"] == pytest.approx([2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5], abs=2e-4)
