"""Frames: plain values arrive as they were; whatever else comes is refused in one way."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course.grading import wire

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.sampled_from([np.float32(1.5), np.int8(-3), np.datetime64("2020-01-01")])
    | hnp.arrays(
        st.sampled_from([np.float64, np.float16, np.uint8, np.bool_, np.int64, np.complex64, "U3"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
        | st.frozensets(st.integers(), max_size=3)
        | st.sets(st.text(), max_size=3)
    ),
    max_leaves=8,
)


def _travel(value, lenient=False):
    frame = wire.encode(value, lenient)
    position = 0

    def read(n):
        nonlocal position
        position += n
        return frame[position - n : position]

    result = wire.receive(read)
    assert position == len(frame)
    return result


def _same(a, b):
    if isinstance(a, (np.ndarray, np.generic)):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, float):
        return type(b) is float and (a == b or (a != a and b != b))
    if isinstance(a, complex):
        return _same([a.real, a.imag], [b.real, b.imag])
    return type(a) is type(b) and a == b


@given(PLAIN)
def test_plain_values_arrive_as_they_were(value):
    assert _same(value, _travel(value)) and _same(value, _travel(value, lenient=True))


def test_surrogates_and_huge_numbers_arrive():
    assert _travel(["\ud800", 10**300, -(2**53) - 1]) == ["\ud800", 10**300, -(2**53) - 1]


def test_what_does_not_travel_is_refused_by_the_judge_and_shown_by_the_sandbox():
    class Odd:
        def __repr__(self):
            raise SystemExit

    with pytest.raises(wire.WireError, match="a Odd cannot travel"):
        wire.encode(Odd())
    there = _travel(Odd(), lenient=True)
    assert isinstance(there, wire.Opaque) and repr(there) == "a Odd"
    there = _travel((k for k in range(3)), lenient=True)
    assert isinstance(there, wire.Iterable) and list(there) == [0, 1, 2] and not hasattr(there, "__len__")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([0] * (wire.MAX_NODES + 1), id="too many parts"),
        pytest.param("x" * (wire.MAX_TEXT + 1), id="too long a text"),
        pytest.param(np.zeros(wire.MAX_BYTES + 1, np.uint8), id="too large an array"),
        pytest.param(json.loads("[" * 40 + "]" * 40), id="too deep"),
    ],
)
def test_what_is_too_large_is_not_sent(value):
    with pytest.raises(wire.WireError):
        wire.encode(value, lenient=True)


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_give_a_value_or_a_wire_error(body, data):
    try:
        wire.decode(body, data)
    except wire.WireError:
        pass


@pytest.mark.parametrize(
    "tree",
    [
        {"a": ["|O", [1], 0]},
        {"a": ["<f8", [2], 0]},
        {"a": ["<f8", [-1], 0]},
        {"a": ["<f8", [1], -8]},
        {"a": ["<f8", [10**9, 10**9], 0]},
        {"a": ["V8", [1], 0]},
        {"a": [["<f8"], [1], 0]},
        {"s": ["<f8", [], 1]},
        {"o": [[2], [1]]},
        {"o": [[10**12], []]},
        {"e": [{"l": []}]},
        {"d": [[1]]},
        {"i": "x"},
        {"i": "9" * 5000},
        {"f": "1"},
        {"q": 1},
        {"l": [1], "u": [1]},
        [1],
        {"x": [1]},
        {"l": [{"a": ["|S0", [60 << 20], 0]}, {"a": ["|S0", [60 << 20], 0]}]},
        {"e": [{"i": str(k)} for k in range(20_000)]},
        {"d": [[k, 1] for k in range(20_000)]},
    ],
)
def test_trees_that_lie_are_refused(tree):
    with pytest.raises(wire.WireError):
        wire.decode(json.dumps(tree).encode(), bytes(8))


def test_json_that_is_too_deep_or_not_finite_is_refused():
    for body in (b"[" * 100_000, b"NaN", b"\xff", b'{"f": Infinity}'):
        with pytest.raises(wire.WireError):
            wire.decode(body, b"")


def test_heads_that_promise_too_much_are_refused_before_anything_is_read():
    head = wire.HEAD.pack(wire.MAGIC, wire.MAX_JSON + 1, 0)
    with pytest.raises(wire.WireError, match="not a frame"):
        wire.receive(lambda n: head[:n])


def test_text_can_be_written_anywhere():
    assert wire.text("a\ud800\x1b[31m\n", 100) == "a\\ud800\\x1b[31m\n"
    assert wire.text("x" * 500, 10) == "x" * 10
