"""Lesson 03's exercises: wrong answers, other right answers, points; and whether the checks' own rules are those
of Keras and of scikit-learn."""

import subprocess
import sys
import time
from math import ceil, floor

import numpy as np
import pytest
from exercises import ExerciseTests
from sklearn import calibration, metrics

from helpers.checks import lesson03
from helpers.checks.lesson03.predictive_values import _bayes as its_bayes
from helpers.checks.lesson03.prepare import _prepared as its_prepared
from helpers.checks.lesson03.reliability import _binned as its_binned
from helpers.checks.lesson03.reliability import _places as its_places
from helpers.checks.lesson03.threshold_for_sensitivity import _reaching as its_reaching
from helpers.checks.lesson03.trainable_parameters import _counted as its_counted

_MEANS = "np.array([103.939, 116.779, 123.68])"


def _prepare(
    signed="2 * c - 1",
    efficient="255 * c",
    resnet=f"255 * c - {_MEANS}",
    colours="np.repeat(images[..., None], 3, axis=-1)",
    returned="x",
    inception=None,
):
    return (
        "def prepare(images, network):\n"
        f"    c = {colours}\n"
        f"    if network == 'EfficientNetB0': x = {efficient}\n"
        f"    elif network == 'ResNet50': x = {resnet}\n"
        f"    elif network == 'InceptionV3': x = {inception or signed}\n"
        f"    else: x = {signed}\n"
        f"    return {returned}"
    )


def _count(
    size="int(np.prod(s))",
    learnt="0 if name in frozen else sum(sizes[:2] if norm else sizes)",
    rest="sum(sizes) - learnt",
    returned="trained, fixed",
    shapes="shapes",
    layers="layers",
):
    return (
        "def trainable_parameters(layers, frozen):\n"
        "    trained = fixed = 0\n"
        f"    for name, kind, shapes in {layers}:\n"
        "        norm = kind == 'batch_norm'\n"
        f"        sizes = [{size} for s in {shapes}]\n"
        f"        learnt = {learnt}\n"
        f"        trained, fixed = trained + learnt, fixed + {rest}\n"
        f"    return {returned}"
    )


def _threshold(returned, before="pass"):
    return (
        "def threshold_for_sensitivity(scores, positive, wanted):\n"
        "    ours, others = scores[positive], scores[~positive]\n"
        "    up, n = np.sort(ours), len(ours)\n"
        "    down = up[::-1]\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _reliability(
    place="np.minimum((p * n).astype(int), n - 1)",
    mean="p[here].mean() if here.any() else np.nan",
    share="y[here].mean() if here.any() else np.nan",
    number="here.sum()",
    returned="means, shares, numbers",
    count="n",
    fit="True",
):
    return (
        "def reliability(p, y, n):\n"
        f"    place, means, shares, numbers = {place}, [], [], []\n"
        f"    for k in range({count}):\n"
        "        here = place == k\n"
        f"        if not ({fit}): continue\n"
        f"        means.append({mean})\n"
        f"        shares.append({share})\n"
        f"        numbers.append({number})\n"
        "    means, shares, numbers = np.array(means), np.array(shares), np.array(numbers)\n"
        f"    return {returned}"
    )


def _values(
    ppv="ratio(s * p, s * p + (1 - c) * (1 - p))",
    npv="ratio(c * (1 - p), c * (1 - p) + (1 - s) * p)",
    ratio="(lambda a, b: np.divide(a, b, out=np.full(np.shape(a), np.nan), where=b > 0))",
    arrays="np.broadcast_arrays(*(np.asarray(x, float) for x in (s, c, p)))",
    returned="ppv, npv",
):
    return (
        "def predictive_values(s, c, p):\n"
        f"    s, c, p = {arrays}\n"
        f"    ratio = {ratio}\n"
        f"    ppv = {ppv}\n"
        f"    npv = {npv}\n"
        f"    return {returned}"
    )


