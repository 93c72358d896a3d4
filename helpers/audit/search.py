"""Counting the matrices: dynamic programming over classes, on the sums of hits and of predicted counts.

With k classes, supports s, hits t and predicted counts p, a matrix of n images with A hits in all exists exactly if
sum t = A, sum p = n, and for every class its misses and false alarms fit beside each other: (s - t) + (p - t) <= n - A.
(The misses of a class must be false alarms of *other* classes; by max-flow min-cut nothing else can stand in the way.)
Given A, that is an upper bound on p, class by class. So the number of combinations of the first i classes with sums (T, P),

    D_i(T, P) = sum over t of D_{i-1}(T - t, P - high(t)) + ... + D_{i-1}(T - t, P - low(t)),

needs one subtraction of running sums for each t; D_k(A, n) is the number of matrices' margins. Two classes need none of it.
"""

from typing import NamedTuple

import numpy as np

from helpers.audit.margins import Margins

OBJECTS = 30  # a step with Python's whole numbers takes so many times as long


class Layer(NamedTuple):
    """D_i on the sums (T, P) that can still be completed: counts[T - hits, P - predicted]."""

    counts: np.ndarray
    hits: int
    predicted: int


def with_existing_matrix(options, support, n, hits):
    """The options of every class, their upper bounds lowered to what leaves a matrix with `hits` hits in all."""
    lowered = []
    for (t, low, high), images in zip(options, support):
        high = np.minimum(high, n - images - hits + 2 * t)
        keep = low <= high
        lowered.append(Margins(t, low, high) if keep.all() else Margins(t[keep], low[keep], high[keep]))
    return lowered


def windows(options, n, hits):
    """For 0 .. k classes: lowest and highest sum of hits and of predicted counts that can still reach (hits, n).

    (k + 1, 4) int, or None where nothing can.
    """
    if any(not len(m.hits) for m in options):
        return None
    ends = np.array([[m.hits[0], m.hits[-1], m.low.min(), m.high.max()] for m in options])
    before = np.vstack([np.zeros(4, int), ends.cumsum(axis=0)])
    after = before[-1] - before
    total = np.array([hits, hits, n, n])
    rest = total - after[:, [1, 0, 3, 2]]
    bounds = np.where([True, False, True, False], np.maximum(before, rest), np.minimum(before, rest))
    return bounds if (bounds[:, [0, 2]] <= bounds[:, [1, 3]]).all() else None


def two_classes(options, support, hits):
    """All combinations of two classes with `hits` hits: the misses of each are the false alarms of the other, so that the
    hits of the first fix everything. True positives and predicted counts, (number, 2) each."""
    first, second = options
    p = 2 * first.hits + (support[1] - hits)
    possible = (first.low <= p) & (p <= first.high)  # mostly few: the other class is asked for these alone
    t = first.hits[possible]
    place = np.searchsorted(second.hits, hits - t)
    known = place < len(second.hits)
    t, place = t[known], place[known]
    t = np.stack([t, hits - t], axis=1)
    p = t + (support - t)[:, ::-1]
    fits = (second.hits[place] == t[:, 1]) & (second.low[place] <= p[:, 1]) & (p[:, 1] <= second.high[place])
    return t[fits], p[fits]


def steps(options, n, hits):
    """How many steps `layers` (or `two_classes`) takes: cells times numbers of hits, one layer after the other."""
    if len(options) == 2:
        return 20_000 + 10.0 * len(options[0].hits)
    bounds = windows(options, n, hits)
    if bounds is None:
        return 1000
    cells = (bounds[1:, 1] - bounds[1:, 0] + 1.0) * (bounds[1:, 3] - bounds[1:, 2] + 1)
    return cells @ [len(m.hits) + 10 for m in options] * (OBJECTS if _number_type(options) is object else 1)


