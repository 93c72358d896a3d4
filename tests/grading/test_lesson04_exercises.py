"""Lesson 04's exercises: wrong answers, other right answers, points; and whether the checks' own rules are those
of the helpers, of libraries, and of what the equations mean."""

import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from exercises import ExerciseTests
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.class_weight import compute_class_weight

from helpers import imbalance
from helpers.checks import lesson04
from helpers.checks.lesson04.focal_gradient import _slope as its_slope
from helpers.checks.lesson04.shared import focal as its_focal
from helpers.checks.lesson04.smote_sample import _smote as its_smote
from helpers.checks.lesson04.undo_oversampling import _under as its_under


def _loss(
    returned="w * ce", before="pass", p="q[np.arange(n), y]", log="np.log", small="np.maximum(p, 1e-7)"
):
    return (
        "def focal_loss(y, q, g):\n"
        "    n, k = q.shape\n"
        f"    p = {p}\n"
        f"    w, ce = (1 - p) ** g, -{log}({small})\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _slope(returned, before="pass"):
    return (
        "def focal_gradient(p, g):\n"
        "    q, l, n = 1 - p, np.log(p), len(p)\n"
        "    loss = lambda p: -(1 - p) ** g * np.log(p)\n"
        "    back = lambda z: 1 / (1 + np.exp(-z))\n"
        "    z = np.log(p / q)\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _share(returned, before="pass"):
    return (
        "def class_weights(y, k, wanted):\n"
        "    n, counts = len(y), np.bincount(y, minlength=k)\n"
        "    share, w = counts / n, wanted * n / counts\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _smote(
    returned="a + gap * (b - a)",
    apart="np.sqrt((diff ** 2).sum(axis=1))",
    order="np.argsort(apart)",
    b="rare[order[nth]]",
    before="pass",
):
    return (
        "def smote_sample(rare, i, nth, gap):\n"
        "    (m, d), a, diff = rare.shape, rare[i], rare - rare[i]\n"
        f"    apart = {apart}\n"
        f"    order = {order}\n"
        f"    b = {b}\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _undo(returned="rows(p * r)", before="pass"):
    return (
        "def undo_oversampling(p, trained, true):\n"
        "    n, k = p.shape\n"
        "    t, s = true / true.sum(), trained / trained.sum()\n"
        "    r = t / s\n"
        "    rows = lambda x: x / x.sum(axis=1, keepdims=True)\n"
        "    own = lambda c: np.where(np.arange(k) == c, r, 1)\n"
        f"    {before}\n"
        f"    return {returned}"
    )


WRONG = {
    "focal_loss": {
        "minus forgotten": _loss("-w * ce"),
        "base 10": _loss(log="np.log10"),
        "base 2": _loss(log="np.log2"),
        "p^gamma": _loss("p ** g * ce"),
        "cross-entropy": _loss("ce"),
        "gamma times 1 - p": _loss("g * (1 - p) * ce"),
        "1 - p^gamma": _loss("(1 - p ** g) * ce"),
        "all to the power gamma": _loss("((1 - p) * ce) ** g"),
        "logarithm to the power gamma": _loss("ce ** g"),
        "power gamma + 1": _loss("(1 - p) ** (g + 1) * ce"),
        "gamma is 1": _loss("(1 - p) * ce"),
        "gamma is 2": _loss("(1 - p) ** 2 * ce"),
        "factor added": _loss("w + ce"),
        "factor only": _loss("w"),
        "no logarithm": _loss("w * (1 - p)"),
        "alpha 0.25": _loss("0.25 * w * ce"),
        "alpha by class": _loss("np.where(y == 1, 0.25, 0.75) * w * ce"),
        "alpha by class, reversed": _loss("np.where(y == 0, 0.25, 0.75) * w * ce"),
        "no clipping": _loss(small="p"),
        "no clipping, quiet": _loss(small="p", before="np.seterr(divide='ignore')"),
        "clipped at 1e-12": _loss(small="np.maximum(p, 1e-12)"),
        "clipped at machine precision": _loss(small="np.clip(p, np.finfo(float).eps, 1)"),
        "clipped at 1e-3": _loss(small="np.maximum(p, 1e-3)"),
        "1e-7 added": _loss(small="p + 1e-7"),
        "1e-12 added": _loss(small="p + 1e-12"),
        "0 where p is 0": _loss("np.where(p < 1e-7, 0, w * ce)"),
        "NaN turned to 0": _loss("np.nan_to_num(np.where(p > 0, w * ce, np.nan))"),
        "mean": _loss("(w * ce).mean()"),
        "sum": _loss("(w * ce).sum()"),
        "mean for all": _loss("np.full(n, (w * ce).mean())"),
        "divided by n": _loss("w * ce / n"),
        "divided by the factors": _loss("w * ce / w.sum()"),
        "summed up": _loss("np.cumsum(w * ce)"),
        "largest probability": _loss(p="q.max(axis=1)"),
        "least probability": _loss(p="q.min(axis=1)"),
        "column 1": _loss(p="q[:, 1]"),
        "last column": _loss(p="q[:, -1]"),
        "counted from 1": _loss(p="q[np.arange(n), y - 1]"),
        "classes reversed": _loss(p="q[np.arange(n), k - 1 - y]"),
        "1 - p": _loss(p="1 - q[np.arange(n), y]"),
        "logarithm of 1 - p": _loss("-w * np.log(np.maximum(1 - p, 1e-7))"),
        "rows for columns": _loss(p="q[y, np.arange(n)]"),
        "rows by label": _loss(p="q[y % n]"),
        "all classes": _loss(p="q"),
        "all labels": _loss(p="q[:, y]"),
        "sum over the classes": _loss("(w * ce).sum(axis=1)", p="q"),
        "mean over the classes": _loss("(w * ce).mean(axis=1)", p="q"),
        "factors of all classes": _loss("((1 - q) ** g).sum(axis=1) * ce"),
        "sum over the images": _loss("(w * ce).sum(axis=0)", p="q"),
        "yes or no for each class": _loss("(w * ce).sum(axis=1)", p="np.where(np.arange(k) == y[:, None], q, 1 - q)"),
        "yes or no for each class, mean": _loss("(w * ce).mean(axis=1)", p="np.where(np.arange(k) == y[:, None], q, 1 - q)"),
        "times the label": _loss("y * w * ce"),
        "softmax again": _loss(p="(np.exp(q) / np.exp(q).sum(axis=1, keepdims=True))[np.arange(n), y]"),
        "one column": _loss("(w * ce)[:, None]"),
        "rounded": _loss("np.round(w * ce)"),
        "changed in place": _loss(before="q[:] = 0"),
        "clipped in place": _loss(p="np.clip(q, 1e-7, 1, out=q)[np.arange(n), y]"),
        "four classes at most": _loss("w * ce if k < 5 else ce"),
        "whole gammas and 1/2 only": _loss("w * ce if g in (0, 0.5, 1, 2, 3, 4, 5) else w"),
    },
    "focal_gradient": {
        "sign turned": _slope("-(q ** g * (g * p * l - q))"),
        "absolute value": _slope("abs(q ** g * (g * p * l - q))"),
        "weighted cross-entropy": _slope("q ** g * (p - 1)"),
        "weighted cross-entropy, sign turned": _slope("q ** g * q"),
        "term without ln p missing": _slope("q ** g * g * p * l"),
        "term without ln p missing, sign turned": _slope("-q ** g * g * p * l"),
        "cross-entropy": _slope("p - 1"),
        "by p": _slope("g * q ** (g - 1) * l - q ** g / p"),
        "by p, sign turned": _slope("-g * q ** (g - 1) * l + q ** g / p"),
        "by p, one term": _slope("-q ** g / p"),
        "by p, the other term": _slope("g * q ** (g - 1) * l"),
        "by p, cross-entropy": _slope("-1 / p"),
        "inner derivative": _slope("q ** g * (-g * p * l - q)"),
        "inner derivative, sign turned": _slope("q ** g * (g * p * l + q)"),
        "power not reduced": _slope("(g * q ** g * l - q ** g / p) * p * q"),
        "gamma missing": _slope("q ** g * (p * l - q)"),
        "p missing": _slope("q ** g * (g * l - q)"),
        "1 - p missing": _slope("q ** g * (g * p * l - 1)"),
        "times p only": _slope("(g * q ** (g - 1) * l - q ** g / p) * p"),
        "times 1 - p only": _slope("(g * q ** (g - 1) * l - q ** g / p) * q"),
        "times p squared": _slope("(g * q ** (g - 1) * l - q ** g / p) * p ** 2"),
        "times dp / dz twice": _slope("(g * q ** (g - 1) * l - q ** g / p) * (p * q) ** 2"),
        "divided by dp / dz": _slope("(g * q ** (g - 1) * l - q ** g / p) / (p * q)"),
        "times -dp / dz": _slope("-(g * q ** (g - 1) * l - q ** g / p) * p * q"),
        "factor missing": _slope("g * p * l - q"),
        "p^gamma": _slope("p ** g * (g * p * l - q)"),
        "p^gamma times cross-entropy": _slope("p ** g * (p - 1)"),
        "p and 1 - p swapped": _slope("p ** g * (g * q * np.log(q) - p)"),
        "logarithm of 1 - p": _slope("q ** g * (g * p * np.log(q) - q)"),
        "base 10": _slope("q ** g * (g * p * np.log10(p) - q)"),
        "base 2": _slope("q ** g * (g * p * np.log2(p) - q)"),
        "base 10 throughout": _slope("q ** g * (g * p * l - q) / np.log(10)"),
        "loss": _slope("loss(p)"),
        "loss, sign turned": _slope("-loss(p)"),
        "factor": _slope("q ** g"),
        "dp / dz": _slope("p * q"),
        "mean": _slope("(q ** g * (g * p * l - q)).mean()"),
        "mean for all": _slope("np.full(n, (q ** g * (g * p * l - q)).mean())"),
        "divided by n": _slope("q ** g * (g * p * l - q) / n"),
        "alpha 0.25": _slope("0.25 * q ** g * (g * p * l - q)"),
        "one column": _slope("(q ** g * (g * p * l - q))[:, None]"),
        "both terms": _slope("(q ** g * g * p * l, -q ** g * q)"),
        "np.gradient": _slope("np.gradient(loss(p), p)"),
        "np.gradient without p": _slope("np.gradient(loss(p))"),
        "np.diff": _slope("np.diff(loss(p)) / np.diff(p)"),
        "coarse difference": _slope("(loss(back(z + 0.1)) - loss(back(z - 0.1))) / 0.2"),
        "forward difference": _slope("(loss(back(z + 1e-3)) - loss(p)) / 1e-3"),
        "difference, not divided by 2": _slope("(loss(back(z + 1e-5)) - loss(back(z - 1e-5))) / 1e-5", "z = z.astype(float)"),
        "difference by p": _slope("(loss(p + 1e-6) - loss(p - 1e-6)) / 2e-6"),
        "difference in 32 bits": _slope("(loss(back(z + h)) - loss(back(z - h))) / (2 * h)", "h = np.asarray(1e-5, p.dtype)"),
        "changed in place": _slope("q ** g * (g * p * l - q)", "p *= 1.5"),
        "rounded": _slope("np.round(q ** g * (g * p * l - q), 1)"),
        "gamma 0 to 3 only": _slope("q ** g * (g * p * l - q) if g <= 3 else p - 1"),
    },
    "class_weights": {
        "balanced": _share("n / (k * counts)"),
        "balanced, times wanted": _share("n / (k * counts) * wanted"),
        "balanced, times wanted, mean 1 over classes": _share("v / v.mean()", "v = n / (k * counts) * wanted"),
        "mean 1 over the classes": _share("w / w.mean()"),
        "sum of 1": _share("w / w.sum()"),
        "sum of k": _share("k * w / w.sum()"),
        "largest is 1": _share("w / w.max()"),
        "least is 1": _share("w / w[w > 0].min()"),
        "k times too large": _share("k * w"),
        "sum of 1 over the images": _share("wanted / counts"),
        "largest class for all": _share("wanted * counts.max() / counts"),
        "least class for all": _share("wanted * counts.min() / counts"),
        "mean count": _share("wanted * counts.mean() / counts"),
        "n / counts": _share("n / counts"),
        "1 / counts": _share("1 / counts"),
        "1 / counts, sum of 1": _share("(1 / counts) / (1 / counts).sum()"),
        "max / counts": _share("counts.max() / counts"),
        "1 - share": _share("1 - share"),
        "shares": _share("share"),
        "ones": _share("np.ones(k)"),
        "wanted": _share("wanted"),
        "wanted times k": _share("k * wanted"),
        "wanted times n": _share("n * wanted"),
        "wanted times share": _share("wanted * share"),
        "wanted times share, mean 1 over the images": _share("wanted * share / (wanted * share * share).sum()"),
        "wanted times share, sum of 1": _share("wanted * share / (wanted * share).sum()"),
        "wanted times counts": _share("wanted * counts"),
        "turned round": _share("share / wanted"),
        "turned round, 0 kept": _share("np.divide(share, wanted, out=np.zeros(k), where=wanted > 0)"),
        "root": _share("np.sqrt(w)"),
        "square": _share("w ** 2"),
        "logarithm": _share("np.log1p(w)"),
        "difference": _share("wanted - share"),
        "1 + difference": _share("1 + wanted - share"),
        "0 becomes 1": _share("np.where(wanted == 0, 1, w)"),
        "0 becomes NaN": _share("np.where(wanted == 0, np.nan, w)"),
        "0 becomes a little": _share("np.maximum(w, 1e-3)"),
        "0 is left out": _share("w[wanted > 0]"),
        "counts as they appear": _share("wanted * n / np.array([(y == c).sum() for c in dict.fromkeys(y.tolist())])"),
        "counts sorted": _share("wanted * n / np.sort(counts)"),
        "counts sorted, most first": _share("wanted * n / np.sort(counts)[::-1]"),
        "most common first": _share("w[np.argsort(-counts)]"),
        "reversed": _share("w[::-1]"),
        "sorted": _share("np.sort(w)"),
        "percent": _share("100 * w"),
        "whole quotients": _share("wanted * (n // counts)"),
        "rounded": _share("np.round(w, 1)"),
        "rounded down": _share("np.floor(w)"),
        "smoothed": _share("wanted * n / (counts + 1)"),
        "smoothed above as well": _share("wanted * (n + k) / (counts + 1)"),
        "one for each image": _share("w[y]"),
        "dictionary": _share("dict(enumerate(w))"),
        "list of pairs": _share("list(enumerate(w))"),
        "single number": _share("(w * share).sum()"),
        "one column": _share("w[:, None]"),
        "one more class": _share("np.append(w, 0)"),
        "first class not counted": _share("(wanted * n / counts)[1:]"),
        "with the counts": _share("(w, counts)"),
        "wanted changed in place": _share("w", "wanted /= 2"),
        "four classes at most": _share("w if k <= 4 else n / (k * counts)"),
    },
    "smote_sample": {
        "itself counted": _smote(b="rare[order[nth - 1]]"),
        "one too far": _smote(b="rare[np.append(order, order[-1])[nth + 1]]"),
        "itself counted twice": _smote(order="np.argsort(apart)[1:]", b="rare[np.append(order, order)[nth]]"),
        "from the neighbour": _smote("b + gap * (a - b)"),
        "from the neighbour, outwards": _smote("b + gap * (b - a)"),
        "outwards": _smote("a + gap * (a - b)"),
        "middle": _smote("(a + b) / 2"),
        "image": _smote("a"),
        "neighbour": _smote("b"),
        "no difference": _smote("a + gap * b"),
        "one weighted": _smote("gap * a + b"),
        "sum weighted": _smote("gap * (a + b)"),
        "step alone": _smote("gap * (b - a)"),
        "step alone, outwards": _smote("gap * (a - b)"),
        "gap squared": _smote("a + gap ** 2 * (b - a)"),
        "gap as a distance": _smote("a + gap * (b - a) / np.linalg.norm(b - a)"),
        "gap added": _smote("a + gap"),
        "image scaled": _smote("gap * a"),
        "absolute difference": _smote("a + gap * abs(b - a)"),
        "mean difference": _smote("a + gap * (b - a).mean()"),
        "random gap": _smote("a + np.random.default_rng(1).random() * (b - a)"),
        "one gap for each feature": _smote("a + np.random.default_rng(2).random(d) * (b - a)"),
        "one gap for each feature, at most `gap`": _smote("a + gap * np.random.default_rng(3).random(d) * (b - a)"),
        "random in the box": _smote("np.random.default_rng(4).uniform(np.minimum(a, b), np.maximum(a, b))"),
        "noise": _smote("a + gap * np.random.default_rng(5).normal(0, 1, d)"),
        "first feature only": _smote("np.where(np.arange(d) == 0, a + gap * (b - a), a)"),
        "last feature only": _smote("np.where(np.arange(d) == d - 1, a + gap * (b - a), a)"),
        "farthest": _smote(order="np.argsort(-apart)"),
        "farthest, without itself": _smote(order="np.argsort(-apart)", b="rare[order[nth - 1]]"),
        "Manhattan": _smote(apart="abs(diff).sum(axis=1)"),
        "largest difference": _smote(apart="abs(diff).max(axis=1)"),
        "first feature's distance": _smote(apart="abs(diff[:, 0])"),
        "no squares": _smote(apart="abs(diff.sum(axis=1))"),
        "no squares, signed": _smote(apart="diff.sum(axis=1)", b="rare[order[order != i][nth - 1]]"),
        "cosine": _smote(apart="1 - rare @ a / np.linalg.norm(rare, axis=1) / np.linalg.norm(a)"),
        "product": _smote(apart="-(rare @ a)", b="rare[order[order != i][nth - 1]]"),
        "lengths": _smote(apart="abs(np.linalg.norm(rare, axis=1) - np.linalg.norm(a))"),
        "standardised": _smote(apart="((diff / rare.std(axis=0)) ** 2).sum(axis=1)"),
        "scaled to the range": _smote(apart="((diff / np.ptp(rare, axis=0)) ** 2).sum(axis=1)"),
        "around the mean": _smote(apart="((rare - rare.mean(axis=0)) ** 2).sum(axis=1)", b="rare[order[order != i][nth - 1]]"),
        "by position": _smote(b="rare[(i + nth) % m]"),
        "order ignored": _smote(b="rare[np.delete(np.arange(m), i)[nth - 1]]"),
        "positions moved": _smote(apart="np.delete(np.sqrt((diff ** 2).sum(axis=1)), i)", b="rare[order[nth - 1]]"),
        "rank for position": _smote(b="rare[np.argsort(order)[nth]]"),
        "nth ignored": _smote(b="rare[order[1]]"),
        "mean of the neighbours": _smote(b="rare[order[1:nth + 1]].mean(axis=0)"),
        "mean of all others": _smote(b="np.delete(rare, i, axis=0).mean(axis=0)"),
        "mean of all": _smote(b="rare.mean(axis=0)"),
        "image 0": _smote("rare[0] + gap * (b - rare[0])"),
        "counted from 1": _smote(before="a = rare[i - 1]; b = rare[np.argsort(((rare - a) ** 2).sum(axis=1))[nth]]"),
        "neighbour of the neighbour": _smote(before="a = b; b = rare[np.argsort(((rare - a) ** 2).sum(axis=1))[nth]]"),
        "all neighbours": _smote(b="rare[order[1:]]"),
        "neighbours up to the nth": _smote(b="rare[order[1:nth + 1]]"),
        "added to the class": _smote("np.vstack([rare, a + gap * (b - a)])"),
        "one row": _smote("(a + gap * (b - a))[None]"),
        "all images moved": _smote("rare + gap * (b - rare)"),
        "single number": _smote("np.mean(a + gap * (b - a))"),
        "summed over the images": _smote(apart="np.resize((diff ** 2).sum(axis=0), m)"),
        "changed in place": _smote(before="rare[i] += gap * (b - a); a = rare[i]; gap = 0"),
        "rounded": _smote("np.round(a + gap * (b - a), 1)"),
        "two features at least": _smote("a + gap * (b - a) if d > 1 else b"),
    },
    "undo_oversampling": {
        "nothing": _undo("p"),
        "not renormalised": _undo("p * r"),
        "counts, not renormalised": _undo("p * true / trained"),
        "cut at 1": _undo("np.clip(p * r, 0, 1)"),
        "ratios add up to 1": _undo("p * r / r.sum()"),
        "largest ratio is 1": _undo("p * r / r.max()"),
        "over the images": _undo("x / np.maximum(x.sum(axis=0), 1e-9)", "x = p * r"),
        "over everything": _undo("p * r / (p * r).sum()"),
        "largest of the row": _undo("p * r / (p * r).max(axis=1, keepdims=True)"),
        "reverse": _undo("rows(p * s / t)"),
        "reverse, 0 kept": _undo("rows(p * np.divide(s, t, out=np.zeros(k), where=t > 0))"),
        "reverse, not renormalised": _undo("p * s / t"),
        "trained only": _undo("rows(p / s)"),
        "trained only, not renormalised": _undo("p / s"),
        "trained counts only": _undo("p / trained"),
        "true only": _undo("rows(p * t)"),
        "true only, not renormalised": _undo("p * t"),
        "trained, multiplied": _undo("rows(p * s)"),
        "product of both": _undo("rows(p * s * t)"),
        "difference": _undo("p + t - s"),
        "difference, cut": _undo("np.clip(p + t - s, 0, 1)"),
        "difference, cut, rows": _undo("rows(np.clip(p + t - s, 1e-7, 1))"),
        "ratio added": _undo("rows(p + r)"),
        "average with the shares": _undo("(p + t) / 2"),
        "true shares": _undo("np.repeat(t[None], n, axis=0)"),
        "ratios": _undo("np.repeat(r[None], n, axis=0)"),
        "rarest only": _undo("rows(p * own(t.argmin()))"),
        "rarest only, not renormalised": _undo("p * own(t.argmin())"),
        "most oversampled only": _undo("rows(p * own(r.argmin()))"),
        "last class only": _undo("rows(p * own(k - 1))"),
        "class 1, and the rest": _undo("np.column_stack([1 - x, x])", "x = p[:, 1] * r[1]"),
        "largest only": _undo("rows(p * own(t.argmax()))"),
        "root": _undo("rows(p * np.sqrt(r))"),
        "square": _undo("rows(p * r ** 2)"),
        "twice": _undo("rows(rows(p * r) * r)"),
        "power": _undo("rows(p ** r)"),
        "softmax afterwards": _undo("rows(np.exp(p * r))"),
        "softmax before": _undo("rows(rows(np.exp(p)) * r)"),
        "logits less the logarithm": _undo("rows(np.exp(p + np.log(np.maximum(r, 1e-300))))"),
        "smoothed": _undo("rows(p * (true + 1) / (trained + 1))"),
        "true smoothed": _undo("rows(p * (true + 1) / trained)"),
        "0 becomes 1": _undo("rows(p * np.maximum(true, 1) / trained)"),
        "0 keeps its class": _undo("rows(p * np.where(true == 0, 1, r))"),
        "0 is NaN": _undo("np.where(t > 0, rows(p * r), np.nan)"),
        "0 is left out": _undo("rows(p * r)[:, true > 0]"),
        "mean answer for trained": _undo("rows(p * t / p.mean(axis=0))"),
        "equal for trained": _undo("rows(p * t * k)"),
        "equal for true": _undo("rows(p / (k * s))"),
        "ratios reversed": _undo("rows(p * r[::-1])"),
        "ratios by row": _undo("rows(p * np.resize(r, n)[:, None])"),
        "sums by column": _undo("x / np.resize(x.sum(axis=1), k)", "x = p * r"),
        "counts sorted": _undo("rows(p * np.sort(true) / np.sort(trained))"),
        "percent": _undo("100 * rows(p * r)"),
        "complement": _undo("1 - rows(p * r)"),
        "columns reversed": _undo("rows(p * r)[:, ::-1]"),
        "chosen class": _undo("rows(p * r).argmax(axis=1)"),
        "chosen class, as a row": _undo("np.eye(k)[rows(p * r).argmax(axis=1)]"),
        "rare class only": _undo("rows(p * r)[:, t.argmin()]"),
        "classes by images": _undo("rows(p * r).T"),
        "mean over the images": _undo("rows(p * r).mean(axis=0)"),
        "changed in place": _undo("rows(p)", "p *= r"),
        "changed in place, counts": _undo(before="trained //= 2"),
        "rounded": _undo("np.round(rows(p * r), 2)"),
        "logarithms": _undo("np.log(np.maximum(rows(p * r), 1e-9))"),
        "four classes at most": _undo("rows(p * r) if k <= 4 else p"),
    },
}  # fmt: skip

ALSO_RIGHT = {
    "focal_loss": [
        _loss(),
        _loss(p="np.take_along_axis(q, y[:, None].astype(int), axis=1)[:, 0]"),
        _loss(p="(q * np.eye(k)[y]).sum(axis=1)"),
        _loss(small="np.clip(p, 1e-7, 1 - 1e-7)"),
        _loss(before="w = np.exp(g * np.log1p(-np.minimum(p, 1 - 1e-12)))"),
        _loss("np.where(p >= 1, 0, w * ce).astype('float32')"),
        _loss(small="np.where(p < 1e-7, 1e-7, p)"),
        "def focal_loss(y, q, g):\n    return [float(-(1 - r[c]) ** g * np.log(max(r[c], 1e-7))) for c, r in zip(y, q)]",
    ],
    "focal_gradient": [
        _slope("q ** g * (g * p * l - q)"),
        _slope("g * p * q ** g * l - q ** (g + 1)"),
        _slope("(g * q ** (g - 1) * l - q ** g / p) * p * q"),
        _slope("-(q ** g) * (q - g * p * l)"),
        _slope("[(1 - x) ** g * (g * x * np.log(x) - (1 - x)) for x in p]"),
        _slope("np.diag(q ** g * (g * p * l - q)).sum(axis=0).astype('float32')"),
        _slope("(loss(back(z + 1e-5)) - loss(back(z - 1e-5))) / 2e-5", "z = np.log(p.astype(float) / (1 - p.astype(float)))"),
    ],
    "class_weights": [
        _share("w"),
        _share("wanted / share"),
        _share("v / v[y].mean()", "v = wanted / counts"),
        _share("[float(wanted[c] / np.mean(y == c)) for c in range(k)]"),
        _share("wanted / np.unique(y, return_counts=True)[1] * n"),
        _share("(n / (k * counts)) * (k * wanted)"),
        _share("np.array([wanted[c] * len(y) / list(y).count(c) for c in range(k)], 'float32')"),
    ],
    "smote_sample": [
        _smote(),
        _smote("(1 - gap) * a + gap * b"),
        _smote(apart="(diff ** 2).sum(axis=1)"),
        _smote(apart="np.linalg.norm(diff, axis=1)", b="rare[order[order != i][nth - 1]]"),
        _smote(apart="np.where(np.arange(m) == i, np.inf, np.hypot.reduce(diff, axis=1))", b="rare[order[nth - 1]]"),
        _smote("b + (1 - gap) * (a - b)", b="sorted(np.delete(rare, i, axis=0).tolist(), key=lambda x: np.linalg.norm(x - a))[nth - 1]"),
        _smote("(a + gap * (b - a)).astype('float32').tolist()"),
        (
            "def smote_sample(rare, i, nth, gap):\n"
            "    from sklearn.neighbors import NearestNeighbors\n"
            "    order = NearestNeighbors(n_neighbors=nth + 1).fit(rare).kneighbors(rare[i:i + 1])[1][0]\n"
            "    return rare[i] + gap * (rare[order[-1]] - rare[i])"
        ),
    ],
    "undo_oversampling": [
        _undo(),
        _undo("rows(p * true / trained)"),
        _undo("rows(p / s * t)"),
        _undo("np.einsum('nc,c->nc', p, r) / (p @ r)[:, None]"),
        _undo("np.array([x * r / np.dot(x, r) for x in p]).astype('float32')"),
        _undo("(p * r).T / (p * r).sum(axis=1)", "rows = None").replace("return ", "return np.transpose(") + ")",
        _undo("[[x * true[c] / trained[c] / sum(a * b / d for a, b, d in zip(row, true, trained)) for c, x in enumerate(row)] for row in p]"),
        _undo("rows(np.exp(np.log(p) + np.log(t) - np.log(s)))", "np.seterr(divide='ignore')"),
    ],
}  # fmt: skip

REASONS = {
    "focal_loss": {
        "minus forgotten": "minus is missing",
        "p^gamma": "weight with p^gamma",
        "cross-entropy": "factor (1 - p)^gamma is missing",
        "gamma times 1 - p": "not gamma times",
        "alpha 0.25": "weight alpha",
        "no clipping": "infinite",
        "no clipping, quiet": "infinite",
        "clipped at 1e-12": "1e-12 is not the limit",
        "1e-7 added": "You add 1e-7",
        "mean": "no mean and no sum",
        "sum": "no mean and no sum",
        "largest probability": "largest probability",
        "rows for columns": "IndexError",
        "rows by label": "true class only",
        "all classes": "true class only",
        "all labels": "true class only",
        "sum over the classes": "losses of all classes",
        "sum over the images": "keep the images apart",
        "one column": "no keepdims",
        "changed in place": "changes the array",
        "clipped in place": "changes the array",
    },
    "focal_gradient": {
        "sign turned": "sign is turned",
        "absolute value": "sign is turned",
        "weighted cross-entropy": "second term, with ln p",
        "term without ln p missing": "derivative of ln p is missing",
        "cross-entropy": "gamma does not enter",
        "by p": "One step is left",
        "inner derivative": "inner derivative",
        "inner derivative, sign turned": "inner derivative",
        "times p only": "multiplied by p only",
        "times 1 - p only": "multiplied by 1 - p only",
        "times -dp / dz": "sign is turned",
        "loss": "loss itself",
        "mean": "no mean and no sum",
        "one column": "no further axis",
        "both terms": "add the two terms",
        "np.gradient": "far too coarse",
        "np.diff": "no differences",
        "difference by p": "One step is left",
        "difference in 32 bits": "32-bit",
        "changed in place": "changes the array",
    },
    "class_weights": {
        "balanced": "`wanted` is ignored",
        "balanced, times wanted": "k times too small",
        "balanced, times wanted, mean 1 over classes": "1 over the classes",
        "mean 1 over the classes": "1 over the classes",
        "sum of 1": "add up to 1 over the classes",
        "sum of k": "mean of yours is 1 over the classes",
        "sum of 1 over the images": "Multiply by the number of images",
        "mean count": "k times too small",
        "n / counts": "`wanted` does not enter",
        "wanted": "wanted shares",
        "wanted times share": "you multiply",
        "wanted times counts": "you multiply",
        "turned round": "Turned round",
        "turned round, 0 kept": "Turned round",
        "0 becomes 1": "has the weight 0",
        "0 becomes a little": "has the weight 0",
        "0 is left out": "keeps its place",
        "one for each image": "one for each image",
        "dictionary": "not a dictionary",
        "one more class": "0 to n_classes - 1",
        "wanted changed in place": "changes the array",
    },
    "smote_sample": {
        "itself counted": "counted the image itself",
        "one too far": "neighbour nth + 1",
        "itself counted twice": "neighbour nth + 1",
        "from the neighbour": "starts at the neighbour",
        "middle": "in the middle",
        "image": "image i itself",
        "neighbour": "neighbour itself",
        "no difference": "*difference*",
        "step alone": "step alone",
        "Manhattan": "absolute differences",
        "nth ignored": "`nth` is ignored",
        "all images moved": "sample only",
        "changed in place": "changes the array",
    },
    "undo_oversampling": {
        "nothing": "Nothing has changed",
        "not renormalised": "add up to 1",
        "counts, not renormalised": "add up to 1",
        "cut at 1": "add up to 1",
        "reverse": "Turned round",
        "reverse, 0 kept": "Turned round",
        "trained only": "true share enters as well",
        "true only": "trained share enters as well",
        "difference": "add the difference",
        "rarest only": "rarest in truth",
        "class 1, and the rest": "more than two",
        "0 becomes 1": "probability of 0",
        "0 is left out": "keeps its place",
        "equal for trained": "trained share enters as well",
        "equal for true": "true share enters as well",
        "complement": "*not* the class",
        "chosen class": "class that is chosen",
        "rare class only": "rare class only",
        "classes by images": "Rows are images",
        "changed in place": "changes the array",
        "changed in place, counts": "changes the array",
    },
}


class TestLesson04(ExerciseTests):
    lesson, checks, points = "04", lesson04, 12
    wrong, also_right, reasons = WRONG, ALSO_RIGHT, REASONS
    hidden_only = frozenset(
        {
            "four classes at most",
            "whole gammas and 1/2 only",
            "gamma 0 to 3 only",
            "two features at least",
        }
    )
    hostile = {
        "focal_loss": (
            lambda y, q, g: np.full(len(y), np.nan),
            lambda y, q, g: np.full(len(y), np.inf),
            lambda y, q, g: np.full(len(y), "0.5"),
            lambda y, q, g: np.full(len(y), None),
            lambda y, q, g: np.full(len(y), 1j),
            lambda y, q, g: y,
            lambda y, q, g: q,
        ),
        "focal_gradient": (
            lambda p, g: np.full(len(p), np.nan),
            lambda p, g: np.full(len(p), np.inf),
            lambda p, g: np.full(len(p), "-0.5"),
            lambda p, g: np.full(len(p), None),
            lambda p, g: np.zeros(len(p), bool),
            lambda p, g: p,
            lambda p, g: g,
        ),
        "class_weights": (
            lambda y, k, wanted: np.full(k, np.nan),
            lambda y, k, wanted: np.full(k, np.inf),
            lambda y, k, wanted: np.full(k, "1"),
            lambda y, k, wanted: np.full(k, None),
            lambda y, k, wanted: {c: None for c in range(k)},
            lambda y, k, wanted: np.zeros(k, int),
            lambda y, k, wanted: y,
        ),
        "smote_sample": (
            lambda rare, i, nth, gap: np.full(rare.shape[1], np.nan),
            lambda rare, i, nth, gap: np.full(rare.shape[1], np.inf),
            lambda rare, i, nth, gap: np.full(rare.shape[1], "1"),
            lambda rare, i, nth, gap: np.full(rare.shape[1], None),
            lambda rare, i, nth, gap: np.full(rare.shape[1], 1e308),
            lambda rare, i, nth, gap: rare,
            lambda rare, i, nth, gap: i,
        ),
        "undo_oversampling": (
            lambda p, trained, true: np.full(p.shape, np.nan),
            lambda p, trained, true: np.full(p.shape, np.inf),
            lambda p, trained, true: np.full(p.shape, "0.5"),
            lambda p, trained, true: np.full(p.shape, None),
            lambda p, trained, true: np.zeros(p.shape, bool),
            lambda p, trained, true: trained,
            lambda p, trained, true: list(p),
        ),
    }


def _function(code, name):
    namespace = {"np": np}
    exec(code, namespace)
    return namespace[name]


def _rows(seed, n, k):
    rng = np.random.default_rng(seed)
    return rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)


@pytest.mark.parametrize("gamma", [0, 0.5, 2, 3])
def test_losses_are_those_of_the_helper_and_of_keras(gamma):
    import keras

    labels, probabilities = _rows(1, 40, 4)
    labels[:2], probabilities[:2] = (0, 1), [1, 0, 0, 0]
    losses = its_focal(probabilities[np.arange(40), labels], gamma)
    assert np.allclose(losses, imbalance.focal_loss(labels, probabilities, gamma), atol=1e-6)
    loss = keras.losses.CategoricalFocalCrossentropy(alpha=1, gamma=gamma, reduction=None)
    assert np.allclose(losses, loss(np.eye(4)[labels], probabilities), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("gamma", [0, 0.5, 2, 3])
def test_gradients_are_those_of_the_helper_and_of_a_softmax_whose_logit_is_moved(gamma):
    logits, h = np.random.default_rng(2).normal(0, 2, (30, 4)), 1e-5

    def loss(moved):
        powers = np.exp(logits + np.array([moved, 0, 0, 0]))
        return its_focal(powers[:, 0] / powers.sum(axis=1), gamma)

    p = np.exp(logits[:, 0]) / np.exp(logits).sum(axis=1)
    slopes = its_slope(p, gamma)
    assert np.allclose(slopes, (loss(h) - loss(-h)) / (2 * h), atol=1e-8)
    assert np.allclose(slopes, imbalance.focal_gradient(p, gamma)) and (slopes < 0).all()


@pytest.mark.parametrize("gamma", [0.2, 1, 2, 5])
def test_the_gradient_is_larger_than_that_of_the_cross_entropy_where_p_is_small(gamma):
    """What the praise says."""
    times = its_slope(np.array([0.001, 0.01, 0.05, 0.6, 0.9]), gamma) / np.array(
        [-0.999, -0.99, -0.95, -0.4, -0.1]
    )
    assert (times[:3] > 1).all() and (times[3:] < 1).all()


@pytest.mark.parametrize("case", lesson04.class_weights._cases)
def test_weighted_labels_have_the_wanted_mix(case):
    labels, k, wanted, _ = case
    weights = _function(ALSO_RIGHT["class_weights"][0], "class_weights")(labels, k, wanted)
    weighted = np.bincount(labels, weights=weights[labels], minlength=k)
    assert np.allclose(weighted / weighted.sum(), wanted) and np.isclose(weights[labels].mean(), 1)
    equal = _function(ALSO_RIGHT["class_weights"][0], "class_weights")(labels, k, np.full(k, 1 / k))
    assert np.allclose(equal, compute_class_weight("balanced", classes=np.arange(k), y=labels))


@pytest.mark.parametrize("case", lesson04.smote_sample._cases)
def test_neighbours_are_those_of_scikit_learn_and_none_is_nearly_as_near(case):
    rare, i, nth, gap, _ = case
    apart, order = NearestNeighbors(n_neighbors=len(rare)).fit(rare).kneighbors(rare[[i]])
    assert order[0, 0] == i and np.diff(apart[0])[nth - 1 : nth + 1].min() > 0.01
    expected = (1 - gap) * rare[i] + gap * rare[order[0, nth]]
    assert np.allclose(its_smote(rare, i, nth, gap), expected)


def test_samples_are_among_those_of_imbalanced_learn():
    rng = np.random.default_rng(3)
    rare, common = rng.normal(0, 1, (8, 3)), rng.normal(4, 1, (14, 3))
    made, _ = imbalance.smote(np.concatenate([rare, common]), np.repeat([0, 1], [8, 14]), n_neighbours=3)
    for sample in made[22:]:
        near = []
        for i in range(8):
            for nth in (1, 2, 3):
                way = its_smote(rare, i, nth, 1) - rare[i]
                gap = (sample - rare[i]) @ way / (way @ way)
                near.append(np.allclose(its_smote(rare, i, nth, gap), sample) and 0 <= gap <= 1)
        assert any(near)


@pytest.mark.parametrize("true", [[180, 20, 50], [1, 0, 3], [300, 300, 300]])
def test_corrected_answers_are_those_of_bayes_rule_under_the_true_shares(true):
    """Classes whose densities are known: the answer under any shares can be written down."""
    x, trained, true = np.linspace(-3, 5, 60)[:, None], np.array([100, 80, 120]), np.array(true)
    density = np.exp(-((x - np.array([0, 1.5, 2])) ** 2) / 2)
    answers = [density * shares / (density @ shares)[:, None] for shares in (trained, true)]
    assert np.allclose(its_under(answers[0], trained, true), answers[1])
    assert np.allclose(imbalance.correct_prior(answers[0], trained, true), answers[1])


@pytest.mark.parametrize("name", list(WRONG))
def test_the_checks_own_arithmetic_warns_of_nothing(name):
    """A warning on stderr in a graded cell would cost a right answer its points."""
    for code in (*ALSO_RIGHT[name], *WRONG[name].values()):
        with warnings.catch_warnings(record=True) as told, np.errstate(all="warn"):
            warnings.simplefilter("always")
            getattr(lesson04, name)(_function(code, name))
        assert not [w for w in told if "helpers/checks/lesson04/" in w.filename.replace("\\", "/")], code


def test_checks_need_no_tensorflow():
    code = "import sys; from helpers.checks import lesson04; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", list(WRONG))
def test_a_check_takes_less_than_a_second(name):
    answers = [_function(code, name) for code in ALSO_RIGHT[name]]
    started = time.process_time()
    assert all(getattr(lesson04, name)(answer).right for answer in answers)
    assert time.process_time() - started < len(answers)