_LOUD, _QUIET = "(lambda a, b: a / b)", "(lambda a, b: np.asarray(a) / np.maximum(b, 1e-300))"
_INNER = "np.arange(1, n) / n"
WRONG = {
    "prepare": {
        "nothing is scaled": _prepare("c", "c", "c"),
        "-1 to 1 for all": _prepare(efficient="2 * c - 1", resnet="2 * c - 1"),
        "0 to 255 for all": _prepare("255 * c", resnet="255 * c"),
        "0 to 255 for MobileNet and Inception": _prepare("255 * c"),
        "0 to 1 for MobileNet and Inception": _prepare("c"),
        "x / 127.5 - 1 of [0, 1]": _prepare("c / 127.5 - 1"),
        "-0.5 to 0.5": _prepare("c - 0.5"),
        "EfficientNet gets 0 to 1": _prepare(efficient="c"),
        "EfficientNet divides twice": _prepare(efficient="c / 255"),
        "EfficientNet gets -1 to 1": _prepare(efficient="2 * c - 1"),
        "EfficientNet less the mean colour": _prepare(efficient=f"255 * c - {_MEANS}"),
        "means red first": _prepare(resnet=f"255 * c - {_MEANS}[::-1]"),
        "ResNet turned after the means": _prepare(resnet=f"(255 * c - {_MEANS})[..., ::-1]"),
        "means before 255": _prepare(resnet=f"255 * (c - {_MEANS})"),
        "means without 255": _prepare(resnet=f"c - {_MEANS}"),
        "no means": _prepare(resnet="255 * c"),
        "means added": _prepare(resnet=f"255 * c + {_MEANS}"),
        "means, then / 255": _prepare(resnet=f"(255 * c - {_MEANS}) / 255"),
        "one mean for all": _prepare(resnet=f"255 * c - {_MEANS}.mean()"),
        "own mean": _prepare(resnet="255 * c - 255 * c.mean()"),
        "PyTorch's ResNet": _prepare(resnet="(c - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]"),
        "ResNet gets -1 to 1": _prepare(resnet="2 * c - 1"),
        "ResNet gets 0 to 1": _prepare(resnet="c"),
        "Inception as ResNet": _prepare(inception=f"255 * c - {_MEANS}"),
        "one channel": _prepare(resnet="255 * c - 103.939", colours="images[..., None]"),
        "no channel": _prepare(resnet="255 * c - 103.939", colours="images"),
        "channels first": _prepare(returned="np.moveaxis(x, -1, 1)"),
        "four channels": _prepare(resnet="255 * c", colours="np.repeat(images[..., None], 4, axis=-1)"),
        "one image": _prepare(returned="x[0]"),
        "reshaped, not moved": _prepare(colours="np.stack([images] * 3).reshape(*images.shape, 3)"),
        "reshaped, not moved, by image": _prepare(colours="np.stack([images] * 3, axis=1).reshape(*images.shape, 3)"),
        "whole numbers": _prepare(returned="x.astype(int)"),
        "bytes": _prepare(colours="np.repeat((255 * images).astype('uint8')[..., None], 3, axis=-1) / 255"),
        "bytes, rounded": _prepare(colours="np.repeat(np.round(255 * images)[..., None], 3, axis=-1) / 255"),
        "rounded": _prepare(returned="np.round(x)"),
        "truncated": _prepare(returned="x.astype(int).astype(float)"),
        "stretched": _prepare(colours="np.repeat(((images - images.min()) / (np.ptp(images) + 1e-12))[..., None], 3, axis=-1)"),
        "divided by the largest": _prepare(colours="np.repeat((images / images.max())[..., None], 3, axis=-1)"),
        "inverted": _prepare(colours="1 - np.repeat(images[..., None], 3, axis=-1)"),
        "standardised": _prepare("(c - c.mean()) / c.std()"),
        "two images at most": _prepare(colours="np.stack([np.stack([images[k * (len(images) > 1)]] * 3, -1) for k in (0, 1)][:len(images)])"),
    },
    "trainable_parameters": {
        "moving statistics trained": _count(learnt="0 if name in frozen else sum(sizes)"),
        "frozen ignored": _count(learnt="sum(sizes[:2] if norm else sizes)"),
        "frozen inverted": _count(learnt="sum(sizes[:2] if norm else sizes) if name in frozen else 0"),
        "swapped": _count(returned="fixed, trained"),
        "trainable and all": _count(returned="trained, trained + fixed"),
        "all and not trainable": _count(returned="trained + fixed, fixed"),
        "all and trainable": _count(returned="trained + fixed, trained"),
        "only trainable": _count(returned="trained"),
        "three numbers": _count(returned="trained, fixed, trained + fixed"),
        "no biases": _count(shapes="(shapes if norm else shapes[:1])"),
        "only kernels": _count(shapes="shapes[:1]"),
        "no vectors": _count(shapes="(shape for shape in shapes if len(shape) > 1)"),
        "sum of the sides": _count(size="sum(s)"),
        "arrays counted": _count(size="1"),
        "dimensions counted": _count(size="len(s)"),
        "last side": _count(size="s[-1]"),
        "normalisation never trained": _count(learnt="0 if norm or name in frozen else sum(sizes)"),
        "normalisation always trained": _count(learnt="sum(sizes[:2]) if norm else 0 if name in frozen else sum(sizes)"),
        "moving statistics lost": _count(rest="(sum(sizes[:2] if norm else sizes) - learnt)"),
        "moving statistics lost unless frozen": _count(rest="(sum(sizes) if name in frozen else 0)"),
        "parts of names": _count(learnt="0 if any(f in name for f in frozen) else sum(sizes[:2] if norm else sizes)"),
        "beginnings of names": _count(learnt="0 if any(name.startswith(f) for f in frozen) else sum(sizes[:2] if norm else sizes)"),
        "names within names": _count(learnt="0 if name in ' '.join(frozen) else sum(sizes[:2] if norm else sizes)"),
        "first layer only": _count(layers="layers[:1]"),
        "lists": _count(returned="[trained, fixed], [fixed]"),
        "six layers at most": _count(layers="layers[:6]"),
    },
    "threshold_for_sensitivity": {
        "quantile of all scores": _threshold("np.quantile(scores, 1 - wanted)"),
        "other quantile of all scores": _threshold("np.quantile(scores, wanted)"),
        "share of all images called positive": _threshold("np.sort(scores)[::-1][int(np.ceil(wanted * len(scores))) - 1]"),
        "interpolated quantile": _threshold("np.quantile(ours, 1 - wanted)"),
        "quantile at the wrong end": _threshold("np.quantile(ours, wanted)"),
        "lower quantile": _threshold("np.quantile(ours, 1 - wanted, method='lower')"),
        "higher quantile": _threshold("np.quantile(ours, 1 - wanted, method='higher')"),
        "nearest quantile": _threshold("np.quantile(ours, 1 - wanted, method='nearest')"),
        "> instead of >=": _threshold("max([t for t in ours if (ours > t).mean() >= wanted], default=scores.min())"),
        "> instead of >=, all scores": _threshold("max([t for t in scores if (ours > t).mean() >= wanted], default=scores.min() - 1)"),
        "more than wanted": _threshold("max([t for t in ours if (ours >= t).mean() > wanted], default=up[0])"),
        "lowest": _threshold("min(t for t in ours if (ours >= t).mean() >= wanted)"),
        "lowest of all": _threshold("scores.min()"),
        "highest": _threshold("ours.max()"),
        "zero": _threshold("0.0"),
        "specificity": _threshold("min([t for t in np.unique(scores) if (others < t).mean() >= wanted], default=1)"),
        "of the negative images": _threshold("max(t for t in others if (others >= t).mean() >= wanted)"),
        "rounded down": _threshold("down[max(int(wanted * n), 1) - 1]"),
        "rounded to the nearest": _threshold("down[max(round(wanted * n), 1) - 1]"),
        "one too many": _threshold("down[min(int(wanted * n), n - 1)]"),
        "from the wrong end": _threshold("up[int(np.ceil(wanted * n)) - 1]"),
        "equal scores once": _threshold("np.unique(ours)[::-1][int(np.ceil(wanted * len(np.unique(ours)))) - 1]"),
        "first that is high enough": _threshold("next(t for t in ours if (ours >= t).mean() >= wanted)"),
        "closest sensitivity": _threshold("min(down, key=lambda t: abs((ours >= t).mean() - wanted))"),
        "between two scores": _threshold("np.mean(down[[int(np.ceil(wanted * n)) - 1, min(int(np.ceil(wanted * n)), n - 1)]])"),
        "a grid": _threshold("max(t for t in np.linspace(0, 1, 98) if (ours >= t).mean() >= wanted)"),
        "precision": _threshold("max([t for t in scores if positive[scores >= t].mean() >= wanted], default=1)"),
        "a little lower": _threshold("down[int(np.ceil(wanted * n)) - 1] - 1e-6"),
        "a little higher": _threshold("down[int(np.ceil(wanted * n)) - 1] + 1e-6"),
        "rounded to one digit": _threshold("np.round(down[int(np.ceil(wanted * n)) - 1], 1)"),
        "number of images": _threshold("int(np.ceil(wanted * n))"),
        "sensitivity": _threshold("(ours >= down[int(np.ceil(wanted * n)) - 1]).mean()"),
        "an array": _threshold("down[[int(np.ceil(wanted * n)) - 1]]"),
        "with the sensitivity": _threshold("(down[int(np.ceil(wanted * n)) - 1], wanted)"),
        "scores in [0, 1] only": _threshold("max(0, down[int(np.ceil(wanted * n)) - 1])"),
    },
    "reliability": {
        "1 falls off": _reliability("(p * n).astype(int)"),
        "1 in a bin of its own": _reliability("(p * n).astype(int)", count="n + 1"),
        "1 falls off, digitize": _reliability("np.digitize(p, np.linspace(0, 1, n + 1)) - 1"),
        "closed above": _reliability(f"np.digitize(p, {_INNER}, right=True)"),
        "closed above, 0 falls off": _reliability("np.ceil(p * n).astype(int) - 1"),
        "equally many": _reliability("np.argsort(np.argsort(p)) * n // len(p)"),
        "quantiles": _reliability("np.clip(np.digitize(p, np.quantile(p, np.linspace(0, 1, n + 1))) - 1, 0, n - 1)"),
        "array_split": _reliability(
            "np.concatenate([np.full(len(part), k) for k, part in enumerate(np.array_split(p, n))])[np.argsort(np.argsort(p))]"
        ),
        "from lowest to highest": _reliability("np.clip(np.digitize(p, np.linspace(p.min(), p.max(), n + 1)) - 1, 0, n - 1)"),
        "rounded": _reliability("np.round(p * (n - 1)).astype(int)"),
        "nearest edge": _reliability("np.clip(np.round(p * n), 0, n - 1)"),
        "ten bins": _reliability("np.minimum((p * 10).astype(int), 9)", count="10"),
        "bin centres": _reliability(mean="(k + 0.5) / n"),
        "bin centres, empty NaN": _reliability(mean="(k + 0.5) / n if here.any() else np.nan"),
        "centres for empty bins": _reliability(mean="p[here].mean() if here.any() else (k + 0.5) / n"),
        "lower edges": _reliability(mean="k / n"),
        "upper edges": _reliability(mean="(k + 1) / n if here.any() else np.nan"),
        "empty bins dropped": _reliability(fit="here.any()"),
        "empty bins 0": _reliability(mean="p[here].mean() if here.any() else 0", share="y[here].mean() if here.any() else 0"),
        "empty shares 0": _reliability(share="y[here].mean() if here.any() else 0"),
        "empty None": _reliability(mean="p[here].mean() if here.any() else None"),
        "empty numbers NaN": _reliability(number="here.sum() if here.any() else np.nan"),
        "share of all": _reliability(share="y[here].sum() / len(y) if here.any() else np.nan"),
        "share of all, empty 0": _reliability(share="y[here].sum() / len(y)"),
        "share of all positive images": _reliability(share="y[here].sum() / y.sum() if here.any() else np.nan"),
        "numbers of positive images for shares": _reliability(share="y[here].sum()"),
        "negative images": _reliability(share="1 - y[here].mean() if here.any() else np.nan"),
        "right answers": _reliability(share="((p >= 0.5) == y)[here].mean() if here.any() else np.nan"),
        "mean over all images": _reliability(mean="p[here].sum() / len(p) if here.any() else np.nan"),
        "median": _reliability(mean="np.median(p[here]) if here.any() else np.nan"),
        "shares of images for numbers": _reliability(number="here.mean()"),
        "positive images for numbers": _reliability(number="y[here].sum()"),
        "share first": _reliability(returned="shares, means, numbers"),
        "number first": _reliability(returned="numbers, means, shares"),
        "two arrays": _reliability(returned="means, shares"),
        "calibration error": _reliability(returned="np.nansum(numbers * abs(means - shares)) / len(p)"),
        "only positive images": _reliability(mean="p[here & y].mean() if (here & y).any() else np.nan"),
        "ten bins at most": _reliability("np.minimum((p * min(n, 10)).astype(int), min(n, 10) - 1)"),
    },
    "predictive_values": {
        "sensitivity and specificity": _values("s", "c"),
        "sensitivity for PPV": _values("s"),
        "specificity for NPV": _values(npv="c"),
        "swapped": _values(returned="npv, ppv"),
        "false discovery rate": _values(returned="1 - ppv, npv"),
        "false omission rate": _values(returned="ppv, 1 - npv"),
        "1 - PPV for NPV": _values(returned="ppv, 1 - ppv"),
        "prevalence 1/2": _values(arrays="np.broadcast_arrays(np.asarray(s), c, 0 * np.asarray(p) + 0.5)"),
        "prevalence of the test set": _values(arrays="np.broadcast_arrays(np.asarray(s), c, 0 * np.asarray(p) + 0.625)"),
        "PPV without the prevalence": _values("ratio(s, s + 1 - c)"),
        "NPV without the prevalence": _values(npv="ratio(c, c + 1 - s)"),
        "prevalence of the sick only": _values("ratio(s * p, s * p + 1 - c)"),
        "prevalence of the healthy only": _values("ratio(s, s + (1 - c) * (1 - p))"),
        "NPV: prevalence of the healthy only": _values(npv="ratio(c * (1 - p), c * (1 - p) + 1 - s)"),
        "prevalence of the healthy": _values(arrays="np.broadcast_arrays(np.asarray(s), c, 1 - np.asarray(p))"),
        "NPV: prevalence of the healthy": _values(npv="ratio(c * p, c * p + (1 - s) * (1 - p))"),
        "specificity for the alarmed": _values("ratio(s * p, s * p + c * (1 - p))"),
        "NPV: sensitivity for the missed": _values(npv="ratio(c * (1 - p), c * (1 - p) + s * p)"),
        "joint": _values("s * p", "c * (1 - p)"),
        "NPV: over the healthy": _values(npv="ratio(c * (1 - p), 1 - p)"),
        "percent": _values(returned="100 * ppv, 100 * npv"),
        "0 / 0 is 0": _values(returned="np.nan_to_num(ppv), np.nan_to_num(npv)"),
        "0 / 0 is 1": _values(returned="np.nan_to_num(ppv, nan=1), np.nan_to_num(npv, nan=1)"),
        "0 / 0 is nearly 0": _values(ratio=_QUIET),
        "0 / 0 stops": _values(arrays="s, c, p", ratio=_LOUD),
        "whole numbers only": _values(arrays="float(s), float(c), float(p)"),
        "if about an array": _values(arrays="s, c, p", ratio="(lambda a, b: a / b if b > 0 else np.nan)"),
        "first of an array": _values(returned="ppv.flat[0], npv.flat[0]"),
        "mean of an array": _values(returned="np.mean(ppv), np.mean(npv)"),
        "always an array": _values(returned="np.atleast_1d(ppv), np.atleast_1d(npv)"),
        "only PPV": _values(returned="ppv"),
        "three values": _values(returned="ppv, npv, p"),
        "accuracy": _values("s * p + c * (1 - p)"),
        "prevalences only": (
            "def predictive_values(s, c, p):\n"
            "    p = np.asarray(p, float)\n"
            "    def one(a, b): return a / (a + b) if a + b > 0 else np.nan\n"
            "    ppv = [one(s * q, (1 - c) * (1 - q)) for q in p.ravel()]\n"
            "    npv = [one(c * (1 - q), (1 - s) * q) for q in p.ravel()]\n"
            "    return np.reshape(ppv, p.shape), np.reshape(npv, p.shape)"
        ),
    },
}  # fmt: skip

