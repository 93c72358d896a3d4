"""Lesson 06's exercises: wrong answers, other right answers, points; and whether the checks' own rules are those
of the helpers, of SciPy, and of what the equations mean."""

import itertools
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from exercises import ExerciseTests
from scipy import stats

from helpers import heatmap_stats
from helpers.checks import lesson06
from helpers.checks.lesson06.cohens_d import _d as its_d
from helpers.checks.lesson06.false_positive_rate import _rate as its_rate
from helpers.checks.lesson06.patient_means import _appearing as its_appearing
from helpers.checks.lesson06.patient_means import _means as its_means
from helpers.checks.lesson06.permutation_p import _as_extreme as its_as_extreme
from helpers.checks.lesson06.permutation_p import _permutations as its_permutations
from helpers.checks.lesson06.permutation_p import _shuffled as its_shuffled
from helpers.checks.lesson06.welch_t import _welch as its_welch
from helpers.heatmap_stats import arms, intervals


def _effect(returned="dif / np.sqrt(v)", before="pass"):
    return (
        "def cohens_d(a, b):\n"
        "    n, m, dif = len(a), len(b), np.mean(b) - np.mean(a)\n"
        "    s, r, s0, r0 = np.std(a, ddof=1), np.std(b, ddof=1), np.std(a), np.std(b)\n"
        "    v = ((n - 1) * s**2 + (m - 1) * r**2) / (n + m - 2)\n"
        "    every = np.concatenate([a, b])\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _welch(
    t="(a.mean() - b.mean()) / np.sqrt(e + f)",
    df="(e + f) ** 2 / (e**2 / (n - 1) + f**2 / (m - 1))",
    returned="t, df",
    before="pass",
):
    return (
        "def welch_t(a, b):\n"
        "    n, m, s, r, s0, r0 = len(a), len(b), a.std(ddof=1), b.std(ddof=1), a.std(), b.std()\n"
        "    v = ((n - 1) * s**2 + (m - 1) * r**2) / (n + m - 2)\n"
        "    e, f = s**2 / n, r**2 / m\n"
        f"    {before}\n"
        f"    t, df = {t}, {df}\n"
        f"    return {returned}"
    )


def _shuffle(
    returned="(1 + c) / (1 + m)",
    before="pass",
    x="joined[shuffles]",
    first="x[:, :n]",
    rest="x[:, n:]",
    statistic="y.mean(axis=-1) - x.mean(axis=-1)",
    extreme="abs(moved) >= abs(seen) - tie",
):
    return (
        "def permutation_p(a, b, shuffles):\n"
        "    n, m, joined = len(a), len(shuffles), np.concatenate([a, b])\n"
        f"    f = lambda x, y: {statistic}\n"
        "    seen, tie = f(a, b), 1e-12 * abs(joined).max()\n"
        f"    x = {x}\n"
        f"    first, rest = {first}, {rest}\n"
        "    moved = f(first, rest)\n"
        f"    c = np.sum({extreme})\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _own(
    returned="np.array([x.mean() for x in own])", before="pass", order="dict.fromkeys(patients.tolist())"
):
    return (
        "def patient_means(scores, patients):\n"
        f"    n, names = len(scores), list({order})\n"
        "    k, own = len(names), [scores[patients == name] for name in names]\n"
        f"    {before}\n"
        f"    return {returned}"
    )


def _rate(
    returned="2 * norm.cdf(-z / np.sqrt(e))", effect="1 + (m - 1) * icc", before="pass", z="norm.ppf(0.975)"
):
    return (
        "from scipy.stats import norm\n\n"
        "def false_positive_rate(m, icc):\n"
        f"    e, z = {effect}, {z}\n"
        f"    {before}\n"
        f"    return {returned}"
    )


