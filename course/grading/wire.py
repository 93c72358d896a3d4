"""Values between the judge and the sandbox: JSON for their structure, raw bytes for arrays, all of it bounded, no pickle.

A frame is a head (magic, length of the JSON, length of the bytes), the JSON, the bytes. Both sides use this file. The
judge believes nothing that `decode` has not checked: whatever the bytes are, it gives plain values or raises `WireError`.

    None, bool, int, float, ASCII text   themselves
    {"i": "..."}   a large int               {"f": "nan"}    a float that JSON does not know
    {"c": [re, im]}   complex                {"t": hex}      any other text
    {"l": [...]}, {"u": [...]}, {"e": [...]}, {"z": [...]}   list, tuple, set, frozenset
    {"d": [[key, value], ...]}   dict
    {"a": [dtype, shape, start]}, {"s": ...}   array, NumPy scalar; `start` counts in the frame's bytes
    {"o": [shape, [...]]}   array of objects
    {"g": [kind, [...]]}    something iterable, read to its end
    {"x": [kind, repr]}     something that does not travel
"""

import json
import math
import re
import struct

import numpy as np

HEAD = struct.Struct(">4sII")
MAGIC = b"XAI1"
MAX_JSON, MAX_BYTES = 8 << 20, 64 << 20
MAX_NODES, MAX_DEPTH, MAX_TEXT = 300_000, 16, 1 << 20
MAX_HASHED = 10_000  # keys and members of sets: more could be chosen so that they all collide
DTYPES = re.compile(r"[<>|=]?(?:[?bB]|[biuf][1248]|f16|c8|c16|c32|[SU]\d{1,6}|[mM]8(?:\[\w{1,6}\])?)$")
ARRAYS = "biufcSUmM"  # kinds of dtypes whose bytes travel
EXACT = 2**53  # larger whole numbers are no exact JSON numbers everywhere
SEQUENCES = ((tuple, "u"), (list, "l"), (set, "e"), (frozenset, "z"))


class WireError(ValueError):
    """What came, or should be sent, is not what this protocol allows."""


class Opaque:
    """Something that did not travel: only its type's name and its repr did."""

    def __init__(self, kind, shown):
        self.kind, self.shown = kind, shown

    def __repr__(self):
        return self.shown


class Iterable:
    """A generator or view that was read to its end on the other side. It is no sequence here either."""

    def __init__(self, kind, items):
        self.kind, self.items = kind, items

    def __iter__(self):
        return iter(self.items)

    def __repr__(self):
        return f"<{self.kind}>"


def text(value, limit):
    """Text that can be written anywhere: surrogates and control characters are spelt out, the length is bounded."""
    whole = str(value)[:limit]
    return "".join(c if c in "\n\t" or c.isprintable() else ascii(c)[1:-1] for c in whole)