ALSO_RIGHT = {
    "prepare": [
        (
            "def prepare(images, network):\n"
            "    x = np.stack([images, images, images], axis=3).astype('float32')\n"
            "    if network in ('MobileNetV2', 'InceptionV3'): return x * 255 / 127.5 - 1\n"
            "    x *= 255\n"
            "    if network == 'ResNet50':\n"
            "        for channel, mean in enumerate((103.939, 116.779, 123.68)): x[..., channel] -= mean\n"
            "    return x"
        ),
        (
            "def prepare(images, network):\n"
            "    scale, shift = {'EfficientNetB0': (255, 0), 'ResNet50': (255, -np.array([103.939, 116.779, 123.68]))}.get(network, (2, -1))\n"
            "    return np.tile(images[:, :, :, np.newaxis], (1, 1, 1, 3)) * scale + shift"
        ),
        (
            "def prepare(images, network):\n"
            "    x = [[[[v] * 3 for v in row] for row in image] for image in images.tolist()]\n"
            "    x = np.array(x)\n"
            "    if network.startswith('Eff'): return x * 255\n"
            "    if network.startswith('Res'): return (x[..., ::-1] * 255 - [123.68, 116.779, 103.939][::-1])\n"
            "    return (x - 0.5) / 0.5"
        ),
    ],
    "trainable_parameters": [
        (
            "def trainable_parameters(layers, frozen):\n"
            "    total = sum(np.prod(shape) for _, _, shapes in layers for shape in shapes)\n"
            "    trained = 0\n"
            "    for name, kind, shapes in layers:\n"
            "        if name in set(frozen): continue\n"
            "        if kind == 'batch_norm': shapes = shapes[:-2]\n"
            "        for shape in shapes: trained += np.ones(shape).sum()\n"
            "    return np.array([trained, total - trained])"
        ),
        (
            "def trainable_parameters(layers, frozen):\n"
            "    import math\n"
            "    sums = {True: 0, False: 0}\n"
            "    for name, kind, shapes in layers:\n"
            "        for k, shape in enumerate(shapes):\n"
            "            sums[name not in frozen and not (kind == 'batch_norm' and k > 1)] += math.prod(shape)\n"
            "    return [sums[True], sums[False]]"
        ),
    ],
    "threshold_for_sensitivity": [
        _threshold("down[int(np.ceil(wanted * n)) - 1]"),
        _threshold("up[int((1 - wanted) * n)]"),
        _threshold("-np.quantile(-ours, wanted, method='inverted_cdf')"),
        _threshold("max(t for t in scores if (scores[positive] >= t).mean() >= wanted)"),
        (
            "def threshold_for_sensitivity(scores, positive, wanted):\n"
            "    from sklearn.metrics import roc_curve\n"
            "    _, sensitivity, thresholds = roc_curve(positive, scores, drop_intermediate=False)\n"
            "    return thresholds[np.argmax(sensitivity >= wanted)]"
        ),
        (
            "def threshold_for_sensitivity(scores, positive, wanted):\n"
            "    found = 0\n"
            "    for t, sick in sorted(zip(scores.tolist(), positive.tolist()), reverse=True):\n"
            "        found += sick\n"
            "        if found / positive.sum() >= wanted: return t"
        ),
    ],
    "reliability": [
        _reliability(),
        _reliability("np.digitize(p, np.linspace(0, 1, n + 1)[1:-1])", returned="np.array([means, shares, numbers])"),
        _reliability("np.minimum(p * n // 1, n - 1)", returned="[means.tolist(), shares.tolist(), numbers.tolist()]"),
        (
            "def reliability(p, y, n):\n"
            "    edges = np.linspace(0, 1, n + 1)\n"
            "    number = np.histogram(p, edges)[0]\n"
            "    with np.errstate(all='ignore'):\n"
            "        return np.histogram(p, edges, weights=p)[0] / number, np.histogram(p[y], edges)[0] / number, number.astype(float)"
        ),
    ],
    "predictive_values": [
        _values(),
        (
            "def predictive_values(sensitivity, specificity, prevalence):\n"
            "    import warnings\n"
            "    odds = np.asarray(prevalence, float) / 1\n"
            "    with warnings.catch_warnings():\n"
            "        warnings.simplefilter('ignore')\n"
            "        hit, alarm = sensitivity * odds, (1 - specificity) * (1 - odds)\n"
            "        clear, miss = specificity * (1 - odds), (1 - sensitivity) * odds\n"
            "        return [hit / (hit + alarm), clear / (clear + miss)]"
        ),
        (
            "@np.vectorize\n"
            "def _share(a, b): return a / (a + b) if a + b > 0 else float('nan')\n"
            "def predictive_values(sensitivity, specificity, prevalence):\n"
            "    healthy = 1 - prevalence\n"
            "    return (\n"
            "        _share(sensitivity * prevalence, (1 - specificity) * healthy),\n"
            "        _share(specificity * healthy, (1 - sensitivity) * prevalence),\n"
            "    )"
        ),
        _values(ratio=_LOUD),  # NumPy warns of 0 / 0, and gives NaN
        _values(ratio="(lambda a, b: np.where(b > 0, a / np.where(b > 0, b, 1), np.nan))", returned="np.stack([ppv, npv])"),
    ],
}  # fmt: skip