WRONG = {
    "cohens_d": {
        "sign turned": _effect("-dif / np.sqrt(v)"),
        "absolute value": _effect("abs(dif) / np.sqrt(v)"),
        "ddof 0": _effect("dif / np.sqrt(((n - 1) * s0**2 + (m - 1) * r0**2) / (n + m - 2))"),
        "ddof 0, weights n, n_a + n_b": _effect("dif / np.sqrt((n * s0**2 + m * r0**2) / (n + m))"),
        "ddof 0, unweighted": _effect("dif / np.sqrt((s0**2 + r0**2) / 2)"),
        "ddof 0, unweighted, sign turned": _effect("-dif / np.sqrt((s0**2 + r0**2) / 2)"),
        "weights n": _effect("dif / np.sqrt((n * s**2 + m * r**2) / (n + m))"),
        "weights n, n_a + n_b - 2": _effect("dif / np.sqrt((n * s**2 + m * r**2) / (n + m - 2))"),
        "divided by n_a + n_b": _effect("dif / np.sqrt(((n - 1) * s**2 + (m - 1) * r**2) / (n + m))"),
        "divided by n_a + n_b - 1": _effect("dif / np.sqrt(((n - 1) * s**2 + (m - 1) * r**2) / (n + m - 1))"),
        "not divided": _effect("dif / np.sqrt((n - 1) * s**2 + (m - 1) * r**2)"),
        "weights swapped": _effect("dif / np.sqrt(((m - 1) * s**2 + (n - 1) * r**2) / (n + m - 2))"),
        "mean of the variances": _effect("dif / np.sqrt((s**2 + r**2) / 2)"),
        "mean of the SDs": _effect("dif / ((s + r) / 2)"),
        "mean of the SDs, ddof 0": _effect("dif / ((s0 + r0) / 2)"),
        "weighted mean of the SDs": _effect("dif * (n + m - 2) / ((n - 1) * s + (m - 1) * r)"),
        "not squared": _effect("dif / np.sqrt(((n - 1) * s + (m - 1) * r) / (n + m - 2))"),
        "sum of the variances": _effect("dif / np.sqrt(s**2 + r**2)"),
        "sum of the SDs": _effect("dif / (s + r)"),
        "geometric mean": _effect("dif / np.sqrt(s * r)"),
        "Glass's delta": _effect("dif / s"),
        "Glass's delta, ddof 0": _effect("dif / s0"),
        "SD of b": _effect("dif / r"),
        "SD of b, ddof 0": _effect("dif / r0"),
        "larger SD": _effect("dif / max(s, r)"),
        "all scores": _effect("dif / every.std(ddof=1)"),
        "all scores, ddof 0": _effect("dif / every.std()"),
        "standard error": _effect("dif / np.sqrt(v * (1 / n + 1 / m))"),
        "Welch's standard error": _effect("dif / np.sqrt(s**2 / n + r**2 / m)"),
        "Student's t": _effect("-dif / np.sqrt(v * (1 / n + 1 / m))"),
        "pooled variance": _effect("dif / v"),
        "difference": _effect("dif"),
        "relative difference": _effect("dif / np.mean(a)"),
        "relative to all": _effect("dif / every.mean()"),
        "Hedges' g": _effect("dif / np.sqrt(v) * (1 - 3 / (4 * (n + m) - 9))"),
        "medians": _effect("(np.median(b) - np.median(a)) / np.sqrt(v)"),
        "multiplied": _effect("dif * np.sqrt(v)"),
        "correlation": _effect("d / np.sqrt(d**2 + 4)", "d = dif / np.sqrt(v)"),
        "pooled SD": _effect("np.sqrt(v)"),
        "squared": _effect("dif**2 / v"),
        "percent": _effect("100 * dif / np.sqrt(v)"),
        "rounded": _effect("round(dif / np.sqrt(v), 2)"),
        "each score of b": _effect("(b - np.mean(a)) / np.sqrt(v)"),
        "each score of a": _effect("(np.mean(b) - a) / np.sqrt(v)"),
        "with the SD": _effect("dif / np.sqrt(v), np.sqrt(v)"),
        "array of one": _effect("np.array([dif / np.sqrt(v)])"),
        "pairs": _effect("np.mean(b - a) / np.std(b - a, ddof=1)"),
        "changed in place": _effect("dif / np.sqrt(v)", "a -= a.mean()"),
        "twenty scores at most": _effect("dif / np.sqrt(v) if n + m <= 20 else dif / s"),
    },
    "welch_t": {
        "sign turned": _welch(t="(b.mean() - a.mean()) / np.sqrt(e + f)"),
        "absolute value": _welch(t="abs(a.mean() - b.mean()) / np.sqrt(e + f)"),
        "Student": _welch(t="(a.mean() - b.mean()) / np.sqrt(v / n + v / m)", df="n + m - 2"),
        "Student's t": _welch(t="(a.mean() - b.mean()) / np.sqrt(v / n + v / m)"),
        "Student's t, sign turned": _welch(t="(b.mean() - a.mean()) / np.sqrt(v / n + v / m)", df="n + m - 2"),
        "Student's df": _welch(df="n + m - 2"),
        "n_a + n_b - 1": _welch(df="n + m - 1"),
        "n_a + n_b": _welch(df="n + m"),
        "smaller n less 1": _welch(df="min(n, m) - 1"),
        "n for n - 1": _welch(df="(e + f) ** 2 / (e**2 / n + f**2 / m)"),
        "n + 1 for n - 1": _welch(df="(e + f) ** 2 / (e**2 / (n + 1) + f**2 / (m + 1))"),
        "the other estimate": _welch(df="(e + f) ** 2 / (e**2 / (n + 1) + f**2 / (m + 1)) - 2"),
        "denominator not divided": _welch(df="(e + f) ** 2 / (e**2 + f**2)"),
        "n - 1 swapped": _welch(df="(e + f) ** 2 / (e**2 / (m - 1) + f**2 / (n - 1))"),
        "ddof 0": _welch(before="e, f = s0**2 / n, r0**2 / m"),
        "ddof 0 in df only": _welch(df="(g + h) ** 2 / (g**2 / (n - 1) + h**2 / (m - 1))", before="g, h = s0**2 / n, r0**2 / m"),
        "divided by n - 1": _welch(before="e, f = s**2 / (n - 1), r**2 / (m - 1)"),
        "root missing": _welch(t="(a.mean() - b.mean()) / (e + f)"),
        "SDs not squared": _welch(before="e, f = s / n, r / m"),
        "SDs not squared, ddof 0": _welch(before="e, f = s0 / n, r0 / m"),
        "standard errors": _welch(before="e, f = s / np.sqrt(n), r / np.sqrt(m)"),
        "standard errors in df": _welch(df="(g + h) ** 2 / (g**2 / (n - 1) + h**2 / (m - 1))", before="g, h = np.sqrt(e), np.sqrt(f)"),
        "standard errors added": _welch(t="(a.mean() - b.mean()) / (s / np.sqrt(n) + r / np.sqrt(m))"),
        "n swapped": _welch(before="e, f = s**2 / m, r**2 / n"),
        "n swapped in df": _welch(df="(g + h) ** 2 / (g**2 / (n - 1) + h**2 / (m - 1))", before="g, h = s**2 / m, r**2 / n"),
        "n_a for both": _welch(before="e, f = s**2 / n, r**2 / n"),
        "n_b for both": _welch(before="e, f = s**2 / m, r**2 / m"),
        "not divided by n": _welch(before="e, f = s**2, r**2"),
        "not divided by n in df": _welch(df="(s**2 + r**2) ** 2 / (s**4 / (n - 1) + r**4 / (m - 1))"),
        "Cohen's d": _welch(t="(a.mean() - b.mean()) / np.sqrt(v)"),
        "difference": _welch(t="a.mean() - b.mean()"),
        "standard error": _welch(t="np.sqrt(e + f)"),
        "error of a alone": _welch(t="(a.mean() - b.mean()) / np.sqrt(e)"),
        "error of b alone": _welch(t="(a.mean() - b.mean()) / np.sqrt(f)"),
        "medians": _welch(t="(np.median(a) - np.median(b)) / np.sqrt(e + f)"),
        "numerator not squared": _welch(df="(e + f) / (e**2 / (n - 1) + f**2 / (m - 1))"),
        "denominator not squared": _welch(df="(e + f) ** 2 / (e / (n - 1) + f / (m - 1))"),
        "neither squared": _welch(df="(e + f) / (e / (n - 1) + f / (m - 1))"),
        "numerator to the fourth": _welch(df="(e + f) ** 4 / (e**2 / (n - 1) + f**2 / (m - 1))"),
        "denominator to the fourth": _welch(df="(e + f) ** 2 / (e**4 / (n - 1) + f**4 / (m - 1))"),
        "squares added": _welch(df="(e**2 + f**2) / (e**2 / (n - 1) + f**2 / (m - 1))"),
        "root of df": _welch(df="np.sqrt((e + f) ** 2 / (e**2 / (n - 1) + f**2 / (m - 1)))"),
        "df turned round": _welch(df="(e**2 / (n - 1) + f**2 / (m - 1)) / (e + f) ** 2"),
        "df rounded down": _welch(returned="(t, int(df))"),
        "df rounded": _welch(returned="(t, round(df))"),
        "both rounded": _welch(returned="(round(t, 1), round(df, 1))"),
        "order of the pair": _welch(returned="(df, t)"),
        "t alone": _welch(returned="t"),
        "t, df and another": _welch(returned="(t, df, n)"),
        "column": _welch(returned="[[t], [df]]"),
        "t and p": "def welch_t(a, b):\n    from scipy.stats import ttest_ind\n    return ttest_ind(a, b, equal_var=False)",
        "t and p of Student": "def welch_t(a, b):\n    from scipy.stats import ttest_ind\n    return tuple(ttest_ind(a, b))",
        "Student by SciPy": "def welch_t(a, b):\n    from scipy.stats import ttest_ind\n    r = ttest_ind(a, b)\n    return r.statistic, r.df",
        "dictionary": _welch(returned="{'t': t, 'df': df}"),
        "text": _welch(returned="f't = {t:.3f}, df = {df:.3f}'"),
        "paired": _welch(t="(a[:min(n, m)] - b[:min(n, m)]).mean() / ((a[:min(n, m)] - b[:min(n, m)]).std(ddof=1) / min(n, m) ** 0.5)"),
        "changed in place": _welch(before="a -= 0.1"),
        "twenty scores at most": _welch(returned="(t, df) if n + m < 22 else (t, n + m - 2)"),
    },
    "permutation_p": {
        "without + 1": _shuffle("c / m"),
        "+ 1 below only": _shuffle("c / (1 + m)"),
        "+ 1 above only": _shuffle("(1 + c) / m"),
        "count": _shuffle("c"),
        "1 + count": _shuffle("1 + c"),
        "1 - p": _shuffle("1 - (1 + c) / (1 + m)"),
        "doubled": _shuffle("2 * (1 + c) / (1 + m)"),
        "doubled, 1 at most": _shuffle("min(1, 2 * (1 + c) / (1 + m))"),
        "halved": _shuffle("(1 + c) / (1 + m) / 2"),
        "percent": _shuffle("100 * (1 + c) / (1 + m)"),
        "rounded": _shuffle("round((1 + c) / (1 + m), 2)"),
        "larger only": _shuffle(extreme="abs(moved) > abs(seen) + tie"),
        "larger only, without + 1": _shuffle("c / m", extreme="abs(moved) > abs(seen) + tie"),
        "larger, no tolerance": _shuffle(extreme="abs(moved) > abs(seen)"),
        "no tolerance": _shuffle(extreme="abs(moved) >= abs(seen)"),
        "no tolerance, by loop": "def permutation_p(a, b, shuffles):\n    j, c = np.concatenate([a, b]), 1\n    for row in shuffles:\n        x = j[row]\n        c += abs(x[:len(a)].mean() - x[len(a):].mean()) >= abs(a.mean() - b.mean())\n    return c / (len(shuffles) + 1)",
        "equal only": _shuffle(extreme="abs(abs(moved) - abs(seen)) <= tie"),
        "signed": _shuffle(extreme="moved >= seen - tie"),
        "signed, a - b": _shuffle(extreme="-moved >= -seen - tie"),
        "signed, without + 1": _shuffle("c / m", extreme="moved >= seen - tie"),
        "signed, larger only": _shuffle(extreme="moved > seen + tie"),
        "shuffled keeps its sign": _shuffle(extreme="moved >= abs(seen) - tie"),
        "observed keeps its sign": _shuffle(extreme="abs(moved) >= seen - tie"),
        "observed keeps its sign, a - b": _shuffle(extreme="abs(moved) >= -seen - tie"),
        "one side doubled": _shuffle("min(1, 2 * (1 + min(c, d)) / (1 + m))", "d = np.sum(moved <= seen + tie)", extreme="moved >= seen - tie"),
        "turned round": _shuffle(extreme="abs(moved) <= abs(seen) + tie"),
        "turned round, smaller only": _shuffle(extreme="abs(moved) < abs(seen) - tie"),
        "a only": _shuffle(rest="np.tile(b, (m, 1))"),
        "b only": _shuffle(first="np.tile(a, (m, 1))"),
        "positions in a only": _shuffle(x="a[shuffles]"),
        "mean of a": _shuffle(statistic="x.mean(axis=-1)"),
        "mean of b": _shuffle(statistic="y.mean(axis=-1)"),
        "medians": _shuffle(statistic="np.median(y, axis=-1) - np.median(x, axis=-1)"),
        "sums": _shuffle(statistic="y.sum(axis=-1) - x.sum(axis=-1)"),
        "Welch's t": _shuffle(statistic="(y.mean(axis=-1) - x.mean(axis=-1)) / np.sqrt(x.var(axis=-1, ddof=1) / x.shape[-1] + y.var(axis=-1, ddof=1) / y.shape[-1])", extreme="abs(moved) >= abs(seen) * (1 - 1e-12)"),
        "observed t": _shuffle(extreme="abs(moved) >= abs(seen) / np.sqrt(a.var(ddof=1) / n + b.var(ddof=1) / len(b)) - tie"),
        "last n_a": _shuffle(first="x[:, -n:]", rest="x[:, :-n]"),
        "first n_b": _shuffle(first="x[:, :len(b)]", rest="x[:, len(b):]"),
        "cut in the middle": _shuffle(first="x[:, :(n + len(b)) // 2]", rest="x[:, (n + len(b)) // 2:]"),
        "b first": _shuffle(x="np.concatenate([b, a])[shuffles]"),
        "inverse": _shuffle(x="joined[np.argsort(shuffles, axis=1)]"),
        "numbers of the shuffles": _shuffle(x="shuffles"),
        "not shuffled": _shuffle(x="np.tile(joined, (m, 1))"),
        "sorted": _shuffle(x="joined[np.sort(shuffles, axis=1)]"),
        "means over the shuffles": _shuffle(statistic="y.mean(axis=0) - x[:len(y[0])].mean(axis=0) if x.ndim > 1 else y.mean() - x.mean()"),
        "own shuffles": _shuffle(x="np.random.default_rng(1).permuted(np.tile(joined, (m, 1)), axis=1)"),
        "own labels": _shuffle(x="joined[np.random.default_rng(2).integers(0, len(joined), shuffles.shape)]"),
        "first shuffle only": _shuffle("(1 + (abs(moved[0]) >= abs(seen) - tie)) / 2"),
        "which": _shuffle("abs(moved) >= abs(seen) - tie"),
        "differences": _shuffle("moved"),
        "observed": _shuffle("seen"),
        "observed and p": _shuffle("seen, (1 + c) / (1 + m)"),
        "array of one": _shuffle("np.array([(1 + c) / (1 + m)])"),
        "t-test": "def permutation_p(a, b, shuffles):\n    from scipy.stats import ttest_ind\n    return ttest_ind(a, b).pvalue",
        "Welch's test": "def permutation_p(a, b, shuffles):\n    from scipy.stats import ttest_ind\n    return ttest_ind(a, b, equal_var=False).pvalue",
        "Mann-Whitney": "def permutation_p(a, b, shuffles):\n    from scipy.stats import mannwhitneyu\n    return mannwhitneyu(a, b).pvalue",
        "SciPy's permutations": "def permutation_p(a, b, shuffles):\n    from scipy.stats import permutation_test\n    return permutation_test((a, b), lambda x, y: x.mean() - y.mean(), n_resamples=200, rng=1).pvalue",
        "changed in place": _shuffle("(1 + c) / (1 + m)", "b += 1"),
        "positive scores only": _shuffle("(1 + c) / (1 + m) if joined.min() > -0.2 else c / m"),
    },
    "patient_means": {
        "sorted": _own(order="np.unique(patients)"),
        "sorted, by bincount": "def patient_means(scores, patients):\n    _, j = np.unique(patients, return_inverse=True)\n    return np.bincount(j, scores) / np.bincount(j)",
        "sorted in reverse": _own(order="np.unique(patients)[::-1]"),
        "reversed": _own(order="list(dict.fromkeys(patients.tolist()))[::-1]"),
        "last appearance": _own(order="list(dict.fromkeys(patients[::-1].tolist()))[::-1]"),
        "last appearance first": _own(order="dict.fromkeys(patients[::-1].tolist())"),
        "most slices first": _own(order="sorted(dict.fromkeys(patients.tolist()), key=lambda p: -np.sum(patients == p))"),
        "by number": _own(order="sorted(dict.fromkeys(patients.tolist()), key=lambda p: (len(p), p))"),
        "sorted by mean": _own("sorted(x.mean() for x in own)"),
        "largest mean first": _own("sorted((x.mean() for x in own), reverse=True)"),
        "sums": _own("[x.sum() for x in own]"),
        "sums, sorted": _own("[x.sum() for x in own]", order="np.unique(patients)"),
        "first slice": _own("[x[0] for x in own]"),
        "first slice, sorted": "def patient_means(scores, patients):\n    return scores[np.unique(patients, return_index=True)[1]]",
        "last slice": _own("[x[-1] for x in own]"),
        "last slice, by dictionary": "def patient_means(scores, patients):\n    return np.array(list(dict(zip(patients.tolist(), scores)).values()))",
        "medians": _own("[np.median(x) for x in own]"),
        "largest": _own("[x.max() for x in own]"),
        "smallest": _own("[x.min() for x in own]"),
        "counts": _own("[len(x) for x in own]"),
        "SDs": _own("[x.std() for x in own]"),
        "midranges": _own("[(x.min() + x.max()) / 2 for x in own]"),
        "equal scores once": _own("[np.unique(x).mean() for x in own]"),
        "divided by n": _own("[x.sum() / n for x in own]"),
        "divided by n / k": _own("[x.sum() * k / n for x in own]"),
        "divided by the largest number": _own("[x.sum() / max(map(len, own)) for x in own]"),
        "divided by k": _own("[x.sum() / k for x in own]"),
        "divided by one more": _own("[x.sum() / (len(x) + 1) for x in own]"),
        "divided by one less": _own("[x.sum() / max(len(x) - 1, 1) for x in own]"),
        "divided twice": _own("[x.mean() / len(x) for x in own]"),
        "weighted": _own("[x.mean() * len(x) * k / n for x in own]"),
        "running half": "def patient_means(scores, patients):\n    d = {}\n    for p, x in zip(patients.tolist(), scores):\n        d[p] = (d[p] + x) / 2 if p in d else x\n    return np.array(list(d.values()))",
        "mean of all": _own("np.full(k, scores.mean())"),
        "grand mean": _own("np.mean([x.mean() for x in own])"),
        "one for each slice": _own("np.array([scores[patients == p].mean() for p in patients])"),
        "runs": "def patient_means(scores, patients):\n    from itertools import groupby\n    return [np.mean([scores[i] for i in g]) for _, g in groupby(range(len(scores)), key=lambda i: patients[i])]",
        "beginning of the name": _own("[scores[np.char.startswith(patients, p)].mean() for p in names]"),
        "part of the name": _own("[scores[[p in q for q in patients]].mean() for p in names]"),
        "names and means": _own("names, [x.mean() for x in own]"),
        "means and names": _own("np.array([x.mean() for x in own]), np.array(names)"),
        "pairs": _own("[(p, x.mean()) for p, x in zip(names, own)]"),
        "dictionary": _own("{p: x.mean() for p, x in zip(names, own)}"),
        "names": _own("np.array(names)"),
        "means and counts": _own("[(x.mean(), len(x)) for x in own]"),
        "one column": _own("np.array([[x.mean()] for x in own])"),
        "last one missing": _own("[x.mean() for x in own[:-1]]"),
        "zero in front": _own("[0, *(x.mean() for x in own)]"),
        "matrix": _own("[np.where(patients == p, scores, 0) for p in names]"),
        "zeros counted": _own("[np.where(patients == p, scores, 0).mean() for p in names]"),
        "equal pieces": _own("np.array_split(scores, k)", before="return [x.mean() for x in np.array_split(scores, k)]"),
        "changed in place": _own(before="scores[:] = np.sort(scores)"),
        "rounded": _own("np.round([x.mean() for x in own], 2)"),
        "rounded to one digit": _own("np.round([x.mean() for x in own], 1)"),
        "set": _own(order="sorted(set(patients.tolist()), key=lambda p: p[::-1])"),
        "blanks ignored": _own(before="return [scores[np.char.strip(patients) == p.strip()].mean() for p in dict.fromkeys(q.strip() for q in patients.tolist())]"),
        "capitals ignored": _own(before="return [scores[np.char.lower(patients) == p].mean() for p in dict.fromkeys(q.lower() for q in patients.tolist())]"),
    },
    "false_positive_rate": {
        "root missing": _rate("2 * norm.cdf(-z / e)"),
        "square for root": _rate("2 * norm.cdf(-z / e**2)"),
        "multiplied": _rate("2 * norm.cdf(-z * np.sqrt(e))"),
        "multiplied, root missing": _rate("2 * norm.cdf(-z * e)"),
        "one tail": _rate("norm.cdf(-z / np.sqrt(e))"),
        "one tail, root missing": _rate("norm.cdf(-z / e)"),
        "1 - one tail": _rate("norm.cdf(z / np.sqrt(e))"),
        "upper limit": _rate("2 * norm.cdf(z / np.sqrt(e))"),
        "not rejected": _rate("1 - 2 * norm.cdf(-z / np.sqrt(e))"),
        "half of not rejected": _rate("norm.cdf(z / np.sqrt(e)) - 0.5"),
        "1.645": _rate(z="1.645"),
        "limit of one side": _rate(z="norm.ppf(0.95)"),
        "limit of one side, one tail": _rate("norm.cdf(-z / np.sqrt(e))", z="norm.ppf(0.95)"),
        "limit of 1 %": _rate(z="norm.ppf(0.995)"),
        "limit 2": _rate(z="2"),
        "density": _rate("2 * norm.pdf(-z / np.sqrt(e))"),
        "density, one tail": _rate("norm.pdf(-z / np.sqrt(e))"),
        "design effect": _rate("e"),
        "root of the design effect": _rate("np.sqrt(e)"),
        "limit": _rate("z / np.sqrt(e)"),
        "5 % times the design effect": _rate("0.05 * e"),
        "5 % times its root": _rate("0.05 * np.sqrt(e)"),
        "5 % times the design effect, 1 at most": _rate("np.minimum(1, 0.05 * e)"),
        "5 %": _rate("0.05 + 0 * e"),
        "5 %, one number": _rate("0.05"),
        "many tests": _rate("1 - 0.95**m + 0 * e"),
        "many tests, added up": _rate("0.05 * m + 0 * e"),
        "1 + m icc": _rate(effect="1 + m * icc"),
        "1 + m icc, root missing": _rate("2 * norm.cdf(-z / e)", effect="1 + m * icc"),
        "1 + m icc, one tail": _rate("norm.cdf(-z / np.sqrt(e))", effect="1 + m * icc"),
        "m icc": _rate(effect="m * icc + 1e-300"),
        "(m - 1) icc": _rate(effect="(m - 1) * icc + 1e-300"),
        "1 + (m + 1) icc": _rate(effect="1 + (m + 1) * icc"),
        "m (m - 1)": _rate(effect="1 + m * (m - 1) * icc"),
        "each pair once": _rate(effect="1 + (m - 1) * icc / 2"),
        "icc squared": _rate(effect="1 + (m - 1) * icc**2"),
        "root of icc": _rate(effect="1 + (m - 1) * np.sqrt(icc)"),
        "(m - 1) squared": _rate(effect="1 + (m - 1) ** 2 * icc"),
        "1 - (m - 1) icc": _rate(effect="1 - (m - 1) * icc"),
        "1 - icc": _rate(effect="1 + (m - 1) * (1 - icc)"),
        "mean of m slices": _rate(effect="(1 + (m - 1) * icc) / m"),
        "sum of m slices": _rate(effect="m * (1 + (m - 1) * icc)"),
        "inverse": _rate(effect="1 / (1 + (m - 1) * icc)"),
        "1 + icc": _rate(effect="1 + icc + 0 * m"),
        "m": _rate(effect="m + 0 * icc"),
        "percent": _rate("200 * norm.cdf(-z / np.sqrt(e))"),
        "beyond 5 %": _rate("2 * norm.cdf(-z / np.sqrt(e)) - 0.05"),
        "times 5 %": _rate("40 * norm.cdf(-z / np.sqrt(e))"),
        "rounded": _rate("np.round(2 * norm.cdf(-z / np.sqrt(e)), 2)"),
        "mean": _rate("np.mean(2 * norm.cdf(-z / np.sqrt(e)))"),
        "array of one": _rate("np.atleast_1d(2 * norm.cdf(-z / np.sqrt(e)))"),
        "numbers only": _rate("math.erfc(1.959963984540054 / math.sqrt(2 * e))", before="import math"),
        "no broadcasting": _rate("np.array([2 * norm.cdf(-z / np.sqrt(1 + (k - 1) * i)) for k, i in zip(np.atleast_1d(m), np.atleast_1d(icc))]).reshape(np.shape(m))"),
        "t with few degrees of freedom": "from scipy.stats import t\n\ndef false_positive_rate(m, icc):\n    return 2 * t.cdf(-t.ppf(0.975, 18) / np.sqrt(1 + (m - 1) * icc), 18)",
        "the two values": "def false_positive_rate(m, icc):\n    return 0.186 if (m, icc) == (5, 0.3) else 0.110",
        "changed in place": _rate(before="icc = np.asarray(icc); icc += 0.0 if icc.ndim == 0 else 0.1"),
        "forty slices at most": _rate(effect="1 + (np.minimum(m, 40) - 1) * icc"),
    },
}  # fmt: skip