def encode(value, lenient=False):
    """The bytes of one frame.

    lenient : the sandbox's side, where a value may be anything. What cannot travel becomes `Opaque` or `Iterable`.

    Raises
    ------
    WireError : too large, too deep, or (if not lenient) of a type that does not travel.
    """
    encoder = _Encoder(lenient)
    body = json.dumps(encoder.value(value), allow_nan=False, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_JSON:
        raise WireError(f"{len(body)} bytes of JSON; at most {MAX_JSON}")
    return b"".join([HEAD.pack(MAGIC, len(body), encoder.size), body, *encoder.buffers])


def decode(body, data):
    """The value of a frame's JSON and bytes; `WireError` whatever else they are."""
    try:
        return _Decoder(data).value(json.loads(body.decode("ascii"), parse_constant=_refuse))
    except WireError:
        raise
    except (
        Exception
    ) as error:  # RecursionError, ValueError, KeyError, OverflowError ...: the sender chose the bytes
        raise WireError(f"not a value ({type(error).__name__})") from None


def receive(read):
    """The value of the next frame; `read(n)` gives exactly n bytes or raises."""
    magic, length, size = HEAD.unpack(read(HEAD.size))
    if magic != MAGIC or length > MAX_JSON or size > MAX_BYTES:
        raise WireError("not a frame")
    return decode(read(length), read(size))


def _refuse(name):
    raise WireError(f"{name} in JSON")


class _Encoder:
    def __init__(self, lenient):
        self.lenient, self.buffers, self.size, self.nodes, self.hashed = lenient, [], 0, 0, 0

    def value(self, x, depth=0):
        """The JSON tree of a value; arrays go to `buffers`. Only exact types are trusted to be what they say."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise WireError("too deep, or too many parts")
        kind = type(x)
        if x is None or kind is bool:
            return x
        if kind is int:
            return x if abs(x) <= EXACT else {"i": str(x)}
        if kind is float:
            return x if math.isfinite(x) else {"f": repr(x)}
        if kind is complex:
            return {"c": [repr(x.real), repr(x.imag)]}
        if kind is str:
            return self.text(x)
        if isinstance(x, np.generic) and x.dtype.kind in ARRAYS:
            return {"s": self.array(np.asarray(x))}
        if isinstance(x, np.ndarray):
            return self.ndarray(x, depth)
        for base, tag in SEQUENCES:
            if isinstance(x, base):
                items = list(base.__iter__(x))
                self.hash(len(items) * (tag in "ez"))
                return {tag: [self.value(item, depth + 1) for item in items]}
        if isinstance(x, dict):
            pairs = dict.items(x)
            self.hash(len(pairs))
            return {"d": [[self.value(key, depth + 1), self.value(item, depth + 1)] for key, item in pairs]}
        if not self.lenient:
            raise WireError(f"a {kind.__name__} cannot travel")
        return self.anything(x, depth)

    def anything(self, x, depth):
        """What a student's function may return besides plain values."""
        kind = type(x)
        for base in (int, float, str):  # an IntEnum, say
            if isinstance(x, base):
                return self.value(base(x), depth)
        if hasattr(kind, "__array__"):  # a tensor, a pandas object
            return self.ndarray(np.asarray(x), depth)
        if hasattr(kind, "__iter__"):
            return {"g": [text(kind.__name__, 80), [self.value(item, depth + 1) for item in x]]}
        return self.opaque(x)

    def hash(self, count):
        self.hashed += count
        if self.hashed > MAX_HASHED:
            raise WireError(f"more than {MAX_HASHED} keys and members of sets")

    def text(self, x):
        if len(x) > MAX_TEXT:
            raise WireError(f"a text of {len(x)} characters; at most {MAX_TEXT}")
        return x if x.isascii() else {"t": x.encode("utf-8", "surrogatepass").hex()}

    def ndarray(self, x, depth):
        x = np.asarray(x)
        if x.dtype.kind in ARRAYS:
            return {"a": self.array(x)}
        if x.dtype.kind == "O" and x.size <= 10_000:
            return {"o": [list(x.shape), [self.value(item, depth + 1) for item in x.ravel().tolist()]]}
        return self.opaque(x)

    def array(self, x):
        data = np.ascontiguousarray(x).tobytes()
        start, self.size = self.size, self.size + len(data)
        if self.size > MAX_BYTES:
            raise WireError(f"more than {MAX_BYTES} bytes of arrays")
        self.buffers.append(data)
        return [x.dtype.str, list(x.shape), start]

    def opaque(self, x):
        try:
            shown = repr(x)
        except BaseException:  # a student's class may do anything
            shown = f"a {type(x).__name__}"
        return {"x": [text(type(x).__name__, 80), text(shown, 300)]}


class _Decoder:
    def __init__(self, data):
        self.data, self.nodes, self.hashed, self.copied = data, 0, 0, 0

    def value(self, x, depth=0):
        self.nodes += 1
        if depth > MAX_DEPTH + 1 or self.nodes > MAX_NODES:
            raise WireError("too deep, or too many parts")
        if x is None or isinstance(x, (bool, int, float, str)):
            return x
        if not isinstance(x, dict) or len(x) != 1:
            raise WireError("not a value")
        ((tag, content),) = x.items()
        if tag not in self.TAGS:
            raise WireError("an unknown tag")
        return self.TAGS[tag](self, content, depth + 1)

    def many(self, items, depth):
        return [self.value(item, depth) for item in items]

    def hashable(self, items):
        self.hashed += len(items)
        if self.hashed > MAX_HASHED:
            raise WireError("too many keys and members of sets")
        return items

    def pairs(self, items, depth):
        items = self.hashable(items)
        return {self.value(key, depth): self.value(item, depth) for key, item in items}

    def array(self, content, depth=0):
        kind, shape, start = content
        if not isinstance(kind, str) or not DTYPES.match(kind) or type(start) is not int:
            raise WireError("an array of an unknown kind")
        dtype, shape = np.dtype(kind), self.shape(shape)
        count = math.prod(shape)
        if start < 0 or start + count * dtype.itemsize > len(self.data):
            raise WireError("an array that lies outside its frame")
        self.copied += count * max(1, dtype.itemsize)
        if self.copied > MAX_BYTES:
            raise WireError("arrays that share their bytes, and are too large together")
        if not count * dtype.itemsize:
            return np.zeros(shape, dtype)
        return np.frombuffer(self.data, dtype, count, start).reshape(shape).copy()

    def objects(self, content, depth):
        shape, items = self.shape(content[0]), self.many(content[1], depth)
        if len(items) != math.prod(shape):
            raise WireError("an array with another number of items than places")
        array = np.empty(len(items), object)
        for k, item in enumerate(items):  # one by one: NumPy would take a list for more axes
            array[k] = item
        return array.reshape(shape)

    @staticmethod
    def shape(shape):
        if not isinstance(shape, list) or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
            raise WireError("an array without a proper shape")
        if math.prod(n for n in shape if n) > MAX_BYTES:
            raise WireError("an array too large")
        return tuple(shape)

    TAGS = {
        "i": lambda self, x, depth: int(x),
        "f": lambda self, x, depth: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[x],
        "c": lambda self, x, depth: complex(float(x[0]), float(x[1])),
        "t": lambda self, x, depth: bytes.fromhex(x).decode("utf-8", "surrogatepass"),
        "l": many,
        "u": lambda self, x, depth: tuple(self.many(x, depth)),
        "e": lambda self, x, depth: set(self.many(self.hashable(x), depth)),
        "z": lambda self, x, depth: frozenset(self.many(self.hashable(x), depth)),
        "d": pairs,
        "a": array,
        "s": lambda self, x, depth: self.array(x)[()],
        "o": objects,
        "g": lambda self, x, depth: Iterable(text(x[0], 80), self.many(x[1], depth)),
        "x": lambda self, x, depth: Opaque(text(x[0], 80), text(x[1], 300)),
    }