REASONS = {
    "prepare": {
        "nothing is scaled": "still run from 0 to 1",
        "-1 to 1 for all": "divides by 255 itself",
        "0 to 255 for MobileNet and Inception": "run from 0 to 255",
        "x / 127.5 - 1 of [0, 1]": "x / 127.5 - 1 is for",
        "EfficientNet divides twice": "divides by 255 itself",
        "means red first": "in the order red, green, blue",
        "means before 255": "Multiply the pixels by 255 first",
        "no means": "has not been subtracted",
        "one channel": "repeated",
        "channels first": "channels come last",
        "standardised": "The first is at [0, 0, 0, 0]",
    },
    "trainable_parameters": {
        "moving statistics trained": "are counted as trainable",
        "frozen ignored": "`frozen` is ignored",
        "frozen inverted": "you train these",
        "swapped": "trainable parameters first",
        "trainable and all": "not of all",
        "only trainable": "two things",
        "no biases": "biases are missing",
        "normalisation never trained": "gamma and beta are trained",
        "moving statistics lost unless frozen": "variance are missing",
        "parts of names": "whole names",
        "lists": "single numbers",
    },
    "threshold_for_sensitivity": {
        "share of all images called positive": "about all scores",
        "interpolated quantile": "interpolates",
        "> instead of >=": "(>=)",
        "more than wanted": "exactly `wanted` is enough",
        "lowest": "for every sensitivity",
        "highest": "at least 0.75 of them are wanted",
        "specificity": "right for the specificity",
        "rounded down": "You round down",
        "equal scores once": "counted once",
        "between two scores": "not the score of a positive image",
        "a little higher": "5 of 8",
        "an array": "single number",
    },
    "reliability": {
        "1 falls off": "1 falls off",
        "1 in a bin of its own": "n_bins + 1 edges",
        "closed above": "the bin above it",
        "equally many": "equally many",
        "from lowest to highest": "from 0 to 1, always",
        "bin centres": "middles",
        "empty bins dropped": "have been dropped",
        "empty bins 0": "np.nan, not 0",
        "share of all": "not of all images",
        "negative images": "share of negative",
        "positive images for numbers": "Count all images",
        "share first": "another order",
        "two arrays": "three things",
        "median": "This is mean_probability",
    },
    "predictive_values": {
        "sensitivity for PPV": "This is the sensitivity",
        "specificity for NPV": "This is the specificity",
        "swapped": "Swapped",
        "false discovery rate": "1 - PPV",
        "PPV without the prevalence": "1/2 only",
        "NPV: prevalence of the healthy only": "one side only",
        "joint": "Divide it by all who are predicted positive",
        "percent": "percentages",
        "0 / 0 is 0": "return NaN, not 0",
        "0 / 0 stops": "0 / 0 should give NaN",
        "if about an array": "may be a number or an array",
        "first of an array": "should have shape (5,)",
        "only PPV": "two things",
    },
}