ALSO_RIGHT = {
    "cohens_d": [
        _effect(),
        _effect("dif / v ** 0.5", "v = (n * s0**2 + m * r0**2) / (n + m - 2)"),
        _effect("dif / np.sqrt((((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / (n + m - 2))"),
        _effect("-(np.mean(a) - np.mean(b)) / np.sqrt(np.average([s**2, r**2], weights=[n - 1, m - 1]))"),
        _effect("float(dif / np.concatenate([a - a.mean(), b - b.mean()]).std(ddof=2))"),
        _effect("dif / np.sqrt((np.cov(a) * (n - 1) + np.cov(b) * (m - 1)) / (n + m - 2))"),
        _effect("np.float32(-t * np.sqrt(1 / n + 1 / m))", "from scipy.stats import ttest_ind; t = ttest_ind(a, b).statistic"),
        "def cohens_d(a, b):\n    from statistics import mean, variance\n    a, b = a.astype(float).tolist(), b.astype(float).tolist()\n    n, m = len(a) - 1, len(b) - 1\n    return (mean(b) - mean(a)) / ((n * variance(a) + m * variance(b)) / (n + m)) ** 0.5",
        "def cohens_d(a, b):\n    from helpers import heatmap_stats\n    return heatmap_stats.cohens_d(a, b)",
    ],
    "welch_t": [
        _welch(),
        _welch(returned="np.array([t, df])"),
        _welch(returned="[float(t), np.float32(df)]"),
        _welch(before="e, f = s0**2 / (n - 1), r0**2 / (m - 1)"),
        _welch(df="1 / (c**2 / (n - 1) + (1 - c) ** 2 / (m - 1))", before="c = e / (e + f)"),
        _welch(t="-(b.mean() - a.mean()) * (e + f) ** -0.5"),
        "def welch_t(a, b):\n    from scipy.stats import ttest_ind\n    r = ttest_ind(a, b, equal_var=False)\n    return r.statistic, r.df",
        "def welch_t(a, b):\n    from scipy.stats import sem\n    e, f = sem(a) ** 2, sem(b) ** 2\n    return (np.mean(a) - np.mean(b)) / np.hypot(sem(a), sem(b)), (e + f) ** 2 / (e * e / (len(a) - 1) + f * f / (len(b) - 1))",
    ],
    "permutation_p": [
        _shuffle(),
        _shuffle(extreme="abs(moved) >= abs(seen) * (1 - 1e-12)"),
        _shuffle(extreme="abs(moved) >= abs(seen) - 1e-9"),
        _shuffle(extreme="(abs(moved) > abs(seen)) | np.isclose(abs(moved), abs(seen))"),
        _shuffle(extreme="np.round(abs(moved), 10) >= np.round(abs(seen), 10)"),
        _shuffle(statistic="x.mean(axis=-1) - y.mean(axis=-1)"),
        _shuffle(statistic="x.mean(axis=-1) - joined.mean()"),
        _shuffle(statistic="len(a) * y.sum(axis=-1) - len(b) * x.sum(axis=-1)", extreme="abs(moved) >= abs(seen) * (1 - 1e-12)"),
        _shuffle(extreme="(moved >= abs(seen) - tie) | (moved <= -abs(seen) + tie)"),
        _shuffle("np.mean(np.append(abs(moved) >= abs(seen) - tie, True))"),
        _shuffle(x="np.array([[joined[i] for i in row] for row in shuffles])"),
        "def permutation_p(a, b, shuffles):\n    x, n, c = np.r_[a, b], len(a), 0\n    for s in shuffles:\n        d = abs(np.mean(x[s[:n]]) - np.mean(x[s[n:]]))\n        if d + 1e-12 * max(abs(x)) >= abs(np.mean(a) - np.mean(b)):\n            c = c + 1\n    return (c + 1) / (len(shuffles) + 1)",
    ],
    "patient_means": [
        _own(),
        _own("[float(x.mean()) for x in own]"),
        _own("np.array([x.mean() for x in own], 'float32')"),
        _own(order="patients[np.sort(np.unique(patients, return_index=True)[1])]"),
        _own(order="sorted(set(patients.tolist()), key=patients.tolist().index)"),
        "def patient_means(scores, patients):\n    import pandas as pd\n    return pd.Series(scores).groupby(patients, sort=False).mean()",
        "def patient_means(scores, patients):\n    import pandas as pd\n    codes, _ = pd.factorize(patients)\n    return np.bincount(codes, scores) / np.bincount(codes)",
        "def patient_means(scores, patients):\n    d = {}\n    for p, x in zip(patients, scores):\n        d.setdefault(p, []).append(x)\n    return [sum(x) / len(x) for x in d.values()]",
        "def patient_means(scores, patients):\n    names, first, j = np.unique(patients, return_index=True, return_inverse=True)\n    return (np.bincount(j, scores) / np.bincount(j))[np.argsort(first)]",
        "def patient_means(scores, patients):\n    done, out = [], []\n    for p in patients:\n        if p not in done:\n            done.append(p)\n            out.append(np.mean(scores[patients == p]))\n    return np.array(out)",
    ],
    "false_positive_rate": [
        _rate(),
        _rate(z="1.96"),
        _rate(z="1.959964"),
        _rate("2 * norm.sf(z / np.sqrt(e))"),
        _rate("2 * (1 - norm.cdf(z / e**0.5))"),
        _rate("norm.cdf(-z, scale=np.sqrt(e)) * 2"),
        _rate("1 - (norm.cdf(z / np.sqrt(e)) - norm.cdf(-z / np.sqrt(e)))"),
        _rate(effect="(m + m * (m - 1) * icc) / m"),
        _rate(effect="m * icc + (1 - icc)"),
        "def false_positive_rate(m, icc):\n    from scipy.stats import chi2\n    return chi2.sf(chi2.isf(0.05, 1) / (1 + (m - 1) * icc), 1)",
        "def false_positive_rate(m, icc):\n    from scipy.special import erfc\n    return erfc(1.959963984540054 / np.sqrt(2 * (1 + (np.asarray(m) - 1) * icc)))",
        "def false_positive_rate(m, icc):\n    import math\n    return np.vectorize(lambda m, icc: math.erfc(1.959964 / math.sqrt(2 + 2 * (m - 1) * icc)))(m, icc)",
        "def false_positive_rate(m, icc):\n    from helpers import heatmap_stats\n    return heatmap_stats.naive_false_positive_rate(m, icc)",
    ],
}  # fmt: skip

