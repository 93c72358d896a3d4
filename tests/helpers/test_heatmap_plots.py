"""Heatmaps over images, and the viewer."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import datasets, plots
from helpers.plots import browsing


@pytest.fixture(scope="module")
def cohort():
    return datasets.load("chest_xray", size=32, n_images=24)


@pytest.fixture
def maps(cohort):
    return np.random.default_rng(0).random((24, 32, 32)) * np.arange(1, 25)[:, None, None]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def _heat_layers(fig):
    """The drawn maps: (values, highest value of the scale) of every picture in the heat colours."""
    pictures = [image for axis in fig.axes for image in axis.get_images()]
    return [(image.get_array(), image.norm.vmax) for image in pictures if image.get_cmap().name == "inferno"]


def _bar(fig):
    return next(axis for axis in fig.axes if hasattr(axis, "_colorbar"))


def test_triplets_show_three_pictures_a_row_on_one_scale(cohort, maps):
    fig = plots.triplets(
        cohort.images[:3], maps[:3], ["a", "b", "c"], cohort.masks[:3], label="logits", title="T"
    )
    assert len(fig.axes) == 3 * 3 + 1 and [fig.axes[3 * i].get_title("left") for i in range(3)] == [
        "a",
        "b",
        "c",
    ]
    drawn = _heat_layers(fig)
    highest = maps[:3].max()
    for i in range(3):
        np.testing.assert_allclose(drawn[2 * i][0], maps[i])
        assert drawn[2 * i][1] == highest  # the same scale for all rows
        np.testing.assert_allclose(drawn[2 * i + 1][0], maps[i] / highest)
    assert _bar(fig).get_ylabel() == "logits" and _bar(fig).get_ylim() == pytest.approx((0, highest))
    fixed = plots.triplets(cohort.images[:1], maps[:1], ["a"], highest=50.0)
    assert _heat_layers(fixed)[0][1] == 50


def test_lesions_are_outlined_where_there_are_some(cohort, maps):
    sick = np.flatnonzero(cohort.masks.any(axis=(1, 2)))[:1]
    for masks, expected in ((cohort.masks[sick], 3), (None, 0), (np.zeros((1, 32, 32), bool), 0)):
        fig = plots.triplets(cohort.images[sick], maps[sick], ["x"], masks)
        assert sum(len(axis.collections) for axis in fig.axes[:3]) == expected


def test_where_the_map_is_empty_the_image_is_seen(cohort):
    fig, axis = plt.subplots()
    heat = np.zeros((32, 32))
    heat[:16] = 2.0
    plots.overlay(axis, cohort.images[0], heat, 2.0)
    alpha = axis.get_images()[1].get_alpha()
    assert (alpha[16:] == 0).all() and (alpha[:16] == 0.75).all()
    plots.overlay(axis, cohort.images[0], 0 * heat, 0.0)  # no division by zero
    assert (axis.get_images()[-1].get_alpha() == 0).all()


@pytest.mark.parametrize("shared", [True, False])
def test_a_gallery_has_a_row_per_image_and_a_column_per_map(cohort, maps, shared):
    kinds = {"one": maps[:2], "two": 10 * maps[:2]}
    fig = plots.gallery(cohort.images[:2], kinds, ["P1", "P2"], cohort.masks[:2], shared=shared, title="T")
    assert [axis.get_title("center") for axis in fig.axes[:2]] == ["one", "two"]
    assert [fig.axes[k].get_ylabel() for k in (0, 2)] == ["P1", "P2"]
    tops = [drawn.max() for drawn, _ in _heat_layers(fig)]
    assert max(tops[0], tops[2]) == pytest.approx(0.1 if shared else 1) and max(
        tops[1], tops[3]
    ) == pytest.approx(1)
    assert _bar(fig).get_ylim()[1] == pytest.approx(10 * maps[:2].max() if shared else 1)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (np.zeros((2, 4, 4)), "gradcam.upsample"),
        (np.full((2, 32, 32), -1.0), "relu"),
        (np.full((2, 32, 32), np.nan), "NaN"),
    ],
)
def test_maps_that_cannot_be_drawn_are_told(cohort, bad, said):
    for draw in (
        lambda: plots.triplets(cohort.images[:2], bad, "ab"),
        lambda: plots.gallery(cohort.images[:2], {"x": bad}, "ab"),
    ):
        with pytest.raises(ValueError, match=said):
            draw()


def test_the_viewer_explains_what_is_chosen(cohort, monkeypatch):
    asked, shown = [], []

    def explain(i, class_index, layer, method):
        asked.append((i, class_index, layer, method))
        return np.full((32, 32), 1.0 + len(asked))

    monkeypatch.setattr(browsing, "display", lambda data, **options: shown.append(data))
    predicted = 1 - cohort.labels
    widgets = browsing.viewer(cohort, explain, predicted, ["last", "earlier"], ["gradcam", "layercam"])
    assert asked == [(0, predicted[0], "last", "gradcam")]
    (data,) = shown
    assert (
        data["application/vnd.jupyter.widget-view+json"]["model_id"] and "image/png" in data
    )  # or a picture
    before = widgets["picture"].value
    assert Image.open(io.BytesIO(before)).size[0] > 600
    widgets["layer"].value = "earlier"
    widgets["method"].value = "layercam"
    widgets["class"].value = 1
    assert asked[-1] == (0, 1, "earlier", "layercam") and widgets["picture"].value != before
    other = next(group for group in cohort.groups if group != cohort.groups[0])
    own = np.flatnonzero(cohort.groups == other)
    widgets["patient"].value = other
    assert asked[-1] == (own[0], 1, "earlier", "layercam")
    assert [number for _, number in widgets["image"].options] == own.tolist()