class TestLesson03(ExerciseTests):
    lesson, checks, points = "03", lesson03, 12
    wrong, also_right, reasons = WRONG, ALSO_RIGHT, REASONS
    hidden_only = frozenset(
        {
            "two images at most",
            "six layers at most",
            "scores in [0, 1] only",
            "ten bins at most",
            "prevalences only",
        }
    )
    hostile = {
        "prepare": (
            lambda images, network: np.full((*images.shape, 3), np.nan),
            lambda images, network: np.full((*images.shape, 3), "0.5"),
            lambda images, network: np.full((*images.shape, 3), None),
            lambda images, network: np.zeros((*images.shape, 3), bool),
            lambda images, network: np.zeros((*images.shape, 3), complex),
        ),
        "trainable_parameters": (
            lambda *a: (-1, -1),
            lambda *a: ([1], [2, 3]),
            lambda *a: "24",
            lambda *a: {"trainable": 98, "not": 0},
            lambda layers, frozen: layers.clear() or (0, 0),
        ),
        "threshold_for_sensitivity": (
            lambda *a: np.inf,
            lambda *a: -np.inf,
            lambda *a: "0.52",
            lambda *a: np.array(0.5, object),
            lambda scores, positive, wanted: scores,
            lambda scores, positive, wanted: positive,
        ),
        "reliability": (
            lambda p, y, n: (np.zeros(n), np.zeros(n), None),
            lambda p, y, n: np.full((3, n), np.nan),
            lambda p, y, n: np.full((3, n), "0"),
            lambda p, y, n: np.full((3, n, 1), 0.5),
            lambda p, y, n: (np.zeros(n), np.zeros(n), np.full(n, np.inf)),
            lambda p, y, n: (0, 0, 0),
        ),
        "predictive_values": (
            lambda *a: (0.5, None),
            lambda *a: ("0.2", "0.9"),
            lambda *a: np.full((2, 3), 0.5),
            lambda s, c, p: (p, 1 - p) if np.ndim(p) == 0 and p < 0.2 else None,
            lambda s, c, p: (0.5, 0.5) if p == 0.08 else 1 / 0,
        ),
    }