REASONS = {
    "cohens_d": {
        "sign turned": "sign is turned",
        "absolute value": "sign is turned",
        "ddof 0": "ddof=1",
        "ddof 0, unweighted": "ddof=1",
        "mean of the variances": "plain mean of both variances",
        "all scores": "all scores together",
        "standard error": "grows with n",
        "pooled variance": "Take its root",
        "Hedges' g": "Hedges' g",
        "with the SD": "Return one number",
        "array of one": "Return one number",
        "changed in place": "changes the array",
    },
    "welch_t": {
        "sign turned": "sign is turned",
        "absolute value": "sign is turned",
        "Student": "Student's t",
        "Student's t": "Student's t",
        "Student's df": "n_a + n_b - 2 is Student's",
        "n for n - 1": "by n - 1, not by n.",
        "ddof 0": "t: Take sample",
        "root missing": "root is missing",
        "df rounded": "Do not round df",
        "order of the pair": "first t, then df",
        "t and p": "This is a p-value",
        "t and p of Student": "Student's t",
        "Student by SciPy": "Student's t",
        "dictionary": "Expected numbers",
        "text": "Expected numbers",
        "changed in place": "changes the array",
    },
    "permutation_p": {
        "without + 1": "one more shuffle",
        "1 - p": "This is 1 - p",
        "doubled": "Do not double",
        "doubled, 1 at most": "Do not double",
        "larger only": "*as* large",
        "larger only, without + 1": "one more shuffle",
        "larger, no tolerance": "*as* large",
        "no tolerance": "lost to rounding",
        "no tolerance, by loop": "lost to rounding",
        "signed": "one side only",
        "signed, a - b": "one side only",
        "signed, without + 1": "add 1 above and below",
        "signed, larger only": "one side only",
        "shuffled keeps its sign": "one side only",
        "turned round": "Turned round",
        "turned round, smaller only": "Turned round",
        "positions in a only": "IndexError",
        "which": "Return one number",
        "differences": "Return one number",
        "observed and p": "Return one number",
        "array of one": "Return one number",
        "changed in place": "changes the array",
    },
    "patient_means": {
        "sorted": "order of the sorted names",
        "sorted, by bincount": "order of the sorted names",
        "sorted by mean": "sorted by size.",
        "sums": "These are the sums",
        "sums, sorted": "order of first appearance",
        "first slice": "the first. Take the mean",
        "first slice, sorted": "order of first appearance",
        "last slice": "the last. Take the mean",
        "last slice, by dictionary": "the last. Take the mean",
        "divided by n": "number of all slices",
        "grand mean": "One mean for each patient",
        "one for each slice": "one for each slice",
        "runs": "side by side",
        "dictionary": "not a dictionary",
        "last one missing": "after the loop",
        "zeros counted": "number of all slices",
        "changed in place": "changes the array",
    },
    "false_positive_rate": {
        "root missing": "The root is missing",
        "multiplied": "You multiply z",
        "one tail": "one tail",
        "not rejected": "*not* reject",
        "limit of one side": "one-sided test",
        "design effect": "This is the design effect",
        "5 % times the design effect": "in proportion to the design effect",
        "5 % times the design effect, 1 at most": "in proportion to the design effect",
        "1 + m icc": "Yours is 1 + m icc.",
        "1 - (m - 1) icc": "returned nan",
        "inverse": "Divide",
        "mean": "Not one for all",
        "numbers only": "TypeError",
        "no broadcasting": "ValueError",
        "changed in place": "changes the array",
    },
}


