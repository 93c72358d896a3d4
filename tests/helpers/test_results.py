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