def _function(code, name):
    namespace = {"np": np}
    exec(code, namespace)
    return namespace[name]


@pytest.mark.parametrize("network", ["MobileNetV2", "InceptionV3", "EfficientNetB0", "ResNet50"])
def test_preparation_is_that_of_keras(network):
    import keras

    module = {
        "MobileNetV2": keras.applications.mobilenet_v2,
        "InceptionV3": keras.applications.inception_v3,
        "EfficientNetB0": keras.applications.efficientnet,
        "ResNet50": keras.applications.resnet50,
    }[network]
    colours = np.repeat(np.random.default_rng(1).random((3, 6, 5, 1)), 3, axis=-1)
    expected = module.preprocess_input(255 * colours)
    assert np.allclose(its_prepared(colours, network), expected, atol=1e-4)


@pytest.mark.parametrize("frozen", [[], ["conv"], ["norm"], ["conv", "norm", "conv_again"], ["logits"]])
def test_parameters_are_those_of_keras(frozen):
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 9, 2)),
            layers.Conv2D(5, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Conv2D(4, (3, 2), use_bias=False, name="conv_again"),
            layers.BatchNormalization(name="norm_again"),
            layers.GlobalAveragePooling2D(name="average"),
            layers.Dense(3, name="logits"),
        ]
    )
    for name in frozen:
        model.get_layer(name).trainable = False
    described = [
        (
            layer.name,
            {"conv": "conv", "norm": "batch_norm"}.get(layer.name[:4], "dense"),
            [tuple(weight.shape) for weight in layer.weights],
        )
        for layer in model.layers
        if layer.weights
    ]
    counts = [
        sum(w.numpy().size for w in ws) for ws in (model.trainable_weights, model.non_trainable_weights)
    ]
    assert its_counted(described, frozen) == tuple(counts)