class TestLesson06(ExerciseTests):
    lesson, checks, points = "06", lesson06, 12
    wrong, also_right, reasons = WRONG, ALSO_RIGHT, REASONS
    hidden_only = frozenset(
        {
            "twenty scores at most",
            "positive scores only",
            "blanks ignored",
            "capitals ignored",
            "forty slices at most",
        }
    )
    hostile = {
        "cohens_d": (
            lambda a, b: np.inf,
            lambda a, b: "1.43",
            lambda a, b: True,
            lambda a, b: np.array(None),
            lambda a, b: np.full((2, 2), 0.5),
            lambda a, b: b,
        ),
        "welch_t": (
            lambda a, b: (-2.36, None),
            lambda a, b: (-2.36, np.nan),
            lambda a, b: np.array(["-2.36", "8.75"]),
            lambda a, b: (a, b),
            lambda a, b: (True, False),
            lambda a, b: np.zeros((2, 2)),
        ),
        "permutation_p": (
            lambda a, b, shuffles: np.inf,
            lambda a, b, shuffles: -1,
            lambda a, b, shuffles: "0.415",
            lambda a, b, shuffles: True,
            lambda a, b, shuffles: shuffles,
            lambda a, b, shuffles: np.array(None),
        ),
        "patient_means": (
            lambda scores, patients: np.full(4, np.nan),
            lambda scores, patients: np.full(4, np.inf),
            lambda scores, patients: np.full(4, None),
            lambda scores, patients: np.full(4, 1j),
            lambda scores, patients: patients,
            lambda scores, patients: list(zip(patients, scores)),
            lambda scores, patients: {patient: None for patient in patients},
        ),
        "false_positive_rate": (
            lambda m, icc: np.inf,
            lambda m, icc: "0.186",
            lambda m, icc: None,
            lambda m, icc: m,
            lambda m, icc: icc,
            lambda m, icc: np.full((3, 3), np.nan),
        ),
    }


