"""Figures that are saved, and sentences that are held to them."""

import numpy as np
import pytest

from helpers import results


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(results, "display", lambda data, raw: shown.append(data))
    return shown


def test_claims_are_shown_with_whether_they_hold(displayed):
    results.claims({"Two is more than one.": np.bool_(2 > 1), "One is more than <two>.": 1 > 2})
    (data,) = displayed
    assert data[results.CLAIMS_MIME] == {"Two is more than one.": True, "One is more than <two>.": False}
    assert "does not hold" in data["text/plain"] and "&lt;two&gt;" in data["text/html"]


@pytest.mark.parametrize(
    "stated, told",
    [
        ({"Two is more": True}, "a whole sentence with a full stop, not 'Two is more'"),
        ({"It is so.": 1}, "must be True or False, not 1"),
        ({"It is so.": np.array([True, False])}, "must be True or False, not array"),
    ],
)
def test_claims_that_state_nothing_are_refused(displayed, stated, told):
    with pytest.raises(ValueError, match=told):
        results.claims(stated)
    assert not displayed


def test_two_figures_are_shown_as_an_interval_and_more_as_a_list(displayed):
    results.compare_with_recorded("none", {"a": [0.25, 0.5], "b": [0.25, 0.5, 0.75]}, {"a": "A", "b": "B"})
    (data,) = displayed
    assert "0.250 to 0.500" in data["text/html"] and "0.250, 0.500, 0.750" in data["text/html"]
