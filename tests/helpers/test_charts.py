"""Charts and diagrams hold the figures that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch

from helpers import plots


@pytest.fixture
def axis():
    fig, axis = plt.subplots()
    yield axis
    plt.close(fig)


def _texts(axis):
    return [text.get_text() for text in axis.texts]


def test_a_confusion_heatmap_tells_counts_and_shares_of_rows(axis):
    plots.confusion_heatmap(axis, np.array([[3, 1], [0, 0]]), ["Normal", "Cyst"], "Title")
    assert _texts(axis) == ["3\n75 %", "1\n25 %", "0\n0 %", "0\n0 %"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["Normal", "Cyst"]
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_title(loc="left")) == (
        "predicted",
        "truth",
        "Title",
    )


def test_strips_show_every_value_and_the_medians_and_leave_random_numbers_alone(axis):
    values = [np.array([1.0, 2.0, 6.0]), np.array([4.0, 5.0])]
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    plots.strips(axis, values, ["a", "b"])
    assert np.random.random() == expected
    dots = [offsets[:, 0] for part in axis.collections if len(offsets := part.get_offsets())]
    assert [sorted(row) for row in dots] == [[1, 2, 6], [4, 5]]
    medians = [
        line.get_xdata() for line in axis.lines if line.get_visible() and len(set(line.get_xdata())) == 1
    ]
    assert {float(x[0]) for x in medians} >= {2.0, 4.5}
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]


def test_a_diagram_has_its_boxes_its_arrows_and_what_must_not_happen():
    boxes = {"a": (0, 0, "one", "blue"), "b": (1, 0, "two"), "c": (1, 1, "three")}
    fig = plots.diagram(boxes, [("a", "b"), ("a", "c", "!never")], title="An idea")
    (axis,) = fig.axes
    patches = [patch for patch in axis.patches if isinstance(patch, FancyBboxPatch)]
    assert len(patches) == 3 and axis.get_title(loc="left") == "An idea"
    arrows = [text.arrow_patch for text in axis.texts if getattr(text, "arrow_patch", None)]
    assert [arrow.get_linestyle() for arrow in arrows] == ["-", "--"]
    assert {"one", "two", "three", "never"} <= set(_texts(axis))
    plt.close(fig)