def _function(code, name):
    namespace = {"np": np}
    exec(code, namespace)
    return namespace[name]


def _two(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 40, 2)
    return rng.normal(0.4, 0.1, n), rng.normal(0.5, rng.uniform(0.02, 0.5), m)


@pytest.mark.parametrize("seed", range(8))
def test_d_and_t_are_those_of_the_helper_and_of_scipy(seed):
    a, b = _two(seed)
    assert np.isclose(its_d(a, b), heatmap_stats.cohens_d(a, b))
    theirs = stats.ttest_ind(a, b, equal_var=False)
    assert np.allclose(its_welch(a, b), (theirs.statistic, theirs.df))
    ours = heatmap_stats.compare_groups(a, b, n_permutations=9, n_draws=9)
    assert np.allclose(its_welch(a, b), (ours.welch_t, ours.welch_df))
    assert np.sign(its_d(a, b)) == -np.sign(its_welch(a, b)[0])


@pytest.mark.parametrize("decimals", [1, 9])
def test_p_is_that_of_the_helper_with_the_shuffles_that_it_draws(decimals):
    for seed in range(6):
        a, b = (values.round(decimals) for values in _two(seed))
        shuffles = its_permutations(seed, 300, len(a) + len(b))
        p = (1 + its_as_extreme(a, b, shuffles)) / 301
        assert np.isclose(p, intervals.permutation_p(a, b, n_permutations=300, seed=seed))