def layers(options, n, hits):
    """D_0 .. D_k as `Layer`s; [] where nothing fits."""
    bounds = windows(options, n, hits)
    if bounds is None:
        return []
    kind = _number_type(options)
    found = [Layer(np.ones((1, 1), kind), 0, 0)]
    for margins, (t_first, t_last, p_first, p_last) in zip(options, bounds[1:]):
        previous = found[-1]
        height, width = previous.counts.shape
        running = np.concatenate([np.zeros((height, 1), kind), previous.counts.cumsum(axis=1)], axis=1)
        counts = np.zeros((t_last - t_first + 1, p_last - p_first + 1), kind)
        behind = previous.predicted - p_first
        for t, low, high in zip(*(side.tolist() for side in margins)):
            shift = previous.hits + t - t_first  # row r of the previous layer becomes row r + shift
            rows = slice(max(0, -shift), min(height, len(counts) - shift))
            if rows.start < rows.stop:
                target, part = counts[rows.start + shift : rows.stop + shift], running[rows]
                _add_moved(np.add, target, part, behind + low - 1)
                _add_moved(np.subtract, target, part, behind + high)
        found.append(Layer(counts, int(t_first), int(p_first)))
    return found


def _add_moved(add, target, running, places):
    """Add to (or subtract from) `target` the running sums, moved by so many places to the right: in front of them stands 0,
    and behind them their last one."""
    last, width = running.shape[1] - 1, target.shape[1]
    start, stop = min(max(places, 0), width), min(max(places + last, 0), width)
    if start < stop:
        view = target[:, start:stop]
        add(view, running[:, start - places : stop - places], out=view)
    if stop < width:
        view = target[:, stop:]
        add(view, running[:, last:], out=view)


def number(found):
    """How many combinations there are: D_k(A, n)."""
    return int(found[-1].counts[0, 0]) if found else 0


def pick(found, options, ranks):
    """Combinations number `ranks` (0 .. number - 1 each): true positives and predicted counts, two arrays (len(ranks), k)."""
    ranks = np.array(ranks, found[0].counts.dtype)
    state = np.full((len(ranks), 2), [found[-1].hits, found[-1].predicted])
    each, columns = np.arange(len(ranks)), []
    for layer, margins in zip(found[-2::-1], options[::-1]):
        height, width = layer.counts.shape
        running = np.concatenate([np.zeros_like(layer.counts[:, :1]), layer.counts.cumsum(axis=1)], axis=1)
        row = state[:, :1] - margins.hits - layer.hits
        inside = (row >= 0) & (row < height)
        row = np.where(inside, row, 0)
        first = state[:, 1:] - margins.high - layer.predicted
        start, stop = (np.clip(p, 0, width) for p in (first, first + margins.high - margins.low + 1))
        here = np.where(inside, running[row, stop] - running[row, start], 0)
        up_to = here.cumsum(axis=1)
        chosen = (up_to > ranks[:, None]).argmax(axis=1)
        row, start = row[each, chosen], start[each, chosen]
        ranks = ranks - up_to[each, chosen] + here[each, chosen]
        place = (running[row] > (running[row, start] + ranks)[:, None]).argmax(axis=1) - 1
        ranks = ranks + running[row, start] - running[row, place]
        columns.append(np.stack([margins.hits[chosen], state[:, 1] - place - layer.predicted], axis=1))
        state = state - columns[-1]
    chosen = np.stack(columns[::-1], axis=1)  # (len(ranks), k, 2)
    return chosen[..., 0], chosen[..., 1]


def everything(found, options):
    """All combinations: true positives and predicted counts, two arrays (number, k)."""
    state, columns = np.array([[found[-1].hits, found[-1].predicted]]), []
    for layer, margins in zip(found[-2:0:-1], options[:0:-1]):
        t = np.repeat(margins.hits, margins.high - margins.low + 1)
        p = np.concatenate([np.arange(low, high + 1) for low, high in zip(margins.low, margins.high)])
        row, column = state[:, :1] - t - layer.hits, state[:, 1:] - p - layer.predicted
        height, width = layer.counts.shape
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        inside[inside] = layer.counts[row[inside], column[inside]] > 0
        old, new = np.nonzero(inside)
        columns = [earlier[old] for earlier in columns] + [np.stack([t[new], p[new]], axis=1)]
        state = state[old] - columns[-1]
    chosen = np.stack([state, *columns[::-1]], axis=1)  # (number, k, 2); the first class takes what is left
    return chosen[..., 0], chosen[..., 1]


def _number_type(options):
    """int64, or Python's own whole numbers where 64 bits may not hold the count."""
    most = np.prod([float((m.high - m.low + 1).sum()) for m in options])
    return np.int64 if most < 2**62 else object