@pytest.mark.parametrize("seed", range(20))
def test_thresholds_reach_the_sensitivity_and_no_higher_one_does(seed):
    rng = np.random.default_rng(seed)
    positive = rng.permutation(np.arange(31) < 13)
    scores = rng.normal(positive, 1).round(1 + seed % 2)
    wanted = rng.uniform(0.01, 1)
    expected = its_reaching(scores[positive], scores[positive], wanted)
    assert metrics.recall_score(positive, scores >= expected) >= wanted
    assert metrics.recall_score(positive, scores >= np.nextafter(expected, np.inf)) < wanted


def test_no_case_hangs_on_rounding_errors():
    """Multiplying, and counting from either end, give what the definitions give."""
    for scores, positive, wanted, _ in lesson03.threshold_for_sensitivity._cases:
        ours = np.sort(scores[positive])
        expected, n = its_reaching(ours, ours, wanted), len(ours)
        assert ours[n - ceil(wanted * n)] == ours[floor((1 - wanted) * n)] == expected
    for probabilities, _, n_bins, _ in lesson03.reliability._cases:
        by_edges = np.digitize(probabilities, np.linspace(0, 1, n_bins + 1)[1:-1])
        by_product = np.minimum((probabilities * n_bins).astype(int), n_bins - 1)
        places = its_places(probabilities, n_bins)
        assert (by_edges == places).all() and (by_product == places).all()


