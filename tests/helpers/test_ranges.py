"""Black and white are decided for a whole set: the right value, or a refusal that shows the extremes and the remedy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.datasets import DatasetError, extremes, ranges

RAMP = np.linspace(0, 1, 64).reshape(1, 8, 8)


def _decide(*arrays, kinds=None, **options):
    kinds = kinds or [None] * len(arrays)
    found = [
        extremes.measure(np.asarray(a), f"part {i}", k)
        for i, (a, k) in enumerate(zip(arrays, kinds, strict=True))
    ]
    return ranges.decide(found, **options), [one.kind for one in found]


def _unit(array, **options):
    scale, (kind,) = _decide(array, **options)
    return scale.to_unit(array, kind)


def _whole(white, dtype):
    return np.rint(RAMP * white).astype(dtype)


@pytest.mark.parametrize(
    ("array", "white"),
    [
        (_whole(1, bool), 1),
        (_whole(255, np.uint8), 255),
        (_whole(200, np.uint8), 255),
        (_whole(255, np.uint16), 255),
        (_whole(1023, np.uint16), 1023),
        (_whole(3000, np.uint16), 4095),
        (_whole(16383, np.uint16), 16383),
        (_whole(65535, np.uint16), 65535),
        (_whole(1, np.int64), 1),
        (_whole(255, np.int64), 255),
        (_whole(255, np.int32), 255),
        (_whole(4095, np.int16), 4095),
        (_whole(65535, np.uint32), 65535),
        (_whole(255, float), 255),
        (_whole(4095, float), 4095),
        (_whole(65535, np.float32), 65535),
        (RAMP, 1),
        (RAMP.astype(np.float16), 1),
        (RAMP * 255, 255),
        (RAMP * 200.3, 255),
    ],
)
def test_white_is_the_least_usual_one_that_no_number_exceeds(array, white):
    scale, _ = _decide(array)
    assert np.allclose(_unit(array), np.asarray(array, float) / white, atol=1e-6)
    assert f"pixels 0 to {white} taken as black to white" in scale.said


@pytest.mark.parametrize(
    ("array", "low", "high"),
    [
        (RAMP * 1.5, 0, 1.5),
        (RAMP * 1.02, 0, 1.02),
        (RAMP * 100.5, 0, 100.5),
        (RAMP * 300.5, 0, 300.5),
        (RAMP - 0.02, -0.02, 0.98),
        (RAMP * 4000 - 1024, -1024, 2976),
        (_whole(4000, np.int16) - 1024, -1024, 2976),
        (_whole(255, np.int64) - 1, -1, 254),
        (_whole(70000, np.int32), 0, 70000),
        (_whole(100, np.int8), 0, 100),
        (_whole(1, np.uint8), 0, 1),
        (_whole(1, np.uint16), 0, 1),
    ],
)
def test_what_is_not_clear_is_refused_with_extremes_and_remedy(array, low, high):
    with pytest.raises(DatasetError) as caught:
        _decide(array)
    assert f"from {low:g} to {high:g}" in str(caught.value) and "value_range=(low, high)" in str(caught.value)
    assert np.allclose(
        _unit(array, value_range=(low, high)), (np.asarray(array, float) - low) / (high - low), atol=1e-6
    )


def test_overshoot_is_clipped_and_said_also_where_only_one_part_has_it():
    over = RAMP * 1.009 - 0.004
    scale, kinds = _decide(RAMP, over)
    assert np.allclose(scale.to_unit(RAMP, kinds[0]), RAMP, atol=1e-6)
    assert np.allclose(scale.to_unit(over, kinds[1]), np.clip(over, 0, 1), atol=1e-6)
    assert scale.said == "pixels 0 to 1 taken as black to white, those from -0.004 to 1.005 clipped"
    assert np.allclose(_unit(RAMP * 256.5 - 1), np.clip(RAMP * 256.5 - 1, 0, 255) / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (RAMP, RAMP * 255),
        (RAMP.astype(np.float32), _whole(255, float)),
        (_whole(1, np.int64), _whole(255, np.int64)),
        (_whole(255, np.uint16), _whole(65535, np.uint16)),
        (_whole(255, np.uint16), _whole(4095, np.uint16)),
        (_whole(1, np.uint8), _whole(255, np.uint8)),
        (RAMP * 1.5, RAMP),
    ],
)
def test_parts_on_different_scales_are_refused_in_either_order(one, other):
    for arrays in ((one, other), (other, one)):
        with pytest.raises(DatasetError, match="value_range"):
            _decide(*arrays)


def test_black_parts_say_nothing_and_types_are_scaled_each_by_its_own():
    black = np.zeros_like(RAMP)
    scale, kinds = _decide(black, RAMP * 255, _whole(255, np.uint8), _whole(4095, np.uint16))
    assert scale.ends == {"uint8": (0, 255), "uint16": (0, 4095), "whole": (0, 255), "float": (0, 255)}
    assert kinds == ["float", "float", "uint8", "uint16"] and "16-bit pixels 0 to 4095" in scale.said
    assert _unit(black).max() == 0 and _unit(black.astype(np.uint8)).max() == 0


def test_the_class_in_matlab_counts_not_the_type():
    scale, kinds = _decide(_whole(1, np.uint8), kinds=["float"])
    assert scale.to_unit(_whole(1, np.uint8), kinds[0]).max() == 1
    scale, kinds = _decide(_whole(1, np.uint8), kinds=["bool"])
    assert scale.to_unit(_whole(1, np.uint8), kinds[0]).max() == 1


def test_nan_is_counted_and_named():
    with pytest.raises(DatasetError, match="part 0: 2 pixels are NaN or infinite"):
        _decide(np.array([0.0, np.nan, np.inf, 1]))


@pytest.mark.parametrize("wrong", [(1, 0), (0, 0), (0,), 5, "ab", (0, np.nan), (0, np.inf)])
def test_a_wrong_value_range_is_refused(wrong):
    with pytest.raises(DatasetError, match="value_range must be .low, high."):
        _decide(RAMP, value_range=wrong)


WHITES = {1: "bool int64 float32 float64", 255: "uint8 uint16 int16 int64 float32 float64"}
WHITES |= {4095: "uint16 int16 int32 float64", 65535: "uint16 int32 uint32 float32"}


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_numbers_of_any_type_and_range_are_read_right_or_refused(data):
    """A set that reaches its white to a tenth, in parts of random order; fractions, overshoot and offsets at random."""
    white = data.draw(st.sampled_from(sorted(WHITES)), "white")
    dtype = np.dtype(data.draw(st.sampled_from(WHITES[white].split()), "type"))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), "seed"))
    truth = rng.random((3, 6, 6)) * data.draw(st.floats(0.9, 1.0), "reached")
    truth[0, 0, :2] = 0, 1 if white in (1, 4095) else truth.max()
    numbers = truth * white
    if dtype.kind != "f" or data.draw(st.booleans(), "whole"):
        numbers = np.rint(numbers)
    else:
        numbers = (
            numbers * data.draw(st.floats(1, 1.2), "overshoot")
            - data.draw(st.floats(0, 0.1), "offset") * white
        )
    numbers = numbers.astype(dtype)
    try:
        scale, kinds = _decide(*numbers)
    except DatasetError as error:
        assert "value_range=(low, high)" in str(error)
    else:
        unit = np.stack([scale.to_unit(part, kind) for part, kind in zip(numbers, kinds, strict=True)])
        assert np.allclose(unit, np.clip(numbers.astype(float) / white, 0, 1), atol=1e-5)


def test_a_set_of_bytes_next_to_black_is_asked_about():
    for white in (3, 16, 17):
        with pytest.raises(DatasetError, match=f"from 0 to {white} in uint8, all next to black. Say which"):
            _decide(_whole(white, np.uint8))
    assert _unit(_whole(16, np.uint8), value_range=(0, 16)).max() == 1
    assert _decide(_whole(16, np.uint8), _whole(255, np.uint8))[0].ends["uint8"] == (0, 255)
    with pytest.raises(DatasetError, match="from 0 to 10; expected 0 to 1 or 0 to 255. Say which"):
        _decide(_whole(10, np.int64))
