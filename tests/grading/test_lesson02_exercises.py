"""Lesson 02's exercises: wrong answers, other right answers, points; and whether the checks' own rules are those
of Keras and of the course's bootstrap."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from exercises import ExerciseTests

from helpers.checks import lesson02
from helpers.checks.lesson02.best_epoch import stop as its_stop
from helpers.checks.lesson02.conv_stack import stack as its_stack
from helpers.checks.lesson02.patient_interval import whole_patient_draws as its_whole_patient_draws
from helpers.deep import keras


def _stack(
    pool="h, w = h // o[0], w // o[0]",
    same="h, w = -(-h // o[2]), -(-w // o[2])",
    valid="h, w = (h - o[1]) // o[2] + 1, (w - o[1]) // o[2] + 1",
    count="o[1] ** 2 * c * o[0] + o[0]",
    returned="(h, w, c), n",
):
    return (
        "def conv_stack(shape, layers):\n"
        "    (h, w, c), n = shape, 0\n"
        "    for kind, *o in layers:\n"
        f"        if kind == 'pool':\n            {pool}\n            continue\n"
        f"        if o[3] == 'same': {same}\n"
        f"        else: {valid}\n"
        f"        n += {count}\n        c = o[0]\n"
        f"    return {returned}"
    )


def _stop(
    better="loss < lowest",
    gone="waited >= patience",
    start="kept, lowest, waited = 0, np.inf, 0",
    stopped="kept, epoch",
    ended="kept, len(val_loss)",
    reset="0",
):
    return (
        "def best_epoch(val_loss, patience):\n"
        f"    {start}\n"
        "    for epoch, loss in enumerate(val_loss, start=1):\n"
        f"        if {better}: kept, lowest, waited = epoch, loss, {reset}\n"
        "        else: waited += 1\n"
        f"        if {gone}: return {stopped}\n"
        f"    return {ended}"
    )


def _interval(
    draw="rng.choice(names, len(names))",
    share="correct[np.concatenate([np.flatnonzero(groups == g) for g in drawn])].mean()",
    rng="np.random.default_rng(seed)",
    ends="np.percentile(shares, [2.5, 97.5])",
    draws="n_draws",
):
    return (
        "def patient_interval(correct, groups, n_draws, seed):\n"
        f"    rng, names, shares = {rng}, np.unique(groups), []\n"
        f"    for _ in range({draws}):\n"
        f"        drawn = {draw}\n"
        f"        shares.append({share})\n"
        f"    return {ends}"
    )


def _f1(returned, f1="2 * tp / np.maximum(rows + columns, 1)"):
    return (
        "def macro_f1(confusion):\n"
        "    tp, rows, columns = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)\n"
        "    with np.errstate(all='ignore'):\n"
        f"        f1 = {f1}\n"
        "        recall, precision = tp / np.maximum(rows, 1), tp / np.maximum(columns, 1)\n"
        f"        return {returned}"
    )


def _confusion(body, returned="m", start="np.zeros((n_classes, n_classes), int)"):
    return (
        "def confusion_matrix(labels, predictions, n_classes):\n"
        f"    m = {start}\n"
        f"    {body}\n"
        f"    return {returned}"
    )


def _network(
    conv='layers.Conv2D(filters, 3, strides=strides, padding="same", activation="relu")',
    twice="2",
    pool="layers.MaxPooling2D()",
    flat="layers.GlobalAveragePooling2D()",
    last='layers.Dense(n_classes, activation="softmax")',
    compiled='m.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])',
    shape="(size, size, 1)",
    filters="(8, 16, 32)",
    stride="2 if filters == 8 and number == 0 else 1",
    returned="m",
):
    return (
        "def build_network(size, n_classes):\n"
        f"    x = i = layers.Input({shape})\n"
        f"    for filters in {filters}:\n"
        f"        for number in range({twice}):\n"
        f"            strides = {stride}\n"
        f"            x = {conv}(x)\n"
        f"        x = {pool}(x)\n"
        f"    x = {flat}(x)\n"
        f"    m = keras.Model(i, {last}(x))\n"
        f"    {compiled}\n"
        f"    return {returned}"
    )


_ADD = "np.add.at(m, (labels, predictions), 1)"
WRONG = {
    "build_network": {
        "one convolution a block": _network(twice="1"),
        "no ReLU": _network(conv='layers.Conv2D(filters, 3, strides=strides, padding="same")'),
        "valid": _network(conv='layers.Conv2D(filters, 3, strides=strides, activation="relu")'),
        "5x5": _network(conv='layers.Conv2D(filters, 5, strides=strides, padding="same", activation="relu")'),
        "no biases": _network(conv='layers.Conv2D(filters, 3, strides=strides, padding="same", activation="relu", use_bias=False)'),
        "no stride": _network(stride="1"),
        "stride in every block": _network(stride="2 if number == 0 else 1"),
        "stride in both convolutions of the first block": _network(stride="2 if filters == 8 else 1"),
        "average pooling": _network(pool="layers.AveragePooling2D()"),
        "no pooling": _network(pool="layers.Identity()"),
        "pooling of 3": _network(pool="layers.MaxPooling2D(3)"),
        "flattened": _network(flat="layers.Flatten()"),
        "maximum over all places": _network(flat="layers.GlobalMaxPooling2D()"),
        "no softmax": _network(last="layers.Dense(n_classes)"),
        "sigmoid": _network(last='layers.Dense(n_classes, activation="sigmoid")'),
        "four classes": _network(last='layers.Dense(4, activation="softmax")'),
        "48 pixels": _network(shape="(48, 48, 1)"),
        "three channels": _network(shape="(size, size, 3)"),
        "filters in the other order": _network(filters="(32, 16, 8)"),
        "two blocks": _network(filters="(8, 16)"),
        "another layer": _network(last='(lambda x: layers.Dense(n_classes, activation="softmax")(layers.Dropout(0.3)(x)))'),
        "not compiled": _network(compiled="pass"),
        "labels as columns": _network(compiled='m.compile("adam", "categorical_crossentropy")'),
        "mean squared error": _network(compiled='m.compile("adam", "mse")'),
        "nothing returned": _network(returned="None"),
        "the class, not a model": _network(returned="keras.Model"),
        "never asked to run": "def build_network(size, n_classes):\n    return keras.Sequential([layers.Conv2D(8, 3)])",
    },
    "conv_stack": {
        "no biases": _stack(count="o[1] ** 2 * c * o[0]"),
        "one bias a layer": _stack(count="o[1] ** 2 * c * o[0] + 1"),
        "input channels forgotten": _stack(count="o[1] ** 2 * o[0] + o[0]"),
        "the image's channels throughout": _stack(count="o[1] ** 2 * shape[2] * o[0] + o[0]"),
        "kernel not squared": _stack(count="o[1] * c * o[0] + o[0]"),
        "pooling has parameters": _stack(pool="n += o[0] ** 2 * c; h, w = h // o[0], w // o[0]"),
        "pooling rounds up": _stack(pool="h, w = -(-h // o[0]), -(-w // o[0])"),
        "pooling moves by one": _stack(pool="h, w = h - o[0] + 1, w - o[0] + 1"),
        "stride ignored": _stack(same="pass", valid="h, w = h - o[1] + 1, w - o[1] + 1"),
        "valid treated as same": _stack(valid="h, w = -(-h // o[2]), -(-w // o[2])"),
        "same treated as valid": _stack(same="h, w = (h - o[1]) // o[2] + 1, (w - o[1]) // o[2] + 1"),
        "same rounds down": _stack(same="h, w = h // o[2], w // o[2]"),
        "valid without the one": _stack(valid="h, w = (h - o[1]) // o[2], (w - o[1]) // o[2]"),
        "valid rounds up": _stack(valid="h, w = -(-(h - o[1]) // o[2]) + 1, -(-(w - o[1]) // o[2]) + 1"),
        "sizes not rounded": _stack(pool="h, w = h / o[0], w / o[0]"),
        "width taken from the height": _stack(returned="(h, h, c), n"),
        "width first": _stack(returned="(w, h, c), n"),
        "channels first": _stack(returned="(c, h, w), n"),
        "channels of the image": _stack(returned="(h, w, shape[2]), n"),
        "parameters first": _stack(returned="n, (h, w, c)"),
        "four things": _stack(returned="h, w, c, n"),
        "only the shape": _stack(returned="(h, w, c)"),
        "kernel of 3 throughout, strides up to 2": _stack(
            valid="o[1:3] = [o[1], min(o[2], 2)]; h, w = (h - o[1]) // o[2] + 1, (w - o[1]) // o[2] + 1"
        ),
    },
    "confusion_matrix": {
        "transposed": _confusion("np.add.at(m, (predictions, labels), 1)"),
        "repeats are lost": _confusion("m[labels, predictions] += 1"),
        "shares of all": _confusion(_ADD, "m / m.sum()"),
        "shares of a row": _confusion(_ADD, "m / np.maximum(m.sum(axis=1, keepdims=True), 1)"),
        "shares with NaN": _confusion("import warnings; warnings.simplefilter('ignore'); " + _ADD, "m / m.sum(axis=1, keepdims=True)"),
        "size from the labels": _confusion("pass", "(lambda k: np.array([[((labels == i) & (predictions == j)).sum() for j in range(k)] for i in range(k)]))(1 + max(labels.max(), predictions.max()))"),
        "size from the labels alone": _confusion(_ADD, start="np.zeros((labels.max() + 1,) * 2, int)"),
        "classes that occur": _confusion("from sklearn import metrics", "metrics.confusion_matrix(labels, predictions)"),
        "only hits": _confusion("pass", "np.diag([((labels == k) & (predictions == k)).sum() for k in range(n_classes)])"),
        "flat": _confusion(_ADD, "m.ravel()"),
        "starts at one": _confusion(_ADD, start="np.ones((n_classes, n_classes), int)"),
        "four classes at most": _confusion(_ADD, "m * (np.arange(n_classes) < 4)"),
    },
    "macro_f1": {
        "weighted": _f1("(f1 * rows).sum() / rows.sum()"),
        "accuracy": _f1("tp.sum() / confusion.sum()"),
        "F1 of the means": _f1("2 * recall.mean() * precision.mean() / (recall.mean() + precision.mean())"),
        "empty classes left out": _f1("np.nanmean(f1)", "2 * tp / (rows + columns)"),
        "NaN": _f1("f1.mean()", "2 * tp / (rows + columns)"),
        "classes without hits left out": _f1("f1[tp > 0].mean()"),
        "empty classes count one": _f1("np.where(rows + columns > 0, f1, 1).mean()"),
        "recall": _f1("recall.mean()"),
        "precision": _f1("precision.mean()"),
        "Jaccard": _f1("f1.mean()", "tp / np.maximum(rows + columns - tp, 1)"),
        "hits count once above": _f1("f1.mean()", "tp / np.maximum(rows + columns, 1)"),
        "one for each class": _f1("f1"),
        "percent": _f1("100 * f1.mean()"),
        "text": _f1("f'{f1.mean():.3f}'"),
        "median": _f1("np.median(f1)"),
        "three decimals": _f1("round(f1.mean(), 3)"),
        "four classes at most": _f1("f1[:4].mean()"),
    },
    "best_epoch": {
        "lowest of all": "def best_epoch(val_loss, patience):\n    return int(np.argmin(val_loss)) + 1, len(val_loss)",
        "lowest of all, right stop": _stop(stopped="int(np.argmin(val_loss)) + 1, epoch"),
        "from 0": _stop(stopped="kept - 1, epoch - 1", ended="kept - 1, len(val_loss) - 1"),
        "kept epoch from 0": _stop(stopped="kept - 1, epoch", ended="kept - 1, len(val_loss)"),
        "one epoch too many": _stop(gone="waited > patience"),
        "one epoch too few": _stop(gone="waited >= patience - 1"),
        "ties improve": _stop(better="loss <= lowest"),
        "last of equal losses kept": _stop(stopped="int(np.flatnonzero(val_loss[:epoch] == lowest)[-1]) + 1, epoch"),
        "against the previous epoch": _stop(better="epoch == 1 or loss < val_loss[epoch - 2]"),
        "against the previous epoch, lowest kept": _stop(
            better="epoch == 1 or loss < val_loss[epoch - 2]", stopped="int(np.argmin(val_loss[:epoch])) + 1, epoch",
            ended="int(np.argmin(val_loss)) + 1, len(val_loss)",
        ),
        "highest": _stop(better="loss > lowest", start="kept, lowest, waited = 0, -np.inf, 0"),
        "not in a row": _stop(reset="waited"),
        "last weights kept": _stop(stopped="epoch, epoch", ended="len(val_loss), len(val_loss)"),
        "stop before kept": _stop(stopped="epoch, kept", ended="len(val_loss), kept"),
        "only the kept epoch": _stop(stopped="kept", ended="kept"),
        "always kept plus patience": _stop(ended="kept, kept + patience"),
        "loss instead of epoch": _stop(stopped="lowest, epoch", ended="lowest, len(val_loss)"),
        "patience of 3 at most": _stop(gone="waited >= min(patience, 3)"),
    },
    "patient_interval": {
        "draws slices": _interval("rng.integers(len(groups), size=len(groups))", "correct[drawn].mean()"),
        "without replacement": _interval("rng.permutation(names)"),
        "mean of patient means": _interval(share="np.mean([correct[groups == g].mean() for g in drawn])"),
        "a patient counts once": _interval(share="correct[np.isin(groups, drawn)].mean()"),
        "patients drawn by their slices": _interval("rng.choice(groups, len(names))"),
        "as many patients as slices": _interval("rng.choice(names, len(groups))"),
        "half of the patients": _interval("rng.choice(names, len(names) // 2 + 1, replace=False)"),
        "one patient a draw": _interval("rng.choice(names, 1)"),
        "one slice of each patient": _interval(share="np.mean([rng.choice(correct[groups == g]) for g in drawn])"),
        "slices drawn again": _interval(
            share="rng.choice(correct[np.concatenate([np.flatnonzero(groups == g) for g in drawn])], len(groups)).mean()"
        ),
        "5th and 95th percentile": _interval(ends="np.percentile(shares, [5, 95])"),
        "1st and 99th percentile": _interval(ends="np.percentile(shares, [0.5, 99.5])"),
        "percent for shares": _interval(ends="np.percentile(shares, [0.025, 0.975])"),
        "lowest and highest": _interval(ends="(min(shares), max(shares))"),
        "normal interval of slices": (
            "def patient_interval(correct, groups, n_draws, seed):\n"
            "    half = 1.96 * np.sqrt(correct.var() / len(correct))\n"
            "    return correct.mean() - half, correct.mean() + half"
        ),
        "normal interval of the draws": _interval(
            ends="(np.mean(shares) - 1.96 * np.std(shares), np.mean(shares) + 1.96 * np.std(shares))"
        ),
        "the seed is ignored": _interval(rng="np.random.default_rng(7)"),
        "no seed": _interval(rng="np.random.default_rng()"),
        "upper end first": _interval(ends="np.percentile(shares, [97.5, 2.5])"),
        "percentages": _interval(ends="np.percentile(shares, [2.5, 97.5]) * 100"),
        "a width": _interval(ends="np.ptp(np.percentile(shares, [2.5, 97.5]))"),
        "with the mean": _interval(ends="(np.mean(shares), *np.percentile(shares, [2.5, 97.5]))"),
        "ten draws": _interval(draws="min(n_draws, 10)"),
        "equal numbers of slices": (
            "def patient_interval(correct, groups, n_draws, seed):\n"
            "    k = len(np.unique(groups))\n"
            "    table = correct[: len(correct) // k * k].reshape(k, -1)\n"
            "    rng = np.random.default_rng(seed)\n"
            "    return np.percentile([table[rng.integers(k, size=k)].mean() for _ in range(n_draws)], [2.5, 97.5])"
        ),
    },
}  # fmt: skip

ALSO_RIGHT = {
    "build_network": [
        (
            "def build_network(size, n_classes):\n"
            "    def block(filters, strides):\n"
            "        options = {'padding': 'same', 'activation': 'relu'}\n"
            "        first = layers.Conv2D(filters, (3, 3), strides=strides, **options)\n"
            "        return [first, layers.Conv2D(filters, 3, **options), layers.MaxPooling2D(2)]\n"
            "    m = keras.Sequential([layers.Input((size, size, 1)), *block(8, 2), *block(16, 1), *block(32, 1)])\n"
            "    m.add(layers.GlobalAveragePooling2D())\n"
            "    m.add(keras.layers.Dense(n_classes, activation=keras.activations.softmax, name='out'))\n"
            "    m.compile(optimizer=keras.optimizers.Adam(0.003), loss=keras.losses.SparseCategoricalCrossentropy())\n"
            "    return m"
        ),
        _network(compiled="m.compile(keras.optimizers.SGD(), keras.losses.sparse_categorical_crossentropy)"),
    ],
    "conv_stack": [
        (
            "def conv_stack(shape, layers):\n"
            "    sizes, parameters = np.array(shape, float), np.int64(0)\n"
            "    for layer in layers:\n"
            "        if layer[0] == 'pool': sizes[:2] = np.floor(sizes[:2] / layer[1])\n"
            "        else:\n"
            "            _, filters, kernel, stride, padding = layer\n"
            "            parameters += (np.ones((kernel, kernel, int(sizes[2]))).sum() + 1) * filters\n"
            "            if padding == 'same': sizes[:2] = np.ceil(sizes[:2] / stride)\n"
            "            else: sizes[:2] = np.floor((sizes[:2] - kernel) / stride) + 1\n"
            "            sizes[2] = filters\n"
            "    return sizes, parameters"
        ),
        (
            "def conv_stack(shape, layers):\n"
            "    if not layers: return [list(shape), 0]\n"
            "    kind, *options = layers[0]\n"
            "    if kind == 'pool': new, own = [n // options[0] for n in shape[:2]] + [shape[2]], 0\n"
            "    else:\n"
            "        k, s = options[1:3]\n"
            "        new = [len(range(0, n if options[3] == 'same' else n - k + 1, s)) for n in shape[:2]] + [options[0]]\n"
            "        own = options[0] * (1 + k * k * shape[2])\n"
            "    size, rest = conv_stack(tuple(new), layers[1:])\n"
            "    return [size, own + rest]"
        ),
    ],
    "confusion_matrix": [
        (
            "def confusion_matrix(labels, predictions, n_classes):\n"
            "    rows = [[0] * n_classes for _ in range(n_classes)]\n"
            "    for i, j in zip(labels, predictions): rows[i][j] += 1\n"
            "    return rows"
        ),
        (
            "def confusion_matrix(labels, predictions, n_classes):\n"
            "    pairs = labels * n_classes + predictions\n"
            "    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)"
        ),
        (
            "def confusion_matrix(labels, predictions, n_classes):\n"
            "    one_hot = np.eye(n_classes)\n"
            "    return one_hot[labels].T @ one_hot[predictions]"
        ),
    ],
    "macro_f1": [
        (
            "def macro_f1(confusion):\n"
            "    scores = []\n"
            "    for k in range(len(confusion)):\n"
            "        tp = confusion[k, k]\n"
            "        fn, fp = confusion[k].sum() - tp, confusion[:, k].sum() - tp\n"
            "        scores.append(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0)\n"
            "    return sum(scores) / len(scores)"
        ),
        (
            "def macro_f1(confusion):\n"
            "    import warnings\n"
            "    warnings.simplefilter('ignore')\n"
            "    tp = np.diag(confusion)\n"
            "    recall, precision = tp / confusion.sum(axis=1), tp / confusion.sum(axis=0)\n"
            "    return np.nan_to_num(2 * recall * precision / (recall + precision)).mean()"
        ),
    ],
    "best_epoch": [
        (
            "def best_epoch(val_loss, patience):\n"
            "    for last in range(1, len(val_loss) + 1):\n"
            "        kept = int(np.argmin(val_loss[:last])) + 1\n"
            "        if last - kept >= patience: break\n"
            "    return np.array([kept, last])"
        ),
        _stop(stopped="[float(kept), float(epoch)]"),
    ],
    "patient_interval": [
        (
            "def patient_interval(correct, groups, n_draws, seed):\n"
            "    _, member = np.unique(groups, return_inverse=True)\n"
            "    slices, right = np.bincount(member), np.bincount(member, weights=correct)\n"
            "    k = len(slices)\n"
            "    times = np.random.default_rng(seed).multinomial(k, np.full(k, 1 / k), size=n_draws)\n"
            "    return np.quantile((times @ right) / (times @ slices), [0.025, 0.975])"
        ),
        _interval(),
        (
            "def patient_interval(correct, groups, n_draws, seed):\n"
            "    import random\n"
            "    rng = random.Random(int(np.random.default_rng(seed).integers(2**31)))\n"
            "    by_patient = {}\n"
            "    for right, name in zip(correct.tolist(), groups.tolist()):\n"
            "        by_patient.setdefault(name, []).append(right)\n"
            "    pools, shares = list(by_patient.values()), []\n"
            "    for _ in range(n_draws):\n"
            "        drawn = [right for pool in rng.choices(pools, k=len(pools)) for right in pool]\n"
            "        shares.append(sum(drawn) / len(drawn))\n"
            "    shares.sort()\n"
            "    return shares[int(0.025 * n_draws)], shares[int(0.975 * n_draws)]"
        ),
        _interval(
            draw="rng.integers(len(names), size=len(names))",
            share="np.average([correct[groups == names[k]].mean() for k in drawn], weights=[(groups == names[k]).sum() for k in drawn])",
            ends="tuple(np.percentile(shares, [2.5, 97.5], method='nearest'))",
        ),
    ],
}  # fmt: skip

REASONS = {
    "build_network": {
        "one convolution a block": "two convolutions",
        "no ReLU": 'activation="relu"',
        "valid": 'padding="same"',
        "no stride": "strides=2",
        "flattened": "global average pooling",
        "no softmax": "softmax",
        "three channels": "one channel",
        "not compiled": "not compiled",
        "labels as columns": "whole numbers",
        "nothing returned": "return a Keras model",
        "two blocks": "Look at the list of layers",
    },
    "conv_stack": {
        "no biases": "biases are missing",
        "one bias a layer": "bias of its own",
        "input channels forgotten": "for each of its input channels. Multiply",
        "the image's channels throughout": "filters of the convolution before it",
        "kernel not squared": "3 x 3 weights",
        "pooling has parameters": "no parameters",
        "pooling rounds up": "Pooling rounds down",
        "stride ignored": "stride is ignored",
        "valid treated as same": '"valid" is treated as "same"',
        "same treated as valid": '"same" is treated as "valid"',
        "same rounds down": '"same" rounds up',
        "width first": "swapped",
        "channels first": "channels come last",
        "parameters first": "shape first",
        "four things": "two things",
    },
    "confusion_matrix": {
        "transposed": "swapped",
        "repeats are lost": "Repeats are lost",
        "shares of all": "counts",
        "shares of a row": "counts",
        "shares with NaN": "counts",
        "size from the labels": "take the size from n_classes",
        "classes that occur": "take the size from n_classes",
    },
    "macro_f1": {
        "weighted": "weigh the same",
        "accuracy": "This is the accuracy",
        "F1 of the means": "F1 of mean precision",
        "empty classes left out": "do not leave classes out",
        "NaN": "returns NaN",
        "classes without hits left out": "do not leave classes out",
        "recall": "mean recall",
        "precision": "mean precision",
        "Jaccard": "count twice",
        "hits count once above": "count twice",
        "one for each class": "not one per class",
        "percent": "not a percentage",
    },
    "best_epoch": {
        "lowest of all": "what would come later",
        "lowest of all, right stop": "must have been trained",
        "from 0": "from 1",
        "kept epoch from 0": "from 1, the kept one too",
        "one epoch too many": "too late",
        "ties improve": "strictly lower",
        "against the previous epoch": "not with the previous",
        "last weights kept": "not those of the last epoch",
        "stop before kept": "kept epoch first",
        "only the kept epoch": "two things",
    },
    "patient_interval": {
        "draws slices": "patients, not slices",
        "without replacement": "with replacement",
        "mean of patient means": "average the patients' shares",
        "a patient counts once": "counts twice",
        "percent for shares": "above your upper one",
        "normal interval of the draws": "standard deviations",
        "the seed is ignored": "Every seed",
        "no seed": "same seed",
        "upper end first": "lower end first",
        "percentages": "not percentages",
    },
}


class TestLesson02(ExerciseTests):
    lesson, checks, points = "02", lesson02, 14
    wrong, also_right, reasons = WRONG, ALSO_RIGHT, REASONS
    wrapped, names = {"build_network": "layer_table"}, {"keras": keras, "layers": keras.layers}
    hidden_only = frozenset(
        {
            "kernel of 3 throughout, strides up to 2",
            "four classes at most",
            "patience of 3 at most",
        }
    )
    hostile = {
        "build_network": (
            lambda *a: ([], "sparse_categorical_crossentropy"),
            lambda *a: ([("Conv2D", None, "many", 3)] * 11, None),
            lambda *a: ([1, 2, 3], 4),
        ),
        "conv_stack": (lambda *a: ((1, 2, 3), None), lambda *a: ("abc", 1), lambda *a: ((1, 2, np.nan), 1)),
        "confusion_matrix": (
            lambda labels, predictions, n: np.full((n, n), np.nan),
            lambda labels, predictions, n: [["0"] * n] * n,
            lambda labels, predictions, n: np.zeros((0, 0)),
        ),
        "macro_f1": (lambda confusion: np.inf, lambda confusion: "0.5", lambda confusion: [0.5]),
        "best_epoch": (lambda *a: (-1, -1), lambda *a: ([1], [2, 3]), lambda *a: "24"),
        "patient_interval": (
            lambda *a: (0, 1),
            lambda *a: (-3, 4),
            lambda correct, groups, n_draws, seed: (seed % 5 / 10, seed % 7 / 8),
            lambda correct, groups, n_draws, seed: (0.5, np.nan),
        ),
    }


def _cases(check, *further):
    return [case[:-1] for case in check._cases] + list(further)


@pytest.mark.parametrize(
    ("shape", "layers"),
    _cases(
        lesson02.conv_stack,
        ((64, 47, 1), [("conv", 6, 4, 3, "valid"), ("conv", 5, 3, 4, "same"), ("pool", 2)]),
        ((20, 31, 2), [("conv", 3, 2, 1, "same"), ("pool", 3), ("conv", 4, 1, 2, "valid")]),
    ),
)
def test_shapes_and_parameters_are_those_of_keras(shape, layers):
    made = [
        keras.layers.MaxPooling2D(layer[1])
        if layer[0] == "pool"
        else keras.layers.Conv2D(layer[1], layer[2], layer[3], layer[4])
        for layer in layers
    ]
    model = keras.Sequential([keras.Input(shape), *made])
    assert its_stack(shape, layers) == (model.output_shape[1:], model.count_params())


@pytest.mark.parametrize("seed", range(30))
def test_stopping_is_that_of_keras(seed):
    rng = np.random.default_rng(seed)
    patience = int(rng.integers(1, 6))
    losses = rng.integers(3, 12, 20) / 10 - 0.02 * np.arange(20) * (seed % 2)
    stopper = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    model = SimpleNamespace(stop_training=False, get_weights=list, set_weights=lambda weights: None)
    stopper.set_model(model)
    stopper.on_train_begin()
    for epoch, loss in enumerate(losses):
        stopper.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    assert its_stop(losses, patience) == (stopper.best_epoch + 1, epoch + 1)


def test_intervals_are_judged_alike_whatever_the_seed():
    """Right answers that draw other numbers pass; the 5th and 95th percentile never do."""
    right, narrow = ALSO_RIGHT["patient_interval"][0], WRONG["patient_interval"]["5th and 95th percentile"]
    for shift in range(1000, 1020):
        for code, state in ((right, "right"), (narrow, "wrong")):
            namespace = {"np": np}
            exec(code, namespace)
            shifted = lesson02.patient_interval(
                lambda c, g, n, seed, answer=namespace["patient_interval"], by=shift: answer(
                    c, g, n, seed + by
                )
            )
            assert shifted.state == state, shifted


def test_a_check_takes_less_than_a_second():
    namespace = {"np": np}
    exec(ALSO_RIGHT["patient_interval"][1], namespace)
    started = time.process_time()
    its_whole_patient_draws.cache_clear()
    assert lesson02.patient_interval(namespace["patient_interval"]).right
    assert time.process_time() - started < 3  # on a slow machine; about 0.5 s on most
