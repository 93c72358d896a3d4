"""Effect sizes from published summaries: document 004's figures, and agreement with the data they came from."""

import numpy as np
import pytest
from scipy import stats

from helpers import audit, heatmap_stats

DOCUMENT_004 = {
    "mean_a": 0.215205,
    "sd_a": 0.018152,
    "n_a": 30,
    "mean_b": 0.242184,
    "sd_b": 0.020368,
    "n_b": 30,
}


@pytest.mark.parametrize(
    ("sd_ddof", "t", "d", "g", "p"),
    [(0, -5.3252, 1.3750, 1.3571, 1.71e-6), (1, -5.416, 1.3985, 1.380, 1.2e-6)],
)
def test_document_004(sd_ddof, t, d, g, p):
    effect = audit.effect_from_summary(**DOCUMENT_004, sd_ddof=sd_ddof)
    assert effect.df == 58
    assert effect.t == pytest.approx(t, abs=0.00005 if sd_ddof == 0 else 0.0005)
    assert effect.d == pytest.approx(d, abs=0.00005)
    assert effect.g == pytest.approx(g, abs=0.00005 if sd_ddof == 0 else 0.0005)
    assert effect.p == pytest.approx(p, abs=0.005e-6 if sd_ddof == 0 else 0.05e-6)


def test_the_printed_t_and_the_printed_d_are_of_different_standard_deviations():
    by_n, by_n_less_one = (audit.effect_from_summary(**DOCUMENT_004, sd_ddof=k) for k in (0, 1))
    assert abs(by_n.t + 5.3253) < 2e-4 < abs(by_n_less_one.t + 5.3253)
    assert abs(by_n_less_one.d - 1.3985) < 1e-4 < abs(by_n.d - 1.3985)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("seed", range(10))
def test_a_summary_gives_what_its_data_give(seed, ddof):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(3, 2, rng.integers(2, 30)), rng.gamma(3, 2, rng.integers(2, 30))
    summary = [number for x in (a, b) for number in (x.mean(), x.std(ddof=ddof), len(x))]
    effect, expected = audit.effect_from_summary(*summary, sd_ddof=ddof), stats.ttest_ind(a, b)
    np.testing.assert_allclose(effect[:3], (expected.statistic, expected.df, expected.pvalue), rtol=1e-8)
    np.testing.assert_allclose(
        effect[3:], (heatmap_stats.cohens_d(a, b), heatmap_stats.hedges_g(a, b)), rtol=1e-8
    )
    if ddof == 1:
        np.testing.assert_allclose(effect[::2][:2], stats.ttest_ind_from_stats(*summary)[:2], rtol=1e-8)


def test_d_says_how_far_b_lies_above_a_and_t_is_of_a_less_b():
    up = audit.effect_from_summary(1, 1, 10, 2, 1, 10, sd_ddof=1)
    down = audit.effect_from_summary(2, 1, 10, 1, 1, 10, sd_ddof=1)
    assert up.d == 1 and up.t < 0 < up.g < up.d
    assert down == (-up.t, up.df, up.p, -up.d, -up.g)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"sd_ddof": 2}, "must be 0 .* or 1"),
        ({"sd_ddof": None}, "must be 0 .* or 1"),
        ({"n_a": 1}, "2 or more; got 1 and 30"),
        ({"n_b": 29.5}, "whole number"),
        ({"sd_a": -0.1}, "negative"),
        ({"sd_a": 0, "sd_b": 0}, "nor both be 0"),
        ({"mean_b": float("nan")}, "finite"),
        ({"sd_b": float("inf")}, "finite"),
    ],
)
def test_what_cannot_be_a_summary_is_refused(change, because):
    with pytest.raises(ValueError, match=because):
        audit.effect_from_summary(**(DOCUMENT_004 | {"sd_ddof": 1} | change))


def test_the_divisor_of_the_sd_must_be_stated():
    with pytest.raises(TypeError, match="sd_ddof"):
        audit.effect_from_summary(**DOCUMENT_004)


@pytest.mark.parametrize("small", [np.uint8, np.int8, np.int16, np.float16])
def test_small_types_do_not_overflow(small):
    given = [small(value) for value in (110, 20, 30, 100, 20, 30)]
    assert audit.effect_from_summary(*given, sd_ddof=1) == audit.effect_from_summary(
        110, 20, 30, 100, 20, 30, sd_ddof=1
    )
