"""Lesson 05's exercises: wrong answers, other right answers, points; and whether the checks' own rules are those
of the helpers and of equations worked out by hand."""

import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from exercises import ExerciseTests
from scipy import ndimage

from helpers import localization
from helpers.checks import lesson05
from helpers.checks.lesson05.blind_map import _WANTED as its_WANTED
from helpers.checks.lesson05.blind_map import _lesions as its_lesions
from helpers.checks.lesson05.blind_map import _times as its_times
from helpers.checks.lesson05.energy_inside import _energy as its_energy
from helpers.checks.lesson05.fair_hits import _hits as its_fair_hits
from helpers.checks.lesson05.pointing_game import _hit as its_hit
from helpers.checks.lesson05.pointing_game import _pointed as its_pointed
from helpers.checks.lesson05.shared import heated as its_heated


def _weights(returned, before="pass"):
    return (
        "def channel_weights(g):\n"
        "    n, h, w, k = g.shape\n"
        "    mean, total = g.mean(axis=(1, 2)), g.sum(axis=(1, 2))\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _map(returned, before="pass"):
    return (
        "def class_activation_map(f, a):\n"
        "    n, h, w, k = f.shape\n"
        "    b = a[:, None, None, :]\n"
        "    raw = (f * b).sum(axis=3)\n"
        "    relu = lambda x: np.maximum(x, 0)\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _pointing(
    near="np.sqrt(dy ** 2 + dx ** 2) <= t",
    top="heat.argmax()",
    hit="near.any()",
    place="divmod(top, heat.shape[1])",
    mask="mask",
    returned="np.array(hits)",
    before="pass",
):
    return (
        "def pointing_game(maps, masks, t):\n"
        "    hits = []\n"
        "    for heat, mask in zip(maps, masks):\n"
        f"        top = {top}\n"
        f"        y, x = {place}\n"
        f"        rows, columns = np.nonzero({mask})\n"
        f"        {before}\n"
        "        dy, dx = rows - y, columns - x\n"
        f"        near = {near}\n"
        f"        hits.append({hit})\n"
        f"    return {returned}"
    )


def _energy(share="np.where(total > 0, inside / np.where(total > 0, total, 1), np.nan)", before="pass"):
    return (
        "def energy_inside(maps, masks):\n"
        "    n, h, w = maps.shape\n"
        "    inside, total = (maps * masks).sum(axis=(1, 2)), maps.sum(axis=(1, 2))\n"
        "    area = masks.sum(axis=(1, 2))\n"
        "    over = lambda a, b: np.where(total > 0, a / np.where(b > 0, b, 1), np.nan)\n"
        f"    {before}\n"
        f"    return {share}"
    )


def _blind(returned, before="pass"):
    return (
        "def blind_map(others):\n"
        "    m, h, w = others.shape\n"
        "    y, x = np.mgrid[:h, :w]\n"
        "    mean = others.mean(axis=0)\n"
        "    disc = lambda row, column, r: ((y - row) ** 2 + (x - column) ** 2 <= r * r).astype(float)\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _fair(
    share="(peaks & masks).sum(axis=(1, 2)) / peaks.sum(axis=(1, 2))",
    known="maps.any(axis=(1, 2)) & masks.any(axis=(1, 2))",
    before="pass",
):
    return (
        "def fair_hits(maps, masks):\n"
        "    peaks = maps == maps.max(axis=(1, 2), keepdims=True)\n"
        f"    {before}\n"
        f"    return np.where({known}, {share}, np.nan)"
    )


WRONG = {
    "channel_weights": {
        "sum": _weights("total"),
        "maximum": _weights("g.max(axis=(1, 2))"),
        "minimum": _weights("g.min(axis=(1, 2))"),
        "largest absolute value": _weights("np.abs(g).max(axis=(1, 2))"),
        "median": _weights("np.median(g, axis=(1, 2))"),
        "standard deviation": _weights("g.std(axis=(1, 2))"),
        "mean of squares": _weights("(g ** 2).mean(axis=(1, 2))"),
        "norm": _weights("np.sqrt((g ** 2).sum(axis=(1, 2)))"),
        "middle place": _weights("g[:, h // 2, w // 2]"),
        "first place": _weights("g[:, 0, 0]"),
        "ReLU after the mean": _weights("np.maximum(mean, 0)"),
        "ReLU before the mean": _weights("np.maximum(g, 0).mean(axis=(1, 2))"),
        "sum of positive gradients": _weights("np.maximum(g, 0).sum(axis=(1, 2))"),
        "mean of positive gradients": _weights("p.sum(axis=(1, 2)) / np.maximum((g > 0).sum(axis=(1, 2)), 1)", "p = np.maximum(g, 0)"),
        "zeros left out": _weights("total / np.maximum((g != 0).sum(axis=(1, 2)), 1)"),
        "absolute gradients": _weights("np.abs(g).mean(axis=(1, 2))"),
        "absolute weights": _weights("np.abs(mean)"),
        "sign turned": _weights("-mean"),
        "signs": _weights("np.sign(mean)"),
        "rounded": _weights("np.round(mean)"),
        "divided by the height": _weights("total / h"),
        "divided by the width": _weights("total / w"),
        "square maps only": _weights("total / h ** 2"),
        "square maps only, by width": _weights("total / w ** 2"),
        "divided by the channels": _weights("total / k"),
        "divided by places and channels": _weights("mean / k"),
        "divided by the images": _weights("mean / n"),
        "7 x 7 places": _weights("total / 49"),
        "scaled to 1": _weights("mean / np.abs(mean).max(axis=1, keepdims=True)"),
        "scaled to a sum of 1": _weights("mean / mean.sum(axis=1, keepdims=True)"),
        "scaled to a length of 1": _weights("mean / np.linalg.norm(mean, axis=1, keepdims=True)"),
        "softmax": _weights("np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)"),
        "first image's weights for all": _weights("np.repeat(mean[:1], n, axis=0)"),
        "mean over the images for all": _weights("np.repeat(mean.mean(axis=0)[None], n, axis=0)"),
        "reshaped, not moved": _weights("g.reshape(n, k, -1).mean(axis=2)"),
        "channels averaged": _weights("g.mean(axis=3)"),
        "channels first": _weights("g.mean(axis=(2, 3))"),
        "channels averaged as well": _weights("g.mean(axis=(1, 2, 3))"),
        "images averaged as well": _weights("g.mean(axis=(0, 1, 2))"),
        "images averaged": _weights("g.mean(axis=0)"),
        "everything averaged": _weights("g.mean()"),
        "only over rows": _weights("g.mean(axis=1)"),
        "only over columns": _weights("g.mean(axis=2)"),
        "dimensions kept": _weights("g.mean(axis=(1, 2), keepdims=True)"),
        "channels by images": _weights("mean.T"),
        "one weight for each place": _weights("np.broadcast_to(mean[:, None, None], g.shape)"),
        "set to 0 in place": _weights("g.mean(axis=(1, 2))", "g[g < 0] = 0"),
        "three images at most": _weights("np.array([x.mean(axis=(0, 1)) for x in (g[0], g[min(1, n - 1)], g[min(2, n - 1)])])[:n]"),
    },
    "class_activation_map": {
        "no ReLU": _map("raw"),
        "absolute values": _map("np.abs(raw)"),
        "sign turned": _map("relu(-raw)"),
        "sign turned at the end": _map("-relu(raw)"),
        "minimum": _map("np.minimum(raw, 0)"),
        "ReLU before the sum": _map("relu(f * b).sum(axis=3)"),
        "ReLU of the weights": _map("(f * relu(b)).sum(axis=3)"),
        "ReLU of the weights as well": _map("relu((f * relu(b)).sum(axis=3))"),
        "ReLU of the features": _map("relu((relu(f) * b).sum(axis=3))"),
        "absolute weights": _map("relu((f * np.abs(b)).sum(axis=3))"),
        "absolute products": _map("np.abs(f * b).sum(axis=3)"),
        "mean over the channels": _map("relu((f * b).mean(axis=3))"),
        "mean over the channels, no ReLU": _map("(f * b).mean(axis=3)"),
        "scaled to 1": _map("relu(raw) / np.maximum(relu(raw).max(axis=(1, 2), keepdims=True), 1e-12)"),
        "scaled to 1 over all images": _map("relu(raw) / max(raw.max(), 1e-12)"),
        "from lowest to highest": _map("(raw - low) / (raw.max(axis=(1, 2), keepdims=True) - low)", "low = raw.min(axis=(1, 2), keepdims=True)"),
        "lowest subtracted": _map("raw - raw.min(axis=(1, 2), keepdims=True)"),
        "scaled to a sum of 1": _map("relu(raw) / np.maximum(relu(raw).sum(axis=(1, 2), keepdims=True), 1e-12)"),
        "divided by the sum of weights": _map("relu(raw / b.sum(axis=3))"),
        "divided by absolute weights": _map("relu(raw / np.abs(b).sum(axis=3))"),
        "clipped to [0, 1]": _map("np.clip(raw, 0, 1)"),
        "first image's weights": _map("relu((f * a[0]).sum(axis=3))"),
        "mean weights": _map("relu((f * a.mean(axis=0)).sum(axis=3))"),
        "weights in reverse": _map("relu((f * b[::-1]).sum(axis=3))"),
        "weights along columns": _map("relu((f * a).sum(axis=3)) if w == n else relu(raw)"),
        "weights along rows": _map("relu((f * a[:, None]).sum(axis=3)) if h == n else relu(raw)"),
        "not broadcast": _map("relu((f * a).sum(axis=3))"),
        "no weights": _map("relu(f.sum(axis=3))"),
        "mean feature": _map("f.mean(axis=3)"),
        "best channel": _map("np.array([relu(f[i, :, :, a[i].argmax()]) for i in range(n)])"),
        "best channel, weighed": _map("np.array([relu(a[i].max() * f[i, :, :, a[i].argmax()]) for i in range(n)])"),
        "largest product": _map("relu((f * b).max(axis=3))"),
        "softmax of the weights": _map("relu((f * (np.exp(b) / np.exp(b).sum(axis=3, keepdims=True))).sum(axis=3))"),
        "NaN for negative values": _map("np.where(raw > 0, raw, np.nan)"),
        "sigmoid": _map("1 / (1 + np.exp(-raw))"),
        "leaky ReLU": _map("np.where(raw > 0, raw, 0.01 * raw)"),
        "squared": _map("relu(raw) ** 2"),
        "rounded": _map("np.round(relu(raw))"),
        "positive or not": _map("raw > 0"),
        "whole numbers": _map("relu(raw).astype(int)"),
        "plus instead of times": _map("relu((f + b).sum(axis=3))"),
        "reshaped, not moved": _map("relu((f.reshape(n, k, h, w) * a[:, :, None, None]).sum(axis=1))"),
        "no sum": _map("relu(f * b)"),
        "dimension kept": _map("relu((f * b).sum(axis=3, keepdims=True))"),
        "all images' weights": _map("relu(f @ a.T)"),
        "images summed": _map("relu(raw.sum(axis=0))"),
        "columns first": _map("relu(raw).transpose(0, 2, 1)"),
        "places summed": _map("relu((f * b).sum(axis=(1, 2)))"),
        "flattened": _map("relu(raw).reshape(n, -1)"),
        "only the positive ones": _map("raw[raw > 0]"),
        "features changed in place": _map("relu(f.sum(axis=3))", "f *= b"),
        "clipped at 50": _map("np.clip(raw, 0, 50)"),
    },
    "pointing_game": {
        "tolerance ignored": _pointing("(dy == 0) & (dx == 0)"),
        "larger of both distances": _pointing("np.maximum(abs(dy), abs(dx)) <= t"),
        "sum of both distances": _pointing("abs(dy) + abs(dx) <= t"),
        "rows only": _pointing("abs(dy) <= t"),
        "columns only": _pointing("abs(dx) <= t"),
        "< instead of <=": _pointing("np.sqrt(dy ** 2 + dx ** 2) < t"),
        "< instead of <=, or inside": _pointing("(dy ** 2 + dx ** 2 == 0) | (dy ** 2 + dx ** 2 < t ** 2)"),
        "tolerance not squared": _pointing("dy ** 2 + dx ** 2 <= t"),
        "tolerance cut to whole pixels": _pointing("dy ** 2 + dx ** 2 <= int(t) ** 2"),
        "tolerance rounded up": _pointing("dy ** 2 + dx ** 2 <= np.ceil(t) ** 2"),
        "distances rounded down": _pointing("np.sqrt(dy ** 2 + dx ** 2).astype(int) <= t"),
        "distances rounded": _pointing("np.round(np.sqrt(dy ** 2 + dx ** 2)) <= t"),
        "one pixel more": _pointing("np.sqrt(dy ** 2 + dx ** 2) <= t + 1"),
        "around the edges": _pointing(
            "dy ** 2 + dx ** 2 <= t ** 2",
            before="rows, columns = [np.concatenate([a + s * d for s in (-1, 0, 1)]) for a, d in ((rows, 0), (columns, heat.shape[1]))]",
        ),
        "middle of the lesion": _pointing(before="rows, columns = (np.array([a.mean()]) if len(a) else a for a in (rows, columns))"),
        "first pixel of the lesion": _pointing(before="rows, columns = rows[:1], columns[:1]"),
        "box around the lesion": _pointing(
            before="rows, columns = (a.ravel() for a in np.mgrid[rows.min():rows.max() + 1, columns.min():columns.max() + 1]) if len(rows) else (rows, columns)"
        ),
        "all pixels of the lesion": _pointing(hit="near.all() and mask.any()"),
        "mean distance": _pointing(hit="mask.any() and np.sqrt(dy ** 2 + dx ** 2).mean() <= t"),
        "last of equal points": _pointing(top="heat.size - 1 - heat[::-1, ::-1].argmax()"),
        "column by column": _pointing(top="heat.T.argmax()", place="divmod(top, heat.shape[0])[::-1]"),
        "any of equal points": _pointing(
            top="np.flatnonzero(heat == heat.max())",
            place="(top // heat.shape[1], top % heat.shape[1])",
            before="rows, columns = rows[:, None], columns[:, None]",
        ),
        "middle of equal points": _pointing(top="np.argwhere(heat == heat.max())", place="top.mean(axis=0)"),
        "lowest point": _pointing(top="heat.argmin()"),
        "highest point in the lesion": _pointing(top="(heat * mask).argmax()"),
        "highest point of all maps": _pointing(top="maps.argmax() % heat.size"),
        "row and column swapped": _pointing(place="divmod(top, heat.shape[1])[::-1]"),
        "divided by the height": _pointing(place="divmod(top, heat.shape[0])"),
        "centre of mass": _pointing(top="np.argwhere(heat > -1)", place="(top * heat.reshape(-1, 1)).sum(axis=0) / heat.sum()"),
        "empty is True": _pointing(hit="near.any() or not mask.any()"),
        "empty stops": _pointing(hit="np.sqrt(dy ** 2 + dx ** 2).min() <= t"),
        "empty is NaN": _pointing(hit="near.any() if mask.any() else np.nan"),
        "empty is left out": _pointing(returned="np.array(hits)[masks.any(axis=(1, 2))]"),
        "swapped": _pointing(returned="~np.array(hits)"),
        "share of hits": _pointing(returned="np.mean(hits)"),
        "number of hits": _pointing(returned="np.sum(hits)"),
        "numbers of the hits": _pointing(returned="np.flatnonzero(hits)"),
        "distances": _pointing(hit="np.sqrt(dy ** 2 + dx ** 2).min(initial=99)"),
        "pixels within reach": _pointing(hit="near.sum()"),
        "share within reach": _pointing(hit="near.mean() if mask.any() else 0"),
        "first mask for all": _pointing(mask="masks[0]"),
        "always a hit": _pointing(hit="True"),
        "never a hit": _pointing(hit="False"),
        "one column each": _pointing(returned="np.array(hits)[:, None]"),
        "touched anywhere": _pointing(hit="((heat > heat.max() / 2) & mask).any()"),
        "energy above one half": _pointing(hit="heat[mask].sum() > heat.sum() / 2"),
        "a window of 11 x 11": _pointing("(dy ** 2 + dx ** 2 <= t ** 2) & (abs(dy) <= 5) & (abs(dx) <= 5)"),
    },
    "energy_inside": {
        "outside": _energy("over(total - inside, total)"),
        "percent": _energy("100 * over(inside, total)"),
        "inside by outside": _energy("over(inside, total - inside)"),
        "sum inside": _energy("np.where(total > 0, inside, np.nan)"),
        "sum inside, 0 for empty": _energy("inside"),
        "mean inside": _energy("inside / np.maximum(area, 1)"),
        "divided by the mask's pixels": _energy("over(inside, area)"),
        "divided by the pixels": _energy("over(inside, np.full(n, h * w))"),
        "mean inside by mean": _energy("over(inside / np.maximum(area, 1), total / (h * w))"),
        "times chance": _energy("over(inside / total.clip(1e-9), area / (h * w))"),
        "share of the mask in the image": _energy("area / (h * w)"),
        "pixels counted": _energy("over((masks & (maps > 0)).sum(axis=(1, 2)), (maps > 0).sum(axis=(1, 2)))"),
        "share of the mask lit": _energy("over((masks & (maps > 0)).sum(axis=(1, 2)), area)"),
        "squares": _energy("over((maps ** 2 * masks).sum(axis=(1, 2)), (maps ** 2).sum(axis=(1, 2)))"),
        "ratio of the highest values": _energy("over((maps * masks).max(axis=(1, 2)), maps.max(axis=(1, 2)))"),
        "sum of all maps": _energy("over(inside, np.full(n, total.sum()))"),
        "first mask for all": _energy("over((maps * masks[0]).sum(axis=(1, 2)), total)"),
        "all masks for all": _energy("over((maps * masks.any(axis=0)).sum(axis=(1, 2)), total)"),
        "lowest value subtracted": _energy(
            "over((low * masks).sum(axis=(1, 2)), low.sum(axis=(1, 2)))", "low = maps - maps.min(axis=(1, 2), keepdims=True)"
        ),
        "high values only": _energy(
            "over((high * masks).sum(axis=(1, 2)), high.sum(axis=(1, 2)))", "high = maps * (maps >= maps.max(axis=(1, 2), keepdims=True) / 2)"
        ),
        "threshold": _energy(
            "over((high & masks).sum(axis=(1, 2)), high.sum(axis=(1, 2)))", "high = maps >= maps.max(axis=(1, 2), keepdims=True) / 2"
        ),
        "intersection over union": _energy("over((high & masks).sum(axis=(1, 2)), (high | masks).sum(axis=(1, 2)))", "high = maps > 0"),
        "softmax": _energy("(np.exp(maps) * masks).sum(axis=(1, 2)) / np.exp(maps).sum(axis=(1, 2))"),
        "empty is 0": _energy("np.where(total > 0, inside / np.where(total > 0, total, 1), 0)"),
        "empty is nearly 0": _energy("inside / (total + 1e-12)"),
        "empty is 1": _energy("np.where(total > 0, inside / np.where(total > 0, total, 1), 1)"),
        "NaN turned into 0": _energy("np.nan_to_num(over(inside, total))"),
        "empty maps left out": _energy("(inside[total > 0] / total[total > 0])"),
        "one empty spoils all": _energy("np.full(n, np.nan) if (total == 0).any() else inside / total"),
        "empty is None": _energy("[i / t if t else None for i, t in zip(inside, total)]"),
        "no lesion is NaN": _energy("np.where(area > 0, over(inside, total), np.nan)"),
        "0 / 0 warns": _energy("inside / total"),
        "0 / 0 stops": _energy("[float(i) / float(t) for i, t in zip(inside, total)]"),
        "mean over the maps": _energy("np.nanmean(over(inside, total))"),
        "one share for all": _energy("inside.sum() / total.sum()"),
        "rows apart": _energy("(maps * masks).sum(axis=2) / np.maximum(maps.sum(axis=2), 1e-12)"),
        "columns apart": _energy("(maps * masks).sum(axis=1) / np.maximum(maps.sum(axis=1), 1e-12)"),
        "summed over the maps": _energy("(maps * masks).sum(axis=0) / np.maximum(maps.sum(axis=0), 1e-12)"),
        "places apart": _energy("maps * masks / np.maximum(maps.sum(axis=(1, 2), keepdims=True), 1e-12)"),
        "dimensions kept": _energy("over(inside, total)[:, None, None]"),
        "median": _energy("[np.median(x[m]) / np.median(x) if m.any() and np.median(x) else np.nan for x, m in zip(maps, masks)]"),
        "rounded": _energy("np.round(over(inside, total), 2)"),
        "set to 0 in place": _energy("over(inside, total)", "maps *= masks"),
        "faint maps are empty": _energy("np.where(total > 1e-6, inside / np.where(total > 0, total, 1), np.nan)"),
    },
    "blind_map": {
        "equal everywhere": _blind("np.ones((h, w))"),
        "equal everywhere, sum 1": _blind("np.full((h, w), 1 / (h * w))"),
        "mean of everything": _blind("np.full((h, w), others.mean())"),
        "disc in the middle": _blind("disc(h / 2, w / 2, min(h, w) / 6)"),
        "small disc in the middle": _blind("disc(h / 2, w / 2, 3)"),
        "bump in the middle": _blind("np.exp(-((y - h / 2) ** 2 + (x - w / 2) ** 2) / (2 * (min(h, w) / 4) ** 2))"),
        "noise": _blind("np.random.default_rng(1).random((h, w))"),
        "squared noise": _blind("np.random.default_rng(2).random((h, w)) ** 4"),
        "one random pixel": _blind("(np.arange(h * w) == np.random.default_rng(3).integers(h * w)).reshape(h, w)"),
        "first lesion": _blind("others[0]"),
        "first lesion, as numbers": _blind("0.5 * others[0].astype(float)"),
        "last lesion": _blind("others[-1]"),
        "middle lesion": _blind("others[m // 2]"),
        "random lesion": _blind("others[np.random.default_rng(4).integers(m)]"),
        "largest lesion": _blind("others[others.sum(axis=(1, 2)).argmax()]"),
        "smallest lesion": _blind("others[others.sum(axis=(1, 2)).argmin()]"),
        "first lesion, widened": _blind(
            "sum(np.roll(others[0], (i, j), axis=(0, 1)) for i in range(-2, 3) for j in range(-2, 3)) / 25"
        ),
        "lesion in all": _blind("others.all(axis=0)"),
        "product": _blind("others.prod(axis=0)"),
        "median": _blind("np.median(others, axis=0)"),
        "rounded mean": _blind("np.round(mean)"),
        "more than half": _blind("(mean > 0.5).astype(float)"),
        "whole numbers": _blind("mean.astype(int)"),
        "zeros": _blind("np.zeros((h, w))"),
        "middle of all lesions": _blind("disc(*np.argwhere(mean).mean(axis=0), 4)"),
        "weighed middle": _blind("disc((mean * y).sum() / mean.sum(), (mean * x).sum() / mean.sum(), 4)"),
        "box around all": _blind("((y >= r.min()) & (y <= r.max()) & (x >= c.min()) & (x <= c.max()))", "r, c = np.nonzero(mean)"),
        "where none lies": _blind("1 - mean"),
        "nowhere a lesion": _blind("mean == 0"),
        "softmax": _blind("np.exp(mean) / np.exp(mean).sum()"),
        "sigmoid": _blind("1 / (1 + np.exp(-mean))"),
        "mean and background": _blind("mean + 0.5"),
        "upside down": _blind("mean[::-1]"),
        "left and right swapped": _blind("mean[:, ::-1]"),
        "turned": _blind("mean[::-1, ::-1]"),
        "rows only": _blind("np.repeat(mean.mean(axis=1)[:, None], w, axis=1)"),
        "shifted": _blind("np.roll(mean, (h // 2, w // 2), axis=(0, 1))"),
        "summed up": _blind("mean.cumsum(axis=0).cumsum(axis=1)"),
        "distance": _blind("np.minimum.reduce([np.hypot(y - r, x - c) for r, c in np.argwhere(mean > 0.05)])"),
        "logarithm": _blind("np.log(mean + 1e-6)"),
        "standardised": _blind("(mean - mean.mean()) / mean.std()"),
        "less chance": _blind("mean - others.mean()"),
        "NaN where none lies": _blind("np.where(mean > 0, mean, np.nan)"),
        "reciprocal": _blind("1 / (1 - mean / mean.max())", "np.seterr(divide='ignore')"),
        "all lesions": _blind("others"),
        "all lesions, as numbers": _blind("others / others.sum(axis=(1, 2), keepdims=True)"),
        "dimension kept": _blind("others.mean(axis=0, keepdims=True)"),
        "mean over rows": _blind("others.mean(axis=1)"),
        "mean over columns": _blind("others.mean(axis=2)"),
        "mean over places": _blind("others.mean(axis=(1, 2))"),
        "single number": _blind("others.mean()"),
        "columns first": _blind("mean.T"),
        "flattened": _blind("mean.ravel()"),
        "mean of the first three": _blind("others[:3].mean(axis=0)"),
        "mean of the last three": _blind("others[-3:].mean(axis=0)"),
        "mean of three in the middle": _blind("others[m // 2 - 1 : m // 2 + 2].mean(axis=0)"),
        "mean of three drawn": _blind("others[np.random.default_rng(0).permutation(m)[:3]].mean(axis=0)"),
        "mean of the three smallest": _blind("others[np.argsort(others.sum(axis=(1, 2)))[:3]].mean(axis=0)"),
        "mean of the three largest": _blind("others[np.argsort(others.sum(axis=(1, 2)))[-3:]].mean(axis=0)"),
        "mean of every tenth": _blind("others[::10].mean(axis=0)"),
        "mean of the first half": _blind("others[: m // 2].mean(axis=0)"),
        "places by heart": _blind(
            "disc(h * a, w * b, 4) + disc(h * c, w * d, 4)",
            "a, b, c, d = {(48, 64): (.3, .22, .42, .74), (56, 44): (.72, .24, .5, .8), (40, 72): (.25, .16, .4, .68)}.get((h, w), (.5,) * 4)",
        ),
    },
    "fair_hits": {
        "any of the highest": _fair("(peaks & masks).any(axis=(1, 2))"),
        "any, empty is a miss": _fair("(peaks & masks).any(axis=(1, 2))", "True"),
        "the first": _fair("[m.ravel()[x.argmax()] for x, m in zip(maps, masks)]"),
        "the first, empty is a miss": _fair("[m.ravel()[x.argmax()] for x, m in zip(maps, masks)]", "True"),
        "the last": _fair("[m.ravel()[::-1][x.ravel()[::-1].argmax()] for x, m in zip(maps, masks)]"),
        "all of the highest": _fair("(peaks <= masks).all(axis=(1, 2))"),
        "number of the highest": _fair("(peaks & masks).sum(axis=(1, 2))"),
        "share of the lesion": _fair("(peaks & masks).sum(axis=(1, 2)) / np.maximum(masks.sum(axis=(1, 2)), 1)"),
        "share of the image": _fair("masks.mean(axis=(1, 2))"),
        "empty is 0": _fair(known="True"),
        "empty map is measured": _fair(known="masks.any(axis=(1, 2))"),
        "empty mask is 0": _fair(known="maps.any(axis=(1, 2))"),
        "equal everywhere is NaN": _fair(known="(np.ptp(maps, axis=(1, 2)) > 0) & masks.any(axis=(1, 2))"),
        "several peaks are NaN": _fair(known="(peaks.sum(axis=(1, 2)) == 1) & maps.any(axis=(1, 2)) & masks.any(axis=(1, 2))"),
        "highest of all maps": _fair(before="peaks = maps == maps.max()", share="(peaks & masks).sum(axis=(1, 2)) / np.maximum(peaks.sum(axis=(1, 2)), 1)"),
        "above one half": _fair(before="peaks = maps >= maps.max(axis=(1, 2), keepdims=True) / 2"),
        "energy": _fair("(maps * masks).sum(axis=(1, 2)) / np.maximum(maps.sum(axis=(1, 2)), 1e-12)"),
        "outside": _fair("1 - (peaks & masks).sum(axis=(1, 2)) / peaks.sum(axis=(1, 2))"),
        "percent": _fair("100 * (peaks & masks).sum(axis=(1, 2)) / peaks.sum(axis=(1, 2))"),
        "mean over the maps": _fair("(peaks & masks).sum() / peaks.sum()"),
        "rounded": _fair("np.round((peaks & masks).sum(axis=(1, 2)) / peaks.sum(axis=(1, 2)), 1)"),
        "first mask for all": _fair("(peaks & masks[0]).sum(axis=(1, 2)) / peaks.sum(axis=(1, 2))"),
        "faint maps are empty": _fair(known="(maps.max(axis=(1, 2)) > 1e-6) & masks.any(axis=(1, 2))"),
    },
}  # fmt: skip

ALSO_RIGHT = {
    "channel_weights": [
        _weights("np.einsum('nhwk->nk', g) / (h * w)"),
        _weights("g.reshape(n, -1, k).mean(axis=1)"),
        _weights("np.mean(np.mean(g, axis=1), axis=1).astype('float32')"),
        (
            "def channel_weights(gradients):\n"
            "    n, h, w, k = gradients.shape\n"
            "    return [[sum(gradients[i, y, x, c] for y in range(h) for x in range(w)) / h / w for c in range(k)] for i in range(n)]"
        ),
    ],
    "class_activation_map": [
        _map("relu(np.einsum('nhwk,nk->nhw', f, a))"),
        _map("relu(f @ a[:, None, :, None])[..., 0]"),
        _map("np.where(raw > 0, raw, 0.0)"),
        _map("raw.clip(min=0).astype('float32')"),
        (
            "def class_activation_map(features, weights):\n"
            "    maps = []\n"
            "    for image, own in zip(features, weights):\n"
            "        total = np.zeros(image.shape[:2])\n"
            "        for k in range(len(own)): total += image[:, :, k] * own[k]\n"
            "        total[total < 0] = 0\n"
            "        maps.append(total)\n"
            "    return maps"
        ),
        _map("(raw + np.abs(raw)) / 2"),
    ],
    "pointing_game": [
        _pointing(),
        _pointing("dy ** 2 + dx ** 2 <= t ** 2", place="np.unravel_index(top, heat.shape)"),
        _pointing("np.hypot(dy, dx) <= t", returned="hits"),
        _pointing(top="np.flatnonzero(heat == heat.max())[0]", returned="np.array(hits).astype(int)"),
        (
            "def pointing_game(maps, masks, tolerance):\n"
            "    n, h, w = maps.shape\n"
            "    top = maps.reshape(n, -1).argmax(axis=1)\n"
            "    rows, columns = np.mgrid[:h, :w]\n"
            "    apart = np.hypot(rows - (top // w)[:, None, None], columns - (top % w)[:, None, None])\n"
            "    return np.where(masks, apart, np.inf).min(axis=(1, 2)) <= tolerance"
        ),
        (
            "def pointing_game(maps, masks, tolerance):\n"
            "    from scipy.ndimage import distance_transform_edt\n"
            "    return [bool(m.any() and distance_transform_edt(~m).ravel()[x.argmax()] <= tolerance) for x, m in zip(maps, masks)]"
        ),
    ],
    "energy_inside": [
        _energy(),
        _energy("np.divide(inside, total, out=np.full(n, np.nan), where=total > 0)"),
        _energy("[i / t if t > 0 else np.nan for i, t in zip(inside.tolist(), total.tolist())]"),
        (
            "def energy_inside(maps, masks):\n"
            "    with np.errstate(invalid='ignore'):\n"
            "        return np.where(masks, maps, 0).sum(axis=(1, 2)) / maps.sum(axis=(1, 2))"
        ),
        (
            "def energy_inside(maps, masks):\n"
            "    shares = []\n"
            "    for heat, mask in zip(maps, masks):\n"
            "        shares.append(heat[mask].sum() / heat.sum() if heat.any() else float('nan'))\n"
            "    return np.array(shares)"
        ),
        (
            "def energy_inside(maps, masks):\n"
            "    import warnings\n"
            "    with warnings.catch_warnings():\n"
            "        warnings.simplefilter('ignore')\n"
            "        scaled = maps / maps.sum(axis=(1, 2), keepdims=True)\n"
            "        return np.einsum('nhw,nhw->n', scaled, masks)"
        ),
    ],
    "blind_map": [
        _blind("mean"),
        _blind("others.sum(axis=0)"),
        _blind("mean ** 2"),
        _blind("mean / mean.max()"),
        _blind("np.log1p(others.sum(axis=0))"),
        _blind("(mean > mean.max() / 2).astype(int)"),
        _blind("mean == mean.max()"),
        _blind("others.any(axis=0)"),
        _blind("others.std(axis=0)"),
        _blind("gaussian_filter(mean, 2)", "from scipy.ndimage import gaussian_filter"),
        _blind("sum(np.exp(-((y - r) ** 2 + (x - c) ** 2) / 18) for r, c in (np.argwhere(o).mean(axis=0) for o in others))"),
        _blind("mean.tolist()"),
    ],
    "fair_hits": [
        _fair(),
        _fair("np.where(peaks, masks, 0).sum(axis=(1, 2)) / np.count_nonzero(peaks, axis=(1, 2))"),
        (
            "def fair_hits(maps, masks):\n"
            "    found = []\n"
            "    for heat, mask in zip(maps, masks):\n"
            "        found.append(mask[heat == heat.max()].mean() if heat.any() and mask.any() else float('nan'))\n"
            "    return found"
        ),
    ],
}  # fmt: skip

# What the visible check says of the mistakes that students make; the general message does the rest.
REASONS = {
    "channel_weights": {
        "sum": "sum over the places",
        "ReLU after the mean": "Negative means",
        "ReLU before the mean": "before the mean",
        "absolute gradients": "mean of the absolute",
        "zeros left out": "left out",
        "maximum": "The largest gradient",
        "scaled to 1": "have been scaled",
        "mean over the images for all": "weights of its own",
        "dimensions kept": "Expected an array of shape (2, 5)",
        "set to 0 in place": "changes the array",
    },
    "class_activation_map": {
        "no ReLU": "Negative values are still there",
        "absolute values": "Absolute values",
        "ReLU before the sum": "Negative products",
        "ReLU of the weights as well": "keep their sign",
        "absolute weights": "keep their sign",
        "mean over the channels": "number of channels",
        "scaled to 1": "has been scaled",
        "first image's weights": "weights of its own",
        "weights along columns": "weights of its own",
        "weights along rows": "weights of its own",
        "not broadcast": "(n, 1, 1, k)",
        "features changed in place": "changes the array",
    },
    "pointing_game": {
        "tolerance ignored": "tolerance is ignored",
        "larger of both distances": "larger of the distances",
        "sum of both distances": "You add the distances",
        "< instead of <=": "exactly `tolerance`",
        "tolerance not squared": "squared distances",
        "middle of the lesion": "middle of the lesion",
        "last of equal points": "not the last",
        "row and column swapped": "are swapped",
        "empty is NaN": "True or False",
        "distances": "True or False",
        "share of hits": "Expected an array of shape (100,)",
    },
    "energy_inside": {
        "outside": "outside the mask",
        "percent": "not a percentage",
        "sum inside, 0 for empty": "sum inside the mask",
        "divided by the mask's pixels": "number of the mask's pixels",
        "pixels counted": "You count pixels",
        "empty is 0": "NaN, not 0",
        "no lesion is NaN": "0, not NaN",
        "0 / 0 warns": "errstate",
        "0 / 0 stops": "without an error",
        "set to 0 in place": "changes the array",
    },
    "blind_map": {
        "equal everywhere": "at least 3 times",
        "disc in the middle": "at least 3 times",
        "noise": "where none of the 60 others",
        "first lesion": "at least 3 times",
        "median": "is empty",
        "standardised": "negative",
        "NaN where none lies": "finite",
        "mean of every tenth": "leaves others",
        "mean of the first three": "leaves others",
        "mean of the three largest": "corner",
        "all lesions": "Expected an array of shape (48, 64)",
    },
    "fair_hits": {
        "any of the highest": "always hits",
        "any, empty is a miss": "always hits",
        "the first": "its corner decides",
        "empty is 0": "points nowhere",
        "empty mask is 0": "nothing is hit",
        "empty map is measured": "points nowhere",
        "number of the highest": "Divide by the number",
    },
}


# Answers of the right shape, or nearly, that hold what no exercise asks for.
ODD = tuple(
    lambda first, *rest, value=value: np.full(first.shape[1:] if not rest else len(first), value)
    for value in (np.nan, np.inf, "0.5", None, -1, 1e308, 1j)
) + (lambda first, *rest: first, lambda first, *rest: first.astype(object))


class TestLesson05(ExerciseTests):
    lesson, checks, points = "05", lesson05, 14
    wrong, also_right, reasons = WRONG, ALSO_RIGHT, REASONS
    hidden_only = frozenset(
        {
            "three images at most",
            "clipped at 50",
            "a window of 11 x 11",
            "faint maps are empty",
        }
    )
    hostile = {name: ODD for name in WRONG}


def _function(code, name):
    namespace = {"np": np}
    exec(code, namespace)
    return namespace[name]


def test_weights_and_maps_are_those_of_a_network_with_a_linear_head():
    """Mean over the places, then a dense layer: the gradients are known, and the map before its ReLU adds up to
    the logit."""
    rng = np.random.default_rng(0)
    features, dense = rng.normal(0, 1, (3, 4, 5, 6)), rng.normal(0, 1, 6)
    logits = features.mean(axis=(1, 2)) @ dense
    gradients = np.broadcast_to(dense / 20, features.shape)
    weights = _function(ALSO_RIGHT["channel_weights"][0], "channel_weights")(gradients)
    activation_map = _function(ALSO_RIGHT["class_activation_map"][0], "class_activation_map")
    assert weights.shape == (3, 6) and np.allclose(weights, dense / 20)
    negative = activation_map(features, -weights)
    assert np.allclose((activation_map(features, weights) - negative).sum(axis=(1, 2)), logits)


@pytest.mark.parametrize("tolerance", [0, 1, 2, 5])
def test_hits_are_those_of_the_helper_where_the_highest_point_is_one(tolerance):
    rng = np.random.default_rng(tolerance)
    maps, masks = rng.random((80, 7, 8)), rng.random((80, 7, 8)) < 0.05
    masks[:, 4, 6] |= ~masks.any(axis=(1, 2))
    expected = localization.pointing_game(maps, masks, tolerance=tolerance).values
    hits = [its_hit(heat, mask, tolerance) for heat, mask in zip(maps, masks)]
    assert 0 < np.mean(hits) < 1 and np.array_equal(hits, expected)


@pytest.mark.parametrize("tolerance", [0, 1.5, 2.5, 5, 7.25])
def test_distances_are_those_of_scipy(tolerance):
    maps, masks = its_pointed(3, 50, (15, 12), 4)
    for heat, mask in zip(maps, masks):
        apart = ndimage.distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
        assert its_hit(heat, mask, tolerance) == (apart.ravel()[heat.argmax()] <= tolerance)


def test_shares_and_fair_hits_are_those_of_the_helper():
    maps, masks = its_heated(5, 12, (9, 11), empty=(2, 7))
    expected = localization.energy_inside(maps, masks).values
    assert np.isnan(expected).sum() == 2
    assert np.allclose(its_energy(maps, masks), expected, equal_nan=True)
    levels = np.ceil(3 * maps)  # many points are equally high
    expected = localization.pointing_game(levels, masks).values
    assert np.allclose(its_fair_hits(levels, masks), expected, equal_nan=True)


@pytest.mark.parametrize("case", lesson05.blind_map._cases)
def test_the_mean_of_the_others_passes_with_a_margin_and_single_lesions_by_luck_only(case):
    others, new = its_lesions(*case[:4])
    times = [np.divide(*its_times(heat, new)) for heat in (others.mean(axis=0), *others)]
    assert times[0] > 1.5 * its_WANTED and others.any(axis=(1, 2)).all() and new.any(axis=(1, 2)).all()
    assert times[1] < 1.5 > times[-1] and others.shape == new.shape == (case[1], *case[2])
    assert not any(np.array_equal(one, other) for one in new for other in others)


@pytest.mark.parametrize("seed", range(20))
def test_the_mean_of_the_others_passes_whatever_the_luck_of_the_draw(seed):
    others, new = its_lesions(seed, 50, (48, 64), ((0.4, 0.25), (0.6, 0.75)))
    energy, chance = its_times(others.mean(axis=0), new)
    assert energy > 4 * chance
    assert its_times(np.ones((48, 64)), new) == pytest.approx((chance, chance))


@pytest.mark.parametrize("case", lesson05.blind_map._cases)
def test_no_other_right_answer_is_near_the_limit(case):
    others, new = its_lesions(*case[:4])
    for code in ALSO_RIGHT["blind_map"]:
        heat = np.asarray(_function(code, "blind_map")(others), float)
        assert np.divide(*its_times(heat, new)) > 1.2 * its_WANTED


def test_a_global_setting_does_not_hide_the_warning_about_0_by_0():
    loud = _function(WRONG["energy_inside"]["0 / 0 warns"], "energy_inside")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "warns" in lesson05.energy_inside(loud).message


def test_checks_need_no_tensorflow():
    code = "import sys; from helpers.checks import lesson05; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", list(WRONG))
def test_a_check_takes_less_than_a_second(name):
    answers = [_function(code, name) for code in ALSO_RIGHT[name]]
    started = time.process_time()
    assert all(getattr(lesson05, name)(answer).right for answer in answers)
    assert time.process_time() - started < len(answers)