@pytest.mark.parametrize("n_bins", [1, 3, 10])
def test_bins_are_those_of_scikit_learn(n_bins):
    rng = np.random.default_rng(n_bins)
    probabilities = rng.random(60) ** 3
    positive = rng.random(60) < probabilities
    binned = its_binned(probabilities, positive, its_places(probabilities, n_bins), n_bins)
    means, shares, number = binned[:, binned[2] > 0]
    expected_shares, expected_means = calibration.calibration_curve(positive, probabilities, n_bins=n_bins)
    assert np.allclose(means, expected_means) and np.allclose(shares, expected_shares)
    assert number.sum() == 60


@pytest.mark.parametrize("sick", [3, 40, 170])
def test_predictive_values_are_shares_of_counted_people(sick):
    rng = np.random.default_rng(sick)
    positive = np.arange(200) < sick
    called = rng.random(200) < np.where(positive, 0.8, 0.3)
    sensitivity, specificity = called[positive].mean(), (~called)[~positive].mean()
    ppv, npv = its_bayes(sensitivity, specificity, positive.mean())
    assert np.isclose(ppv, metrics.precision_score(positive, called))
    assert np.isclose(npv, metrics.precision_score(~positive, ~called))


def test_checks_need_no_tensorflow():
    code = "import sys; from helpers.checks import lesson03; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", list(WRONG))
def test_a_check_takes_less_than_a_second(name):
    answers = [_function(code, name) for code in ALSO_RIGHT[name]]
    started = time.process_time()
    assert all(getattr(lesson03, name)(answer).right for answer in answers)
    assert time.process_time() - started < len(answers)