def test_p_of_all_permutations_is_that_of_scipy():
    a, b = np.array([0.3, 0.1, 0.4]), np.array([0.5, 0.9, 0.2, 0.6])
    shuffles = np.array(list(itertools.permutations(range(7))))[1:]  # the first is no shuffle
    theirs = stats.permutation_test((a, b), lambda x, y: x.mean() - y.mean(), n_resamples=np.inf)
    assert np.isclose((1 + its_as_extreme(a, b, shuffles)) / (1 + len(shuffles)), theirs.pvalue)


@pytest.mark.parametrize("case", lesson06.permutation_p._cases)
def test_no_difference_is_nearly_but_not_quite_a_tie(case):
    """So that any sensible tolerance, absolute or relative, gives the same count."""
    a, b, shuffles, _ = case
    assert (np.sort(shuffles, axis=1) == np.arange(len(a) + len(b))).all()
    first, rest = its_shuffled(a, b, shuffles)
    apart = np.abs(np.abs(rest.mean(axis=1) - first.mean(axis=1)) - abs(b.mean() - a.mean()))
    assert ((apart < 1e-14) | (apart > 1e-5)).all()


@pytest.mark.parametrize("case", lesson06.patient_means._cases)
def test_patient_means_are_those_of_the_helper_in_another_order(case):
    scores, patients, _ = case
    names, _ = its_appearing(patients)
    assert list(names) == list(dict.fromkeys(patients.tolist()))
    means = its_means(scores, patients)
    assert np.allclose(means[np.argsort(names)], arms.patient_means(scores, patients))


