"""Paired repetitions: a line for each, a bar at each mean."""

import matplotlib.pyplot as plt
import pytest

from helpers import plots


def test_each_repetition_is_a_line_and_each_way_has_a_bar_at_its_mean():
    fig, axis = plt.subplots()
    plots.paired(axis, {"a": [1.0, 2.0, 6.0], "b": [4.0, 4.0, 10.0]}, ("black", "red"))
    lines, bars = axis.lines[:-2], axis.lines[-2:]
    assert [list(line.get_ydata()) for line in lines] == [[1, 4], [2, 4], [6, 10]]
    assert [list(bar.get_ydata()) for bar in bars] == [[3, 3], [6, 6]]
    assert [bar.get_color() for bar in bars] == ["black", "red"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["a", "b"]
    plt.close(fig)


@pytest.mark.parametrize("values, colours", [({"a": [1, 2], "b": [1]}, "kr"), ({"a": [1, 2]}, "kr")])
def test_what_is_not_paired_is_told(values, colours):
    fig, axis = plt.subplots()
    with pytest.raises(ValueError, match="as many repetitions of each way"):
        plots.paired(axis, values, colours)
    plt.close(fig)