def test_rates_are_those_of_the_helper():
    m, icc = np.arange(1, 30)[:, None], np.linspace(0, 1, 21)
    rates = its_rate(1 + (m - 1) * icc)
    assert np.allclose(rates, heatmap_stats.naive_false_positive_rate(m, icc))
    assert np.allclose(rates[:, 0], 0.05) and np.allclose(rates[0], 0.05)
    assert (np.diff(rates[:, 1:], axis=0) > 0).all()  # what the praise says


@pytest.mark.parametrize(("m", "icc", "told"), [(5, 0.3, 0.186), (2, 0.5, 0.110)])
def test_the_example_is_near_what_a_simulation_finds(m, icc, told):
    assert round(its_rate(1 + (m - 1) * icc), 3) == told
    assert abs(heatmap_stats.null_experiments(4000, 40, m, icc).naive_rate - told) < 0.02


@pytest.mark.parametrize(("m", "icc"), [(5, 0.3), (2, 0.5), (7, 0.0), (3, 1.0)])
def test_the_design_effect_is_what_the_covariances_add_up_to(m, icc):
    patients = 4
    of_one = icc + (1 - icc) * np.eye(m)
    covariance = np.kron(np.eye(patients), of_one)
    n = patients * m
    assert np.isclose(covariance.sum() / n**2, (1 + (m - 1) * icc) / n)


@pytest.mark.parametrize("name", list(WRONG))
def test_the_checks_own_arithmetic_warns_of_nothing(name):
    """A warning on stderr in a graded cell would cost a right answer its points."""
    for code in (*ALSO_RIGHT[name], *WRONG[name].values()):
        with warnings.catch_warnings(record=True) as told, np.errstate(all="warn"):
            warnings.simplefilter("always")
            getattr(lesson06, name)(_function(code, name))
        assert not [w for w in told if "helpers/checks/lesson06/" in w.filename.replace("\\", "/")], code


def test_checks_need_no_tensorflow():
    code = "import sys; from helpers.checks import lesson06; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", list(WRONG))
def test_a_check_takes_less_than_a_second(name):
    answers = [_function(code, name) for code in ALSO_RIGHT[name]]
    started = time.process_time()
    assert all(getattr(lesson06, name)(answer).right for answer in answers)
    assert time.process_time() - started < len(answers)
